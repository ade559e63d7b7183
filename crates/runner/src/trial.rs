//! One run: a plan, a policy and a replication in, everything that was measured out. Pure: no
//! clock, no files, no threads.

use netsim::{Conservation, Instant, ScriptReport, Seed, Simulator, StepLimit, Streams, Stuck};
use tcp_core::{Handshake, Tag};

use crate::census::Imbalance;
use crate::effort::Effort;
use crate::expect::{self, Verdict};
use crate::faults::Faults;
use crate::host::{Host, HostError};
use crate::metrics::Measurements;
use crate::plan::{HostId, Plan};
use crate::recorder::{Recorder, SharedRecorder, Troubles};
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
    /// SHA-256 over everything that happened.
    pub digest: [u8; 32],
    /// All metrics.
    pub measurements: Measurements,
    /// Verdicts on the expectations about single runs (states, segments): one for each of these
    /// checks of this policy, in the order of the plan.
    pub verdicts: Vec<Verdict>,
    /// What the scripted faults did.
    pub faults: ScriptReport,
    /// What became of all frames.
    pub conservation: Conservation,
    /// The history of the incarnations that were asked for.
    pub trace: Trace,
    /// The connections that something befell.
    pub troubles: Troubles,
    /// How much there was to do.
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
    /// Runs it. The histories of the scripted connections are kept if an expectation of this
    /// policy looks at them; `shown` names further incarnations whose history is wanted.
    ///
    /// # Errors
    /// See [`TrialError`]; none of them is the experiment's fault, except a run that goes on for
    /// ever.
    pub fn run(self, plan: &Plan, shown: &[Tag]) -> Result<Outcome, TrialError> {
        let seed = Seed {
            root: plan.run.seed,
            replication: self.replication,
        };
        let workload = Workload::new(plan, &mut Streams::new(seed))?;
        let mut followed = shown.to_vec();
        if expect::look_at_histories(plan, self.policy) {
            followed.extend((0..plan.connections.len()).map(Workload::scripted_tag));
            followed.sort_unstable();
            followed.dedup();
        }
        let recorder = SharedRecorder::new(Recorder::new(plan, followed));
        let director = Faults::new(plan, seed, recorder.clone())?;
        let mut simulator = Simulator::new(seed, director, recorder.clone());
        for index in 0..plan.hosts.len() {
            let host = HostId(index);
            let host = Host::new(host, &workload, self.policy, seed, recorder.clone())?;
            simulator.add_node(host);
        }
        for link in &plan.links {
            simulator.add_link(&link.config)?;
        }
        let end = Instant::ZERO.saturating_add(plan.run.until);
        for part in 1..=PARTS {
            let until = plan.run.until / PARTS * part;
            simulator.run_until(Instant::ZERO.saturating_add(until), MOST_STEPS)?;
        }
        simulator.run_until(end, MOST_STEPS)?;
        let conservation = simulator.conservation();
        if !conservation.is_balanced() {
            return Err(TrialError::Conservation(conservation));
        }
        let events = simulator.steps();
        let (hosts, director, _) = simulator.into_parts();
        let faults = director.report();
        let digest = recorder.borrow().finish(end);
        let recorder = recorder.borrow();
        recorder
            .census()
            .verify(end, hosts.iter().map(Host::ends_alive).sum())?;
        Ok(Outcome {
            digest,
            measurements: Measurements::take(&recorder, end),
            verdicts: expect::judge_history(plan, self.policy, &recorder),
            faults,
            conservation,
            trace: recorder.trace().clone(),
            troubles: *recorder.troubles(),
            effort: Effort {
                connections: hosts.iter().map(Host::opens).sum(),
                events,
            },
        })
    }
}
