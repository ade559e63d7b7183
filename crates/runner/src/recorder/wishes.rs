//! What clients want: a connection each. A user who calls OPEN again after a failure still wants the
//! same one.

use netsim::Instant;
use tcp_core::Tag;

use crate::plan::Plan;
use crate::workload::Numbering;

/// What has come of each wish so far.
#[derive(Clone, Debug)]
pub(super) struct Wishes {
    numbering: Numbering,
    /// By the tag of the first OPEN: when the first was called that a TCP took, in nanoseconds.
    opened: Vec<u64>,
}

/// In place of a time: no OPEN was called.
const NEVER: u64 = u64::MAX;
/// In place of a time: the wish was fulfilled.
const FULFILLED: u64 = u64::MAX - 1;

impl Wishes {
    pub(super) fn new(plan: &Plan) -> Wishes {
        Wishes {
            numbering: Numbering::new(plan),
            opened: Vec::new(),
        }
    }

    /// OPEN is called; says whether it is the same wish's again.
    pub(super) fn open(&mut self, now: Instant, tag: Tag) -> bool {
        let first = self.numbering.first(tag);
        let index = first.0 as usize;
        if self.opened.len() <= index {
            self.opened.resize(index + 1, NEVER);
        }
        if self.opened[index] == NEVER {
            self.opened[index] = now.as_nanos();
        }
        tag != first
    }

    /// The client is ESTABLISHED. Returns the time since its first OPEN, in nanoseconds, if that
    /// fulfils the wish for the first time.
    pub(super) fn fulfil(&mut self, now: Instant, tag: Tag) -> Option<u64> {
        let index = self.numbering.first(tag).0 as usize;
        let opened = self.opened.get_mut(index)?;
        let since = (*opened < FULFILLED).then(|| now.as_nanos() - *opened);
        *opened = FULFILLED;
        since
    }

    /// An OPEN has failed, or could not be called: says whether nothing comes of the wish any more.
    pub(super) fn is_in_vain(&self, tag: Tag) -> bool {
        let index = self.numbering.first(tag).0 as usize;
        let is_fulfilled = self.opened.get(index) == Some(&FULFILLED);
        !is_fulfilled && self.numbering.next(tag).is_none()
    }
}
