//! What happens to a host that loses power, and what it does when it is up again.

use netsim::Instant;

use super::accepting::Acceptor;
use super::{Clock, Host, Running, Task, boot};
use crate::plan::{AfterRestart, PowerOff, Restart};
use crate::recorder::Cut;

impl Host<'_> {
    /// Whether it is without power, as far as it has noticed.
    pub(super) fn is_off(&self) -> bool {
        matches!(self.running, Running::NotUntil(_))
    }

    /// Whether the host is without power; when it has lost it, it has forgotten everything. A host
    /// looks only when something happens to it: nobody can tell whether it was down in between.
    #[inline]
    pub(super) fn loses_power(&mut self, now: Instant) -> bool {
        self.running != Running::Throughout && self.looks_at_power(now)
    }

    /// The same of a host that may lose power.
    #[cold]
    fn looks_at_power(&mut self, now: Instant) -> bool {
        if self.running == Running::FromTheStart {
            let cut = self.recorder.borrow().power_cut(now, self.id);
            if let Some(Cut { back_at }) = cut {
                self.running = Running::NotUntil(back_at);
                self.forget(back_at.is_some());
            }
        }
        if let Running::NotUntil(Some(back_at)) = self.running
            && back_at <= now
        {
            self.recorder.borrow().power_returned(now);
            self.restart(back_at);
        }
        self.is_off()
    }

    /// Its connections and what its applications had in mind for them are gone. What will be opened
    /// later is not: whoever does that is no part of the host's memory.
    fn forget(&mut self, is_coming_back: bool) {
        self.tasks.retain(|task| match task {
            Task::Open(..) | Task::Arrive(..) | Task::ScriptIss(..) => is_coming_back,
            Task::Send(..) | Task::Close(_) | Task::Accept | Task::GiveUp(_) | Task::Retry(_) => {
                false
            }
        });
        self.apps.clear();
        let rate = self.workload.plan().host(self.id).accept_rate;
        self.acceptor = rate.map(Acceptor::new);
        self.outbox.clear();
        self.signals.clear();
    }

    /// The host is up again, and its TCP has started as if for the first time.
    fn restart(&mut self, at: Instant) {
        let spec = self.workload.plan().host(self.id);
        let Some(PowerOff {
            restart: Some(Restart {
                isn, quiet_time, ..
            }),
            ..
        }) = spec.power_off
        else {
            return;
        };
        let boots = match isn {
            AfterRestart::Fresh => 1,
            AfterRestart::Reuse => {
                self.clock = Clock {
                    zero: at.as_nanos(),
                };
                0
            }
        };
        // It has started once with these settings, so it does again.
        if let Ok(endpoint) = boot(spec, self.policy, self.seed, boots) {
            self.retire_counters();
            self.endpoint = endpoint;
        }
        (self.alien_octets, self.challenge_acks) = (0, 0);
        self.running = Running::Again;
        let up_at = Instant::from_nanos(
            at.as_nanos()
                .saturating_sub(u64::try_from(quiet_time.as_nanos()).unwrap_or(u64::MAX)),
        );
        self.skip_tasks(at, up_at);
    }

    /// Leaves out what should have been done while the host was down. What was to be opened in
    /// the quiet time is opened at its end.
    fn skip_tasks(&mut self, at: Instant, up_at: Instant) {
        let Some(before) = up_at.as_nanos().checked_sub(1) else {
            return;
        };
        while let Some(task) = self.tasks.take_due(Instant::from_nanos(before)) {
            match task {
                Task::Arrive(load, arrival) => self.plan_arrival(load, Some(&arrival)),
                Task::ScriptIss(flow, iss) => self.endpoint.script_iss(flow, iss),
                Task::Open(..)
                | Task::Send(..)
                | Task::Close(_)
                | Task::Accept
                | Task::GiveUp(_)
                | Task::Retry(_) => {}
            }
        }
        debug_assert!(
            up_at <= at,
            "the quiet time is part of the time without TCP"
        );
    }
}
