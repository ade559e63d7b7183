//! `[output]`: which files a run writes beside its numbers.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::Time;

use super::Spanned;

/// `[output]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputSpec {
    /// Ladders of the first replication.
    pub(crate) ladder: Option<Vec<Spanned<LadderSpec>>>,
    /// Every frame of the first replication.
    pub(crate) pcapng: Option<bool>,
    /// Everything that happens in the first replication, as lines of JSON.
    pub(crate) events: Option<bool>,
    /// When all connections of the first replication are listed.
    pub(crate) snapshots: Option<Vec<Spanned<Time>>>,
    /// Tables in the format of Apache Parquet, too.
    pub(crate) parquet: Option<Spanned<bool>>,
    /// Everything in one document.
    pub(crate) report: Option<ReportSpec>,
    /// The language of all of them.
    pub(crate) lang: Option<LanguageSpec>,
}

/// A form of ladders.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LadderSpec {
    Text,
    Svg,
}

/// A form of reports.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReportSpec {
    Html,
    Off,
}

/// A language.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LanguageSpec {
    En,
    Zh,
}
