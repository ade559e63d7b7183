//! SEGMENT ARRIVES and the user calls, state by state, as tables (RFC 9293 section 3.10).
//!
//! A row reads: name | given | what happens | answer | state afterwards, and what the user is
//! told. Segments are written as in [`notation`](crate::notation); ISS is 300, IRS is 100, the
//! receive window 1000 octets, so RCV.NXT is 101 and the window ends before 1101 when a
//! connection opens. What does not begin with a control bit is a call of the user; its answer
//! comes before what it sends. Every table runs at five pairs of sequence numbers, among them
//! such that the SYN, the text or the window straddles 2^32.

mod close_wait;
mod closed;
mod closing;
mod established;
mod fin_wait_1;
mod fin_wait_2;
mod last_ack;
mod listen;
pub(crate) mod scene;
mod syn_received;
mod syn_sent;
mod time_wait;
mod timestamps;

use self::scene::{Origin, Scene};
use crate::notation;

/// Runs every row at every origin, and reports all that differ at once.
pub(crate) fn check(table: &str) {
    let rows: Vec<&str> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(!rows.is_empty(), "the table is empty");
    let mut wrong = Vec::new();
    for row in &rows {
        for origin in Origin::ALL {
            if let Err(difference) = run(row, origin) {
                wrong.push(difference);
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows differ:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

fn run(row: &str, origin: Origin) -> Result<(), String> {
    let columns: Vec<&str> = row.split('|').map(str::trim).collect();
    let [name, given, input, answer, after] = columns[..] else {
        return Err(format!("not five columns: {row}"));
    };
    let mut scene = Scene::given(given, origin);
    let sent = if let Ok(segment) = notation::parse(input) {
        let sent = scene.gets(&segment);
        scene.write(&sent, answer)
    } else {
        let (said, sent) = scene.calls(input);
        let sent = scene.write(&sent, answer);
        if sent.is_empty() {
            said
        } else {
            format!("{said}; {sent}")
        }
    };
    let sent = if sent.is_empty() { "silence" } else { &sent };
    let told = scene.told();
    let state = if told.is_empty() {
        scene.phase().to_string()
    } else {
        format!("{}, {told}", scene.phase())
    };
    if sent == answer && state == after {
        return Ok(());
    }
    Err(format!(
        "- {name}\n    given {given}, {input} (origins {origin:?})\n    expected {answer} | {after}\n    observed {sent} | {state}"
    ))
}
