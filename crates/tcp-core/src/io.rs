//! What leaves an endpoint: packets, events for the user, transitions for an observer, counters.

use alloc::collections::{BTreeMap, VecDeque};
use core::fmt;
use core::net::IpAddr;

use crate::connection::Phase;
use crate::listener::ListenerId;
use crate::segment::{Flow, Kind, Tag, Transmit};
use crate::seq::SeqNum;

/// A connection of one endpoint. Never given to a second connection, so a call with the id of a
/// connection that is gone fails instead of reaching another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    pub(crate) slot: u32,
    pub(crate) serial: u32,
}

impl ConnectionId {
    /// A small number that no other connection of its endpoint has at the same time, for tables
    /// of whoever drives it. A later connection may have the same.
    pub fn slot(self) -> usize {
        self.slot as usize
    }

    /// Stands for an entry that calls cannot name.
    pub(crate) const NONE: ConnectionId = ConnectionId {
        slot: u32::MAX,
        serial: 0,
    };

    /// The id, unless it stands for an entry without one.
    pub(crate) fn named(self) -> Option<ConnectionId> {
        (self != ConnectionId::NONE).then_some(self)
    }
}

/// Why a connection changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The user called OPEN.
    Open,
    /// A SYN arrived.
    Syn,
    /// An acceptable ACK arrived.
    Ack,
    /// A FIN arrived.
    Fin,
    /// A RST arrived.
    Rst,
    /// The user called CLOSE.
    Close,
    /// The user called ABORT, or text was lost because the user had let go.
    Abort,
    /// R2 or the user timeout was reached.
    Timeout,
    /// Keep-alive probes stayed unanswered.
    KeepAlive,
    /// TIME-WAIT, or FIN-WAIT-2 of a connection without user, ran out.
    Expired,
    /// Another entry took its place: SYN queue eviction, or TIME-WAIT reuse.
    Evicted,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Open => "open",
            Reason::Syn => "SYN",
            Reason::Ack => "ACK",
            Reason::Fin => "FIN",
            Reason::Rst => "RST",
            Reason::Close => "close",
            Reason::Abort => "abort",
            Reason::Timeout => "timeout",
            Reason::KeepAlive => "keepalive",
            Reason::Expired => "expired",
            Reason::Evicted => "evicted",
        })
    }
}

/// A change of state of one connection or table entry, for observers. Entries of the SYN queue
/// and of TIME-WAIT report theirs too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The connection, if it is one that calls can name; compact entries have no id.
    pub id: Option<ConnectionId>,
    /// The incarnation. At one endpoint at most one live entry has a given four-tuple, so an
    /// observer can follow an entry by its tag.
    pub tag: Tag,
    /// The four-tuple, as this endpoint sees it.
    pub flow: Flow,
    /// ISS and IRS as far as the new state knows them: (own, peer's). FIN-WAIT-2 has forgotten the
    /// own, TIME-WAIT both.
    pub isns: (Option<SeqNum>, Option<SeqNum>),
    /// The state that was left. LISTEN and CLOSED stand for "no entry".
    pub from: Phase,
    /// The state that was entered.
    pub to: Phase,
    /// Why.
    pub reason: Reason,
}

/// What the user of a connection is told (RFC 9293 section 3.9.1's signals).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A passive open has completed and waits in the accept queue of this listener.
    Acceptable(ListenerId),
    /// An active open has completed.
    Connected(ConnectionId),
    /// Text can be received.
    Readable(ConnectionId),
    /// Text was acknowledged: there is room in the send buffer.
    Writable(ConnectionId),
    /// The peer has sent its FIN: "connection closing".
    PeerClosed(ConnectionId),
    /// R1 was reached: deliveries fail again and again. The one soft error that is reported (RFC
    /// 9293 MUST-47).
    Struggling(ConnectionId),
    /// The connection is over; the id is dead.
    Closed(ConnectionId, Outcome),
}

/// How a connection ended for its user, who must be able to tell a close from an abort (RFC 9293
/// MUST-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Both ends closed.
    Finished,
    /// "Connection refused": a RST answered the SYN.
    Refused,
    /// "Connection reset": a RST arrived.
    Reset,
    /// "Connection aborted due to user timeout", R2 or keep-alive.
    TimedOut,
    /// The user aborted it.
    Aborted,
}

/// What an endpoint counts, under the names that Linux uses in `/proc/net/snmp` and
/// `/proc/net/netstat` where it has one. Where the meaning is not quite the kernel's, the field says
/// so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    non_snake_case,
    reason = "the fields are the kernel's own counter names"
)]
pub struct Counters {
    /// Active opens.
    pub ActiveOpens: u64,
    /// SYNs, and ACKs of cookies, that made an entry or a connection: RFC 4022's transitions from
    /// LISTEN. (The kernel counts completed handshakes.)
    pub PassiveOpens: u64,
    /// Opens that failed before ESTABLISHED.
    pub AttemptFails: u64,
    /// RSTs that ended a connection in ESTABLISHED or CLOSE-WAIT.
    pub EstabResets: u64,
    /// Segments received.
    pub InSegs: u64,
    /// Segments sent.
    pub OutSegs: u64,
    /// Segments sent again.
    pub RetransSegs: u64,
    /// Segments discarded because they could not be read.
    pub InErrs: u64,
    /// Of these, with a wrong checksum.
    pub InCsumErrors: u64,
    /// RSTs sent.
    pub OutRsts: u64,
    /// Challenge ACKs sent (RFC 5961).
    pub TCPChallengeACK: u64,
    /// SYNs that drew a challenge ACK.
    pub TCPSYNChallenge: u64,
    /// ACKs for unacceptable segments that the rate limit kept back: the sum of the kernel's
    /// `TCPACKSkipped...` counters.
    pub TCPACKSkipped: u64,
    /// SYNs and final ACKs that a listener dropped for any reason.
    pub ListenDrops: u64,
    /// Dropped because the accept queue was full.
    pub ListenOverflows: u64,
    /// SYNs dropped because the SYN queue was full.
    pub TCPReqQFullDrop: u64,
    /// SYNs answered with a cookie, because the SYN queue was full or always.
    pub TCPReqQFullDoCookies: u64,
    /// SYN cookies sent.
    pub SyncookiesSent: u64,
    /// ACKs that proved to answer a SYN cookie.
    pub SyncookiesRecv: u64,
    /// ACKs that did not, where cookies were expected.
    pub SyncookiesFailed: u64,
    /// SYNs that a policy took for old duplicates, which is not a kernel counter, or `tw_recycle`: the
    /// kernel's `PAWSPassive`.
    pub StaleSynsDropped: u64,
    /// Connections and entries given up by R2 or user timeout. (The kernel counts every expiry of the
    /// timer.)
    pub TCPTimeouts: u64,
    /// Connections reset because text was or would be lost after CLOSE: the kernel's
    /// `TCPAbortOnClose` and `TCPAbortOnData`.
    pub TCPAbortOnClose: u64,
    /// Connections ended by keep-alive. Not a kernel counter.
    pub KeepAliveTimeouts: u64,
    /// TIME-WAIT entries that a new SYN took over.
    pub TWRecycled: u64,
    /// TIME-WAIT entries that a RST ended early (RFC 1337's hazard). Not a kernel counter.
    pub TimeWaitAssassinated: u64,
    /// Octets that became readable in one incarnation by a segment that another sent. No kernel can count
    /// them.
    pub AlienOctets: u64,
}

/// The queues that every part of an endpoint writes to. There is no second way out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Io {
    pub(crate) outbox: VecDeque<Transmit>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) transitions: VecDeque<Transition>,
    pub(crate) counters: Counters,
    /// Fast Open cookies that servers have given to this host.
    pub(crate) cookies: BTreeMap<IpAddr, [u8; 8]>,
    /// The Fast Open cookie that the next SYN,ACK is to carry.
    pub(crate) grant: Option<[u8; 8]>,
}

impl Io {
    /// Queues a packet and counts it.
    pub(crate) fn send(&mut self, transmit: Transmit) {
        self.counters.OutSegs += 1;
        self.counters.OutRsts += u64::from(transmit.kind == Kind::Rst);
        self.outbox.push_back(transmit);
    }
}
