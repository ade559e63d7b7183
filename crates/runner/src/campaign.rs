//! All runs of an experiment: every replication under every policy at every point of its sweep, in
//! parallel, collected in order.
//!
//! Replication r meets the same weather under every policy and at every point: seeds depend on its
//! number alone. Of a run that is over only numbers are kept, so that memory does not grow with
//! what happens in a run.

mod chosen;
mod course;
mod drive;
mod estimate;
mod ledger;
mod precision;
mod replications;
mod row;
mod shard;
mod steady;
mod tally;

use std::num::NonZeroUsize;
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};

use tcp_core::{Handshake, Tag};

use crate::census::Detail;
use crate::cli::exit;
use crate::effort::Effort;
use crate::expect::Verdict;
use crate::metrics::Summary;
use crate::plan::{FoundWarmup, GridPoint, Metric, MetricKey, Period, Plan, Statistic};
use crate::statistics::steady::BatchMeans;
use crate::theory::Findings;
use crate::trace::Trace;
use crate::trial::TrialError;

pub use chosen::{ChoiceError, Chosen};
pub use drive::{run_shard, run_together, threads};
pub use ledger::{Ledger, RunId};
pub use precision::{Reached, Stopped};
pub use replications::Replications;
pub use row::Row;
pub use shard::Shard;

/// What all runs have measured.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// One for each point of the sweep and each policy there, in the order of the points and of the
    /// policies.
    pub points: Vec<Point>,
    /// SHA-256 over the digests of all runs, in order.
    pub digest: [u8; 32],
    /// What theory says beside them.
    pub theory: Findings,
    /// How much there was to do in all runs that were done.
    pub effort: Effort,
    /// Runs whose rows the ledger knew.
    pub known_runs: u64,
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
    /// The incarnations whose history is shown, the same under every policy; none in a sweep unless
    /// its `[output]` asks for ladders.
    pub shown: Vec<Tag>,
    /// Whether something befell the connection of a population that is shown; otherwise it is
    /// simply the first.
    pub shown_for_trouble: bool,
    /// What the shown incarnations did in the first replication.
    pub trace: Trace,
    /// Lifetimes and series of the first replication; empty in a sweep.
    pub detail: Detail,
    /// Where the warm-up was found to end, the same under every policy; `None` if the plan says
    /// where it ends.
    pub warmup: Option<FoundWarmup>,
    /// What batches say of the means of a single long run; nothing otherwise, and in a sweep.
    pub batches: Batches,
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

/// What batches of a single long run say of the mean number of connections in each class, in the
/// order of [`Class::ALL`](crate::plan::Class::ALL), in billionths.
#[derive(Clone, Debug, Default)]
pub struct Batches(Vec<Option<BatchMeans>>);

impl Batches {
    /// Whether the experiment is a single long run.
    pub fn are_asked_for(&self) -> bool {
        !self.0.is_empty()
    }

    /// Of this metric; `None` if it is no mean of a whole run, or its batches stay correlated.
    pub fn of(&self, key: MetricKey) -> Option<&BatchMeans> {
        match (key.period, key.metric) {
            (Period::WholeRun, Metric::Class(class, Statistic::Mean)) => {
                self.0.get(class as usize)?.as_ref()
            }
            _ => None,
        }
    }
}

/// Is told how a campaign goes on, from any thread.
pub trait Watch: Sync {
    /// One more run is over.
    fn ran(&self);

    /// So many runs of one point will not be needed.
    fn spared(&self, _runs: u64) {}

    /// How well the metrics of the stopping rule are known at a point.
    fn estimated(&self, _reached: &Reached) {}
}

/// How a campaign is run; it changes nothing of what is measured.
#[derive(Clone, Copy)]
pub struct Conduct<'c> {
    /// Threads; by default one for each processor.
    pub jobs: Option<NonZeroUsize>,
    /// Is told how it goes on.
    pub watch: &'c dyn Watch,
    /// Knows runs that were done before, and keeps those that are done.
    pub ledger: &'c dyn Ledger,
    /// Once it is true, no run is begun any more.
    pub interrupted: Option<&'c AtomicBool>,
}

impl Default for Conduct<'_> {
    fn default() -> Self {
        Conduct {
            jobs: None,
            watch: &|| (),
            ledger: &(),
            interrupted: None,
        }
    }
}

impl Conduct<'_> {
    fn is_interrupted(&self) -> bool {
        self.interrupted
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
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
        let conduct = Conduct {
            jobs,
            watch,
            ..Conduct::default()
        };
        Campaign::conduct(points, &conduct)
    }

    /// Runs all points of a sweep, at least one, as it is told.
    ///
    /// # Errors
    /// The first run, in order, that has no outcome; or if it was interrupted.
    pub fn conduct(points: &[GridPoint], conduct: &Conduct<'_>) -> Result<Campaign, CampaignError> {
        let mut only = Err(CampaignError::Interrupted);
        run_together(
            &[points],
            conduct,
            |_, result, _| result,
            |_, result| only = result,
        )?;
        only
    }

    /// Whether every expectation holds, and theory agrees.
    pub fn is_as_expected(&self) -> bool {
        let mut verdicts = self.points.iter().flat_map(|point| &point.verdicts);
        verdicts.all(|verdict| verdict.held) && self.theory.hold()
    }

    /// What was measured at each point of the sweep, policy by policy.
    pub fn sites(&self) -> impl Iterator<Item = &[Point]> {
        self.points.chunk_by(|one, next| one.at == next.at)
    }
}

/// How many runs a plan has at most, without those that only find the warm-up.
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
    /// A run gives something else than was noted of it before.
    #[error(
        "a run gives something else than was noted of it before, which was made by another program \
         or has been tampered with"
    )]
    Contradiction,
    /// It was told to stop.
    #[error("interrupted")]
    Interrupted,
}

impl CampaignError {
    /// What the program says to its caller: an exchange without end is the experiment's doing, and
    /// any other run that has no outcome is a bug.
    pub fn exit_code(&self) -> u8 {
        match self {
            CampaignError::Trial(error) if matches!(**error, TrialError::Stuck(_)) => exit::FAILED,
            CampaignError::Trial(_) => exit::BUG,
            CampaignError::Threads(_) => exit::AGAIN,
            CampaignError::Contradiction => exit::INCOMPLETE,
            CampaignError::Interrupted => exit::INTERRUPTED,
        }
    }
}
