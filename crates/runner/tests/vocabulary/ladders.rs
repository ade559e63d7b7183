//! Ladders, row by row, where several things happen together.

use runner::ladder::{Ladder, draw, svg};
use runner::language::Language;
use runner::paint::columns;

use crate::lab::{CONNECTION, Lab, run, run_text};

fn scenario(text: &str) -> Lab {
    // The policy whose ladder is looked at comes first.
    run_text(&text.replace("\"two-way\", \"three-way\"", "\"three-way\", \"two-way\""))
}

/// The line of the first row that has these words.
fn line(ladder: &str, words: &str) -> usize {
    let found = ladder.lines().position(|row| row.contains(words));
    found.unwrap_or_else(|| panic!("no row has `{words}`:\n{ladder}"))
}

#[test]
fn what_ends_without_a_segment_stands_in_the_order_of_time() {
    // The server gives up 60 s before the client's TIME-WAIT is over, and nothing is sent between.
    let lab = scenario(include_str!(
        "../../../../scenarios/s04c-stale-syn-time-wait-ack-loop.toml"
    ));
    let ladder = lab.ladder();
    let rows = [
        "52.850 s of silence",
        "gives up: no answer",
        "59.750 s of silence",
        "TIME-WAIT is over",
        "157.800 s of silence",
    ];
    let lines = rows.map(|words| line(&ladder, words));
    let first = lines[0];
    assert_eq!(lines, [0, 1, 2, 3, 4].map(|row| first + row), "{ladder}");
}

#[test]
fn segments_that_leave_and_arrive_together_are_not_drawn_as_crossing() {
    let text = "send = [{ from = \"client\", bytes = 2000 }]\n\
                [host.server]\nrcv_wnd = 1000\nmss = 500\n";
    let ladder = run(&format!("{CONNECTION}{text}")).ladder();
    // SYN, SYN,ACK, and four segments of text with their ACKs, each in one row.
    let whole = |row: &&str| row.contains("─▶│") || row.contains("│◀─");
    assert_eq!(ladder.lines().filter(whole).count(), 2 + 8, "{ladder}");
    assert!(!ladder.contains('┄'), "{ladder}");
}

#[test]
fn segments_that_cross_keep_two_rows() {
    let ladder = run(&format!(
        "{CONNECTION}server_open = \"0s\"\n[host.server]\npassive_open = []\n"
    ))
    .ladder();
    assert!(ladder.contains('┄'), "{ladder}");
}

#[test]
fn a_host_is_up_again_before_it_sends() {
    let lab = run_text(include_str!("../../../../scenarios/o05-no-quiet-time.toml"));
    let ladder = lab.ladder();
    let sent = ladder
        .lines()
        .position(|row| row.contains(" 2.000     SYN-SENT"));
    assert_eq!(sent, Some(line(&ladder, "up again") + 1), "{ladder}");
}

#[test]
fn the_copy_of_a_segment_arrives_in_a_row_of_its_own() {
    let ladder = scenario(include_str!("../../../../scenarios/h05-dup-syn.toml")).ladder();
    let row = ladder
        .lines()
        .nth(line(&ladder, "copy"))
        .unwrap_or_default();
    assert!(
        row.contains("SYN seq=j, copy") && row.ends_with("0.060"),
        "{ladder}"
    );
}

/// One connection that opens with microseconds in its times, and then is silent for long.
fn silent_until(until: &str) -> Lab {
    run_text(&format!(
        "schema = 1\nname = \"small\"\n[run]\nseed = 1\nuntil = \"{until}\"\n\
         [link.c2s]\ndelay = \"50123us\"\n[link.s2c]\ndelay = \"50ms\"\n{CONNECTION}"
    ))
}

#[test]
fn a_long_silence_fits_between_the_lines() {
    for until in ["100s", "1890s", "86400s", "9999999s", "3000000000s"] {
        let lab = silent_until(until);
        let stories = lab.stories();
        let ladder = Ladder::new(&lab.experiment.plan, &stories[0]);
        for language in Language::ALL {
            let text = draw(&ladder, language, false);
            let framed = |line: &&str| line.contains('│');
            let ends = text.lines().filter(framed).map(|line| {
                let place = |at: usize| columns(&line[..at]);
                (line.find('│').map(place), line.rfind('│').map(place))
            });
            let ends: Vec<_> = ends.collect();
            assert!(ends.len() > 4, "{text}");
            assert!(ends.iter().all(|it| it == &ends[0]), "{until}:\n{text}");
        }
    }
    let ladder = silent_until("1890s").ladder();
    assert!(
        ladder.contains("│ ⋮ 1889.8498 s of silence ⋮ │"),
        "{ladder}"
    );
}

#[test]
fn a_long_silence_stays_off_the_lines_of_a_picture() {
    let lab = silent_until("999999999s");
    let stories = lab.stories();
    let ladder = Ladder::new(&lab.experiment.plan, &stories[0]);
    let picture = svg::draw(&[ladder], "silence", Language::En);
    let texts: Vec<&str> = picture.lines().filter(|line| line.contains("⋮")).collect();
    let [text] = texts[..] else {
        panic!("one fold: {picture}");
    };
    // It ends before the server's line at 648, so that its length does not matter there.
    assert!(text.contains("end gap\" x=\"634\""), "{text}");
}
