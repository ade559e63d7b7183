//! When measuring begins.

use std::time::Duration;

/// The time from the start of a run before which nothing is measured.
///
/// There is none by default, because most experiments are scripted: they begin with nothing and end
/// when they end, what they ask is what happens on the way, and no part of that is a warm-up (Law,
/// "Simulation Modeling and Analysis", 5th ed., section 9.3, calls them terminating). A load that
/// goes on for ever has a steady state; only there does leaving out the beginning make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmup {
    /// This long, less than the run; zero by default.
    Time(Duration),
    /// As long as MSER-5 finds it to be, once for each point of a sweep.
    Mser5,
    /// As long as MSER-5 has found it to be at this point.
    Found(FoundWarmup),
}

/// Where the warm-up of a point was found to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundWarmup {
    /// When measuring begins, from the start of a run.
    pub end: Duration,
    /// Whether there is a steady state behind it under every policy. If not, half of the run is
    /// left out.
    pub is_settled: bool,
}

impl Warmup {
    /// How long it is. While it is still to be found there is none: the run that finds it is
    /// measured from its start.
    pub fn time(self) -> Duration {
        match self {
            Warmup::Time(time) => time,
            Warmup::Mser5 => Duration::ZERO,
            Warmup::Found(found) => found.end,
        }
    }

    /// What was found, if it was to be found.
    pub fn found(self) -> Option<FoundWarmup> {
        match self {
            Warmup::Found(found) => Some(found),
            Warmup::Time(_) | Warmup::Mser5 => None,
        }
    }

    /// Whether the author asks for a steady state, and as far as is known there is one.
    pub fn is_steady(self) -> bool {
        self != Warmup::Time(Duration::ZERO) && self.found().is_none_or(|found| found.is_settled)
    }
}
