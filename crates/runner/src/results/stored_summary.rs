//! What `summary.json` says, read back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

/// The numbers and verdicts of an experiment. Numbers are kept as they are written, so that none
/// loses a digit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredSummary {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    pub(crate) digest: String,
    pub(crate) points: Vec<StoredPoint>,
    /// Metrics that were measured, and were 0 in every run at every point.
    #[serde(default)]
    pub(crate) zero_everywhere: BTreeSet<String>,
}

/// One policy at one point of a sweep.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredPoint {
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) policy: String,
    /// How many there were.
    pub(crate) replications: u32,
    pub(crate) metrics: BTreeMap<String, StoredMetric>,
    pub(crate) expectations: Vec<StoredVerdict>,
}

/// A metric over all replications.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredMetric {
    mean: Box<RawValue>,
    half_width: Option<Box<RawValue>>,
    low: Option<Box<RawValue>>,
    high: Option<Box<RawValue>>,
    n: Option<Box<RawValue>>,
    batches: Option<Box<RawValue>>,
    min: Box<RawValue>,
    max: Box<RawValue>,
    pub(crate) unit: String,
}

/// A verdict on an expectation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoredVerdict {
    pub(crate) what: String,
    pub(crate) held: bool,
}

impl StoredSummary {
    /// Reads the text of a file; `None` if it is something else.
    pub(crate) fn parse(text: &[u8]) -> Option<StoredSummary> {
        serde_json::from_slice(text).ok()
    }
}

impl StoredPoint {
    /// What tells it from other points: `link.c2s.loss.random = 1%, three-way`.
    pub(crate) fn name(&self) -> String {
        let settings = self.parameters.iter();
        let settings = settings.map(|(key, value)| (key.as_str(), value.as_str()));
        name(settings, &self.policy)
    }
}

impl StoredMetric {
    /// The mean as it is written.
    pub(crate) fn mean(&self) -> &str {
        self.mean.get()
    }

    /// All numbers with their names, the mean first.
    pub(crate) fn numbers(&self) -> [(&'static str, &str); 8] {
        [
            ("mean", self.mean.get()),
            ("min", self.min.get()),
            ("max", self.max.get()),
            ("half_width", written(self.half_width.as_deref())),
            ("low", written(self.low.as_deref())),
            ("high", written(self.high.as_deref())),
            ("n", written(self.n.as_deref())),
            ("batches", written(self.batches.as_deref())),
        ]
    }
}

/// Stands for a number that is not there.
pub(crate) const NONE: &str = "none";

/// What tells a policy at a point of a sweep from others. The settings are in the order of their
/// keys.
pub(super) fn name<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>, policy: &str) -> String {
    let mut parts: Vec<String> = settings
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    parts.push(policy.to_owned());
    parts.join(", ")
}

fn written(number: Option<&RawValue>) -> &str {
    number.map_or(NONE, RawValue::get)
}
