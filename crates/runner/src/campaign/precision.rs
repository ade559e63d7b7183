//! The stopping rule: how many replications are enough.
//!
//! At each point of a sweep the number of replications is the first n of at least `min` for which,
//! under every policy, every named metric's interval is narrow enough beside its mean. It is a
//! function of the replications in their order alone, whatever threads ran them and however many
//! ran in vain. Such a sequential rule covers the true mean with the confidence asked for as the
//! width goes to 0 (Chow and Robbins 1965); with a `min` of ten or so, nearly so in practice (Law,
//! "Simulation Modeling and Analysis", 5th ed., section 9.4.1).
//!
//! A metric that has been the same in every replication is known. But where it has been 0 under
//! every policy, nothing tells "never" from "seldom", and the rule goes on to the end.

use super::replications::Replications;
use crate::metrics::Billionths;
use crate::plan::{MetricKey, StoppingRule};
use crate::statistics::moments::{Moments, float};
use crate::statistics::student;

/// How well the metrics of a rule are known at one point, with ever more replications.
pub(super) struct Precision<'p> {
    rule: &'p StoppingRule,
    /// Replications that were looked at.
    seen: u32,
    /// Of each metric: of each policy.
    moments: Vec<Vec<Moments>>,
}

/// The metric that is known least at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The metric.
    pub key: MetricKey,
    /// Its mean so far.
    pub mean: Billionths,
    /// Half the width of its interval, as a share of the mean's magnitude; infinite if the mean
    /// is 0.
    pub relative_half_width: f64,
    /// Replications so far.
    pub replications: u32,
}

impl<'p> Precision<'p> {
    pub(super) fn new(rule: &'p StoppingRule, policies: usize) -> Precision<'p> {
        Precision {
            rule,
            seen: 0,
            moments: vec![vec![Moments::default(); policies]; rule.metrics.len()],
        }
    }

    /// Looks at the replications that were not there before: the number that is enough, if it is
    /// among them. Every policy has as many.
    pub(super) fn look(&mut self, policies: &[&Replications]) -> Option<u32> {
        let count = policies
            .first()
            .map_or(0, |replications| replications.len());
        let seen = self.seen as usize;
        let of_policy = |policy: &&Replications, key| policy.values(key).skip(seen).collect();
        let of_metric = |key: &MetricKey| {
            let each = policies.iter().map(|policy| of_policy(policy, *key));
            each.collect()
        };
        let values: Vec<Vec<Vec<Option<Billionths>>>> =
            self.rule.metrics.iter().map(of_metric).collect();
        for index in 0..count as usize - seen {
            let pairs = self
                .moments
                .iter_mut()
                .flatten()
                .zip(values.iter().flatten());
            for (moments, values) in pairs {
                if let Some(value) = values[index] {
                    moments.add(value);
                }
            }
            self.seen += 1;
            if self.seen >= self.rule.min && self.is_enough() {
                return Some(self.seen);
            }
        }
        None
    }

    fn is_enough(&self) -> bool {
        let quantile = self.quantile(u64::from(self.seen));
        self.moments.iter().all(|policies| {
            let mut values = policies.iter();
            let occurs = values.any(|moments| {
                moments.mean().is_some_and(|mean| mean != 0)
                    || moments.variance().is_some_and(|variance| variance > 0.0)
            });
            let limit = self.rule.relative_half_width;
            let is_narrow = |moments: &Moments| self.relative(moments, quantile) <= limit;
            occurs && policies.iter().all(is_narrow)
        })
    }

    /// The quantile of Student's distribution for an interval of so many numbers.
    fn quantile(&self, count: u64) -> Option<f64> {
        let freedom = count.checked_sub(1).filter(|freedom| *freedom > 0)?;
        student::quantile(freedom, 0.5 + self.rule.confidence / 2.0)
    }

    /// Half the width of an interval as a share of the mean's magnitude: 0 if nothing varies,
    /// infinite if too little was measured or the mean is 0. `quantile` is that of as many numbers
    /// as there are replications.
    fn relative(&self, moments: &Moments, quantile: Option<f64>) -> f64 {
        // What was never measured is not waited for; what was measured once is.
        if moments.count() == 0 {
            return 0.0;
        }
        let quantile = if moments.count() == u64::from(self.seen) {
            quantile
        } else {
            self.quantile(moments.count())
        };
        match (moments.standard_error(), quantile) {
            (Some(0.0), _) => 0.0,
            (Some(error), Some(quantile)) => {
                quantile * error / float(moments.mean().unwrap_or(0)).abs()
            }
            _ => f64::INFINITY,
        }
    }

    /// The metric and policy that are known least.
    pub(super) fn worst(&self) -> Option<Estimate> {
        let mut worst: Option<Estimate> = None;
        let quantile = self.quantile(u64::from(self.seen));
        for (key, policies) in self.rule.metrics.iter().zip(&self.moments) {
            for moments in policies {
                let Some(mean) = moments.mean() else { continue };
                let relative_half_width = self.relative(moments, quantile);
                if worst.is_none_or(|worst| relative_half_width > worst.relative_half_width) {
                    worst = Some(Estimate {
                        key: *key,
                        mean,
                        relative_half_width,
                        replications: self.seen,
                    });
                }
            }
        }
        worst
    }
}
