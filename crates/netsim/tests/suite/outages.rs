//! Blackouts, partitions, the maximum packet lifetime, and the order of operations.

use netsim::{
    Action, CorruptConfig, DropReason, DuplicateConfig, Fault, Instant, LinkConfig, LossConfig,
    Match, Probability, Script, SlotConfig, SlotSpacing, Trigger, Window,
};

use crate::lab::{BOB, MS, Packet, SEED, THERE, arrivals, at_ms, bare, delayed, flow, ms, run};

fn window(from: u64, until: u64) -> Window {
    Window {
        from: at_ms(from),
        until: Some(at_ms(until)),
    }
}

#[test]
fn a_blackout_loses_what_enters() {
    let mut link = delayed(50);
    link.blackout = vec![window(1000, 3000), window(5000, 5001)];
    let simulator = run(&link, flow(7, 1000 * MS), ());
    assert_eq!(
        arrivals(&simulator),
        [(50, 0), (3050, 3), (4050, 4), (6050, 6)]
    );
    assert_eq!(simulator.conservation().dropped(DropReason::Blackout), 3);
}

#[test]
fn a_partition_also_loses_what_is_under_way() {
    let mut link = delayed(50);
    link.partition = vec![window(1020, 2000)];
    let simulator = run(&link, flow(4, 1000 * MS), ());
    assert_eq!(arrivals(&simulator), [(50, 0), (2050, 2), (3050, 3)]);
    let lost = simulator
        .observer()
        .passages
        .values()
        .find_map(|passage| passage.dropped);
    assert_eq!(
        lost,
        Some((at_ms(1020), DropReason::Partition)),
        "when the cable is cut"
    );
}

#[test]
fn a_partition_reaches_what_waits_for_a_slot() {
    let mut link = delayed(50);
    let (min_delay, max_delay) = (ms(100), ms(100));
    let spacing = SlotSpacing::Uniform {
        min_delay,
        max_delay,
    };
    link.slot = Some(SlotConfig {
        spacing,
        packets: None,
        bytes: None,
    });
    for (cut, arrives) in [(30, false), (120, false), (151, true)] {
        link.partition = vec![window(cut, cut + 1)];
        let simulator = run(&link, flow(1, 0), ());
        assert_eq!(
            simulator.conservation().delivered == 1,
            arrives,
            "cut at {cut} ms"
        );
    }
}

#[derive(Clone, Debug)]
struct Any;

impl Match<Packet> for Any {
    fn matches(&mut self, _: Instant, _: &Packet) -> bool {
        true
    }
}

fn holding(until: u64) -> Script<Packet, Any> {
    let hold = Fault::new("hold", Any, Action::Hold(Trigger::At(at_ms(until))));
    Script::new(SEED, vec![hold], Vec::new()).expect("valid")
}

#[test]
fn nothing_arrives_older_than_the_maximum_lifetime() {
    let mut link = delayed(50);
    link.max_lifetime = Some(ms(120));
    for (held, fate) in [(70, Some(120)), (71, None), (500, None)] {
        let simulator = run(&link, flow(1, 0), holding(held));
        let passage = simulator.observer().passages.values().next().expect("one");
        assert_eq!(passage.delivered, fate.map(at_ms), "held for {held} ms");
        let expired = simulator.conservation().dropped(DropReason::Expired);
        assert_eq!(expired, u64::from(fate.is_none()));
    }
}

fn always(link: &mut LinkConfig) {
    let (percent, correlation) = (Probability::ONE, Probability::ZERO);
    link.duplicate = Some(DuplicateConfig {
        percent,
        correlation,
    });
    link.corrupt = Some(CorruptConfig {
        percent,
        correlation,
    });
}

#[test]
fn the_order_is_faults_blackout_duplicate_loss_corrupt_limit_delay() {
    // Faults come before the blackout: the held frame is released into the light.
    let mut link = delayed(50);
    link.blackout = vec![window(0, 100)];
    assert_eq!(arrivals(&run(&link, flow(1, 0), holding(200))), [(250, 0)]);

    // Blackout before duplicate: one frame is lost, not two.
    always(&mut link);
    let simulator = run(&link, flow(1, 0), ());
    assert_eq!(simulator.conservation().dropped(DropReason::Blackout), 1);

    // Duplicate before corrupt: each of the two has a flip of its own.
    link.blackout.clear();
    let simulator = run(&link, flow(1, 0), ());
    let flips: Vec<_> = simulator
        .node(BOB)
        .received
        .iter()
        .map(|(_, p)| p.flips.clone())
        .collect();
    assert_eq!(flips.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert_ne!(flips[0], flips[1]);

    // Duplicate before limit: the copy finds the link full. Corrupt before limit: it is corrupt by
    // then.
    link.limit = Some(1);
    let simulator = run(&link, flow(1, 0), ());
    assert_eq!(simulator.conservation().dropped(DropReason::Limit), 1);
    assert!(
        simulator
            .observer()
            .passages
            .values()
            .all(|passage| passage.corruptions == 1)
    );

    // Loss before corrupt.
    link.loss = Some(LossConfig::random(Probability::ONE));
    let simulator = run(&link, flow(1, 0), ());
    assert_eq!(simulator.conservation().dropped(DropReason::Loss), 2);
    assert!(
        simulator
            .observer()
            .passages
            .values()
            .all(|passage| passage.corruptions == 0)
    );
}

#[test]
fn a_frame_that_would_arrive_after_the_end_of_time_stays_in_flight() {
    let simulator = run(&delayed(u64::MAX / 2 / MS), flow(1, 0), ());
    assert_eq!(simulator.conservation().in_flight, 1);
    let far = std::time::Duration::from_hours(2_500_000);
    let delay = Fault::new("late", Any, Action::Delay(far));
    for faults in [
        vec![delay.clone()],
        vec![Fault {
            action: Action::Delay(far * 9),
            ..delay
        }],
    ] {
        let script = Script::new(SEED, faults, Vec::new()).expect("valid");
        let simulator = run(
            &delayed(u64::MAX / 2 / MS),
            [(MS, THERE, Packet::new(0))],
            script,
        );
        assert_eq!(simulator.conservation().in_flight, 1);
    }
    assert_eq!(run(&bare(), flow(1, 0), ()).conservation().in_flight, 0);
}
