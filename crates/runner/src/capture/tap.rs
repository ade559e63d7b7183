//! Looking at frames while they travel.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use netsim::{DropReason, FrameId, Instant, LinkId, Observer};

use super::{Capture, MOST_FRAMES, Place, Sight};
use crate::host::Datagram;
use crate::passage::{Passage, Source, mark_stale};
use crate::plan::{HostId, Plan};
use crate::recorder::SharedRecorder;
use crate::trace::Deafness;

/// Where frames are looked at. Whoever has a clone sees the same.
#[derive(Clone, Debug, Default)]
pub struct Tap(Rc<RefCell<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    capture: Capture,
    /// Where the frames that are still on their way stand in the list.
    on_the_wire: BTreeMap<FrameId, usize>,
    /// The hosts that the links lead to.
    ends: Vec<HostId>,
}

impl Tap {
    /// A tap on the links of this plan.
    pub fn new(plan: &Plan) -> Tap {
        let tap = Tap::default();
        tap.0.borrow_mut().ends = plan.links.iter().map(|link| link.to).collect();
        tap
    }

    /// What was seen.
    pub fn into_capture(self) -> Capture {
        let mut capture = std::mem::take(&mut self.0.borrow_mut().capture);
        mark_stale(&mut capture.passages);
        capture
    }
}

impl Seen {
    fn begin(&mut self, at: Instant, link: LinkId, id: FrameId, source: Source, frame: &Datagram) {
        self.capture.frames += 1;
        if self.capture.frames > MOST_FRAMES {
            return;
        }
        let sight = |place| Sight {
            at,
            place,
            id,
            frame: *frame,
        };
        // What has no route is on no link, and leaves through no interface of its host.
        if source == Source::Host && self.ends.get(link.0 as usize).is_some() {
            self.capture.sights.push(sight(Place::Sender));
        }
        self.on_the_wire.insert(id, self.capture.sights.len());
        self.capture.sights.push(sight(Place::Wire));
        let passage = Passage::new(at, link, source, *frame);
        self.capture.passages.insert(id, passage);
    }

    fn change(&mut self, id: FrameId, act: impl FnOnce(&mut Passage)) {
        if let Some(passage) = self.capture.passages.get_mut(&id) {
            act(passage);
        }
    }

    /// The network has changed what is on the wire.
    fn becomes(&mut self, id: FrameId, frame: &Datagram) {
        if let Some(&index) = self.on_the_wire.get(&id) {
            self.capture.sights[index].frame = *frame;
        }
    }
}

/// A recorder and a tap, which are told the same.
#[derive(Debug)]
pub(crate) struct Tapped {
    pub(crate) recorder: SharedRecorder,
    pub(crate) tap: Tap,
}

impl Observer<Datagram> for Tapped {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let seen = &mut *self.tap.0.borrow_mut();
        seen.begin(now, link, id, Source::Host, frame);
        self.recorder.sent(now, link, id, frame);
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        let source = match original {
            Some(_) => Source::Replay,
            None => Source::Forgery,
        };
        let seen = &mut *self.tap.0.borrow_mut();
        seen.begin(now, link, id, source, frame);
        self.recorder.injected(now, link, id, original, frame);
    }

    fn rewritten(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let fault = self.recorder.borrow().fault_of(id);
        let seen = &mut *self.tap.0.borrow_mut();
        seen.change(id, |passage| passage.rewritten = fault);
        seen.becomes(id, frame);
        self.recorder.rewritten(now, link, id, frame);
    }

    fn held(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let fault = self.recorder.borrow().fault_of(id);
        let seen = &mut *self.tap.0.borrow_mut();
        seen.change(id, |passage| passage.held = Some((now, fault)));
        self.recorder.held(now, link, id, frame);
    }

    fn released(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let seen = &mut *self.tap.0.borrow_mut();
        seen.change(id, |passage| passage.released = Some(now));
        self.recorder.released(now, link, id, frame);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        let seen = &mut *self.tap.0.borrow_mut();
        seen.begin(now, link, copy, Source::Copy, frame);
        self.recorder.duplicated(now, link, original, copy, frame);
    }

    fn corrupted(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let seen = &mut *self.tap.0.borrow_mut();
        seen.change(id, |passage| passage.is_damaged = true);
        seen.becomes(id, frame);
        self.recorder.corrupted(now, link, id, frame);
    }

    fn dropped(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        let fault = self.recorder.borrow().fault_of(id);
        let seen = &mut *self.tap.0.borrow_mut();
        seen.change(id, |passage| passage.dropped = Some((now, reason, fault)));
        seen.on_the_wire.remove(&id);
        self.recorder.dropped(now, link, id, reason, frame);
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        let seen = &mut *self.tap.0.borrow_mut();
        seen.on_the_wire.remove(&id);
        let host = seen.ends.get(link.0 as usize).copied();
        let is_off = host.is_some_and(|host| self.recorder.borrow().is_off(now, host));
        if seen.capture.passages.contains_key(&id) {
            seen.capture.sights.push(Sight {
                at: now,
                place: Place::Receiver,
                id,
                frame: *frame,
            });
        }
        seen.change(id, |passage| {
            passage.arrived = Some(now);
            passage.unheard = match (is_off, passage.is_damaged) {
                (true, _) => Some(Deafness::PowerOff),
                (false, true) => Some(Deafness::Damaged),
                (false, false) => None,
            };
        });
        self.recorder.delivered(now, link, id, frame);
    }
}
