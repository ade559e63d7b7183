//! One run: a plan, a policy and a replication in, everything that was measured out. Pure: no
//! clock, no files, no threads.

use netsim::{
    Conservation, Instant, NodeId, Observer, ScriptReport, Seed, Simulator, StepLimit, Streams,
    Stuck,
};
use tcp_core::{Handshake, Tag};

use crate::capture::{Capture, Tap, Tapped};
use crate::census::{Detail, Imbalance};
use crate::effort::Effort;
use crate::events::{Log, Logged};
use crate::expect::{self, Verdict};
use crate::faults::Faults;
use crate::host::{Datagram, Host, HostError};
use crate::metrics::{Kernel, Measurements};
use crate::plan::{HostId, Plan};
use crate::recorder::{Recorder, SharedRecorder, Troubles};
use crate::snapshot::Snapshot;
use crate::trace::Trace;
use crate::workload::Workload;

/// Parts of equal virtual time into which a run is cut, so that an exchange that goes on for ever
/// in no time is found long before the steps of a whole run are used up.
const PARTS: u32 = 256;
/// Most steps of one part: enough for some five million connections.
const MOST_STEPS: StepLimit = StepLimit(50_000_000);

/// Which run of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The handshake policy of all listeners.
    pub policy: Handshake,
    /// The number of the replication, from 0.
    pub replication: u32,
}

/// What a run has measured.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Of everything that happened.
    pub digest: [u8; 32],
    /// All metrics.
    pub measurements: Measurements,
    /// Bytes that applications read and that nobody had delivered before, since measuring began.
    pub useful_bytes: u64,
    /// Verdicts on the expectations about single runs (states, segments): one for each of these
    /// checks of this policy, in the order of the plan.
    pub verdicts: Vec<Verdict>,
    /// What the scripted faults did.
    pub faults: ScriptReport,
    /// What became of all frames.
    pub conservation: Conservation,
    /// The history of the incarnations that were asked for.
    pub trace: Trace,
    /// Lifetimes and series, of the first replication only.
    pub detail: Option<Detail>,
    /// The connections that something befell.
    pub troubles: Troubles,
    /// How much there was to do, in the run without faults, too, if there was one.
    pub effort: Effort,
}

/// Why a run has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// A configuration was refused, although the plan was checked.
    #[error(transparent)]
    Config(#[from] netsim::ConfigError),
    /// A host could not be set up.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The run went on for ever.
    #[error(transparent)]
    Stuck(#[from] Stuck),
    /// The census does not add up.
    #[error("the census does not add up: {0}")]
    Census(#[from] Imbalance),
    /// Frames were lost from the books.
    #[error("frames do not add up: {0}")]
    Conservation(Conservation),
}

impl Trial {
    /// Runs it. The histories of these incarnations are kept. If the plan names a metric that sets
    /// the run against the same one without faults, that is run as well, before it.
    ///
    /// # Errors
    /// See [`TrialError`]; none of them is the experiment's fault, except a run that goes on for
    /// ever.
    pub fn run(self, plan: &Plan, followed: &[Tag]) -> Result<Outcome, TrialError> {
        if !plan.is_paired() {
            return self.run_alone(plan, followed, None);
        }
        let faultless = self.run_alone(&plan.without_faults(), &[], None)?;
        let mut outcome = self.run_alone(plan, followed, Some(faultless.useful_bytes))?;
        outcome.effort += faultless.effort;
        Ok(outcome)
    }

    /// Runs it as a pilot, of which only the course matters: nothing is set against it.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn pilot(self, plan: &Plan) -> Result<Outcome, TrialError> {
        self.run_alone(plan, &[], None)
    }

    /// One run. `faultless_bytes` is what applications read in the same run without faults, if there
    /// was one.
    fn run_alone(
        self,
        plan: &Plan,
        followed: &[Tag],
        faultless_bytes: Option<u64>,
    ) -> Result<Outcome, TrialError> {
        let workload = Workload::new(plan, &mut Streams::new(self.seed(plan)))?;
        // The first replication is the one that is looked at.
        let record = if self.replication == 0 {
            Recorder::with_series(plan, followed.to_vec())
        } else {
            Recorder::new(plan, followed.to_vec())
        };
        let recorder = SharedRecorder::new(record);
        let mut simulator = self.set_up(&workload, &recorder, recorder.clone())?;
        let warm = Instant::ZERO.saturating_add(plan.run.warmup.time());
        for part in 1..=PARTS {
            let (from, end) = (end_of(plan, part - 1), end_of(plan, part));
            if from < warm && warm <= end {
                // What happens at its very end is measured already.
                let before = Instant::from_nanos(warm.as_nanos().saturating_sub(1));
                simulator.run_until(before, MOST_STEPS)?;
                recorder.borrow().begin_measuring(warm);
            }
            simulator.run_until(end, MOST_STEPS)?;
        }
        let end = end_of(plan, PARTS);
        let conservation = simulator.conservation();
        if !conservation.is_balanced() {
            return Err(TrialError::Conservation(conservation));
        }
        let events = simulator.steps();
        let (mut hosts, director, _) = simulator.into_parts();
        let faults = director.report();
        let mut kernel = Kernel::default();
        for host in &mut hosts {
            host.add_kernel_counters(&mut kernel);
        }
        let digest = recorder.borrow().finish(end);
        let recorder = recorder.borrow();
        recorder
            .census()
            .verify(end, hosts.iter().map(Host::ends_alive).sum())?;
        Ok(Outcome {
            digest,
            measurements: Measurements::take(&recorder, &kernel, faultless_bytes, end),
            useful_bytes: recorder
                .totals(end)
                .since(&recorder.start().totals)
                .useful_bytes(),
            verdicts: expect::judge_history(plan, self.policy, &recorder),
            faults,
            conservation,
            trace: recorder.trace().clone(),
            detail: recorder.census().detail(),
            troubles: *recorder.troubles(),
            effort: Effort {
                connections: hosts.iter().map(Host::opens).sum(),
                events,
            },
        })
    }

    /// The history of an incarnation that is not scripted, from a run that ends as soon as nothing
    /// of it is left.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn history(self, plan: &Plan, tag: Tag) -> Result<Trace, TrialError> {
        let workload = Workload::new(plan, &mut Streams::new(self.seed(plan)))?;
        let recorder = SharedRecorder::new(Recorder::new(plan, vec![tag]));
        let mut simulator = self.set_up(&workload, &recorder, recorder.clone())?;
        for part in 1..=PARTS {
            simulator.run_until(end_of(plan, part), MOST_STEPS)?;
            if is_over(plan, &recorder.borrow(), tag) {
                break;
            }
        }
        // What is cut at the end of the run is part of the history.
        recorder.borrow().finish(end_of(plan, PARTS));
        let recorder = recorder.borrow();
        Ok(recorder.trace().clone())
    }

    /// Every frame of the run.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn capture(self, plan: &Plan) -> Result<Capture, TrialError> {
        let workload = Workload::new(plan, &mut Streams::new(self.seed(plan)))?;
        let recorder = SharedRecorder::new(Recorder::new(plan, Vec::new()));
        let tap = Tap::new(plan);
        let observer = Tapped {
            recorder: recorder.clone(),
            tap: tap.clone(),
        };
        let mut simulator = self.set_up(&workload, &recorder, observer)?;
        for part in 1..=PARTS {
            simulator.run_until(end_of(plan, part), MOST_STEPS)?;
        }
        Ok(tap.into_capture())
    }

    /// Everything that happens in the run.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn events(self, plan: &Plan) -> Result<Log, TrialError> {
        let workload = Workload::new(plan, &mut Streams::new(self.seed(plan)))?;
        let recorder = SharedRecorder::new(Recorder::with_log(plan));
        let mut simulator = self.set_up(&workload, &recorder, Logged(recorder.clone()))?;
        for part in 1..=PARTS {
            simulator.run_until(end_of(plan, part), MOST_STEPS)?;
        }
        // Who loses power when nothing happens any more is noticed at the end.
        recorder.borrow().finish(end_of(plan, PARTS));
        let log = recorder.borrow().take_log();
        Ok(log.unwrap_or_else(|| Log::new(plan)))
    }

    /// What the hosts have at the times of the plan's snapshots, from a run of its own.
    ///
    /// # Errors
    /// As for [`Trial::run`].
    pub fn snapshots(self, plan: &Plan) -> Result<Vec<Snapshot>, TrialError> {
        let workload = Workload::new(plan, &mut Streams::new(self.seed(plan)))?;
        let recorder = SharedRecorder::new(Recorder::new(plan, Vec::new()));
        let mut simulator = self.set_up(&workload, &recorder, recorder.clone())?;
        let mut snapshots = Vec::new();
        let mut parts = (1..=PARTS).map(|part| end_of(plan, part)).peekable();
        for &at in &plan.output.snapshots {
            let moment = Instant::ZERO.saturating_add(at);
            while let Some(end) = parts.next_if(|end| *end <= moment) {
                simulator.run_until(end, MOST_STEPS)?;
            }
            simulator.run_until(moment, MOST_STEPS)?;
            let hosts = (0..plan.hosts.len()).map(|host| simulator.node(NodeId(host as u32)));
            let hosts = hosts.map(|host| host.listing(moment)).collect();
            snapshots.push(Snapshot { at, hosts });
        }
        Ok(snapshots)
    }

    fn seed(self, plan: &Plan) -> Seed {
        Seed {
            root: plan.run.seed,
            replication: self.replication,
        }
    }

    /// The network before the run.
    fn set_up<'p, O: Observer<Datagram>>(
        self,
        workload: &'p Workload<'p>,
        recorder: &SharedRecorder,
        observer: O,
    ) -> Result<Simulator<Host<'p>, Faults<'p>, O>, TrialError> {
        let plan = workload.plan();
        let seed = self.seed(plan);
        let director = Faults::new(workload, seed, recorder.clone())?;
        let mut simulator = Simulator::new(seed, director, observer);
        for index in 0..plan.hosts.len() {
            let host = HostId(index);
            let host = Host::new(host, workload, self.policy, seed, recorder.clone())?;
            simulator.add_node(host);
        }
        for link in &plan.links {
            simulator.add_link(&link.config)?;
        }
        Ok(simulator)
    }
}

/// The end of a part of the run.
fn end_of(plan: &Plan, part: u32) -> Instant {
    let until = if part == PARTS {
        plan.run.until
    } else {
        plan.run.until / PARTS * part
    };
    Instant::ZERO.saturating_add(until)
}

/// Whether nothing can happen to an incarnation any more: it has begun, neither end is left, and no
/// segment of it is under way or kept by a fault.
fn is_over(plan: &Plan, recorder: &Recorder, tag: Tag) -> bool {
    let is_undisturbed = plan.faults.is_empty()
        && plan.injections.is_empty()
        && plan.hosts.iter().all(|host| host.power_off.is_none());
    let trace = recorder.trace();
    is_undisturbed
        && !trace.entries.is_empty()
        && recorder.census().phases(tag) == (None, None)
        && trace.frames_under_way() == 0
}
