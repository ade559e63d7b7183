//! Bad configurations: each is refused, with the field that is wrong.

use std::time::Duration;

use netsim::{
    DelayConfig, Distribution, LinkConfig, LossConfig, Probability, QueueConfig, RateConfig,
    ReorderConfig, SlotConfig, SlotSpacing, Window,
};

use crate::lab::{at_ms, bare, delayed, ms};

/// The field that the checks refuse in a delayed link after this change.
fn refused(change: impl FnOnce(&mut LinkConfig)) -> String {
    let mut link = delayed(10);
    assert_eq!(link.check(), Ok(()));
    change(&mut link);
    link.check().expect_err("a bad configuration").field
}

fn percent(text: &str) -> Probability {
    text.parse().expect("a percentage")
}

fn reorder(gap: u32) -> ReorderConfig {
    ReorderConfig {
        percent: Probability::ONE,
        correlation: Probability::ZERO,
        gap,
    }
}

#[test]
fn values_out_of_range() {
    let centuries = Duration::from_hours(400 * 366 * 24);
    assert_eq!(refused(|link| link.name.clear()), "name");
    assert_eq!(refused(|link| link.limit = Some(0)), "limit");
    assert_eq!(
        refused(|link| link.delay = Some(DelayConfig::constant(centuries))),
        "delay.time"
    );
    assert_eq!(
        refused(|link| link.max_lifetime = Some(centuries)),
        "max_lifetime"
    );
    assert_eq!(
        refused(|link| link.reorder = Some(reorder(0))),
        "reorder.gap"
    );
    assert_eq!(
        refused(|link| link.rate = Some(RateConfig::new(0))),
        "rate.rate"
    );
    let cells = RateConfig {
        cell_overhead: 5,
        ..RateConfig::new(8)
    };
    assert_eq!(refused(|link| link.rate = Some(cells)), "rate.celloverhead");
    let shrunk = RateConfig {
        cell_size: 48,
        cell_overhead: -48,
        ..RateConfig::new(8)
    };
    assert_eq!(
        refused(|link| link.rate = Some(shrunk)),
        "rate.celloverhead"
    );
    let empty = Window {
        from: at_ms(3),
        until: Some(at_ms(3)),
    };
    let windows = vec![Window::ALWAYS, empty];
    assert_eq!(
        refused(|link| link.blackout = windows.clone()),
        "blackout[1]"
    );
    assert_eq!(refused(|link| link.partition = windows), "partition[1]");
}

#[test]
fn slots_and_queues_out_of_range() {
    let slot = |spacing, packets, bytes| {
        Some(SlotConfig {
            spacing,
            packets,
            bytes,
        })
    };
    let even = SlotSpacing::Uniform {
        min_delay: ms(1),
        max_delay: ms(1),
    };
    let swapped = SlotSpacing::Uniform {
        min_delay: ms(2),
        max_delay: ms(1),
    };
    assert_eq!(
        refused(|link| link.slot = slot(swapped, None, None)),
        "slot.min_delay"
    );
    assert_eq!(
        refused(|link| link.slot = slot(even.clone(), Some(0), None)),
        "slot.packets"
    );
    assert_eq!(
        refused(|link| link.slot = slot(even, None, Some(0))),
        "slot.bytes"
    );
    let without_mean = SlotSpacing::Distribution {
        delay: Duration::ZERO,
        jitter: ms(1),
        distribution: Distribution::LogNormal,
    };
    assert_eq!(
        refused(|link| link.slot = slot(without_mean, None, None)),
        "slot.delay"
    );
    for (bytes, packets) in [(None, None), (Some(0), None), (None, Some(0))] {
        let queued = |link: &mut LinkConfig| {
            link.rate = Some(RateConfig::new(8));
            link.queue = Some(QueueConfig { bytes, packets });
        };
        assert_eq!(refused(queued), "queue");
    }
}

#[test]
fn contradictions() {
    let mut without_delay = bare();
    without_delay.reorder = Some(reorder(1));
    assert_eq!(
        without_delay.check().expect_err("no delay to skip").field,
        "reorder"
    );
    let ordered = |link: &mut LinkConfig| (link.reorder, link.fifo) = (Some(reorder(1)), true);
    assert_eq!(refused(ordered), "reorder");
    assert_eq!(refused(|link| link.ecn = true), "ecn");
    let queue = QueueConfig {
        bytes: Some(1),
        packets: None,
    };
    assert_eq!(refused(|link| link.queue = Some(queue)), "queue");
    let distribution = Distribution::LogNormal;
    let delay = DelayConfig {
        jitter: ms(1),
        distribution,
        ..DelayConfig::default()
    };
    assert_eq!(refused(|link| link.delay = Some(delay)), "delay.time");
}

#[test]
fn a_states_ways_out_sum_to_at_most_one() {
    let model = |p13, p31, p32, p14| {
        let some = |text| Some(percent(text));
        let (p31, p32, p14) = (some(p31), some(p32), some(p14));
        Some(LossConfig::state(percent(p13), p31, p32, None, p14))
    };
    assert_eq!(
        refused(|link| link.loss = model("60%", "1%", "1%", "41%")),
        "loss.state.p14"
    );
    assert_eq!(
        refused(|link| link.loss = model("1%", "60%", "41%", "1%")),
        "loss.state.p32"
    );
    let mut exact = bare();
    exact.loss = model("60%", "1/3", "2/3", "40%");
    assert_eq!(exact.check(), Ok(()));
}

#[test]
fn an_error_reads_as_a_sentence() {
    let mut link = bare();
    link.reorder = Some(reorder(1));
    let error = link.check().expect_err("no delay");
    assert_eq!(
        error.to_string(),
        "reorder: expected a delay to skip, found none"
    );
    assert_eq!(error.within("link.c2s").field, "link.c2s.reorder");
}
