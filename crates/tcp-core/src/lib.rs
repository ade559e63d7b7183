//! The TCP of RFC 9293: segments in, segments out.
//!
//! No clock, no socket, no randomness: time and secrets are arguments, so the same calls give the
//! same answers on every machine, and an experiment can put two of these on either side of any
//! network that it can think of.
//!
//! # Driving an endpoint
//!
//! After every call that takes `&mut self`, drain the queues, then sleep until the deadline:
//!
//! ```
//! # use tcp_core::{Endpoint, Instant, Profile, Secret};
//! # let mut endpoint = Endpoint::new(Profile::Rfc9293.config(), Secret([0; 16])).unwrap();
//! # let now = Instant::ZERO;
//! // endpoint.on_packet(now, &packet), endpoint.on_deadline(now), endpoint.send(now, id, 10) ...
//! while let Some(transition) = endpoint.poll_transition() { /* tell observers */ }
//! while let Some(event) = endpoint.poll_event() { /* let users react: they may call again */ }
//! while let Some(transmit) = endpoint.poll_packet(now) { /* put it on the wire */ }
//! let wake_me = endpoint.next_deadline();
//! # assert_eq!(wake_me, None);
//! ```
//!
//! Users go before packets, because an ACK that is owed waits for what the user sends at the same
//! instant. Time never goes backwards. Calling `on_deadline` early is harmless.
//!
//! A segment from the network is never an error. User calls fail with one small error type each.
//! A panic is a bug.
#![no_std]
#![cfg_attr(
    not(test),
    warn(clippy::wildcard_enum_match_arm, clippy::float_arithmetic)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod address;
mod arena;
mod config;
mod connection;
pub mod cookie;
mod embryo;
mod endpoint;
mod fifo;
mod handshake;
mod history;
mod io;
mod isn;
mod listener;
mod mutant;
mod numbered;
pub mod options;
mod peer_clock;
mod profile;
mod segment;
mod seq;
mod time;
mod time_wait;
pub mod wire;

pub use config::{
    AbortReset, BlindAttackRules, Config, ConfigError, CrossedSynAck, GiveUp, KeepAlive, NewSyn,
    OldSegments, OptionLayout, RepeatedSyn, TimeWaitRestart, Unexpected, WindowEdge,
};
pub use connection::{CloseError, Phase, ReceiveError, RunningTimer, SendError, Status, TimerKind};
pub use endpoint::{ConfigId, ConnectError, Endpoint, ListenError, Observation, Open};
pub use handshake::Handshake;
pub use io::{ConnectionId, Counters, Event, Outcome, Reason, Transition};
pub use isn::{Secret, initial_sequence_number};
pub use listener::{ListenConfig, ListenerId};
#[cfg(feature = "mutants")]
pub use mutant::Mutant;
pub use options::Options;
pub use profile::Profile;
pub use segment::{Flags, Flow, Kind, Packet, Segment, Tag, Text, Transmit};
pub use seq::SeqNum;
pub use time::Instant;
