//! What an experiment means: validated, complete, with every default filled in.
//!
//! A [`Plan`] is only ever made from a parsed file, by [`Experiment`](crate::experiment::Experiment),
//! so whoever holds one may rely on it: names are resolved to indices, every index is in range, every time and
//! probability is in bounds, every expectation is about a policy that runs. Nothing here says where
//! in the file a value stood; that is the business of the crate's `spec` module.

mod comparison;
mod expectation;
mod fault;
mod fault_free;
mod footprint;
mod grid;
mod host;
mod inject;
mod link;
mod metric;
mod output;
mod resolve;
mod route;
mod sequence;
mod theory;
mod warmup;
mod workload;

pub use comparison::{Comparison, StoppingRule};
pub use expectation::{Bound, Check, Expectation, Period, Reached};
pub use fault::{
    Action, Direction, Fault, Field, FlagPattern, Match, Moment, Occurrence, Rewrite,
    StateCondition,
};
pub use footprint::Footprint;
pub use grid::{GridPoint, Setting};
pub use host::{AfterRestart, Host, HostId, PowerOff, Restart};
pub use inject::Injection;
pub use link::{Link, LinkId};
pub use metric::{
    Class, Counter, Exit, KernelCounter, KernelTotals, Metric, MetricKey, Role, Statistic, Trials,
    Unit,
};
pub use output::{LadderForms, Output};
pub(crate) use resolve::{Mute, Resolved, resolve};
pub use route::Routes;
pub use sequence::{SegmentPattern, SequenceExpression, SequenceOrigin};
pub use theory::{Model, Theory};
pub use warmup::{FoundWarmup, Warmup};
pub use workload::{
    ActiveOpen, Arrivals, Close, Connection, ConnectionId, End, First, How, InitialSequence, Load,
    Opening, Responds, Retry, Send, Target, Transfer, TransferSize,
};

use std::time::Duration;

use tcp_core::Handshake;

use crate::language::Language;

/// One experiment, ready to run. See the module's documentation.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Lower-case letters, digits and hyphens; names the folder of recorded results.
    pub name: String,
    /// What the scenario shows, in a few words.
    pub title: Prose,
    /// The lesson in a sentence or two; both languages are empty when the file has none.
    pub lesson: Prose,
    /// Where the expectations come from: RFC sections, papers, sentences of a textbook.
    pub refs: Vec<String>,
    /// What is common to all runs.
    pub run: Run,
    /// All hosts, by name. `client` and `server` are always among them.
    pub hosts: Vec<Host>,
    /// All links, by name. At most one leads from one host to another.
    pub links: Vec<Link>,
    /// Which link leads to which host, if need be over hosts that forward.
    pub routes: Routes,
    /// The scripted connections, in the order of the file.
    pub connections: Vec<Connection>,
    /// The populations of connections, by name.
    pub loads: Vec<Load>,
    /// The scripted faults, in the order of the file: the first that matches a segment acts.
    pub faults: Vec<Fault>,
    /// The forged segments, in the order of the file.
    pub injections: Vec<Injection>,
    /// What must come out, in the order of the file.
    pub expectations: Vec<Expectation>,
    /// Which files are written beside the numbers.
    pub output: Output,
    /// How the policies are compared, if the file says so.
    pub comparison: Option<Comparison>,
    /// What is compared with theory, if the file says so.
    pub theory: Option<Theory>,
}

impl Plan {
    /// The link from one host to another.
    pub fn link_between(&self, from: HostId, to: HostId) -> Option<LinkId> {
        let direct = |link: &Link| link.from == from && link.to == to;
        self.links.iter().position(direct).map(LinkId)
    }

    /// The host with this index.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.0]
    }

    /// The link with this index.
    pub fn link(&self, id: LinkId) -> &Link {
        &self.links[id.0]
    }

    /// Whether the experiment compares, expects or stops by a metric.
    pub fn names(&self, key: MetricKey) -> bool {
        let compared = self.comparison.iter().flat_map(|it| &it.metrics);
        let awaited = self.run.stop.iter().flat_map(|it| &it.metrics);
        let mut checks = self.expectations.iter().flat_map(|it| &it.checks);
        let is_meant = |check: &Check| match check {
            Check::Metric { period, metric, .. } => (*period, *metric) == (key.period, key.metric),
            Check::States { .. } | Check::Segments { .. } => false,
        };
        compared.chain(awaited).any(|named| *named == key) || checks.any(is_meant)
    }

    /// Whether each run is done a second time [without its faults](Plan::without_faults), for the
    /// metric that needs it.
    pub fn is_paired(&self) -> bool {
        self.names(MetricKey {
            period: Period::WholeRun,
            metric: Metric::Counter(Counter::GoodputLoss),
        })
    }

    /// Whether some segment is held, delayed, replayed or forged, so that there is a time "after
    /// the fault".
    pub fn has_time_after_fault(&self) -> bool {
        !self.injections.is_empty() || self.faults.iter().any(|fault| fault.action.releases())
    }
}

/// A text in English and Chinese. A file that gives one language has it in both fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Prose {
    /// The same in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Prose {
        let (en, zh) = (en.into(), zh.into());
        Prose { en, zh }
    }

    /// The text in this language.
    pub fn in_language(&self, language: Language) -> &str {
        language.choose(&self.en, &self.zh)
    }
}

/// What is common to all runs of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The root of every random draw.
    pub seed: u64,
    /// Virtual time at which a run ends; more than zero.
    pub until: Duration,
    /// When measuring begins.
    pub warmup: Warmup,
    /// How often each policy runs, each time with its own weather; at least one. With a stopping
    /// rule, the most.
    pub replications: u32,
    /// When fewer replications are enough.
    pub stop: Option<StoppingRule>,
    /// The handshake policies to compare, each once, in the order of the file; at least one.
    pub policies: Vec<Handshake>,
    /// Whether the results are kept under version control and compared with the last ones.
    pub record: bool,
}

/// The confidence level of intervals where no stopping rule names another.
const CONFIDENCE: f64 = 0.95;

impl Run {
    /// The confidence level of all intervals.
    pub fn confidence(&self) -> f64 {
        let rule = self.stop.as_ref();
        rule.map_or(CONFIDENCE, |rule| rule.confidence)
    }
}
