//! Scripted faults: match a frame, act on it, wait for an event. The first match wins.

mod fault;
mod triggers;

use std::collections::BTreeMap;

use crate::director::{Command, Director, Fate, Verdict};
use crate::error::ConfigError;
use crate::frame::{Frame, FrameId, LinkId, Signal};
use crate::probability::Threshold;
use crate::rng::{Seed, Stream};
use crate::time::Instant;

pub use fault::{Action, Ending, Fault, Injection, Match, Occurrences, Subject, Trigger};
use triggers::{Payload, Triggers, Waiting};

/// The copy numbers of replays begin here; those of duplicates are below, those of links above.
const REPLAY_COPY: u32 = 1 << 30;
/// Copy numbers that each fault has to itself.
const COPIES_PER_FAULT: u32 = 1 << 16;
/// Most faults, so that copy numbers suffice.
const MOST_FAULTS: usize = 1 << 14;

/// An ordered list of faults and injections, as a [`Director`].
///
/// Every fault counts every frame that matches it, whichever fault acts in the end: the one that
/// comes first in the list. So `nth = 2` is the second such frame whatever else the script does. A
/// frame that was delayed, held, replayed, injected or copied by a fault is not seen by any fault
/// again.
///
/// Removing a fault changes the fate of no frame that it did not touch: probabilities are drawn by
/// the fault's own id and the frame's key.
#[derive(Clone, Debug)]
pub struct Script<F, M> {
    faults: Vec<Armed<M>>,
    triggers: Triggers<F>,
    /// Which fault acted on a frame whose end some trigger may wait for.
    watched: BTreeMap<FrameId, usize>,
    injections: Vec<String>,
    last_hit: Option<usize>,
}

/// A fault and what it has done.
#[derive(Clone, Debug)]
struct Armed<M> {
    fault: Fault<M>,
    threshold: Threshold,
    stream: Stream,
    /// Frames that matched, whatever their occurrence.
    seen: u64,
    /// Frames acted upon.
    hits: u64,
    is_watched: bool,
}

/// What the script did and did not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptReport {
    /// For each fault in order: its id, how many frames matched everything but the occurrence, and
    /// how many it acted on.
    pub faults: Vec<FaultCount>,
    /// Frames still held when the run ended, with the id of the fault that holds them.
    pub held: Vec<(String, FrameId)>,
    /// Ids of faults whose replays, and of injections, that were still to come.
    pub pending: Vec<String>,
}

/// How often a fault applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultCount {
    /// The fault.
    pub id: String,
    /// Frames that matched link, window and matcher; none are counted after the last occurrence.
    pub seen: u64,
    /// Frames acted upon: fewer than `seen` by the occurrences, the probability, and faults that came
    /// first.
    pub hits: u64,
}

impl ScriptReport {
    /// Ids of faults that acted on no frame.
    pub fn unmatched(&self) -> impl Iterator<Item = &str> {
        self.faults
            .iter()
            .filter(|fault| fault.hits == 0)
            .map(|fault| fault.id.as_str())
    }
}

impl<F: Frame, M: Match<F>> Script<F, M> {
    /// A script of these faults, the first of them that matches winning, and injections.
    ///
    /// # Errors
    /// If two ids are equal, an occurrence is 0, a window is empty, a number of copies is out of
    /// range, or a trigger names a fault that does not exist. The field begins with `fault.ID` or
    /// `inject.ID`.
    pub fn new(
        seed: Seed,
        faults: Vec<Fault<M>>,
        injections: Vec<Injection<F>>,
    ) -> Result<Script<F, M>, ConfigError> {
        fault::check_ids(&faults, &injections)?;
        if faults.len() > MOST_FAULTS {
            let expected = format!("at most {MOST_FAULTS} faults");
            return Err(ConfigError::new(
                "fault",
                expected,
                faults.len().to_string(),
            ));
        }
        let ids: Vec<String> = faults.iter().map(|fault| fault.id.clone()).collect();
        let mut script = Script {
            faults: faults
                .into_iter()
                .map(|fault| Armed::new(fault, seed))
                .collect(),
            triggers: Triggers::new(ids.clone()),
            watched: BTreeMap::new(),
            injections: injections
                .iter()
                .map(|injection| injection.id.clone())
                .collect(),
            last_hit: None,
        };
        let triggers = script
            .faults
            .iter()
            .filter_map(|armed| armed.fault.action.trigger());
        let awaited: Vec<usize> = triggers
            .chain(injections.iter().map(|injection| &injection.at))
            .filter_map(|trigger| trigger.awaited_fault(&ids))
            .collect();
        for index in awaited {
            script.faults[index].is_watched = true;
        }
        for (
            index,
            Injection {
                link, frame, at, ..
            },
        ) in injections.into_iter().enumerate()
        {
            let subject = frame.subject();
            let payload = Payload::Inject {
                link,
                original: None,
                frame,
            };
            let origin = ids.len() + index;
            script
                .triggers
                .arm(Instant::ZERO, subject, &at, Waiting { origin, payload });
        }
        Ok(script)
    }

    /// The fault, by its place in the list, that acted on the frame of the last verdict; a replay
    /// acts although the frame passes.
    #[inline]
    pub fn last_hit(&self) -> Option<usize> {
        self.last_hit
    }

    /// What has happened so far; at the end of a run, what to warn the user of.
    pub fn report(&self) -> ScriptReport {
        let faults = self.faults.iter().map(|armed| FaultCount {
            id: armed.fault.id.clone(),
            seen: armed.seen,
            hits: armed.hits,
        });
        let mut report = ScriptReport {
            faults: faults.collect(),
            held: Vec::new(),
            pending: Vec::new(),
        };
        for waiting in self.triggers.waiting() {
            let id = match waiting.origin.checked_sub(self.faults.len()) {
                Some(injection) => self.injections[injection].clone(),
                None => self.faults[waiting.origin].fault.id.clone(),
            };
            match waiting.payload {
                Payload::Release(frame) => report.held.push((id, frame)),
                Payload::Inject { .. } => report.pending.push(id),
            }
        }
        report.held.sort();
        report.pending.sort();
        report
    }

    /// The fault that acts on this frame; all faults count it.
    fn first_match(&mut self, now: Instant, link: LinkId, frame: &F) -> Option<usize> {
        let mut winner = None;
        for (index, armed) in self.faults.iter_mut().enumerate() {
            if armed.applies(now, link, frame) && winner.is_none() {
                armed.hits += 1;
                winner = Some(index);
            }
        }
        winner
    }

    /// Lets the frame, or a copy of it, wait for the trigger.
    fn arm(&mut self, now: Instant, subject: u32, index: usize, payload: Payload<F>) {
        let waiting = Waiting {
            origin: index,
            payload,
        };
        if let Some(trigger) = self.faults[index].fault.action.trigger() {
            self.triggers.arm(now, subject, trigger, waiting);
        }
    }
}

impl<M> Armed<M> {
    fn new(fault: Fault<M>, seed: Seed) -> Armed<M> {
        Armed {
            threshold: fault.probability.threshold(),
            stream: seed.stream(&format!("fault {}", fault.id)),
            fault,
            seen: 0,
            hits: 0,
            is_watched: false,
        }
    }

    /// Whether the fault acts on the frame; counts it if it matches.
    fn applies<F: Frame>(&mut self, now: Instant, link: LinkId, frame: &F) -> bool
    where
        M: Match<F>,
    {
        let fault = &mut self.fault;
        if fault.link.is_some_and(|wanted| wanted != link)
            || !fault.window.contains(now)
            || fault.occurrences.are_over(self.seen)
            || !fault.matcher.matches(now, frame)
        {
            return false;
        }
        self.seen += 1;
        fault.occurrences.contain(self.seen)
            && (fault.probability.is_one()
                || self.threshold.admits(self.stream.draw(frame.key(), 0)))
    }
}

impl<F: Frame, M: Match<F>> Director<F> for Script<F, M> {
    fn verdict(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &mut F) -> Verdict {
        self.last_hit = self.first_match(now, link, frame);
        let Some(index) = self.last_hit else {
            return Verdict::Pass;
        };
        let armed = &mut self.faults[index];
        if armed.is_watched {
            self.watched.insert(id, index);
        }
        match armed.fault.action {
            Action::Drop => Verdict::Drop,
            Action::Delay(span) => Verdict::Delay(span),
            Action::Corrupt => Verdict::Corrupt(armed.stream.draw(frame.key(), 1)),
            Action::Duplicate { copies, spacing } => {
                let first_copy = index as u32 * COPIES_PER_FAULT + 1;
                Verdict::Duplicate {
                    copies,
                    first_copy,
                    spacing,
                }
            }
            Action::Rewrite => {
                armed.fault.matcher.rewrite(now, frame);
                Verdict::Rewritten
            }
            Action::Hold(_) => {
                self.arm(now, frame.subject(), index, Payload::Release(id));
                Verdict::Hold
            }
            Action::Replay(_) => {
                let frame = frame.copied(REPLAY_COPY + index as u32);
                let subject = frame.subject();
                let payload = Payload::Inject {
                    link,
                    original: Some(id),
                    frame,
                };
                self.arm(now, subject, index, payload);
                Verdict::Pass
            }
        }
    }

    fn on_signal(&mut self, now: Instant, signal: Signal) {
        for armed in &mut self.faults {
            armed.fault.matcher.on_signal(now, signal);
        }
        self.triggers.on_signal(now, signal);
    }

    #[inline]
    fn on_fate(&mut self, now: Instant, id: FrameId, fate: Fate) {
        if self.watched.is_empty() {
            return;
        }
        if let Some(index) = self.watched.remove(&id) {
            self.triggers.on_fate(now, index, fate);
        }
    }

    #[inline]
    fn next_deadline(&self) -> Option<Instant> {
        self.triggers.next_deadline()
    }

    fn poll_command(&mut self, now: Instant) -> Option<Command<F>> {
        self.triggers.poll(now)
    }
}
