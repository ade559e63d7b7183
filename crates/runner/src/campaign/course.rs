//! One experiment while it is run: what is to be done next, and what has come of it so far.

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use tcp_core::{Handshake, Tag};

use super::ledger::{Ledger, RunId};
use super::precision::Precision;
use super::replications::Replications;
use super::row::Row;
use super::tally::Tally;
use super::{Campaign, CampaignError, PointId, Watch};
use crate::census::Detail;
use crate::effort::Effort;
use crate::expect;
use crate::plan::{GridPoint, Plan};
use crate::theory;
use crate::trace::Trace;
use crate::trial::{Trial, TrialError};
use crate::workload::Workload;

/// Incarnations of a population that are followed from the start, because one of them is often the
/// one to be shown; any other takes a second run.
const SUSPECTS: u32 = 64;

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

/// An experiment while it is run.
///
/// It goes in rounds until every site has enough. What is done in a round depends on earlier rounds
/// only, never on which run was over first.
pub(super) struct Course<'p> {
    points: &'p [GridPoint],
    sites: Vec<Site<'p>>,
    /// The incarnations whose history is kept in the first replication.
    followed: Vec<Tag>,
    /// The connection of the very first run that is most worth showing.
    befallen: Option<Tag>,
    effort: Effort,
}

impl<'p> Course<'p> {
    /// All points of a sweep, at least one.
    pub(super) fn new(points: &'p [GridPoint]) -> Course<'p> {
        Course {
            points,
            sites: points.iter().map(Site::new).collect(),
            followed: match points {
                [only] => suspects(&only.plan),
                _ => Vec::new(),
            },
            befallen: None,
            effort: Effort::default(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.sites.iter().all(|site| site.is_done)
    }

    /// The runs of the next round.
    pub(super) fn next_tasks(&mut self) -> Vec<RunId> {
        let mut tasks = Vec::new();
        for (index, site) in self.sites.iter_mut().enumerate() {
            if site.is_done {
                continue;
            }
            let before = site.wanted;
            site.want_more();
            for policy in 0..site.plan.run.policies.len() {
                tasks.extend((before..site.wanted).map(|replication| RunId {
                    point: index,
                    policy,
                    replication,
                }));
            }
        }
        tasks
    }

    /// Does one run, unless its row is known. The first replication is run all the same where its
    /// history is shown, and has to give the row that is known.
    pub(super) fn run(&self, run: RunId, ledger: &dyn Ledger) -> Result<Finished, CampaignError> {
        let plan = self.sites[run.point].plan;
        match ledger.find(plan, run) {
            Some(row) if !self.is_followed(run) => Ok(Finished::without_history(row)),
            known => {
                let followed = if self.is_followed(run) {
                    &self.followed[..]
                } else {
                    &[]
                };
                let finished = run_one(plan, run, followed).map_err(Box::new)?;
                match known {
                    Some(row) if row != finished.row => Err(CampaignError::Contradiction),
                    Some(_) => Ok(finished),
                    None => {
                        ledger.keep(run, &finished.row);
                        Ok(finished)
                    }
                }
            }
        }
    }

    fn is_followed(&self, run: RunId) -> bool {
        run.replication == 0 && !self.followed.is_empty()
    }

    /// Takes a run in; those of each site and policy come in their order.
    pub(super) fn take(&mut self, run: RunId, finished: Finished) {
        let Finished {
            row,
            trace,
            detail,
            befallen,
        } = finished;
        if run.point == 0 && run.policy == 0 && run.replication == 0 {
            self.befallen = befallen;
        }
        self.effort += row.effort;
        let tally = &mut self.sites[run.point].tallies[run.policy];
        if run.replication == 0 {
            tally.trace = trace;
            tally.detail = detail;
        }
        tally.push(&row);
    }

    /// Decides at the end of a round which sites have enough.
    pub(super) fn settle(&mut self, watch: &dyn Watch) {
        for site in self.sites.iter_mut().filter(|site| !site.is_done) {
            site.settle(watch);
        }
    }

    /// What it has come to, with the histories that are shown.
    pub(super) fn finish(mut self) -> Result<Campaign, TrialError> {
        let shown = match self.points {
            [only] => self.show(&only.plan)?,
            _ => Vec::new(),
        };
        Ok(self.close(shown))
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
            let histories = histories(plan, tag)?;
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
            theory: theory::examine(self.points, &points),
            points,
            digest: digest.finalize().into(),
            shown,
            shown_for_trouble: is_population && self.befallen.is_some(),
            effort: self.effort,
        }
    }
}

/// A run that is over.
pub(super) struct Finished {
    pub(super) row: Row,
    /// Empty unless it was the first replication.
    trace: Trace,
    /// The same, and empty in a sweep.
    detail: Detail,
    /// The connection that is most worth showing.
    befallen: Option<Tag>,
}

impl Finished {
    fn without_history(row: Row) -> Finished {
        Finished {
            row,
            trace: Trace::default(),
            detail: Detail::default(),
            befallen: None,
        }
    }
}

/// Does one run; with the histories of these incarnations if there are any.
pub(super) fn run_one(plan: &Plan, run: RunId, followed: &[Tag]) -> Result<Finished, TrialError> {
    let policy = plan.run.policies[run.policy];
    let trial = Trial {
        policy,
        replication: run.replication,
    };
    if !followed.is_empty() {
        let outcome = trial.run(plan, followed)?;
        return Ok(Finished {
            row: Row::of(plan, &outcome),
            befallen: outcome.troubles.most_telling(),
            detail: outcome.detail.unwrap_or_default(),
            trace: outcome.trace,
        });
    }
    let judged = expect::look_at_histories(plan, policy).then(|| scripted(plan));
    let outcome = trial.run(plan, &judged.unwrap_or_default())?;
    Ok(Finished::without_history(Row::of(plan, &outcome)))
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
