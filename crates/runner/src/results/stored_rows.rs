//! What `replications.csv` says, read back.

use std::collections::BTreeMap;

use crate::metrics::{Billionths, undecimal};

/// The values of one policy at one point of a sweep: of each metric, by replication.
pub(crate) type StoredRows = BTreeMap<String, Vec<Option<Billionths>>>;

/// The columns between the parameters of the sweep and the metrics.
const POLICY: &str = "policy";

/// All values, by what [`StoredPoint::name`](super::StoredPoint::name) says; `None` if it is no
/// such table.
pub(crate) fn parse(text: &[u8]) -> Option<BTreeMap<String, StoredRows>> {
    let mut reader = csv::Reader::from_reader(text);
    let head = reader.headers().ok()?.clone();
    let policy = head.iter().position(|name| name == POLICY)?;
    let mut points: BTreeMap<String, StoredRows> = BTreeMap::new();
    for row in reader.records() {
        let row = row.ok()?;
        let settings = head.iter().zip(&row).take(policy);
        let mut pairs: Vec<(&str, &str)> = settings.collect();
        pairs.sort_unstable();
        let name = super::stored_summary::name(pairs.into_iter(), row.get(policy)?);
        let point = points.entry(name).or_default();
        // The number of the replication is that of the row: they come in order.
        for (metric, value) in head.iter().zip(&row).skip(policy + 2) {
            let column = point.entry(metric.to_owned()).or_default();
            column.push(if value.is_empty() {
                None
            } else {
                Some(undecimal(value)?)
            });
        }
    }
    Some(points)
}
