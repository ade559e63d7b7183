//! The README shows what the program prints.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_pictures_are_the_recorded_ladders() {
    let readme = read("README.md");
    let folder = "results/s01-stale-syn-client-closed";
    let ladder = read(&format!("{folder}/two-way/ladder.txt"));
    assert!(
        readme.contains(ladder.trim_end()),
        "the README's picture of two-way is not the recorded ladder of s01"
    );
    for policy in ["two-way", "three-way"] {
        let name = format!("{folder}/{policy}/ladder.svg");
        assert!(readme.contains(&name), "{name} is not in the README");
        assert!(read(&name).contains(policy), "{name} is of another policy");
    }
}

#[test]
fn the_example_is_an_experiment_whose_expectations_hold() {
    let readme = read("README.md");
    let example = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("example.toml");
    fs::write(&file, example.expect("the README has an example")).expect("it can be written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(["run", "--quiet", "--out"])
        .arg(folder.path().join("out"))
        .arg(&file)
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_matrix_is_the_recorded_one() {
    let recorded = read("results/matrix/matrix.txt");
    assert!(
        read("scenarios/README.md").contains(&recorded),
        "scenarios/README.md does not show results/matrix/matrix.txt"
    );
    let readme = read("README.md");
    let section = readme.split("## Every handshake").nth(1);
    let block = section.and_then(|text| text.split("```").nth(1));
    let rows: Vec<&str> = block.expect("a block").lines().skip(1).collect();
    assert!(rows.len() > 5, "the README shows some rows");
    for row in rows {
        assert!(
            recorded.lines().any(|line| line == row),
            "not recorded: {row}"
        );
    }
}

/// Scenarios that the table of claims names are there; a short name stands for its only scenario.
#[test]
fn the_claims_name_scenarios_that_exist() {
    let catalogue = runner::catalogue::Catalogue::read(&root().join("scenarios"));
    let text = read("scenarios/README.md");
    let claims = text.split("## Every policy").next().expect("the tables");
    let rows = claims.lines().filter(|line| line.starts_with("| “"));
    let mut named = 0;
    for row in rows {
        for name in row.split('`').skip(1).step_by(2) {
            let is_scenario = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.chars().all(is_scenario) {
                assert_eq!(catalogue.matching(name).len(), 1, "{name}");
                named += 1;
            }
        }
    }
    assert!(named > 30, "only {named} are named");
}
