//! All runs of an experiment: every replication under every policy, in parallel, collected in order.

use std::num::NonZeroUsize;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use tcp_core::{Handshake, Tag};

use crate::effort::Effort;
use crate::expect::{self, Verdict};
use crate::metrics::{Measurements, Summary};
use crate::plan::{MetricKey, Plan};
use crate::trace::Trace;
use crate::trial::{Outcome, Trial, TrialError};
use crate::workload::Workload;

/// Incarnations of a population that are followed from the start, because one of them is often the
/// one to be shown; any other takes a second run.
const SUSPECTS: u32 = 64;

/// What all runs have measured.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One for each policy, in the order of the plan.
    pub points: Vec<Point>,
    /// SHA-256 over the traces of all runs, in order.
    pub digest: [u8; 32],
    /// The incarnations whose history is shown.
    pub shown: Vec<Tag>,
    /// Whether something befell the connection of a population that is shown; otherwise it is
    /// simply the first.
    pub shown_for_trouble: bool,
    /// How much there was to do in all runs.
    pub effort: Effort,
}

/// What one policy's replications have measured.
#[derive(Clone, Debug)]
pub struct Point {
    /// The policy.
    pub policy: Handshake,
    /// The replications, in order.
    pub replications: Vec<Measurements>,
    /// The verdicts on what is expected of this policy.
    pub verdicts: Vec<Verdict>,
    /// What the shown incarnations did in the first replication.
    pub trace: Trace,
    /// Ids of faults that acted in no replication.
    pub unmatched: Vec<String>,
    /// Ids of faults that still held a segment at the end of a replication, each once.
    pub holding: Vec<String>,
    /// Ids of injections of which a segment had not entered the network at the end of a
    /// replication, each once.
    pub pending: Vec<String>,
}

impl Point {
    /// A metric over all replications; `None` if none of them measured it.
    pub fn summary(&self, key: MetricKey) -> Option<Summary> {
        Summary::of(self.replications.iter().map(|run| run.get(key)))
    }

    /// Whether a held segment was released in any replication.
    pub fn has_time_after_fault(&self) -> bool {
        let mut runs = self.replications.iter();
        runs.any(Measurements::has_time_after_fault)
    }
}

impl Campaign {
    /// Runs a plan. `jobs` is the number of threads, by default one for each processor; it changes
    /// nothing but the time that it takes. `on_progress` is called after each run.
    ///
    /// # Errors
    /// The first run, in order, that has no outcome.
    pub fn run(
        plan: &Plan,
        jobs: Option<NonZeroUsize>,
        on_progress: &(dyn Fn() + Sync),
    ) -> Result<Campaign, CampaignError> {
        let chosen: Vec<Tag> = if plan.connections.is_empty() {
            (0..SUSPECTS).map(Tag).collect()
        } else {
            let all = 0..Workload::singles(plan);
            all.map(Workload::scripted_tag).collect()
        };
        let mut trials = Vec::new();
        for &policy in &plan.run.policies {
            trials.extend((0..plan.run.replications).map(|replication| Trial {
                policy,
                replication,
            }));
        }
        // More threads than runs have nothing to do.
        let pool = ThreadPoolBuilder::new()
            .num_threads(jobs.map_or(0, NonZeroUsize::get).min(trials.len()))
            .build()
            .map_err(|error| CampaignError::Threads(error.to_string()))?;
        let run = |trial: &Trial| {
            let is_looked_at =
                trial.replication == 0 || expect::look_at_histories(plan, trial.policy);
            let followed: &[Tag] = if is_looked_at { &chosen } else { &[] };
            let outcome = trial.run(plan, followed).map(|mut outcome| {
                if trial.replication > 0 {
                    outcome.trace = Trace::default();
                }
                outcome
            });
            on_progress();
            outcome
        };
        let outcomes: Vec<Result<Outcome, TrialError>> =
            pool.install(|| trials.par_iter().map(run).collect());
        let outcomes = outcomes
            .into_iter()
            .collect::<Result<Vec<Outcome>, TrialError>>()
            .map_err(Box::new)?;
        let first = outcomes.first();
        let befallen = first.and_then(|outcome| outcome.troubles.most_telling());
        let mut outcomes = outcomes.into_iter();
        let mut effort = Effort::default();
        let mut digest = Sha256::new();
        let mut points = Vec::new();
        for &policy in &plan.run.policies {
            let own: Vec<Outcome> = outcomes
                .by_ref()
                .take(plan.run.replications as usize)
                .collect();
            for outcome in &own {
                effort += outcome.effort;
                digest.update(outcome.digest);
            }
            points.push(point(plan, policy, own));
        }
        let shown = if plan.connections.is_empty() {
            let tag = befallen.unwrap_or(Tag(0));
            let is_known = |point: &Point| !point.trace.is_cut && chosen.contains(&tag);
            if points.iter().all(is_known) {
                for point in &mut points {
                    point.trace.keep(tag);
                }
            } else {
                let histories = pool.install(|| histories(plan, tag)).map_err(Box::new)?;
                for (point, trace) in points.iter_mut().zip(histories) {
                    point.trace = trace;
                }
            }
            vec![tag]
        } else {
            chosen
        };
        Ok(Campaign {
            points,
            digest: digest.finalize().into(),
            shown,
            shown_for_trouble: plan.connections.is_empty() && befallen.is_some(),
            effort,
        })
    }

    /// Whether every expectation holds.
    pub fn is_as_expected(&self) -> bool {
        let mut verdicts = self.points.iter().flat_map(|point| &point.verdicts);
        verdicts.all(|verdict| verdict.held)
    }
}

/// Why a campaign has no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CampaignError {
    /// A run failed.
    #[error(transparent)]
    Trial(#[from] Box<TrialError>),
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Threads(String),
}

/// The histories of the incarnation of a population that is shown, the first that something
/// befell in the first replication under the first policy: one for each policy.
fn histories(plan: &Plan, tag: Tag) -> Result<Vec<Trace>, TrialError> {
    let of_policy = |&policy: &Handshake| {
        let first = Trial {
            policy,
            replication: 0,
        };
        first.history(plan, tag)
    };
    plan.run.policies.par_iter().map(of_policy).collect()
}

fn point(plan: &Plan, policy: Handshake, outcomes: Vec<Outcome>) -> Point {
    let runs: Vec<(&Measurements, &[Verdict])> = outcomes
        .iter()
        .map(|outcome| (&outcome.measurements, outcome.verdicts.as_slice()))
        .collect();
    let verdicts = expect::judge(plan, policy, &runs);
    let acted = |id: &str| {
        outcomes.iter().any(|outcome| {
            let mut faults = outcome.faults.faults.iter();
            faults.any(|fault| fault.id == id && fault.hits > 0)
        })
    };
    let holds = |id: &str| {
        let mut held = outcomes.iter().flat_map(|outcome| &outcome.faults.held);
        held.any(|(holder, _)| holder == id)
    };
    let ids = || plan.faults.iter().map(|fault| fault.id.clone());
    let unmatched = ids().filter(|id| !acted(id)).collect();
    let holding = ids().filter(|id| holds(id)).collect();
    let waits = |id: &str| {
        let mut pending = outcomes.iter().flat_map(|outcome| &outcome.faults.pending);
        pending.any(|name| name.split('#').next() == Some(id))
    };
    let injections = plan.injections.iter().map(|injection| injection.id.clone());
    let pending = injections.filter(|id| waits(id)).collect();
    let mut outcomes = outcomes.into_iter();
    let first = outcomes.next();
    let trace = first
        .as_ref()
        .map_or_else(Trace::default, |outcome| outcome.trace.clone());
    let replications = first.into_iter().chain(outcomes);
    Point {
        policy,
        replications: replications.map(|outcome| outcome.measurements).collect(),
        verdicts,
        trace,
        unmatched,
        holding,
        pending,
    }
}
