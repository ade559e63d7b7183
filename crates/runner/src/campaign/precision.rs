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
//! every policy, nothing tells "never" from "seldom", and the rule goes on to the end; so it does
//! where some replication was over before a time that is measured.

use super::replications::Replications;
use super::{Point, PointId};
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
    columns: Vec<Vec<Column>>,
}

/// What is known of one metric under one policy.
#[derive(Clone, Copy, Default)]
struct Column {
    moments: Moments,
    /// Replications that were over before what is measured was.
    unfinished: u32,
}

/// What one replication measured, and whether it was over too early.
type Observed = (Option<Billionths>, bool);

/// The metric and policy that are known least at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// The metric.
    pub key: MetricKey,
    /// Index of the policy.
    pub policy: usize,
    /// Its mean so far.
    pub mean: Billionths,
    /// Half the width of its interval, as a share of the mean's magnitude; infinite if the mean
    /// is 0, or if what is measured was not over in every replication.
    pub relative_half_width: f64,
    /// Replications that were over before what is measured was.
    pub unfinished: u32,
    /// Replications so far.
    pub replications: u32,
}

/// How a stopping rule has come out at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// The point of the sweep.
    pub at: PointId,
    /// Replications under each policy.
    pub replications: u32,
    /// Whether everything is known as well as was wanted.
    pub is_enough: bool,
    /// What is known least; `None` if nothing was measured.
    pub least: Option<Reached>,
    /// The metrics of the rule that were 0, or not measured, in every replication under every policy.
    pub never: Vec<MetricKey>,
}

impl Stopped {
    /// How a rule has come out at a point of these policies, at least one.
    pub fn of(rule: &StoppingRule, site: &[Point]) -> Stopped {
        let policies: Vec<&Replications> = site.iter().map(|point| &point.replications).collect();
        let mut precision = Precision::new(rule, policies.len());
        let enough = precision.look(&policies);
        let columns = rule.metrics.iter().zip(&precision.columns);
        let never = columns.filter(|(_, policies)| !occurs(policies));
        Stopped {
            at: site[0].at,
            replications: site[0].replications.len(),
            is_enough: enough.is_some(),
            least: precision.worst(),
            never: never.map(|(key, _)| *key).collect(),
        }
    }
}

/// Whether a metric was ever measured and not 0 under some policy.
fn occurs(policies: &[Column]) -> bool {
    policies.iter().any(|Column { moments, .. }| {
        moments.mean().is_some_and(|mean| mean != 0)
            || moments.variance().is_some_and(|variance| variance > 0.0)
    })
}

impl<'p> Precision<'p> {
    pub(super) fn new(rule: &'p StoppingRule, policies: usize) -> Precision<'p> {
        Precision {
            rule,
            seen: 0,
            columns: vec![vec![Column::default(); policies]; rule.metrics.len()],
        }
    }

    /// Looks at the replications that were not there before: the number that is enough, if it is
    /// among them. Every policy has as many.
    pub(super) fn look(&mut self, policies: &[&Replications]) -> Option<u32> {
        let count = policies
            .first()
            .map_or(0, |replications| replications.len());
        let seen = self.seen as usize;
        let of_policy = |policy: &&Replications, key: MetricKey| -> Vec<Observed> {
            let values = policy.values(key);
            values.zip(policy.unfinished(key)).skip(seen).collect()
        };
        let of_metric = |key: &MetricKey| {
            let each = policies.iter().map(|policy| of_policy(policy, *key));
            each.collect()
        };
        let values: Vec<Vec<Vec<Observed>>> = self.rule.metrics.iter().map(of_metric).collect();
        for index in 0..count as usize - seen {
            let pairs = self
                .columns
                .iter_mut()
                .flatten()
                .zip(values.iter().flatten());
            for (column, values) in pairs {
                let (value, is_unfinished) = values[index];
                if let Some(value) = value {
                    column.moments.add(value);
                }
                column.unfinished += u32::from(is_unfinished);
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
        let limit = self.rule.relative_half_width;
        let is_narrow = |column: &Column| self.relative(column, quantile) <= limit;
        let is_known = |policies: &Vec<Column>| occurs(policies) && policies.iter().all(is_narrow);
        self.columns.iter().all(is_known)
    }

    /// The quantile of Student's distribution for an interval of so many numbers.
    fn quantile(&self, count: u64) -> Option<f64> {
        let freedom = count.checked_sub(1).filter(|freedom| *freedom > 0)?;
        student::quantile(freedom, 0.5 + self.rule.confidence / 2.0)
    }

    /// Half the width of an interval as a share of the mean's magnitude: 0 if nothing varies,
    /// infinite if too little was measured or the mean is 0. `quantile` is that of as many numbers
    /// as there are replications.
    fn relative(&self, column: &Column, quantile: Option<f64>) -> f64 {
        let moments = &column.moments;
        // A mean of those that were over in time says nothing of the others.
        if column.unfinished > 0 {
            return f64::INFINITY;
        }
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
    pub(super) fn worst(&self) -> Option<Reached> {
        let mut worst: Option<Reached> = None;
        let quantile = self.quantile(u64::from(self.seen));
        for (key, policies) in self.rule.metrics.iter().zip(&self.columns) {
            for (policy, column) in policies.iter().enumerate() {
                let mean = column.moments.mean();
                if mean.is_none() && column.unfinished == 0 {
                    continue;
                }
                let relative_half_width = self.relative(column, quantile);
                if worst.is_none_or(|worst| relative_half_width > worst.relative_half_width) {
                    worst = Some(Reached {
                        key: *key,
                        policy,
                        mean: mean.unwrap_or(0),
                        relative_half_width,
                        unfinished: column.unfinished,
                        replications: self.seen,
                    });
                }
            }
        }
        worst
    }
}
