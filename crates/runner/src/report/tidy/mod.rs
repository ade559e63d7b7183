//! Tables for other programs: comma-separated values (RFC 4180), one observation in each row.
//!
//! What was not measured is empty, every other value of a column is of one type, and the first row
//! has the names.

mod table;
mod theory;

#[cfg(feature = "parquet")]
mod parquet;

#[cfg(feature = "parquet")]
pub use parquet::{ParquetError, parquet};
pub use table::{Column, Kind, Table};
pub use theory::theory;

use super::selection;
use crate::campaign::{Campaign, Point};
use crate::comparison::compare;
use crate::experiment::Experiment;
use crate::plan::{MetricKey, Setting};
use crate::quantity::measure;
use crate::statistics::Estimate;
use table::{Rows, ends, known, number};

/// What a mean rests on, and its interval.
const MEAN: [(&str, Kind); 8] = [
    ("replications", Kind::Whole),
    ("n", Kind::Whole),
    ("mean", Kind::Real),
    ("confidence", Kind::Real),
    ("half_width", Kind::Real),
    ("low", Kind::Real),
    ("high", Kind::Real),
    ("method", Kind::Text),
];

/// Whether this program was built with the feature `parquet`.
pub const HAS_PARQUET: bool = cfg!(feature = "parquet");

/// A row for each point of the sweep, policy and replication, with a column for each metric that
/// some run has measured, be it 0, or that the experiment names. Replications are numbered from 0, as
/// in [`Trial`](crate::trial::Trial).
pub fn replications(experiment: &Experiment, campaign: &Campaign) -> Table {
    let keys = selection::measured(experiment, campaign);
    let metric = |key: &MetricKey| {
        let kind = if key.metric.is_whole() {
            Kind::Whole
        } else {
            Kind::Real
        };
        Column::new(key.to_string(), kind)
    };
    let mut columns = settings_columns(experiment);
    columns.extend(named(&[
        ("policy", Kind::Text),
        ("replication", Kind::Whole),
    ]));
    columns.extend(keys.iter().map(metric));
    let mut table = Rows::new(columns);
    for point in &campaign.points {
        let values = |key: &MetricKey| point.replications.values(*key);
        let mut columns: Vec<_> = keys.iter().map(values).collect();
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
    table.into_table()
}

/// A row for each point of the sweep, policy and metric: the number of the point, from 1, what is
/// set there, how many replications measured the metric, their mean and its confidence interval with
/// where that comes from, the least and the greatest value, and in how many of them it was not 0.
/// Metrics are those of [`replications`].
pub fn points(experiment: &Experiment, campaign: &Campaign) -> Table {
    let confidence = experiment.plan.run.confidence();
    let keys = selection::measured(experiment, campaign);
    let mut columns: Vec<Column> = named(&[("point", Kind::Whole)]).collect();
    columns.extend(settings_columns(experiment));
    columns.extend(named(&[
        ("policy", Kind::Text),
        ("metric", Kind::Text),
        ("unit", Kind::Text),
    ]));
    columns.extend(named(&MEAN));
    columns.extend(named(&[
        ("min", Kind::Real),
        ("max", Kind::Real),
        ("nonzero", Kind::Whole),
    ]));
    let mut table = Rows::new(columns);
    for point in &campaign.points {
        for key in &keys {
            let values = || point.replications.values(*key).flatten();
            let estimate = point.estimate(*key, confidence);
            let mut row = vec![(point.at.0 + 1).to_string()];
            row.extend(settings_values(experiment, point.at.0));
            row.extend([
                point.policy.name().to_owned(),
                key.to_string(),
                key.metric.unit().name().to_owned(),
            ]);
            row.extend(mean(point, estimate, confidence));
            row.extend([number(values().min()), number(values().max())]);
            row.push(values().filter(|value| *value != 0).count().to_string());
            table.row(row);
        }
    }
    table.into_table()
}

/// A row for each point of the sweep, metric and policy of `[compare]`; `None` if the experiment has
/// no such table.
pub fn comparison(experiment: &Experiment, campaign: &Campaign) -> Option<Table> {
    let plan = &experiment.plan;
    let comparison = plan.comparison.as_ref()?;
    let confidence = plan.run.confidence();
    let mut columns = settings_columns(experiment);
    columns.extend(named(&[
        ("metric", Kind::Text),
        ("unit", Kind::Text),
        ("policy", Kind::Text),
        ("baseline", Kind::Text),
    ]));
    columns.extend(named(&MEAN));
    columns.extend(named(&[
        ("pairs", Kind::Whole),
        ("difference", Kind::Real),
        ("difference_half_width", Kind::Real),
        ("difference_low", Kind::Real),
        ("difference_high", Kind::Real),
        ("correlation", Kind::Real),
        ("variance_reduction", Kind::Real),
        ("p", Kind::Real),
        ("p_holm", Kind::Real),
        ("median_difference", Kind::Real),
        ("median_low", Kind::Real),
        ("median_high", Kind::Real),
    ]));
    let mut table = Rows::new(columns);
    for site in campaign.sites() {
        for one in compare(comparison, site, confidence, plan.run.seed) {
            let mut row = settings_values(experiment, one.point.at.0);
            row.extend([
                one.key.to_string(),
                one.key.metric.unit().name().to_owned(),
                one.point.policy.name().to_owned(),
                comparison.baseline.name().to_owned(),
            ]);
            row.extend(mean(one.point, one.mean, confidence));
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
    Some(table.into_table())
}

/// The cells of [`MEAN`].
fn mean(point: &Point, estimate: Option<Estimate>, confidence: f64) -> Vec<String> {
    let mut cells = vec![
        point.replications.len().to_string(),
        estimate.map_or(0, |it| it.runs).to_string(),
        number(estimate.map(|it| it.mean)),
    ];
    cells.extend(known(estimate, confidence));
    cells
}

/// A column for each setting of the sweep, of the kind that all its values have; behind texts with a
/// unit a second one, of numbers.
fn settings_columns(experiment: &Experiment) -> Vec<Column> {
    let settings = experiment.points[0].settings.iter().enumerate();
    let columns = settings.flat_map(|(index, setting)| {
        let points = experiment.points.iter();
        let values: Vec<&str> = points
            .map(|point| point.settings[index].value.as_str())
            .collect();
        let unit = unit(experiment, index);
        let number = unit.map(|unit| {
            let name = numeric_name(&setting.key, unit);
            Column::new(name, Kind::Real)
        });
        let text = Column::new(&setting.key, Kind::of(&values));
        [Some(text), number]
    });
    columns.flatten().collect()
}

/// The name of the column with the numbers of a setting: its path and the unit.
fn numeric_name(key: &str, unit: &str) -> String {
    format!("{key} [{unit}]")
}

/// The unit of a setting's values, if they are quantities of one kind; other words, such as `off`,
/// may be among them.
fn unit(experiment: &Experiment, index: usize) -> Option<&'static str> {
    let points = experiment.points.iter();
    let mut measures = points.filter_map(|point| measure(&point.settings[index].value));
    let unit = measures.next()?.unit;
    measures.all(|it| it.unit == unit).then_some(unit)
}

/// Columns with these names.
fn named(columns: &[(&str, Kind)]) -> impl Iterator<Item = Column> {
    let column = |(name, kind): &(&str, Kind)| Column::new(*name, *kind);
    columns.iter().map(column)
}

/// The cells of [`settings_columns`].
fn settings_values(experiment: &Experiment, point: usize) -> Vec<String> {
    let settings = experiment.points[point].settings.iter().enumerate();
    let cells = settings.flat_map(|(index, Setting { value, .. })| {
        let read = || measure(value).map(|it| it.billionths);
        let number = unit(experiment, index).map(|_| number(read()));
        [Some(value.clone()), number]
    });
    cells.flatten().collect()
}

fn fixed(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

fn scientific(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4e}"))
}
