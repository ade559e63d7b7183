//! Loss, duplication and corruption against their closed forms.

use netsim::{CorruptConfig, DropReason, DuplicateConfig, LinkConfig, LossConfig, Probability};

use crate::estimate::{assert_mean, count, indicator, mean};
use crate::lab::{BOB, MS, Packet, THERE, bare, delayed, flow, run};

const FRAMES: u64 = 60_000;

fn percent(text: &str) -> Probability {
    text.parse().expect("a percentage")
}

/// For each frame of a long flow, whether it was lost.
fn losses(loss: LossConfig) -> Vec<bool> {
    let mut link = bare();
    link.loss = Some(loss);
    let simulator = run(&link, flow(FRAMES, MS), ());
    let passages = simulator.observer().passages.values();
    passages.map(|passage| passage.dropped.is_some()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "lengths of runs are small")]
fn burst_lengths(lost: &[bool]) -> Vec<f64> {
    lost.chunk_by(|left, right| left == right)
        .filter(|run| run[0])
        .map(|run| run.len() as f64)
        .collect()
}

#[test]
fn random_loss_is_independent_and_of_its_share() {
    for text in ["0%", "1%", "30%", "100%"] {
        let share = percent(text).as_f64();
        let lost = losses(LossConfig::random(percent(text)));
        assert_mean(text, &indicator(lost.iter().copied()), share);
        let pairs = indicator(lost.windows(2).map(|pair| pair[0] && pair[1]));
        assert_mean(&format!("{text} twice"), &pairs, share * share);
    }
}

#[expect(clippy::cast_sign_loss, reason = "positions are not negative")]
fn nearest(position: f64) -> usize {
    position.round() as usize
}

/// The stationary distribution function at `x` of V = (1 - r) U + r V', with U uniform: the fixed
/// point of F(x) = 1 / (1 - r) * integral of F(y / r) over y from x - (1 - r) to x.
fn correlated_distribution(r: f64, x: f64) -> f64 {
    const CELLS: u32 = 8192;
    let cells = f64::from(CELLS);
    let mut values: Vec<f64> = (0..=CELLS).map(|i| f64::from(i) / cells).collect();
    for _ in 0..40 {
        let at = |y: f64| {
            let position = (y.clamp(0.0, 1.0) * cells).min(cells - 1.0);
            let (index, part) = (nearest(position.floor()), position.fract());
            if y >= 1.0 {
                1.0
            } else {
                values[index] * (1.0 - part) + values[index + 1] * part
            }
        };
        let mut integral = vec![0.0];
        for i in 0..CELLS {
            let middle = (f64::from(i) + 0.5) / cells;
            integral.push(integral[i as usize] + at(middle / r) / cells);
        }
        let from_zero = |y: f64| integral[nearest(y.clamp(0.0, 1.0) * cells)];
        values = (0..=CELLS)
            .map(|i| f64::from(i) / cells)
            .map(|x| (from_zero(x) - from_zero(x - (1.0 - r))) / (1.0 - r))
            .collect();
    }
    values[nearest(x * cells)]
}

#[test]
fn correlated_loss_has_netems_share_and_clusters() {
    for (r, p) in [(0.25, 0.1), (0.5, 0.3)] {
        let text = |value: f64| percent(&format!("{}%", value * 100.0));
        let lost = losses(LossConfig::Random {
            percent: text(p),
            correlation: text(r),
        });
        let expected = correlated_distribution(r, p);
        assert!(
            expected < p,
            "netem loses less than it is told when losses are correlated"
        );
        assert_mean("share", &indicator(lost.iter().copied()), expected);
        let after_loss = lost.windows(2).filter(|pair| pair[0]).map(|pair| pair[1]);
        assert!(
            mean(&indicator(after_loss)) > 1.5 * expected,
            "losses cluster"
        );
    }
}

#[test]
fn gilbert_elliott_loses_in_bursts() {
    let (p, r) = (percent("2%"), percent("25%"));
    let lost = losses(LossConfig::gilbert_elliott(p, Some(r), None, None));
    assert_mean("share", &indicator(lost.iter().copied()), 0.02 / 0.27);
    let bursts = burst_lengths(&lost);
    assert_mean("burst length", &bursts, 1.0 / 0.25);
    let single = indicator(bursts.iter().map(|length| *length < 1.5));
    assert_mean("bursts of one: the length is geometric", &single, 0.25);
}

#[test]
fn gilbert_elliott_with_loss_in_both_states() {
    let model = LossConfig::gilbert_elliott(
        percent("10%"),
        Some(percent("30%")),
        Some(percent("70%")),
        Some(percent("5%")),
    );
    let share = 0.25 * 0.7 + 0.75 * 0.05;
    assert_mean("share", &indicator(losses(model)), share);
}

#[test]
fn gilbert_elliott_defaults_to_bernoulli() {
    let model = LossConfig::gilbert_elliott(percent("20%"), None, None, None);
    let lost = losses(model);
    let pairs = indicator(lost.windows(2).map(|pair| pair[0] && pair[1]));
    assert_mean("twice", &pairs, 0.2 * 0.2);
}

#[test]
fn four_states_in_equilibrium() {
    let (p13, p31, p32, p23, p14) = (0.02, 0.3, 0.2, 0.5, 0.01);
    let model = LossConfig::state(
        percent("2%"),
        Some(percent("30%")),
        Some(percent("20%")),
        Some(percent("50%")),
        Some(percent("1%")),
    );
    let lost = losses(model);
    let good = 1.0 / (1.0 + p14 + p13 / p31 * (1.0 + p32 / p23));
    let burst = good * p13 / p31;
    assert_mean(
        "share",
        &indicator(lost.iter().copied()),
        burst + good * p14,
    );
    // A run of losses ends when state 3 is left; an isolated loss is a run of one.
    let runs_begun_in_burst = good * p13 + burst * p32;
    let expected = (burst + good * p14) / (runs_begun_in_burst + good * p14);
    assert_mean("run length", &burst_lengths(&lost), expected);
}

#[test]
fn four_states_default_to_two() {
    let model = LossConfig::state(percent("5%"), Some(percent("50%")), None, None, None);
    let lost = losses(model);
    assert_mean("share", &indicator(lost.iter().copied()), 0.05 / 0.55);
    assert_mean("run length", &burst_lengths(&lost), 2.0);
}

/// netem decides a loss in the state before the transition for Gilbert-Elliott, and after it for the
/// four states; both begin in the good one. Chains that always move show it.
#[test]
fn the_first_frame_of_each_chain() {
    let always = Probability::ONE;
    let two = losses(LossConfig::gilbert_elliott(
        always,
        Some(always),
        None,
        None,
    ));
    assert_eq!(two[..4], [false, true, false, true]);
    let four = losses(LossConfig::state(always, Some(always), None, None, None));
    assert_eq!(four[..4], [true, false, true, false]);
    let isolated = losses(LossConfig::state(
        Probability::ZERO,
        None,
        None,
        None,
        Some(always),
    ));
    assert_eq!(isolated[..4], [true, false, true, false]);
}

#[test]
fn ecn_marks_what_would_be_lost() {
    let mut link = bare();
    link.loss = Some(LossConfig::random(percent("20%")));
    link.ecn = true;
    let timetable = flow(FRAMES, MS).map(|(at, link, packet)| {
        let ecn_capable = packet.number % 2 == 0;
        (
            at,
            link,
            Packet {
                ecn_capable,
                ..packet
            },
        )
    });
    let simulator = run(&link, timetable, ());
    for passage in simulator.observer().passages.values() {
        let (lost, marked) = (passage.dropped.is_some(), passage.marks == 1);
        assert!(if passage.number % 2 == 0 {
            !lost
        } else {
            !marked
        });
    }
    let struck = simulator
        .observer()
        .passages
        .values()
        .map(|p| p.dropped.is_some() || p.marks == 1);
    assert_mean("marked or lost", &indicator(struck), 0.2);
    let received = &simulator.node(BOB).received;
    assert!(received.iter().any(|(_, packet)| packet.marked));
}

fn duplicating(share: &str) -> LinkConfig {
    let mut link = delayed(100);
    link.delay.as_mut().expect("delayed").jitter = crate::lab::ms(50);
    link.duplicate = Some(DuplicateConfig {
        percent: percent(share),
        correlation: Probability::ZERO,
    });
    link
}

#[test]
fn duplicates_are_one_copy_each_with_a_delay_of_its_own() {
    let simulator = run(&duplicating("10%"), flow(FRAMES, MS), ());
    let passages = &simulator.observer().passages;
    let originals = passages
        .iter()
        .filter(|(_, passage)| passage.copy_of.is_none());
    let copied: Vec<_> = passages
        .values()
        .filter_map(|passage| passage.copy_of)
        .collect();
    let is_copied = indicator(originals.map(|(id, _)| copied.contains(id)).take(10_000));
    assert_mean("share", &is_copied, 0.1);
    assert!(
        copied.is_sorted_by(|left, right| left < right),
        "no frame is copied twice"
    );
    let differing = passages.values().filter(|passage| {
        passage
            .copy_of
            .is_some_and(|original| passages[&original].delivered != passage.delivered)
    });
    // Two of 10^8 delays coincide about never.
    assert_eq!(differing.count(), copied.len());
}

#[test]
fn each_duplicate_is_lost_by_itself() {
    let mut link = duplicating("100%");
    link.loss = Some(LossConfig::random(percent("50%")));
    let simulator = run(&link, flow(FRAMES / 2, MS), ());
    let mut received = vec![0_u32; FRAMES as usize / 2];
    for (_, packet) in &simulator.node(BOB).received {
        received[packet.number as usize] += 1;
    }
    for (copies, share) in [(0, 0.25), (1, 0.5), (2, 0.25)] {
        let hits = indicator(received.iter().map(|&count| count == copies));
        assert_mean(&format!("{copies} of 2 received"), &hits, share);
    }
}

#[test]
fn corruption_flips_one_bit_anywhere() {
    let mut link = bare();
    link.corrupt = Some(CorruptConfig {
        percent: percent("5%"),
        correlation: Probability::ZERO,
    });
    let simulator = run(&link, flow(FRAMES, MS), ());
    let received = &simulator.node(BOB).received;
    assert_mean(
        "share",
        &indicator(received.iter().map(|(_, p)| !p.flips.is_empty())),
        0.05,
    );
    let flips: Vec<u64> = received
        .iter()
        .flat_map(|(_, p)| p.flips.iter().copied())
        .collect();
    assert!(received.iter().all(|(_, packet)| packet.flips.len() <= 1));
    // Chi-squared over the eight octants of the frame, seven degrees of freedom: 29.9 at 1e-4.
    let expected = count(&flips) / 8.0;
    let octants = (0..8).map(|octant| flips.iter().filter(|&&bit| bit / 100 == octant).count());
    let squares = octants.map(|n| (f64::from(n as u32) - expected).powi(2) / expected);
    assert!(squares.sum::<f64>() < 29.9);
    assert!(flips.iter().all(|&bit| bit < 800));
}

#[test]
fn total_loss_loses_all_even_duplicates() {
    let mut link = duplicating("100%");
    link.loss = Some(LossConfig::random(Probability::ONE));
    let simulator = run(&link, [(0, THERE, Packet::new(0))], ());
    assert_eq!(simulator.conservation().dropped(DropReason::Loss), 2);
    assert_eq!(simulator.conservation().delivered, 0);
}
