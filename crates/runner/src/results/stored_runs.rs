//! What each run has measured, read back from the tables beside a summary.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::stored_summary::{StoredPoint, StoredSummary, name};
use crate::metrics::{Billionths, undecimal};

/// What the runs have measured, by replication.
pub(crate) type Column = Vec<Option<Billionths>>;

/// The runs of one policy at one point of a sweep.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredRuns {
    /// How many there were.
    pub(crate) count: usize,
    /// The metrics that have a column of their own.
    columns: BTreeMap<String, Column>,
}

/// All runs, by what [`StoredPoint::name`] says.
pub(crate) type AllRuns = BTreeMap<String, StoredRuns>;

impl StoredRuns {
    /// The single run whose numbers a summary has.
    pub(super) fn of_summary(point: &StoredPoint) -> Option<StoredRuns> {
        let column = |(name, metric): (&String, &super::StoredMetric)| {
            Some((name.clone(), vec![Some(undecimal(metric.mean())?)]))
        };
        let columns = point.metrics.iter().map(column).collect::<Option<_>>()?;
        Some(StoredRuns { count: 1, columns })
    }

    /// The metrics that have a column of their own.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// What its runs have measured of a metric; `None` if there is no such column.
    pub(crate) fn column(&self, metric: &str) -> Option<&Column> {
        self.columns.get(metric)
    }

    fn put(&mut self, metric: &str, cell: &str) -> Option<()> {
        let value = match cell {
            "" => None,
            cell => Some(undecimal(cell)?),
        };
        match self.columns.get_mut(metric) {
            Some(column) => column.push(value),
            None => drop(self.columns.insert(metric.to_owned(), vec![value])),
        }
        Some(())
    }
}

/// Reads the table that has a row for each run; `None` if it is no such table.
pub(super) fn of_replications(text: &[u8], summary: &StoredSummary) -> Option<AllRuns> {
    let (head, mut rows) = open(text)?;
    let first = head.iter().position(|name| name == "replication")? + 1;
    let place = Place::of(&head, summary)?;
    let mut points = AllRuns::new();
    for row in rows.records() {
        let row = row.ok()?;
        let runs = points.entry(place.name(&row)?).or_default();
        // The number of the replication is that of the row: they come in order.
        runs.count += 1;
        for (metric, cell) in head.iter().zip(&row).skip(first) {
            runs.put(metric, cell)?;
        }
    }
    Some(points)
}

/// Reads the table that has a row for each metric of each point, where every point has a single run;
/// `None` if it is no such table.
pub(super) fn of_points(text: &[u8], summary: &StoredSummary) -> Option<AllRuns> {
    let (head, mut rows) = open(text)?;
    let column = |name: &str| head.iter().position(|it| it == name);
    let (metric, mean) = (column("metric")?, column("mean")?);
    let place = Place::of(&head, summary)?;
    let mut points = AllRuns::new();
    for row in rows.records() {
        let row = row.ok()?;
        let runs = points.entry(place.name(&row)?).or_default();
        runs.count = 1;
        runs.put(row.get(metric)?, row.get(mean)?)?;
    }
    Some(points)
}

fn open(text: &[u8]) -> Option<(StringRecord, csv::Reader<&[u8]>)> {
    let mut reader = csv::Reader::from_reader(text);
    let head = reader.headers().ok()?.clone();
    Some((head, reader))
}

/// Which columns say what point a row is of.
struct Place<'s> {
    /// The settings of the sweep, in the order of their keys.
    settings: Vec<(&'s str, usize)>,
    policy: usize,
}

impl<'s> Place<'s> {
    fn of(head: &StringRecord, summary: &'s StoredSummary) -> Option<Place<'s>> {
        let column = |name: &str| head.iter().position(|it| it == name);
        let keys = summary.points.first()?.parameters.keys();
        let settings = keys.map(|key| Some((key.as_str(), column(key)?)));
        Some(Place {
            settings: settings.collect::<Option<_>>()?,
            policy: column("policy")?,
        })
    }

    fn name(&self, row: &StringRecord) -> Option<String> {
        let settings = self.settings.iter();
        let settings = settings.map(|(key, column)| Some((*key, row.get(*column)?)));
        let settings: Vec<_> = settings.collect::<Option<_>>()?;
        Some(name(settings.into_iter(), row.get(self.policy)?))
    }
}
