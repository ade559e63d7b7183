//! Ladders, captures and snapshots of the points of a sweep: a folder for each.

use std::fs;
use std::path::Path;

use super::{Home, Tree, text, tree};

const GRID: &str = "scenarios/grid.toml";

/// Four points with everything that can be asked for.
const FILE: &str = r#"
schema = 1
name = "grid"

[run]
seed = 1
until = "20s"
replications = 3
policies = ["three-way", "two-way"]

[link.c2s]
delay = "50ms"
loss = "0%"

[link.s2c]
delay = "50ms"

[load.main]
arrivals = { constant = "2/s" }
count = 8

[output]
ladder = ["text", "svg"]
pcapng = true
snapshots = ["1s"]
report = "html"
"#;

const SWEEP: &str = r#"
[sweep]
"link.c2s.loss" = ["0%", "40%"]
"link.s2c.delay" = ["50ms", "200ms"]
"#;

fn home() -> Home {
    let home = Home::new();
    fs::write(home.path(GRID), format!("{FILE}{SWEEP}")).expect("writable");
    home
}

/// What is in a folder, without what differs from run to run.
fn results(home: &Home, below: &str) -> Tree {
    let mut files = tree(&home.path(below));
    files.retain(|path, _| !path.ends_with("timing.json"));
    files
}

fn run(home: &Home, options: &[&str]) -> (String, String) {
    let output = home.run(&[&[GRID], options].concat());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    (text(&output.stdout), told)
}

#[test]
fn each_point_and_policy_has_a_folder_with_what_is_asked_for() {
    let home = home();
    let (page, _) = run(&home, &["--jobs", "1", "--out", "one"]);
    let files = results(&home, "one/grid");
    let mut expected: Vec<String> = Vec::new();
    for point in 1..=4 {
        for policy in ["three-way", "two-way"] {
            for name in [
                "capture.pcapng",
                "ladder.svg",
                "ladder.txt",
                "snapshots.txt",
            ] {
                expected.push(format!("point-00{point}/{policy}/{name}"));
            }
        }
    }
    let found = files.keys().filter(|path| path.components().count() > 1);
    let found: Vec<String> = found.map(|path| path.display().to_string()).collect();
    assert_eq!(found, expected);
    // The table is all that is printed of the points, with a line that says where the rest is.
    let line = "ladders, captures, snapshots of run 1 at each point: point-001 to point-004,\n\
                numbered as in points.csv\n";
    assert!(page.contains(line) && !page.contains("── "), "{page}");
    let chinese = run(&home, &["--out", "one", "--lang", "zh"]).0;
    assert!(chinese.contains("point-001 至 point-004"), "{chinese}");
    run(&home, &["--jobs", "3", "--out", "three"]);
    assert_eq!(results(&home, "three/grid"), files);
}

/// The number in the table leads to the folder, and that has what a run of the point alone gives.
#[test]
fn a_folder_has_what_an_experiment_of_its_point_alone_gives() {
    let home = home();
    run(&home, &["--out", "sweep"]);
    let table = fs::read_to_string(home.path("sweep/grid/points.csv")).expect("a table");
    assert!(
        table.starts_with(
            "point,link.c2s.loss,link.c2s.loss [share],link.s2c.delay,link.s2c.delay [s],policy,metric,"
        ),
        "{table}"
    );
    assert!(table.contains("\n4,40%,0.4,200ms,0.2,two-way,segments_sent,"));
    let alone = FILE.replace("loss = \"0%\"", "loss = \"40%\"").replace(
        "[link.s2c]\ndelay = \"50ms\"",
        "[link.s2c]\ndelay = \"200ms\"",
    );
    fs::write(home.path(GRID), alone).expect("writable");
    run(&home, &["--out", "alone"]);
    let point = tree(&home.path("sweep/grid/point-004"));
    let ladder = text(&point[Path::new("two-way/ladder.txt")]);
    assert!(
        ladder.starts_with("connection ") && ladder.contains("the first that something befell"),
        "{ladder}"
    );
    for policy in ["three-way", "two-way"] {
        let found = tree(&home.path(&format!("alone/grid/{policy}")));
        assert_eq!(found.len(), 4);
        for (name, bytes) in found {
            assert_eq!(
                point[&Path::new(policy).join(&name)],
                bytes,
                "{}",
                name.display()
            );
        }
    }
}

#[test]
fn a_sweep_makes_nothing_that_it_does_not_ask_for() {
    let home = home();
    let none = FILE.split_once("[output]").expect("output").0;
    fs::write(home.path(GRID), format!("{none}{SWEEP}")).expect("writable");
    let (page, _) = run(&home, &["--out", "out", "--set", "output.report=html"]);
    assert!(!page.contains("point-"), "{page}");
    let folders = |below: &str| {
        let files = results(&home, below).into_keys();
        files.filter(|path| path.components().count() > 1).count()
    };
    assert_eq!(folders("out/grid"), 0);
    let report = fs::read_to_string(home.path("out/grid/report.html")).expect("a report");
    assert!(!report.contains("class=\"stepper\""));
    // One of them brings no other.
    run(&home, &["--out", "captures", "--set", "output.pcapng=true"]);
    assert_eq!(folders("captures/grid"), 8);
    // A sweep of one point is the experiment of that point.
    let one = format!("{none}[sweep]\n\"link.c2s.loss\" = [\"40%\"]\n");
    fs::write(home.path(GRID), one).expect("writable");
    run(&home, &["--out", "one"]);
    assert!(home.path("one/grid/two-way/ladder.txt").exists());
}

#[test]
fn parts_and_runs_that_go_on_give_the_same_files() {
    let home = home();
    run(&home, &["--out", "whole"]);
    let expected = results(&home, "whole/grid");
    // The second part has the first replication of no point.
    for shard in ["1/2", "0/2"] {
        run(&home, &["--shard", shard, "--out", "parts"]);
    }
    let output = home.runner(&["merge", "parts", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(results(&home, "parts/grid"), expected);

    let replications = if cfg!(debug_assertions) {
        "400"
    } else {
        "6000"
    };
    let many = [
        GRID,
        "--no-progress",
        "--jobs",
        "1",
        "--replications",
        replications,
    ];
    let (mut child, _) = home.start(&many, "killed");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let output = home.complete(&many, "killed");
    let told = text(&output.stderr);
    assert!(told.contains("goes on after the "), "{told}");
    home.complete(&many, "long");
    assert_eq!(results(&home, "killed/grid"), results(&home, "long/grid"));
}

#[test]
fn recorded_points_are_compared_guarded_and_removed() {
    let home = home();
    let regress = |options: &[&str]| {
        let output = home.runner(&[&["regress", GRID], options].concat());
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(regress(&["--bless"]).0, Some(0));
    assert_eq!(regress(&[]).0, Some(0));
    let recorded = results(&home, "results/grid");

    // Another language changes no number.
    let other = format!("{FILE}lang = \"zh\"\n{SWEEP}");
    fs::write(home.path(GRID), other).expect("writable");
    let (code, shown) = regress(&[]);
    assert_eq!(code, Some(1));
    for part in [
        "point-001/three-way/ladder.txt: line 1\n",
        "point-004/two-way/ladder.svg: another picture\n",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(!shown.contains("points.csv"), "{shown}");

    fs::write(home.path(GRID), format!("{FILE}{SWEEP}")).expect("writable");
    let ladder = home.path("results/grid/point-003/two-way/ladder.txt");
    fs::write(&ladder, "mine\n").expect("writable");
    let (code, shown) = regress(&[]);
    let part = "results/grid/point-003/two-way/ladder.txt: changed by hand after it was recorded";
    assert!(code == Some(1) && shown.contains(part), "{shown}");
    assert_eq!(fs::read_to_string(&ladder).expect("a file"), "mine\n");
    assert_eq!(regress(&["--bless"]).0, Some(0));
    assert_eq!(results(&home, "results/grid"), recorded);

    // Two points fewer: their folders go, but for what somebody has put there.
    let fewer = format!("{FILE}{SWEEP}").replace("[\"0%\", \"40%\"]", "[\"40%\"]");
    fs::write(home.path(GRID), fewer).expect("writable");
    fs::write(home.path("results/grid/point-004/notes"), "mine\n").expect("writable");
    assert_eq!(regress(&["--bless"]).0, Some(0));
    let names = home.names("results/grid");
    let points = names.iter().filter(|name| name.starts_with("point-"));
    assert_eq!(
        points.collect::<Vec<_>>(),
        ["point-001", "point-002", "point-004"]
    );
    assert_eq!(home.names("results/grid/point-004"), ["notes"]);
}

#[test]
fn a_report_holds_the_ladders_of_points_and_links_to_what_is_too_much() {
    let home = home();
    run(&home, &["--out", "out"]);
    let report = home.path("out/grid/report.html");
    let first = fs::read_to_string(&report).expect("a report");
    assert_eq!(first.matches("class=\"stepper\"").count(), 4);
    assert!(first.contains("link.c2s.loss = 40%, link.s2c.delay = 200ms"));
    assert!(!first.contains("href=\"point-"), "all of them fit");
    fs::remove_file(&report).expect("it is there");
    let output = home.runner(&["report", "out/grid"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&report).expect("a report"), first);

    let delays: Vec<String> = (0..50).map(|delay| format!("\"{delay}ms\"")).collect();
    let all = r#"["three-way", "two-way", "two-way-memory", "two-way-mpl", "delta-t", "cookies", "syn-cache", "random-drop", "tfo"]"#;
    let many = [
        format!("sweep.\"link.s2c.delay\"=[{}]", delays.join(", ")),
        "sweep.\"link.c2s.loss\"=[\"0%\"]".to_owned(),
        format!("run.policies={all}"),
        "load.main.count=1".to_owned(),
        "output.pcapng=false".to_owned(),
    ];
    let mut options = vec!["--replications", "1", "--out", "many"];
    for change in &many {
        options.extend(["--set", change]);
    }
    run(&home, &options);
    let report = fs::read_to_string(home.path("many/grid/report.html")).expect("a report");
    let drawn = report.matches("class=\"stepper\"").count();
    let linked = report.matches("/tfo/ladder.svg\"").count();
    assert!(drawn > 10 && linked > 5, "{drawn} drawn, {linked} linked");
    assert_eq!(drawn + linked, 50);
    let ladders = report.find("class=\"stepper\"").expect("the first");
    let end = report.rfind("</figure>").expect("the last");
    assert!(end - ladders <= 2_000_000, "{}", end - ladders);
    // Every link leads to a ladder.
    for link in report.split("href=\"point-").skip(1) {
        let name = link.split('"').next().expect("a name");
        let path = home.path(&format!("many/grid/point-{name}"));
        assert!(path.is_file(), "{}", path.display());
    }
}
