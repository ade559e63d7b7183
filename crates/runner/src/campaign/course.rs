//! One experiment while it is run: what is to be done next, and what has come of it so far.

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use tcp_core::{Handshake, Tag};

use super::ledger::{Ledger, RunId};
use super::precision::Precision;
use super::replications::Replications;
use super::row::Row;
use super::tally::{Shown, Tally};
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
    /// The incarnations whose history is kept in the first replication; none where none is shown.
    followed: Vec<Tag>,
    shown: Shown,
}

impl<'p> Site<'p> {
    fn new(point: &'p GridPoint, has_ladders: bool) -> Site<'p> {
        let plan = &point.plan;
        let policies = plan.run.policies.len();
        let precision = |rule| Precision::new(rule, policies);
        Site {
            plan,
            tallies: (0..policies).map(|_| Tally::new(plan)).collect(),
            precision: plan.run.stop.as_ref().map(precision),
            wanted: 0,
            is_done: false,
            followed: if has_ladders {
                suspects(plan)
            } else {
                Vec::new()
            },
            shown: Shown::default(),
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
        if let Some(reached) = precision.worst() {
            watch.estimated(&reached);
        }
    }

    fn is_followed(&self, run: RunId) -> bool {
        run.replication == 0 && !self.followed.is_empty()
    }

    /// Takes the history of a policy's first replication in. That of the first policy comes first,
    /// and decides which connection of a population is shown; all others are forgotten at once.
    fn take_history(&mut self, policy: usize, trace: Trace, befallen: Option<Tag>) {
        let is_population = self.plan.connections.is_empty();
        if policy == 0 {
            self.shown = Shown {
                tags: if is_population {
                    vec![befallen.unwrap_or(Tag(0))]
                } else {
                    scripted(self.plan)
                },
                is_for_trouble: is_population && befallen.is_some(),
            };
        }
        let kept = &mut self.tallies[policy].trace;
        *kept = trace;
        if let (true, [tag]) = (is_population, self.shown.tags.as_slice()) {
            kept.keep(*tag);
        }
    }

    /// Runs the first replications once more if the connection that is shown was not among those
    /// that were followed, or if its history was cut.
    fn complete(&mut self) -> Result<(), TrialError> {
        let (true, [tag]) = (self.plan.connections.is_empty(), self.shown.tags.as_slice()) else {
            return Ok(());
        };
        let is_known = |tally: &Tally| !tally.trace.is_cut && self.followed.contains(tag);
        if !self.tallies.iter().all(is_known) {
            let histories = histories(self.plan, *tag)?;
            for (tally, trace) in self.tallies.iter_mut().zip(histories) {
                tally.trace = trace;
            }
        }
        Ok(())
    }
}

/// An experiment while it is run.
///
/// It goes in rounds until every site has enough. What is done in a round depends on earlier rounds
/// only, never on which run was over first.
pub(super) struct Course<'p> {
    points: &'p [GridPoint],
    sites: Vec<Site<'p>>,
    effort: Effort,
    known_runs: u64,
}

impl<'p> Course<'p> {
    /// All points of a sweep, at least one.
    pub(super) fn new(points: &'p [GridPoint]) -> Course<'p> {
        let is_sweep = points.len() > 1;
        let site = |point| Site::new(point, !is_sweep || point.plan.output.ladder.is_any());
        Course {
            points,
            sites: points.iter().map(site).collect(),
            effort: Effort::default(),
            known_runs: 0,
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
        let site = &self.sites[run.point];
        let plan = site.plan;
        match ledger.find(plan, run) {
            Some(row) if !site.is_followed(run) => Ok(Finished {
                is_known: true,
                effort: Effort::default(),
                ..Finished::without_history(row)
            }),
            known => {
                let followed = if site.is_followed(run) {
                    &site.followed[..]
                } else {
                    &[]
                };
                let mut finished = run_one(plan, run, followed).map_err(Box::new)?;
                if self.points.len() > 1 {
                    finished.detail = Detail::default();
                }
                match known {
                    Some(row) if row != finished.row => Err(CampaignError::Contradiction),
                    Some(_) => Ok(Finished {
                        is_known: true,
                        ..finished
                    }),
                    None => {
                        ledger.keep(run, &finished.row);
                        Ok(finished)
                    }
                }
            }
        }
    }

    /// Takes a run in; those of each site and policy come in their order.
    pub(super) fn take(&mut self, run: RunId, finished: Finished) {
        let Finished {
            row,
            is_known,
            effort,
            trace,
            detail,
            befallen,
        } = finished;
        self.known_runs += u64::from(is_known);
        self.effort += effort;
        let site = &mut self.sites[run.point];
        if site.is_followed(run) {
            site.take_history(run.policy, trace, befallen);
            site.tallies[run.policy].detail = detail;
        }
        site.tallies[run.policy].push(&row);
    }

    /// Decides at the end of a round which sites have enough.
    pub(super) fn settle(&mut self, watch: &dyn Watch) {
        for site in self.sites.iter_mut().filter(|site| !site.is_done) {
            site.settle(watch);
        }
    }

    /// What it has come to, with the histories that are shown.
    pub(super) fn finish(mut self) -> Result<Campaign, TrialError> {
        let sites = self.sites.par_iter_mut();
        let completed: Vec<Result<(), TrialError>> = sites.map(Site::complete).collect();
        // Of several errors the first in order is told, whichever came first.
        completed.into_iter().collect::<Result<(), _>>()?;
        Ok(self.close())
    }

    fn close(self) -> Campaign {
        let mut digest = Sha256::new();
        let mut points = Vec::new();
        for (index, site) in self.sites.into_iter().enumerate() {
            for (tally, policy) in site.tallies.into_iter().zip(&site.plan.run.policies) {
                for one in &tally.digests {
                    digest.update(one);
                }
                points.push(tally.close(site.plan, PointId(index), *policy, site.shown.clone()));
            }
        }
        Campaign {
            theory: theory::examine(self.points, &points),
            points,
            digest: digest.finalize().into(),
            effort: self.effort,
            known_runs: self.known_runs,
        }
    }
}

/// A run that is over.
pub(super) struct Finished {
    pub(super) row: Row,
    /// Whether the ledger knew its row.
    is_known: bool,
    /// What there was to do now; nothing if its row was only read.
    effort: Effort,
    /// Empty unless it was the first replication.
    trace: Trace,
    /// The same, and empty in a sweep, which would keep too much.
    detail: Detail,
    /// The connection that is most worth showing.
    befallen: Option<Tag>,
}

impl Finished {
    fn without_history(row: Row) -> Finished {
        Finished {
            effort: row.effort,
            row,
            is_known: false,
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
            is_known: false,
            effort: outcome.effort,
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
