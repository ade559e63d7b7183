//! Theory beside simulation: models of queues and links with known answers, computed from the plan
//! and compared with what the runs measured.
//!
//! Each model is a file: its assumptions, which it checks against the plan, its value, and what of a
//! run is to equal it. The values are computed from the settings alone; nothing in here asks the
//! endpoint or the simulator. A model whose assumptions do not hold says which and is left out.

mod erlang_b;
mod examine;
mod gemodel;
mod little;
mod mg_infinity;
mod oldest_drop;
mod pruned_backlog;
mod random_drop;
mod sample;
mod schedule;
mod setting;
mod stale_syn;
mod time_wait_ports;

pub use examine::{Finding, Findings, Outcome, Unchecked, examine};

use tcp_core::Handshake;

use crate::language::Language;
use crate::plan::{Class, Metric, Model, Plan, Prose, Warmup};

/// Fewest replications from which the spread of a number is estimated.
const LEAST_SPREAD: u32 = 20;

/// A metric, taken so many times.
type Term = (i32, Metric);

/// What a model and a simulation are compared by, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// In English, and in files.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

impl Quantity {
    const fn new(en: &'static str, zh: &'static str) -> Quantity {
        Quantity { en, zh }
    }

    /// In this language.
    pub fn in_language(self, language: Language) -> &'static str {
        language.choose(self.en, self.zh)
    }
}

/// What a model says of one quantity.
#[derive(Clone, Debug)]
struct Prediction {
    /// In words.
    quantity: Quantity,
    /// What of a run is to equal it.
    estimator: Estimator,
    /// Its value.
    value: f64,
    /// How far off the model is known to be at most.
    margin: f64,
    /// The standard error of the value where it is itself an estimate, else 0.
    standard_error: f64,
    /// If it is a probability, how many trials it has in a run.
    trials: Option<f64>,
    /// How many trials in a row hang together at most; 1 if they are independent.
    cluster: f64,
}

impl Prediction {
    /// A value that is as exact as its model.
    fn exact(quantity: Quantity, estimator: Estimator, value: f64) -> Prediction {
        Prediction {
            quantity,
            estimator,
            value,
            margin: 0.0,
            standard_error: 0.0,
            trials: None,
            cluster: 1.0,
        }
    }
}

/// How a quantity is estimated from replications.
#[derive(Clone, Debug)]
enum Estimator {
    /// The mean of a metric.
    Mean(Metric),
    /// The mean of a metric, for each second of the time in which is measured.
    Rate { metric: Metric, seconds: f64 },
    /// The mean of the quotient of two sums of metrics.
    Ratio { of: Vec<Term>, per: Vec<Term> },
    /// The variance of a metric around its true mean, for each unit of that mean.
    Spread { metric: Metric, mean: f64 },
    /// The mean number in a class beside the product of rate and stay.
    /// The times before and of measuring are in seconds.
    Little { class: Class, window: (f64, f64) },
}

/// Why a model says nothing about a policy at a point; `None` if it does.
pub(crate) fn inapplicable(model: Model, plan: &Plan, policy: Handshake) -> Option<Prose> {
    if plan.run.replications < 2 {
        return Some(Prose::new(
            "one replication has no interval; run.replications is at least 2",
            "单次运行没有置信区间；run.replications 至少为 2",
        ));
    }
    if !matches!(plan.run.warmup, Warmup::Time(_)) {
        return Some(Prose::new(
            "run.warmup is found by mser5 only in the run; write it as a time",
            "run.warmup 要到运行中才由 mser5 判定；请写成一个时间",
        ));
    }
    let assumed = match model {
        Model::ErlangB => erlang_b::listener(plan, policy).map(drop),
        Model::PrunedBacklog => pruned_backlog::listener(plan, policy).map(drop),
        Model::MgInfinity => mg_infinity::listener(plan, policy).map(drop),
        Model::Little => Ok(()),
        Model::RandomDrop => random_drop::assume(plan, policy).map(drop),
        Model::OldestDrop => oldest_drop::assume(plan, policy).map(drop),
        Model::StaleSyn => stale_syn::assume(plan, policy).map(drop),
        Model::TimeWaitPorts => time_wait_ports::assume(plan, policy).map(drop),
        Model::Gemodel => gemodel::assume(plan, policy).map(drop),
    };
    assumed.err()
}

/// What a model says, or why it says nothing.
fn predict(model: Model, plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Prose> {
    if let Some(reason) = inapplicable(model, plan, policy) {
        return Err(reason);
    }
    match model {
        Model::ErlangB => erlang_b::predict(plan, policy),
        Model::PrunedBacklog => pruned_backlog::predict(plan, policy),
        Model::MgInfinity => mg_infinity::predict(plan, policy),
        Model::Little => Ok(little::predict(plan)),
        Model::RandomDrop => random_drop::predict(plan, policy),
        Model::OldestDrop => oldest_drop::predict(plan, policy),
        Model::StaleSyn => stale_syn::predict(plan, policy),
        Model::TimeWaitPorts => time_wait_ports::predict(plan, policy),
        Model::Gemodel => gemodel::predict(plan, policy),
    }
}

/// The quotient of two counts; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "no run has 2^53 arrivals")]
fn ratio(of: u64, per: u64) -> f64 {
    if per == 0 {
        0.0
    } else {
        of as f64 / per as f64
    }
}
