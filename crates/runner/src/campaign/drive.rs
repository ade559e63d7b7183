//! Several experiments at once, on the same threads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::course::{Course, Finished, Task};
use super::{Campaign, CampaignError, Watch, runs_of};
use crate::plan::GridPoint;
use crate::trial::TrialError;

/// Runs that are done between two times of adding up.
const BATCH: usize = 256;

/// Runs experiments, each with all points of its sweep, at least one. The runs of all of them share
/// the threads, so that none idles at the end of a short one. See [`Campaign::run`].
///
/// `harvest` makes of each what is wanted, in parallel, from its number, its result and the time
/// that its runs took, summed up over the threads; `deliver` is then called in order, for each as
/// soon as those before it are over.
///
/// # Errors
/// If no threads can be started; `harvest` is told all else.
pub fn run_together<T: Send>(
    experiments: &[&[GridPoint]],
    jobs: Option<NonZeroUsize>,
    watch: &dyn Watch,
    harvest: impl Fn(usize, Result<Campaign, CampaignError>, Duration) -> T + Sync,
    deliver: impl FnMut(usize, T),
) -> Result<(), CampaignError> {
    let plans = experiments.iter().copied().flatten();
    let runs = plans.map(|point| runs_of(&point.plan)).sum::<u64>();
    let pool = pool(jobs, usize::try_from(runs).unwrap_or(usize::MAX))?;
    let each = experiments.iter().enumerate();
    let mut drive = Drive {
        lanes: each
            .map(|(number, points)| Lane::new(number, points))
            .collect(),
        pool,
        watch,
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

/// More threads than runs have nothing to do.
fn pool(jobs: Option<NonZeroUsize>, runs: usize) -> Result<ThreadPool, CampaignError> {
    ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, NonZeroUsize::get).min(runs))
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
    error: Option<TrialError>,
    took: Duration,
}

impl<'p> Lane<'p> {
    fn new(number: usize, points: &'p [GridPoint]) -> Lane<'p> {
        Lane {
            number,
            course: Course::new(points),
            outstanding: 0,
            is_settled: true,
            error: None,
            took: Duration::ZERO,
        }
    }

    fn is_over(&self) -> bool {
        self.outstanding == 0 && (self.error.is_some() || self.course.is_done())
    }

    fn take(&mut self, task: Task, finished: Option<(Result<Finished, TrialError>, Duration)>) {
        self.outstanding -= 1;
        let Some((finished, took)) = finished else {
            return;
        };
        self.took += took;
        match finished {
            Ok(finished) if self.error.is_none() => self.course.take(task, finished),
            Ok(_) => {}
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
    }

    fn finish(self) -> (usize, Result<Campaign, CampaignError>, Duration) {
        let result = match self.error {
            None => self.course.finish(),
            Some(error) => Err(error),
        };
        let result = result.map_err(|error| CampaignError::Trial(Box::new(error)));
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
    watch: &'p dyn Watch,
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
            tasks.extend(own.into_iter().map(|task| (lane.number, task)));
        }
        for batch in tasks.chunks(BATCH) {
            self.batch(batch);
        }
    }

    fn batch(&mut self, batch: &[(usize, Task)]) {
        let (lanes, watch) = (&self.lanes, self.watch);
        let at = |number| lanes.binary_search_by_key(&number, |lane| lane.number).ok();
        let run = |(number, task): &(usize, Task)| {
            let lane = &lanes[at(*number)?];
            // What comes after a failure is of no use any more.
            if lane.error.is_some() {
                return None;
            }
            let done = timed(|| lane.course.run(*task));
            watch.ran();
            Some(done)
        };
        // Runs take very different times, so that a thread takes one after the other.
        let runs = || batch.par_iter().with_max_len(1).map(run).collect();
        let finished: Vec<_> = self.pool.install(runs);
        for ((number, task), finished) in batch.iter().zip(finished) {
            let found = self.lanes.binary_search_by_key(number, |lane| lane.number);
            if let Ok(index) = found {
                self.lanes[index].take(*task, finished);
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
                lane.course.settle(self.watch);
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

/// Does something, and says how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the time is shown to whoever waits, and is in no result"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}
