//! The only thing that a host must implement.

use crate::frame::{Frame, LinkId, Signal};
use crate::time::Instant;

/// A host: frames and time go in, frames and signals come out.
///
/// After every call of `on_frame` or `on_deadline` the simulator drains the node: it calls
/// `poll_frame`, then `poll_signal` until `None`, then gives the polled frame to its link, until
/// there is no frame; only then does it read `next_deadline`. So the signals of a change precede
/// the frames that it caused, and a fault that waits for an event does not take for it the one that
/// led to its own frame.
pub trait Node {
    /// What this node sends and receives.
    type Frame: Frame;

    /// Frames for this node come up; they are announced a few dozen at a time. A node with so much
    /// state that it does not fit into the cache can look up what it will need: unlike the
    /// look-ups of one arrival after the other, these wait for memory together. Nothing else may
    /// come of it.
    #[inline]
    fn expect_frame(&self, _frame: &Self::Frame) {}

    /// A frame has arrived.
    fn on_frame(&mut self, now: Instant, frame: &Self::Frame);

    /// A deadline has passed. Afterwards [`Node::next_deadline`] must be later than `now`; an early
    /// call must do no harm.
    fn on_deadline(&mut self, now: Instant);

    /// When `on_deadline` wants to be called; constant time.
    fn next_deadline(&self) -> Option<Instant>;

    /// The next frame to send, and the outgoing link: routing is the node's.
    fn poll_frame(&mut self, now: Instant) -> Option<(LinkId, Self::Frame)>;

    /// The next protocol event.
    fn poll_signal(&mut self) -> Option<Signal>;
}
