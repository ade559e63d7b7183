//! What is there to measure speed with: floods, the performance scenarios in small, the figures of
//! a run, and links in the words of tc.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::{Metric, MetricKey, Period};

const NANO: i128 = 1_000_000_000;

fn campaign(experiment: &Experiment) -> Campaign {
    Campaign::run(&experiment.plan, None, &|| ()).expect("it has an outcome")
}

fn flood(rest: &str) -> Campaign {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"10s\" }}\n\
         link = {{ c2s = {{ delay = \"50ms\" }}, s2c = {{ delay = \"50ms\" }} }}\n\
         [load.attack]\narrivals = {{ constant = \"100/s\" }}\ncount = 300\n{rest}"
    );
    let experiment = Experiment::parse("x.toml", &text, &[]).expect("it is good");
    campaign(&experiment)
}

/// A metric of the whole run, in billionths.
fn metric(campaign: &Campaign, name: &str) -> i128 {
    let key = MetricKey {
        period: Period::WholeRun,
        metric: Metric::from_name(name).expect("a metric"),
    };
    let [point] = campaign.points.as_slice() else {
        panic!("one policy")
    };
    point.summary(key).expect("it was measured").sum
}

#[test]
fn nobody_answers_for_forged_sources() {
    let campaign = flood("syn_flood = { spoofed = true, responds = \"never\" }");
    assert_eq!(campaign.effort.connections, 300);
    // The default backlog of 128 is filled, and each entry stays.
    let held = metric(&campaign, "embryonic.stale.final");
    assert_eq!(held, metric(&campaign, "embryonic.stale.max"));
    assert_eq!(held, 128 * NANO);
    assert_eq!(metric(&campaign, "rst_sent"), 0);
    assert!(
        metric(&campaign, "synack_sent") > 128 * NANO,
        "they are repeated"
    );
}

#[test]
fn living_hosts_reset_what_they_did_not_open() {
    let campaign = flood("clients = 3\nport_pool = 200\nsyn_flood = { responds = \"rst\" }");
    assert_eq!(campaign.effort.connections, 300);
    assert_eq!(metric(&campaign, "synack_sent"), 300 * NANO);
    assert_eq!(metric(&campaign, "rst_sent"), 300 * NANO);
    // Each entry lives for one round trip.
    assert_eq!(metric(&campaign, "embryonic.stale.area"), 30 * NANO);
    assert_eq!(metric(&campaign, "embryonic.final"), 0);
}

#[test]
fn a_flood_takes_ports_and_numbers_by_its_own_draws_only() {
    let quiet = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"10s\" }\n\
                 link = { c2s = { delay = \"50ms\", loss.random = \"20%\" }, s2c = { delay = \"50ms\" } }\n\
                 [load.legit]\narrivals = { poisson = \"20/s\" }\ntransfer = { bytes = 100 }\n";
    let attack = "[load.attack]\narrivals = { poisson = \"5/s\" }\ncount = 20\n\
                  syn_flood = { responds = \"never\" }\n";
    let times = |text: &str| {
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = campaign(&experiment);
        ["connect_time.min", "connect_time.q50", "connect_time.max"].map(|it| metric(&campaign, it))
    };
    // The queue has room for all, so the arrivals of the others do not change.
    assert_eq!(times(quiet), times(&format!("{quiet}{attack}")));
}

fn scenario(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/performance");
    folder.join(name).with_extension("toml")
}

#[test]
fn performance_scenarios_hold_in_small() {
    for (name, load) in [
        ("churn", "main"),
        ("churn-100k-live", "main"),
        ("time-wait-million", "main"),
        ("flood-million", "attack"),
    ] {
        let changes = [
            Override::set(format!("load.{load}.count=300")),
            Override::set("expect=[]"),
        ];
        let experiment = Experiment::read(&scenario(name), &changes).expect("it is good");
        assert!(!experiment.plan.run.record, "{name} is not recorded");
        let campaign = campaign(&experiment);
        assert_eq!(campaign.effort.connections, 300, "{name}");
        assert_eq!(metric(&campaign, "open.final"), 0, "{name}");
        assert_eq!(metric(&campaign, "closing.final"), 0, "{name}");
        let whole = Experiment::read(&scenario(name), &[]).expect("it is good");
        let expected = whole.plan.expectations.iter();
        assert!(expected.flat_map(|expectation| &expectation.checks).count() >= 5);
    }
}

fn runner(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .current_dir(home)
        .args(arguments)
        .output()
        .expect("the program starts")
}

const SMALL: &str = "schema = 1\nname = \"small\"\n\
    run = { seed = 1, until = \"10s\", record = false }\n\
    link = { c2s = { delay = \"50ms\" }, s2c = {} }\n[[connection]]\nfrom = \"client:1\"\n";

#[test]
fn a_run_says_what_it_took_unless_it_is_to_be_quiet() {
    let home = tempfile::tempdir().expect("a temporary folder");
    fs::write(home.path().join("small.toml"), SMALL).expect("writable");
    let output = runner(home.path(), &["run", "small.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let messages = String::from_utf8_lossy(&output.stderr);
    let line = messages.lines().next().expect("a line");
    assert!(line.starts_with("1 connection, "), "{line}");
    assert!(line.contains(" s of CPU time"), "{line}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!printed.contains("CPU time"), "nothing of it is a result");
    let folder = home.path().join("out/small");
    let timing = fs::read_to_string(folder.join("timing.json")).expect("written");
    let timing: serde_json::Value = serde_json::from_str(&timing).expect("JSON");
    assert_eq!(timing["connections"], 1);
    assert!(timing["events"].as_u64().expect("a number") >= 6);
    assert!(!home.path().join("results").exists(), "it is not recorded");

    let quiet = runner(home.path(), &["run", "--quiet", "small.toml"]);
    assert_eq!(quiet.status.code(), Some(0));
    assert!(quiet.stderr.is_empty() && quiet.stdout.is_empty());
}

#[test]
fn links_are_explained_as_tc() {
    let home = tempfile::tempdir().expect("a temporary folder");
    fs::write(home.path().join("small.toml"), SMALL).expect("writable");
    let arguments = ["explain", "--as-tc", "small.toml"];
    let output = runner(home.path(), &arguments);
    let printed = String::from_utf8_lossy(&output.stdout);
    let commands: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("tc "))
        .collect();
    assert_eq!(
        commands,
        [
            "tc qdisc add dev c2s root netem limit 4294967295 delay 50ms",
            "tc qdisc add dev s2c root netem limit 4294967295"
        ]
    );
    let change = runner(
        home.path(),
        &[&arguments[..], &["--set", "link.c2s.delay=1s"]].concat(),
    );
    assert!(String::from_utf8_lossy(&change.stdout).contains("delay 1s"));

    fs::write(home.path().join("small.toml"), "schema = 1\n").expect("writable");
    let bad = runner(home.path(), &arguments);
    assert_eq!(bad.status.code(), Some(2));
    assert!(bad.stdout.is_empty() && !bad.stderr.is_empty());
}
