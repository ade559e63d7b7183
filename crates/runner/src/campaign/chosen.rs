//! The connection that whoever runs an experiment wants to see.

use tcp_core::Tag;

use crate::diagnostic::counted;
use crate::plan::{GridPoint, Plan};
use crate::story::Story;
use crate::trace::Trace;
use crate::trial::{Trial, TrialError};
use crate::workload::Workload;

use super::Campaign;

/// A connection of the first replication, chosen by its number.
#[derive(Clone, Debug)]
pub struct Chosen {
    tag: Tag,
    /// Its history under each policy; empty for a scripted connection, whose history is kept
    /// anyway, together with that of others on the same ports.
    traces: Vec<Trace>,
}

/// Why a connection cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The experiment has several points.
    #[error(
        "the page of a sweep has no ladders; run one of its points without [sweep] to see a connection"
    )]
    Sweep,
    /// There are fewer scripted connections, and no others.
    #[error(
        "there is no connection {number}: connections are counted from 0, and the file has {}",
        counted(*.count as u64, "connection")
    )]
    NotScripted {
        /// The number that was asked for.
        number: u32,
        /// How many there are.
        count: usize,
    },
    /// No connection of that number was opened.
    #[error("no connection of the first replication has the number {0}, under any policy")]
    NeverOpened(u32),
    /// The run has no outcome.
    #[error(transparent)]
    Trial(#[from] Box<TrialError>),
}

impl Chosen {
    /// The connection of this number: of a scripted one its place in the file, from 0; of a
    /// population the number of the incarnation, which ladders show, too.
    ///
    /// # Errors
    /// See [`ChoiceError`].
    pub fn find(points: &[GridPoint], number: u32) -> Result<Chosen, ChoiceError> {
        let [GridPoint { plan, .. }] = points else {
            return Err(ChoiceError::Sweep);
        };
        let count = plan.connections.len();
        let tag = Tag(number);
        if (number as usize) < count {
            let traces = Vec::new();
            return Ok(Chosen { tag, traces });
        }
        if plan.loads.is_empty() && number as usize >= Workload::singles(plan) {
            return Err(ChoiceError::NotScripted { number, count });
        }
        let traces = histories(plan, tag).map_err(Box::new)?;
        let has_story = |trace: &Trace| !Story::all(plan, trace, &[tag]).is_empty();
        if traces.iter().any(has_story) {
            Ok(Chosen { tag, traces })
        } else {
            Err(ChoiceError::NeverOpened(number))
        }
    }

    /// Has it shown in place of what is shown by itself.
    pub fn show_in(self, campaign: &mut Campaign) {
        for point in &mut campaign.points {
            point.shown = vec![self.tag];
            point.shown_for_trouble = false;
        }
        for (point, trace) in campaign.points.iter_mut().zip(self.traces) {
            point.trace = trace;
        }
    }
}

/// The history of an incarnation in the first replication, one for each policy.
fn histories(plan: &Plan, tag: Tag) -> Result<Vec<Trace>, TrialError> {
    let each = plan.run.policies.iter().map(|&policy| {
        let replication = 0;
        let first = Trial {
            policy,
            replication,
        };
        first.history(plan, tag)
    });
    each.collect()
}
