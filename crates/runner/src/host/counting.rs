//! What a host tells of its endpoint's own counters, and of the SYNs that its listeners drop.

use tcp_core::{Counters, Flags};

use super::{Datagram, Host};
use crate::metrics::Kernel;
use crate::plan::Role;
use crate::recorder::{Beginnings, Count};

/// What the endpoint had counted when each period of measuring began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Baseline {
    seen: Beginnings,
    whole_run: Counters,
    after_fault: Counters,
}

impl Host<'_> {
    /// Remembers what the endpoint has counted, if a period has begun since it was last asked.
    /// A period begins between two events of the simulation, and nothing happens at an endpoint
    /// unless its host is handed one, so that this is in time when that is done.
    pub(super) fn keep_baseline(&mut self) {
        let begun = self.recorder.borrow().beginnings();
        let baseline = &mut self.baseline;
        if begun.whole_run != baseline.seen.whole_run {
            baseline.whole_run = *self.endpoint.counters();
        }
        if begun.after_fault != baseline.seen.after_fault {
            baseline.after_fault = *self.endpoint.counters();
        }
        baseline.seen = begun;
    }

    /// Adds what the endpoint has counted in each period, at the end of the run.
    pub fn add_kernel_counters(&mut self, kernel: &mut Kernel) {
        self.keep_baseline();
        let role = if self.ports.is_empty() {
            Role::Client
        } else {
            Role::Server
        };
        let now = self.endpoint.counters();
        let Baseline {
            seen,
            whole_run,
            after_fault,
        } = &self.baseline;
        kernel.whole_run.add(role, whole_run, now);
        kernel.after_fault.add(role, after_fault, now);
        // What the endpoint before the crash has counted belongs to a period that has not begun anew.
        if let Some((before, last)) = &self.retired {
            if before.seen.whole_run == seen.whole_run {
                kernel.whole_run.add(role, &before.whole_run, last);
            }
            if before.seen.after_fault == seen.after_fault {
                kernel.after_fault.add(role, &before.after_fault, last);
            }
        }
    }

    /// The endpoint is about to be replaced by one that counts from zero.
    pub(super) fn retire_counters(&mut self) {
        let last = *self.endpoint.counters();
        let next = Baseline {
            seen: self.baseline.seen,
            ..Baseline::default()
        };
        let before = std::mem::replace(&mut self.baseline, next);
        self.retired = Some((before, last));
    }

    /// Whether a frame is a SYN for a port that this host listens on.
    pub(super) fn is_for_listener(&self, frame: &Datagram) -> bool {
        let packet = &frame.packet;
        let flags = packet.segment.flags;
        let is_syn = flags.syn() && !flags.intersects(Flags::ACK | Flags::RST);
        is_syn && self.ports.binary_search(&packet.target.port()).is_ok()
    }

    /// Counts a SYN that has arrived for a listener, which dropped it or did not.
    pub(super) fn count_syn(&mut self, frame: &Datagram, is_dropped: bool) {
        let [first, first_dropped, all, all_dropped] = if self.workload.is_attack(frame.tag()) {
            [
                Count::AttackFirst,
                Count::AttackFirstDropped,
                Count::AttackAll,
                Count::AttackAllDropped,
            ]
        } else {
            [
                Count::LegitFirst,
                Count::LegitFirstDropped,
                Count::LegitAll,
                Count::LegitAllDropped,
            ]
        };
        let is_first = !frame.is_repeated && !frame.is_copy;
        let mut recorder = self.recorder.borrow();
        recorder.count(all, 1);
        recorder.count(all_dropped, u64::from(is_dropped));
        recorder.count(first, u64::from(is_first));
        recorder.count(first_dropped, u64::from(is_first && is_dropped));
    }
}
