//! Runs that are interrupted, and runs in parts: the same bytes as those of a run in one piece.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use super::{Home, text, tree};

const RANDOM: &str = "scenarios/stale-syn-random.toml";
const NAME: &str = "stale-syn-random";

/// Many short runs: some seconds, so that there is a journal, and what the file gives otherwise.
const MANY: [&str; 8] = [
    RANDOM,
    "--no-progress",
    "--replications",
    // Without optimisations each takes some ten times as long.
    if cfg!(debug_assertions) {
        "300"
    } else {
        "6000"
    },
    "--set",
    "run.until=6s",
    "--set",
    "load.main.stop=4s",
];

impl Home {
    /// Starts a run, and waits until it has written some rows to a journal.
    pub(super) fn start(&self, arguments: &[&str], out: &str) -> (Child, PathBuf) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_runner"))
            .current_dir(self.0.path())
            .args([&["run"], arguments, &["--out", out]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let is_journal = |path: &PathBuf| path.extension().is_some_and(|it| it == "journal");
        loop {
            let list = fs::read_dir(self.path(out)).into_iter().flatten();
            let journal = list.flatten().map(|entry| entry.path()).find(is_journal);
            let rows = journal.as_ref().and_then(|journal| fs::read(journal).ok());
            let lines = rows.map_or(0, |rows| rows.split(|byte| *byte == b'\n').count());
            // The first is no row, and the last may not be whole.
            if let Some(journal) = journal.filter(|_| lines > 3) {
                return (child, journal);
            }
            let ended = child.try_wait().expect("it can be asked");
            assert_eq!(ended, None, "it ended before there was a journal");
            std::thread::yield_now();
        }
    }

    /// Runs it to the end.
    pub(super) fn complete(&self, arguments: &[&str], out: &str) -> Output {
        let output = self.run(&[arguments, &["--out", out]].concat());
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            text(&output.stderr)
        );
        output
    }
}

#[test]
fn a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes() {
    let home = Home::new();
    let whole = [&MANY[..], &["--jobs", "2"]].concat();
    home.complete(&whole, "whole");
    let expected = tree(&home.path("whole"));

    let one_thread = [&MANY[..], &["--jobs", "1"]].concat();
    let (mut child, journal) = home.start(&one_thread, "killed");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    // As if the machine had stopped in the middle of a line.
    let mut rows = fs::read(&journal).expect("the journal");
    let half = rows.len() - 20;
    rows.truncate(half);
    fs::write(&journal, rows).expect("writable");
    let output = home.complete(&one_thread, "killed");
    let told = text(&output.stderr);
    assert!(told.contains("goes on after the "), "{told}");
    assert!(told.contains(" runs that were done before, "), "{told}");
    assert_eq!(tree(&home.path("killed")), expected);
    assert_eq!(home.names("killed"), [NAME], "the journal is gone");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_goes_on_later() {
    let home = Home::new();
    let (child, journal) = home.start(&MANY, "out");
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.expect("kill(1)").success());
    let output = child.wait_with_output().expect("it ends");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        told.contains("runs are done; the same command goes on"),
        "{told}"
    );
    assert!(journal.exists() && !home.path("out").join(NAME).exists());
    // Another experiment does not touch it.
    let other = [
        RANDOM,
        "--replications",
        "1",
        "--set",
        "run.until=6s",
        "--no-progress",
    ];
    home.complete(&other, "out");
    assert!(journal.exists());
    let output = home.complete(&MANY, "out");
    assert!(text(&output.stderr).contains("goes on after the "));
    home.complete(&MANY, "whole");
    assert_eq!(tree(&home.path("out")), tree(&home.path("whole")));
}

#[test]
fn what_cannot_be_recorded_in_the_end_is_kept_and_its_place_is_told() {
    let home = Home::new();
    let (child, journal) = home.start(&MANY, "out");
    // Somebody takes the place while it runs.
    fs::write(home.path("out").join(NAME), "mine").expect("writable");
    let output = child.wait_with_output().expect("it ends");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let name = journal
        .file_name()
        .and_then(|name| name.to_str())
        .expect("UTF-8");
    let place = format!("runs that were done are kept in out/{name}: the same command goes on");
    assert!(told.contains(&place), "{told}");
    // Elsewhere it goes on from there, too.
    fs::create_dir(home.path("elsewhere")).expect("writable");
    fs::rename(&journal, home.path("elsewhere").join(name)).expect("writable");
    let output = home.complete(&MANY, "elsewhere");
    assert!(text(&output.stderr).contains("goes on after the "));
    assert_eq!(home.names("elsewhere"), [NAME]);
}

/// Changes that make it short, with a stopping rule.
const FEW: [&str; 8] = [
    RANDOM,
    "--replications",
    "9",
    "--set",
    "run.until=6s",
    "--set",
    "run.stop={ min = 3, relative_half_width = 0.4, confidence = 0.9, metrics = [\"opening.mean\"] }",
    "--quiet",
];

impl Home {
    fn shard(&self, shard: &str, out: &str) -> Output {
        self.run(&[&FEW[..], &["--shard", shard, "--out", out]].concat())
    }

    fn merge(&self, folder: &str) -> (Option<i32>, String) {
        let output = self.runner(&["merge", folder, "--quiet"]);
        (output.status.code(), text(&output.stderr))
    }
}

#[test]
fn parts_give_the_bytes_of_a_single_run_in_whatever_order_they_are_made() {
    let home = Home::new();
    home.complete(&FEW, "whole");
    let expected = tree(&home.path(&format!("whole/{NAME}")));
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for (number, order) in orders.iter().enumerate() {
        let folder = format!("parts{number}");
        for index in order {
            let output = home.shard(&format!("{index}/3"), &folder);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        }
        let output = home.runner(&["merge", &folder]);
        let told = text(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
        // What was done elsewhere was not done in the time that merging takes.
        assert!(
            told.contains(" runs put together") && !told.contains(" events/s"),
            "{told}"
        );
        assert_eq!(tree(&home.path(&format!("{folder}/{NAME}"))), expected);
    }
    let part = |folder: &str| {
        fs::read(home.path(&format!("{folder}/{NAME}.1-of-3.part"))).expect("a part")
    };
    assert_eq!(
        part("parts0"),
        part("parts5"),
        "parts are the same bytes, too"
    );
}

#[test]
fn parts_find_the_same_warm_up_as_a_single_run() {
    let home = Home::new();
    let mser5 = [&FEW[..], &["--set", "run.warmup=\"mser5\""]].concat();
    home.complete(&mser5, "whole");
    let expected = tree(&home.path(&format!("whole/{NAME}")));
    for shard in ["1/2", "0/2"] {
        let output = home.run(&[&mser5[..], &["--shard", shard, "--out", "parts"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let (code, told) = home.merge("parts");
    assert!(matches!(code, Some(0 | 1)), "{told}");
    assert_eq!(tree(&home.path(&format!("parts/{NAME}"))), expected);
    let summary = fs::read_to_string(home.path(&format!("whole/{NAME}/summary.json")));
    let summary = summary.expect("a summary");
    assert!(summary.contains("\"settled\":"), "{summary}");
    // What is measured begins there, too: it is not the result of a run without a warm-up.
    home.complete(&FEW, "cold");
    assert_ne!(tree(&home.path(&format!("cold/{NAME}"))), expected);
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let home = Home::new();
    let (first, second) = (
        format!("p/{NAME}.0-of-2.part"),
        format!("p/{NAME}.1-of-2.part"),
    );
    assert_eq!(home.merge("p").0, Some(2), "no folder");
    fs::create_dir(home.path("p")).expect("writable");
    let (code, told) = home.merge("p");
    assert!(
        code == Some(3) && told.contains("there are no parts"),
        "{told}"
    );

    assert_eq!(home.shard("0/2", "p").status.code(), Some(0));
    let (code, told) = home.merge("p");
    assert!(code == Some(3) && told.contains("missing: 1/2"), "{told}");

    assert_eq!(home.shard("1/2", "p").status.code(), Some(0));
    let good = fs::read(home.path(&second)).expect("a part");
    let again = home.run(&[&FEW[..7], &["--shard", "1/2", "--out", "p"]].concat());
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again.stderr).contains("1-of-2.part is there"));

    fs::copy(home.path(&first), home.path("p/copy.part")).expect("writable");
    let (code, told) = home.merge("p");
    assert!(
        code == Some(3) && told.contains("are the same part"),
        "{told}"
    );
    fs::remove_file(home.path("p/copy.part")).expect("writable");

    fs::write(home.path(&second), &good[..good.len() - 9]).expect("writable");
    let (code, told) = home.merge("p");
    assert!(code == Some(3) && told.contains("is damaged"), "{told}");
    assert!(told.contains("--shard 1/2 makes it again"), "{told}");
    let lines = good.split_inclusive(|byte| *byte == b'\n');
    let short: Vec<u8> = lines.take(3).flatten().copied().collect();
    fs::write(home.path(&second), short).expect("writable");
    let (code, told) = home.merge("p");
    assert!(code == Some(3) && told.contains("lacks runs"), "{told}");
    // The same command makes it again, wherever it was torn.
    for length in [good.len() - 9, good.len() / 2, 40, 0] {
        fs::write(home.path(&second), &good[..length]).expect("writable");
        let again = home.shard("1/2", "p");
        assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
        assert_eq!(fs::read(home.path(&second)).expect("a part"), good);
    }

    let other = [&FEW[..], &["--seed", "8", "--shard", "1/2", "--out", "q"]].concat();
    assert_eq!(home.run(&other).status.code(), Some(0));
    fs::copy(
        home.path(&format!("q/{NAME}.1-of-2.part")),
        home.path(&second),
    )
    .expect("writable");
    let (code, told) = home.merge("p");
    assert!(
        code == Some(3) && told.contains("is not of the experiment"),
        "{told}"
    );

    let (code, told) = {
        let output = home.shard("1/2", "p");
        (output.status.code(), text(&output.stderr))
    };
    assert!(code == Some(3) && told.contains("remove it"), "{told}");

    fs::write(home.path(&second), "something else\n").expect("writable");
    let (code, told) = home.merge("p");
    assert!(code == Some(3) && told.contains("is no part"), "{told}");
    assert!(
        !home.path(&format!("p/{NAME}")).exists(),
        "nothing was written"
    );
}

#[test]
fn a_part_is_of_one_experiment_and_needs_a_folder() {
    let home = Home::new();
    for wrong in [
        &[RANDOM, "--shard", "0/2"][..],
        &[RANDOM, "--shard", "2/2", "--out", "p"],
        &[RANDOM, RANDOM, "--shard", "0/2", "--out", "p"],
        &[RANDOM, "--shard", "0/2", "--out", "p", "--bless"],
    ] {
        assert_eq!(home.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(!home.path("p").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_whole_leaves_the_one_before() {
    let home = Home::new();
    let seed = |seed: &str, limit: &str| {
        // Files may not grow beyond so many blocks of 512 octets, as on a full disk.
        let line = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" run {RANDOM} --replications 2 --seed {seed} \
             --set run.until=6s --set load.main.stop=4s --out out --bless"
        );
        let output = Command::new("sh")
            .current_dir(home.0.path())
            .args(["-c", &line, env!("CARGO_BIN_EXE_runner")])
            .output();
        output.expect("sh(1)")
    };
    let whole = seed("1", "unlimited");
    assert!(
        matches!(whole.status.code(), Some(0 | 1)),
        "{}",
        text(&whole.stderr)
    );
    let before = tree(&home.path("out"));
    let failed = seed("2", "1");
    let told = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(
        told.contains("cannot write") && told.contains("--out DIR"),
        "{told}"
    );
    let after = tree(&home.path("out"));
    assert_eq!(
        of_results(&after),
        of_results(&before),
        "everything is as it was"
    );
    assert!(
        told.contains("what was computed could not be kept, either"),
        "{told}"
    );
}

/// What is in folders of results, without journals beside them.
#[cfg(unix)]
fn of_results(tree: &super::Tree) -> super::Tree {
    let mut kept = tree.clone();
    kept.retain(|path, _| path.starts_with(NAME));
    kept
}

/// A disk that is soon full: a tmpfs of some kilobytes.
#[cfg(target_os = "linux")]
struct SmallDisk(PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn new(home: &Home) -> SmallDisk {
        let disk = SmallDisk(home.path("disk"));
        fs::create_dir(&disk.0).expect("writable");
        disk.mount("size=200k");
        disk
    }

    fn mount(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&self.0);
        assert!(mount.status().expect("mount(8)").success(), "it takes root");
    }

    /// Runs so many replications; the exit code and what was told.
    fn run(home: &Home, replications: &str, further: &[&str]) -> (Option<i32>, String) {
        let arguments = [
            RANDOM,
            "--replications",
            replications,
            "--set",
            "run.until=6s",
            "--set",
            "load.main.stop=4s",
            "--no-progress",
            "--out",
            "disk",
        ];
        let output = home.run(&[&arguments, further].concat());
        (output.status.code(), text(&output.stderr))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|it| it.success()) || std::thread::panicking());
    }
}

/// The true thing; CI runs it.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "it mounts a small tmpfs, which takes root"]
fn a_full_disk_leaves_everything_as_it_was() {
    let home = Home::new();
    let disk = SmallDisk::new(&home);
    let (code, told) = SmallDisk::run(&home, "2", &["--bless"]);
    assert!(
        matches!(code, Some(0 | 1)) && told.contains("results written"),
        "{told}"
    );
    let before = tree(&disk.0);
    // The table of these does not fit.
    let (code, told) = SmallDisk::run(&home, "90", &["--bless"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(of_results(&tree(&disk.0)), of_results(&before));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "it mounts a small tmpfs, which takes root"]
fn a_full_disk_leaves_no_new_folder_and_with_more_room_the_same_command_makes_it() {
    let home = Home::new();
    let disk = SmallDisk::new(&home);
    let (code, told) = SmallDisk::run(&home, "90", &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert!(!disk.0.join(NAME).exists(), "{:?}", home.names("disk"));

    disk.mount("remount,size=4m");
    let (_, told) = SmallDisk::run(&home, "90", &[]);
    assert!(told.contains("results written to disk"), "{told}");
    assert_eq!(home.names("disk"), [NAME]);
    let (_, told) = SmallDisk::run(&home, "90", &[]);
    assert!(told.contains("results unchanged"), "{told}");
}
