//! What is kept of a run when it is over: numbers and verdicts, no history.

use serde::{Deserialize, Serialize};

use crate::effort::Effort;
use crate::expect::Verdict;
use crate::metrics::Measurements;
use crate::plan::Plan;
use crate::trial::Outcome;

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// The row as a line of text without its end, from which [`Row::from_line`] makes it again.
    pub fn to_line(&self) -> String {
        // Numbers, texts and lists always have a representation in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The row of a run of this plan that a line of text stands for; `None` if it stands for none,
    /// because it was cut off, say, or because it belongs to another plan or program.
    pub fn from_line(plan: &Plan, line: &str) -> Option<Row> {
        let row: Row = serde_json::from_str(line).ok()?;
        let below = |list: &[usize], count: usize| list.iter().all(|index| *index < count);
        let fits = below(&row.acted, plan.faults.len())
            && below(&row.holding, plan.faults.len())
            && below(&row.pending, plan.injections.len());
        (fits && row.measurements.is_whole()).then_some(row)
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::trial::Trial;

    #[test]
    fn a_row_is_the_same_after_it_was_a_line() {
        let text = include_str!("../../../../scenarios/s01-stale-syn-client-closed.toml");
        let plan = Experiment::parse("x.toml", text, &[])
            .expect("it is good")
            .plan;
        for &policy in &plan.run.policies {
            let trial = Trial {
                policy,
                replication: 0,
            };
            let row = Row::of(&plan, &trial.run(&plan, &[]).expect("it has an outcome"));
            let line = row.to_line();
            assert!(!line.contains('\n'));
            assert_eq!(Row::from_line(&plan, &line), Some(row));
            for end in [0, 1, line.len() / 2, line.len() - 1] {
                assert_eq!(Row::from_line(&plan, &line[..end]), None);
            }
            let spoiled = line.replacen("\"stored\":[", "\"stored\":[7,", 1);
            assert_eq!(Row::from_line(&plan, &spoiled), None, "one value too many");
            let foreign = line.replace("\"acted\":[0]", "\"acted\":[9]");
            assert!(foreign != line, "the fault acted: {line}");
            assert_eq!(Row::from_line(&plan, &foreign), None, "no such fault");
        }
    }
}
