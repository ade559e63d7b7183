//! Scripted faults: what each action does, which frame it takes, and what is reported at the end.

use std::collections::BTreeSet;

use crate::lab::{
    self, ALICE, BOB, Host, Packet, RECEIVED, Recorder, SEED, SENDING, THERE, arrivals, at_ms,
    delayed, flow, ms, run,
};
use netsim::{
    Action, ConfigError, Director as _, DropReason, Ending, Fault, FrameId, Injection, Instant,
    LinkConfig, LinkId, Match, NodeId, Occurrences, Probability, Script, Signal, Simulator,
    StepLimit, Subject, Trigger, Verdict, Window,
};

/// Matches packets by number, and rewrites their length.
#[derive(Clone, Debug)]
struct Number(std::ops::Range<u64>);

impl Match<Packet> for Number {
    fn matches(&mut self, _: Instant, frame: &Packet) -> bool {
        self.0.contains(&frame.number)
    }

    fn rewrite(&mut self, _: Instant, frame: &mut Packet) {
        frame.len = 1;
    }
}

fn anything(id: &str, action: Action) -> Fault<Number> {
    Fault::new(id, Number(0..u64::MAX), action)
}

fn nth(n: u64, fault: Fault<Number>) -> Fault<Number> {
    Fault {
        occurrences: Occurrences::nth(n),
        ..fault
    }
}

fn script(faults: Vec<Fault<Number>>) -> Script<Packet, Number> {
    Script::new(SEED, faults, Vec::new()).expect("a valid script")
}

fn on_signal(name: u32, subject: Subject, plus: u64) -> Trigger {
    Trigger::Signal {
        name,
        subject,
        plus: ms(plus),
    }
}

const SECOND: u64 = 1_000 * lab::MS;

#[test]
fn drop_takes_the_nth_matching_frame() {
    let drop = nth(2, Fault::new("second", Number(1..9), Action::Drop));
    let simulator = run(&delayed(50), flow(4, SECOND), script(vec![drop]));
    assert_eq!(arrivals(&simulator), [(50, 0), (1050, 1), (3050, 3)]);
    assert_eq!(simulator.conservation().dropped(DropReason::Fault), 1);
    assert_eq!(simulator.director().report().unmatched().count(), 0);
}

#[test]
fn the_last_hit_is_that_of_the_last_frame_also_when_the_frame_passes() {
    let replay = nth(1, anything("again", Action::Replay(Trigger::At(at_ms(9)))));
    let mut script = script(vec![
        Fault::new("second", Number(1..2), Action::Drop),
        replay,
    ]);
    assert_eq!(script.last_hit(), None);
    let mut hits = Vec::new();
    for number in 0..3 {
        let mut frame = Packet::new(number);
        let verdict = script.verdict(Instant::ZERO, THERE, FrameId(number), &mut frame);
        hits.push((verdict, script.last_hit()));
    }
    assert_eq!(
        hits,
        [
            (Verdict::Pass, Some(1)),
            (Verdict::Drop, Some(0)),
            (Verdict::Pass, None)
        ]
    );
}

#[test]
fn delay_adds_to_the_delay_of_the_link() {
    let delay = nth(1, anything("late", Action::Delay(ms(1500))));
    let simulator = run(&delayed(50), flow(2, SECOND), script(vec![delay]));
    assert_eq!(arrivals(&simulator), [(1050, 1), (1550, 0)]);
}

#[test]
fn duplicate_spaces_its_copies() {
    let action = Action::Duplicate {
        copies: 2,
        spacing: ms(7),
    };
    let simulator = run(
        &delayed(50),
        flow(1, 0),
        script(vec![anything("thrice", action)]),
    );
    assert_eq!(arrivals(&simulator), [(50, 0), (57, 0), (64, 0)]);
    let copies: BTreeSet<_> = simulator
        .node(BOB)
        .received
        .iter()
        .map(|(_, p)| &p.copies)
        .collect();
    assert_eq!(copies.len(), 3, "copies are told apart");
    assert_eq!(simulator.conservation().duplicates, 2);
}

#[test]
fn hold_until_a_signal_waits_for_an_edge_after_the_catch() {
    // Sending 0 emits a signal about 0 before the frame is caught: that one does not count.
    let own = nth(
        1,
        anything("own", Action::Hold(on_signal(SENDING, Subject::Own, 0))),
    );
    let timetable = flow(2, SECOND).chain([(5 * SECOND, THERE, Packet::new(0))]);
    let simulator = run(&delayed(50), timetable, script(vec![own]));
    assert_eq!(arrivals(&simulator), [(1050, 1), (5050, 0), (5050, 0)]);
    assert!(
        simulator
            .observer()
            .passages
            .values()
            .any(|passage| passage.released == Some(at_ms(5000)))
    );
}

#[test]
fn hold_may_wait_for_anybody_or_somebody_and_then_a_while() {
    for (subject, release) in [(Subject::Any, 1050), (Subject::Fixed(2), 2050)] {
        let hold = nth(
            1,
            anything("held", Action::Hold(on_signal(RECEIVED, subject, 200))),
        );
        let simulator = run(&delayed(50), flow(3, SECOND), script(vec![hold]));
        assert!(
            arrivals(&simulator).contains(&(release + 250, 0)),
            "{subject:?}"
        );
    }
}

#[test]
fn a_frame_still_held_at_the_end_is_reported() {
    let hold = nth(
        1,
        anything("forever", Action::Hold(on_signal(77, Subject::Any, 0))),
    );
    let simulator = run(&delayed(50), flow(2, SECOND), script(vec![hold]));
    let report = simulator.director().report();
    assert_eq!(report.held.len(), 1);
    assert_eq!(report.held[0].0, "forever");
    assert_eq!(simulator.conservation().held, 1);
}

#[test]
fn hold_until_a_time_that_has_passed_releases_at_once() {
    let hold = Fault::new("past", Number(1..2), Action::Hold(Trigger::At(at_ms(10))));
    let simulator = run(&delayed(50), flow(2, SECOND), script(vec![hold]));
    assert_eq!(arrivals(&simulator), [(50, 0), (1050, 1)]);
}

#[test]
fn hold_waits_for_the_end_of_another_faults_frame() {
    for (ending, other, release) in [
        (Ending::Delivered, Action::Delay(ms(3000)), Some(4060)),
        (Ending::Lost, Action::Delay(ms(3000)), None),
        (Ending::Lost, Action::Drop, Some(1010)),
        (Ending::Either, Action::Drop, Some(1010)),
    ] {
        let trigger = Trigger::Fault {
            id: "other".into(),
            ending,
            plus: ms(10),
        };
        let faults = vec![
            Fault::new("held", Number(0..1), Action::Hold(trigger)),
            Fault::new("other", Number(1..2), other.clone()),
        ];
        let simulator = run(&delayed(50), flow(2, SECOND), script(faults));
        let arrived = arrivals(&simulator)
            .iter()
            .find(|(_, number)| *number == 0)
            .map(|a| a.0);
        assert_eq!(
            arrived,
            release.map(|at| at + 50),
            "{ending:?} of {other:?}"
        );
    }
}

#[test]
fn replay_passes_the_original_and_sends_a_copy_later() {
    let replay = nth(
        1,
        anything(
            "again",
            Action::Replay(on_signal(RECEIVED, Subject::Own, 500)),
        ),
    );
    let simulator = run(&delayed(50), flow(1, 0), script(vec![replay]));
    assert_eq!(arrivals(&simulator), [(50, 0), (600, 0)]);
    let replays = simulator
        .observer()
        .passages
        .values()
        .filter(|passage| passage.was_injected);
    assert_eq!(
        replays
            .map(|passage| passage.copy_of.is_some())
            .collect::<Vec<_>>(),
        [true]
    );
}

#[test]
fn injections_come_at_a_time_or_on_a_signal_and_once() {
    let inject = |id: &str, number, at| Injection {
        id: id.into(),
        link: THERE,
        frame: Packet::new(number),
        at,
    };
    let injections = vec![
        inject("timed", 100, Trigger::At(at_ms(300))),
        inject("provoked", 101, on_signal(RECEIVED, Subject::Fixed(1), 5)),
        inject("never", 102, on_signal(RECEIVED, Subject::Fixed(55), 5)),
    ];
    let script: Script<Packet, Number> = Script::new(SEED, Vec::new(), injections).expect("valid");
    let simulator = run(&delayed(50), flow(3, SECOND), script);
    assert_eq!(
        arrivals(&simulator),
        [(50, 0), (350, 100), (1050, 1), (1105, 101), (2050, 2)]
    );
    assert_eq!(simulator.director().report().pending, ["never"]);
    assert_eq!(simulator.conservation().injected, 2);
}

#[test]
fn corrupt_and_rewrite_change_the_frame() {
    let faults = vec![
        Fault::new("flip", Number(0..1), Action::Corrupt),
        Fault::new("shorten", Number(1..2), Action::Rewrite),
    ];
    let simulator = run(&delayed(50), flow(3, SECOND), script(faults));
    let received = &simulator.node(BOB).received;
    assert_eq!(
        received
            .iter()
            .map(|(_, p)| p.flips.len())
            .collect::<Vec<_>>(),
        [1, 0, 0]
    );
    assert_eq!(
        received.iter().map(|(_, p)| p.len).collect::<Vec<_>>(),
        [100, 1, 100]
    );
}

#[test]
fn the_first_match_wins_and_every_fault_counts() {
    let faults = vec![
        nth(1, anything("first", Action::Drop)),
        nth(2, anything("second", Action::Drop)),
        nth(9, anything("ninth", Action::Drop)),
        nth(1, anything("shadowed", Action::Drop)),
    ];
    let simulator = run(&delayed(50), flow(3, SECOND), script(faults));
    assert_eq!(arrivals(&simulator), [(2050, 2)]);
    let report = simulator.director().report();
    assert_eq!(
        report.unmatched().collect::<Vec<_>>(),
        ["ninth", "shadowed"]
    );
    assert_eq!(
        report.faults.iter().map(|f| f.seen).collect::<Vec<_>>(),
        [1, 2, 3, 1]
    );
}

#[test]
fn link_window_and_list_of_occurrences_narrow_a_match() {
    let window = Window {
        from: at_ms(1000),
        until: Some(at_ms(4000)),
    };
    let list = Occurrences::List(BTreeSet::from([1, 3]));
    let fault = Fault {
        window,
        occurrences: list,
        ..anything("some", Action::Drop)
    };
    let elsewhere = Fault {
        link: Some(LinkId(7)),
        ..anything("elsewhere", Action::Drop)
    };
    let simulator = run(
        &delayed(50),
        flow(6, SECOND),
        script(vec![elsewhere, fault]),
    );
    let numbers: Vec<u64> = arrivals(&simulator).iter().map(|a| a.1).collect();
    assert_eq!(numbers, [0, 2, 4, 5]);
}

#[test]
fn a_probability_takes_its_share_by_the_frames_key() {
    let probability: Probability = "25%".parse().expect("a percentage");
    let fault = Fault {
        probability,
        ..anything("some", Action::Drop)
    };
    let simulator = run(&delayed(50), flow(40_000, 1000), script(vec![fault]));
    let dropped = simulator.conservation().dropped(DropReason::Fault);
    // Binomial: mean 10,000, standard deviation 87.
    assert!((9_650..10_350).contains(&dropped), "{dropped}");
}

#[test]
fn an_occurrence_that_chance_spares_is_still_counted() {
    let never = Fault {
        probability: Probability::ZERO,
        ..nth(1, anything("spared", Action::Drop))
    };
    let simulator = run(&delayed(50), flow(3, SECOND), script(vec![never]));
    assert_eq!(simulator.conservation().delivered, 3);
    let report = simulator.director().report();
    assert_eq!((report.faults[0].seen, report.faults[0].hits), (1, 0));
}

/// Two faults on two links replay one frame: the copies differ, so each has weather of its own.
#[test]
fn replays_of_one_frame_by_two_faults_are_told_apart() {
    let replay = |id: &str, link| Fault {
        link: Some(LinkId(link)),
        ..nth(1, anything(id, Action::Replay(Trigger::At(at_ms(500)))))
    };
    let script = script(vec![replay("near", 0), replay("far", 1)]);
    let mut simulator = Simulator::new(SEED, script, Recorder::default());
    simulator.add_node(Host::sending(flow(1, 0)));
    simulator.add_node(Host::forwarding(LinkId(1)));
    let carol = simulator.add_node(Host::default());
    simulator.add_link(&delayed(50)).expect("valid");
    let mut onward = delayed(50);
    (onward.name, onward.from, onward.to) = ("onward".into(), BOB, carol);
    simulator.add_link(&onward).expect("valid");
    simulator
        .run_until(at_ms(10_000), StepLimit(1000))
        .expect("ends");
    let received = simulator.node(carol).received.iter();
    let copies: BTreeSet<_> = received.map(|(_, packet)| packet.copies.clone()).collect();
    assert_eq!(copies.len(), 3, "the original and two replays");
}

/// What a script does at an instant precedes the arrivals of that instant.
#[test]
fn commands_come_before_arrivals_at_one_instant() {
    let inject = Injection {
        id: "forged".into(),
        link: THERE,
        frame: Packet::new(9),
        at: Trigger::At(at_ms(0)),
    };
    let at_50 = Injection {
        id: "late".into(),
        at: Trigger::At(at_ms(50)),
        ..inject.clone()
    };
    let script: Script<Packet, Number> =
        Script::new(SEED, Vec::new(), vec![inject, at_50]).expect("valid");
    let simulator = run(
        &delayed(50),
        [(50 * lab::MS, THERE, Packet::new(1))],
        script,
    );
    // The forged frame of 50 ms enters before the one whose sender's deadline is then.
    assert_eq!(arrivals(&simulator), [(50, 9), (100, 9), (100, 1)]);
}

#[test]
fn a_copy_is_not_seen_by_faults_again() {
    let faults = vec![
        nth(
            1,
            anything(
                "copy",
                Action::Duplicate {
                    copies: 3,
                    spacing: ms(1),
                },
            ),
        ),
        anything("drop the rest", Action::Drop),
    ];
    let simulator = run(&delayed(50), flow(2, SECOND), script(faults));
    assert_eq!(arrivals(&simulator), [(50, 0), (51, 0), (52, 0), (53, 0)]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refused = |faults| -> ConfigError {
        Script::<Packet, Number>::new(SEED, faults, Vec::new()).expect_err("nonsense")
    };
    let twice = vec![anything("a", Action::Drop), anything("a", Action::Drop)];
    assert_eq!(refused(twice).field, "fault.a");
    assert_eq!(
        refused(vec![nth(0, anything("a", Action::Drop))]).field,
        "fault.a.nth"
    );
    let missing = Trigger::Fault {
        id: "b".into(),
        ending: Ending::Either,
        plus: ms(0),
    };
    assert_eq!(
        refused(vec![anything("a", Action::Hold(missing))]).field,
        "fault.a.until"
    );
    let none = Action::Duplicate {
        copies: 0,
        spacing: ms(1),
    };
    assert_eq!(refused(vec![anything("a", none)]).field, "fault.a.copies");
    let window = Window {
        from: at_ms(2),
        until: Some(at_ms(2)),
    };
    let never = Fault {
        window,
        ..anything("a", Action::Drop)
    };
    assert_eq!(refused(vec![never]).field, "fault.a.window");
}

/// A matcher that knows the state of a host from signals sees the change that caused the frame.
#[derive(Clone, Debug, Default)]
struct AfterSending {
    last: Option<u32>,
}

impl Match<Packet> for AfterSending {
    fn matches(&mut self, _: Instant, frame: &Packet) -> bool {
        self.last == Some(frame.number as u32) && frame.number == 1
    }

    fn on_signal(&mut self, _: Instant, signal: Signal) {
        if signal.name == SENDING {
            self.last = Some(signal.subject);
        }
    }
}

#[test]
fn a_matcher_sees_signals_before_the_frames_of_the_same_change() {
    let faults = vec![Fault::new(
        "stateful",
        AfterSending::default(),
        Action::Drop,
    )];
    let script = Script::new(SEED, faults, Vec::new()).expect("valid");
    let simulator = run(&delayed(50), flow(3, SECOND), script);
    assert_eq!(arrivals(&simulator), [(50, 0), (2050, 2)]);
}

#[test]
fn faults_reach_frames_behind_a_router() {
    let drop = Fault {
        link: Some(LinkId(1)),
        ..nth(2, anything("far", Action::Drop))
    };
    let mut simulator = Simulator::new(SEED, script(vec![drop]), Recorder::default());
    simulator.add_node(Host::sending(flow(3, SECOND)));
    simulator.add_node(Host::forwarding(LinkId(1)));
    let carol = simulator.add_node(Host::default());
    simulator.add_link(&delayed(50)).expect("valid");
    let mut onward = delayed(25);
    (onward.name, onward.from, onward.to) = ("onward".into(), BOB, carol);
    simulator.add_link(&onward).expect("valid");
    simulator
        .run_until(at_ms(10_000), StepLimit(1000))
        .expect("ends");
    let times: Vec<u64> = simulator
        .node(carol)
        .received
        .iter()
        .map(|(at, _)| at.as_nanos() / lab::MS)
        .collect();
    assert_eq!(times, [75, 2075]);
}

#[test]
fn a_link_to_nowhere_is_refused_and_a_wrong_route_loses_the_frame() {
    let mut simulator = Simulator::new(SEED, (), Recorder::default());
    simulator.add_node(Host::sending([(0, LinkId(3), Packet::new(0))]));
    let nowhere = LinkConfig::new("nowhere", ALICE, NodeId(9));
    assert_eq!(
        simulator
            .add_link(&nowhere)
            .expect_err("no such node")
            .field,
        "to"
    );
    simulator.run_until(at_ms(1), StepLimit(10)).expect("ends");
    assert_eq!(simulator.conservation().dropped(DropReason::NoRoute), 1);
}
