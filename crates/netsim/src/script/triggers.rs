//! What waits, and for what: found by the event that happens, never by a scan.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::{Ending, Subject, Trigger};
use crate::director::{Command, Fate};
use crate::frame::{FrameId, LinkId, Signal};
use crate::time::Instant;

/// Something that happens when a trigger fires.
#[derive(Clone, Debug)]
pub(super) enum Payload<F> {
    Release(FrameId),
    Inject {
        link: LinkId,
        original: Option<FrameId>,
        frame: F,
    },
}

/// A payload, and the index of the fault or (counted after the faults) injection that it is due to.
#[derive(Clone, Debug)]
pub(super) struct Waiting<F> {
    pub(super) origin: usize,
    pub(super) payload: Payload<F>,
}

/// Signal name, and subject unless anybody's will do.
type Awaited = (u32, Option<u32>);

#[derive(Clone, Debug)]
pub(super) struct Triggers<F> {
    fault_ids: Vec<String>,
    on_signal: BTreeMap<Awaited, Vec<(Duration, Waiting<F>)>>,
    on_fault: BTreeMap<usize, Vec<(Ending, Duration, Waiting<F>)>>,
    /// What has been triggered, by its time and order.
    due: BTreeMap<(Instant, u64), Waiting<F>>,
    order: u64,
}

impl<F> Triggers<F> {
    /// Nothing waits. `fault_ids` gives the faults' indices.
    pub(super) fn new(fault_ids: Vec<String>) -> Triggers<F> {
        Triggers {
            fault_ids,
            on_signal: BTreeMap::new(),
            on_fault: BTreeMap::new(),
            due: BTreeMap::new(),
            order: 0,
        }
    }

    /// Lets something wait; `subject` is that of its frame.
    pub(super) fn arm(
        &mut self,
        now: Instant,
        subject: u32,
        trigger: &Trigger,
        waiting: Waiting<F>,
    ) {
        match trigger {
            Trigger::At(at) => self.make_due((*at).max(now), waiting),
            Trigger::Signal {
                name,
                subject: whose,
                plus,
            } => {
                let subject = match whose {
                    Subject::Own => Some(subject),
                    Subject::Fixed(fixed) => Some(*fixed),
                    Subject::Any => None,
                };
                self.on_signal
                    .entry((*name, subject))
                    .or_default()
                    .push((*plus, waiting));
            }
            Trigger::Fault { ending, plus, .. } => {
                if let Some(index) = trigger.awaited_fault(&self.fault_ids) {
                    self.on_fault
                        .entry(index)
                        .or_default()
                        .push((*ending, *plus, waiting));
                }
            }
        }
    }

    pub(super) fn on_signal(&mut self, now: Instant, signal: Signal) {
        if self.on_signal.is_empty() {
            return;
        }
        for awaited in [(signal.name, Some(signal.subject)), (signal.name, None)] {
            for (plus, waiting) in self.on_signal.remove(&awaited).unwrap_or_default() {
                self.make_due(now.saturating_add(plus), waiting);
            }
        }
    }

    pub(super) fn on_fate(&mut self, now: Instant, fault: usize, fate: Fate) {
        let waiting = self.on_fault.remove(&fault).unwrap_or_default();
        let (fired, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(ending, ..)| ending.is(fate));
        if !rest.is_empty() {
            self.on_fault.insert(fault, rest);
        }
        for (_, plus, waiting) in fired {
            self.make_due(now.saturating_add(plus), waiting);
        }
    }

    fn make_due(&mut self, at: Instant, waiting: Waiting<F>) {
        self.due.insert((at, self.order), waiting);
        self.order += 1;
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<Command<F>> {
        let entry = self
            .due
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        Some(match entry.remove().payload {
            Payload::Release(id) => Command::Release(id),
            Payload::Inject {
                link,
                original,
                frame,
            } => Command::Inject {
                link,
                original,
                frame,
            },
        })
    }

    /// Everything that has not happened yet.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Waiting<F>> {
        let on_signal = self
            .on_signal
            .values()
            .flatten()
            .map(|(_, waiting)| waiting);
        let on_fault = self
            .on_fault
            .values()
            .flatten()
            .map(|(.., waiting)| waiting);
        on_signal.chain(on_fault).chain(self.due.values())
    }
}
