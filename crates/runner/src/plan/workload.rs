//! What applications do: scripted connections one by one, and populations of connections.

use std::time::Duration;

use tcp_core::Phase;

use crate::quantity::ArrivalRate;

use super::host::HostId;

/// Index of a scripted connection in [`Plan::connections`](super::Plan::connections).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub usize);

/// One end of a connection, by the role that its application plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The end that opens actively.
    Client,
    /// The end that listens.
    Server,
}

impl End {
    /// The other end.
    #[must_use]
    pub fn peer(self) -> End {
        match self {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The host; its first address is meant.
    pub host: HostId,
    /// The port. It is listened on, unless that host listens on no port at all.
    pub port: u16,
}

/// One scripted connection: `[[connection]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The client's host; its first address is used.
    pub from: HostId,
    /// The client's port.
    pub from_port: u16,
    /// The server.
    pub to: Target,
    /// The initial sequence numbers, where the script sets them.
    pub iss: InitialSequence,
    /// When the client opens.
    pub active_open: ActiveOpen,
    /// Virtual time of the server's own active OPEN towards the client (a simultaneous open);
    /// `None`: it listens and waits.
    pub server_open: Option<Duration>,
    /// What either application sends, in the order of the file.
    pub send: Vec<Send>,
    /// How the connection is closed; `None`: neither application ever closes.
    pub close: Option<Close>,
    /// How long the client's application waits for its OPEN before it calls ABORT, more than zero;
    /// `None`: as long as TCP tries.
    pub connect_timeout: Option<Duration>,
}

/// The moment of a client's active OPEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveOpen {
    /// Virtual time.
    At(Duration),
    /// A connection of the client's own host enters a state, then `plus` passes.
    Enters {
        /// The state.
        phase: Phase,
        /// The scripted connection whose state counts; `None` for any.
        connection: Option<ConnectionId>,
        /// Time from entering it.
        plus: Duration,
    },
}

/// Initial sequence numbers set by the script; `None` leaves the choice to the end's own generator.
///
/// Each holds for the first entry that the end makes for this connection. Whatever a late SYN
/// creates afterwards draws its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InitialSequence {
    /// The client's, `j` in expectations.
    pub client: Option<u32>,
    /// The server's, `k` in expectations.
    pub server: Option<u32>,
}

/// One SEND call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// Who sends.
    pub from: End,
    /// How many bytes; at least one.
    pub bytes: u64,
    /// Time from the sender's entering ESTABLISHED to the call.
    pub after: Duration,
}

/// Who calls CLOSE first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// This end; the other waits for its FIN.
    One(End),
    /// Both, without waiting for each other: their FINs may cross.
    Both,
}

impl First {
    /// Whether this end is a first closer.
    pub fn includes(self, end: End) -> bool {
        match self {
            First::One(first) => first == end,
            First::Both => true,
        }
    }
}

/// By which call an end closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// CLOSE: everything is sent, then a FIN.
    #[default]
    Close,
    /// ABORT: the connection is gone at once, and the other end is reset.
    Abort,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// Who calls CLOSE first.
    pub first: First,
    /// When a first closer calls: in a scripted connection, time from its entering ESTABLISHED;
    /// in a load, time from the end of its own transfer (it has handed over or read every byte).
    pub after: Duration,
    /// What a first closer calls. After an ABORT the other end has nothing left to close.
    pub how: How,
    /// When the other end calls: time from its reading the first closer's FIN. With zero its ACK
    /// and its FIN are one segment.
    pub second_after: Duration,
    /// What the other end calls.
    pub second_how: How,
}

impl Close {
    /// The client closes as soon as it can, and the server as soon as it has read the FIN.
    pub const AT_ONCE: Close = Close {
        first: First::One(End::Client),
        after: Duration::ZERO,
        how: How::Close,
        second_after: Duration::ZERO,
        second_how: How::Close,
    };
}

/// A population of connections: `[load.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Its name; random draws of the load are keyed by it.
    pub name: String,
    /// The host that all its clients share.
    pub from: HostId,
    /// The server.
    pub to: Target,
    /// Whole connections, or bare SYNs.
    pub opening: Opening,
    /// When connections are opened.
    pub arrivals: Arrivals,
    /// How many are opened at most; `None` for no limit.
    pub count: Option<u64>,
    /// Virtual time before which nothing is opened.
    pub start: Duration,
    /// Virtual time from which on nothing is opened; more than `start`, at most the run's end.
    pub stop: Duration,
    /// The number of clients; at least one. Client `i` uses address `i mod A` of the host's `A`.
    pub clients: u32,
    /// How many ports each client has, used in turn; at least one. Pools of clients that share an
    /// address do not overlap; see [`Load::port`].
    pub port_pool: u16,
    /// The first port of the first pool.
    pub first_port: u16,
    /// What is transferred on each connection.
    pub transfer: Transfer,
    /// How each connection is closed; `None`: neither application ever closes.
    pub close: Option<Close>,
    /// How long a user waits for an OPEN before he calls ABORT, more than zero; `None`: as long as
    /// TCP tries.
    pub connect_timeout: Option<Duration>,
    /// Whether a user tries again after a failure.
    pub retry: Option<Retry>,
}

/// How a user who wants a connection tries again, when his OPEN was refused, timed out or was given
/// up, when no port was free for it, or when the connection was reset or timed out before he had
/// closed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often at most; 0 to [`Retry::MOST`].
    pub max: u32,
    /// From the failure to the next OPEN.
    pub after: Duration,
}

impl Retry {
    /// The most retries. Each has a number of its own set aside from the start, and what is kept
    /// of incarnations is found by their numbers.
    pub const MOST: u32 = 255;
}

impl Load {
    /// How often a user calls OPEN at most.
    pub fn attempts(&self) -> u32 {
        1 + self.retry.map_or(0, |retry| retry.max)
    }

    /// The port of a client's connection number `ordinal` (from 0), where the host has `addresses`
    /// addresses: the client's pool in turn. The pool lies within 1..=65535.
    pub fn port(&self, client: u32, ordinal: u64, addresses: u32) -> u16 {
        let pool = u32::from(self.port_pool);
        let within = u32::try_from(ordinal % u64::from(pool)).unwrap_or(0);
        let port = u32::from(self.first_port) + client / addresses * pool + within;
        u16::try_from(port).unwrap_or(u16::MAX)
    }
}

/// How a load opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// By OPEN: a TCB at the client, and a whole connection.
    Connect,
    /// A SYN flood: each arrival is one SYN with a forged source, and no TCB behind it. Nothing is
    /// transferred and nobody closes.
    Flood(Responds),
}

/// What answers the SYN,ACKs that a flood draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responds {
    /// Nothing: the sources are addresses of no host, each four-tuple another.
    Never,
    /// The sources are the addresses and ports of the load's own host, which is alive and resets
    /// what it did not open.
    Rst,
}

/// When a load opens connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// A Poisson process of this rate, all clients together.
    Poisson(ArrivalRate),
    /// Evenly spaced arrivals of this rate, all clients together.
    Constant(ArrivalRate),
    /// At these times after the start, in ascending order; the clients take turns.
    Trace(Vec<Duration>),
    /// So many at the start, all at once; the clients take turns.
    Burst(u64),
}

/// What is transferred on each connection of a load, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who sends; it starts when it enters ESTABLISHED.
    pub first_sender: End,
    /// How much.
    pub size: TransferSize,
}

/// How many bytes a transfer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferSize {
    /// Always the same number of bytes; zero for none.
    Fixed(u64),
    /// Exponentially distributed with this mean in bytes, rounded up to whole bytes.
    Exponential {
        /// Bytes; at least one.
        mean: u64,
    },
}
