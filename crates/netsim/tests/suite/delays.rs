//! Delay, jitter, correlation and reordering against their closed forms.

use netsim::{
    DelayConfig, Distribution, DistributionTable, LinkConfig, Probability, ReorderConfig,
};

use crate::estimate::{
    assert_mean, assert_variance, autocorrelation, count, indicator, mean, variance,
};
use crate::lab::{MS, Recorder, arrivals, bare, delayed, flow, ms, run};

const FRAMES: u64 = 40_000;

/// The delays of a long flow, in milliseconds, in order of sending.
fn delays(link: &LinkConfig) -> Vec<f64> {
    // Ten seconds apart, so that nothing depends on what went before.
    delays_of(run(link, flow(FRAMES, 10_000 * MS), ()).observer())
}

#[expect(clippy::cast_precision_loss, reason = "delays here are below a second")]
fn delays_of(recorder: &Recorder) -> Vec<f64> {
    let passages = recorder.passages.values();
    passages
        .map(|passage| {
            let delivered = passage.delivered.expect("nothing is lost here");
            (delivered.as_nanos() - passage.began.as_nanos()) as f64 / 1e6
        })
        .collect()
}

fn jittered(time: u64, jitter: u64, distribution: Distribution) -> LinkConfig {
    let mut link = bare();
    link.delay = Some(DelayConfig {
        time: ms(time),
        jitter: ms(jitter),
        correlation: None,
        distribution,
    });
    link
}

#[test]
fn without_jitter_the_delay_is_exact() {
    let simulator = run(&delayed(50), flow(3, 1000 * MS), ());
    assert_eq!(arrivals(&simulator), [(50, 0), (1050, 1), (2050, 2)]);
}

#[test]
fn uniform_jitter() {
    let delays = delays(&jittered(100, 30, Distribution::Uniform));
    assert_mean("uniform", &delays, 100.0);
    assert_variance("uniform", &delays, 30.0 * 30.0 / 3.0);
    assert!(delays.iter().all(|delay| (70.0..130.0).contains(delay)));
}

/// Mean and variance of a quantile function, cut at four deviations as netem's tables are.
fn moments(quantile: impl Fn(f64) -> f64) -> (f64, f64) {
    let values: Vec<f64> = (0..400_000)
        .map(|i| quantile((f64::from(i) + 0.5) / 400_000.0).min(4.0))
        .collect();
    (mean(&values), variance(&values))
}

/// The normal quantile, by bisection of an independent distribution function.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..60 {
        let middle: f64 = f64::midpoint(low, high);
        if 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn pareto_quantile(p: f64) -> f64 {
    (libm::pow(1.0 - p, -1.0 / 3.0) - 1.5) * 4.0 / 3.0
}

#[test]
fn the_tables_that_netem_has() {
    let mixed = |p: f64| 0.25 * normal_quantile(p) + 0.75 * pareto_quantile(p);
    let (mixed_mean, mixed_variance) = moments(mixed);
    // Of the Pareto distribution with exponent 3 cut at c = 4.5: 3/2 - 1/(2 c^2) and 3 - 2/c.
    let pareto_mean = 1.5 - 1.0 / 40.5;
    let pareto_variance = 3.0 - 2.0 / 4.5 - pareto_mean * pareto_mean;
    for (distribution, mean, variance) in [
        (Distribution::Normal, 0.0, 1.0),
        (
            Distribution::Pareto,
            (pareto_mean - 1.5) * 4.0 / 3.0,
            pareto_variance * 16.0 / 9.0,
        ),
        (Distribution::ParetoNormal, mixed_mean, mixed_variance),
    ] {
        let what = format!("{distribution:?}");
        let delays = delays(&jittered(500, 100, distribution));
        assert_mean(&what, &delays, 500.0 + 100.0 * mean);
        assert_variance(&what, &delays, 100.0 * 100.0 * variance);
        assert!(
            delays.iter().all(|delay| *delay <= 900.0),
            "{what} ends at four jitters"
        );
    }
}

#[test]
fn a_table_of_ones_own() {
    let table = DistributionTable::parse("-8192 0 0 16384").expect("a table");
    let delays = delays(&jittered(100, 10, Distribution::Table(table)));
    for (value, share) in [(90.0, 0.25), (100.0, 0.5), (120.0, 0.25)] {
        let hits = indicator(delays.iter().map(|delay| (delay - value).abs() < 1e-6));
        assert_mean(&format!("share of {value} ms"), &hits, share);
    }
}

#[test]
fn tails_that_are_not_cut() {
    let shape = "0.5".parse().expect("a shape");
    for (distribution, least) in [
        (Distribution::Exponential, 80.0),
        (Distribution::LogNormal, 0.0),
        // The Weibull variable of shape 1/2 has mean 2 and deviation sqrt(20).
        (
            Distribution::Weibull { shape },
            100.0 - 20.0 * 2.0 / 20.0_f64.sqrt(),
        ),
    ] {
        let what = format!("{distribution:?}");
        let delays = delays(&jittered(100, 20, distribution));
        assert_mean(&what, &delays, 100.0);
        assert_variance(&what, &delays, 400.0);
        assert!(
            delays.iter().all(|delay| *delay >= least - 1e-6),
            "{what} begins at {least} ms"
        );
        assert!(
            delays.iter().any(|delay| *delay > 185.0),
            "{what} goes beyond four jitters"
        );
    }
}

#[test]
fn a_delay_is_never_negative() {
    let delays = delays(&jittered(10, 100, Distribution::Normal));
    let at_once = indicator(delays.iter().map(|delay| *delay == 0.0));
    // The normal distribution function at -0.1.
    assert_mean("share clamped", &at_once, 0.460_172);
}

#[test]
fn correlation_of_delays() {
    let mut link = jittered(100, 30, Distribution::Uniform);
    let delay = link.delay.as_mut().expect("just set");
    delay.correlation = Some("60%".parse().expect("a percentage"));
    let delays = delays(&link);
    assert_mean("correlated", &delays, 100.0);
    // An autoregressive process of uniform variables has their variance times (1 - r) / (1 + r).
    assert_variance("correlated", &delays, 300.0 * 0.4 / 1.6);
    let error = ((1.0 - 0.6 * 0.6) / count(&delays)).sqrt();
    let found = autocorrelation(&delays);
    assert!(
        (found - 0.6).abs() < 4.0 * error,
        "autocorrelation {found} instead of 0.6"
    );
}

#[test]
fn without_correlation_neighbours_are_independent() {
    let delays = delays(&jittered(100, 30, Distribution::Normal));
    let found = autocorrelation(&delays);
    assert!(
        found.abs() < 4.0 / count(&delays).sqrt(),
        "autocorrelation {found}"
    );
}

#[test]
fn jitter_overtakes_unless_the_link_is_fifo() {
    let mut link = jittered(100, 90, Distribution::Uniform);
    let order = |link: &LinkConfig| -> Vec<u64> {
        arrivals(&run(link, flow(1000, MS), ()))
            .iter()
            .map(|arrival| arrival.1)
            .collect()
    };
    assert!(!order(&link).is_sorted());
    link.fifo = true;
    assert!(order(&link).is_sorted());
}

#[test]
fn reorder_lets_its_share_skip_the_delay() {
    for (percent, gap) in [("25%", 1), ("50%", 3), ("100%", 5)] {
        let mut link = delayed(10);
        let probability: Probability = percent.parse().expect("a percentage");
        let correlation = Probability::ZERO;
        link.reorder = Some(ReorderConfig {
            percent: probability,
            correlation,
            gap,
        });
        let delays = delays(&link);
        assert!(delays.iter().all(|delay| [0.0, 10.0].contains(delay)));
        let skipped = indicator(delays.iter().map(|delay| *delay == 0.0));
        let p = probability.as_f64();
        let share = p / (1.0 + f64::from(gap - 1) * p);
        assert_mean(&format!("reorder {percent} gap {gap}"), &skipped, share);
    }
}

#[test]
fn a_reordered_frame_overtakes_those_before_it() {
    let mut link = delayed(10);
    let percent = Probability::ONE;
    link.reorder = Some(ReorderConfig {
        percent,
        correlation: Probability::ZERO,
        gap: 4,
    });
    let order: Vec<u64> = arrivals(&run(&link, flow(8, MS), ()))
        .iter()
        .map(|a| a.1)
        .collect();
    assert_eq!(order, [3, 7, 0, 1, 2, 4, 5, 6]);
}
