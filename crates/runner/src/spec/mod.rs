//! What is written in an experiment file: the shape of the TOML, one type for each table.
//!
//! Names follow tc-netem, RFC 9293 and Linux's sysctls. Unknown keys are errors. Nothing is
//! resolved here and no default is filled in; [`plan`](crate::plan) does both. A value keeps its
//! place in the text ([`Spanned`]) wherever it may turn out to be wrong later.

mod check;
mod compare;
mod document;
mod expect;
mod fault;
mod host;
mod inject;
mod lineage;
mod link;
mod merge;
mod output;
mod place;
mod shorthand;
mod spanned;
mod sweep;
mod text_file;
mod warmup;
mod workload;
mod written;

pub(crate) use check::CheckSpec;
pub(crate) use compare::{CompareSpec, StopSpec};
pub(crate) use document::{Document, Extent, PointSpec};
pub(crate) use expect::{ExpectSpec, ExpectedValue, PeriodSpec, PolicyNames};
pub(crate) use fault::{
    CorruptSpec, DirectionSpec, DuplicateSpec, FaultSpec, FieldSpec, FlagsSpec, MatchSpec,
    MomentSpec, NthSpec, PayloadSpec, RewriteSpec,
};
pub(crate) use host::{
    AbortSpec, AddressesSpec, BlindAttackSpec, CrashSpec, CrossedSynAckSpec, HostSpec,
    KeepAliveSpec, NewSynSpec, OldSegmentsSpec, OptionLayoutSpec, PowerOffSpec, RepeatedSynSpec,
    RestartIsnSpec, TimeWaitRestartSpec, UnexpectedSpec, WindowEdgeSpec,
};
pub(crate) use inject::{InjectSpec, NumberSpec};
pub(crate) use link::{
    DelaySpec, DistributionSpec, LinkSpec, LossSpec, OutageSpec, RateSpec, ReorderSpec, ShareSpec,
    SlotSpec,
};
pub(crate) use output::{LadderSpec, LanguageSpec, OutputSpec, ReportSpec};
pub(crate) use shorthand::{Short, Shorthand, Switchable};
pub(crate) use spanned::Spanned;
pub(crate) use text_file::TextFiles;
pub(crate) use warmup::WarmupSpec;
pub(crate) use workload::{
    ActiveOpenSpec, ArrivalsSpec, BytesSpec, CloseSpec, ConnectionSpec, EndSpec, FirstSpec,
    HowSpec, InitialSequenceSpec, LoadSpec, RespondsSpec, RetrySpec,
};
pub(crate) use written::{Written, array, key_of, quoted};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::quantity::Time;

/// A table whose keys are names that the user chooses, sorted by them.
pub(crate) type Named<T> = BTreeMap<Spanned<String>, T>;

/// An experiment on TCP connection management.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Version of the vocabulary: 1.
    pub(crate) schema: Spanned<u64>,
    /// Name of the experiment and of its folder of results.
    pub(crate) name: Spanned<String>,
    /// What it shows.
    pub(crate) title: Option<Short<ProseSpec>>,
    /// What there is to learn.
    pub(crate) lesson: Option<Short<ProseSpec>>,
    /// Sources of the expectations.
    #[serde(default)]
    pub(crate) refs: Vec<String>,
    /// What is common to all runs.
    pub(crate) run: RunSpec,
    /// Hosts.
    #[serde(default)]
    pub(crate) host: Named<HostSpec>,
    /// Links.
    #[serde(default)]
    pub(crate) link: Named<LinkSpec>,
    /// Scripted connections.
    #[serde(default)]
    pub(crate) connection: Vec<Spanned<ConnectionSpec>>,
    /// Populations of connections.
    #[serde(default)]
    pub(crate) load: Named<LoadSpec>,
    /// Scripted faults.
    #[serde(default)]
    pub(crate) fault: Vec<Spanned<FaultSpec>>,
    /// Forged segments.
    #[serde(default)]
    pub(crate) inject: Vec<Spanned<InjectSpec>>,
    /// What must come out.
    #[serde(default)]
    pub(crate) expect: Vec<Spanned<ExpectSpec>>,
    /// Which files are written.
    pub(crate) output: Option<OutputSpec>,
    /// What theory says.
    pub(crate) check: Option<CheckSpec>,
    /// Which metrics matter.
    pub(crate) compare: Option<CompareSpec>,
    /// The experiment that this one is laid over. The document takes it out before anything else.
    #[serde(rename = "extends")]
    #[schemars(with = "Option<String>")]
    _extends: Option<IgnoredAny>,
    /// Paths and lists of values. The document takes it out before a point is read.
    #[serde(rename = "sweep")]
    #[schemars(with = "Option<BTreeMap<String, Vec<serde_json::Value>>>")]
    _sweep: Option<BTreeMap<String, Vec<IgnoredAny>>>,
    /// A smaller version of the experiment, laid over the rest for regression tests. The document
    /// takes it out, too.
    #[serde(rename = "regress")]
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    _regress: Option<IgnoredAny>,
}

/// A text in one or two languages; a plain string is English.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProseSpec {
    /// English.
    pub(crate) en: String,
    /// Chinese.
    pub(crate) zh: Option<String>,
}

impl Shorthand for ProseSpec {
    type Plain = String;
    const EXPECTED: &'static str = "a text, or a table with `en` and `zh`";

    fn from_plain(en: String) -> ProseSpec {
        ProseSpec { en, zh: None }
    }
}

/// `[run]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunSpec {
    /// Root of every random draw.
    pub(crate) seed: u64,
    /// Virtual time at which a run ends.
    pub(crate) until: Spanned<Time>,
    /// Virtual time before which nothing is measured, or the rule that finds it.
    pub(crate) warmup: Option<Spanned<WarmupSpec>>,
    /// How often each policy runs; with `stop`, the most.
    pub(crate) replications: Option<Spanned<u32>>,
    /// Handshakes to compare.
    pub(crate) policies: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether the results are kept and compared with the last ones.
    pub(crate) record: Option<bool>,
    /// When fewer replications are enough.
    pub(crate) stop: Option<Spanned<StopSpec>>,
}
