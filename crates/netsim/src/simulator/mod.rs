//! The loop: events in order of time, frames before timers, each node drained after each step.

mod deadlines;
mod flight;
mod stuck;

use std::collections::BTreeMap;

use crate::conservation::Conservation;
use crate::director::{Command, Director, Fate};
use crate::error::ConfigError;
use crate::frame::{Frame, FrameId, LinkId, NodeId};
use crate::link::{Link, LinkConfig};
use crate::node::Node;
use crate::observer::{DropReason, Observer};
use crate::queue::EventQueue;
use crate::rng::{Seed, Streams};
use crate::slab::Slab;
use crate::time::Instant;

use deadlines::Deadlines;
use flight::{Flight, Stage};
use stuck::Recent;
pub use stuck::{Event, EventKind, StepLimit, Stuck, StuckReason};

/// A network of nodes and links, in virtual time.
///
/// At one instant the director's commands come first, then frames in the order in which their
/// events were scheduled, then nodes' deadlines in the order of the nodes. Events at
/// [`Instant::MAX`] never happen.
#[derive(Clone, Debug)]
pub struct Simulator<N: Node, D = (), O = ()> {
    now: Instant,
    nodes: Vec<N>,
    links: Vec<Link>,
    link_names: Vec<String>,
    streams: Streams,
    deadlines: Deadlines,
    queue: EventQueue,
    flights: Slab<Flight<N::Frame>>,
    /// Flights that wait for the director.
    held: BTreeMap<FrameId, u32>,
    next_id: u64,
    counts: Conservation,
    recent: Recent,
    director: D,
    observer: O,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Source {
    Director,
    Queue,
    Deadline,
}

impl<N, D, O> Simulator<N, D, O>
where
    N: Node,
    D: Director<N::Frame>,
    O: Observer<N::Frame>,
{
    /// An empty network.
    pub fn new(seed: Seed, director: D, observer: O) -> Simulator<N, D, O> {
        Simulator {
            now: Instant::ZERO,
            nodes: Vec::new(),
            links: Vec::new(),
            link_names: Vec::new(),
            streams: Streams::new(seed),
            deadlines: Deadlines::new(),
            queue: EventQueue::new(),
            flights: Slab::new(),
            held: BTreeMap::new(),
            next_id: 0,
            counts: Conservation::default(),
            recent: Recent::new(),
            director,
            observer,
        }
    }

    /// Adds a node; they are numbered from 0 in this order.
    pub fn add_node(&mut self, node: N) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    /// Adds a link; they are numbered from 0 in this order.
    ///
    /// # Errors
    /// If an end is no node, the name is taken, or [`LinkConfig::check`] fails.
    pub fn add_link(&mut self, config: &LinkConfig) -> Result<LinkId, ConfigError> {
        for (field, NodeId(node)) in [("from", config.from), ("to", config.to)] {
            if node as usize >= self.nodes.len() {
                let expected = format!("one of the {} nodes", self.nodes.len());
                return Err(ConfigError::new(field, expected, format!("node {node}")));
            }
        }
        if self.link_names.contains(&config.name) {
            let expected = "a name that no other link has";
            return Err(ConfigError::new(
                "name",
                expected,
                format!("{:?}", config.name),
            ));
        }
        self.links.push(Link::new(config, &mut self.streams)?);
        self.link_names.push(config.name.clone());
        Ok(LinkId((self.links.len() - 1) as u32))
    }

    /// The present.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A node.
    ///
    /// # Panics
    /// If it is not of this simulator.
    pub fn node(&self, id: NodeId) -> &N {
        &self.nodes[id.0 as usize]
    }

    /// A node, to be changed between runs: the next run begins by draining every node.
    ///
    /// # Panics
    /// If it is not of this simulator.
    pub fn node_mut(&mut self, id: NodeId) -> &mut N {
        &mut self.nodes[id.0 as usize]
    }

    /// The director.
    pub fn director(&self) -> &D {
        &self.director
    }

    /// The observer.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// The observer, to be read out or replaced between runs.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// The nodes, the director and the observer, when the run is over.
    pub fn into_parts(self) -> (Vec<N>, D, O) {
        (self.nodes, self.director, self.observer)
    }

    /// Steps taken so far: events handled and frames sent.
    pub fn steps(&self) -> u64 {
        self.recent.count()
    }

    /// What became of all frames so far.
    pub fn conservation(&self) -> Conservation {
        let mut counts = self.counts;
        counts.in_flight = (self.flights.len() - self.held.len()) as u64;
        counts.held = self.held.len() as u64;
        counts
    }

    /// Handles every event up to and including `end`, and lets time pass until then.
    ///
    /// # Errors
    /// If that takes more steps than `limit`, or a node does not move its deadline when called. The
    /// network is then between two events, and can be inspected.
    pub fn run_until(&mut self, end: Instant, limit: StepLimit) -> Result<(), Stuck> {
        let last_step = self.recent.count().saturating_add(limit.0);
        let outcome = self.run_steps(end, last_step).map_err(|reason| Stuck {
            at: self.now,
            reason: reason.unwrap_or(StuckReason::StepLimit(limit)),
            last: self.recent.list(),
        });
        debug_assert!(self.conservation().is_balanced(), "{}", self.conservation());
        outcome
    }

    /// The loop of `run_until`; an error without a reason is the step limit.
    fn run_steps(&mut self, end: Instant, last_step: u64) -> Result<(), Option<StuckReason>> {
        self.deadlines.reset(self.nodes.len());
        for node in 0..self.nodes.len() as u32 {
            self.settle(NodeId(node), last_step)?;
        }
        while let Some((at, source)) = self.next_event(end) {
            if self.recent.count() >= last_step {
                return Err(None);
            }
            debug_assert!(at >= self.now, "time does not run backwards");
            self.now = at;
            match source {
                Source::Director => self.obey(),
                Source::Queue => self.advance_flight(last_step)?,
                Source::Deadline => self.fire(last_step)?,
            }
        }
        self.now = self.now.max(end);
        Ok(())
    }

    #[inline]
    fn next_event(&mut self, end: Instant) -> Option<(Instant, Source)> {
        let directed = self.director.next_deadline().unwrap_or(Instant::MAX);
        let frame = self.queue.next_time().unwrap_or(Instant::MAX);
        let deadline = self.deadlines.earliest();
        let (at, source) = if directed <= frame && directed <= deadline {
            (directed, Source::Director)
        } else if frame <= deadline {
            (frame, Source::Queue)
        } else {
            (deadline, Source::Deadline)
        };
        // A director or node that has let its deadline pass is served now.
        (at <= end && at < Instant::MAX).then_some((at.max(self.now), source))
    }

    /// Executes the director's due commands.
    fn obey(&mut self) {
        self.recent.note(self.now, EventKind::Directed);
        while let Some(command) = self.director.poll_command(self.now) {
            match command {
                Command::Release(id) => {
                    if let Some(key) = self.held.remove(&id) {
                        self.release(key);
                    }
                }
                Command::Inject {
                    link,
                    original,
                    frame,
                } => {
                    let id = self.new_id();
                    self.counts.injected += 1;
                    self.observer.injected(self.now, link, id, original, &frame);
                    let key = self.flights.insert(Flight::new(id, link, self.now, frame));
                    if (link.0 as usize) < self.links.len() {
                        self.enter(key);
                    } else {
                        self.lose(key, DropReason::NoRoute);
                    }
                }
            }
        }
    }

    /// The next event of a frame under way.
    fn advance_flight(&mut self, last_step: u64) -> Result<(), Option<StuckReason>> {
        let Some((_, key)) = self.queue.pop() else {
            return Ok(());
        };
        // With a hundred thousand frames in flight this makes a run half as fast again.
        if let Some(keys) = self.queue.fresh_run() {
            self.flights.touch(keys.clone());
            for key in keys {
                let flight = self.flights.get(key);
                let node = self.links[flight.link.0 as usize].to;
                self.nodes[node.0 as usize].expect_frame(&flight.frame);
            }
        }
        let Flight {
            link,
            id,
            sent_at,
            stage,
            ref frame,
        } = *self.flights.get(key);
        match stage {
            Stage::Enter => {
                self.recent.note(self.now, EventKind::Entered(link, id));
                self.release(key);
            }
            Stage::AwaitSlot => {
                self.recent
                    .note(self.now, EventKind::ReadyForSlot(link, id));
                let link = &mut self.links[link.0 as usize];
                let passage = link.leave_slot(self.now, sent_at, frame.wire_len());
                self.follow(key, passage);
            }
            Stage::Lose(reason) => {
                self.recent.note(self.now, EventKind::Lost(link, id));
                self.links[link.0 as usize].forget();
                self.lose(key, reason);
            }
            Stage::Arrive => {
                self.recent.note(self.now, EventKind::Arrived(link, id));
                return self.deliver(key, last_step);
            }
        }
        Ok(())
    }

    fn deliver(&mut self, key: u32, last_step: u64) -> Result<(), Option<StuckReason>> {
        let Flight {
            id,
            link,
            ref frame,
            ..
        } = *self.flights.get(key);
        self.counts.delivered += 1;
        self.observer.delivered(self.now, link, id, frame);
        self.director.on_fate(self.now, id, Fate::Delivered);
        let link = &mut self.links[link.0 as usize];
        link.forget();
        let node = link.to;
        self.nodes[node.0 as usize].on_frame(self.now, frame);
        self.flights.discard(key);
        self.settle(node, last_step)
    }

    /// A node's deadline.
    fn fire(&mut self, last_step: u64) -> Result<(), Option<StuckReason>> {
        let node = self.deadlines.first_node();
        self.recent.note(self.now, EventKind::Fired(node));
        self.nodes[node.0 as usize].on_deadline(self.now);
        self.settle(node, last_step)?;
        let next = self.nodes[node.0 as usize].next_deadline();
        if next.is_some_and(|next| next <= self.now) {
            return Err(Some(StuckReason::DeadlineStands(node)));
        }
        Ok(())
    }

    /// Takes everything that the node has to say, then reads its deadline.
    fn settle(&mut self, id: NodeId, last_step: u64) -> Result<(), Option<StuckReason>> {
        loop {
            let node = &mut self.nodes[id.0 as usize];
            let polled = node.poll_frame(self.now);
            // Signals of the change that made the frame come before it, also those that appear only
            // because it was polled.
            while let Some(signal) = node.poll_signal() {
                self.director.on_signal(self.now, signal);
            }
            let Some((link, frame)) = polled else {
                break;
            };
            if self.recent.count() >= last_step {
                return Err(None);
            }
            self.admit(id, link, frame);
        }
        self.deadlines
            .set(id, self.nodes[id.0 as usize].next_deadline());
        Ok(())
    }

    fn new_id(&mut self) -> FrameId {
        let id = FrameId(self.next_id);
        self.next_id += 1;
        id
    }
}
