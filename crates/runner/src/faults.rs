//! From the faults of a plan to a script that the network executes.

mod forgery;
mod matcher;

use std::cell::RefCell;
use std::rc::Rc;

use netsim::{
    Command, ConfigError, Director, Fate, FrameId, Instant, LinkId, Script, ScriptReport, Seed,
    Signal, Subject, Trigger, Verdict,
};

use crate::host::{Datagram, signal_name};
use crate::plan::{Action, Fault, Field, Moment, Occurrence, Plan};
use crate::recorder::SharedRecorder;
use crate::workload::Workload;

use matcher::{Knowledge, Matcher};

/// The scripted faults of one run. Tells the recorder which of them acted on which frame.
#[derive(Debug)]
pub struct Faults<'p> {
    plan: &'p Plan,
    script: Script<Datagram, Matcher>,
    recorder: SharedRecorder,
    knowledge: Rc<RefCell<Knowledge>>,
    /// What each fault does.
    actions: Vec<Action>,
    /// Injections that could not be made.
    unforged: Vec<String>,
}

impl<'p> Faults<'p> {
    /// The faults of a plan.
    ///
    /// # Errors
    /// If the network refuses the script; a plan has been checked for that.
    pub fn new(
        workload: &Workload<'p>,
        seed: Seed,
        recorder: SharedRecorder,
    ) -> Result<Faults<'p>, ConfigError> {
        let plan = workload.plan();
        let knowledge = Rc::new(RefCell::new(Knowledge::new(plan)));
        let faults = plan.faults.iter().map(|fault| {
            let matcher = Matcher::new(fault, Rc::clone(&knowledge));
            compile(plan, fault, matcher)
        });
        Ok(Faults {
            plan,
            script: Script::new(seed, faults.collect(), forgery::injections(workload))?,
            recorder,
            knowledge,
            unforged: Vec::new(),
            actions: plan
                .faults
                .iter()
                .map(|fault| fault.action.clone())
                .collect(),
        })
    }

    /// What the script did and did not do.
    pub fn report(&self) -> ScriptReport {
        let mut report = self.script.report();
        report.pending.extend_from_slice(&self.unforged);
        report
    }
}

impl Director<Datagram> for Faults<'_> {
    fn verdict(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        frame: &mut Datagram,
    ) -> Verdict {
        self.knowledge.borrow_mut().learn(frame);
        let verdict = self.script.verdict(now, link, id, frame);
        let Some(fault) = self.script.last_hit() else {
            return verdict;
        };
        let mut recorder = self.recorder.borrow();
        recorder.hit(id, fault, frame);
        match (&self.actions[fault], verdict) {
            (Action::Rewrite(_), _) => recorder.rewritten(now, id, fault, frame),
            (Action::Corrupt(Some(field)), Verdict::Corrupt(draw)) => {
                return Verdict::Corrupt(bit_of(*field, frame, draw));
            }
            _ => {}
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
        loop {
            let mut command = self.script.poll_command(now)?;
            let Some(frame) = forgery::forged(&mut command) else {
                return Some(command);
            };
            if forgery::complete(now, self.plan, &self.recorder, frame) {
                return Some(command);
            }
            let forged = Workload::injection(self.plan, frame.tag());
            self.unforged
                .extend(forged.map(|injection| injection.id.clone()));
        }
    }
}

fn compile(plan: &Plan, fault: &Fault, matcher: Matcher) -> netsim::Fault<Matcher> {
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

/// The bit that a draw chooses among those of a field.
fn bit_of(field: Field, frame: &Datagram, draw: u64) -> u64 {
    match field.bits(&frame.packet.segment) {
        Some((first, count)) => u64::from(first) + draw % u64::from(count),
        None => draw,
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
        Action::Corrupt(_) => netsim::Action::Corrupt,
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
