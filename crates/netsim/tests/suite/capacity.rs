//! Rate, queue, limit and slots.

use netsim::{
    DelayConfig, Distribution, DropReason, Instant, LinkConfig, Probability, QueueConfig,
    RateConfig, ReorderConfig, SlotConfig, SlotSpacing, Stream, sample,
};

use crate::estimate::{assert_mean, assert_variance};
use crate::lab::{MS, Packet, SEED, THERE, arrivals, bare, delayed, flow, ms, run};

/// A link on which a packet of 100 bytes takes one millisecond.
fn slow() -> LinkConfig {
    let mut link = bare();
    link.rate = Some(RateConfig::new(800_000));
    link
}

fn times(link: &LinkConfig, frames: u64, spacing: u64) -> Vec<u64> {
    arrivals(&run(link, flow(frames, spacing), ()))
        .iter()
        .map(|arrival| arrival.0)
        .collect()
}

#[test]
fn a_burst_leaves_at_the_rate() {
    assert_eq!(times(&slow(), 4, 0), [1, 2, 3, 4]);
    assert_eq!(times(&slow(), 4, 10 * MS), [1, 11, 21, 31]);
}

#[test]
fn the_delay_comes_before_the_rate() {
    let mut link = delayed(50);
    link.rate = Some(RateConfig::new(800_000));
    assert_eq!(times(&link, 3, 0), [51, 52, 53]);
}

#[test]
fn overheads_and_cells_take_time() {
    for (overhead, cell, cell_overhead, bytes) in [
        (0, 0, 0, 100),
        (20, 0, 0, 120),
        (-20, 0, 0, 80),
        (-200, 0, 0, 0),
        (0, 48, 5, 3 * 53),
        (-4, 48, 5, 2 * 53),
        (-4, 48, 0, 2 * 48),
    ] {
        let mut link = bare();
        link.rate = Some(RateConfig {
            bits_per_second: 8_000_000,
            packet_overhead: overhead,
            cell_size: cell,
            cell_overhead,
        });
        let simulator = run(&link, flow(1, 0), ());
        let passage = simulator.observer().passages.values().next().expect("one");
        assert_eq!(passage.delivered.map(Instant::as_nanos), Some(bytes * 1000));
    }
}

#[test]
fn a_rate_that_does_not_divide_a_second_does_not_drift() {
    let mut link = bare();
    link.rate = Some(RateConfig::new(7));
    let simulator = run(&link, flow(7, 0), ());
    let last = simulator
        .observer()
        .passages
        .values()
        .filter_map(|passage| passage.delivered)
        .max();
    assert_eq!(last.map(Instant::as_nanos), Some(800 * 1_000_000_000));
}

/// A Poisson flow of this many packets a second.
fn poisson(per_second: u64, count: u64) -> impl Iterator<Item = (u64, netsim::LinkId, Packet)> {
    let stream: Stream = SEED.stream("arrivals");
    let mean = 1_000_000_000 / per_second;
    let mut now = 0;
    (0..count).map(move |number| {
        now += sample::exponential_nanos(stream.draw(number, 0), mean);
        (now, THERE, Packet::new(number))
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "waiting times are below a second"
)]
#[test]
fn poisson_arrivals_wait_as_in_an_m_d_1_queue() {
    for (per_second, utilisation) in [(500, 0.5), (800, 0.8)] {
        let simulator = run(&slow(), poisson(per_second, 100_000), ());
        let passages = simulator.observer().passages.values();
        let waits: Vec<f64> = passages
            .map(|passage| {
                let delivered = passage.delivered.expect("nothing is lost").as_nanos();
                (delivered - passage.began.as_nanos()) as f64 / 1e6 - 1.0
            })
            .collect();
        // Pollaczek and Khinchine, for a constant service time of 1 ms.
        let expected = utilisation / (2.0 * (1.0 - utilisation));
        assert_mean(&format!("wait at {utilisation}"), &waits, expected);
    }
}

#[test]
fn the_queue_before_the_transmitter_drops_its_tail() {
    let mut link = slow();
    link.queue = Some(QueueConfig {
        bytes: None,
        packets: Some(3),
    });
    let simulator = run(&link, flow(10, 0), ());
    assert_eq!(arrivals(&simulator), [(1, 0), (2, 1), (3, 2)]);
    assert_eq!(simulator.conservation().dropped(DropReason::Queue), 7);
    // After 1 ms one has left, and one more finds room.
    let later = flow(10, 0).chain([(MS, THERE, Packet::new(10)), (MS, THERE, Packet::new(11))]);
    assert_eq!(
        arrivals(&run(&link, later, ())),
        [(1, 0), (2, 1), (3, 2), (4, 10)]
    );
}

#[test]
fn the_queue_may_be_limited_in_bytes() {
    let mut link = slow();
    link.queue = Some(QueueConfig {
        bytes: Some(250),
        packets: None,
    });
    assert_eq!(times(&link, 10, 0), [1, 2]);
    let mut mixed: Vec<_> = flow(4, 0).collect();
    mixed[2].2.len = 50;
    assert_eq!(arrivals(&run(&link, mixed, ())), [(1, 0), (2, 1), (2, 2)]);
}

#[test]
fn the_limit_counts_all_that_is_in_the_link() {
    let mut link = delayed(50);
    link.limit = Some(3);
    let timetable = flow(5, MS).chain([(50 * MS + 1, THERE, Packet::new(9))]);
    let simulator = run(&link, timetable, ());
    assert_eq!(arrivals(&simulator), [(50, 0), (51, 1), (52, 2), (100, 9)]);
    assert_eq!(simulator.conservation().dropped(DropReason::Limit), 2);
}

#[test]
fn reordered_frames_skip_the_queue_too() {
    let mut link = delayed(10);
    link.rate = Some(RateConfig::new(800_000));
    link.queue = Some(QueueConfig {
        bytes: None,
        packets: Some(1),
    });
    link.reorder = Some(ReorderConfig {
        percent: Probability::ONE,
        correlation: Probability::ZERO,
        gap: 2,
    });
    assert_eq!(arrivals(&run(&link, flow(2, 0), ())), [(0, 1), (11, 0)]);
}

fn slotted(spacing: u64, packets: Option<u32>, bytes: Option<u64>) -> LinkConfig {
    let mut link = bare();
    let (min_delay, max_delay) = (ms(spacing), ms(spacing));
    let spacing = SlotSpacing::Uniform {
        min_delay,
        max_delay,
    };
    link.slot = Some(SlotConfig {
        spacing,
        packets,
        bytes,
    });
    link
}

/// Arrival times of frames that begin at 1 ms, when the slot open at time 0 has passed.
fn slotted_times(link: &LinkConfig, frames: u64, spacing: u64) -> Vec<u64> {
    let later = flow(frames, spacing).map(|(at, link, packet)| (at + MS, link, packet));
    arrivals(&run(link, later, ()))
        .iter()
        .map(|arrival| arrival.0)
        .collect()
}

#[test]
fn slots_deliver_in_bunches() {
    // The first frame finds no slot open; the next opens 10 ms after it, and so on.
    assert_eq!(
        slotted_times(&slotted(10, None, None), 5, 4 * MS),
        [11, 11, 11, 23, 23]
    );
    assert_eq!(
        slotted_times(&slotted(10, Some(2), None), 5, 0),
        [11, 11, 21, 21, 31]
    );
    assert_eq!(
        slotted_times(&slotted(10, None, Some(150)), 5, 0),
        [11, 11, 21, 21, 31]
    );
}

#[test]
fn a_frame_that_is_ready_when_a_slot_opens_takes_it() {
    assert_eq!(
        slotted_times(&slotted(10, None, None), 2, 10 * MS),
        [11, 11]
    );
}

#[test]
fn slots_come_after_delay_and_rate() {
    let mut link = slotted(10, None, None);
    link.delay = Some(DelayConfig::constant(ms(3)));
    link.rate = Some(RateConfig::new(800_000));
    assert_eq!(slotted_times(&link, 2, 0), [15, 15]);
}

#[expect(clippy::cast_precision_loss, reason = "delays are below a second")]
#[test]
fn the_spacing_of_slots_has_its_distribution() {
    let (min_delay, max_delay) = (ms(5), ms(15));
    let uniform = SlotSpacing::Uniform {
        min_delay,
        max_delay,
    };
    let normal = SlotSpacing::Distribution {
        delay: ms(10),
        jitter: ms(2),
        distribution: Distribution::Normal,
    };
    for (spacing, variance) in [(uniform, 100.0 / 12.0), (normal, 4.0)] {
        let what = format!("{spacing:?}");
        let mut link = bare();
        link.slot = Some(SlotConfig {
            spacing,
            packets: None,
            bytes: None,
        });
        let simulator = run(&link, flow(40_000, 1000 * MS).skip(1), ());
        let delays: Vec<f64> = simulator
            .observer()
            .passages
            .values()
            .map(|passage| {
                let delivered = passage.delivered.expect("nothing is lost").as_nanos();
                (delivered - passage.began.as_nanos()) as f64 / 1e6
            })
            .collect();
        assert_mean(&what, &delays, 10.0);
        assert_variance(&what, &delays, variance);
    }
}
