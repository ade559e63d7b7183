//! A small network to try impairments on: numbered packets, a host that sends by timetable, and a
//! recorder of everything that happens.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use netsim::{
    DelayConfig, Director, DropReason, Frame, FrameId, Instant, LinkConfig, LinkId, Node, NodeId,
    Observer, Seed, Signal, Simulator, StepLimit,
};

/// A packet with a number; everything that the network may do to it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) number: u64,
    pub(crate) len: u32,
    /// Copy numbers, outermost last.
    pub(crate) copies: Vec<u32>,
    /// Bits flipped.
    pub(crate) flips: Vec<u64>,
    pub(crate) ecn_capable: bool,
    pub(crate) marked: bool,
}

impl Packet {
    pub(crate) fn new(number: u64) -> Packet {
        Packet {
            number,
            len: 100,
            copies: Vec::new(),
            flips: Vec::new(),
            ecn_capable: false,
            marked: false,
        }
    }
}

impl Frame for Packet {
    fn wire_len(&self) -> u32 {
        self.len
    }

    fn key(&self) -> u64 {
        self.copies.iter().fold(self.number, |key, &copy| {
            (key ^ u64::from(copy))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29)
        })
    }

    fn subject(&self) -> u32 {
        self.number as u32
    }

    fn copied(&self, copy: u32) -> Packet {
        let mut twin = self.clone();
        twin.copies.push(copy);
        twin
    }

    fn corrupt(&mut self, draw: u64) {
        self.flips
            .push(netsim::sample::uniform(draw, u64::from(self.len) * 8));
    }

    fn mark_congestion(&mut self) -> bool {
        self.marked = self.ecn_capable;
        self.ecn_capable
    }
}

/// Sends by timetable, remembers what it receives, and says so by signals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    timetable: VecDeque<(Instant, LinkId, Packet)>,
    outbox: VecDeque<(LinkId, Packet)>,
    signals: VecDeque<Signal>,
    forward: Option<LinkId>,
    pub(crate) received: Vec<(Instant, Packet)>,
}

/// The name of the signal that a host emits for each packet received; its subject is the packet's.
pub(crate) const RECEIVED: u32 = 1;
/// The name of the signal that a host emits before each packet sent by timetable.
pub(crate) const SENDING: u32 = 2;

impl Host {
    /// A host that sends on what it receives.
    pub(crate) fn forwarding(link: LinkId) -> Host {
        Host {
            forward: Some(link),
            ..Host::default()
        }
    }

    /// A host that sends these packets; times must not decrease.
    pub(crate) fn sending(timetable: impl IntoIterator<Item = (u64, LinkId, Packet)>) -> Host {
        let timetable = timetable
            .into_iter()
            .map(|(nanos, link, packet)| (Instant::from_nanos(nanos), link, packet));
        Host {
            timetable: timetable.collect(),
            ..Host::default()
        }
    }
}

impl Node for Host {
    type Frame = Packet;

    fn on_frame(&mut self, now: Instant, frame: &Packet) {
        self.signals.push_back(Signal {
            name: RECEIVED,
            subject: frame.subject(),
        });
        if let Some(link) = self.forward {
            self.outbox.push_back((link, frame.clone()));
        }
        self.received.push((now, frame.clone()));
    }

    fn on_deadline(&mut self, now: Instant) {
        while let Some((_, link, packet)) = self.timetable.pop_front_if(|(at, ..)| *at <= now) {
            self.signals.push_back(Signal {
                name: SENDING,
                subject: packet.subject(),
            });
            self.outbox.push_back((link, packet));
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.timetable.front().map(|(at, ..)| *at)
    }

    fn poll_frame(&mut self, _: Instant) -> Option<(LinkId, Packet)> {
        self.outbox.pop_front()
    }

    fn poll_signal(&mut self) -> Option<Signal> {
        self.signals.pop_front()
    }
}

/// What an observer was told about one passage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) number: u64,
    pub(crate) link: u32,
    pub(crate) began: Instant,
    pub(crate) copy_of: Option<FrameId>,
    pub(crate) arrival: Option<Instant>,
    pub(crate) delivered: Option<Instant>,
    pub(crate) dropped: Option<(Instant, DropReason)>,
    pub(crate) held: Option<Instant>,
    pub(crate) released: Option<Instant>,
    pub(crate) was_injected: bool,
    pub(crate) was_rewritten: bool,
    pub(crate) corruptions: u32,
    pub(crate) marks: u32,
}

/// Remembers every passage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) passages: BTreeMap<FrameId, Passage>,
}

impl Recorder {
    fn begin(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Packet) -> &mut Passage {
        let passage = Passage {
            number: frame.number,
            link: link.0,
            began: now,
            ..Passage::default()
        };
        let before = self.passages.insert(id, passage);
        assert_eq!(before, None, "a passage begins once");
        self.passage(id)
    }

    fn passage(&mut self, id: FrameId) -> &mut Passage {
        let passage = self.passages.get_mut(&id).expect("the passage has begun");
        assert_eq!(
            (passage.delivered, passage.dropped),
            (None, None),
            "nothing follows its end"
        );
        passage
    }
}

impl Observer<Packet> for Recorder {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Packet) {
        self.begin(now, link, id, frame);
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Packet,
    ) {
        let passage = self.begin(now, link, id, frame);
        passage.was_injected = true;
        passage.copy_of = original;
    }

    fn rewritten(&mut self, _: Instant, _: LinkId, id: FrameId, _: &Packet) {
        self.passage(id).was_rewritten = true;
    }

    fn held(&mut self, now: Instant, _: LinkId, id: FrameId, _: &Packet) {
        self.passage(id).held = Some(now);
    }

    fn released(&mut self, now: Instant, _: LinkId, id: FrameId, _: &Packet) {
        self.passage(id).released = Some(now);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Packet,
    ) {
        self.begin(now, link, copy, frame).copy_of = Some(original);
    }

    fn corrupted(&mut self, _: Instant, _: LinkId, id: FrameId, _: &Packet) {
        self.passage(id).corruptions += 1;
    }

    fn marked(&mut self, _: Instant, _: LinkId, id: FrameId, _: &Packet) {
        self.passage(id).marks += 1;
    }

    fn scheduled(&mut self, now: Instant, _: LinkId, id: FrameId, arrival: Instant, _: &Packet) {
        assert!(arrival >= now, "nothing arrives in the past");
        self.passage(id).arrival = Some(arrival);
    }

    fn dropped(&mut self, now: Instant, _: LinkId, id: FrameId, reason: DropReason, _: &Packet) {
        self.passage(id).dropped = Some((now, reason));
    }

    fn delivered(&mut self, now: Instant, _: LinkId, id: FrameId, _: &Packet) {
        let passage = self.passage(id);
        assert!(passage.arrival.is_some(), "what is delivered was scheduled");
        passage.delivered = Some(now);
    }
}

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const ALICE: NodeId = NodeId(0);
pub(crate) const BOB: NodeId = NodeId(1);
pub(crate) const THERE: LinkId = LinkId(0);
pub(crate) const SEED: Seed = Seed {
    root: 20_261_122,
    replication: 0,
};

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn at_ms(milliseconds: u64) -> Instant {
    Instant::from_nanos(milliseconds * MS)
}

/// A link from Alice to Bob with a constant delay.
pub(crate) fn delayed(milliseconds: u64) -> LinkConfig {
    let mut link = bare();
    link.delay = Some(DelayConfig::constant(ms(milliseconds)));
    link
}

/// A link from Alice to Bob.
pub(crate) fn bare() -> LinkConfig {
    LinkConfig::new("there", ALICE, BOB)
}

/// `count` packets over [`THERE`], one every `spacing` nanoseconds from time 0.
pub(crate) fn flow(count: u64, spacing: u64) -> impl Iterator<Item = (u64, LinkId, Packet)> {
    (0..count).map(move |number| (number * spacing, THERE, Packet::new(number)))
}

/// Alice sends this timetable to Bob over one link, to the end.
pub(crate) fn run<D: Director<Packet>>(
    link: &LinkConfig,
    timetable: impl IntoIterator<Item = (u64, LinkId, Packet)>,
    director: D,
) -> Simulator<Host, D, Recorder> {
    let mut simulator = Simulator::new(SEED, director, Recorder::default());
    simulator.add_node(Host::sending(timetable));
    simulator.add_node(Host::default());
    simulator.add_link(link).expect("a valid link");
    let year = Instant::from_nanos(365 * 86_400 * 1_000 * MS);
    simulator
        .run_until(year, StepLimit(100_000_000))
        .expect("the flow ends");
    assert!(
        simulator.conservation().is_balanced(),
        "{}",
        simulator.conservation()
    );
    simulator
}

/// When Bob received what, as (milliseconds, number).
pub(crate) fn arrivals<D: Director<Packet>>(
    simulator: &Simulator<Host, D, Recorder>,
) -> Vec<(u64, u64)> {
    let received = simulator.node(BOB).received.iter();
    received
        .map(|(at, packet)| (at.as_nanos() / MS, packet.number))
        .collect()
}
