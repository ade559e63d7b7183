//! What is said of several runs: how many there were, how well their means are known, and what none of
//! them has seen.

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::language::Language;
use runner::plan::{Metric, MetricKey, Period};
use runner::report;
use runner::statistics::{Estimate, Method};
use serde_json::Value;

const NANO: i128 = 1_000_000_000;

/// Clients of a server with room for all of them.
const CALM: &str = r#"schema = 1
name = "calm"
[run]
seed = 2
until = "20s"
replications = 30
[load.main]
arrivals = { poisson = "2/s" }
[link.c2s]
delay = "50ms"
[link.s2c]
delay = "50ms"
"#;

/// A flood of a few seconds: whether the server is rid of it when a run ends is a matter of luck.
const FLOOD: &str = r#"schema = 1
name = "flood"
[run]
seed = 1
until = "40s"
replications = 20
[host.server]
r2_synack = "20s"
[link.c2s]
delay = "50ms"
[link.s2c]
delay = "50ms"
[load.attack]
arrivals = { poisson = "1/s" }
syn_flood = { spoofed = true, responds = "never" }
start = "5s"
stop = "21s"
"#;

fn done(text: &str) -> (Experiment, Campaign) {
    let experiment = Experiment::parse("x.toml", text, &[])
        .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
    let campaign = Campaign::sweep(&experiment.points, None, &|| ()).expect("it runs");
    (experiment, campaign)
}

fn key(name: &str) -> MetricKey {
    MetricKey {
        period: Period::WholeRun,
        metric: Metric::from_name(name).expect(name),
    }
}

fn estimate(campaign: &Campaign, name: &str) -> Estimate {
    let found = campaign.points[0].estimate(key(name), 0.95);
    found.unwrap_or_else(|| panic!("{name} was not measured"))
}

fn page(text: &str) -> String {
    let (experiment, campaign) = done(text);
    report::human(&experiment, &campaign, Language::En, false)
}

fn summary(text: &str) -> Value {
    let (experiment, campaign) = done(text);
    serde_json::from_str(&report::summary(&experiment, &campaign)).expect("JSON")
}

fn rows(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv);
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn what_is_said_of_runs_is_said_of_those_that_were_run() {
    let stop = "replications = 60\nstop = { min = 5, relative_half_width = 0.3, metrics = \
                [\"opening.mean\"] }";
    let text = CALM.replace("replications = 30", stop);
    let (experiment, campaign) = done(&text);
    let runs = campaign.points[0].replications.len();
    assert!((5..60).contains(&runs), "{runs}");
    let page = report::human(&experiment, &campaign, Language::En, false);
    assert!(page.contains(&format!("means of {runs} runs")), "{page}");
    assert!(!page.contains("60 runs"), "{page}");
    let html = report::page(&experiment, &campaign);
    assert!(html.contains(&format!("Means of {runs} runs")));
    let summary = report::summary(&experiment, &campaign);
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["replications_at_most"], 60);
    assert_eq!(summary["points"][0]["replications"], runs);
    let manifest = report::manifest(&experiment, &campaign, &[]);
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["replications"][0], runs);
    assert_eq!(manifest["replications_at_most"], 60);
    // What the rule has come to.
    let told = format!("stopped after {runs} runs: opening.mean ± ");
    assert!(page.contains(&told), "{page}");
    let stop = &summary["stop"][0];
    assert_eq!(
        (&stop["held"], &stop["metric"]),
        (&true.into(), &"opening.mean".into())
    );
    let reached = stop["relative_half_width"].as_f64().expect("a number");
    assert!(reached > 0.0 && reached <= 0.3, "{stop}");
}

#[test]
fn a_rule_that_cannot_be_met_says_why() {
    let stop = "replications = 12\nstop = { min = 5, relative_half_width = 0.3, metrics = \
                [\"opening.mean\", \"accept_overflow\"] }";
    let page = page(&CALM.replace("replications = 30", stop));
    assert!(page.contains("all 12 runs: opening.mean ± "), "{page}");
    let why = "0 in every run, so that no width is a share of the mean: accept_overflow";
    assert!(page.replace('\n', " ").contains(why), "{page}");
    // Means with their intervals, though there is but one policy.
    assert!(
        page.contains("opening.mean (connections)\n  three-way  "),
        "{page}"
    );
}

#[test]
fn a_probability_of_what_was_never_seen_is_bounded_by_its_trials() {
    let (_, campaign) = done(CALM);
    let never = estimate(&campaign, "connect_failure_probability");
    let runs = &campaign.points[0].replications;
    let outcomes: i128 = runs.values(key("connect_outcomes")).flatten().sum();
    assert_eq!((never.mean, never.method), (0, Some(Method::ThreeOfTrials)));
    let high = never.high().expect("a bound");
    // 3/n, of all trials and not of the thirty runs.
    let bound = 3 * NANO * NANO / outcomes;
    assert!(
        outcomes > 1_000 * NANO && bound - high < bound / 500,
        "{high} {bound}"
    );
    let count = estimate(&campaign, "embryonic.reaped.timeout");
    assert_eq!(count.method, Some(Method::ThreeOfRuns));
    assert!((99_000_000..100_000_000).contains(&count.high().expect("a bound")));
}

#[test]
fn a_probability_of_a_single_run_has_wilson_s_interval_and_of_several_an_end_that_is_possible() {
    let tight = CALM.replace("[load.main]", "[host.server]\nbacklog = 1\n[load.main]");
    let tight = tight.replace("2/s", "8/s");
    let (_, single) = done(&tight.replace("replications = 30\n", ""));
    let share = estimate(&single, "backlog_drop_probability.legit_all");
    assert_eq!(share.method, Some(Method::WilsonOfTrials));
    let [low, high] = share.ends.expect("an interval");
    assert!(
        0 < low && low < share.mean && share.mean < high && high < NANO,
        "{share:?}"
    );
    let seldom = CALM
        .replace("2/s", "0.4/s")
        .replace("delay = \"50ms\"", "delay = \"50ms\"\nloss = \"10%\"");
    let seldom = seldom.replace(
        "[load.main]",
        "[host.client]\nr2_syn = \"1500ms\"\n[load.main]",
    );
    let (_, several) = done(&seldom.replace("replications = 30", "replications = 4"));
    let share = estimate(&several, "connect_failure_probability");
    assert_eq!(share.method, Some(Method::Student));
    assert!(
        share.half_width.expect("four runs") > share.mean,
        "{share:?}"
    );
    assert_eq!(share.low(), Some(0));
}

#[test]
fn runs_that_have_not_recovered_are_told_and_held_against_an_upper_bound() {
    let expect = "[[expect]]\n[expect.whole_run]\n\"time_to_recovery\" = BOUND\n";
    let text = |bound: &str| format!("{FLOOD}{}", expect.replace("BOUND", bound));
    let (_, campaign) = done(&text("\"<= 1000s\""));
    let point = &campaign.points[0];
    let missing = point.replications.unfinished(key("time_to_recovery"));
    let missing = missing.filter(|it| *it).count();
    assert!((1..20).contains(&missing), "{missing}");
    let verdict = &point.verdicts[0];
    assert!(!verdict.held);
    let told = format!("not recovered in {missing} of 20 runs");
    assert!(verdict.observed.contains(&told), "{}", verdict.observed);
    let measured = 20 - missing;
    let some = format!(" in {measured} of 20 runs");
    assert!(verdict.observed.contains(&some), "{}", verdict.observed);
    let (_, campaign) = done(&text("\">= 0s\""));
    assert!(campaign.points[0].verdicts[0].held);
    // `recovered` is 0 or 1, and so has an interval over runs.
    let recovered = estimate(&campaign, "recovered");
    assert_eq!(recovered.method, Some(Method::WilsonOfRuns));
    // A table says on how many runs a mean rests.
    let compared = page(&format!(
        "{FLOOD}[compare]\nmetrics = [\"time_to_recovery\"]\n"
    ));
    assert!(
        compared.contains(&format!("({measured} of 20 runs)")),
        "{compared}"
    );
    // A stopping rule goes on.
    let rule = "replications = 20\nstop = { min = 5, relative_half_width = 0.9, metrics = \
                [\"time_to_recovery\"] }";
    let stopped = page(&FLOOD.replace("replications = 20", rule));
    assert!(
        stopped.contains(&format!("all 20 runs: time_to_recovery {told}")),
        "{stopped}"
    );
}

#[test]
fn what_was_zero_is_told_from_what_was_not_measured() {
    let (experiment, campaign) = done(CALM);
    let table = rows(&report::replications(&experiment, &campaign).csv);
    let column = |name: &str| table[0].iter().position(|found| found == name);
    let zero = column("connect_failure_probability").expect("a column, though it is always 0");
    assert!(table[1..].iter().all(|row| row[zero] == "0"));
    assert_eq!(column("amplification"), None, "there is no flood");
    let summary = summary(CALM);
    let zeros = summary["zero_everywhere"].as_array().expect("a list");
    assert!(zeros.contains(&"connect_failure_probability".into()));
    assert!(zeros.contains(&"server.ListenDrops".into()));
    assert!(!zeros.contains(&"segments_sent".into()));
    assert!(!zeros.contains(&"amplification".into()));
}

#[test]
fn a_summary_has_the_differences_and_the_confidence() {
    let text = CALM.replace(
        "replications = 30",
        "replications = 5\npolicies = [\"three-way\", \"two-way\"]",
    );
    let text = format!(
        "{text}[compare]\nmetrics = [\"embryonic.mean\"]\n[sweep]\n\"link.c2s.delay\" = [\"50ms\", \"0.1s\"]\n"
    );
    let (experiment, campaign) = done(&text);
    let summary = report::summary(&experiment, &campaign);
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["confidence"], 0.95);
    let lines = summary["comparison"].as_array().expect("a list");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1]["parameters"]["link.c2s.delay"], "0.1s");
    assert_eq!(
        (&lines[1]["policy"], &lines[1]["pairs"]),
        (&"two-way".into(), &5.into())
    );
    assert!(lines[1]["difference"].as_f64().expect("a number") < 0.0);
    let page = report::human(&experiment, &campaign, Language::En, false);
    assert!(page.contains("comparison.csv"), "{page}");
    let table = report::comparison(&experiment, &campaign).expect("compared");
    for csv in [&report::points(&experiment, &campaign).csv, &table.csv] {
        let table = rows(csv);
        let at = |name: &str| {
            let column = table[0].iter().position(|found| found == name);
            column.unwrap_or_else(|| panic!("{name} in {:?}", table[0]))
        };
        let (confidence, delay) = (at("confidence"), at("link.c2s.delay [s]"));
        let method = at("method");
        for row in &table[1..] {
            let is_known = !row[method].is_empty();
            assert_eq!(
                row[confidence],
                if is_known { "0.95" } else { "" },
                "{row:?}"
            );
            assert!(["0.05", "0.1"].contains(&row[delay].as_str()), "{row:?}");
        }
        assert!(table[1..].iter().any(|row| row[method] == "t"));
    }
}
