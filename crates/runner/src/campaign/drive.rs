//! Several experiments at once, on the same threads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::course::{Course, Finished, run_one};
use super::ledger::RunId;
use super::shard::Shard;
use super::steady::{self, Decided};
use super::{Campaign, CampaignError, Conduct, runs_of};
use crate::plan::GridPoint;

/// Runs that are done between two times of adding up.
const BATCH: usize = 256;

/// Runs experiments, each with all points of its sweep, at least one. The runs of all of them share
/// the threads, so that none idles at the end of a short one. See [`Campaign::conduct`]; the ledger
/// is for a single experiment.
///
/// `harvest` makes of each what is wanted, in parallel, from its number, its result and the time
/// that its runs took, summed up over the threads; `deliver` is then called in order, for each as
/// soon as those before it are over.
///
/// # Errors
/// If no threads can be started; `harvest` is told all else.
pub fn run_together<'e, T: Send>(
    experiments: &[&'e [GridPoint]],
    conduct: &Conduct<'_>,
    harvest: impl Fn(usize, Result<Campaign, CampaignError>, Duration) -> T + Sync,
    deliver: impl FnMut(usize, T),
) -> Result<(), CampaignError> {
    let plans = experiments.iter().copied().flatten();
    let runs = plans.map(|point| runs_of(&point.plan)).sum::<u64>();
    let pool = pool(conduct.jobs, runs)?;
    let decide = |points: &&'e [GridPoint]| steady::decide(points, conduct);
    let decided: Vec<_> = pool.install(|| experiments.par_iter().map(decide).collect());
    let each = experiments.iter().zip(&decided).enumerate();
    let mut drive = Drive {
        lanes: each
            .map(|(number, (points, decided))| Lane::new(number, points, decided))
            .collect(),
        pool,
        conduct,
        harvest,
        queue: Queue {
            next: 0,
            waiting: BTreeMap::new(),
            deliver,
        },
    };
    while !drive.lanes.is_empty() {
        drive.round();
    }
    Ok(())
}

/// Does every run of a shard of an experiment that the ledger does not know; it keeps them all. A
/// shard has the replications whose number leaves its own when divided by the number of shards, up
/// to the greatest number of replications: whether fewer are enough shows when all are there.
///
/// # Errors
/// The first run, in order, that failed; or if it was interrupted.
pub fn run_shard(
    points: &[GridPoint],
    shard: Shard,
    conduct: &Conduct<'_>,
) -> Result<(), CampaignError> {
    let runs: Vec<RunId> = shard.runs(points).collect();
    let pool = pool(conduct.jobs, runs.len() as u64)?;
    let points = pool.install(|| steady::decide(points, conduct))?;
    let one = |run: &RunId| {
        if conduct.is_interrupted() {
            return Err(CampaignError::Interrupted);
        }
        let plan = &points[run.point].plan;
        if conduct.ledger.find(plan, *run).is_none() {
            let finished = run_one(plan, *run, &[]).map_err(Box::new)?;
            conduct.ledger.keep(*run, &finished.row);
        }
        conduct.watch.ran();
        Ok(())
    };
    for batch in runs.chunks(BATCH) {
        let all = || batch.par_iter().with_max_len(1).map(one).collect();
        let done: Vec<Result<(), CampaignError>> = pool.install(all);
        done.into_iter().collect::<Result<(), _>>()?;
    }
    Ok(())
}

/// How many threads do so many runs: as many as are asked for, or else one for each processor. More
/// threads than runs have nothing to do.
pub fn threads(jobs: Option<NonZeroUsize>, runs: u64) -> usize {
    let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let runs = usize::try_from(runs).unwrap_or(usize::MAX);
    jobs.unwrap_or_else(processors).get().min(runs).max(1)
}

fn pool(jobs: Option<NonZeroUsize>, runs: u64) -> Result<ThreadPool, CampaignError> {
    ThreadPoolBuilder::new()
        .num_threads(threads(jobs, runs))
        .build()
        .map_err(|error| CampaignError::Threads(error.to_string()))
}

/// One experiment on its way.
struct Lane<'p> {
    number: usize,
    course: Course<'p>,
    /// Runs of this round that are not taken in yet.
    outstanding: usize,
    /// Whether this round is over.
    is_settled: bool,
    /// The first run, in order, that failed.
    error: Option<CampaignError>,
    took: Duration,
}

impl<'p> Lane<'p> {
    /// If its warm-ups could not be found, there is nothing to be run.
    fn new(number: usize, points: &'p [GridPoint], decided: &'p Decided<'_>) -> Lane<'p> {
        let (points, error) = match decided {
            Ok(decided) => (&**decided, None),
            Err(error) => (points, Some(error.clone())),
        };
        Lane {
            number,
            course: Course::new(points),
            outstanding: 0,
            is_settled: true,
            error,
            took: Duration::ZERO,
        }
    }

    fn is_over(&self) -> bool {
        self.outstanding == 0 && (self.error.is_some() || self.course.is_done())
    }

    fn take(&mut self, run: RunId, finished: Option<Timed<Result<Finished, CampaignError>>>) {
        self.outstanding -= 1;
        let Some((finished, took)) = finished else {
            self.error.get_or_insert(CampaignError::Interrupted);
            return;
        };
        self.took += took;
        match finished {
            Ok(finished) if self.error.is_none() => self.course.take(run, finished),
            Ok(_) => {}
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
    }

    fn finish(self) -> (usize, Result<Campaign, CampaignError>, Duration) {
        let finish = || self.course.finish().map_err(|error| Box::new(error).into());
        let result = self.error.map_or_else(finish, Err);
        (self.number, result, self.took)
    }
}

/// Delivers in order what is over in any order.
struct Queue<T, D> {
    next: usize,
    waiting: BTreeMap<usize, T>,
    deliver: D,
}

impl<T, D: FnMut(usize, T)> Queue<T, D> {
    fn put(&mut self, number: usize, what: T) {
        self.waiting.insert(number, what);
        while let Some(first) = self.waiting.remove(&self.next) {
            (self.deliver)(self.next, first);
            self.next += 1;
        }
    }
}

/// All experiments that are not over, in order.
struct Drive<'p, T, H, D> {
    lanes: Vec<Lane<'p>>,
    pool: ThreadPool,
    conduct: &'p Conduct<'p>,
    harvest: H,
    queue: Queue<T, D>,
}

impl<T, H, D> Drive<'_, T, H, D>
where
    T: Send,
    H: Fn(usize, Result<Campaign, CampaignError>, Duration) -> T + Sync,
    D: FnMut(usize, T),
{
    /// The next round of every experiment.
    fn round(&mut self) {
        let mut tasks = Vec::new();
        for lane in &mut self.lanes {
            let own = lane.course.next_tasks();
            lane.outstanding = own.len();
            lane.is_settled = false;
            tasks.extend(own.into_iter().map(|run| (lane.number, run)));
        }
        for batch in tasks.chunks(BATCH) {
            self.batch(batch);
        }
    }

    fn batch(&mut self, batch: &[(usize, RunId)]) {
        let (lanes, conduct) = (&self.lanes, self.conduct);
        let at = |number| lanes.binary_search_by_key(&number, |lane| lane.number).ok();
        let run = |(number, run): &(usize, RunId)| {
            let lane = &lanes[at(*number)?];
            // What comes after a failure is of no use any more.
            if lane.error.is_some() || conduct.is_interrupted() {
                return None;
            }
            let done = timed(|| lane.course.run(*run, conduct.ledger));
            conduct.watch.ran();
            Some(done)
        };
        // Runs take very different times, so that a thread takes one after the other.
        let runs = || batch.par_iter().with_max_len(1).map(run).collect();
        let finished: Vec<_> = self.pool.install(runs);
        for ((number, run), finished) in batch.iter().zip(finished) {
            let found = self.lanes.binary_search_by_key(number, |lane| lane.number);
            if let Ok(index) = found {
                self.lanes[index].take(*run, finished);
            }
        }
        self.settle();
    }

    /// Ends the rounds of which every run is over, and harvests the experiments that are over.
    fn settle(&mut self) {
        let is_whole = |lane: &&mut Lane<'_>| lane.outstanding == 0 && !lane.is_settled;
        for lane in self.lanes.iter_mut().filter(is_whole) {
            lane.is_settled = true;
            if lane.error.is_none() {
                lane.course.settle(self.conduct.watch);
            }
        }
        let over: Vec<Lane<'_>> = self.lanes.extract_if(.., |lane| lane.is_over()).collect();
        let harvest = &self.harvest;
        let each = |lane: Lane<'_>| {
            let (number, result, took) = lane.finish();
            (number, harvest(number, result, took))
        };
        let done: Vec<(usize, T)> = self
            .pool
            .install(|| over.into_par_iter().map(each).collect());
        for (number, what) in done {
            self.queue.put(number, what);
        }
    }
}

/// Something, and how long it took.
type Timed<T> = (T, Duration);

/// Does something, and says how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the time is shown to whoever waits, and is in no result"
)]
fn timed<T>(work: impl FnOnce() -> T) -> Timed<T> {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}
