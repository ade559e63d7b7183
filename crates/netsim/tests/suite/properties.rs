//! Any link, any flow: frames are conserved, and the same run twice is the same run.

use std::time::Duration;

use netsim::{
    Action, CorruptConfig, DelayConfig, Distribution, DistributionTable, DuplicateConfig, Fault,
    Instant, LinkConfig, LinkId, LossConfig, Match, Occurrences, Probability, QueueConfig,
    RateConfig, ReorderConfig, Script, Shape, Simulator, SlotConfig, SlotSpacing, StepLimit,
    Subject, Trigger, Window,
};
use proptest::option;
use proptest::prelude::*;

use crate::lab::{BOB, Host, MS, Packet, RECEIVED, Recorder, SEED, THERE, bare, flow};

fn probability() -> impl Strategy<Value = Probability> {
    (0..=20_u64).prop_map(|twentieths| Probability::new(twentieths, 20).expect("at most 1"))
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        (0..100 * MS).prop_map(Duration::from_nanos),
        Just(Duration::from_nanos(i64::MAX as u64)),
    ]
}

fn distribution() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        Just(Distribution::Uniform),
        Just(Distribution::Normal),
        Just(Distribution::Pareto),
        Just(Distribution::Exponential),
        Just(Distribution::LogNormal),
    ]
}

prop_compose! {
    fn delay()(
        time in span(),
        jitter in span(),
        correlation in option::of(probability()),
        distribution in distribution(),
    ) -> DelayConfig {
        DelayConfig { time, jitter, correlation, distribution }
    }
}

prop_compose! {
    fn losing()(
        loss in option::of((probability(), probability(), any::<bool>())),
        duplicate in option::of((probability(), probability())),
        corrupt in option::of((probability(), probability())),
        ecn in any::<bool>(),
    ) -> LinkConfig {
        let mut link = bare();
        link.loss = loss.map(|(a, b, in_bursts)| if in_bursts {
            LossConfig::gilbert_elliott(a, Some(b), None, None)
        } else {
            LossConfig::Random { percent: a, correlation: b }
        });
        link.duplicate =
            duplicate.map(|(percent, correlation)| DuplicateConfig { percent, correlation });
        link.corrupt = corrupt.map(|(percent, correlation)| CorruptConfig { percent, correlation });
        link.ecn = ecn && link.loss.is_some();
        link
    }
}

prop_compose! {
    fn timing()(
        delay in option::of(delay()),
        reorder in option::of((probability(), probability(), 1..5_u32)),
        rate in option::of((1..10_000_000_u64, -200..200_i32, 0..60_u32)),
        queue in option::of(1..5_000_u64),
        slot in option::of((span(), span(), option::of(1..5_u32))),
        fifo in any::<bool>(),
        max_lifetime in option::of(span()),
        limit in option::of(1..20_u32),
    ) -> LinkConfig {
        let mut link = bare();
        let reorder = reorder.filter(|_| delay.is_some() && !fifo);
        link.reorder = reorder.map(|(percent, correlation, gap)| {
            ReorderConfig { percent, correlation, gap }
        });
        link.delay = delay.filter(|delay| {
            delay.distribution != Distribution::LogNormal || !delay.time.is_zero()
        });
        link.reorder = link.reorder.filter(|_| link.delay.is_some());
        link.rate = rate.map(|(bits_per_second, packet_overhead, cell_size)| {
            RateConfig { bits_per_second, packet_overhead, cell_size, cell_overhead: 0 }
        });
        link.queue = queue
            .filter(|_| link.rate.is_some())
            .map(|bytes| QueueConfig { bytes: Some(bytes), packets: None });
        link.slot = slot.map(|(a, b, packets)| {
            let (min_delay, max_delay) = (a.min(b), a.max(b));
            SlotConfig { spacing: SlotSpacing::Uniform { min_delay, max_delay }, packets, bytes: None }
        });
        (link.fifo, link.max_lifetime, link.limit) = (fifo, max_lifetime, limit);
        link
    }
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let window = (0..50 * MS, 1..20 * MS).prop_map(|(from, length)| Window {
        from: Instant::from_nanos(from),
        until: Some(Instant::from_nanos(from + length)),
    });
    prop::collection::vec(window, 0..4)
}

prop_compose! {
    fn link()(
        losing in losing(),
        timing in timing(),
        blackout in windows(),
        partition in windows(),
    ) -> LinkConfig {
        LinkConfig {
            loss: losing.loss,
            duplicate: losing.duplicate,
            corrupt: losing.corrupt,
            ecn: losing.ecn,
            blackout,
            partition,
            ..timing
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Multiple(u64);

impl Match<Packet> for Multiple {
    fn matches(&mut self, _: Instant, frame: &Packet) -> bool {
        frame.number.is_multiple_of(self.0)
    }
}

fn action() -> impl Strategy<Value = Action> {
    let trigger = || {
        prop_oneof![
            (0..100 * MS).prop_map(|at| Trigger::At(Instant::from_nanos(at))),
            (any::<bool>(), span()).prop_map(|(own, plus)| Trigger::Signal {
                name: RECEIVED,
                subject: if own { Subject::Own } else { Subject::Any },
                plus,
            }),
        ]
    };
    prop_oneof![
        Just(Action::Drop),
        Just(Action::Corrupt),
        Just(Action::Rewrite),
        span().prop_map(Action::Delay),
        (1..4_u32, span()).prop_map(|(copies, spacing)| Action::Duplicate { copies, spacing }),
        trigger().prop_map(Action::Hold),
        trigger().prop_map(Action::Replay),
    ]
}

fn faults() -> impl Strategy<Value = Vec<Fault<Multiple>>> {
    let fault = (1..9_u64, option::of(1..5_u64), probability(), action());
    prop::collection::vec(fault, 0..5).prop_map(|faults| {
        let numbered = faults.into_iter().enumerate();
        numbered
            .map(|(index, (multiple, nth, probability, action))| Fault {
                occurrences: nth.map_or(Occurrences::All, Occurrences::nth),
                probability,
                ..Fault::new(format!("fault {index}"), Multiple(multiple), action)
            })
            .collect()
    })
}

fn simulate(
    link: &LinkConfig,
    faults: &[Fault<Multiple>],
) -> Simulator<Host, Script<Packet, Multiple>, Recorder> {
    let script = Script::new(SEED, faults.to_vec(), Vec::new()).expect("a valid script");
    let mut simulator = Simulator::new(SEED, script, Recorder::default());
    let timetable: Vec<(u64, LinkId, Packet)> = flow(100, MS / 2).collect();
    simulator.add_node(Host::sending(timetable));
    simulator.add_node(Host::default());
    assert_eq!(simulator.add_link(link), Ok(THERE));
    for milliseconds in [10, 40, 1_000_000] {
        let end = Instant::from_nanos(milliseconds * MS);
        simulator
            .run_until(end, StepLimit(100_000))
            .expect("the flow ends");
        let counts = simulator.conservation();
        assert!(counts.is_balanced(), "{counts}");
    }
    simulator
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "[-+0-9./% \\PC]{0,40}") {
        if let Ok(probability) = text.parse::<Probability>() {
            prop_assert_eq!(probability.to_string().parse::<Probability>(), Ok(probability));
        }
        if let Ok(shape) = text.parse::<Shape>() {
            prop_assert_eq!(shape.to_string().parse::<Shape>(), Ok(shape));
        }
        if let Err(error) = DistributionTable::parse(&text) {
            prop_assert!(error.field.starts_with("line "));
        }
    }

    #[test]
    fn frames_are_conserved_and_runs_repeat(link in link(), faults in faults()) {
        let simulator = simulate(&link, &faults);
        let counts = simulator.conservation();
        let passages = &simulator.observer().passages;
        let delivered = passages.values().filter(|passage| passage.delivered.is_some()).count();
        prop_assert_eq!(counts.delivered, delivered as u64);
        prop_assert_eq!(delivered, simulator.node(BOB).received.len());
        let dropped = passages.values().filter(|passage| passage.dropped.is_some()).count();
        prop_assert_eq!(counts.dropped_total(), dropped as u64);
        let held = simulator.director().report().held.len();
        prop_assert_eq!(counts.held, held as u64);
        let lifetime = link.max_lifetime.unwrap_or(Duration::MAX);
        for passage in passages.values().filter(|passage| !passage.was_injected) {
            let age = passage.delivered.unwrap_or_default().saturating_duration_since(passage.began);
            prop_assert!(age <= lifetime);
        }
        let again = simulate(&link, &faults);
        prop_assert_eq!(&again.observer().passages, passages);
    }
}
