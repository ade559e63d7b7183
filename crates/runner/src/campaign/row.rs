//! What is kept of a run when it is over: numbers and verdicts, no history.

use crate::effort::Effort;
use crate::expect::Verdict;
use crate::metrics::Measurements;
use crate::plan::Plan;
use crate::trial::Outcome;

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// SHA-256 over everything that happened.
    pub digest: [u8; 32],
    /// All metrics.
    pub measurements: Measurements,
    /// Verdicts on its states and segments, as in [`Outcome::verdicts`].
    pub verdicts: Vec<Verdict>,
    /// Indices of the plan's faults that acted.
    pub acted: Vec<usize>,
    /// Indices of the plan's faults that held a segment at the end.
    pub holding: Vec<usize>,
    /// Indices of the plan's injections of which a segment had not entered the network at the end.
    pub pending: Vec<usize>,
    /// How much there was to do.
    pub effort: Effort,
}

impl Row {
    /// What is kept of this run of the plan.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Row {
        let report = &outcome.faults;
        let acts = |id: &str| {
            let mut faults = report.faults.iter();
            faults.any(|fault| fault.id == id && fault.hits > 0)
        };
        let holds = |id: &str| report.held.iter().any(|(holder, _)| holder == id);
        let waits = |id: &str| {
            let mut pending = report.pending.iter();
            pending.any(|name| name.split('#').next() == Some(id))
        };
        let faults = || plan.faults.iter().map(|fault| fault.id.as_str());
        let injections = plan
            .injections
            .iter()
            .map(|injection| injection.id.as_str());
        Row {
            digest: outcome.digest,
            measurements: outcome.measurements.clone(),
            verdicts: outcome.verdicts.clone(),
            acted: indices(faults(), acts),
            holding: indices(faults(), holds),
            pending: indices(injections, waits),
            effort: outcome.effort,
        }
    }
}

/// The indices of the ids that are meant.
fn indices<'a>(ids: impl Iterator<Item = &'a str>, is_meant: impl Fn(&str) -> bool) -> Vec<usize> {
    let meant = ids.enumerate().filter(|(_, id)| is_meant(id));
    meant.map(|(index, _)| index).collect()
}
