//! A server that accepts slowly: connections wait in the accept queue meanwhile, and what they
//! bring is not read.

use std::collections::VecDeque;

use netsim::Instant;
use tcp_core::{ListenerId, Phase};

use super::{Host, Task};
use crate::quantity::ArrivalRate;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Acceptor {
    rate: ArrivalRate,
    /// From when on the next connection may be accepted.
    free_at: Instant,
    /// A listener for each connection that waits, in order.
    waiting: VecDeque<ListenerId>,
    /// Whether a task has been planned for `free_at`.
    is_planned: bool,
}

impl Acceptor {
    pub(super) fn new(rate: ArrivalRate) -> Acceptor {
        Acceptor {
            rate,
            free_at: Instant::ZERO,
            waiting: VecDeque::new(),
            is_planned: false,
        }
    }
}

impl Host<'_> {
    /// A connection waits to be accepted.
    pub(super) fn accept_in_turn(&mut self, now: Instant, listener: ListenerId) {
        if let Some(acceptor) = &mut self.acceptor {
            acceptor.waiting.push_back(listener);
            if !acceptor.is_planned {
                self.accept_next(now);
            }
        }
    }

    /// Accepts what waits, as far as the rate allows, and plans the rest.
    pub(super) fn accept_next(&mut self, now: Instant) {
        while let Some(acceptor) = &mut self.acceptor {
            acceptor.is_planned = false;
            if acceptor.waiting.is_empty() {
                return;
            }
            if now < acceptor.free_at {
                acceptor.is_planned = true;
                let free_at = acceptor.free_at;
                return self.plan_task(free_at, Task::Accept);
            }
            // One that has been reset while it waited takes no time.
            let Some(listener) = acceptor.waiting.pop_front() else {
                return;
            };
            let pause = acceptor.rate.mean_interval();
            let Some(id) = self.accept_one(now, listener) else {
                continue;
            };
            if let Some(acceptor) = &mut self.acceptor {
                acceptor.free_at = now.saturating_add(pause);
            }
            // What came before it was accepted.
            let phase = self.endpoint.flow(id).map(|flow| self.endpoint.phase(flow));
            if phase == Some(Phase::CloseWait) {
                self.app_sees_fin(now, id);
            } else {
                self.app_reads(now, id);
            }
        }
    }
}
