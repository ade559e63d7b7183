//! Handshake policies: what a listener does with a SYN, and with an ACK that belongs to nothing.
//!
//! A policy is asked before a connection exists and answers with a verdict that the endpoint
//! carries out. No state, no step of segment processing and no timer knows which policy a
//! connection owes its life to, so an experiment that swaps policies varies exactly one thing.

use core::time::Duration;

use crate::config::{Config, GiveUp};
use crate::seq::SeqNum;

/// How passive opens complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handshake {
    /// RFC 9293: the SYN makes an entry in SYN-RECEIVED, the ACK of the SYN,ACK the connection.
    ThreeWay,
    /// The straw man of every textbook: the SYN makes the connection. The SYN,ACK is still sent,
    /// once, and nobody waits for its ACK.
    TwoWay,
    /// Two-way, with the last ISN of every four-tuple remembered for ever: a SYN that is not newer
    /// is dropped (the idea of T/TCP's TAO test, RFC 1644, without its fallback).
    TwoWayMemory,
    /// Two-way, with a four-tuple in quarantine for one MSL after its connection ended: right as
    /// long as no segment lives longer than that.
    TwoWayMpl,
    /// SYN cookies for every SYN (Linux's `tcp_syncookies = 2`): no entry at all, the ACK makes
    /// the connection if its number proves that it answers a SYN,ACK of the last minutes.
    Cookies,
    /// Three-way until the SYN queue is full, then cookies (Linux's `tcp_syncookies = 1`).
    CookiesOnOverflow,
    /// Three-way with a SYN queue that evicts its oldest entry when it is full (FreeBSD's SYN cache
    /// with a single bucket, but one for each listener).
    SynCache,
    /// Three-way with a SYN queue that evicts an entry at random when it is full (Ricciulli,
    /// Lincoln and Kakkar 1999). The victim is a function of the SYN and the host's secret.
    RandomDrop,
    /// Timers instead of a handshake (Watson 1981): the SYN makes the connection, and the last ISN
    /// of a four-tuple is remembered for 2 delta-t after its end, delta-t = MPL + R + A.
    DeltaT,
    /// TCP Fast Open (RFC 7413): a SYN with a good cookie makes a connection whose text is
    /// delivered at once; all others are opened three-way.
    FastOpen,
}

/// How much room a listener has for one more SYN queue entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// There is room.
    Room,
    /// Less than a quarter of `max_syn_backlog` is left.
    Crowded,
    /// The SYN queue is full.
    Full,
}

/// What a policy may know about a SYN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SynFacts {
    /// SEG.SEQ.
    pub(crate) isn: SeqNum,
    /// The ISN that the four-tuple last opened with, if that is remembered.
    pub(crate) remembered: Option<SeqNum>,
    /// Whether it carries a good Fast Open cookie, and one more may be pending.
    pub(crate) fast_open: bool,
    /// How full the SYN queue is.
    pub(crate) load: Load,
}

/// What the endpoint does with a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SynVerdict {
    /// Send a SYN,ACK and wait for its ACK in SYN-RECEIVED.
    AwaitAck,
    /// The same, in the place of another entry.
    AwaitAckInPlaceOf(Victim),
    /// Send a SYN,ACK and be ESTABLISHED at once.
    Establish,
    /// Send a SYN,ACK whose number is a cookie, and keep nothing.
    Challenge,
    /// Deliver the text and wait for the ACK in SYN-RECEIVED.
    OpenFast,
    /// Drop it: there is no room.
    Overflow,
    /// Drop it: it is an old duplicate as far as the policy can tell.
    Stale,
}

/// Which entry makes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    Oldest,
    Random,
}

/// How long the ISN of a connection is remembered after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    None,
    For(Duration),
    Forever,
}

impl Handshake {
    /// Every policy with its name in experiment files.
    pub const ALL: [(Handshake, &'static str); 10] = [
        (Handshake::ThreeWay, "three-way"),
        (Handshake::TwoWay, "two-way"),
        (Handshake::TwoWayMemory, "two-way-memory"),
        (Handshake::TwoWayMpl, "two-way-mpl"),
        (Handshake::Cookies, "cookies"),
        (Handshake::CookiesOnOverflow, "cookies-on-overflow"),
        (Handshake::SynCache, "syn-cache"),
        (Handshake::RandomDrop, "random-drop"),
        (Handshake::DeltaT, "delta-t"),
        (Handshake::FastOpen, "tfo"),
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
        Handshake::ALL[self as usize].1
    }

    /// The verdict on a SYN in LISTEN.
    pub(crate) fn on_syn(self, syn: SynFacts) -> SynVerdict {
        let full = syn.load == Load::Full;
        match self {
            Handshake::TwoWay => SynVerdict::Establish,
            Handshake::TwoWayMemory | Handshake::DeltaT => match syn.remembered {
                Some(last) if !syn.isn.is_after(last) => SynVerdict::Stale,
                _ => SynVerdict::Establish,
            },
            Handshake::TwoWayMpl => match syn.remembered {
                Some(_) => SynVerdict::Stale,
                None => SynVerdict::Establish,
            },
            Handshake::Cookies => SynVerdict::Challenge,
            Handshake::CookiesOnOverflow if full => SynVerdict::Challenge,
            Handshake::SynCache if full => SynVerdict::AwaitAckInPlaceOf(Victim::Oldest),
            Handshake::RandomDrop if full => SynVerdict::AwaitAckInPlaceOf(Victim::Random),
            Handshake::CookiesOnOverflow | Handshake::SynCache | Handshake::RandomDrop => {
                SynVerdict::AwaitAck
            }
            Handshake::FastOpen if syn.fast_open => SynVerdict::OpenFast,
            Handshake::ThreeWay | Handshake::FastOpen => await_ack(syn.load),
        }
    }

    /// Whether an ACK that belongs to nothing may be the answer to a cookie. `overflowed` says
    /// whether cookies were sent lately.
    pub(crate) fn expects_cookies(self, overflowed: bool) -> bool {
        match self {
            Handshake::Cookies => true,
            Handshake::CookiesOnOverflow => overflowed,
            Handshake::ThreeWay
            | Handshake::TwoWay
            | Handshake::TwoWayMemory
            | Handshake::TwoWayMpl
            | Handshake::SynCache
            | Handshake::RandomDrop
            | Handshake::DeltaT
            | Handshake::FastOpen => false,
        }
    }

    /// Whether listeners give and take Fast Open cookies.
    pub(crate) fn uses_fast_open(self) -> bool {
        self == Handshake::FastOpen
    }

    /// The age up to which an old SYN cannot deceive this policy where its connection was known:
    /// one MSL for two-way-mpl, 2 delta-t for delta-t. Networks that keep segments longer break
    /// the policy's assumption. `None` for policies that assume nothing about it.
    pub fn assumed_lifetime(self, config: &Config) -> Option<Duration> {
        match self.memory(config) {
            Memory::For(span) => Some(span),
            Memory::None | Memory::Forever => None,
        }
    }

    /// What is remembered of a four-tuple when its connection has ended.
    ///
    /// For delta-t: R is how long a sender goes on retransmitting, A how long an ACK may wait;
    /// the factor 2 is Watson's for a receiver ("Timer-based mechanisms in reliable transport
    /// protocol connection management", Computer Networks 5, 1981).
    pub(crate) fn memory(self, config: &Config) -> Memory {
        match self {
            Handshake::TwoWayMemory => Memory::Forever,
            Handshake::TwoWayMpl => Memory::For(config.msl),
            Handshake::DeltaT => {
                let retransmitting = match config.give_up_data {
                    GiveUp::After(limit) => limit,
                    GiveUp::Retries(_) => config.rto_max.unwrap_or(config.msl),
                };
                let delta_t = config
                    .msl
                    .saturating_add(retransmitting)
                    .saturating_add(config.delayed_ack);
                Memory::For(delta_t.saturating_mul(2))
            }
            Handshake::ThreeWay
            | Handshake::TwoWay
            | Handshake::Cookies
            | Handshake::CookiesOnOverflow
            | Handshake::SynCache
            | Handshake::RandomDrop
            | Handshake::FastOpen => Memory::None,
        }
    }
}

fn await_ack(load: Load) -> SynVerdict {
    match load {
        Load::Room => SynVerdict::AwaitAck,
        Load::Crowded | Load::Full => SynVerdict::Overflow,
    }
}

#[cfg(test)]
mod tests {
    use super::Handshake;

    #[test]
    fn names_and_policies_belong_together() {
        for (policy, name) in Handshake::ALL {
            assert_eq!(policy.name(), name);
            assert_eq!(Handshake::from_name(name), Some(policy));
        }
        assert_eq!(Handshake::from_name("four-way"), None);
    }
}
