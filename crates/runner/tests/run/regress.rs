//! `runner regress`: what passes, what does not, and that nothing is lost.

use std::fs;

use super::{Home, S01, S03, text, tree};

const RECORDED: &str = "results/s03-stale-syn-rst-lost";

/// Exit code, standard output without times, and standard error.
fn regress(home: &Home, arguments: &[&str]) -> (i32, String, String) {
    let output = home.runner(&[&["regress"], arguments].concat());
    let shown = text(&output.stdout);
    let without_time = |line: &str| match (line.find('['), line.find("s] ")) {
        (Some(from), Some(to)) => format!("{}{}", &line[..from], &line[to + 3..]),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = shown.lines().map(without_time).collect();
    let code = output.status.code().expect("it ends by itself");
    (code, lines.join("\n"), text(&output.stderr))
}

fn change(home: &Home, file: &str, from: &str, to: &str) {
    let path = home.path(file);
    let before = fs::read_to_string(&path).expect("the file");
    let after = before.replace(from, to);
    assert_ne!(before, after, "{from} is in {file}");
    fs::write(path, after).expect("writable");
}

#[test]
fn what_is_not_recorded_fails_until_it_is_blessed() {
    let home = Home::new();
    let (code, shown, _) = regress(&home, &[S03]);
    assert_eq!(code, 1);
    assert!(
        shown.contains("FAIL s03-stale-syn-rst-lost") && shown.contains("--bless records it"),
        "{shown}"
    );
    assert!(shown.ends_with("0 passed, 1 failed"), "{shown}");
    assert!(!home.path("results").exists(), "nothing is written");

    let (code, shown, _) = regress(&home, &["s03", "--bless"]);
    assert_eq!((code, shown.contains("BLESS s03")), (0, true), "{shown}");
    let recorded = tree(&home.path("results"));
    // The same files as `run` records.
    assert_eq!(home.run(&[S03]).status.code(), Some(0));
    for jobs in ["1", "2"] {
        let (code, shown, error) = regress(&home, &[S03, S03, "--jobs", jobs]);
        let expected = "    PASS s03-stale-syn-rst-lost\n1 passed, 0 failed";
        assert_eq!((code, shown.as_str()), (0, expected), "{error}");
    }
    let mut now = tree(&home.path("results"));
    now.retain(|path, _| !path.ends_with("timing.json"));
    assert_eq!(now, recorded);
}

#[test]
fn a_difference_is_told_by_metric_verdict_and_line() {
    let home = Home::new();
    assert_eq!(regress(&home, &[S01, S03, "--bless"]).0, 0);
    let recorded = tree(&home.path("results"));
    change(&home, S03, "rst_sent = 2", "rst_sent = 3");
    change(&home, S03, "delay = \"50ms\"", "delay = \"60ms\"");
    let (code, shown, _) = regress(&home, &[S01, S03, "--junit", "report/junit.xml"]);
    assert_eq!(code, 1);
    for part in [
        "    PASS s01-stale-syn-client-closed\n    FAIL s03-stale-syn-rst-lost\n",
        "NOT held  s03-stale-syn-rst-lost, three-way: after_fault.rst_sent: 3",
        "three-way: after_fault.embryonic.area 1.1 -> 1.12 connection seconds",
        "three-way/ladder.txt: line ",
        "experiment.toml: line ",
        "1 passed, 1 failed",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(!shown.contains("manifest.json"), "{shown}");
    assert_eq!(tree(&home.path("results")), recorded, "nothing is written");
    assert!(!home.path("out").exists());
    let report = fs::read_to_string(home.path("report/junit.xml")).expect("the report");
    for part in [
        "tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\"",
        "<testcase name=\"s01-stale-syn-client-closed\" classname=\"scenarios\"",
        "three-way: after_fault.embryonic.area 1.1 -&gt; 1.12 connection seconds",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}

#[test]
fn a_result_that_was_edited_by_hand_is_named_and_kept() {
    let home = Home::new();
    assert_eq!(regress(&home, &[S03, "--bless"]).0, 0);
    change(&home, &format!("{RECORDED}/summary.json"), "1.1", "1.2");
    fs::remove_file(home.path(&format!("{RECORDED}/two-way/ladder.txt"))).expect("writable");
    let edited = tree(&home.path("results"));
    let (code, shown, _) = regress(&home, &[S03]);
    assert_eq!(code, 1);
    for (name, what) in [
        ("summary.json", "changed by hand"),
        ("two-way/ladder.txt", "is missing"),
    ] {
        let part = format!("{RECORDED}/{name}: {what}");
        assert!(shown.contains(&part), "{shown}");
    }
    assert!(!shown.contains("ladder.svg"), "{shown}");
    assert_eq!(tree(&home.path("results")), edited);

    fs::write(
        home.path(&format!("{RECORDED}/manifest.json")),
        "{ \"tool\": ",
    )
    .expect("writable");
    let (code, shown, _) = regress(&home, &[S03, "--bless"]);
    assert_eq!(code, 1);
    assert!(shown.contains("nothing in it was touched"), "{shown}");
}

#[test]
fn what_is_not_as_expected_is_not_blessed() {
    let home = Home::new();
    assert_eq!(regress(&home, &[S01, S03, "--bless"]).0, 0);
    let recorded = tree(&home.path("results"));
    change(&home, S03, "delay = \"50ms\"", "delay = \"60ms\"");
    change(&home, S03, "rst_sent = 2", "rst_sent = 3");
    let (code, shown, _) = regress(&home, &[S01, S03, "--bless"]);
    assert_eq!(code, 1);
    for part in [
        "FAIL s03-stale-syn-rst-lost",
        "NOT held",
        "not recorded, because it is not as expected",
        "`runner run FILE --bless`",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert_eq!(tree(&home.path("results")), recorded);
    assert_eq!(home.run(&[S03, "--bless"]).status.code(), Some(1));
    assert_ne!(tree(&home.path("results")), recorded);
}

#[cfg(unix)]
#[test]
fn an_interrupted_regression_tells_what_is_done() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    let home = Home::new();
    assert_eq!(regress(&home, &[S01, "--bless"]).0, 0);
    // It takes long.
    let many = if cfg!(debug_assertions) {
        "600"
    } else {
        "9000"
    };
    let long = "scenarios/stale-syn-random.toml";
    change(
        &home,
        long,
        "replications = 200",
        &format!("replications = {many}"),
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_runner"))
        .current_dir(home.path("."))
        .args(["regress", S01, long, "--junit", "junit.xml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut shown = BufReader::new(child.stdout.take().expect("piped"));
    let mut page = String::new();
    shown.read_line(&mut page).expect("UTF-8");
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.expect("kill(1)").success());
    shown.read_to_string(&mut page).expect("UTF-8");
    let output = child.wait_with_output().expect("it ends");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted: 1 of 2 scenarios"), "{told}");
    assert!(
        page.contains("PASS") && page.ends_with("1 passed, 0 failed\n"),
        "{page}"
    );
    let report = fs::read_to_string(home.path("junit.xml")).expect("the report");
    assert!(report.contains("tests=\"1\""), "{report}");
}

#[test]
fn a_bad_file_fails_in_its_place_and_stops_no_other() {
    let home = Home::new();
    assert_eq!(regress(&home, &[S01, S03, "--bless"]).0, 0);
    fs::write(home.path("scenarios/bad.toml"), "schema = 2\n").expect("writable");
    fs::copy(home.path(S01), home.path("scenarios/twin.toml")).expect("writable");
    let bad = ["scenarios/bad.toml", "scenarios/twin.toml"];
    let (code, shown, _) = regress(&home, &[bad[0], S01, bad[1], S03]);
    assert_eq!(code, 2);
    let heads: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("    PASS") || line.starts_with("    FAIL"))
        .collect();
    assert_eq!(
        heads,
        [
            "    FAIL bad",
            "    PASS s01-stale-syn-client-closed",
            "    FAIL s01-stale-syn-client-closed",
            "    PASS s03-stale-syn-rst-lost"
        ]
    );
    assert!(shown.contains("missing key `name`"), "{shown}");
    assert!(shown.contains("their results would mix"), "{shown}");
    assert_eq!(regress(&home, &["no-such-scenario"]).0, 2);
    // What is not recorded is not part of the catalogue's regression, and is refused by name.
    change(&home, S01, "[run]\n", "[run]\nrecord = false\n");
    let (code, shown, _) = regress(&home, &[S01]);
    assert_eq!((code, shown.contains("record = false")), (2, true));
}

#[test]
fn of_a_scenario_with_a_smaller_version_that_one_is_recorded() {
    let home = Home::new();
    let whole = "scenarios/stale-syn-random.toml";
    let smaller = "[regress]\nrun.replications = 10\n\n[load.main]\n";
    change(&home, whole, "[load.main]\n", smaller);
    let text_of = |file: &str| fs::read_to_string(home.path(file)).expect("a file");
    let (code, shown, _) = regress(&home, &[whole, "--bless"]);
    assert_eq!(code, 0, "{shown}");
    let manifest = text_of("results/stale-syn-random/manifest.json");
    assert!(manifest.contains("\"replications\": [10]"), "{manifest}");
    assert!(manifest.contains("\"version\": \"regress\""), "{manifest}");
    let recorded = tree(&home.path("results"));
    change(&home, whole, "replications = 200", "replications = 12");
    let output = home.run(&[whole, "--no-progress"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(tree(&home.path("results")), recorded);
    let manifest = text_of("out/stale-syn-random/manifest.json");
    assert!(manifest.contains("\"replications\": [12]"), "{manifest}");
}
