//! What is known of a mean: where it lies, by which method, and on how many runs it rests.

use super::moments::{Moments, billionths};
use super::proportion::{self, Share};
use super::student::Interval;
use crate::metrics::Billionths;

/// A mean and how well it is known. Numbers are in billionths of the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The mean over the runs that measured it.
    pub mean: Billionths,
    /// How many they are; at least one.
    pub runs: u64,
    /// Half the width of an interval that lies around the mean as far on either side; `None` of
    /// others, and if there is none.
    pub half_width: Option<Billionths>,
    /// Both ends of the interval, never beyond what is possible: no share is below 0 or above 1. So an
    /// end may be nearer to the mean than the half-width.
    pub ends: Option<[Billionths; 2]>,
    /// Where the interval comes from; `None` if there is none.
    pub method: Option<Method>,
}

/// Where an interval comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Student's t over the runs. Trials within a run meet the same weather and the same queue, and
    /// are not independent; runs are.
    Student,
    /// Student's t over the batches of one long run.
    BatchMeans,
    /// Wilson's interval for a share, over the trials of the only run.
    WilsonOfTrials,
    /// The same over runs, each of which has it or not.
    WilsonOfRuns,
    /// The rule of three: none, or all, of the trials of all runs.
    ThreeOfTrials,
    /// The same over runs. Of a number that was 0 in each, the upper end is the share of runs in
    /// which it may yet be something else.
    ThreeOfRuns,
}

impl Method {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Student => "t",
            Method::BatchMeans => "batch-means",
            Method::WilsonOfTrials => "wilson-trials",
            Method::WilsonOfRuns => "wilson-runs",
            Method::ThreeOfTrials => "3/n-trials",
            Method::ThreeOfRuns => "3/n-runs",
        }
    }

    /// Whether it is a bound of what was never, or always, seen.
    pub const fn is_bound(self) -> bool {
        matches!(self, Method::ThreeOfTrials | Method::ThreeOfRuns)
    }
}

impl Estimate {
    /// By Student's t; `range` is what is possible. `None` of no numbers.
    pub fn student(
        moments: &Moments,
        confidence: f64,
        range: (Option<Billionths>, Option<Billionths>),
    ) -> Option<Estimate> {
        let Interval { mean, half_width } = Interval::of(moments, confidence)?;
        Some(Estimate {
            mean,
            runs: moments.count(),
            half_width,
            ends: half_width.map(|half_width| within(mean, half_width, range)),
            method: half_width.map(|_| Method::Student),
        })
    }

    /// The same mean with the interval that batches of the only run give.
    #[must_use]
    pub fn with_batches(self, half_width: Billionths) -> Estimate {
        Estimate {
            half_width: Some(half_width),
            ends: Some(within(self.mean, half_width, (Some(0), None))),
            method: Some(Method::BatchMeans),
            ..self
        }
    }

    /// The same mean, a share, with the interval of so many trials, of which so many were hits. What
    /// is 0 or 1 gets the rule of three in place of Wilson's interval. No interval if there were no
    /// trials.
    #[must_use]
    pub fn of_trials(self, hits: u64, trials: u64, confidence: f64) -> Estimate {
        let methods = (Method::WilsonOfTrials, Method::ThreeOfTrials);
        self.of_share(hits, trials, confidence, methods)
    }

    /// The same over runs, of which so many have it.
    #[must_use]
    pub fn of_runs(self, hits: u64, confidence: f64) -> Estimate {
        let methods = (Method::WilsonOfRuns, Method::ThreeOfRuns);
        self.of_share(hits, self.runs, confidence, methods)
    }

    fn of_share(
        self,
        hits: u64,
        trials: u64,
        confidence: f64,
        (some, none): (Method, Method),
    ) -> Estimate {
        let extreme = hits == 0 || hits == trials;
        let (share, method) = if extreme {
            (proportion::rule_of_three(hits, trials, confidence), none)
        } else {
            (proportion::wilson(hits, trials, confidence), some)
        };
        let nano = |value: f64| billionths(value * 1e9);
        let ends = share.map(|Share { low, high }| [nano(low), nano(high)]);
        Estimate {
            half_width: None,
            ends,
            method: ends.map(|_| method),
            ..self
        }
    }

    /// The lower end of the interval.
    pub fn low(&self) -> Option<Billionths> {
        self.ends.map(|[low, _]| low)
    }

    /// The upper end of the interval.
    pub fn high(&self) -> Option<Billionths> {
        self.ends.map(|[_, high]| high)
    }

    /// Whether the mean lies in the middle of the interval, so that half its width says all.
    pub fn is_symmetric(&self) -> bool {
        match (self.half_width, self.ends) {
            (Some(half), Some([low, high])) => self.mean - low == half && high - self.mean == half,
            _ => false,
        }
    }
}

/// The ends of an interval, as far as they are possible.
fn within(
    mean: Billionths,
    half_width: Billionths,
    (least, greatest): (Option<Billionths>, Option<Billionths>),
) -> [Billionths; 2] {
    let (low, high) = (mean - half_width, mean + half_width);
    [
        least.map_or(low, |least| low.max(least)),
        greatest.map_or(high, |greatest| high.min(greatest)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: Billionths = 1_000_000_000;

    #[test]
    fn no_end_is_impossible() {
        let moments = Moments::of([0, 0, 0, NANO / 10]);
        let share = Estimate::student(&moments, 0.95, (Some(0), Some(NANO))).expect("four");
        let half_width = share.half_width.expect("four");
        assert!(half_width > share.mean);
        assert_eq!(share.ends, Some([0, share.mean + half_width]));
        assert!(!share.is_symmetric());
        let percent = Estimate::student(&moments, 0.95, (None, None)).expect("four");
        assert!(percent.low().expect("an interval") < 0 && percent.is_symmetric());
        let nearly = Moments::of([NANO, NANO, NANO * 9 / 10]);
        let share = Estimate::student(&nearly, 0.95, (Some(0), Some(NANO))).expect("three");
        assert_eq!(share.high(), Some(NANO));
    }

    #[test]
    fn what_never_or_always_happens_has_a_bound_and_the_rest_wilson_s_interval() {
        let mean = |mean| Estimate {
            mean,
            runs: 20,
            half_width: None,
            ends: None,
            method: None,
        };
        let never = mean(0).of_trials(0, 3_000, 0.95);
        assert_eq!(never.method, Some(Method::ThreeOfTrials));
        // −ln 0.05 / 3000.
        assert_eq!(never.ends, Some([0, 998_577]));
        let always = mean(NANO).of_trials(3_000, 3_000, 0.95);
        assert_eq!(always.ends, Some([NANO - 998_577, NANO]));
        // Newcombe 1998, table I, method 3.
        let some = mean(101_351_351).of_trials(15, 148, 0.95);
        assert_eq!(some.method, Some(Method::WilsonOfTrials));
        let [low, high] = some
            .ends
            .expect("trials")
            .map(|end| (end + 50_000) / 100_000);
        assert_eq!((low, high), (624, 1_605));
        assert_eq!(mean(0).of_runs(0, 0.95).high(), Some(149_786_614));
        assert_eq!(mean(0).of_trials(0, 0, 0.95).ends, None);
    }
}
