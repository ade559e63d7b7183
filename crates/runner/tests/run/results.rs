//! Where results go, and that nothing of anybody is lost on the way.

use std::fs;

use super::{Home, S01, S03, text, tree};

#[test]
fn recorded_results_stay_until_they_are_blessed() {
    let home = Home::new();
    assert_eq!(home.run(&[S03]).status.code(), Some(0));
    let summary = home.path("results/s03-stale-syn-rst-lost/summary.json");
    let good = fs::read_to_string(&summary).expect("recorded");
    fs::write(&summary, good.replacen("\"seed\":42", "\"seed\":43", 1)).expect("writable");
    let output = home.run(&[S03]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    for part in ["summary.json: changed by hand", "seed 43 -> 42", "--bless"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    let kept = fs::read_to_string(&summary).expect("recorded");
    assert!(kept.contains("\"seed\":43"), "nothing was overwritten");
    assert!(
        home.path("out/s03-stale-syn-rst-lost/summary.json")
            .exists()
    );
    assert_eq!(home.run(&[S03, "--bless"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&summary).expect("recorded"), good);
}

#[test]
fn a_folder_of_the_user_is_never_replaced() {
    let home = Home::new();
    fs::create_dir(home.path("src")).expect("writable");
    fs::write(home.path("src/file"), "mine").expect("writable");
    let output = home.run(&[S03, "--set", "name=src", "--out", ".", "--bless"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("./src is not empty and has no manifest.json of this program")
            && message.contains("--out DIR"),
        "{message}"
    );
    assert_eq!(home.names("src"), ["file"]);

    assert_eq!(home.run(&[S03]).status.code(), Some(0));
    let folder = home.path("results/s03-stale-syn-rst-lost");
    fs::write(folder.join("notes.txt"), "mine").expect("writable");
    fs::write(folder.join("summary.json"), "changed").expect("writable");
    let output = home.run(&[S03, "--bless"]);
    assert_eq!(output.status.code(), Some(0));
    let message = text(&output.stderr);
    assert!(message.contains("not from a run: notes.txt"), "{message}");
    let kept = fs::read_to_string(folder.join("notes.txt")).expect("kept");
    assert_eq!(kept, "mine");
}

#[test]
fn each_change_has_a_scratch_folder_of_its_own() {
    let home = Home::new();
    for _ in 0..2 {
        for seed in ["1", "2"] {
            assert_eq!(home.run(&[S03, "--seed", seed]).status.code(), Some(0));
        }
    }
    let names = home.names("out");
    assert_eq!(names.len(), 2, "{names:?}");
    let output = home.run(&[S03, "--seed", "1"]);
    let message = text(&output.stderr);
    assert!(
        message.contains("(not recorded: options have changed"),
        "{message}"
    );
    let is_told = names
        .iter()
        .any(|name| message.contains(&format!("out/{name}")));
    assert!(is_told, "{message}");
}

#[test]
fn a_changed_run_goes_where_it_is_told_to() {
    let home = Home::new();
    let summary = "mine/s03-stale-syn-rst-lost/summary.json";
    let output = home.run(&[S03, "--policy", "two-way", "--out", "mine"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(home.names("mine/s03-stale-syn-rst-lost").len(), 6);
    let output = home.run(&[S03, "--policy", "three-way", "--out", "mine"]);
    assert_eq!(output.status.code(), Some(0));
    let names = home.names("mine/s03-stale-syn-rst-lost");
    assert!(
        names.contains(&"three-way".to_owned()) && !names.contains(&"two-way".to_owned()),
        "{names:?}"
    );
    let changed = fs::read_to_string(home.path(summary)).expect("written");

    // What the file itself gives does not overwrite what differs, wherever it is.
    let output = home.run(&[S03, "--out", "mine"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--bless"));
    let kept = fs::read_to_string(home.path(summary)).expect("kept");
    assert_eq!(kept, changed);
    let output = home.run(&[S03, "--out", "mine", "--bless"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_changed_run_does_not_replace_the_recorded_results() {
    let home = Home::new();
    assert_eq!(home.run(&[S03]).status.code(), Some(0));
    let recorded = tree(&home.path("results"));
    let output = home.run(&[S03, "--seed", "2", "--out", "results"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--bless"));
    assert_eq!(tree(&home.path("results")), recorded);
}

#[test]
fn runs_at_the_same_time_do_not_disturb_each_other() {
    let home = Home::new();
    for options in [&[][..], &["--seed", "7"], &["--bless", "--out", "mine"]] {
        std::thread::scope(|scope| {
            let run = || home.run(&[&[S03, "--jobs", "1"], options].concat());
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            for run in runs {
                let output = run.join().expect("no panic");
                assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            }
        });
    }
}

#[test]
fn what_is_not_as_expected_is_not_recorded_by_itself() {
    let home = Home::new();
    let file = home.path(S03);
    let good = fs::read_to_string(&file).expect("the scenario");
    let bad = good.replace("rst_sent = 2", "rst_sent = 3");
    assert_ne!(bad, good);
    fs::write(&file, bad).expect("writable");
    let output = home.run(&[S03]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains("(not recorded: not everything is as expected; --bless"),
        "{told}"
    );
    assert!(!home.path("results").exists());
    assert!(home.path("out/s03-stale-syn-rst-lost").exists());
    assert_eq!(home.run(&[S03, "--bless"]).status.code(), Some(1));
    assert!(home.path("results/s03-stale-syn-rst-lost").exists());
}

#[test]
fn results_that_cannot_be_written_are_an_error_that_names_the_way_out() {
    let home = Home::new();
    fs::write(home.path("results"), "a file where a folder should be").expect("writable");
    let output = home.run(&[S01]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("cannot") && message.contains("--out DIR"),
        "{message}"
    );
    assert_eq!(text(&output.stdout), "", "nothing was run in vain");
    // Nor are its parts, or what is put together of them.
    fs::write(home.path("file"), "").expect("writable");
    let shard = ["--shard", "0/2", "--out", "file"];
    for arguments in [
        &["--out", "file/below"][..],
        &shard,
        &["--seed", "2", "--out", "file"],
    ] {
        let output = home.run(&[&[S01], arguments].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("cannot") && message.contains("--out"),
            "{message}"
        );
        assert_eq!(text(&output.stdout), "");
    }
    // What goes elsewhere is not in its way.
    assert_eq!(home.run(&[S01, "--seed", "2"]).status.code(), Some(0));
    assert_eq!(home.names("."), ["file", "out", "results", "scenarios"]);
}

#[test]
fn the_timing_has_the_number_of_threads() {
    let home = Home::new();
    for (jobs, threads) in [
        (&[][..], None),
        (&["--jobs", "1"], Some(1)),
        (&["--jobs", "99"], Some(2)),
    ] {
        let output = home.run(&[&[S03], jobs].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let path = home.path("results/s03-stale-syn-rst-lost/timing.json");
        let timing = fs::read(path).expect("written");
        let timing: serde_json::Value = serde_json::from_slice(&timing).expect("JSON");
        let found = timing["jobs"].as_u64().expect("a number");
        // It has two runs.
        assert!(
            threads.map_or(found == 1 || found == 2, |it| it == found),
            "{timing}"
        );
    }
}
