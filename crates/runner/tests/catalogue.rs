//! The catalogue of scenarios: found by name, listed by group, complete in both languages.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runner::catalogue::Catalogue;
use runner::experiment::Experiment;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn runner(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_list_shows_every_scenario_with_its_title_under_its_group() {
    let output = runner(&root(), &["list"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let list = text(&output.stdout);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "S: stale SYN");
    let first = "  s01-stale-syn-client-closed            A delayed SYN outlives its connection";
    assert_eq!(lines[1], first);
    for entry in Catalogue::read(&root().join("scenarios")).entries {
        let found = lines
            .iter()
            .filter(|line| line.starts_with(&format!("  {} ", entry.name)));
        assert_eq!(found.count(), 1, "{}", entry.name);
    }
}

#[test]
fn the_list_can_be_narrowed_and_is_bilingual() {
    let output = runner(&root(), &["list", "s01", "--lang", "zh"]);
    let expected =
        "S: stale SYN\n  s01-stale-syn-client-closed            滞留的 SYN 在连接释放之后到达\n";
    assert_eq!(text(&output.stdout), expected);
    let output = runner(&root(), &["list", "zzz"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_scenario_is_found_by_the_beginning_of_its_name_from_any_folder_of_the_project() {
    for folder in [root(), root().join("crates/runner/src")] {
        let output = runner(&folder, &["check", "s01"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        // The name of the file is before it, which may break the line anywhere.
        let shown = text(&output.stdout);
        let shown: Vec<&str> = shown.split_whitespace().collect();
        let shown = shown.join(" ");
        assert!(shown.contains("A delayed SYN outlives its connection"));
    }
}

#[test]
fn a_name_that_fits_none_or_several_is_refused_with_candidates() {
    for (name, part) in [
        (
            "s0",
            "write more of the name: s01-stale-syn-client-closed, s01b-",
        ),
        (
            "s01-stale-sin-client-closed",
            "did you mean `s01-stale-syn-client-closed`?",
        ),
        ("nothing-like-it", "`runner list` shows all"),
    ] {
        for command in ["run", "check"] {
            let output = runner(&root(), &[command, name]);
            assert_eq!(output.status.code(), Some(2), "{command} {name}");
            assert!(
                text(&output.stderr).contains(part),
                "{}",
                text(&output.stderr)
            );
        }
    }
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let output = runner(elsewhere.path(), &["run", "s01"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("no folder `scenarios` to find a scenario in"),
        "{message}"
    );
}

/// Every lesson is there for readers of either language, and the name that finds it is the name of
/// its results.
#[test]
fn every_scenario_teaches_in_both_languages() {
    for entry in Catalogue::read(&root().join("scenarios")).entries {
        let experiment = match Experiment::read(&entry.path, &[]) {
            Ok(experiment) => experiment,
            Err(rejection) => panic!("{}", rejection.render(false)),
        };
        let plan = experiment.plan;
        assert_eq!(plan.name, entry.name);
        if entry
            .path
            .parent()
            .is_some_and(|folder| folder.ends_with("performance"))
        {
            continue;
        }
        for prose in [&plan.title, &plan.lesson] {
            let has_chinese = prose
                .zh
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            let is_bilingual = has_chinese && !prose.en.trim().is_empty() && prose.en != prose.zh;
            assert!(is_bilingual, "{}: {prose:?}", entry.name);
        }
        assert!(!plan.refs.is_empty(), "{} names no source", entry.name);
    }
}
