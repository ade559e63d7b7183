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
