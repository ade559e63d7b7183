//! Applications: what the user of a connection does when TCP tells it something.

use netsim::Instant;
use tcp_core::{ConnectionId, Event, Handshake, ListenerId, Outcome, Tag};

use super::{Host, Task};
use crate::events::Act;
use crate::plan::{End, How};
use crate::recorder::Count;
use crate::workload::{CloseWhen, Part};

/// The user of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct App {
    tag: Tag,
    end: End,
    /// The number of its server's entry among the incarnation's; 0 at a client.
    entry: u32,
    /// Bytes that the script lets it send, not handed over yet.
    to_come: u64,
    /// Bytes whose SEND call was made, but for which the send buffer had no room.
    waiting: u64,
    /// Bytes that it still has to read until the transfer is complete.
    expects: u64,
    /// Bytes that it has read.
    read: u64,
    close: Option<CloseWhen>,
    how: How,
    /// Its end has been ESTABLISHED: closing before that would abandon the connection.
    has_begun: bool,
    /// It has called CLOSE and reads on until the other end closes too.
    is_half_closed: bool,
    /// It was accepted although no client of its incarnation was there.
    is_spurious: bool,
}

impl App {
    pub(super) fn new(tag: Tag, end: End, entry: u32, part: Part<'_>) -> App {
        App {
            tag,
            end,
            entry,
            to_come: part.sends.total(),
            waiting: 0,
            expects: part.expects,
            read: 0,
            close: part.close,
            how: part.how,
            has_begun: false,
            is_half_closed: false,
            is_spurious: false,
        }
    }

    /// The incarnation of a client that is not ESTABLISHED yet.
    pub(super) fn opens(&self) -> Option<Tag> {
        (self.end == End::Client && !self.has_begun).then_some(self.tag)
    }

    /// The incarnation, and which end of it.
    pub(super) fn who(&self) -> (Tag, End) {
        (self.tag, self.end)
    }

    fn has_transferred(&self) -> bool {
        self.to_come == 0 && self.waiting == 0 && self.read >= self.expects
    }
}

impl Host<'_> {
    /// The application that an event is for does what its part says.
    pub(super) fn react(&mut self, now: Instant, event: Event) {
        match event {
            Event::Acceptable(listener) if self.acceptor.is_some() => {
                self.accept_in_turn(now, listener);
            }
            Event::Readable(id) | Event::PeerClosed(id) if self.is_unaccepted(id) => {}
            Event::Acceptable(listener) => self.accept_all(now, listener),
            Event::Connected(id) => self.app_begins(now, id),
            Event::Readable(id) => self.app_reads(now, id),
            Event::Writable(id) => self.hand_over(now, id),
            Event::PeerClosed(id) => self.app_sees_fin(now, id),
            Event::Struggling(id) => self.tell_of(now, id, Act::Struggling),
            Event::Closed(id, outcome) => self.app_ends(now, id, outcome),
        }
    }

    fn accept_all(&mut self, now: Instant, listener: ListenerId) {
        while self.accept_one(now, listener).is_some() {}
    }

    /// Accepts the first connection that waits, if one does.
    pub(super) fn accept_one(
        &mut self,
        now: Instant,
        listener: ListenerId,
    ) -> Option<ConnectionId> {
        let id = self.endpoint.accept(listener)?;
        let host = self.id;
        let is_impossible = self.hears_the_impossible(now);
        if let Some(app) = self.apps.get_mut(id) {
            let mut recorder = self.recorder.borrow();
            app.is_spurious = recorder.accepted(now, host, app.tag, app.entry);
            let is_violation = app.is_spurious && is_impossible;
            recorder.count(Count::AssumptionViolations, u64::from(is_violation));
        }
        self.tell_accept(now, id);
        self.app_begins(now, id);
        Some(id)
    }

    fn tell_accept(&self, now: Instant, id: ConnectionId) {
        if let Some(app) = self.apps.get(id).filter(|_| self.has_log) {
            let is_spurious = app.is_spurious;
            let flow = self.endpoint.flow(id);
            self.tell(now, app.who(), flow, Act::Accept { is_spurious });
        }
    }

    /// Whether the server's application has not accepted this connection yet, because it is slow.
    fn is_unaccepted(&self, id: ConnectionId) -> bool {
        let waits = |app: &App| app.end == End::Server && !app.has_begun;
        self.acceptor.is_some() && self.apps.get(id).is_some_and(waits)
    }

    /// The connection is ESTABLISHED.
    fn app_begins(&mut self, now: Instant, id: ConnectionId) {
        let Some(app) = self.apps.get_mut(id) else {
            return;
        };
        app.has_begun = true;
        let app = *app;
        // What a client of Fast Open sends at once was handed over with OPEN.
        if !(self.policy == Handshake::FastOpen && app.end == End::Client) {
            self.send_at_once(now, id);
        }
        let part = self.workload.part(app.tag, app.end);
        for (after, bytes) in part.sends.calls() {
            if !after.is_zero() {
                self.plan_task(now.saturating_add(after), Task::Send(id, bytes));
            }
        }
        if let Some(CloseWhen::Established(after)) = app.close {
            self.plan_close(now, id, after);
        }
        self.close_if_transferred(now, id);
    }

    /// The SEND calls that wait for nothing.
    pub(super) fn send_at_once(&mut self, now: Instant, id: ConnectionId) {
        let Some(&app) = self.apps.get(id) else {
            return;
        };
        let part = self.workload.part(app.tag, app.end);
        for (after, bytes) in part.sends.calls() {
            if after.is_zero() {
                self.app_sends(now, id, bytes);
            }
        }
    }

    /// SEND.
    pub(super) fn app_sends(&mut self, now: Instant, id: ConnectionId, bytes: u64) {
        if let Some(app) = self.apps.get_mut(id) {
            app.to_come = app.to_come.saturating_sub(bytes);
            app.waiting = app.waiting.saturating_add(bytes);
            self.hand_over(now, id);
        }
    }

    /// Hands over what waits, as far as the send buffer has room.
    fn hand_over(&mut self, now: Instant, id: ConnectionId) {
        let Some(app) = self.apps.get_mut(id).filter(|app| app.waiting > 0) else {
            return;
        };
        let octets = u32::try_from(app.waiting).unwrap_or(u32::MAX);
        // A connection that is closing or gone takes no more: the bytes are never sent.
        let taken = self.endpoint.send(self.clock.core(now), id, octets);
        app.waiting = taken.map_or(0, |taken| app.waiting - u64::from(taken));
        if let Ok(taken @ 1..) = taken {
            self.tell_of(now, id, Act::Send(u64::from(taken)));
        }
        self.close_if_transferred(now, id);
    }

    pub(super) fn app_reads(&mut self, now: Instant, id: ConnectionId) {
        let Ok(octets) = self.endpoint.receive(self.clock.core(now), id, u32::MAX) else {
            return;
        };
        let Some(app) = self.apps.get_mut(id) else {
            return;
        };
        let before = app.read;
        app.read += u64::from(octets);
        let (tag, end, read) = (app.tag, app.end, app.read);
        self.recorder
            .borrow()
            .count(Count::BytesRead, u64::from(octets));
        if octets > 0 {
            self.tell(now, (tag, end), None, Act::Read(u64::from(octets)));
        }
        if end == End::Server {
            let seat = self.seat(tag);
            let repeated = seat.delivered.min(read).saturating_sub(before);
            seat.delivered = seat.delivered.max(read);
            self.recorder
                .borrow()
                .count(Count::DuplicateBytes, repeated);
        }
        self.close_if_transferred(now, id);
    }

    fn close_if_transferred(&mut self, now: Instant, id: ConnectionId) {
        let Some(app) = self.apps.get_mut(id) else {
            return;
        };
        if let Some(CloseWhen::Transferred(after)) = app.close
            && app.has_begun
            && app.has_transferred()
        {
            app.close = None;
            self.plan_close(now, id, after);
        }
    }

    pub(super) fn app_sees_fin(&mut self, now: Instant, id: ConnectionId) {
        self.app_reads(now, id);
        let Some(&app) = self.apps.get(id) else {
            return;
        };
        self.tell(now, app.who(), None, Act::PeerClosed);
        if app.is_half_closed {
            self.let_go(now, id);
        } else if let Some(CloseWhen::PeerClosed(after)) = app.close {
            self.plan_close(now, id, after);
        }
    }

    fn plan_close(&mut self, now: Instant, id: ConnectionId, after: std::time::Duration) {
        if after.is_zero() {
            self.app_closes(now, id);
        } else {
            self.plan_task(now.saturating_add(after), Task::Close(id));
        }
    }

    /// CLOSE, or ABORT. An application that closes and expects no more text lets go of the
    /// connection; one that does expect some reads on until the other end closes.
    pub(super) fn app_closes(&mut self, now: Instant, id: ConnectionId) {
        let Some(app) = self.apps.get(id) else {
            return;
        };
        let is_second = matches!(app.close, Some(CloseWhen::PeerClosed(_)));
        let (who, is_abort) = (app.who(), app.how == How::Abort);
        let lets_go = is_second || app.read >= app.expects;
        let act = if is_abort { Act::Abort } else { Act::Close };
        self.tell(now, who, None, act);
        if is_abort {
            self.apps.remove(id);
            self.endpoint.abort(self.clock.core(now), id);
        } else if lets_go {
            self.let_go(now, id);
        } else if let Some(app) = self.apps.get_mut(id) {
            app.is_half_closed = self.endpoint.close(self.clock.core(now), id).is_ok();
        }
    }

    fn let_go(&mut self, now: Instant, id: ConnectionId) {
        self.apps.remove(id);
        self.endpoint.release(self.clock.core(now), id);
    }

    /// The connection is over.
    fn app_ends(&mut self, now: Instant, id: ConnectionId, outcome: Outcome) {
        let Some(app) = self.apps.remove(id) else {
            return;
        };
        self.tell(now, app.who(), None, Act::Ended(outcome));
        let is_error = matches!(
            outcome,
            Outcome::Reset | Outcome::Refused | Outcome::TimedOut
        );
        if app.is_spurious && is_error {
            let mut recorder = self.recorder.borrow();
            recorder.spurious_error(now, self.id, app.tag);
        }
        if app.end == End::Client && is_error {
            self.plan_retry(now, app.tag);
        }
    }
}
