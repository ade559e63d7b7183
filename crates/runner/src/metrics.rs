//! Numbers: what one run measured, and what several runs measured together.
//!
//! Every number is a whole count of billionths of its unit, so that sums are exact and no result
//! depends on how floating-point additions are ordered.

use netsim::Instant;

use crate::census::Census;
use crate::plan::{Counter, Metric, MetricKey, Period, Statistic};
use crate::recorder::{Count, Recorder, Totals};

/// Billionths in one.
const NANO: i128 = 1_000_000_000;

/// A number in billionths of its metric's unit.
pub type Billionths = i128;

/// The metrics of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurements {
    /// In the order of [`Metric::all`].
    whole_run: Vec<Option<Billionths>>,
    /// The same, from the last release of a segment; `None` if none was released.
    after_fault: Option<Vec<Option<Billionths>>>,
}

impl Measurements {
    /// What a recorder knows at the end of a run.
    pub fn take(recorder: &Recorder, end: Instant) -> Measurements {
        let totals = recorder.totals(end);
        let census = recorder.census();
        let times = recorder.connect_times();
        let whole = Span {
            totals,
            duration: i128::from(end.as_nanos()),
            census,
            is_whole: true,
            connect_times: sorted(times),
        };
        let after = recorder.last_release().map(|(at, before)| Span {
            totals: totals.since(before),
            duration: i128::from(end.as_nanos().saturating_sub(at.as_nanos())),
            census,
            is_whole: false,
            connect_times: sorted(&times[before.connects..]),
        });
        Measurements {
            whole_run: whole.all(),
            after_fault: after.map(|span| span.all()),
        }
    }

    /// One number: `None` if nothing was measured (no segment was released, or no connection was
    /// established).
    pub fn get(&self, key: MetricKey) -> Option<Billionths> {
        let values = match key.period {
            Period::WholeRun => &self.whole_run,
            Period::AfterFault => self.after_fault.as_ref()?,
        };
        let index = Metric::all().position(|metric| metric == key.metric)?;
        values[index]
    }

    /// Whether a held segment was released.
    pub fn has_time_after_fault(&self) -> bool {
        self.after_fault.is_some()
    }
}

fn sorted(times: &[u64]) -> Vec<u64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

/// What is known of one period.
struct Span<'r> {
    totals: Totals,
    /// Nanoseconds.
    duration: i128,
    census: &'r Census,
    is_whole: bool,
    /// In ascending order.
    connect_times: Vec<u64>,
}

impl Span<'_> {
    fn all(&self) -> Vec<Option<Billionths>> {
        Metric::all().map(|metric| self.value(metric)).collect()
    }

    fn value(&self, metric: Metric) -> Option<Billionths> {
        let number = |count: u64| Some(i128::from(count) * NANO);
        match metric {
            Metric::Class(class, statistic) => {
                // Connection-nanoseconds are billionths of a connection-second.
                let area = self.totals.areas.of(class);
                let area = i128::try_from(area).unwrap_or(i128::MAX);
                match statistic {
                    Statistic::Area => Some(area),
                    Statistic::Mean => {
                        (self.duration > 0).then(|| divide(area * NANO, self.duration))
                    }
                    Statistic::Max if self.is_whole => number(self.census.max(class)),
                    Statistic::Max => number(self.census.recent_max(class)),
                    Statistic::Final => number(self.census.count(class)),
                }
            }
            Metric::Counter(counter) => self.counter(counter),
        }
    }

    fn counter(&self, counter: Counter) -> Option<Billionths> {
        let count = |what| Some(i128::from(self.totals.count(what)) * NANO);
        match counter {
            Counter::SegmentsSent => count(Count::Segments),
            Counter::SynackSent => count(Count::SynAcks),
            Counter::RstSent => count(Count::Resets),
            Counter::RstReceived => count(Count::ResetsHeard),
            Counter::ChallengeAcks => count(Count::ChallengeAcks),
            Counter::AppSpuriousAccepts => count(Count::SpuriousAccepts),
            Counter::AppDuplicateBytes => count(Count::DuplicateBytes),
            Counter::AppSpuriousErrors => count(Count::SpuriousErrors),
            Counter::AssumptionViolations => count(Count::AssumptionViolations),
            Counter::ConnectTimeMin => self.connect_time(0),
            Counter::ConnectTimeMedian => self.connect_time(50),
            Counter::ConnectTimeQ99 => self.connect_time(99),
            Counter::ConnectTimeMax => self.connect_time(100),
        }
    }

    /// The smallest connect time that at least `percent` % of all do not exceed.
    fn connect_time(&self, percent: usize) -> Option<Billionths> {
        let count = self.connect_times.len();
        let rank = (count * percent).div_ceil(100).max(1);
        let time = self.connect_times.get(rank - 1)?;
        Some(i128::from(*time))
    }
}

/// A quotient, rounded to the nearest whole number, halves away from zero. `by` is positive.
pub fn divide(value: i128, by: i128) -> i128 {
    let half = if value < 0 { -by / 2 } else { by / 2 };
    (value + half) / by
}

/// A metric over several replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Sum over the replications that measured it.
    pub sum: Billionths,
    /// How many did; at least one.
    pub count: u32,
    /// The least.
    pub min: Billionths,
    /// The greatest.
    pub max: Billionths,
}

impl Summary {
    /// Summarises what the replications measured; `None` if none of them did.
    pub fn of(values: impl Iterator<Item = Option<Billionths>>) -> Option<Summary> {
        values.flatten().fold(None, |summary, value| {
            Some(match summary {
                None => Summary {
                    sum: value,
                    count: 1,
                    min: value,
                    max: value,
                },
                Some(before) => Summary {
                    sum: before.sum + value,
                    count: before.count + 1,
                    min: before.min.min(value),
                    max: before.max.max(value),
                },
            })
        })
    }

    /// The mean, rounded to billionths.
    pub fn mean(&self) -> Billionths {
        divide(self.sum, i128::from(self.count))
    }
}

/// Billionths as a decimal number without superfluous zeros: `0.1`, `63`, `-1.5`.
pub fn decimal(value: Billionths) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (
        value.unsigned_abs() / 1_000_000_000,
        value.unsigned_abs() % 1_000_000_000,
    );
    let text = format!("{sign}{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Billionths with a fixed number of decimals, at most nine, rounded.
pub fn rounded(value: Billionths, decimals: u32) -> String {
    let step = 10_i128.pow(9 - decimals.min(9));
    decimal(divide(value, step) * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (value, text) in [
            (0, "0"),
            (100_000_000, "0.1"),
            (63_000_000_000, "63"),
            (-1_500_000_000, "-1.5"),
            (1, "0.000000001"),
        ] {
            assert_eq!(decimal(value), text);
        }
        assert_eq!(rounded(1_234_567_890, 3), "1.235");
        assert_eq!(rounded(999_999_999, 3), "1");
    }

    #[test]
    fn a_summary_skips_what_was_not_measured() {
        let values = [Some(1), None, Some(4)];
        let summary = Summary::of(values.into_iter()).expect("two values");
        assert_eq!((summary.count, summary.min, summary.max), (2, 1, 4));
        assert_eq!(summary.mean(), 3, "halves are rounded away from zero");
        assert_eq!(Summary::of([None].into_iter()), None);
    }
}
