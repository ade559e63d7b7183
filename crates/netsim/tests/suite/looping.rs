//! The loop: order of events at one instant, step limit, stuck nodes, steps and conservation.

use std::collections::VecDeque;

use netsim::{
    Event, EventKind, Instant, LinkConfig, LinkId, Node, NodeId, Signal, Simulator, StepLimit,
    Stuck, StuckReason,
};

use crate::lab::{ALICE, BOB, Host, MS, Packet, Recorder, SEED, THERE, at_ms, delayed, flow};

/// Remembers in which order frames and deadlines came; answers each frame if told so.
#[derive(Clone, Debug, Default)]
struct Diary {
    entries: Vec<String>,
    deadline: Option<Instant>,
    keeps_deadline: bool,
    answer: Option<LinkId>,
    outbox: VecDeque<(LinkId, Packet)>,
}

impl Node for Diary {
    type Frame = Packet;

    fn on_frame(&mut self, now: Instant, frame: &Packet) {
        self.entries
            .push(format!("frame {} at {}", frame.number, now.as_nanos() / MS));
        self.outbox
            .extend(self.answer.map(|link| (link, frame.clone())));
    }

    fn on_deadline(&mut self, now: Instant) {
        self.entries
            .push(format!("deadline at {}", now.as_nanos() / MS));
        if !self.keeps_deadline {
            self.deadline = None;
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn poll_frame(&mut self, _: Instant) -> Option<(LinkId, Packet)> {
        self.outbox.pop_front()
    }

    fn poll_signal(&mut self) -> Option<Signal> {
        None
    }
}

/// Two diaries, joined both ways with 10 ms each.
fn pair(first: Diary, second: Diary) -> Simulator<Diary> {
    let mut simulator = Simulator::new(SEED, (), ());
    simulator.add_node(first);
    simulator.add_node(second);
    simulator.add_link(&delayed(10)).expect("valid");
    let mut back = delayed(10);
    (back.name, back.from, back.to) = ("back".into(), BOB, ALICE);
    simulator.add_link(&back).expect("valid");
    simulator
}

#[test]
fn frames_come_before_deadlines_and_in_order_of_insertion() {
    let outbox = (0..3).map(|number| (THERE, Packet::new(number))).collect();
    let sender = Diary {
        outbox,
        ..Diary::default()
    };
    let receiver = Diary {
        deadline: Some(at_ms(10)),
        ..Diary::default()
    };
    let mut simulator = pair(sender, receiver);
    simulator
        .run_until(at_ms(100), StepLimit(100))
        .expect("ends");
    assert_eq!(
        simulator.node(BOB).entries,
        [
            "frame 0 at 10",
            "frame 1 at 10",
            "frame 2 at 10",
            "deadline at 10"
        ]
    );
    assert_eq!(simulator.now(), at_ms(100), "time passes until the end");
}

#[test]
fn a_run_includes_its_end_and_can_go_on() {
    let outbox = VecDeque::from([(THERE, Packet::new(0))]);
    let mut simulator = pair(
        Diary {
            outbox,
            ..Diary::default()
        },
        Diary::default(),
    );
    simulator.run_until(at_ms(9), StepLimit(100)).expect("ends");
    assert_eq!(
        (
            simulator.conservation().in_flight,
            simulator.node(BOB).entries.len()
        ),
        (1, 0)
    );
    simulator
        .run_until(at_ms(10), StepLimit(100))
        .expect("ends");
    assert_eq!(simulator.node(BOB).entries.len(), 1);
    // A node changed from outside is heard at the next run.
    simulator
        .node_mut(ALICE)
        .outbox
        .push_back((THERE, Packet::new(1)));
    simulator
        .run_until(at_ms(30), StepLimit(100))
        .expect("ends");
    assert_eq!(simulator.node(BOB).entries[1], "frame 1 at 20");
    assert_eq!(simulator.steps(), 4, "two sent, two arrived");
}

#[test]
fn an_endless_exchange_hits_the_step_limit_with_its_last_events() {
    let outbox = VecDeque::from([(THERE, Packet::new(0))]);
    let first = Diary {
        outbox,
        answer: Some(THERE),
        ..Diary::default()
    };
    let mut simulator = pair(
        first,
        Diary {
            answer: Some(LinkId(1)),
            ..Diary::default()
        },
    );
    let Stuck { at, reason, last } = simulator
        .run_until(Instant::MAX, StepLimit(1000))
        .expect_err("endless");
    assert_eq!(reason, StuckReason::StepLimit(StepLimit(1000)));
    assert_eq!((last.len(), at), (10, at_ms(5000)));
    let arrived = |event: &Event| matches!(event.what, EventKind::Arrived(..));
    assert_eq!(last.iter().filter(|event| arrived(event)).count(), 5);
    let text = Stuck { at, reason, last }.to_string();
    assert!(
        text.starts_with("no end after 1000 steps, at 5.000000000s"),
        "{text}"
    );
    assert!(simulator.conservation().is_balanced());
    // The network can go on from there.
    simulator
        .run_until(at_ms(5100), StepLimit(1000))
        .expect("goes on");
}

#[test]
fn a_deadline_that_stands_still_is_an_error() {
    let stubborn = Diary {
        deadline: Some(at_ms(3)),
        keeps_deadline: true,
        ..Diary::default()
    };
    let mut simulator = pair(Diary::default(), stubborn);
    let stuck = simulator
        .run_until(at_ms(10), StepLimit(1000))
        .expect_err("no progress");
    assert_eq!(stuck.reason, StuckReason::DeadlineStands(NodeId(1)));
    assert!(stuck.to_string().contains("deadline of node 1"));
}

#[test]
fn a_deadline_in_the_past_is_served_now() {
    let mut simulator = pair(Diary::default(), Diary::default());
    simulator.run_until(at_ms(50), StepLimit(10)).expect("ends");
    simulator.node_mut(BOB).deadline = Some(at_ms(3));
    simulator.run_until(at_ms(60), StepLimit(10)).expect("ends");
    assert_eq!(simulator.node(BOB).entries, ["deadline at 50"]);
}

#[test]
fn a_link_without_delay_delivers_at_once() {
    let mut simulator = Simulator::new(SEED, (), Recorder::default());
    simulator.add_node(Host::sending(flow(2, MS)));
    simulator.add_node(Host::default());
    simulator
        .add_link(&LinkConfig::new("wire", ALICE, BOB))
        .expect("valid");
    simulator.run_until(at_ms(5), StepLimit(100)).expect("ends");
    let passages = simulator.observer().passages.values();
    assert!(
        passages
            .clone()
            .all(|passage| passage.delivered == Some(passage.began))
    );
    assert_eq!(passages.count(), 2);
    assert_eq!(
        simulator.conservation().to_string(),
        "2 sent + 0 injected + 0 duplicates = 2 delivered + 0 in flight + 0 held"
    );
}
