//! From the faults of a plan to a script that the network executes.

use std::collections::BTreeSet;

use netsim::{
    Command, ConfigError, Director, Fate, FrameId, Instant, LinkId, Script, ScriptReport, Seed,
    Signal, Subject, Trigger, Verdict,
};
use tcp_core::Phase;

use crate::host::{Datagram, signal_meaning, signal_name};
use crate::plan::{Action, Fault, Match, Moment, Occurrence, Plan, Rewrite, StateCondition};
use crate::recorder::SharedRecorder;

/// The scripted faults of one run. Tells the recorder which of them acted on which frame.
#[derive(Debug)]
pub struct Faults {
    script: Script<Datagram, Matcher>,
    recorder: SharedRecorder,
    /// Of each fault, whether it changes headers.
    rewriting: Vec<bool>,
}

impl Faults {
    /// The faults of a plan.
    ///
    /// # Errors
    /// If the network refuses the script; a plan has been checked for that.
    pub fn new(plan: &Plan, seed: Seed, recorder: SharedRecorder) -> Result<Faults, ConfigError> {
        let faults = plan.faults.iter().map(|fault| compile(plan, fault));
        let script = Script::new(seed, faults.collect(), Vec::new())?;
        let faults = plan.faults.iter();
        let rewriting = faults.map(|fault| matches!(fault.action, Action::Rewrite(_)));
        Ok(Faults {
            script,
            recorder,
            rewriting: rewriting.collect(),
        })
    }

    /// What the script did and did not do.
    pub fn report(&self) -> ScriptReport {
        self.script.report()
    }
}

impl Director<Datagram> for Faults {
    fn verdict(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        frame: &mut Datagram,
    ) -> Verdict {
        let verdict = self.script.verdict(now, link, id, frame);
        if let Some(fault) = self.script.last_hit() {
            let mut recorder = self.recorder.borrow();
            recorder.hit(id, fault, frame);
            if self.rewriting[fault] {
                recorder.rewritten(now, id, fault, frame);
            }
        }
        verdict
    }

    fn on_signal(&mut self, now: Instant, signal: Signal) {
        self.script.on_signal(now, signal);
    }

    fn on_fate(&mut self, now: Instant, id: FrameId, fate: Fate) {
        self.script.on_fate(now, id, fate);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.script.next_deadline()
    }

    fn poll_command(&mut self, now: Instant) -> Option<Command<Datagram>> {
        self.script.poll_command(now)
    }
}

/// The conditions of a fault that only the runner understands.
#[derive(Clone, Debug)]
struct Matcher {
    pattern: Match,
    /// How the segment is changed, if the fault does that.
    rewrite: Option<Rewrite>,
    /// The incarnations whose end is in the state that the pattern asks for, or, if absence of an
    /// entry is asked for, those that are not.
    marked: BTreeSet<u32>,
}

impl Matcher {
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
            ..
        } = self.pattern;
        let segment = &frame.packet.segment;
        let tag = frame.tag().0;
        connection.is_none_or(|connection| connection.0 == tag as usize)
            && flags.matches(segment.flags)
            && (least..=most).contains(&segment.text.len)
            && state.is_none_or(|condition| self.state_holds(condition, tag))
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

fn compile(plan: &Plan, fault: &Fault) -> netsim::Fault<Matcher> {
    let matcher = Matcher {
        pattern: fault.pattern.clone(),
        rewrite: match fault.action {
            Action::Rewrite(rewrite) => Some(rewrite),
            _ => None,
        },
        marked: BTreeSet::new(),
    };
    let occurrences = match &fault.nth {
        Occurrence::Every => netsim::Occurrences::All,
        Occurrence::Listed(list) => {
            netsim::Occurrences::List(list.iter().copied().map(u64::from).collect())
        }
    };
    netsim::Fault {
        link: fault.pattern.link.map(|link| LinkId(link.0 as u32)),
        occurrences,
        window: fault.pattern.window,
        probability: fault.probability,
        ..netsim::Fault::new(fault.id.clone(), matcher, action(plan, &fault.action))
    }
}

fn action(plan: &Plan, action: &Action) -> netsim::Action {
    match action {
        Action::Drop => netsim::Action::Drop,
        Action::DelayBy(span) => netsim::Action::Delay(*span),
        Action::HoldUntil(moment) => netsim::Action::Hold(trigger(plan, moment)),
        Action::Replay(moment) => netsim::Action::Replay(trigger(plan, moment)),
        Action::Duplicate { copies, spacing } => netsim::Action::Duplicate {
            copies: *copies,
            spacing: *spacing,
        },
        Action::Corrupt => netsim::Action::Corrupt,
        Action::Rewrite(_) => netsim::Action::Rewrite,
    }
}

fn trigger(plan: &Plan, moment: &Moment) -> Trigger {
    match moment {
        Moment::At(at) => Trigger::At(Instant::ZERO.saturating_add(*at)),
        Moment::Enters { host, phase, plus } => Trigger::Signal {
            name: signal_name(*host, *phase),
            subject: Subject::Own,
            plus: *plus,
        },
        Moment::Fate {
            fault,
            ending,
            plus,
        } => Trigger::Fault {
            id: plan.faults[*fault].id.clone(),
            ending: *ending,
            plus: *plus,
        },
    }
}
