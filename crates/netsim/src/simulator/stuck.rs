//! The error of a run that goes on for ever, with the last events before it was stopped.

use std::error::Error;
use std::fmt;

use crate::frame::{FrameId, LinkId, NodeId};
use crate::time::Instant;

/// Most steps that a call of `run_until` may take: events handled and frames sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLimit(pub u64);

/// Something that the simulator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub what: EventKind,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A frame that a fault had delayed entered its link.
    Entered(LinkId, FrameId),
    /// A frame became ready for a slot.
    ReadyForSlot(LinkId, FrameId),
    /// A frame under way was lost.
    Lost(LinkId, FrameId),
    /// A frame arrived.
    Arrived(LinkId, FrameId),
    /// A node sent a frame.
    Sent(LinkId, FrameId),
    /// A node's deadline passed.
    Fired(NodeId),
    /// The director had commands due.
    Directed,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match self.what {
            EventKind::Entered(link, id) => write!(f, "frame {} enters link {}", id.0, link.0),
            EventKind::ReadyForSlot(link, id) => {
                write!(f, "frame {} on link {} awaits a slot", id.0, link.0)
            }
            EventKind::Lost(link, id) => write!(f, "frame {} on link {} is lost", id.0, link.0),
            EventKind::Arrived(link, id) => {
                write!(f, "frame {} arrives over link {}", id.0, link.0)
            }
            EventKind::Sent(link, id) => write!(f, "frame {} is sent on link {}", id.0, link.0),
            EventKind::Fired(node) => write!(f, "deadline of node {}", node.0),
            EventKind::Directed => write!(f, "scripted fault acts"),
        }
    }
}

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StuckReason {
    /// It took more steps than allowed.
    StepLimit(StepLimit),
    /// This node's deadline had not moved into the future after `on_deadline`.
    DeadlineStands(NodeId),
}

/// A run that was stopped because it made no progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: StuckReason,
    /// The last events, at most ten, the latest last.
    pub last: Vec<Event>,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            StuckReason::StepLimit(StepLimit(limit)) => {
                write!(f, "no end after {limit} steps, at {}", self.at)?;
            }
            StuckReason::DeadlineStands(node) => {
                write!(
                    f,
                    "node {} leaves its deadline in the past, at {}",
                    node.0, self.at
                )?;
            }
        }
        write!(f, "; the last events were:")?;
        self.last
            .iter()
            .try_for_each(|event| write!(f, "\n  {event}"))
    }
}

impl Error for Stuck {}

/// The latest events, in a ring.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    events: [Event; Recent::ROOM],
    count: u64,
}

impl Recent {
    const KEPT: usize = 10;
    /// A power of two, which makes the remainder cheap.
    const ROOM: usize = 16;

    pub(crate) fn new() -> Recent {
        let nothing = Event {
            at: Instant::ZERO,
            what: EventKind::Directed,
        };
        Recent {
            events: [nothing; Recent::ROOM],
            count: 0,
        }
    }

    #[inline]
    pub(crate) fn note(&mut self, at: Instant, what: EventKind) {
        self.events[(self.count % Recent::ROOM as u64) as usize] = Event { at, what };
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn list(&self) -> Vec<Event> {
        let kept = self.count.min(Recent::KEPT as u64);
        (self.count - kept..self.count)
            .map(|index| self.events[(index % Recent::ROOM as u64) as usize])
            .collect()
    }
}
