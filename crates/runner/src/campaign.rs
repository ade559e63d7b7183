//! All runs of an experiment: every replication under every policy at every point of its sweep, in
//! parallel, collected in order.
//!
//! Replication r meets the same weather under every policy and at every point: seeds depend on its
//! number alone. Of a run that is over only numbers are kept, so that memory does not grow with
//! what happens in a run.

mod precision;
mod replications;
mod row;
mod tally;

use std::num::NonZeroUsize;
use std::slice;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sha2::{Digest as _, Sha256};
use tcp_core::{Handshake, Tag};

use crate::census::Detail;
use crate::effort::Effort;
use crate::expect::{self, Verdict};
use crate::metrics::Summary;
use crate::plan::{GridPoint, MetricKey, Plan};
use crate::trace::Trace;
use crate::trial::{Trial, TrialError};
use crate::workload::Workload;

use precision::Precision;
use tally::Tally;

pub use precision::Estimate;
pub use replications::Replications;
pub use row::Row;

/// Incarnations of a population that are followed from the start, because one of them is often the
/// one to be shown; any other takes a second run.
const SUSPECTS: u32 = 64;

/// Runs that are done between two times of adding up.
const BATCH: usize = 1024;

/// What all runs have measured.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One for each point of the sweep and each policy there, in the order of the points and of the
    /// policies.
    pub points: Vec<Point>,
    /// SHA-256 over the digests of all runs, in order.
    pub digest: [u8; 32],
    /// The incarnations whose history is shown.
    pub shown: Vec<Tag>,
    /// Whether something befell the connection of a population that is shown; otherwise it is
    /// simply the first.
    pub shown_for_trouble: bool,
    /// How much there was to do in all runs.
    pub effort: Effort,
}

/// Index of a point of a sweep in [`Experiment::points`](crate::experiment::Experiment::points).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PointId(pub usize);

/// What one policy's replications have measured at one point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The point of the sweep.
    pub at: PointId,
    /// The policy.
    pub policy: Handshake,
    /// What the replications measured. With a stopping rule there may be fewer than were asked for,
    /// as many for each policy.
    pub replications: Replications,
    /// The verdicts on what is expected of this policy.
    pub verdicts: Vec<Verdict>,
    /// What the shown incarnations did in the first replication; empty in a sweep.
    pub trace: Trace,
    /// Lifetimes and series of the first replication; empty in a sweep.
    pub detail: Detail,
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
        self.replications.summary(key)
    }

    /// Whether a held segment was released in any replication.
    pub fn has_time_after_fault(&self) -> bool {
        self.replications.has_time_after_fault()
    }
}

/// Is told how a campaign goes on, from any thread.
pub trait Watch: Sync {
    /// One more run is over.
    fn ran(&self);

    /// So many runs of one point will not be needed.
    fn spared(&self, _runs: u64) {}

    /// How well the metrics of the stopping rule are known at a point.
    fn estimated(&self, _estimate: &Estimate) {}
}

impl<F: Fn() + Sync> Watch for F {
    fn ran(&self) {
        self();
    }
}

impl Campaign {
    /// Runs a plan. `jobs` is the number of threads, by default one for each processor; it changes
    /// nothing but the time that it takes. `watch` may be a closure that is called after each run.
    ///
    /// # Errors
    /// The first run, in order, that has no outcome.
    pub fn run(
        plan: &Plan,
        jobs: Option<NonZeroUsize>,
        watch: &dyn Watch,
    ) -> Result<Campaign, CampaignError> {
        let point = GridPoint {
            settings: Vec::new(),
            plan: plan.clone(),
        };
        Campaign::sweep(slice::from_ref(&point), jobs, watch)
    }

    /// Runs all points of a sweep, at least one. See [`Campaign::run`].
    ///
    /// # Errors
    /// The first run, in order, that has no outcome.
    pub fn sweep(
        points: &[GridPoint],
        jobs: Option<NonZeroUsize>,
        watch: &dyn Watch,
    ) -> Result<Campaign, CampaignError> {
        let runs = points.iter().map(|point| runs_of(&point.plan)).sum::<u64>();
        let runs = usize::try_from(runs).unwrap_or(usize::MAX);
        // More threads than runs have nothing to do.
        let pool = ThreadPoolBuilder::new()
            .num_threads(jobs.map_or(0, NonZeroUsize::get).min(runs))
            .build()
            .map_err(|error| CampaignError::Threads(error.to_string()))?;
        let followed = match points {
            [only] => suspects(&only.plan),
            _ => Vec::new(),
        };
        let mut round = Round {
            sites: points.iter().map(Site::new).collect(),
            followed,
            befallen: None,
            effort: Effort::default(),
            pool,
            watch,
        };
        round.run_all().map_err(Box::new)?;
        let shown = match points {
            [only] => round.show(&only.plan).map_err(Box::new)?,
            _ => Vec::new(),
        };
        Ok(round.close(shown))
    }

    /// Whether every expectation holds.
    pub fn is_as_expected(&self) -> bool {
        let mut verdicts = self.points.iter().flat_map(|point| &point.verdicts);
        verdicts.all(|verdict| verdict.held)
    }

    /// What was measured at each point of the sweep, policy by policy.
    pub fn sites(&self) -> impl Iterator<Item = &[Point]> {
        self.points.chunk_by(|one, next| one.at == next.at)
    }
}

/// How many runs a plan has at most.
pub fn runs_of(plan: &Plan) -> u64 {
    u64::from(plan.run.replications) * plan.run.policies.len() as u64
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

/// The incarnations whose history is kept: all scripted ones, or the first of a population.
fn suspects(plan: &Plan) -> Vec<Tag> {
    if plan.connections.is_empty() {
        (0..SUSPECTS).map(Tag).collect()
    } else {
        scripted(plan)
    }
}

fn scripted(plan: &Plan) -> Vec<Tag> {
    let all = 0..Workload::singles(plan);
    all.map(Workload::scripted_tag).collect()
}

/// One point of a sweep while it is run.
struct Site<'p> {
    plan: &'p Plan,
    /// For each policy.
    tallies: Vec<Tally>,
    precision: Option<Precision<'p>>,
    /// Replications that are wanted by the end of the round.
    wanted: u32,
    is_done: bool,
}

impl<'p> Site<'p> {
    fn new(point: &'p GridPoint) -> Site<'p> {
        let plan = &point.plan;
        let policies = plan.run.policies.len();
        let precision = |rule| Precision::new(rule, policies);
        Site {
            plan,
            tallies: (0..policies).map(|_| Tally::new(plan)).collect(),
            precision: plan.run.stop.as_ref().map(precision),
            wanted: 0,
            is_done: false,
        }
    }

    /// Asks for more replications: all, or, with a stopping rule, its least number and then by half
    /// more in each round.
    fn want_more(&mut self) {
        let most = self.plan.run.replications;
        self.wanted = match &self.plan.run.stop {
            None => most,
            Some(rule) => {
                let more = self.wanted.saturating_add((self.wanted / 2).max(16));
                if self.wanted == 0 { rule.min } else { more }.min(most)
            }
        };
    }

    /// Decides at the end of a round whether there are enough; what is too much is forgotten.
    fn settle(&mut self, watch: &dyn Watch) {
        let most = self.plan.run.replications;
        self.is_done = self.wanted == most;
        let Some(precision) = &mut self.precision else {
            return;
        };
        let policies: Vec<&Replications> = self
            .tallies
            .iter()
            .map(|tally| &tally.replications)
            .collect();
        if let Some(enough) = precision.look(&policies) {
            self.is_done = true;
            for tally in &mut self.tallies {
                tally.truncate(enough);
            }
            let spared = u64::from(most - self.wanted) * self.tallies.len() as u64;
            watch.spared(spared);
        }
        if let Some(estimate) = precision.worst() {
            watch.estimated(&estimate);
        }
    }
}

/// A run that is to be done: at which site, under which of its policies.
#[derive(Clone, Copy)]
struct Task {
    site: usize,
    policy: usize,
    replication: u32,
}

/// Everything while it is run.
struct Round<'p> {
    sites: Vec<Site<'p>>,
    /// The incarnations whose history is kept in the first replication.
    followed: Vec<Tag>,
    /// The connection of the very first run that is most worth showing.
    befallen: Option<Tag>,
    effort: Effort,
    pool: ThreadPool,
    watch: &'p dyn Watch,
}

impl Round<'_> {
    /// Rounds until every site has enough. What is done in a round depends on earlier rounds only,
    /// never on which run was over first.
    fn run_all(&mut self) -> Result<(), TrialError> {
        while self.sites.iter().any(|site| !site.is_done) {
            for batch in self.tasks().chunks(BATCH) {
                self.run_batch(batch)?;
            }
            for site in self.sites.iter_mut().filter(|site| !site.is_done) {
                site.settle(self.watch);
            }
        }
        Ok(())
    }

    /// The runs of the next round.
    fn tasks(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (index, site) in self.sites.iter_mut().enumerate() {
            if site.is_done {
                continue;
            }
            let before = site.wanted;
            site.want_more();
            for policy in 0..site.plan.run.policies.len() {
                tasks.extend((before..site.wanted).map(|replication| Task {
                    site: index,
                    policy,
                    replication,
                }));
            }
        }
        tasks
    }

    fn run_batch(&mut self, batch: &[Task]) -> Result<(), TrialError> {
        let (sites, followed, watch) = (&self.sites, &self.followed, self.watch);
        let run = |task: &Task| {
            let finished = run_task(sites[task.site].plan, *task, followed);
            watch.ran();
            finished
        };
        let finished: Vec<Result<Finished, TrialError>> =
            self.pool.install(|| batch.par_iter().map(run).collect());
        for (task, finished) in batch.iter().zip(finished) {
            let Finished {
                row,
                trace,
                detail,
                befallen,
            } = finished?;
            if task.site == 0 && task.policy == 0 && task.replication == 0 {
                self.befallen = befallen;
            }
            self.effort += row.effort;
            let tally = &mut self.sites[task.site].tallies[task.policy];
            if task.replication == 0 {
                tally.trace = trace;
                tally.detail = detail;
            }
            tally.push(&row);
        }
        Ok(())
    }

    /// The incarnations that are shown, with their histories in the traces.
    fn show(&mut self, plan: &Plan) -> Result<Vec<Tag>, TrialError> {
        if !plan.connections.is_empty() {
            return Ok(scripted(plan));
        }
        let tag = self.befallen.unwrap_or(Tag(0));
        let tallies = &mut self.sites[0].tallies;
        let is_known = |tally: &Tally| !tally.trace.is_cut && self.followed.contains(&tag);
        if tallies.iter().all(is_known) {
            for tally in tallies {
                tally.trace.keep(tag);
            }
        } else {
            let histories = self.pool.install(|| histories(plan, tag))?;
            for (tally, trace) in tallies.iter_mut().zip(histories) {
                tally.trace = trace;
            }
        }
        Ok(vec![tag])
    }

    fn close(self, shown: Vec<Tag>) -> Campaign {
        let mut digest = Sha256::new();
        let mut points = Vec::new();
        let mut is_population = false;
        for (index, site) in self.sites.into_iter().enumerate() {
            is_population = site.plan.connections.is_empty();
            for (tally, policy) in site.tallies.into_iter().zip(&site.plan.run.policies) {
                for one in &tally.digests {
                    digest.update(one);
                }
                points.push(tally.close(site.plan, PointId(index), *policy));
            }
        }
        Campaign {
            points,
            digest: digest.finalize().into(),
            shown,
            shown_for_trouble: is_population && self.befallen.is_some(),
            effort: self.effort,
        }
    }
}

/// A run that is over.
struct Finished {
    row: Row,
    /// Empty unless it was the first replication.
    trace: Trace,
    /// The same, and empty in a sweep.
    detail: Detail,
    /// The connection that is most worth showing.
    befallen: Option<Tag>,
}

fn run_task(plan: &Plan, task: Task, followed: &[Tag]) -> Result<Finished, TrialError> {
    let policy = plan.run.policies[task.policy];
    let trial = Trial {
        policy,
        replication: task.replication,
    };
    let judged = expect::look_at_histories(plan, policy).then(|| scripted(plan));
    let outcome = match (task.replication, judged) {
        (0, _) if !followed.is_empty() => trial.run(plan, followed),
        (_, Some(judged)) => trial.run(plan, &judged),
        _ => trial.run(plan, &[]),
    }?;
    Ok(Finished {
        row: Row::of(plan, &outcome),
        befallen: outcome.troubles.most_telling(),
        detail: outcome
            .detail
            .filter(|_| !followed.is_empty())
            .unwrap_or_default(),
        trace: if task.replication == 0 {
            outcome.trace
        } else {
            Trace::default()
        },
    })
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
