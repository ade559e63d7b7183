//! Steady states: where MSER-5 ends the warm-up, and what batches of one long run say.

use std::num::NonZeroUsize;
use std::time::Duration;

use runner::campaign::{Campaign, Point};
use runner::experiment::Experiment;
use runner::language::Language;
use runner::metrics::Billionths;
use runner::plan::{Metric, MetricKey, Period};
use runner::report;

/// A flood that nobody answers, from an empty SYN queue with room for all. Every entry stays for
/// 4 s, so that their number is 20/s · 4 s = 80 on average once 4 s are over.
fn flood(run: &str, arrivals: &str) -> Experiment {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, {run} }}\n\
         link = {{ c2s = {{ delay = \"50ms\" }}, s2c = {{ delay = \"50ms\" }} }}\n\
         host = {{ server = {{ backlog = 4096, r2_synack = \"4s\" }} }}\n\
         [load.attack]\narrivals = {{ {arrivals} = \"20/s\" }}\n\
         syn_flood = {{ spoofed = true, responds = \"never\" }}\n"
    );
    Experiment::parse("x.toml", &text, &[]).unwrap_or_else(|rejection| {
        panic!("{:?}", rejection.diagnostics);
    })
}

fn campaign(experiment: &Experiment, jobs: usize) -> Campaign {
    Campaign::sweep(&experiment.points, NonZeroUsize::new(jobs), &|| ()).expect("it has an outcome")
}

fn warmup(point: &Point) -> (Duration, bool) {
    let found = point.warmup.expect("MSER-5 was asked");
    (found.end, found.is_settled)
}

fn embryonic() -> MetricKey {
    MetricKey {
        period: Period::WholeRun,
        metric: Metric::from_name("embryonic.mean").expect("a metric"),
    }
}

const UNIT: Billionths = 1_000_000_000;

#[test]
fn the_warm_up_of_a_queue_that_fills_is_the_time_of_a_stay() {
    // Arrivals at constant distances: after 4 s nothing changes any more. A part is 200 s / 512.
    let experiment = flood("until = \"200s\", warmup = \"mser5\"", "constant");
    let campaign = campaign(&experiment, 2);
    let (end, is_settled) = warmup(&campaign.points[0]);
    assert!(is_settled);
    let part = Duration::from_secs(200) / 512;
    assert!(
        end + part >= Duration::from_secs(4) && end < Duration::from_secs(4) + 5 * part,
        "{end:?}"
    );
    let interval = campaign.points[0]
        .estimate(embryonic(), 0.95)
        .expect("measured");
    assert!((interval.mean - 80 * UNIT).abs() < UNIT / 5, "{interval:?}");
}

#[test]
fn batches_of_a_poisson_flood_cover_the_mean_of_theory() {
    // M/G/infinity: Poisson with mean 80.
    let experiment = flood("until = \"2000s\", warmup = \"mser5\"", "poisson");
    let campaign = campaign(&experiment, 2);
    let point = &campaign.points[0];
    assert!(warmup(point).1, "{:?}", point.warmup);
    let batches = point.batches.of(embryonic()).expect("it is long enough");
    assert!(batches.batches >= 20, "{batches:?}");
    let interval = point.estimate(embryonic(), 0.95).expect("measured");
    let half_width = interval.half_width.expect("by batches");
    assert!(
        (interval.mean - 80 * UNIT).abs() < half_width,
        "{interval:?}"
    );
    // The variance of the mean over a time t is 2 λ ∫ (T − u)(1 − u/t) du, u from 0 to T, over t,
    // nearly λT²/t = 20/s · 16 s² / 2000 s, so that 1.96 standard deviations are 0.784.
    assert!(
        (470_000_000..1_100_000_000).contains(&half_width),
        "{half_width}"
    );
    let text = report::human(&experiment, &campaign, Language::En, false);
    assert!(text.contains("warm-up by MSER-5 is left out"), "{text}");
    assert!(text.contains(" batches)"), "{text}");
    let summary = report::summary(&experiment, &campaign);
    assert!(summary.contains("\"warmup\":{\"end\":"), "{summary}");
    assert!(summary.contains("\"batches\":"), "{summary}");
}

#[test]
fn a_queue_that_fills_to_the_end_has_no_steady_state() {
    let experiment = flood("until = \"5s\", warmup = \"mser5\"", "poisson");
    let campaign = campaign(&experiment, 1);
    let point = &campaign.points[0];
    assert_eq!(warmup(point), (Duration::from_millis(2_500), false));
    assert_eq!(point.batches.of(embryonic()), None);
    let interval = point.estimate(embryonic(), 0.95).expect("measured");
    assert_eq!(interval.half_width, None);
    let text = report::human(&experiment, &campaign, Language::En, false);
    assert!(text.contains("no steady state"), "{text}");
    // Whoever asks for silence hears it all the same.
    let failures = report::failures(&experiment, &campaign, false);
    assert!(failures.contains("no steady state"), "{failures}");
    assert!(report::line(&experiment, &campaign).contains("\"settled\":false"));
}

#[test]
fn all_policies_and_replications_are_measured_over_the_same_time() {
    let run = "until = \"300s\", warmup = \"mser5\", replications = 3, \
               policies = [\"three-way\", \"syn-cache\"]";
    let experiment = flood(run, "poisson");
    let one = campaign(&experiment, 1);
    let two = campaign(&experiment, 2);
    assert_eq!(one.points[0].warmup, one.points[1].warmup);
    // Several replications are compared with each other, not batches of one.
    assert_eq!(one.points[0].batches.of(embryonic()), None);
    let (one, two) = (
        report::summary(&experiment, &one),
        report::summary(&experiment, &two),
    );
    assert_eq!(one, two);
    assert!(one.contains("\"n\":3"), "{one}");
}

#[test]
fn each_point_of_a_sweep_has_its_own_warm_up() {
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"200s\", warmup = \"mser5\" }\n\
                link = { c2s = { delay = \"50ms\" }, s2c = { delay = \"50ms\" } }\n\
                host = { server = { backlog = 4096, r2_synack = \"4s\" } }\n\
                [load.attack]\narrivals = { constant = \"20/s\" }\n\
                syn_flood = { spoofed = true, responds = \"never\" }\n\
                [sweep]\n\"host.server.r2_synack\" = [\"4s\", \"20s\"]\n";
    let experiment = Experiment::parse("x.toml", text, &[]).unwrap_or_else(|rejection| {
        panic!("{}", rejection.render(false));
    });
    let campaign = campaign(&experiment, 2);
    let ends: Vec<u64> = campaign
        .points
        .iter()
        .map(|point| warmup(point).0.as_secs())
        .collect();
    assert!(
        (3..6).contains(&ends[0]) && (19..22).contains(&ends[1]),
        "{ends:?}"
    );
    // A sweep keeps no series, and so there are no batches.
    assert!(
        campaign
            .points
            .iter()
            .all(|point| !point.batches.are_asked_for())
    );
    let text = report::human(&experiment, &campaign, Language::En, false);
    assert!(text.contains("of each point by MSER-5"), "{text}");
    let text = report::human(&experiment, &campaign, Language::Zh, false);
    assert!(text.contains("已去掉各点由 MSER-5 判定的预热期"), "{text}");
}

#[test]
fn a_warm_up_that_is_written_serves_batches_too() {
    let experiment = flood("until = \"400s\", warmup = \"10s\"", "poisson");
    let campaign = campaign(&experiment, 2);
    let point = &campaign.points[0];
    assert_eq!(point.warmup, None, "there is nothing to find");
    assert!(point.batches.of(embryonic()).is_some());
    // Without a warm-up the run is a terminating one, of which one run says nothing.
    let experiment = flood("until = \"40s\"", "poisson");
    let campaign = self::campaign(&experiment, 1);
    let interval = campaign.points[0]
        .estimate(embryonic(), 0.95)
        .expect("measured");
    assert_eq!(interval.half_width, None);
}
