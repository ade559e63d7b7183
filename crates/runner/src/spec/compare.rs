//! `[compare]` and `run.stop`: which metrics matter, and how exactly they are to be known.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Spanned;

/// `[compare]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareSpec {
    /// The policy that the others are compared with; the first.
    pub(crate) baseline: Option<Spanned<String>>,
    /// Names of metrics, with `after_fault.` for that period.
    pub(crate) metrics: Spanned<Vec<Spanned<String>>>,
}

/// `run.stop`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopSpec {
    /// Fewest replications.
    pub(crate) min: Option<Spanned<u32>>,
    /// Greatest half-width of the intervals as a share of their means.
    pub(crate) relative_half_width: Spanned<f64>,
    /// Confidence level of the intervals.
    pub(crate) confidence: Option<Spanned<f64>>,
    /// Metrics that are to be known that well; those of `[compare]`.
    pub(crate) metrics: Option<Spanned<Vec<Spanned<String>>>>,
}
