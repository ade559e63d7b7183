//! Steady state: when measuring begins at a point, and how well a single long run knows its means.
//!
//! `warmup = "mser5"` costs one more run for each policy, the pilot: replication 0, measured from
//! its start. What is looked at is the number of connections of all classes, because no class is in
//! a steady state before all are. A point has one warm-up, the longest that any policy's pilot
//! needs: policies and replications that are compared pair by pair must be measured over the same
//! time, and over no time in which one of them had not settled.

use std::borrow::Cow;
use std::time::Duration;

use rayon::prelude::*;
use tcp_core::Handshake;

use super::{Batches, CampaignError, Conduct};
use crate::census::{BINS, Detail};
use crate::plan::{Class, FoundWarmup, GridPoint, Plan, Warmup};
use crate::statistics::moments::float;
use crate::statistics::steady;
use crate::trial::Trial;

/// The points of an experiment with their warm-ups, or why they could not be found.
pub(super) type Decided<'p> = Result<Cow<'p, [GridPoint]>, CampaignError>;

/// Finds the warm-up of each point that asks for it, with all runs in parallel. What is found
/// depends on the plans alone, so that every part of an experiment finds the same.
pub(super) fn decide<'p>(points: &'p [GridPoint], conduct: &Conduct<'_>) -> Decided<'p> {
    let is_open = |point: &GridPoint| point.plan.run.warmup == Warmup::Mser5;
    if !points.iter().any(is_open) {
        return Ok(Cow::Borrowed(points));
    }
    let decided = |point: &GridPoint| {
        let mut point = point.clone();
        if is_open(&point) {
            point.plan.run.warmup = Warmup::Found(find(&point.plan, conduct)?);
        }
        Ok(point)
    };
    let all: Vec<Result<GridPoint, CampaignError>> =
        points.par_iter().with_max_len(1).map(decided).collect();
    // The first error in order, not the first in time.
    all.into_iter().collect()
}

/// Runs the pilot of each policy.
fn find(plan: &Plan, conduct: &Conduct<'_>) -> Result<FoundWarmup, CampaignError> {
    let pilot = |&policy: &Handshake| {
        if conduct.is_interrupted() {
            return Err(CampaignError::Interrupted);
        }
        let trial = Trial {
            policy,
            replication: 0,
        };
        let outcome = trial.pilot(plan).map_err(Box::new)?;
        Ok(outcome.detail.as_ref().and_then(settled))
    };
    let policies = plan.run.policies.par_iter();
    let pilots: Vec<Result<Option<Duration>, CampaignError>> =
        policies.with_max_len(1).map(pilot).collect();
    let pilots: Vec<Option<Duration>> = pilots.into_iter().collect::<Result<_, _>>()?;
    Ok(common(plan, &pilots))
}

/// When the connections of a run have settled, by MSER-5; `None` if they have not by half its time.
fn settled(detail: &Detail) -> Option<Duration> {
    // `embryonic` is the sum of its parts.
    let classes = Class::ALL.into_iter().filter(|it| *it != Class::Embryonic);
    let each: Vec<_> = classes.filter_map(|class| detail.series(class)).collect();
    let total = |part| float(each.iter().map(|series| series.mean(part)).sum());
    let totals: Vec<f64> = (0..BINS).map(total).collect();
    let cut = steady::mser5(&totals)?;
    each.first()
        .map(|series| Duration::from_nanos(series.begin(cut)))
}

/// The warm-up of a point of whose policies' pilots this is known. Where one of them has not
/// settled, half the run is left out, as the least that is certain to be too little.
fn common(plan: &Plan, pilots: &[Option<Duration>]) -> FoundWarmup {
    let settled: Option<Vec<Duration>> = pilots.iter().copied().collect();
    match settled {
        Some(ends) => FoundWarmup {
            end: ends.into_iter().max().unwrap_or_default(),
            is_settled: true,
        },
        None => FoundWarmup {
            end: plan.run.until / 2,
            is_settled: false,
        },
    }
}

/// How well a run that is measured from its warm-up on knows the mean number of connections in each
/// class, by batch means over the parts of its series that lie behind the warm-up. Nothing if there
/// are several runs, no steady state, or no series, as in a sweep.
pub(super) fn batches(plan: &Plan, detail: &Detail) -> Batches {
    let has_series = Class::ALL.iter().any(|it| detail.series(*it).is_some());
    if plan.run.replications > 1 || !plan.run.warmup.is_steady() || !has_series {
        return Batches::default();
    }
    let warmup = plan.run.warmup.time().as_nanos();
    let of_class = |class| {
        let series = detail.series(class)?;
        let measured = (0..BINS).filter(|part| u128::from(series.begin(*part)) >= warmup);
        let values: Vec<f64> = measured.map(|part| float(series.mean(part))).collect();
        steady::batch_means(&values, plan.run.confidence())
    };
    Batches(Class::ALL.map(of_class).to_vec())
}
