//! The classes of connections, and what ends a stay in one.

use tcp_core::Reason;

/// What a pair of ends is at a moment, decided by the two states alone.
///
/// `Embryonic*` with a suffix are parts of [`Class::Embryonic`]; the others exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The client waits in SYN-SENT and the server has nothing, or an end opened actively meets
    /// anything but an embryonic entry.
    Opening,
    /// The server has an entry in SYN-RECEIVED, whatever the client is.
    Embryonic,
    /// Embryonic, and the client has nothing of this incarnation.
    EmbryonicStale,
    /// Embryonic, and the client is in SYN-SENT.
    EmbryonicOpening,
    /// Embryonic, and the client is synchronised.
    EmbryonicClientOpen,
    /// Both ends are ESTABLISHED.
    Open,
    /// The client is synchronised, the server never was and has nothing.
    ClientOnly,
    /// One direction is closed, the other is not: FIN-WAIT-2 against CLOSE-WAIT.
    HalfClosed,
    /// A FIN is on its way or waits for its acknowledgment.
    Closing,
    /// Only TIME-WAIT is left.
    TimeWait,
    /// One end waits in ESTABLISHED, FIN-WAIT-2 or CLOSE-WAIT, the other has nothing of this
    /// incarnation (RFC 9293 section 3.5.1 calls such a connection half-open).
    OrphanEstablished,
    /// The same for an end whose own FIN is not acknowledged.
    OrphanClosing,
}

impl Class {
    /// Every class, in the order of tables.
    pub const ALL: [Class; 12] = [
        Class::Opening,
        Class::Embryonic,
        Class::EmbryonicStale,
        Class::EmbryonicOpening,
        Class::EmbryonicClientOpen,
        Class::Open,
        Class::ClientOnly,
        Class::HalfClosed,
        Class::Closing,
        Class::TimeWait,
        Class::OrphanEstablished,
        Class::OrphanClosing,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Opening => "opening",
            Class::Embryonic => "embryonic",
            Class::EmbryonicStale => "embryonic.stale",
            Class::EmbryonicOpening => "embryonic.opening",
            Class::EmbryonicClientOpen => "embryonic.client_open",
            Class::OrphanEstablished => "orphan_established",
            Class::OrphanClosing => "orphan_closing",
            Class::ClientOnly => "client_only",
            Class::Open => "open",
            Class::HalfClosed => "half_closed",
            Class::Closing => "closing",
            Class::TimeWait => "time_wait",
        }
    }
}

/// What ended a stay in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// An acceptable ACK.
    Ack,
    /// A RST.
    Rst,
    /// R2 or the user timeout was reached, or the SYN,ACK had been sent often enough.
    Timeout,
    /// Another entry took its place: SYN queue eviction, or TIME-WAIT reuse.
    Evicted,
    /// Keep-alive probes stayed unanswered.
    KeepAlive,
    /// TIME-WAIT, or FIN-WAIT-2 of a connection without user, ran out.
    Expired,
    /// A SYN, with or without ACK.
    Syn,
    /// A FIN.
    Fin,
    /// An application called CLOSE.
    Close,
    /// An application called ABORT, or text was lost because it had let go.
    Abort,
    /// A host lost power.
    PowerOff,
    /// Nothing: the run ended first.
    Censored,
}

impl Exit {
    /// Every exit, in the order of tables.
    pub const ALL: [Exit; 12] = [
        Exit::Ack,
        Exit::Rst,
        Exit::Timeout,
        Exit::Evicted,
        Exit::KeepAlive,
        Exit::Expired,
        Exit::Syn,
        Exit::Fin,
        Exit::Close,
        Exit::Abort,
        Exit::PowerOff,
        Exit::Censored,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Exit::Ack => "ack",
            Exit::Rst => "rst",
            Exit::Timeout => "timeout",
            Exit::Evicted => "evicted",
            Exit::KeepAlive => "keepalive",
            Exit::Expired => "expired",
            Exit::Syn => "syn",
            Exit::Fin => "fin",
            Exit::Close => "close",
            Exit::Abort => "abort",
            Exit::PowerOff => "power_off",
            Exit::Censored => "censored",
        }
    }

    /// What a change of state for this reason ends stays by; `None` is a loss of power. No stay is
    /// ended by an OPEN, because each incarnation has but one: it counts with the SYN that it sends.
    pub fn by(reason: Option<Reason>) -> Exit {
        match reason {
            None => Exit::PowerOff,
            Some(Reason::Open | Reason::Syn) => Exit::Syn,
            Some(Reason::Ack) => Exit::Ack,
            Some(Reason::Fin) => Exit::Fin,
            Some(Reason::Rst) => Exit::Rst,
            Some(Reason::Close) => Exit::Close,
            Some(Reason::Abort) => Exit::Abort,
            Some(Reason::Timeout) => Exit::Timeout,
            Some(Reason::KeepAlive) => Exit::KeepAlive,
            Some(Reason::Expired) => Exit::Expired,
            Some(Reason::Evicted) => Exit::Evicted,
        }
    }
}
