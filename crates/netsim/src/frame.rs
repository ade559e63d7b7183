//! What travels, and how frames, hosts and links are named.

/// A host, numbered in order of addition to the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// One direction of a cable, numbered in order of addition to the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// The serial number of a frame's passage over one link: it ties a delivery to its admission, and a
/// copy to its original. A frame that a router sends on gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub u64);

/// What travels. The network never looks inside.
pub trait Frame: Clone {
    /// Bytes on the wire, for rate and limits.
    fn wire_len(&self) -> u32;

    /// A stable identity for keyed draws: equal across runs that differ in faults, links or
    /// policies. The fates of two frames with one key on one link are equal, so copies need keys of
    /// their own.
    fn key(&self) -> u64;

    /// What signals about this frame's conversation carry in [`Signal::subject`].
    fn subject(&self) -> u32;

    /// The extra copy number `copy` of this frame; its key differs from the original's and from
    /// that of any other copy.
    #[must_use]
    fn copied(&self, copy: u32) -> Self;

    /// Flips the one bit that `draw`, uniform over all of `u64`, chooses.
    fn corrupt(&mut self, draw: u64);

    /// Sets the congestion-experienced mark. `false` if the frame is not ECN-capable; it is then
    /// lost like any other.
    fn mark_congestion(&mut self) -> bool;
}

/// An opaque protocol event that a node emits and scripted faults wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    /// What happened, in the caller's numbering.
    pub name: u32,
    /// To which conversation: compared with [`Frame::subject`].
    pub subject: u32,
}
