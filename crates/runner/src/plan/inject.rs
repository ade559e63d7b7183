//! Forged segments: what enters the network although no host has sent it.

use std::net::SocketAddr;
use std::time::Duration;

use tcp_core::Flags;

use super::fault::Moment;
use super::link::LinkId;
use super::sequence::SequenceExpression;
use super::workload::ConnectionId;

/// One `[[inject]]`: a segment from nowhere, sent by an attacker or left over from earlier.
///
/// It is an incarnation of its own, with no client: an entry that its SYN makes is `embryonic.stale`
/// from the start. What it does to an existing connection happens to that connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    /// Its name, unique among faults and injections.
    pub id: String,
    /// When it enters the link, for the first time. A condition on a state is about
    /// [`connection`](Self::connection), or about any if there is none, and counts from the start
    /// of the run.
    pub moment: Moment,
    /// The scripted connection that its numbers and its moment are about: the one that is written,
    /// else the first with its four-tuple.
    pub connection: Option<ConnectionId>,
    /// The link that it enters.
    pub link: LinkId,
    /// Its source, whoever has that address.
    pub from: SocketAddr,
    /// Its destination.
    pub to: SocketAddr,
    /// Its control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: SequenceExpression,
    /// SEG.ACK; `None` without ACK.
    pub ack: Option<SequenceExpression>,
    /// SEG.WND as it stands in the header.
    pub window: u16,
    /// Bytes of text, of no known stream.
    pub payload: u32,
    /// How often it enters; at least once.
    pub count: u32,
    /// Time between two entries.
    pub spacing: Duration,
}

impl Injection {
    /// Whether it travels between these two, in either direction.
    pub fn is_between(&self, one: SocketAddr, other: SocketAddr) -> bool {
        [(one, other), (other, one)].contains(&(self.from, self.to))
    }
}
