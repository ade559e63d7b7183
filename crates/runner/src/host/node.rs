//! The host as the network sees it: it hears frames, says frames, and names its next deadline.

use std::hint::black_box;

use netsim::{Frame as _, Instant, LinkId, Node, Signal};
use tcp_core::Flow;

use super::{Datagram, Host, Running};
use crate::trace::{Deafness, What};

/// Connections and entries that no longer fit into the nearer caches together.
const MANY: usize = 8192;

impl Node for Host<'_> {
    type Frame = Datagram;

    fn expect_frame(&self, frame: &Datagram) {
        if self.endpoint.entry_count() < MANY {
            return;
        }
        let tag = frame.tag();
        self.endpoint.expect(Flow {
            local: frame.packet.target,
            remote: frame.packet.source,
        });
        black_box(self.recorder.borrow().census().phases(tag));
        black_box(self.seats.get(tag.0 as usize).copied());
    }

    fn on_frame(&mut self, now: Instant, frame: &Datagram) {
        self.keep_baseline();
        let is_off = self.loses_power(now);
        let drops = self.endpoint.counters().ListenDrops;
        let counted = self.counted();
        let deafness = if is_off {
            Some(Deafness::PowerOff)
        } else if self.forwards && self.sends_on(frame) {
            return;
        } else {
            (!self.hear(now, frame)).then_some(Deafness::Damaged)
        };
        if let Some(deafness) = deafness {
            self.tell_unheard(now, frame, deafness);
            let mut recorder = self.recorder.borrow();
            recorder.unheard(now, frame.tag(), What::Unheard(deafness));
            return;
        }
        if let Some(before) = counted {
            self.tell_refusal(now, frame, &before);
        }
        self.recorder.borrow().heard(frame);
        if self.is_for_listener(frame) {
            let is_dropped = self.endpoint.counters().ListenDrops > drops;
            self.count_syn(frame, is_dropped);
        }
        self.provoked_by = frame.key();
        self.answering = frame.entry;
        self.hearing_since = Some(frame.sent);
        self.settle(now);
        self.answering = 0;
        self.hearing_since = None;
    }

    fn on_deadline(&mut self, now: Instant) {
        self.keep_baseline();
        if self.loses_power(now) {
            return;
        }
        self.endpoint.on_deadline(self.clock.core(now));
        self.settle(now);
        self.run_tasks(now);
    }

    fn next_deadline(&self) -> Option<Instant> {
        if let Running::NotUntil(back_at) = self.running {
            return back_at;
        }
        let endpoint = self.endpoint.next_deadline();
        let endpoint = endpoint.map_or(Instant::MAX, |at| self.clock.net(at));
        let task = self.tasks.next_time().unwrap_or(Instant::MAX);
        let at = endpoint.min(task);
        (at < Instant::MAX).then_some(at)
    }

    fn poll_frame(&mut self, now: Instant) -> Option<(LinkId, Datagram)> {
        if self.is_off() {
            return None;
        }
        if let Some(frame) = self.outbox.pop_front() {
            return Some((self.routes.to(frame.packet.target.ip()), frame));
        }
        loop {
            if self.endpoint.may_send()
                && let Some(transmit) = self.endpoint.poll_packet(self.clock.core(now))
            {
                self.settle(now);
                let tag = transmit.packet.tag;
                let entry = self.seat(tag).entries;
                let identity = self.workload.identity(tag);
                let link = self.routes.to(transmit.packet.target.ip());
                let frame = Datagram::new(now, &transmit, identity, entry, self.provoked_by);
                return Some((link, frame));
            }
            if !self.settle(now) {
                return None;
            }
        }
    }

    fn poll_signal(&mut self) -> Option<Signal> {
        self.signals.pop_front()
    }
}
