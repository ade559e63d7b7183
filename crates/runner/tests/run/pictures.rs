//! Ladders, captures and reports: what is written, in which language, and that it is whole.

use std::fs;
use std::process::Command;

use super::{Home, S01, S02, S03, text, tree};

#[test]
fn ladders_fit_eighty_columns() {
    let home = Home::new();
    let files = [S01, S02, S03, "scenarios/stale-syn-random.toml"];
    for language in ["en", "zh"] {
        let lang = format!("output.lang={language}");
        let options = ["--quiet", "--replications", "2", "--set", &lang];
        let output = home.run(&[&files[..], &options, &["--out", language]].concat());
        assert_eq!(text(&output.stdout), "");
        let mut count = 0;
        for (name, bytes) in tree(&home.path(language)) {
            if name.ends_with("ladder.txt") {
                count += 1;
                for line in text(&bytes).lines() {
                    let columns = runner::paint::columns(line);
                    assert!(columns <= 80, "{}: {line}", name.display());
                }
            }
        }
        assert_eq!(count, 8, "two policies in each of four scenarios");
    }
}

#[test]
fn the_terminal_gets_the_language_and_the_characters_that_are_asked_for() {
    let home = Home::new();
    let page = |options: &[&str]| {
        let output = home.run(&[&[S01], options].concat());
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    };
    let chinese = page(&["--lang", "zh"]);
    for part in [
        "滞留的 SYN",
        "被 old-syn 扣留",
        "运行结束",
        "没有客户端想要却被接受",
        "对 three-way 的预期",
        "    成立  ",
        // Only line breaks between Chinese characters vanish, not the blanks of the text.
        "客户端的第一个 SYN 滞留在网络中",
    ] {
        assert!(chinese.contains(part), "{part} is not in {chinese}");
    }
    for part in ["A delayed SYN", "whole run", "connection-seconds", "held  "] {
        assert!(!chinese.contains(part), "{part} is in {chinese}");
    }
    let plain = page(&["--ascii"]);
    assert!(plain.is_ascii(), "{plain}");
    assert!(
        plain.contains("|-- SYN seq=j --. held by old-syn"),
        "{plain}"
    );
    // What is recorded has neither.
    let recorded = tree(&home.path("results"));
    let (_, ladder) = recorded
        .iter()
        .find(|(name, _)| name.ends_with("three-way/ladder.txt"))
        .expect("a ladder");
    assert!(text(ladder).contains("┄ held by old-syn"));
    let both = home.run(&[S01, "--ascii", "--lang", "zh"]);
    assert_eq!(both.status.code(), Some(2));
}

/// The report of a recorded folder is the one that the run itself would have written.
#[test]
fn a_report_can_be_had_later_and_is_the_same() {
    let home = Home::new();
    let seed = ["--seed", "7", "--replications", "3"];
    let random = "scenarios/stale-syn-random.toml";
    // With so few runs not every expectation holds, which is no matter here.
    let run = |report: &str, out: &str| {
        let report = format!("output.report={report}");
        home.run(&[&[random][..], &seed, &["--set", &report, "--out", out]].concat())
    };
    run("html", "with");
    run("off", "without");
    let report = |folder: &str| {
        Command::new(env!("CARGO_BIN_EXE_runner"))
            .current_dir(home.path("."))
            .args(["report", folder])
            .output()
            .expect("the program starts")
    };
    let folder = "without/stale-syn-random";
    let output = report(folder);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let read = |folder: &str| {
        let file = home.path(folder).join("stale-syn-random/report.html");
        fs::read_to_string(file).expect("a report")
    };
    let off = read("without").replace("output.report=off", "output.report=html");
    assert_eq!(off, read("with"));
    // The next run finds it there and has nothing to say about it.
    let output = run("off", "without");
    assert!(
        text(&output.stderr).contains("unchanged"),
        "{}",
        text(&output.stderr)
    );

    let experiment = home.path(folder).join("experiment.toml");
    let good = fs::read_to_string(&experiment).expect("recorded");
    fs::write(&experiment, format!("{good}# another\n")).expect("writable");
    for (folder, part) in [
        (folder, "is not the experiment that the results are of"),
        ("scenarios", "has no manifest.json of this program"),
        ("nowhere", "has no manifest.json of this program"),
    ] {
        let output = report(folder);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_report_stands_alone_and_is_inert() {
    let home = Home::new();
    let evil = "title=\"</script></style><img src=x onerror=alert(1)>\"";
    let options = ["--set", evil, "--set", "output.report=html", "--out", "out"];
    assert_eq!(
        home.run(&[&[S01][..], &options].concat()).status.code(),
        Some(0)
    );
    let file = home.path("out/s01-stale-syn-client-closed/report.html");
    let page = fs::read_to_string(file).expect("a report");
    assert!(page.len() < 300_000, "{} octets", page.len());
    for outside in ["http:", "https:", "<img", "<link", "@import", "url("] {
        let seen = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!seen.contains(outside), "{outside}");
    }
    for (element, count) in [
        ("<script", 1),
        ("</script", 1),
        ("<style", 1),
        ("</style", 1),
    ] {
        assert_eq!(page.matches(element).count(), count, "{element}");
    }
    // Whatever is said in one language is said in the other.
    let count = |class: &str| page.matches(&format!("class=\"{class}\"")).count();
    assert!(count("en") > 10);
    assert_eq!(count("en"), count("zh"));
}

#[test]
fn what_cannot_be_written_leaves_nothing_half_written() {
    let home = Home::new();
    let report = ["--set", "output.report=html", "--set", "output.pcapng=true"];
    let run = |out: &str| home.run(&[&[S01][..], &report, &["--out", out]].concat());
    // A file is where the folder should be.
    fs::write(home.path("taken"), "mine").expect("writable");
    let output = run("taken");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains(": taken is no folder"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        fs::read_to_string(home.path("taken")).expect("kept"),
        "mine"
    );
    // A folder is where the capture should be.
    let name = "s01-stale-syn-client-closed";
    assert_eq!(run("half").status.code(), Some(0));
    let capture = home.path("half").join(name).join("two-way/capture.pcapng");
    fs::remove_file(&capture).expect("written");
    fs::create_dir(&capture).expect("writable");
    let before = tree(&home.path("half").join(name));
    let output = run("half");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("capture.pcapng is in the way"));
    assert_eq!(tree(&home.path("half").join(name)), before);
}
