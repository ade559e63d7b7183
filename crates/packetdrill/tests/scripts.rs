//! The project's own scripts, for each state and each rule of RFC 5961: they pass, and every change
//! to them is noticed.

use packetdrill::{Action, Options, Script, Suite, Verdict, run_bytes, run_paths};
use std::path::PathBuf;

/// Scripts of RFC 9293, and of what FreeBSD does otherwise. The profile follows from the sysctls
/// that a script sets.
fn folders() -> Vec<PathBuf> {
    let tests = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    vec![tests.join("scripts"), tests.join("scripts-freebsd")]
}

/// Every script with its text.
fn scripts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in folders() {
        let entries = std::fs::read_dir(folder).expect("the scripts are part of the crate");
        files.extend(entries.map(|entry| entry.expect("readable").path()));
    }
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_name().expect("a file").to_string_lossy();
        let text = std::fs::read_to_string(file).expect("readable");
        (name.into_owned(), text)
    };
    files.iter().map(read).collect()
}

#[test]
fn every_script_passes() {
    let suite: Suite = run_paths(&folders(), &Options::default()).expect("readable");
    assert!(suite.outcomes.len() > 100);
    assert_eq!(suite.exit_code(), 0, "{}", suite.render(false));
    assert!(
        suite.closing().ends_with("passed, 0 failed"),
        "{}",
        suite.closing()
    );
}

#[test]
fn results_do_not_depend_on_the_run() {
    let run = || run_paths(&folders(), &Options::default()).expect("readable");
    assert_eq!(run(), run());
}

#[test]
fn a_segment_that_the_script_leaves_out_fails_it() {
    let mut checked = 0;
    for (name, text) in scripts() {
        let script = Script::parse(&name, text.as_bytes()).expect("own scripts parse");
        for event in &script.events {
            if !matches!(event.action, Action::Expect(_)) {
                continue;
            }
            // Something else takes its time, so that the events after it stay where they are.
            let line = script.source.slice(event.span);
            let time = line.split('>').next().expect("an outbound segment");
            let (before, after) = (&text[..event.span.start], &text[event.span.end..]);
            let changed = format!("{before}{time} %{{ pass }}%{after}");
            let outcome = run_bytes(&name, changed.as_bytes(), &Options::default());
            assert!(
                matches!(outcome.verdict, Verdict::Fail(_)),
                "{name} passes without `{line}`"
            );
            checked += 1;
        }
    }
    assert!(checked > 150, "{checked}");
}

#[test]
fn a_wrong_field_in_an_expected_segment_fails_the_script() {
    // Each replacement makes a segment that the stack does not send at that place.
    let changes = [
        ("> . ", "> P. "),
        ("> F. ", "> . "),
        ("> R ", "> R. "),
        ("> S. ", "> S "),
        ("ack 501", "ack 502"),
        ("<mss 1460>", "<mss 1459>"),
    ];
    let mut checked = 0;
    for (name, text) in scripts() {
        let script = Script::parse(&name, text.as_bytes()).expect("own scripts parse");
        for event in &script.events {
            let line = script.source.slice(event.span);
            for (from, to) in changes {
                if !matches!(event.action, Action::Expect(_)) || !line.contains(from) {
                    continue;
                }
                let changed = format!(
                    "{}{}{}",
                    &text[..event.span.start],
                    line.replace(from, to),
                    &text[event.span.end..]
                );
                let outcome = run_bytes(&name, changed.as_bytes(), &Options::default());
                assert!(
                    matches!(outcome.verdict, Verdict::Fail(_)),
                    "{name} passes with `{}`",
                    line.replace(from, to)
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn sequence_numbers_may_wrap_anywhere() {
    // The SYN itself, the text after it, and the FIN lie at the end of the space in turn.
    for isn in [u32::MAX, u32::MAX - 1, u32::MAX - 1000, u32::MAX / 2] {
        let wrapped = Options {
            isn: Some(isn),
            ..Options::default()
        };
        let suite = run_paths(&folders(), &wrapped).expect("readable");
        assert_eq!(suite.exit_code(), 0, "isn {isn}\n{}", suite.render(false));
    }
}
