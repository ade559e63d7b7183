//! Tables for other programs: comma-separated values (RFC 4180), one observation in each row.
//!
//! What was not measured is empty, every other value of a column is of one type, and the first row
//! has the names.

use super::selection;
use crate::campaign::Campaign;
use crate::comparison::compare;
use crate::experiment::Experiment;
use crate::metrics::{Billionths, decimal};
use crate::plan::Setting;
use crate::statistics::{Interval, Moments};

/// A table that grows row by row.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Table {
        let mut table = Table(csv::Writer::from_writer(Vec::new()));
        table.row(names);
        table
    }

    fn row<T: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0
            .write_record(cells)
            .expect("memory takes any row of the same length");
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes any text")
    }
}

/// Exactly; empty if there is none.
fn number(value: Option<Billionths>) -> String {
    value.map(decimal).unwrap_or_default()
}

/// A row for each point of the sweep, policy and replication, with a column for each metric that
/// ever was anything but 0 or that the experiment names. Replications are numbered from 0, as in
/// [`Trial`](crate::trial::Trial).
pub fn replications(experiment: &Experiment, campaign: &Campaign) -> Vec<u8> {
    let keys = selection::occurring(experiment, campaign);
    let metrics: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let settings = experiment.points[0]
        .settings
        .iter()
        .map(|it| it.key.as_str());
    let names = settings.chain(["policy", "replication"]);
    let mut table = Table::new(names.chain(metrics.iter().map(String::as_str)));
    for point in &campaign.points {
        let mut columns: Vec<_> = keys
            .iter()
            .map(|key| point.replications.values(*key))
            .collect();
        for replication in 0..point.replications.len() {
            let mut row = settings_values(experiment, point.at.0);
            row.extend([point.policy.name().to_owned(), replication.to_string()]);
            row.extend(
                columns
                    .iter_mut()
                    .map(|column| number(column.next().flatten())),
            );
            table.row(row);
        }
    }
    table.into_bytes()
}

/// A row for each point of the sweep, policy and metric: how many replications measured it, their
/// mean and its confidence interval, the least and the greatest value, and in how many of them it
/// was not 0. Metrics are those of [`replications`].
pub fn points(experiment: &Experiment, campaign: &Campaign) -> Vec<u8> {
    let confidence = experiment.plan.run.confidence();
    let statistics = [
        "policy",
        "metric",
        "unit",
        "n",
        "mean",
        "half_width",
        "low",
        "high",
        "min",
        "max",
        "nonzero",
    ];
    let mut table = Table::new(settings_names(experiment).chain(statistics));
    for point in &campaign.points {
        for key in selection::occurring(experiment, campaign) {
            let values = || point.replications.values(key).flatten();
            let moments = Moments::of(values());
            let interval = point.interval(key, confidence);
            let mut row = settings_values(experiment, point.at.0);
            row.extend([
                point.policy.name().to_owned(),
                key.to_string(),
                key.metric.unit().name().to_owned(),
                moments.count().to_string(),
                number(moments.mean()),
            ]);
            row.extend(ends(interval));
            row.extend([number(values().min()), number(values().max())]);
            row.push(values().filter(|value| *value != 0).count().to_string());
            table.row(row);
        }
    }
    table.into_bytes()
}

/// A row for each point of the sweep, metric and policy of `[compare]`; `None` if the experiment has
/// no such table.
pub fn comparison(experiment: &Experiment, campaign: &Campaign) -> Option<Vec<u8>> {
    let plan = &experiment.plan;
    let comparison = plan.comparison.as_ref()?;
    let confidence = plan.run.confidence();
    let columns = [
        "metric",
        "unit",
        "policy",
        "baseline",
        "n",
        "mean",
        "half_width",
        "low",
        "high",
        "pairs",
        "difference",
        "difference_half_width",
        "difference_low",
        "difference_high",
        "correlation",
        "variance_reduction",
        "p",
        "p_holm",
        "median_difference",
        "median_low",
        "median_high",
    ];
    let mut table = Table::new(settings_names(experiment).chain(columns));
    for site in campaign.sites() {
        for one in compare(comparison, site, confidence, plan.run.seed) {
            let mut row = settings_values(experiment, one.point.at.0);
            row.extend([
                one.key.to_string(),
                one.key.metric.unit().name().to_owned(),
                one.point.policy.name().to_owned(),
                comparison.baseline.name().to_owned(),
                one.point
                    .replications
                    .values(one.key)
                    .flatten()
                    .count()
                    .to_string(),
                number(one.mean.map(|mean| mean.mean)),
            ]);
            row.extend(ends(one.mean));
            let paired = one.paired;
            row.push(paired.map_or_else(String::new, |it| it.pairs.to_string()));
            let difference = paired.map(|it| it.difference);
            row.push(number(difference.map(|it| it.mean)));
            row.extend(ends(difference));
            row.extend([
                fixed(paired.and_then(|it| it.correlation)),
                fixed(paired.and_then(|it| it.variance_reduction)),
                scientific(paired.and_then(|it| it.p_value)),
                scientific(one.adjusted),
            ]);
            row.extend([
                number(one.median.map(|it| it.seen)),
                number(one.median.map(|it| it.low)),
                number(one.median.map(|it| it.high)),
            ]);
            table.row(row);
        }
    }
    Some(table.into_bytes())
}

fn settings_names(experiment: &Experiment) -> impl Iterator<Item = &str> {
    experiment.points[0]
        .settings
        .iter()
        .map(|it| it.key.as_str())
}

fn settings_values(experiment: &Experiment, point: usize) -> Vec<String> {
    let value = |it: &Setting| it.value.clone();
    experiment.points[point]
        .settings
        .iter()
        .map(value)
        .collect()
}

/// Half the width of an interval, its lower end and its upper end.
fn ends(interval: Option<Interval>) -> [String; 3] {
    [
        number(interval.and_then(|it| it.half_width)),
        number(interval.and_then(|it| it.low())),
        number(interval.and_then(|it| it.high())),
    ]
}

fn fixed(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

fn scientific(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4e}"))
}
