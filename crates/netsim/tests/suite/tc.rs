//! The tc command of every option, and the caveats of what tc cannot say.

use std::time::Duration;

use netsim::{
    CorruptConfig, DelayConfig, Distribution, DuplicateConfig, LinkConfig, LossConfig, Probability,
    QueueConfig, RateConfig, ReorderConfig, SlotConfig, SlotSpacing, Window,
};

use crate::lab::{at_ms, bare, delayed, ms};

fn percent(text: &str) -> Probability {
    text.parse().expect("a probability")
}

/// The options after `netem limit N`.
fn options(link: &LinkConfig) -> String {
    let command = link.as_tc("eth0").command;
    let options = command.strip_prefix("tc qdisc add dev eth0 root netem limit 4294967295");
    options.expect("the prefix").trim_start().to_owned()
}

#[test]
fn every_option_of_netem() {
    let correlation = percent("25%");
    let mut link = delayed(100);
    assert_eq!(options(&link), "delay 100ms");
    let delay = link.delay.as_mut().expect("delayed");
    (delay.jitter, delay.distribution) = (Duration::from_micros(1500), Distribution::Normal);
    assert_eq!(options(&link), "delay 100ms 1500us distribution normal");
    link.reorder = Some(ReorderConfig {
        percent: percent("5%"),
        correlation,
        gap: 3,
    });
    assert_eq!(
        options(&link),
        "delay 100ms 1500us distribution normal reorder 5% 25% gap 3"
    );

    let mut link = bare();
    link.loss = Some(LossConfig::Random {
        percent: percent("0.3%"),
        correlation,
    });
    link.ecn = true;
    assert_eq!(options(&link), "loss random 0.3% 25% ecn");
    link.ecn = false;
    link.loss = Some(LossConfig::state(percent("1%"), None, None, None, None));
    assert_eq!(options(&link), "loss state 1% 99% 0% 100% 0%");
    link.loss = Some(LossConfig::gilbert_elliott(
        percent("1%"),
        Some(percent("10%")),
        None,
        None,
    ));
    assert_eq!(options(&link), "loss gemodel 1% 10% 100% 0%");

    let mut link = bare();
    link.corrupt = Some(CorruptConfig {
        percent: percent("1%"),
        correlation: Probability::ZERO,
    });
    link.duplicate = Some(DuplicateConfig {
        percent: percent("2%"),
        correlation,
    });
    assert_eq!(options(&link), "corrupt 1% duplicate 2% 25%");

    let mut link = bare();
    link.rate = Some(RateConfig::new(1_000_000));
    assert_eq!(options(&link), "rate 1000000bit");
    let rate = link.rate.as_mut().expect("set");
    (rate.packet_overhead, rate.cell_size, rate.cell_overhead) = (-14, 48, 5);
    assert_eq!(options(&link), "rate 1000000bit -14 48 5");

    let mut link = bare();
    let spacing = SlotSpacing::Uniform {
        min_delay: ms(1),
        max_delay: ms(2),
    };
    link.slot = Some(SlotConfig {
        spacing,
        packets: Some(4),
        bytes: Some(3000),
    });
    assert_eq!(options(&link), "slot 1ms 2ms packets 4 bytes 3000");
    let distribution = Distribution::Pareto;
    let spacing = SlotSpacing::Distribution {
        delay: ms(9),
        jitter: ms(2),
        distribution,
    };
    link.slot = Some(SlotConfig {
        spacing,
        packets: None,
        bytes: None,
    });
    assert_eq!(options(&link), "slot distribution pareto 9ms 2ms");
    link.limit = Some(50);
    assert!(
        link.as_tc("eth1")
            .command
            .starts_with("tc qdisc add dev eth1 root netem limit 50 ")
    );
}

#[test]
fn what_netem_has_needs_no_caveat() {
    let mut link = delayed(100);
    link.loss = Some(LossConfig::random(percent("1%")));
    assert_eq!(link.as_tc("eth0").caveats, [""; 0]);
    assert_eq!(
        link.as_tc("eth0").to_string(),
        "tc qdisc add dev eth0 root netem limit 4294967295 delay 100ms loss random 1%"
    );
}

#[test]
fn what_tc_cannot_say_is_said() {
    let caveats = |change: fn(&mut LinkConfig)| -> String {
        let mut link = delayed(100);
        change(&mut link);
        let caveats = link.as_tc("eth0").caveats;
        assert!(
            link.as_tc("eth0").to_string().contains("\n# "),
            "caveats are comments"
        );
        caveats.join("; ")
    };
    let window = || {
        vec![Window {
            from: at_ms(1),
            until: Some(at_ms(2)),
        }]
    };
    assert!(caveats(|link| link.fifo = true).starts_with("fifo"));
    assert!(caveats(|link| link.max_lifetime = Some(ms(1))).starts_with("max_lifetime"));
    let mut dark = bare();
    (dark.blackout, dark.partition) = (window(), window());
    assert_eq!(dark.as_tc("eth0").caveats.len(), 3);
    let queued = caveats(|link| {
        link.rate = Some(RateConfig::new(8));
        link.queue = Some(QueueConfig {
            bytes: Some(1),
            packets: None,
        });
    });
    assert!(queued.starts_with("queue"));
    let unbounded = caveats(|link| {
        let distribution = Distribution::LogNormal;
        link.delay = Some(DelayConfig {
            jitter: ms(1),
            distribution,
            ..DelayConfig::default()
        });
    });
    assert!(unbounded.contains("four jitters"));
    let long = caveats(|link| link.delay.as_mut().expect("set").jitter = ms(2148));
    assert!(long.contains("2.147483647"));
    assert!(caveats(|link| link.seed = Some(7)).starts_with("seed"));
    let third = caveats(|link| link.loss = Some(LossConfig::random(percent("1/3"))));
    assert_eq!(third, "1/3 is rounded to 33.33333333%");
}
