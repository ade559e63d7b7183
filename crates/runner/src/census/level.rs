//! How many units are in one class, now and over time.

use crate::plan::Exit;

use super::Span;
use super::lifetimes::Lifetimes;
use super::occupancy::{Distribution, Occupancy};
use super::series::Series;

/// A number of units and its integral over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    count: u64,
    /// When `area` was last brought up to date, in nanoseconds.
    since: u64,
    /// Integral of the count: connection-nanoseconds.
    area: u128,
}

impl Tally {
    /// Adds units to the number, or takes some away.
    pub(super) fn change(&mut self, now: u64, added: bool, removed: bool) {
        if added != removed {
            self.area = self.area(now);
            self.since = now;
            self.count += u64::from(added);
            self.count -= u64::from(removed);
        }
    }

    /// The integral up to now.
    pub(super) fn area(&self, now: u64) -> u128 {
        self.area + u128::from(self.count) * u128::from(now - self.since)
    }
}

/// Everything that is known of one class.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    pub(super) count: u64,
    /// When the integrals were last brought up to date, in nanoseconds.
    since: u64,
    /// Integral of the count: connection-nanoseconds.
    area: u128,
    /// Memory of the units that are there, in bytes.
    bytes: u64,
    /// Its integral: byte-nanoseconds.
    bytes_area: u128,
    /// Units that have entered.
    pub(super) entered: u64,
    /// Sum of the times that units spent in the class, of those that have left it.
    pub(super) sojourn: u128,
    /// What is known since measuring began until the last mark.
    pub(super) before: Record,
    /// The same since the last mark.
    pub(super) recent: Record,
    pub(super) series: Option<Series>,
}

/// What is known of a part of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) occupancy: Occupancy,
    pub(super) lifetimes: Lifetimes,
}

impl Level {
    /// Brings the integrals up to date.
    pub(super) fn advance(&mut self, now: u64) {
        if now > self.since {
            let time = now - self.since;
            self.area += u128::from(self.count) * u128::from(time);
            self.bytes_area += u128::from(self.bytes) * u128::from(time);
            self.recent.occupancy.add(self.count, time);
            if let Some(series) = &mut self.series {
                series.add(self.count, self.since, now);
            }
            self.since = now;
        }
    }

    /// The integral of the count up to now: connection-nanoseconds.
    pub(super) fn area(&self, now: u64) -> u128 {
        self.area + u128::from(self.count) * u128::from(now - self.since)
    }

    /// The integral of the memory up to now: byte-nanoseconds.
    pub(super) fn bytes_area(&self, now: u64) -> u128 {
        self.bytes_area + u128::from(self.bytes) * u128::from(now - self.since)
    }

    /// A unit enters that takes so many bytes.
    pub(super) fn enter(&mut self, now: u64, bytes: u32) {
        self.advance(now);
        self.count += 1;
        self.entered += 1;
        self.bytes += u64::from(bytes);
    }

    /// A unit leaves that has been there since a moment.
    pub(super) fn leave(&mut self, now: u64, bytes: u32, since: u64, exit: Exit) {
        self.advance(now);
        self.count -= 1;
        self.bytes -= u64::from(bytes);
        self.sojourn += u128::from(now - since);
        self.recent.lifetimes.record(now - since, exit);
    }

    /// A unit that stays takes another number of bytes.
    pub(super) fn resize(&mut self, now: u64, from: u32, to: u32) {
        self.advance(now);
        self.bytes = self.bytes + u64::from(to) - u64::from(from);
    }

    /// From now on is a part of the run of its own.
    pub(super) fn mark(&mut self, now: u64) {
        self.advance(now);
        self.before.occupancy.drain(&mut self.recent.occupancy);
        self.before.lifetimes.drain(&mut self.recent.lifetimes);
    }

    /// Measuring begins now.
    pub(super) fn restart(&mut self, now: u64) {
        self.advance(now);
        self.before = Record::default();
        self.recent.occupancy.clear();
        self.recent.lifetimes = Lifetimes::default();
    }

    /// The distribution of the count over a part of the run.
    pub(super) fn distribution(&self, span: Span) -> Distribution<'_> {
        let before = match span {
            Span::Measured => &self.before.occupancy,
            Span::Recent => &NOTHING,
        };
        Distribution([before, &self.recent.occupancy])
    }
}

/// No time at all.
static NOTHING: Occupancy = Occupancy::NOTHING;
