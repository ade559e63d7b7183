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
