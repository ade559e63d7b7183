//! Handshake policies: what a listener does with a SYN.
//!
//! A policy is asked before a connection exists and answers with a verdict that the listener
//! carries out. No state, no step of segment processing and no timer knows which policy a
//! connection owes its life to, so an experiment that swaps policies varies exactly one thing.

/// How a passive open completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handshake {
    /// RFC 9293: the SYN makes an entry in SYN-RECEIVED, the ACK of the SYN,ACK the connection.
    ThreeWay,
    /// The straw man of every textbook: the SYN makes the connection. The SYN,ACK is still sent,
    /// once, and nobody waits for its ACK.
    TwoWay,
}

/// What the listener does with a SYN that it has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SynVerdict {
    /// Send a SYN,ACK and wait for its ACK in SYN-RECEIVED.
    AwaitAck,
    /// Send a SYN,ACK and be ESTABLISHED at once.
    Establish,
}

impl Handshake {
    /// Every policy with its name in experiment files.
    pub const ALL: [(Handshake, &'static str); 2] = [
        (Handshake::ThreeWay, "three-way"),
        (Handshake::TwoWay, "two-way"),
    ];

    /// The policy of this name.
    pub fn from_name(name: &str) -> Option<Handshake> {
        Handshake::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(policy, _)| policy)
    }

    /// Its name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Handshake::ThreeWay => "three-way",
            Handshake::TwoWay => "two-way",
        }
    }

    /// The verdict on a SYN in LISTEN.
    pub(crate) fn on_syn(self) -> SynVerdict {
        match self {
            Handshake::ThreeWay => SynVerdict::AwaitAck,
            Handshake::TwoWay => SynVerdict::Establish,
        }
    }
}
