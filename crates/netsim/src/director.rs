//! Who interferes on purpose: the interface between the simulator and scripted faults.

use std::time::Duration;

use crate::frame::{FrameId, LinkId, Signal};
use crate::time::Instant;

/// What becomes of a frame that a node has just given to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Pass,
    /// The director has changed the frame; it goes on.
    Rewritten,
    /// It is lost.
    Drop,
    /// It goes on after this time.
    Delay(Duration),
    /// It waits until the director releases it.
    Hold,
    /// It goes on, and so do `copies` copies, the n-th of them n times `spacing` later.
    Duplicate {
        /// Number of extra copies.
        copies: u32,
        /// What [`Frame::copied`](crate::Frame::copied) gets for the first copy; the others follow.
        /// Below 2^31: the numbers from there on are the links'.
        first_copy: u32,
        /// Time between two copies.
        spacing: Duration,
    },
    /// The bit chosen by this draw is flipped; it goes on.
    Corrupt(u64),
}

/// What a director wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<F> {
    /// The held frame goes on through the rest of its link; the director is not consulted again. No
    /// frame of this passage held: nothing happens.
    Release(FrameId),
    /// This frame enters the link; the director is not consulted about it.
    Inject {
        /// Where it enters.
        link: LinkId,
        /// The passage that a replay copies.
        original: Option<FrameId>,
        /// What enters.
        frame: F,
    },
}

/// How a frame's passage over its link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// It was dropped, for whatever reason.
    Lost,
}

/// Scripted faults: consulted for every frame that a node gives to a link, before the link's own
/// impairments. `()` never interferes.
#[expect(unused_variables, reason = "the defaults ignore what they are told")]
pub trait Director<F> {
    /// What becomes of this frame. A director that changes it answers [`Verdict::Rewritten`].
    fn verdict(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &mut F) -> Verdict;

    /// A node emitted a signal.
    fn on_signal(&mut self, now: Instant, signal: Signal) {}

    /// A passage has ended.
    #[inline]
    fn on_fate(&mut self, now: Instant, id: FrameId, fate: Fate) {}

    /// When the next command is due; constant time.
    #[inline]
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// The next command that is due at `now`.
    fn poll_command(&mut self, now: Instant) -> Option<Command<F>> {
        None
    }
}

impl<F> Director<F> for () {
    #[inline]
    fn verdict(&mut self, _: Instant, _: LinkId, _: FrameId, _: &mut F) -> Verdict {
        Verdict::Pass
    }
}
