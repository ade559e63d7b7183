//! What the replications of one policy at one point add up to, taken in one by one.

use tcp_core::{Handshake, Tag};

use super::replications::Replications;
use super::row::Row;
use super::{Point, PointId, steady};
use crate::census::Detail;
use crate::expect::{self, Repeated};
use crate::plan::Plan;
use crate::trace::Trace;

/// The incarnations of a point whose history is shown.
#[derive(Clone, Default)]
pub(super) struct Shown {
    pub(super) tags: Vec<Tag>,
    /// Whether something befell the connection of a population.
    pub(super) is_for_trouble: bool,
}

/// The replications so far, in order.
pub(super) struct Tally {
    pub(super) replications: Replications,
    /// Of each run.
    pub(super) digests: Vec<[u8; 32]>,
    /// Of each check of states and segments.
    histories: Vec<Repeated>,
    /// The first replication in which each fault acted.
    acted: Vec<Option<u32>>,
    /// The first replication at whose end each fault held a segment.
    held: Vec<Option<u32>>,
    /// The first replication at whose end each injection waited.
    pending: Vec<Option<u32>>,
    /// Of the first replication.
    pub(super) trace: Trace,
    /// Of the first replication.
    pub(super) detail: Detail,
}

impl Tally {
    pub(super) fn new(plan: &Plan) -> Tally {
        Tally {
            replications: Replications::default(),
            digests: Vec::new(),
            histories: Vec::new(),
            acted: vec![None; plan.faults.len()],
            held: vec![None; plan.faults.len()],
            pending: vec![None; plan.injections.len()],
            trace: Trace::default(),
            detail: Detail::default(),
        }
    }

    /// Takes the next replication in.
    pub(super) fn push(&mut self, row: &Row) {
        let number = self.replications.len();
        self.replications.push(&row.measurements);
        self.digests.push(row.digest);
        if number == 0 {
            self.histories = row.verdicts.iter().cloned().map(Repeated::new).collect();
        } else {
            for (history, verdict) in self.histories.iter_mut().zip(&row.verdicts) {
                history.repeat(number, verdict);
            }
        }
        for (firsts, now) in [
            (&mut self.acted, &row.acted),
            (&mut self.held, &row.holding),
            (&mut self.pending, &row.pending),
        ] {
            for index in now {
                firsts[*index].get_or_insert(number);
            }
        }
    }

    /// Forgets all replications but the first ones; `count` is at least one.
    pub(super) fn truncate(&mut self, count: u32) {
        self.replications.truncate(count);
        self.digests.truncate(count as usize);
        for history in &mut self.histories {
            history.truncate(count);
        }
        for first in self
            .acted
            .iter_mut()
            .chain(&mut self.held)
            .chain(&mut self.pending)
        {
            *first = first.filter(|number| *number < count);
        }
    }

    /// What it has come to.
    pub(super) fn close(self, plan: &Plan, at: PointId, policy: Handshake, shown: Shown) -> Point {
        let count = self.replications.len();
        let faults = || plan.faults.iter().map(|fault| &fault.id);
        let injections = plan.injections.iter().map(|injection| &injection.id);
        let histories = self.histories.iter().map(|history| history.together(count));
        Point {
            at,
            policy,
            verdicts: expect::judge(plan, policy, &self.replications, histories.collect()),
            unmatched: chosen(faults(), &self.acted, Option::is_none),
            holding: chosen(faults(), &self.held, Option::is_some),
            pending: chosen(injections, &self.pending, Option::is_some),
            shown: shown.tags,
            shown_for_trouble: shown.is_for_trouble,
            trace: self.trace,
            batches: steady::batches(plan, &self.detail),
            detail: self.detail,
            warmup: plan.run.warmup.found(),
            replications: self.replications,
        }
    }
}

/// The ids whose first replication is as asked for.
fn chosen<'a>(
    ids: impl Iterator<Item = &'a String>,
    firsts: &[Option<u32>],
    is_meant: fn(&Option<u32>) -> bool,
) -> Vec<String> {
    let pairs = ids.zip(firsts).filter(|(_, first)| is_meant(first));
    pairs.map(|(id, _)| id.clone()).collect()
}
