//! Users who do not wait for ever: an OPEN that takes too long is given up, and one that has failed
//! is followed by another, from another port.

use netsim::Instant;
use tcp_core::{ConnectionId, Tag};

use super::app::App;
use super::{Host, Task};
use crate::events::Act;

impl Host<'_> {
    /// Plans the moment at which an application gives up the OPEN that it has just called, if it
    /// ever does.
    pub(super) fn plan_giving_up(&mut self, now: Instant, id: ConnectionId, tag: Tag) {
        if let Some(timeout) = self.workload.connect_timeout(tag) {
            self.plan_task(now.saturating_add(timeout), Task::GiveUp(id));
        }
    }

    /// The application has waited long enough: ABORT, unless the connection is ESTABLISHED.
    pub(super) fn give_up(&mut self, now: Instant, id: ConnectionId) {
        if let Some(tag) = self.apps.get(id).and_then(App::opens) {
            self.tell_of(now, id, Act::Abort);
            self.apps.remove(id);
            self.endpoint.abort(self.clock.core(now), id);
            self.plan_retry(now, tag);
        }
    }

    /// An application has been told that its connection has failed, or that it cannot be opened:
    /// plans its next OPEN, if there is to be one.
    pub(super) fn plan_retry(&mut self, now: Instant, tag: Tag) {
        if let Some((after, next)) = self.workload.retry(tag) {
            self.plan_task(now.saturating_add(after), Task::Retry(next));
        }
    }

    /// Another OPEN of a user of a load.
    pub(super) fn retry(&mut self, now: Instant, tag: Tag) {
        let Some(attempt) = self.workload.attempt(tag) else {
            return;
        };
        let client = self.workload.client(attempt.load, attempt.number);
        if !self.open_on_next_port(now, attempt.load, client, tag) {
            self.recorder.borrow().cannot_open(tag);
            self.plan_retry(now, tag);
        }
    }
}
