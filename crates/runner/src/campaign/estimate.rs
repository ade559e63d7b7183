//! How well a point knows the mean of a metric: which interval fits what the metric is.

use super::Point;
use crate::metrics::Billionths;
use crate::plan::{Metric, MetricKey, Trials};
use crate::statistics::Moments;
use crate::statistics::estimate::Estimate;
use crate::statistics::moments::billionths;

/// Billionths in one.
const NANO: Billionths = 1_000_000_000;

impl Point {
    /// The mean of a metric and how well it is known with this confidence (above 0, below 1); `None`
    /// if no run measured it.
    ///
    /// Of several runs it is Student's t over them, also of shares: trials within a run are not
    /// independent. Where none or all of the trials of all runs were hits, runs do not vary, and the
    /// rule of three bounds what may yet happen; likewise for what is counted and was 0 in each of
    /// several runs. Of a single run, a share has Wilson's interval over its trials, and a mean of
    /// connections that of batches. What each run has or has not, 0 or 1, has Wilson's interval over
    /// the runs.
    pub fn estimate(&self, key: MetricKey, confidence: f64) -> Option<Estimate> {
        let values = || self.replications.values(key).flatten();
        let moments = Moments::of(values());
        let estimate = Estimate::student(&moments, confidence, key.metric.unit().range())?;
        if let Some(found) = self.batches.of(key) {
            return Some(estimate.with_batches(billionths(found.half_width)));
        }
        let is = |value: Billionths| values().filter(|found| *found == value).count() as u64;
        let (zeros, ones) = (is(0), is(NANO));
        Some(match key.metric.trials() {
            Some(Trials::Runs) if estimate.runs < 2 => estimate,
            Some(Trials::Runs) => estimate.of_runs(ones, confidence),
            Some(Trials::Counted(counter)) => {
                let metric = Metric::Counter(counter);
                let trials = self.total(MetricKey { metric, ..key });
                let is_extreme = zeros == estimate.runs || ones == estimate.runs;
                if estimate.runs > 1 && !is_extreme {
                    return Some(estimate);
                }
                // The share is rounded to billionths, the number of hits is not.
                let hits = (estimate.mean * Billionths::from(trials) + NANO / 2) / NANO;
                estimate.of_trials(u64::try_from(hits).unwrap_or(trials), trials, confidence)
            }
            None if !key.metric.is_whole() || estimate.runs < 2 => estimate,
            None if zeros == estimate.runs => estimate.of_runs(0, confidence),
            None if zeros > 0 && zeros + ones == estimate.runs => {
                estimate.of_runs(ones, confidence)
            }
            None => estimate,
        })
    }

    /// The sum of a counter over all runs.
    fn total(&self, key: MetricKey) -> u64 {
        let sum = self.summary(key).map_or(0, |summary| summary.sum / NANO);
        u64::try_from(sum).unwrap_or(u64::MAX)
    }
}
