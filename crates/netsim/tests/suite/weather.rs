//! Keyed randomness: what one change leaves as it was. Fates are compared frame by frame.

use std::collections::BTreeMap;

use netsim::{
    Action, CorruptConfig, DelayConfig, Director, Distribution, DuplicateConfig, Fault, Instant,
    LinkConfig, LinkId, LossConfig, Match, NodeId, Probability, Script, Seed, Simulator, StepLimit,
};

use crate::lab::{ALICE, BOB, Host, MS, Packet, Recorder, SEED, THERE, at_ms, bare, flow, ms, run};

fn percent(text: &str) -> Probability {
    text.parse().expect("a percentage")
}

/// Every impairment whose effect on a frame is a function of that frame alone.
fn memoryless() -> LinkConfig {
    let correlation = Probability::ZERO;
    let mut link = bare();
    link.loss = Some(LossConfig::random(percent("10%")));
    link.duplicate = Some(DuplicateConfig {
        percent: percent("10%"),
        correlation,
    });
    link.corrupt = Some(CorruptConfig {
        percent: percent("10%"),
        correlation,
    });
    link.delay = Some(DelayConfig {
        time: ms(50),
        jitter: ms(40),
        correlation: None,
        distribution: Distribution::Pareto,
    });
    link
}

/// What the link did to a frame: for the original and its copies, the delay and the flips, if it
/// arrived.
type Fate = Vec<(Vec<u32>, u64, Vec<u64>)>;

/// The fate of every packet of the flow at its receiver. Packet n is sent at n milliseconds.
fn fates(received: &[(Instant, Packet)]) -> BTreeMap<u64, Fate> {
    let mut fates: BTreeMap<u64, Fate> = BTreeMap::new();
    for (at, packet) in received {
        let delay = at.as_nanos() - packet.number * MS;
        let fate = (packet.copies.clone(), delay, packet.flips.clone());
        fates.entry(packet.number).or_default().push(fate);
    }
    for fate in fates.values_mut() {
        fate.sort();
    }
    fates
}

const FRAMES: u64 = 2_000;

fn fates_under<D: Director<Packet>>(director: D) -> BTreeMap<u64, Fate> {
    fates(
        &run(&memoryless(), flow(FRAMES, MS), director)
            .node(BOB)
            .received,
    )
}

#[derive(Clone, Debug)]
struct Multiple(u64);

impl Match<Packet> for Multiple {
    fn matches(&mut self, _: Instant, frame: &Packet) -> bool {
        frame.number.is_multiple_of(self.0)
    }
}

#[test]
fn the_weather_does_something() {
    let fates = fates_under(());
    assert!(fates.len() < FRAMES as usize, "some are lost");
    assert!(
        fates.values().any(|fate| fate.len() == 2),
        "some are duplicated"
    );
    assert!(
        fates.values().any(|fate| !fate[0].2.is_empty()),
        "some are corrupt"
    );
}

#[test]
fn removing_a_fault_moves_no_other_frame() {
    let without = fates_under(());
    for action in [
        Action::Drop,
        Action::Delay(ms(700)),
        Action::Duplicate {
            copies: 3,
            spacing: ms(1),
        },
        Action::Corrupt,
    ] {
        let faults = vec![
            Fault {
                probability: percent("50%"),
                ..Fault::new("a", Multiple(14), action)
            },
            Fault::new("b", Multiple(21), Action::Drop),
        ];
        let script = Script::new(SEED, faults.clone(), Vec::new()).expect("valid");
        let with = fates_under(script);
        for number in (0..FRAMES).filter(|number| number % 7 != 0) {
            assert_eq!(
                with.get(&number),
                without.get(&number),
                "{:?}",
                faults[0].action
            );
        }
    }
}

#[test]
fn a_delayed_frame_keeps_its_own_weather() {
    let delay = Fault::new("a", Multiple(7), Action::Delay(ms(700)));
    let with = fates_under(Script::new(SEED, vec![delay], Vec::new()).expect("valid"));
    let without = fates_under(());
    for number in (0..FRAMES).step_by(7) {
        let later = without.get(&number).map(|fate| {
            let shift = |(copies, delay, flips): &(Vec<u32>, u64, Vec<u64>)| {
                (copies.clone(), delay + 700 * MS, flips.clone())
            };
            fate.iter().map(shift).collect::<Fate>()
        });
        assert_eq!(with.get(&number), later.as_ref());
    }
}

#[test]
fn fewer_frames_have_the_same_weather() {
    let all = fates_under(());
    let some = run(
        &memoryless(),
        flow(FRAMES, MS).filter(|(.., p)| p.number % 3 == 0),
        (),
    );
    let some = fates(&some.node(BOB).received);
    for number in (0..FRAMES).step_by(3) {
        assert_eq!(some.get(&number), all.get(&number));
    }
}

#[test]
fn another_link_and_other_nodes_change_nothing() {
    let alone = fates_under(());
    let mut simulator = Simulator::new(SEED, (), Recorder::default());
    let other = LinkId(0);
    let mut timetable: Vec<_> = flow(FRAMES, MS)
        .flat_map(|(at, _, packet)| [(at, other, packet.clone()), (at, LinkId(1), packet)])
        .collect();
    timetable.reverse();
    timetable.sort_by_key(|entry| entry.0);
    simulator.add_node(Host::sending(timetable));
    simulator.add_node(Host::default());
    let carol = simulator.add_node(Host::default());
    let mut detour = memoryless();
    (detour.name, detour.to) = ("detour".into(), carol);
    assert_eq!(simulator.add_link(&detour), Ok(other));
    simulator.add_link(&memoryless()).expect("valid");
    simulator
        .run_until(at_ms(100_000), StepLimit(1_000_000))
        .expect("ends");
    assert_eq!(fates(&simulator.node(BOB).received), alone);
    assert_ne!(
        fates(&simulator.node(carol).received),
        alone,
        "each link has its own weather"
    );
}

#[test]
fn adding_an_impairment_leaves_the_others_draws() {
    let alone = fates_under(());
    let mut lossier = memoryless();
    lossier.loss = None;
    let without_loss = fates(&run(&lossier, flow(FRAMES, MS), ()).node(BOB).received);
    for (number, fate) in &alone {
        let superset = &without_loss[number];
        assert!(fate.iter().all(|arrival| superset.contains(arrival)));
    }
}

#[test]
fn seed_and_replication_change_the_weather() {
    let fates_of = |seed: Seed| {
        let mut simulator = Simulator::new(seed, (), ());
        simulator.add_node(Host::sending(flow(FRAMES, MS)));
        simulator.add_node(Host::default());
        simulator.add_link(&memoryless()).expect("valid");
        simulator
            .run_until(at_ms(100_000), StepLimit(1_000_000))
            .expect("ends");
        fates(&simulator.node(BOB).received)
    };
    assert_eq!(fates_of(SEED), fates_under(()));
    assert_ne!(
        fates_of(Seed {
            replication: 1,
            ..SEED
        }),
        fates_of(SEED)
    );
    assert_ne!(fates_of(Seed { root: 1, ..SEED }), fates_of(SEED));
}

#[test]
fn a_link_may_have_a_seed_of_its_own() {
    let fates_of = |link_seed, root| {
        let mut link = memoryless();
        link.seed = link_seed;
        let mut simulator = Simulator::new(Seed { root, ..SEED }, (), ());
        simulator.add_node(Host::sending(flow(FRAMES, MS)));
        simulator.add_node(Host::default());
        simulator.add_link(&link).expect("valid");
        simulator
            .run_until(at_ms(100_000), StepLimit(1_000_000))
            .expect("ends");
        fates(&simulator.node(BOB).received)
    };
    assert_eq!(fates_of(Some(5), 1), fates_of(Some(5), 2));
    assert_eq!(fates_of(Some(5), 1), fates_of(None, 5));
    assert_ne!(fates_of(Some(5), 1), fates_of(Some(6), 1));
}

/// Chains advance by arrival, so their guarantee is weaker: the same arrivals, the same fates; and
/// what happens after a change may differ. This test shows that it does, so that nobody promises
/// more.
#[test]
fn chains_depend_on_how_many_frames_came_before() {
    let mut link = bare();
    link.loss = Some(LossConfig::gilbert_elliott(
        percent("5%"),
        Some(percent("30%")),
        None,
        None,
    ));
    let lost = |script: Script<Packet, Multiple>| -> Vec<u64> {
        let simulator = run(&link, flow(FRAMES, MS), script);
        let passages = simulator.observer().passages.values();
        passages
            .filter(|p| p.dropped.is_some())
            .map(|p| p.number)
            .collect()
    };
    let script = |faults| Script::new(SEED, faults, Vec::new()).expect("valid");
    let without = lost(script(Vec::new()));
    assert_eq!(without, lost(script(Vec::new())));
    let with = lost(script(vec![Fault::new("a", Multiple(7), Action::Drop)]));
    let differs = |number: &u64| {
        !number.is_multiple_of(7) && with.contains(number) != without.contains(number)
    };
    assert!((0..FRAMES).any(|number| differs(&number)));
}

/// FNV-1a over what became of each passage: a change here is a change of every recorded result, and
/// must be meant.
#[test]
fn the_weather_of_this_seed_is_recorded() {
    let mut link = memoryless();
    link.delay.as_mut().expect("set").distribution = Distribution::LogNormal;
    let simulator = run(&link, flow(FRAMES, MS), ());
    let facts = simulator.observer().passages.values().flat_map(|passage| {
        let delivered = passage.delivered.map_or(u64::MAX, Instant::as_nanos);
        [passage.number, delivered, u64::from(passage.corruptions)]
    });
    let digest = facts
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    assert_eq!(digest, 0xe816_a5b8_0165_a98e, "{digest:#x}");
}

#[test]
fn two_links_of_one_name_are_refused() {
    let mut simulator: Simulator<Host> = Simulator::new(SEED, (), ());
    simulator.add_node(Host::default());
    simulator.add_node(Host::default());
    simulator
        .add_link(&LinkConfig::new("there", ALICE, BOB))
        .expect("valid");
    let again = simulator.add_link(&LinkConfig::new("there", BOB, ALICE));
    assert_eq!(again.expect_err("taken").field, "name");
    assert_eq!((NodeId(0), THERE), (ALICE, LinkId(0)));
}
