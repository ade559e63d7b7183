//! Numbers: what one run measured, and what several runs measured together.
//!
//! Every number is a whole count of billionths of its unit, so that sums are exact and no result
//! depends on how floating-point additions are ordered.

mod measured;

use netsim::Instant;
use serde::{Deserialize, Serialize};

use crate::census::Span;
use crate::plan::{KernelTotals, Metric, MetricKey, Period};
use crate::recorder::{Mark, Recorder};

use measured::{LifetimeTable, Measured, sorted};

/// Billionths in one.
const NANO: i128 = 1_000_000_000;

/// A number in billionths of its metric's unit.
pub type Billionths = i128;

/// The metrics of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurements {
    whole_run: Values,
    /// The same, from the last release of a segment; `None` if none was released.
    after_fault: Option<Values>,
}

impl Measurements {
    /// What a recorder, and the endpoints' own counters, know at the end of a run. `faultless_bytes`
    /// is what applications have read in the same run without faults, if there was one.
    pub fn take(
        recorder: &Recorder,
        kernel: &Kernel,
        faultless_bytes: Option<u64>,
        end: Instant,
    ) -> Measurements {
        let period = |mark: &Mark, part, kernel| {
            let totals = recorder.totals(end);
            let times = &recorder.connect_times()[mark.totals.connects..];
            let measured = Measured {
                recorder,
                kernel,
                part,
                totals: totals.since(&mark.totals),
                duration: i128::from(end.as_nanos().saturating_sub(mark.at.as_nanos())),
                connect_times: sorted(times),
                faultless_bytes: faultless_bytes.filter(|_| part == Span::Measured),
            };
            Values::of(&measured)
        };
        let after = recorder.after_fault();
        Measurements {
            whole_run: period(recorder.start(), Span::Measured, &kernel.whole_run),
            after_fault: after.map(|mark| period(mark, Span::Recent, &kernel.after_fault)),
        }
    }

    /// One number: `None` if nothing was measured (no segment was released, or no connection was
    /// established).
    pub fn get(&self, key: MetricKey) -> Option<Billionths> {
        let values = match key.period {
            Period::WholeRun => &self.whole_run,
            Period::AfterFault => self.after_fault.as_ref()?,
        };
        values.get(key.metric.index())
    }

    /// Whether these could be a run's; what was read from a file need not be.
    pub(crate) fn is_whole(&self) -> bool {
        let after = self.after_fault.as_ref();
        self.whole_run.is_whole() && after.is_none_or(Values::is_whole)
    }

    /// Whether a held segment was released.
    pub fn has_time_after_fault(&self) -> bool {
        self.after_fault.is_some()
    }
}

/// What the endpoints have counted in either period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Since measuring began.
    pub whole_run: KernelTotals,
    /// Since the last release of a segment.
    pub after_fault: KernelTotals,
}

/// Bits of one word of a bitmap.
const WORD: usize = u64::BITS as usize;
/// Words for one bit of each metric.
const WORDS: usize = Metric::COUNT.div_ceil(WORD);

/// The values of all metrics. Most are zero in most runs, and campaigns keep those of many runs, so
/// that only the others are stored: in order, beside two bitmaps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    is_measured: [u64; WORDS],
    is_stored: [u64; WORDS],
    stored: Vec<Billionths>,
}

impl Values {
    fn of(measured: &Measured<'_>) -> Values {
        let mut values = Values::default();
        let lifetimes = LifetimeTable::of(measured);
        for (index, metric) in Metric::all().enumerate() {
            let Some(value) = measured.value(metric, &lifetimes) else {
                continue;
            };
            let (word, bit) = (index / WORD, 1 << (index % WORD));
            values.is_measured[word] |= bit;
            if value != 0 {
                values.is_stored[word] |= bit;
                values.stored.push(value);
            }
        }
        values.stored.shrink_to_fit();
        values
    }

    /// Whether there are as many values as are marked, and only where something was measured.
    fn is_whole(&self) -> bool {
        let mut words = self.is_measured.iter().zip(&self.is_stored);
        let marked: usize = self
            .is_stored
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum();
        words.all(|(measured, stored)| stored & !measured == 0) && marked == self.stored.len()
    }

    fn get(&self, index: usize) -> Option<Billionths> {
        let (word, bit) = (index / WORD, 1 << (index % WORD));
        if self.is_measured[word] & bit == 0 {
            return None;
        }
        if self.is_stored[word] & bit == 0 {
            return Some(0);
        }
        let ones = |word: u64| word.count_ones() as usize;
        let before: usize = self.is_stored[..word].iter().copied().map(ones).sum();
        Some(self.stored[before + ones(self.is_stored[word] & (bit - 1))])
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

/// The number that [`decimal`] has written; `None` of any other text.
pub fn undecimal(text: &str) -> Option<Billionths> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || rest.len() > 9 || !is_number(digits) || !is_number(rest) {
        return None;
    }
    format!("{whole}{rest:0<9}").parse().ok()
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
            assert_eq!(undecimal(text), Some(value));
        }
        assert_eq!(rounded(1_234_567_890, 3), "1.235");
        assert_eq!(rounded(999_999_999, 3), "1");
        assert_eq!(undecimal("-0.5"), Some(-500_000_000));
        for text in ["", "-", "one", "+1", "1.0000000001", "1.-5", "1e9"] {
            assert_eq!(undecimal(text), None, "{text}");
        }
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
