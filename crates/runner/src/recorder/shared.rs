//! One recorder for the simulator and all hosts.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use netsim::{DropReason, FrameId, Instant, LinkId, Observer};

use super::Recorder;
use crate::host::Datagram;

/// A recorder that the simulator and every host write to.
#[derive(Clone, Debug)]
pub struct SharedRecorder(Rc<RefCell<Recorder>>);

impl SharedRecorder {
    /// Shares a recorder.
    pub fn new(recorder: Recorder) -> SharedRecorder {
        SharedRecorder(Rc::new(RefCell::new(recorder)))
    }

    /// The recorder, to be written to; given back before anyone else is called.
    pub fn borrow(&self) -> RefMut<'_, Recorder> {
        self.0.borrow_mut()
    }
}

/// Passes on what the simulator tells.
impl Observer<Datagram> for SharedRecorder {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().sent(now, link, id, frame);
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        self.borrow().injected(now, link, id, original, frame);
    }

    fn held(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().held(now, link, id, frame);
    }

    fn released(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().released(now, link, id, frame);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        self.borrow().duplicated(now, link, original, copy, frame);
    }

    fn corrupted(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().corrupted(now, link, id, frame);
    }

    fn dropped(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        self.borrow().dropped(now, link, id, reason, frame);
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().delivered(now, link, id, frame);
    }
}
