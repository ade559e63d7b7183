//! Which segments a fault is about, as far as only the runner understands it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::rc::Rc;

use netsim::{Instant, Signal};
use tcp_core::{Kind, Phase, Tag};

use crate::host::{Datagram, signal_meaning};
use crate::plan::{Action, Direction, Fault, Field, Match, Plan, Rewrite, StateCondition, Target};
use crate::workload::Workload;

/// What the faults of a run know in common.
#[derive(Clone, Debug)]
pub(super) struct Knowledge {
    /// Where each scripted connection, each injection and each load goes: what is sent there goes
    /// forward.
    targets: Vec<SocketAddr>,
    /// The number of those that are no loads.
    singles: usize,
    incarnations: Incarnations,
}

impl Knowledge {
    pub(super) fn new(plan: &Plan) -> Knowledge {
        let socket = |target: Target| {
            // A host has at least one address.
            let address = plan.host(target.host).addresses[0];
            SocketAddr::new(address, target.port)
        };
        let of_connections = plan
            .connections
            .iter()
            .map(|connection| socket(connection.to));
        let forged = plan.injections.iter().map(|injection| injection.to);
        let of_loads = plan.loads.iter().map(|load| socket(load.to));
        let counts = |fault: &Fault| fault.pattern.incarnation.is_some();
        Knowledge {
            targets: of_connections.chain(forged).chain(of_loads).collect(),
            singles: Workload::singles(plan),
            incarnations: Incarnations {
                are_counted: plan.faults.iter().any(counts),
                ..Incarnations::default()
            },
        }
    }

    /// Learns from a frame that a host has sent.
    #[inline]
    pub(super) fn learn(&mut self, frame: &Datagram) {
        if self.incarnations.are_counted {
            self.incarnations.learn(frame);
        }
    }

    /// 0 if the tag's first SYN has not been seen.
    fn incarnation(&self, tag: u32) -> u32 {
        let number = self.incarnations.of_tag.get(&Tag(tag));
        number.copied().unwrap_or_default()
    }

    fn direction(&self, frame: &Datagram) -> Direction {
        // Loads deal the other tags out among each other.
        let tag = frame.tag().0 as usize;
        let loads = (self.targets.len() - self.singles).max(1);
        let index = match tag.checked_sub(self.singles) {
            Some(number) => self.singles + number % loads,
            None => tag,
        };
        if self.targets.get(index) == Some(&frame.packet.target) {
            Direction::Forward
        } else {
            Direction::Backward
        }
    }
}

/// The numbers of incarnations among those of their four-tuples.
#[derive(Clone, Debug, Default)]
struct Incarnations {
    are_counted: bool,
    of_flow: BTreeMap<(SocketAddr, SocketAddr), u32>,
    of_tag: BTreeMap<Tag, u32>,
}

impl Incarnations {
    /// The first SYN of an OPEN begins an incarnation of its four-tuple.
    fn learn(&mut self, frame: &Datagram) {
        if frame.kind != Kind::Syn || self.of_tag.contains_key(&frame.tag()) {
            return;
        }
        let flow = (frame.packet.source, frame.packet.target);
        let count = self.of_flow.entry(flow).or_default();
        *count += 1;
        self.of_tag.insert(frame.tag(), *count);
    }
}

/// The conditions of a fault that only the runner understands.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pattern: Match,
    /// How the segment is changed, if the fault does that.
    rewrite: Option<Rewrite>,
    /// The field that a segment must have to be corrupted.
    pub(super) corrupts: Option<Field>,
    /// The incarnations whose end is in the state that the pattern asks for, or, if absence of an
    /// entry is asked for, those that are not.
    marked: BTreeSet<u32>,
    knowledge: Rc<RefCell<Knowledge>>,
}

impl Matcher {
    pub(super) fn new(fault: &Fault, knowledge: Rc<RefCell<Knowledge>>) -> Matcher {
        Matcher {
            pattern: fault.pattern.clone(),
            rewrite: match fault.action {
                Action::Rewrite(rewrite) => Some(rewrite),
                _ => None,
            },
            corrupts: match fault.action {
                Action::Corrupt(field) => field,
                _ => None,
            },
            marked: BTreeSet::new(),
            knowledge,
        }
    }

    fn state_holds(&self, condition: StateCondition, tag: u32) -> bool {
        self.marked.contains(&tag) != is_absence(condition.phase)
    }
}

/// Whether ends are in this state before anything has happened to them.
fn is_absence(phase: Phase) -> bool {
    matches!(phase, Phase::Closed | Phase::Listen)
}

impl netsim::Match<Datagram> for Matcher {
    fn matches(&mut self, _now: Instant, frame: &Datagram) -> bool {
        let Match {
            connection,
            flags,
            payload: (least, most),
            state,
            direction,
            incarnation,
            entry,
            ..
        } = self.pattern;
        let segment = &frame.packet.segment;
        let tag = frame.tag().0;
        connection.is_none_or(|connection| connection.0 == tag as usize)
            && flags.matches(segment.flags)
            && (least..=most).contains(&segment.text.len)
            && state.is_none_or(|condition| self.state_holds(condition, tag))
            && entry.is_none_or(|entry| entry == frame.entry)
            && direction.is_none_or(|way| self.knowledge.borrow().direction(frame) == way)
            && incarnation.is_none_or(|number| self.knowledge.borrow().incarnation(tag) == number)
            && self
                .corrupts
                .is_none_or(|field| field.bits(segment).is_some())
    }

    fn rewrite(&mut self, _now: Instant, frame: &mut Datagram) {
        if let Some(rewrite) = self.rewrite {
            rewrite.apply(&mut frame.packet.segment);
        }
    }

    fn on_signal(&mut self, _now: Instant, signal: Signal) {
        let Some(StateCondition { host, phase }) = self.pattern.state else {
            return;
        };
        let (at, entered) = signal_meaning(signal.name);
        if at != host {
            return;
        }
        let is_marked = if is_absence(phase) {
            !is_absence(entered)
        } else {
            entered == phase
        };
        if is_marked {
            self.marked.insert(signal.subject);
        } else {
            self.marked.remove(&signal.subject);
        }
    }
}
