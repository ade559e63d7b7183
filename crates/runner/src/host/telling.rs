//! What a host tells a log, and nobody else needs to know.

use netsim::Instant;
use tcp_core::{ConnectionId, Counters, Flow, Tag};

use super::{Datagram, Host};
use crate::events::{Act, Refusal};
use crate::plan::End;
use crate::trace::Deafness;

impl Host<'_> {
    /// An application acts, or is told something.
    pub(super) fn tell(&self, now: Instant, who: (Tag, End), flow: Option<Flow>, act: Act) {
        if self.has_log
            && let Some(log) = self.recorder.borrow().log(now)
        {
            log.acted(now, self.id, who, flow, act);
        }
    }

    /// The same for the application of a connection, if there still is one.
    pub(super) fn tell_of(&self, now: Instant, id: ConnectionId, act: Act) {
        if self.has_log
            && let Some(app) = self.apps.get(id)
        {
            self.tell(now, app.who(), None, act);
        }
    }

    /// What the endpoint has counted, if anybody is told what its listeners drop.
    pub(super) fn counted(&self) -> Option<Counters> {
        self.has_log.then(|| *self.endpoint.counters())
    }

    /// A listener may have dropped what has arrived since the endpoint had counted so much.
    pub(super) fn tell_refusal(&self, now: Instant, frame: &Datagram, before: &Counters) {
        let after = self.endpoint.counters();
        let why = if after.ListenOverflows > before.ListenOverflows {
            Refusal::AcceptQueueFull
        } else if after.TCPReqQFullDrop > before.TCPReqQFullDrop {
            Refusal::SynQueueFull
        } else if after.StaleSynsDropped > before.StaleSynsDropped {
            Refusal::StaleSyn
        } else if after.ListenDrops > before.ListenDrops {
            Refusal::Other
        } else {
            return;
        };
        if let Some(log) = self.recorder.borrow().log(now) {
            log.refused(now, self.id, frame, why);
        }
    }

    /// The host has not heard what has arrived.
    pub(super) fn tell_unheard(&self, now: Instant, frame: &Datagram, why: Deafness) {
        if let Some(log) = self.recorder.borrow().log(now) {
            log.unheard(now, self.id, frame, why);
        }
    }
}
