//! Who is told what happens. The methods do nothing unless overridden, so an absent observer costs
//! nothing.

use crate::frame::{FrameId, LinkId};
use crate::time::Instant;

/// Why a frame did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// A scripted fault dropped it.
    Fault,
    /// The sending node named a link that does not exist or does not start there.
    NoRoute,
    /// It entered during a blackout.
    Blackout,
    /// It was under way when a partition cut the link.
    Partition,
    /// The loss model took it.
    Loss,
    /// The link held as many frames as `limit` allows.
    Limit,
    /// The queue before the transmitter was full (drop-tail).
    Queue,
    /// It would have outlived the maximum packet lifetime.
    Expired,
}

impl DropReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [DropReason; 8] = [
        DropReason::Fault,
        DropReason::NoRoute,
        DropReason::Blackout,
        DropReason::Partition,
        DropReason::Loss,
        DropReason::Limit,
        DropReason::Queue,
        DropReason::Expired,
    ];

    /// A word for tables and traces.
    pub fn name(self) -> &'static str {
        match self {
            DropReason::Fault => "fault",
            DropReason::NoRoute => "no-route",
            DropReason::Blackout => "blackout",
            DropReason::Partition => "partition",
            DropReason::Loss => "loss",
            DropReason::Limit => "limit",
            DropReason::Queue => "queue",
            DropReason::Expired => "expired",
        }
    }
}

/// Is told, in order, everything that happens to frames. `()` hears nothing at no cost.
///
/// Every passage begins with `sent`, `injected` or `duplicated` and ends with `delivered` or
/// `dropped`, unless the frame is in flight or held when the run ends.
#[expect(unused_variables, reason = "the defaults ignore what they are told")]
pub trait Observer<F> {
    /// A node gave the frame to the link; nothing has touched it yet.
    #[inline]
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// A script put the frame on the link; `original` if it is a replay.
    #[inline]
    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &F,
    ) {
    }
    /// A scripted fault changed the frame; `frame` is the result.
    #[inline]
    fn rewritten(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// A scripted fault caught the frame, until an event or for a time.
    #[inline]
    fn held(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// A caught frame goes on through the rest of its link.
    #[inline]
    fn released(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// A copy of `original` was made; `frame` is the copy.
    #[inline]
    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &F,
    ) {
    }
    /// One bit was flipped; `frame` is the result.
    #[inline]
    fn corrupted(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// The congestion mark was set in place of a loss.
    #[inline]
    fn marked(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
    /// The link accepted the frame, to arrive at `arrival`. A slot moves that to a later time, with
    /// a second call.
    #[inline]
    fn scheduled(&mut self, now: Instant, link: LinkId, id: FrameId, arrival: Instant, frame: &F) {}
    /// The frame is gone.
    #[inline]
    fn dropped(&mut self, now: Instant, link: LinkId, id: FrameId, reason: DropReason, frame: &F) {}
    /// The frame reached the node at the end of the link.
    #[inline]
    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &F) {}
}

impl<F> Observer<F> for () {}
