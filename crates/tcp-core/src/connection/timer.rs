//! The timers of a connection, and what an observer sees of them.

use super::{Connection, Marks, State, send};
use crate::config::Config;
use crate::time::Instant;

/// The timers of a connection. Each has one deadline or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Retransmission, or the persist timer while the peer's window is shut.
    Retransmit,
    /// A delayed ACK.
    Ack,
    /// Keep-alive, the end of FIN-WAIT-2 or of TIME-WAIT: what an idle connection waits for.
    Idle,
}

impl Timer {
    pub(crate) const ALL: [Timer; 3] = [Timer::Retransmit, Timer::Ack, Timer::Idle];
}

/// A timer that runs, as an observer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunningTimer {
    /// What it is for.
    pub kind: TimerKind,
    /// When it runs out.
    pub runs_out: Instant,
    /// How often it has run out in vain: retransmissions since the last progress, or probes without
    /// an answer.
    pub tries: u8,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// Something was sent and is not acknowledged: retransmission, or the end at R2 (RFC 6298).
    Retransmission,
    /// Something waits for the peer's window, which is to be probed (RFC 9293 section 3.8.6.1).
    Persist,
    /// The next keep-alive probe (RFC 9293 section 3.8.4).
    KeepAlive,
    /// The end of TIME-WAIT, or of a FIN-WAIT-2 that no user waits for.
    TimeWait,
}

impl Connection {
    /// The deadline of a timer; END if it is not set.
    pub(crate) fn timer(&self, timer: Timer) -> Instant {
        self.timers[timer as usize].into()
    }

    pub(crate) fn set_timer(&mut self, timer: Timer, at: Instant) {
        self.timers[timer as usize] = at.into();
    }

    pub(crate) fn stop_timer(&mut self, timer: Timer) {
        self.set_timer(timer, Instant::END);
    }

    /// The earliest deadline; END if there is none.
    pub(crate) fn next_deadline(&self) -> Instant {
        Timer::ALL
            .iter()
            .fold(Instant::END, |at, &timer| at.min(self.timer(timer)))
    }

    /// Whether the idle timer is that of a FIN-WAIT-2 that nobody waits for any more.
    pub(super) fn is_orphan_in_fin_wait_2(&self, config: &Config) -> bool {
        matches!(self.state, State::FinWait2(_))
            && self.marks.has(Marks::RELEASED)
            && config.fin_timeout.is_some()
    }

    /// What runs: the timer of what was sent or waits to be sent before that of an idle connection.
    pub(crate) fn running_timer(&self, config: &Config) -> Option<RunningTimer> {
        let (retransmit, idle) = (self.timer(Timer::Retransmit), self.timer(Timer::Idle));
        if retransmit != Instant::END {
            let snd = self.state.snd()?;
            let is_probing = snd.is_shut() || !snd.outstanding();
            let kind = if is_probing {
                TimerKind::Persist
            } else {
                TimerKind::Retransmission
            };
            return Some(RunningTimer {
                kind,
                runs_out: retransmit,
                tries: snd.retransmits,
            });
        }
        if idle == Instant::END {
            return None;
        }
        let ends = matches!(self.state, State::TimeWait(_)) || self.is_orphan_in_fin_wait_2(config);
        let (kind, tries) = if ends {
            (TimerKind::TimeWait, 0)
        } else {
            (TimerKind::KeepAlive, self.probes)
        };
        Some(RunningTimer {
            kind,
            runs_out: idle,
            tries,
        })
    }

    /// Sequence numbers that are not acknowledged: of the SYN, of text and of the FIN.
    pub(crate) fn unacknowledged(&self) -> u32 {
        self.state.snd().map_or(0, send::Send::unacknowledged)
    }

    /// How often the retransmission timeout is doubled.
    pub(crate) fn backoff(&self, config: &Config) -> u8 {
        let schedule = self.schedule();
        self.state
            .snd()
            .map_or(0, |snd| snd.doublings(config, schedule))
    }
}
