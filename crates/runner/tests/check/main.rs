//! `runner check`: what good files are understood as, and the one clear message for each kind of
//! bad file, with its exact text.

mod cases;
mod lineage;
mod schema;
mod settings;
mod vocabulary;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runner::diagnostic::render_notes;
use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::{Check, Occurrence};
use tcp_core::Phase;

use cases::{BAD, BAD_OVERRIDES, GOOD};

#[test]
fn the_unspoiled_file_is_good() {
    let experiment = Experiment::parse("good.toml", GOOD, &[]).expect("it is good");
    assert_eq!(experiment.notes, []);
}

#[test]
fn every_bad_file_gets_one_clear_message() {
    let mut page = String::new();
    for (good, bad) in BAD {
        assert!(GOOD.contains(good), "the table is out of date: {good}");
        let text = GOOD.replacen(good, bad, 1);
        let Err(rejection) = Experiment::parse("bad.toml", &text, &[]) else {
            panic!("accepted: {bad}");
        };
        let message = rejection.render(false);
        assert_eq!(rejection.diagnostics.len(), 1, "{bad}:\n{message}");
        writeln!(page, "### {good} -> {bad}\n{message}").expect("a String");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn problems_in_several_places_are_all_shown_in_the_order_of_the_text() {
    let text = GOOD
        .replace("\"10s\"", "\"0s\"")
        .replace("\"linux-6\"", "\"linux\"")
        .replace("flags = \"SYN\"", "flags = \"SIN\"");
    let rejection = Experiment::parse("bad.toml", &text, &[]).expect_err("three mistakes");
    // A file whose hosts are not understood is not looked at for what depends on them.
    let titles: Vec<&str> = rejection
        .diagnostics
        .iter()
        .map(|one| one.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "a run that ends at 0s shows nothing",
            "there is no profile `linux`"
        ]
    );
}

#[test]
fn the_same_mistake_in_two_places_is_shown_twice_and_its_consequences_once() {
    let count = |text: &str, title: &str| {
        let rejection = Experiment::parse("bad.toml", text, &[]).expect_err(title);
        let titles = rejection.diagnostics.iter().map(|one| one.title.as_str());
        titles.filter(|one| *one == title).count()
    };
    let twice = "[[fault]]\nid = \"a\"\nmatch = {}\ndelay_by = \"0s\"\n\
                 [[fault]]\nid = \"b\"\nmatch = {}\ndelay_by = \"0s\"\n";
    let text = GOOD.replace("[[expect]]", &format!("{twice}[[expect]]"));
    assert_eq!(count(&text, "a delay of 0s does nothing"), 2);
    // Both a connection and a load lead to the one port that is missing.
    let text = GOOD.replace("backlog = 128", "passive_open = [8080]");
    let title = "host `server` does not listen on port 80";
    assert_eq!(count(&text, title), 1);
}

#[test]
fn every_bad_override_gets_one_clear_message() {
    let mut page = String::new();
    for assignment in BAD_OVERRIDES {
        let changes = [Override::set(*assignment)];
        let Err(rejection) = Experiment::parse("good.toml", GOOD, &changes) else {
            panic!("accepted: {assignment}");
        };
        let message = rejection.render(false);
        assert_eq!(rejection.diagnostics.len(), 1, "{assignment}:\n{message}");
        writeln!(page, "### --set {assignment}\n{message}").expect("a String");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn overrides_reach_every_kind_of_place() {
    let changes = [
        "run.seed = 0x10",
        "run.until=40s",
        "link.c2s.delay.jitter=\"1ms\"",
        "link.s2c.loss.random=1%",
        "fault.old-syn.match.nth=[1, 3]",
        "fault.0.id=renamed",
        "connection.0.send.0.bytes=20",
        "host.client.time_wait=0s",
        "expect.0.whole_run.\"embryonic.area\"=1s",
    ]
    .map(Override::set);
    let experiment = Experiment::parse("good.toml", GOOD, &changes).expect("all are good");
    let plan = &experiment.plan;
    assert_eq!(plan.run.seed, 16);
    assert_eq!(plan.run.until.as_secs(), 40);
    assert_eq!(
        plan.links[0]
            .config
            .delay
            .as_ref()
            .expect("set")
            .jitter
            .as_millis(),
        1
    );
    assert!(plan.links[1].config.loss.is_some());
    assert_eq!(plan.faults[0].nth, Occurrence::Listed(vec![1, 3]));
    assert_eq!(plan.faults[0].id, "renamed");
    assert_eq!(plan.connections[0].send[0].bytes, 20);
    assert!(plan.hosts[0].config.time_wait.is_zero());
    assert!(experiment.is_overridden);
    let unchanged = Experiment::parse("good.toml", GOOD, &[]).expect("it is good");
    assert_ne!(experiment.digest, unchanged.digest);
}

#[test]
fn an_expectation_of_a_policy_that_was_not_chosen_is_left_out_with_a_note() {
    let changes = [Override::option(
        "--policy",
        "run.policies",
        "[\"two-way\"]",
    )];
    let experiment = Experiment::parse("good.toml", GOOD, &changes).expect("it is good");
    assert!(experiment.plan.expectations.is_empty());
    assert_eq!(experiment.notes.len(), 1);
    insta::assert_snapshot!(render_notes(&experiment.sources, &experiment.notes, false));
}

#[test]
fn states_under_other_names_are_understood_with_a_note() {
    let text = GOOD
        .replace("SYN-RECEIVED", "SYN_RECV")
        .replace("== CLOSED", "== closed");
    let experiment = Experiment::parse("good.toml", &text, &[]).expect("it is good");
    let Check::States { states, .. } = &experiment.plan.expectations[0].checks[0] else {
        panic!("the first check is about states");
    };
    assert_eq!(states[1].phase, Phase::SynReceived);
    let notes: Vec<&str> = experiment
        .notes
        .iter()
        .map(|note| note.title.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "RFC 9293 spells the state `closed` as `CLOSED`",
            "RFC 9293 spells the state `SYN_RECV` as `SYN-RECEIVED`"
        ]
    );
}

#[test]
fn no_mutilated_file_makes_it_panic() {
    for end in 0..GOOD.len() {
        // Cut off anywhere, and with one byte replaced: most are errors, none may panic.
        let cut = Experiment::parse("cut.toml", &GOOD[..end], &[]);
        if let Err(rejection) = cut {
            assert!(!rejection.render(true).is_empty());
        }
        for replacement in ["", "\"", "é", "0", "]"] {
            let text = format!("{}{replacement}{}", &GOOD[..end], &GOOD[end + 1..]);
            if let Err(rejection) = Experiment::parse("bent.toml", &text, &[]) {
                assert!(rejection.render(false).starts_with("error: "));
            }
        }
    }
}

fn runner(arguments: &[&str], files: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(arguments)
        .args(files)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn files_that_are_none_are_told_apart_and_the_others_are_still_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let empty = file("empty.toml", b"");
    let blank = file("blank.toml", b" \n\n");
    let binary = file("binary.toml", b"\x7fELF\x02\x01\x01\0\0");
    let latin = file("latin.toml", b"name = \"caf\xe9\"");
    let good = file("good.toml", GOOD.as_bytes());
    let missing = folder.path().join("missing.toml");
    let all = [
        &empty,
        &blank,
        &binary,
        &latin,
        &missing,
        folder.path(),
        &good,
    ];
    let output = runner(&["check"], &all.map(AsRef::as_ref));
    assert_eq!(output.status.code(), Some(2));
    let messages = text(&output.stderr).replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(messages);
    let summary = text(&output.stdout).replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(summary);
}

#[test]
fn a_good_file_exits_with_0_and_a_wrong_command_line_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good.toml");
    std::fs::write(&good, GOOD).expect("written");
    let output = runner(
        &["check", "--seed", "0x10", "--policy", "three-way"],
        &[&good],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("three-way, 2 replications each, until 10s, seed 16"));
    assert_eq!(runner(&["check"], &[]).status.code(), Some(2));
    assert_eq!(runner(&["chek"], &[&good]).status.code(), Some(2));
}

#[test]
fn what_was_understood_is_told_in_full() {
    let text = GOOD.replace(
        "replications = 2",
        "replications = 400\nwarmup = \"1s\"\n\
         stop = { relative_half_width = 0.08, min = 5, confidence = 0.9 }",
    );
    assert_ne!(text, GOOD);
    let text = format!(
        "{text}\n[sweep]\n\"link.s2c.delay\" = [\"10ms\", \"20ms\", \"50ms\"]\n\
         \"host.server.backlog\" = [16, 64]\n\
         [compare]\nmetrics = [\"embryonic.mean\", \"connect_time.q99\"]\n\
         [check]\nanalytic = [\"little\"]\n\
         [output]\nladder = [\"svg\"]\nreport = \"html\"\n",
        text = text.split("\n[output]").next().unwrap_or_default()
    );
    let experiment = match Experiment::parse("long/name/of/an/experiment.toml", &text, &[]) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    };
    insta::assert_snapshot!(runner::check::summary(&experiment));
}

/// What every scenario is said to be fits a terminal.
#[test]
fn summaries_fit_eighty_columns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        count += 1;
        let experiment = match Experiment::read(&path, &[]) {
            Ok(experiment) => experiment,
            Err(rejection) => panic!("{}", rejection.render(false)),
        };
        let summary = runner::check::summary(&experiment);
        for line in summary.lines().filter(|line| !line.contains(".toml")) {
            let columns = runner::paint::columns(line);
            assert!(columns <= 80, "{}: {line}", path.display());
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn colours_are_used_only_when_they_are_wanted() {
    let missing = Path::new("missing.toml");
    let escape = |arguments: &[&str]| runner(arguments, &[missing]).stderr.contains(&0x1b);
    assert!(!escape(&["check"]));
    assert!(!escape(&["check", "--color", "never"]));
    assert!(escape(&["check", "--color", "always"]));
}

#[test]
fn a_table_of_delays_is_read_from_beside_the_experiment_and_counts_for_the_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("experiment.toml");
    let table = r#"delay = { time = "50ms", jitter = "5ms", distribution = { table = "t.dist" } }"#;
    let text = GOOD.replace("delay = \"50ms\"", table);
    let with_table = |values: &str| {
        std::fs::write(folder.path().join("t.dist"), values).expect("written");
        Experiment::parse(&path, &text, &[])
    };
    let one = with_table("# values\n-8192 0\n8192\n").expect("a good table");
    let other = with_table("-8192 0 8191\n").expect("another");
    assert_ne!(one.digest, other.digest);
    let rejection = with_table("-8192 x\n").expect_err("a word is no value");
    assert_eq!(
        rejection.diagnostics[0].title,
        "`t.dist` is no table of netem's: line 1: expected integers from -32768 to 32767, found \
         \"x\""
    );
}
