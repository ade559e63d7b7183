//! `runner run` from end to end: the program itself, on the scenarios that it comes with.

mod contrast;
mod parts;
mod pictures;
mod points;
mod regress;
mod resolved;
mod results;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runner::plan::Metric;
use serde_json::Value;
use tempfile::TempDir;

/// A copy of the scenarios in a folder of their own, so that nothing is written elsewhere.
struct Home(TempDir);

impl Home {
    fn new() -> Home {
        let home = tempfile::tempdir().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let target = home.path().join("scenarios");
        fs::create_dir(&target).expect("writable");
        for entry in fs::read_dir(source).expect("the scenarios") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let name = path.file_name().expect("a file");
                fs::copy(&path, target.join(name)).expect("writable");
            }
        }
        Home(home)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.runner(&[&["run"], arguments].concat())
    }

    fn runner(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_runner"))
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .args(arguments)
            .output()
            .expect("the program starts")
    }

    /// The names in a folder.
    fn names(&self, below: &str) -> Vec<String> {
        let list = fs::read_dir(self.path(below)).expect("a folder");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let mut names: Vec<_> = list.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    }

    /// Runs one file and returns what it says about a policy.
    fn point(&self, arguments: &[&str], policy: &str) -> Point {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let object: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let points = object["points"].as_array().expect("points");
        let found = points.iter().find(|point| point["policy"] == policy);
        Point(found.expect("the policy ran").clone())
    }
}

/// One policy's part of the JSON.
struct Point(Value);

impl Point {
    /// A metric's mean; what was always zero is left out.
    fn mean(&self, metric: &str) -> f64 {
        let name = metric.strip_prefix("after_fault.").unwrap_or(metric);
        assert!(Metric::from_name(name).is_some(), "no metric {metric}");
        let value = &self.0["metrics"][metric]["mean"];
        value.as_f64().unwrap_or_default()
    }

    fn assert(&self, expected: &[(&str, f64)]) {
        for (metric, value) in expected {
            let found = self.mean(metric);
            assert!(
                (found - value).abs() < 1e-12,
                "{metric} is {found}, not {value}"
            );
        }
    }

    fn failures(&self) -> Vec<&Value> {
        let list = self.0["expectations"].as_array().expect("expectations");
        list.iter().filter(|one| one["held"] == false).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

const S01: &str = "scenarios/s01-stale-syn-client-closed.toml";
const S02: &str = "scenarios/s02-stale-syn-client-silent.toml";
const S03: &str = "scenarios/s03-stale-syn-rst-lost.toml";
const IGNORE: &str = "host.client.client_on_unexpected=\"ignore\"";

#[test]
fn s01_a_client_that_resets() {
    let home = Home::new();
    let point = home.point(&[S01], "three-way");
    point.assert(&[
        ("after_fault.embryonic.area", 0.1),
        ("after_fault.embryonic.stale.area", 0.1),
        ("after_fault.embryonic.max", 1.0),
        ("after_fault.orphan_established.area", 0.0),
        ("after_fault.app_spurious_accepts", 0.0),
        ("after_fault.synack_sent", 1.0),
        ("after_fault.rst_sent", 1.0),
        ("embryonic.area", 0.2),
        ("embryonic.final", 0.0),
    ]);
    assert!(point.failures().is_empty());
    let point = home.point(&[S01], "two-way");
    point.assert(&[
        ("after_fault.orphan_established.area", 0.1),
        ("after_fault.orphan_established.final", 0.0),
        ("after_fault.app_spurious_accepts", 1.0),
        ("after_fault.app_spurious_errors", 1.0),
        ("after_fault.embryonic.area", 0.0),
    ]);
    assert!(point.failures().is_empty());
}

#[test]
fn s01_a_client_that_ignores_leaves_an_orphan() {
    let home = Home::new();
    let point = home.point(&[S01, "--set", IGNORE], "two-way");
    point.assert(&[
        ("after_fault.orphan_established.final", 1.0),
        ("after_fault.orphan_established.area", 398.25),
        ("after_fault.rst_sent", 0.0),
    ]);
    let page = text(&home.run(&[S01, "--set", IGNORE]).stdout);
    assert!(
        page.replace('\n', " ").contains("= 7875 s of silence"),
        "{page}"
    );
}

#[test]
fn s01_keep_alive_frees_the_orphan_after_7875_s() {
    let home = Home::new();
    let keepalive = "host.server.keepalive={ idle = \"7200s\", interval = \"75s\", probes = 9 }";
    let arguments = [
        S01,
        "--set",
        IGNORE,
        "--set",
        keepalive,
        "--set",
        "run.until=\"10000s\"",
    ];
    let point = home.point(&arguments, "two-way");
    point.assert(&[
        ("after_fault.orphan_established.area", 7875.0),
        ("after_fault.orphan_established.final", 0.0),
    ]);
}

#[test]
fn s02_a_silent_client() {
    let home = Home::new();
    let point = home.point(&[S02], "three-way");
    point.assert(&[
        ("after_fault.synack_sent", 6.0),
        ("after_fault.embryonic.area", 63.0),
        ("after_fault.embryonic.final", 0.0),
    ]);
    assert!(point.failures().is_empty());
    let point = home.point(&[S02], "two-way");
    point.assert(&[("after_fault.orphan_established.final", 1.0)]);
    assert!(point.failures().is_empty());
}

#[test]
fn s03_a_lost_reset() {
    let home = Home::new();
    let point = home.point(&[S03], "three-way");
    point.assert(&[
        ("after_fault.synack_sent", 2.0),
        ("after_fault.rst_sent", 2.0),
        ("after_fault.rst_received", 1.0),
        ("after_fault.embryonic.area", 1.1),
    ]);
    assert!(point.failures().is_empty());
    let point = home.point(&[S03], "two-way");
    point.assert(&[("after_fault.orphan_established.final", 1.0)]);
    assert!(point.failures().is_empty());
}

#[test]
fn h01_and_f01_are_as_the_textbook_says() {
    let home = Home::new();
    let point = home.point(&["scenarios/h01-three-way.toml"], "three-way");
    // The client is ESTABLISHED after one round trip, the server half a round trip later.
    point.assert(&[
        ("connect_time.min", 0.1),
        ("embryonic.area", 0.1),
        ("open.area", 0.85),
    ]);
    assert!(point.failures().is_empty());
    let point = home.point(&["scenarios/f01-four-way.toml"], "three-way");
    point.assert(&[("closing.area", 0.2), ("half_closed.area", 0.15)]);
    assert!(point.failures().is_empty());
}

#[test]
fn chance_alone_shows_the_same_difference() {
    let home = Home::new();
    let file = "scenarios/stale-syn-random.toml";
    let few = [file, "--replications", "20"];
    let (two, three) = (home.point(&few, "two-way"), home.point(&few, "three-way"));
    assert!(two.mean("app_spurious_accepts") > 1.0);
    three.assert(&[
        ("app_spurious_accepts", 0.0),
        ("orphan_established.final", 0.0),
    ]);
    let other = home.point(&[&few[..], &["--seed", "2"]].concat(), "two-way");
    assert!(
        other.0["metrics"] != two.0["metrics"],
        "another seed, another weather"
    );
}

/// Every file below a folder but the timing, by name.
/// Files by their paths.
type Tree = BTreeMap<PathBuf, Vec<u8>>;

fn tree(folder: &Path) -> Tree {
    let mut files = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if !path.ends_with("timing.json") {
                let bytes = fs::read(&path).expect("a file");
                files.insert(path.strip_prefix(folder).expect("below").to_owned(), bytes);
            }
        }
    }
    files
}

#[test]
fn threads_change_nothing() {
    let (one, two) = (Home::new(), Home::new());
    let files = [S01, S03, "scenarios/stale-syn-random.toml"];
    let run = |home: &Home, jobs| {
        let few = ["--replications", "8", "--out", "results"];
        let options = ["--format", "json", "--jobs", jobs];
        home.run(&[&files[..], &few, &options].concat())
    };
    let (first, second) = (run(&one, "1"), run(&two, "2"));
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(text(&first.stdout).lines().count(), 3, "JSON Lines");
    let recorded = tree(&one.path("results"));
    assert_eq!(recorded, tree(&two.path("results")));
    assert!(
        recorded.len() > 3 * 5,
        "five files each, and some have more"
    );
    let again = run(&one, "2");
    assert_eq!(again.stdout, first.stdout);
    assert_eq!(tree(&one.path("results")), recorded);
}

#[test]
fn another_seed_changes_nothing_but_drawn_numbers() {
    let home = Home::new();
    let ladder = |seed: &str| {
        let out = format!("out-{seed}");
        let output = home.run(&[S01, "--seed", seed, "--out", &out]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let file = format!("{out}/s01-stale-syn-client-closed/three-way/ladder.txt");
        let page = fs::read_to_string(home.path(&file)).expect("a ladder");
        let words = page.split_whitespace().map(str::to_owned);
        words.collect::<Vec<_>>()
    };
    let (first, second) = (ladder("42"), ladder("2"));
    assert_eq!(first.len(), second.len());
    let changed: Vec<&str> = first
        .iter()
        .zip(&second)
        .filter(|(old, new)| old != new)
        .map(|(old, _)| old.as_str())
        .filter(|word| !word.contains('─'))
        .collect();
    // Only the legend has the numbers that the letters stand for.
    let drawn = changed.iter().all(|word| word.parse::<u32>().is_ok());
    assert!(drawn && changed.len() == 1, "{changed:?}");
}

#[test]
fn a_fault_without_a_match_is_named() {
    let home = Home::new();
    let output = home.run(&[S01, "--set", "fault.old-syn.match.nth=9"]);
    let page = text(&output.stdout);
    assert!(
        page.contains("fault `old-syn` never hit a segment under three-way"),
        "{page}"
    );
    assert!(
        page.contains("observed no held segment was released"),
        "{page}"
    );
    assert_eq!(output.status.code(), Some(1));
    let quiet = home.run(&[S01, "--set", "fault.old-syn.match.nth=9", "--quiet"]);
    assert!(quiet.stdout.is_empty());
    assert!(text(&quiet.stderr).contains("never hit a segment"));
}

#[test]
fn an_expectation_that_fails_shows_what_was_observed() {
    let home = Home::new();
    let output = home.run(&[S01, "--set", "link.s2c.delay=\"60ms\""]);
    let page = text(&output.stdout);
    assert!(
        page.contains("NOT held  after_fault.embryonic.area: 0.1s"),
        "{page}"
    );
    assert!(page.contains("observed 0.11s"), "{page}");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        !home.path("results").exists(),
        "a changed experiment is not recorded"
    );
    let [folder] = &home.names("out")[..] else {
        panic!("one folder")
    };
    assert!(folder.starts_with("s01-stale-syn-client-closed-"));
    assert!(home.path(&format!("out/{folder}/summary.json")).exists());
}

#[test]
fn colours_only_when_asked_for() {
    let home = Home::new();
    let escape = "\u{1b}[";
    assert!(
        !text(&home.run(&[S01]).stdout).contains(escape),
        "no terminal"
    );
    let always = home.run(&[S01, "--color", "always"]);
    assert!(text(&always.stdout).contains(escape));
    let never = home.run(&[S01, "--color", "never"]);
    assert!(!text(&never.stdout).contains(escape));
    let recorded =
        fs::read_to_string(home.path("results/s01-stale-syn-client-closed/two-way/ladder.txt"));
    assert!(!recorded.expect("recorded").contains(escape));
}

#[test]
fn a_bad_file_does_not_stop_the_others() {
    let home = Home::new();
    fs::write(home.path("scenarios/bad.toml"), "schema = 1\nnam = \"x\"\n").expect("writable");
    let files = ["scenarios/bad.toml", "scenarios/none.toml", S01];
    let output = home.run(&[&files[..], &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert!(
        text(&output.stderr).contains("bad.toml:2"),
        "{}",
        text(&output.stderr)
    );
}

/// The headings and texts of the ladders on a page, by policy.
fn ladders(page: &str) -> String {
    let from = page.find("── ").expect("a ladder");
    page[from..].to_owned()
}

#[test]
fn a_scripted_connection_can_be_chosen() {
    let home = Home::new();
    let file = "schema = 1\nname = \"two\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = {}, s2c = {} }\n\
                connection = [{ from = \"client:5555\" }, { from = \"client:6666\" }]\n";
    fs::write(home.path("scenarios/two.toml"), file).expect("writable");
    let run = |more: &[&str]| home.run(&[&["scenarios/two.toml"], more].concat());
    let both = text(&run(&[]).stdout);
    assert!(both.contains(":5555 ") && both.contains(":6666 "), "{both}");
    let recorded = || fs::read(home.path("results/two/three-way/ladder.txt")).expect("recorded");
    let before = recorded();
    let output = run(&["--connection", "1", "--bless"]);
    let second = text(&output.stdout);
    assert!(
        !second.contains(":5555 ") && second.contains(":6666 "),
        "{second}"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        recorded(),
        before,
        "what is looked at is not what is recorded"
    );
    let output = run(&["--connection", "2"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("there is no connection 2"), "{told}");
    assert!(told.contains("the file has 2 connections"), "{told}");
}

#[test]
fn a_connection_of_a_population_can_be_chosen() {
    let home = Home::new();
    let file = "schema = 1\nname = \"many\"\nrun = { seed = 1, until = \"9s\" }\n\
                link = { c2s = {}, s2c = {} }\nload.web.arrivals.constant = \"10/s\"\n";
    fs::write(home.path("scenarios/many.toml"), file).expect("writable");
    let run = |more: &[&str]| home.run(&[&["scenarios/many.toml"], more].concat());
    let usual = text(&run(&[]).stdout);
    assert!(
        usual.contains("connection 0 of client in run 1 of 1, the first\n"),
        "{usual}"
    );
    // Neither number 7 nor number 80, which is not followed from the start, is shown by itself.
    for number in ["7", "80"] {
        let page = text(&run(&["--connection", number]).stdout);
        let note = format!("connection {number} of client in run 1 of 1\n");
        assert!(page.contains(&note), "{page}");
        assert_ne!(ladders(&page), ladders(&usual));
    }
    let output = run(&["--connection", "90"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(
        told.contains("no connection of the first replication has the number 90"),
        "{told}"
    );
    let output = run(&[
        "--connection",
        "0",
        "--set",
        "sweep={\"run.until\" = [\"1s\", \"2s\"]}",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a sweep has no ladders"));
}
