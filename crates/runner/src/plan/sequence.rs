//! Segments as expectations describe them: `100ms s2c SYN,ACK seq=k ack=j+1`.

use std::time::Duration;

use tcp_core::Flags;

use super::link::LinkId;

/// One segment that an expectation asks for.
///
/// What is `None` is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPattern {
    /// As written in the file; reports show it.
    pub written: String,
    /// When it enters the link, from the start of the expectation's period.
    pub at: Option<Duration>,
    /// The link that it enters.
    pub link: LinkId,
    /// Its control bits. All eight are compared, except that PSH counts only if it is written.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: Option<SequenceExpression>,
    /// SEG.ACK. A segment without ACK has none and does not match.
    pub ack: Option<SequenceExpression>,
    /// Length of its text in bytes.
    pub len: Option<u32>,
}

/// A sequence number: an origin plus an offset, modulo 2³².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceExpression {
    /// What it counts from.
    pub origin: SequenceOrigin,
    /// How far it is from there.
    pub offset: u32,
}

/// What a sequence number counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceOrigin {
    /// Zero: the number is written out.
    Zero,
    /// `j`, `j2`, ...: the initial sequence number of the n-th entry (from 1) that the client made
    /// for the four-tuple, in order of appearance.
    Client(u32),
    /// `k`, `k2`, ...: the same for the server.
    Server(u32),
}
