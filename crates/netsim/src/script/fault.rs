//! What a script says: plain data, checked before it runs.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::director::Fate;
use crate::error::ConfigError;
use crate::frame::{LinkId, Signal};
use crate::probability::Probability;
use crate::time::{Instant, Window};

/// What the caller knows of frames: which ones a fault is about, and how it changes them.
pub trait Match<F> {
    /// Whether the fault is about this frame: its flags, connection, payload and the like.
    fn matches(&mut self, now: Instant, frame: &F) -> bool;

    /// Changes the frame as [`Action::Rewrite`] asks. Unless overridden, it stays as it is.
    fn rewrite(&mut self, _now: Instant, _frame: &mut F) {}

    /// A node emitted a signal: for conditions on the state of a host. It precedes the frames that
    /// the same change caused.
    fn on_signal(&mut self, _now: Instant, _signal: Signal) {}
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<M> {
    /// Its name: unique, and the key of its random draws.
    pub id: String,
    /// Only frames on this link.
    pub link: Option<LinkId>,
    /// Only frames that this accepts.
    pub matcher: M,
    /// Only these among the frames that link, window and matcher accept.
    pub occurrences: Occurrences,
    /// Only frames sent in this window.
    pub window: Window,
    /// Only this share of those, each drawn by its key: an occurrence that is spared is still counted.
    pub probability: Probability,
    /// What happens to them.
    pub action: Action,
}

impl<M> Fault<M> {
    /// A fault that acts on every frame that `matcher` accepts, anywhere and always.
    pub fn new(id: impl Into<String>, matcher: M, action: Action) -> Fault<M> {
        Fault {
            id: id.into(),
            link: None,
            matcher,
            occurrences: Occurrences::All,
            window: Window::ALWAYS,
            probability: Probability::ONE,
            action,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Occurrences::List(list) = &self.occurrences
            && (list.is_empty() || list.contains(&0))
        {
            let expected = "occurrences counted from 1";
            return Err(ConfigError::new("nth", expected, format!("{list:?}")));
        }
        if self.window.is_empty() {
            let expected = "a window that ends after it begins";
            return Err(ConfigError::new(
                "window",
                expected,
                format!("{:?}", self.window),
            ));
        }
        if let Action::Duplicate { copies, .. } = self.action
            && !(1..=65_534).contains(&copies)
        {
            let expected = "1 to 65534 copies";
            return Err(ConfigError::new("copies", expected, copies.to_string()));
        }
        Ok(())
    }
}

/// Which of the matching frames, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrences {
    /// Every one.
    All,
    /// These.
    List(BTreeSet<u64>),
}

impl Occurrences {
    /// The n-th alone.
    pub fn nth(n: u64) -> Occurrences {
        Occurrences::List(BTreeSet::from([n]))
    }

    pub(super) fn contain(&self, count: u64) -> bool {
        match self {
            Occurrences::All => true,
            Occurrences::List(list) => list.contains(&count),
        }
    }

    /// Whether no further occurrence matters when this many have been seen.
    pub(super) fn are_over(&self, seen: u64) -> bool {
        match self {
            Occurrences::All => false,
            Occurrences::List(list) => list.last().is_none_or(|&last| last <= seen),
        }
    }
}

/// What a fault does with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is lost.
    Drop,
    /// It enters the link this much later.
    Delay(Duration),
    /// It waits, and then enters the link.
    Hold(Trigger),
    /// It goes on, with extra copies that enter the link one `spacing` after another.
    Duplicate {
        /// How many extra copies, up to 65534.
        copies: u32,
        /// Time between them.
        spacing: Duration,
    },
    /// One random bit is flipped.
    Corrupt,
    /// [`Match::rewrite`] changes it.
    Rewrite,
    /// It goes on, and a copy as it is now enters the link later.
    Replay(Trigger),
}

impl Action {
    pub(super) fn trigger(&self) -> Option<&Trigger> {
        match self {
            Action::Hold(trigger) | Action::Replay(trigger) => Some(trigger),
            Action::Drop
            | Action::Delay(_)
            | Action::Duplicate { .. }
            | Action::Corrupt
            | Action::Rewrite => None,
        }
    }
}

/// What a held frame, a replay or an injection waits for: an edge, seen after the frame was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A time; at once if it has passed.
    At(Instant),
    /// A signal of this name and subject, and then a while.
    Signal {
        /// [`Signal::name`].
        name: u32,
        /// [`Signal::subject`].
        subject: Subject,
        /// Time after the signal.
        plus: Duration,
    },
    /// The end of a frame's passage on which another fault acted, and then a while.
    Fault {
        /// The other fault.
        id: String,
        /// Which end.
        ending: Ending,
        /// Time after that.
        plus: Duration,
    },
}

/// Whose signal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// That of the frame which waits.
    Own,
    /// This one.
    Fixed(u32),
    /// Anybody's.
    Any,
}

/// Which end of a passage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Arrival.
    Delivered,
    /// Loss, for whatever reason.
    Lost,
    /// Either.
    Either,
}

impl Ending {
    pub(super) fn is(self, fate: Fate) -> bool {
        match self {
            Ending::Delivered => fate == Fate::Delivered,
            Ending::Lost => fate == Fate::Lost,
            Ending::Either => true,
        }
    }
}

impl Trigger {
    /// The fault that it waits for, if it is among `ids`.
    pub(super) fn awaited_fault(&self, ids: &[String]) -> Option<usize> {
        match self {
            Trigger::Fault { id, .. } => ids.iter().position(|known| known == id),
            Trigger::At(_) | Trigger::Signal { .. } => None,
        }
    }

    fn check(&self, ids: &BTreeSet<&str>) -> Result<(), ConfigError> {
        match self {
            Trigger::Fault { id, .. } if !ids.contains(id.as_str()) => Err(ConfigError::new(
                "until",
                "the id of a fault",
                format!("{id:?}"),
            )),
            Trigger::Fault { .. } | Trigger::At(_) | Trigger::Signal { .. } => Ok(()),
        }
    }
}

/// A frame from nowhere: forged by an attacker, or left over from before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection<F> {
    /// Its name, unique among faults and injections.
    pub id: String,
    /// The link that it enters.
    pub link: LinkId,
    /// The frame.
    pub frame: F,
    /// When: at the first such edge.
    pub at: Trigger,
}

pub(super) fn check_ids<F, M>(
    faults: &[Fault<M>],
    injections: &[Injection<F>],
) -> Result<(), ConfigError> {
    let ids: BTreeSet<&str> = faults.iter().map(|fault| fault.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    let names = faults.iter().map(|fault| ("fault", fault.id.as_str()));
    let names = names.chain(injections.iter().map(|one| ("inject", one.id.as_str())));
    for (table, id) in names {
        if !seen.insert(id) {
            let expected = "an id that no other fault or injection has";
            return Err(ConfigError::new(
                format!("{table}.{id}"),
                expected,
                format!("{id:?}"),
            ));
        }
    }
    for fault in faults {
        let path = format!("fault.{}", fault.id);
        fault.check().map_err(|error| error.within(&path))?;
        if let Some(trigger) = fault.action.trigger() {
            trigger.check(&ids).map_err(|error| error.within(&path))?;
        }
    }
    injections.iter().try_for_each(|injection| {
        let path = format!("inject.{}", injection.id);
        injection
            .at
            .check(&ids)
            .map_err(|error| error.within(&path))
    })
}
