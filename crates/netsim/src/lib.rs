//! A discrete-event network that delays, loses, duplicates, reorders and corrupts frames. It has
//! never heard of TCP.
//!
//! A [`Simulator`] joins [`Node`]s by one-way links. A node names the link on which a frame leaves;
//! the link, configured in the words of tc-netem ([`LinkConfig`]), decides whether and when the
//! frame arrives. Before the link a [`Director`] may interfere on purpose: [`Script`] is the one
//! that executes a list of [`Fault`]s. An [`Observer`] is told everything.
//!
//! # Time
//!
//! Virtual, in nanoseconds ([`Instant`]); nothing here reads a clock. At one instant frames are
//! handled before deadlines, frames in the order in which they were scheduled.
//!
//! # Determinism
//!
//! Same configuration and [`Seed`], same events, on every machine. Randomness is keyed: a draw is a
//! function of the seed, the purpose's name and the frame's own key ([`Stream`]), never of how many
//! draws came before. So under impairments without memory, removing a fault, adding a link or
//! swapping what the hosts do leaves the fate of every other frame as it was. Impairments with
//! memory say so: correlations, Gilbert-Elliott and four-state loss and reordering with a gap
//! depend on how many frames came before, rate, queue, slot, limit and fifo on when they came.
//!
//! # Use
//!
//! ```
//! # use std::time::Duration;
//! use netsim::{
//!     DelayConfig, Frame, Instant, LinkConfig, LinkId, LossConfig, Node, NodeId, Seed, Signal,
//!     Simulator, StepLimit,
//! };
//!
//! #[derive(Clone)]
//! struct Ping(u64);
//!
//! impl Frame for Ping {
//!     fn wire_len(&self) -> u32 { 64 }
//!     fn key(&self) -> u64 { self.0 }
//!     fn subject(&self) -> u32 { 0 }
//!     fn copied(&self, copy: u32) -> Ping { Ping(self.0 | u64::from(copy) << 32) }
//!     fn corrupt(&mut self, draw: u64) { self.0 ^= 1 << (draw >> 58) }
//!     fn mark_congestion(&mut self) -> bool { false }
//! }
//!
//! /// Sends so many pings, one each second, and counts those that it receives.
//! struct Host { to_send: u64, next: Option<Instant>, outbox: Option<Ping>, received: u64 }
//!
//! impl Node for Host {
//!     type Frame = Ping;
//!     fn on_frame(&mut self, _now: Instant, _ping: &Ping) { self.received += 1 }
//!     fn on_deadline(&mut self, now: Instant) {
//!         self.outbox = Some(Ping(self.to_send));
//!         self.to_send -= 1;
//!         self.next = (self.to_send > 0).then(|| now.saturating_add(Duration::from_secs(1)));
//!     }
//!     fn next_deadline(&self) -> Option<Instant> { self.next }
//!     fn poll_frame(&mut self, _now: Instant) -> Option<(LinkId, Ping)> {
//!         self.outbox.take().map(|ping| (LinkId(0), ping))
//!     }
//!     fn poll_signal(&mut self) -> Option<Signal> { None }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Neither faults nor an observer.
//! let mut simulator = Simulator::new(Seed { root: 42, replication: 0 }, (), ());
//! let start = Some(Instant::ZERO);
//! let client = simulator.add_node(Host { to_send: 1000, next: start, outbox: None, received: 0 });
//! let server = simulator.add_node(Host { to_send: 0, next: None, outbox: None, received: 0 });
//! let mut link = LinkConfig::new("c2s", client, server);
//! link.delay = Some(DelayConfig::constant(Duration::from_millis(50)));
//! link.loss = Some(LossConfig::random("10%".parse()?));
//! simulator.add_link(&link)?;
//! simulator.run_until(Instant::from_nanos(2_000_000_000_000), StepLimit(10_000))?;
//! let received = simulator.node(NodeId(1)).received;
//! assert!((850..950).contains(&received));
//! assert_eq!(simulator.conservation().dropped_total(), 1000 - received);
//! # Ok(())
//! # }
//! ```
//!
//! # Conservation
//!
//! Every frame sent, injected or copied is delivered, dropped for a named reason, in flight, or
//! held ([`Conservation`]).

#![warn(clippy::float_arithmetic)]

mod conservation;
mod director;
mod distribution;
mod error;
mod frame;
mod link;
mod node;
mod observer;
mod probability;
mod queue;
mod rng;
pub mod sample;
mod script;
mod simulator;
mod slab;
mod tc;
mod time;

pub use conservation::Conservation;
pub use director::{Command, Director, Fate, Verdict};
pub use distribution::{Distribution, DistributionTable, Shape};
pub use error::ConfigError;
pub use frame::{Frame, FrameId, LinkId, NodeId, Signal};
pub use link::LinkConfig;
pub use link::corrupt::CorruptConfig;
pub use link::delay::DelayConfig;
pub use link::duplicate::DuplicateConfig;
pub use link::loss::LossConfig;
pub use link::rate::{QueueConfig, RateConfig};
pub use link::reorder::ReorderConfig;
pub use link::slot::{SlotConfig, SlotSpacing};
pub use node::Node;
pub use observer::{DropReason, Observer};
pub use probability::{Probability, Threshold};
pub use queue::EventQueue;
pub use rng::{Seed, Stream, Streams};
pub use script::{
    Action, Ending, Fault, FaultCount, Injection, Match, Occurrences, Script, ScriptReport,
    Subject, Trigger,
};
pub use simulator::{Event, EventKind, Simulator, StepLimit, Stuck, StuckReason};
pub use tc::TcEquivalent;
pub use time::{Instant, Window};
