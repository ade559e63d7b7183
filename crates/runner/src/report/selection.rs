//! Which metrics are worth showing.

use crate::campaign::Campaign;
use crate::experiment::Experiment;
use crate::metrics::rounded;
use crate::plan::{Class, Counter, GridPoint, Metric, MetricKey, Period, Plan, Statistic};
use crate::statistics::moments::billionths;

/// A confidence level, or another share, as a number of percent, to at most two decimals: `95`, `99.9`.
pub(crate) fn percent(confidence: f64) -> String {
    rounded(billionths(confidence * 1e11), 2)
}

/// Every metric that a plan has, in the order of tables: "after the fault" only if a fault ever
/// ends.
pub(super) fn all(points: &[GridPoint]) -> impl Iterator<Item = MetricKey> {
    let has_after = points.iter().any(|point| point.plan.has_time_after_fault());
    let after = has_after.then_some(Period::AfterFault);
    let periods = [Some(Period::WholeRun), after].into_iter().flatten();
    periods.flat_map(|period| Metric::all().map(move |metric| MetricKey { period, metric }))
}

/// The metrics that were measured in some run, whatever the policy and the point, and those that the
/// experiment names, in the order of tables. So what has a column does not depend on what was 0.
pub(super) fn measured(experiment: &Experiment, campaign: &Campaign) -> Vec<MetricKey> {
    let is_measured = |key: &MetricKey| {
        let mut points = campaign.points.iter();
        points.any(|point| point.summary(*key).is_some())
    };
    all(&experiment.points)
        .filter(|key| is_measured(key) || experiment.plan.names(*key))
        .collect()
}

/// The metrics that were measured in some run, and were 0 wherever they were.
pub(super) fn zero_everywhere(experiment: &Experiment, campaign: &Campaign) -> Vec<MetricKey> {
    let is_zero = |key: &MetricKey| {
        let points = || campaign.points.iter();
        let is_measured = points().any(|point| point.replications.is_zero(*key));
        is_measured && !points().any(|point| point.replications.occurs(*key))
    };
    all(&experiment.points).filter(is_zero).collect()
}

/// The metrics that were not always 0 or unmeasured, whatever the policy and the point, and those
/// that the experiment names, in the order of tables.
pub(super) fn occurring(experiment: &Experiment, campaign: &Campaign) -> Vec<MetricKey> {
    let occurs = |key: &MetricKey| {
        let mut points = campaign.points.iter();
        points.any(|point| point.replications.occurs(*key))
    };
    all(&experiment.points)
        .filter(|key| occurs(key) || experiment.plan.names(*key))
        .collect()
}

/// The metrics of a summary: those of [`occurring`], but of a sweep only those of its table and those
/// that the experiment names, for the others are many and stand in the file of its points.
pub(super) fn of_summary(experiment: &Experiment, campaign: &Campaign) -> Vec<MetricKey> {
    let mut keys = occurring(experiment, campaign);
    if experiment.points.len() > 1 {
        let table = of_sweep(&experiment.plan, campaign);
        keys.retain(|key| table.contains(key) || experiment.plan.names(*key));
    }
    keys
}

/// The metrics of the table of a sweep: those that are compared or stopped by, else a few that tell
/// of what is left behind, as far as they occur.
pub(super) fn of_sweep(plan: &Plan, campaign: &Campaign) -> Vec<MetricKey> {
    if let Some(comparison) = &plan.comparison {
        return comparison.metrics.clone();
    }
    if let Some(rule) = &plan.run.stop {
        return rule.metrics.clone();
    }
    let usual = [
        Metric::Class(Class::Embryonic, Statistic::Mean),
        Metric::Class(Class::OrphanEstablished, Statistic::Mean),
        Metric::Counter(Counter::AppSpuriousAccepts),
        Metric::Counter(Counter::ConnectTimeMedian),
        Metric::Counter(Counter::ConnectTimeQ99),
    ];
    let keys = usual.map(|metric| MetricKey {
        period: Period::WholeRun,
        metric,
    });
    let occurs = |key: &MetricKey| {
        let mut points = campaign.points.iter();
        points.any(|point| point.replications.occurs(*key))
    };
    let found: Vec<MetricKey> = keys.into_iter().filter(occurs).collect();
    if found.is_empty() {
        keys[..1].to_vec()
    } else {
        found
    }
}
