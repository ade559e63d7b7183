//! One frame's passage over one link: faults, the link's impairments, and their consequences.

use std::ops::Range;
use std::time::Duration;

use super::Simulator;
use super::stuck::EventKind;
use crate::director::{Director, Fate, Verdict};
use crate::frame::{Frame, FrameId, LinkId, NodeId};
use crate::link::{Link, Passage};
use crate::node::Node;
use crate::observer::{DropReason, Observer};
use crate::time::Instant;

/// A frame on its way over a link.
#[derive(Clone, Debug)]
pub(super) struct Flight<F> {
    pub(super) id: FrameId,
    pub(super) link: LinkId,
    /// When the frame was given to the link; the maximum lifetime counts from here.
    pub(super) sent_at: Instant,
    pub(super) stage: Stage,
    pub(super) frame: F,
}

/// What a flight's event means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// A scripted delay or hold ends.
    Enter,
    AwaitSlot,
    Arrive,
    Lose(DropReason),
}

impl<F> Flight<F> {
    pub(super) fn new(id: FrameId, link: LinkId, sent_at: Instant, frame: F) -> Flight<F> {
        Flight {
            id,
            link,
            sent_at,
            stage: Stage::Enter,
            frame,
        }
    }
}

impl<N, D, O> Simulator<N, D, O>
where
    N: Node,
    D: Director<N::Frame>,
    O: Observer<N::Frame>,
{
    /// A node gives a frame to a link.
    pub(super) fn admit(&mut self, from: NodeId, link: LinkId, frame: N::Frame) {
        let id = self.new_id();
        self.counts.sent += 1;
        self.recent.note(self.now, EventKind::Sent(link, id));
        self.observer.sent(self.now, link, id, &frame);
        let leaves = |link: &Link| link.from == from;
        if !self.links.get(link.0 as usize).is_some_and(leaves) {
            return self.drop_at_once(link, id, &frame, DropReason::NoRoute);
        }
        let key = self.flights.insert(Flight::new(id, link, self.now, frame));
        let frame = &mut self.flights.get_mut(key).frame;
        match self.director.verdict(self.now, link, id, frame) {
            Verdict::Pass => self.enter(key),
            Verdict::Drop => self.lose(key, DropReason::Fault),
            Verdict::Rewritten => {
                self.observer.rewritten(self.now, link, id, frame);
                self.enter(key);
            }
            Verdict::Corrupt(draw) => {
                self.corrupt(key, draw);
                self.enter(key);
            }
            Verdict::Delay(span) => {
                self.observer.held(self.now, link, id, frame);
                self.schedule(key, Stage::Enter, self.now.saturating_add(span));
            }
            Verdict::Hold => {
                self.observer.held(self.now, link, id, frame);
                self.held.insert(id, key);
            }
            Verdict::Duplicate {
                copies,
                first_copy,
                spacing,
            } => {
                self.duplicate_by_fault(
                    key,
                    first_copy..first_copy.saturating_add(copies),
                    spacing,
                );
            }
        }
    }

    fn duplicate_by_fault(&mut self, key: u32, numbers: Range<u32>, spacing: Duration) {
        let mut at = self.now;
        for number in numbers {
            at = at.saturating_add(spacing);
            let copy = self.copy(key, number);
            let Flight {
                link,
                id,
                ref frame,
                ..
            } = *self.flights.get(copy);
            self.observer.held(self.now, link, id, frame);
            self.schedule(copy, Stage::Enter, at);
        }
        self.enter(key);
    }

    /// A frame that a script had caught goes on.
    pub(super) fn release(&mut self, key: u32) {
        let Flight {
            link,
            id,
            ref frame,
            ..
        } = *self.flights.get(key);
        self.observer.released(self.now, link, id, frame);
        self.enter(key);
    }

    /// A frame enters the link's own impairments.
    pub(super) fn enter(&mut self, key: u32) {
        let Flight {
            link, ref frame, ..
        } = *self.flights.get(key);
        let link = &mut self.links[link.0 as usize];
        if link.is_dark(self.now) {
            return self.lose(key, DropReason::Blackout);
        }
        if let Some(number) = link.duplicates(frame.key()) {
            let copy = self.copy(key, number);
            self.pass(key);
            self.pass(copy);
        } else {
            self.pass(key);
        }
    }

    /// Loss, ecn, corruption, and on to the far end.
    fn pass(&mut self, key: u32) {
        let Flight {
            link: link_id,
            id,
            sent_at,
            ref mut frame,
            ..
        } = *self.flights.get_mut(key);
        let link = &mut self.links[link_id.0 as usize];
        let frame_key = frame.key();
        if link.loses(frame_key) {
            if !(link.ecn && frame.mark_congestion()) {
                return self.lose(key, DropReason::Loss);
            }
            self.observer.marked(self.now, link_id, id, frame);
        }
        if let Some(draw) = link.corrupts(frame_key) {
            frame.corrupt(draw);
            self.observer.corrupted(self.now, link_id, id, frame);
        }
        let passage = link.schedule(self.now, sent_at, frame_key, frame.wire_len());
        self.follow(key, passage);
    }

    /// Carries out what the link decided.
    pub(super) fn follow(&mut self, key: u32, passage: Passage) {
        let (at, stage) = match passage {
            Passage::Dropped(reason) => return self.lose(key, reason),
            Passage::Lost(at, reason) => return self.schedule(key, Stage::Lose(reason), at),
            Passage::AwaitsSlot(at) => (at, Stage::AwaitSlot),
            Passage::Arrives(at) => (at, Stage::Arrive),
        };
        let Flight {
            link,
            id,
            ref frame,
            ..
        } = *self.flights.get(key);
        self.observer.scheduled(self.now, link, id, at, frame);
        self.schedule(key, stage, at);
    }

    fn schedule(&mut self, key: u32, stage: Stage, at: Instant) {
        self.flights.get_mut(key).stage = stage;
        self.queue.push(at, key);
    }

    /// Makes a copy, as a flight of its own.
    fn copy(&mut self, key: u32, number: u32) -> u32 {
        let id = self.new_id();
        let original = self.flights.get(key);
        let frame = original.frame.copied(number);
        self.counts.duplicates += 1;
        self.observer
            .duplicated(self.now, original.link, original.id, id, &frame);
        let copy = Flight {
            id,
            frame,
            ..*original
        };
        self.flights.insert(copy)
    }

    fn corrupt(&mut self, key: u32, draw: u64) {
        let Flight {
            link,
            id,
            ref mut frame,
            ..
        } = *self.flights.get_mut(key);
        frame.corrupt(draw);
        self.observer.corrupted(self.now, link, id, frame);
    }

    pub(super) fn lose(&mut self, key: u32, reason: DropReason) {
        let Flight {
            link,
            id,
            ref frame,
            ..
        } = *self.flights.get(key);
        self.counts.count_drop(reason);
        self.observer.dropped(self.now, link, id, reason, frame);
        self.director.on_fate(self.now, id, Fate::Lost);
        self.flights.discard(key);
    }

    /// A frame is lost that was never stored.
    fn drop_at_once(&mut self, link: LinkId, id: FrameId, frame: &N::Frame, reason: DropReason) {
        self.counts.count_drop(reason);
        self.observer.dropped(self.now, link, id, reason, frame);
        self.director.on_fate(self.now, id, Fate::Lost);
    }
}
