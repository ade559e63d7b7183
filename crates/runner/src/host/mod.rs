//! A host: a TCP endpoint and its applications, as a node of the network.
//!
//! This is the one place where an [`Endpoint`] and the simulator meet. Their clocks are two types
//! with one meaning, nanoseconds since the start of the run; they are converted here.

mod accepting;
mod app;
mod apps;
mod counting;
mod crash;
mod flood;
mod frame;
mod hearing;
mod listing;
mod node;
mod opening;
mod patience;
mod routes;
mod tasks;
mod telling;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use netsim::{Instant, Seed, Signal};
use tcp_core::{
    ConfigError, ConfigId, ConnectionId, Counters, Endpoint, Flow, Handshake, ListenError, Phase,
    Reason, Secret, SeqNum, Tag, Transition,
};

use crate::plan::{self, End, HostId};
use crate::recorder::{Count, SharedRecorder};
use crate::trace::Move;
use crate::workload::{Arrival, Workload};

use accepting::Acceptor;
use app::App;
use apps::Apps;
use counting::Baseline;
pub use frame::Datagram;
pub use listing::{Listener, Listing};
use opening::Awaiting;
use routes::Routes;
use tasks::Tasks;

/// What the endpoint's clock shows: the time since the start of the run, or since the restart of a
/// host whose clock has lost its count.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// When it showed zero, in nanoseconds.
    zero: u64,
}

impl Clock {
    /// The endpoint's name for a moment of the simulator's.
    fn core(self, now: Instant) -> tcp_core::Instant {
        tcp_core::Instant::from_nanos(now.as_nanos() - self.zero)
    }

    /// The simulator's name for a moment of the endpoint's.
    fn net(self, at: tcp_core::Instant) -> Instant {
        Instant::from_nanos(at.as_nanos().saturating_add(self.zero))
    }
}

/// The signal that an end at this host has entered a state.
pub fn signal_name(host: HostId, phase: Phase) -> u32 {
    (host.0 * Phase::ALL.len()) as u32 + phase as u32
}

/// The host and the state that a signal is about.
pub fn signal_meaning(name: u32) -> (HostId, Phase) {
    let count = Phase::ALL.len();
    let (phase, _) = Phase::ALL[name as usize % count];
    (HostId(name as usize / count), phase)
}

/// Why a host cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A choice of its TCP is out of range.
    #[error("host {0}: {1}")]
    Config(String, ConfigError),
    /// It cannot listen on a port.
    #[error("host {0}, port {1}: {2}")]
    Listen(String, u16, ListenError),
}

/// What an application does later.
#[derive(Clone, Copy, Debug)]
enum Task {
    /// Open this end of the scripted connection of this index.
    Open(usize, End),
    /// Open the next connection of the load of this index.
    Arrive(usize, Arrival),
    /// The server of the scripted connection of this index gets its initial sequence number.
    ScriptIss(Flow, SeqNum),
    /// Accept connections that wait.
    Accept,
    /// Abort an OPEN that has not succeeded yet.
    GiveUp(ConnectionId),
    /// Open again for the user of a load.
    Retry(Tag),
    Send(ConnectionId, u64),
    Close(ConnectionId),
}

/// What a host knows of an incarnation.
#[derive(Clone, Copy, Debug, Default)]
struct Seat {
    /// Entries that its SYNs have made here.
    entries: u32,
    /// Whether it was opened here.
    is_client: bool,
    /// Octets of its stream that any entry has delivered to the application.
    delivered: u64,
}

/// One machine of a run.
#[derive(Debug)]
pub struct Host<'p> {
    id: HostId,
    clock: Clock,
    endpoint: Endpoint,
    workload: &'p Workload<'p>,
    recorder: SharedRecorder,
    /// Whether the recorder keeps a log.
    has_log: bool,
    routes: Routes,
    /// The ports that are listened on, in ascending order.
    ports: Vec<u16>,
    tasks: Tasks<Task>,
    apps: Apps,
    seats: Vec<Seat>,
    /// For each load that opens here: how many connections each client has opened.
    opened: BTreeMap<usize, Vec<u64>>,
    /// Successful OPENs, and SYNs of floods.
    opens: u64,
    /// Whether it sends on what is for others.
    forwards: bool,
    /// What waits to be sent past the endpoint: SYNs of floods, and what is sent on.
    outbox: VecDeque<Datagram>,
    signals: VecDeque<Signal>,
    /// Whether anyone listens to signals.
    signals_matter: bool,
    /// The key of the last packet that was processed, and the entry that sent it (0 outside of
    /// processing one).
    provoked_by: u64,
    answering: u32,
    /// When the packet in process was sent.
    hearing_since: Option<Instant>,
    /// The policy of its listeners. Its clients know of one only, Fast Open: they hand over with
    /// OPEN what they send at once (RFC 7413).
    policy: Handshake,
    /// The age of segments that the policy takes to be impossible, if it has such an assumption.
    assumed_lifetime: Option<Duration>,
    alien_octets: u64,
    challenge_acks: u64,
    baseline: Baseline,
    /// What the endpoint before a crash had counted when periods began, and in all.
    retired: Option<(Baseline, Counters)>,
    /// How its applications accept, unless they do so at once.
    acceptor: Option<Acceptor>,
    running: Running,
    seed: Seed,
    /// OPENs that wait for a connection of this host to enter a state.
    awaiting: Vec<Awaiting>,
}

/// Whether a host runs. It crashes once at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Running {
    /// It never loses power.
    Throughout,
    /// It has not lost power yet, as far as it has noticed.
    FromTheStart,
    /// Not until this time; `None`: never again.
    NotUntil(Option<Instant>),
    Again,
}

impl<'p> Host<'p> {
    /// A host of the plan, listening under this policy, its applications' first tasks at hand.
    ///
    /// # Errors
    /// If the endpoint refuses its configuration; a plan has been checked for that.
    pub fn new(
        id: HostId,
        workload: &'p Workload<'p>,
        policy: Handshake,
        seed: Seed,
        recorder: SharedRecorder,
    ) -> Result<Host<'p>, HostError> {
        let plan = workload.plan();
        let spec = plan.host(id);
        let endpoint = boot(spec, policy, seed, 0)?;
        let has_log = recorder.borrow().has_log();
        let mut host = Host {
            id,
            clock: Clock::default(),
            endpoint,
            workload,
            recorder,
            has_log,
            routes: Routes::new(plan, id),
            ports: spec.passive_open.clone(),
            tasks: Tasks::new(),
            apps: Apps::default(),
            seats: Vec::new(),
            opened: BTreeMap::new(),
            opens: 0,
            forwards: spec.forward,
            outbox: VecDeque::new(),
            signals: VecDeque::new(),
            signals_matter: !plan.faults.is_empty() || !plan.injections.is_empty(),
            provoked_by: 0,
            answering: 0,
            hearing_since: None,
            policy,
            assumed_lifetime: policy.assumed_lifetime(&spec.config),
            alien_octets: 0,
            challenge_acks: 0,
            baseline: Baseline::default(),
            retired: None,
            acceptor: spec.accept_rate.map(Acceptor::new),
            running: if spec.power_off.is_some() {
                Running::FromTheStart
            } else {
                Running::Throughout
            },
            seed,
            awaiting: Vec::new(),
        };
        host.plan_first_tasks();
        Ok(host)
    }

    /// TCBs and entries that are alive: none once the power is gone.
    pub fn ends_alive(&self) -> u64 {
        if self.is_off() {
            0
        } else {
            self.endpoint.entry_count() as u64
        }
    }

    /// Connections opened here so far, and SYNs that were sent in a flood.
    pub fn opens(&self) -> u64 {
        self.opens
    }

    fn plan_task(&mut self, at: Instant, task: Task) {
        self.tasks.plan(at, task);
    }

    fn seat(&mut self, tag: Tag) -> &mut Seat {
        let index = tag.0 as usize;
        if index >= self.seats.len() {
            self.seats.resize(index + 1, Seat::default());
        }
        &mut self.seats[index]
    }

    /// Carries out the tasks that are due.
    fn run_tasks(&mut self, now: Instant) {
        while let Some(task) = self.tasks.take_due(now) {
            match task {
                Task::Open(index, end) => self.open_scripted(now, index, end),
                Task::Arrive(load, arrival) => {
                    self.open_for_load(now, load, &arrival);
                    self.plan_arrival(load, Some(&arrival));
                }
                Task::ScriptIss(flow, iss) => self.endpoint.script_iss(flow, iss),
                Task::Send(id, bytes) => self.app_sends(now, id, bytes),
                Task::Accept => self.accept_next(now),
                Task::GiveUp(id) => self.give_up(now, id),
                Task::Retry(tag) => self.retry(now, tag),
                Task::Close(id) => self.app_closes(now, id),
            }
            self.settle(now);
        }
    }

    /// Takes everything that the endpoint has to say except packets, until it is silent; says
    /// whether there was anything.
    #[inline]
    fn settle(&mut self, now: Instant) -> bool {
        // Most often there is nothing.
        let has_news = self.endpoint.has_news();
        if has_news {
            self.take_news(now);
        }
        self.note_counters();
        has_news
    }

    fn take_news(&mut self, now: Instant) {
        while self.endpoint.has_news() {
            while let Some(transition) = self.endpoint.poll_transition() {
                self.note(now, &transition);
            }
            while let Some(event) = self.endpoint.poll_event() {
                self.react(now, event);
            }
        }
    }

    /// Tells the recorder and the faults of a change of state.
    fn note(&mut self, now: Instant, transition: &Transition) {
        let (id, answering) = (self.id, self.answering);
        let Transition {
            tag,
            flow,
            from,
            to,
            reason,
            ..
        } = *transition;
        let seat = self.seat(tag);
        let is_server = !seat.is_client;
        let (end, entry) = if is_server {
            seat.entries += u32::from(from == Phase::Listen || reason == Reason::Open);
            (End::Server, seat.entries)
        } else {
            (End::Client, answering)
        };
        // With Fast Open an application has its connection already in SYN-RECEIVED.
        if is_server
            && matches!(to, Phase::SynReceived | Phase::Established)
            && let Some(connection) = transition.id
            && self.apps.get(connection).is_none()
        {
            let part = self.workload.part(tag, End::Server);
            let app = App::new(tag, End::Server, entry, part);
            self.apps.insert(connection, app);
        }
        let is_listening = self.ports.binary_search(&flow.local.port()).is_ok();
        let shown = |phase| match phase {
            Phase::Closed if is_listening => Phase::Listen,
            other => other,
        };
        let is_new = matches!(from, Phase::Listen | Phase::Closed);
        let change = Move {
            host: id,
            end,
            flow,
            iss: transition.isns.0.filter(|_| is_new).map(|iss| iss.0),
            from: shown(from),
            to: shown(to),
            reason: Some(reason),
        };
        self.recorder.borrow().changed(now, tag, entry, change);
        if !self.awaiting.is_empty() {
            self.wake_opens(now, tag, [to, shown(to)]);
        }
        self.emit(to, tag);
        if shown(to) != to {
            self.emit(shown(to), tag);
        }
    }

    fn emit(&mut self, phase: Phase, tag: Tag) {
        if self.signals_matter {
            let name = signal_name(self.id, phase);
            self.signals.push_back(Signal {
                name,
                subject: tag.0,
            });
        }
    }

    /// Tells the recorder what the endpoint has counted since the last time.
    fn note_counters(&mut self) {
        let counters = self.endpoint.counters();
        let (alien, challenges) = (counters.AlienOctets, counters.TCPChallengeACK);
        if (alien, challenges) == (self.alien_octets, self.challenge_acks) {
            return;
        }
        let mut recorder = self.recorder.borrow();
        recorder.count(Count::DuplicateBytes, alien - self.alien_octets);
        recorder.count(Count::ChallengeAcks, challenges - self.challenge_acks);
        (self.alien_octets, self.challenge_acks) = (alien, challenges);
    }

    /// Whether the packet in process is older than the policy takes a packet to become.
    fn hears_the_impossible(&self, now: Instant) -> bool {
        let sent = self.hearing_since.map(Instant::as_nanos);
        match (sent, self.assumed_lifetime) {
            (Some(sent), Some(limit)) => u128::from(now.as_nanos() - sent) > limit.as_nanos(),
            _ => false,
        }
    }
}

/// A TCP that has just started and listens. Its secret is drawn anew at each boot, of which this is
/// number `boot` from 0.
fn boot(
    spec: &plan::Host,
    policy: Handshake,
    seed: Seed,
    boot: u64,
) -> Result<Endpoint, HostError> {
    let stream = seed.stream(&format!("host {} / secret", spec.name));
    let (low, high) = stream.draw_pair(boot, 0);
    let secret = Secret((u128::from(high) << 64 | u128::from(low)).to_le_bytes());
    let mut endpoint = Endpoint::new(spec.config.clone(), secret)
        .map_err(|error| HostError::Config(spec.name.clone(), error))?;
    for &port in &spec.passive_open {
        let mut listen = spec.listen;
        listen.policy = policy;
        for &address in &spec.addresses {
            let local = SocketAddr::new(address, port);
            endpoint
                .listen(local, listen, ConfigId::DEFAULT)
                .map_err(|error| HostError::Listen(spec.name.clone(), port, error))?;
        }
    }
    Ok(endpoint)
}
