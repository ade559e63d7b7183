//! What the network tells a log.

use netsim::{DropReason, FrameId, Instant, LinkId, Observer};

use super::line::{AtHost, Beginning, Lost, OnLink, Scheduled, Touched};
use super::{Log, names};
use crate::host::Datagram;
use crate::plan::Action;
use crate::recorder::SharedRecorder;
use crate::workload::Workload;

impl Log {
    /// A host sends a frame, or sends on what it has taken as `original`.
    fn sent(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        frame: &Datagram,
        original: Option<FrameId>,
    ) {
        let on = OnLink::new(names::link(&self.plan, link), id, frame);
        let mut line = Beginning::new(on, frame);
        line.original = original.map(|id| id.0);
        self.lines.put(now, "sent", line);
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        frame: &Datagram,
        original: Option<FrameId>,
    ) {
        let on = OnLink::new(names::link(&self.plan, link), id, frame);
        let mut line = Beginning::new(on, frame);
        let event = if let Some(original) = original {
            let hit = self.hits.get(&original).copied();
            line.original = Some(original.0);
            line.fault = names::fault(&self.plan, hit, |it| matches!(it, Action::Replay(_)));
            "replayed"
        } else {
            let injection = Workload::injection(&self.plan, frame.tag());
            line.inject = injection.map(|it| it.id.as_str());
            "injected"
        };
        self.lines.put(now, event, line);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        let hit = self.hits.get(&original).copied();
        let on = OnLink::new(names::link(&self.plan, link), copy, frame);
        let is_such = |it: &Action| matches!(it, Action::Duplicate { .. });
        let mut line = Beginning::new(on, frame);
        line.original = Some(original.0);
        line.fault = names::fault(&self.plan, hit, is_such);
        let by_fault = hit.filter(|_| line.fault.is_some());
        self.lines.put(now, "duplicated", line);
        if let Some(fault) = by_fault {
            self.hits.insert(copy, fault);
        }
    }

    /// A fault or the link has done something to a frame; `is_such` says what faults do that.
    fn touched(
        &mut self,
        now: Instant,
        event: &'static str,
        (link, id, frame): (LinkId, FrameId, &Datagram),
        is_such: fn(&Action) -> bool,
    ) {
        let hit = self.hits.get(&id).copied();
        let line = Touched {
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            win: (event == "rewritten").then_some(frame.packet.segment.window),
            fault: names::fault(&self.plan, hit, is_such),
        };
        self.lines.put(now, event, line);
    }

    fn scheduled(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        arrival: Instant,
        frame: &Datagram,
    ) {
        let line = Scheduled {
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            arrival_ns: arrival.as_nanos(),
        };
        self.lines.put(now, "scheduled", line);
    }

    fn dropped(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        let hit = self.hits.get(&id).copied();
        let line = Lost {
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            reason: reason.name(),
            fault: names::fault(&self.plan, hit, |it| matches!(it, Action::Drop)),
        };
        self.lines.put(now, "lost", line);
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.arrived = Some((link, id));
        let line = AtHost {
            host: names::target(&self.plan, link),
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            reason: None,
        };
        self.lines.put(now, "arrived", line);
    }
}

/// A recorder that keeps a log, and is told everything that the network tells.
#[derive(Clone, Debug)]
pub(crate) struct Logged(pub(crate) SharedRecorder);

impl Logged {
    fn log(&self, now: Instant, act: impl FnOnce(&mut Log)) {
        if let Some(log) = self.0.borrow().log(now) {
            act(log);
        }
    }
}

/// Holds and delays are the same to the network, and so is the wait of a copy.
fn holds(action: &Action) -> bool {
    matches!(
        action,
        Action::HoldUntil(_) | Action::DelayBy(_) | Action::Duplicate { .. }
    )
}

impl Observer<Datagram> for Logged {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.0.sent(now, link, id, frame);
        let first = self.0.borrow().first_passage(id);
        let original = (first != id).then_some(first);
        self.log(now, |log| log.sent(now, link, id, frame, original));
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        self.log(now, |log| log.injected(now, link, id, frame, original));
        self.0.injected(now, link, id, original, frame);
    }

    fn rewritten(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let is_such = |it: &Action| matches!(it, Action::Rewrite(_));
        self.log(now, |log| {
            log.touched(now, "rewritten", (link, id, frame), is_such);
        });
        self.0.rewritten(now, link, id, frame);
    }

    fn held(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.log(now, |log| {
            log.touched(now, "held", (link, id, frame), holds);
        });
        self.0.held(now, link, id, frame);
    }

    fn released(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.log(now, |log| {
            log.touched(now, "released", (link, id, frame), holds);
        });
        self.0.released(now, link, id, frame);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        self.log(now, |log| log.duplicated(now, link, original, copy, frame));
        self.0.duplicated(now, link, original, copy, frame);
    }

    fn corrupted(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let is_such = |it: &Action| matches!(it, Action::Corrupt(_));
        self.log(now, |log| {
            log.touched(now, "corrupted", (link, id, frame), is_such);
        });
        self.0.corrupted(now, link, id, frame);
    }

    fn scheduled(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        arrival: Instant,
        frame: &Datagram,
    ) {
        self.log(now, |log| log.scheduled(now, link, id, arrival, frame));
    }

    fn dropped(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        self.log(now, |log| log.dropped(now, link, id, reason, frame));
        self.0.dropped(now, link, id, reason, frame);
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.log(now, |log| log.delivered(now, link, id, frame));
        self.0.delivered(now, link, id, frame);
    }
}
