//! Expectations: what must come out of a run, checked by the program.

use std::time::Duration;

use tcp_core::{Handshake, Phase};

use super::metric::Metric;
use super::sequence::SegmentPattern;
use super::workload::{ConnectionId, End};

/// One `[[expect]]`, for one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The policy that it is about; it runs.
    pub policy: Handshake,
    /// What must hold, in the order in which reports list it; at least one check.
    pub checks: Vec<Check>,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The states that one end of a scripted connection goes through, in order, from the start of
    /// the run to its end: exactly these, and nothing else. A four-tuple without an entry is in
    /// CLOSED, at a server that listens in LISTEN.
    States {
        /// The connection.
        connection: ConnectionId,
        /// Which end of it.
        end: End,
        /// At least one state, the first being the state at time zero.
        states: Vec<Reached>,
    },
    /// The segments that both ends of a scripted connection's four-tuple send in a period, in the
    /// order of sending: exactly these. Lost and held segments are among them, copies made by the
    /// network are not.
    Segments {
        /// The connection.
        connection: ConnectionId,
        /// When.
        period: Period,
        /// What is sent; empty when nothing may be.
        segments: Vec<SegmentPattern>,
    },
    /// A metric of the run lies within a bound. With several replications, their mean does.
    Metric {
        /// When it is measured.
        period: Period,
        /// Which.
        metric: Metric,
        /// Where it must lie.
        bound: Bound,
    },
}

/// A state that an end reaches, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The state.
    pub phase: Phase,
    /// Virtual time of entering it, if that is expected too.
    pub at: Option<Duration>,
}

/// The part of a run that a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// From the start to the end.
    WholeRun,
    /// From the release of the last segment that a fault held or delayed, to the end.
    AfterFault,
}

/// Where a number must lie, in billionths of the metric's unit, so that times are exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// As written in the file; reports show it.
    pub written: String,
    /// The least value allowed, or `None`.
    pub least: Option<i128>,
    /// The greatest value allowed, or `None`.
    pub greatest: Option<i128>,
}

impl Bound {
    /// Whether a value in billionths of the metric's unit lies within the bound.
    pub fn admits(&self, billionths: i128) -> bool {
        self.least.is_none_or(|least| billionths >= least)
            && self.greatest.is_none_or(|greatest| billionths <= greatest)
    }

    /// Whether the mean of `count` values lies within the bound, given their sum; exact, no
    /// division. `count` is at least one.
    pub fn admits_mean(&self, sum: i128, count: u32) -> bool {
        let scaled = |bound: i128| bound.saturating_mul(i128::from(count));
        self.least.is_none_or(|least| sum >= scaled(least))
            && self.greatest.is_none_or(|greatest| sum <= scaled(greatest))
    }
}
