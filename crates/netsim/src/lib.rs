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
//! # Conservation
//!
//! Every frame sent, injected or copied is delivered, dropped for a named reason, in flight, or
//! held ([`Conservation`]).

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
