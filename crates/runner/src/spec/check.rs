//! `[check]`: what theory says of the experiment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Spanned;

/// `[check]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckSpec {
    /// Names of models.
    pub(crate) analytic: Spanned<Vec<Spanned<String>>>,
    /// The probability that all comparisons hold if the models are right.
    pub(crate) confidence: Option<Spanned<f64>>,
}
