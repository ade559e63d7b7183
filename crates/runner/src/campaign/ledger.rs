//! Runs that were done before, and where those that are done now are noted.

use super::row::Row;
use crate::plan::Plan;

/// Which run of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId {
    /// Index of the point of the sweep.
    pub point: usize,
    /// Index of the policy in the plan of that point.
    pub policy: usize,
    /// Number of the replication, from 0.
    pub replication: u32,
}

/// Knows the rows of runs that need not be done again, and keeps those that are done.
///
/// It changes no result: a run is the same every time.
pub trait Ledger: Sync {
    /// The row of a run of this plan that was done before.
    fn find(&self, plan: &Plan, run: RunId) -> Option<Row>;

    /// Notes a run that was done, from any thread.
    fn keep(&self, run: RunId, row: &Row);
}

/// Knows nothing and keeps nothing.
impl Ledger for () {
    fn find(&self, _plan: &Plan, _run: RunId) -> Option<Row> {
        None
    }

    fn keep(&self, _run: RunId, _row: &Row) {}
}
