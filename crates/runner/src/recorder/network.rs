//! What the network tells the recorder.

use netsim::{DropReason, Ending, Frame as _, FrameId, Instant, LinkId, Observer};
use tcp_core::Flags;

use crate::host::Datagram;
use crate::trace::What;

use super::digest::Code;
use super::{Count, Recorder};

impl Observer<Datagram> for Recorder {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        if frame.is_forwarded {
            self.digest.event(Code::Forwarded, now, (id.0, 0));
            return self.transit.leaves(id);
        }
        let flags = frame.packet.segment.flags;
        self.count(Count::Segments, 1);
        if flags.contains(Flags::SYN | Flags::ACK) {
            self.count(Count::SynAcks, 1);
            let again = frame.is_repeated && self.census.was_born_stale(frame.tag(), frame.entry);
            self.count(Count::StaleRepeats, u64::from(again));
        }
        self.count(Count::Resets, u64::from(flags.rst()));
        if let Some(way) = self.attack.on_sent(now, link, frame, &self.census) {
            self.count(Count::FloodSegments, 1);
            self.count(way, u64::from(frame.wire_len()));
        }
        self.digest.frame(Code::Sent, now, id, frame);
        if self.trace.follows(frame.tag()) {
            self.trace
                .note(now, frame.tag(), What::Sent(link, id, *frame));
        }
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        self.cut_power(now);
        self.fault_is_over(now);
        let (code, what) = if original.is_some() {
            (Code::Replayed, What::Replayed(link, id, *frame))
        } else {
            self.troubles.fault.get_or_insert(frame.tag());
            (Code::Forged, What::Forged(link, id, *frame))
        };
        self.digest.frame(code, now, id, frame);
        self.trace.note(now, frame.tag(), what);
    }

    fn held(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        if self.last_copy == Some(id) {
            self.waiting_copies.insert(id);
        }
        let fault = self.hit.get(&id).copied();
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Held(first, fault));
    }

    fn released(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        if !self.waiting_copies.remove(&id) {
            self.fault_is_over(now);
        }
        self.digest.event(Code::Released, now, (id.0, 0));
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Released(first));
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        self.last_copy = Some(copy);
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.frame(Code::Copied, now, copy, frame);
        let first = self.transit.first(original);
        self.trace
            .note(now, frame.tag(), What::Copied(link, first, copy, *frame));
    }

    fn corrupted(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.event(Code::Damaged, now, (id.0, 0));
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Damaged(first));
    }

    fn dropped(
        &mut self,
        now: Instant,
        _link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        let fault = self.ended(now, id, Ending::Lost);
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.event(Code::Dropped, now, (id.0, reason as u64));
        let first = self.transit.ends(id);
        self.trace
            .note(now, frame.tag(), What::Dropped(first, reason, fault));
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        self.ended(now, id, Ending::Delivered);
        self.digest.event(Code::Delivered, now, (id.0, 0));
        if !self.transit.arrives(link, id, frame.packet.target.ip()) {
            let first = self.transit.ends(id);
            self.trace.note(now, frame.tag(), What::Delivered(first));
        }
    }
}
