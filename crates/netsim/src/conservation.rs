//! The law that every frame sent is delivered, dropped for a named reason, in flight, or held.

use std::fmt;

use crate::observer::DropReason;

/// Counts of frame passages since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conservation {
    /// Given to links by nodes.
    pub sent: u64,
    /// Put on links by a script: forged frames and replays.
    pub injected: u64,
    /// Extra copies, made by duplication on a link or by a script.
    pub duplicates: u64,
    /// Arrived.
    pub delivered: u64,
    /// On a link, or under a scripted delay.
    pub in_flight: u64,
    /// Held by a script until an event.
    pub held: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl Conservation {
    /// Frames dropped for this reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    /// Frames dropped for any reason.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Whether sent + injected + duplicates = delivered + dropped + in flight + held.
    pub fn is_balanced(&self) -> bool {
        self.sent + self.injected + self.duplicates
            == self.delivered + self.dropped_total() + self.in_flight + self.held
    }

    pub(crate) fn count_drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}

/// One line, such as `3 sent + 0 injected + 1 duplicates = 2 delivered + 1 loss + 1 in flight + 0
/// held`.
impl fmt::Display for Conservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sent + {} injected + {} duplicates",
            self.sent, self.injected, self.duplicates
        )?;
        write!(f, " = {} delivered", self.delivered)?;
        for reason in DropReason::ALL
            .into_iter()
            .filter(|&reason| self.dropped(reason) > 0)
        {
            write!(f, " + {} {}", self.dropped(reason), reason.name())?;
        }
        write!(f, " + {} in flight + {} held", self.in_flight, self.held)
    }
}
