//! Forged segments.

use runner::plan::End;
use tcp_core::Phase;

use crate::lab::{CONNECTION, mistake, run};

/// An injection into [`CONNECTION`] from the client's address.
fn inject(rest: &str) -> String {
    format!(
        "{CONNECTION}[[inject]]\nid = \"forged\"\nfrom = \"client:5555\"\nto = \"server:80\"\n{rest}"
    )
}

#[test]
fn a_reset_with_the_right_number_kills_and_a_wrong_one_draws_a_challenge() {
    // RFC 5961 section 3.2: only SEG.SEQ = RCV.NXT resets.
    let exact = run(&inject("at = \"1s\"\nflags = \"RST\"\nseq = \"j+1\"\n"));
    assert_eq!(
        exact.stays(End::Server).last(),
        Some(&(Phase::Listen, 1050)),
        "{}",
        exact.ladder()
    );
    exact.assert_values(&[("orphan_established.final", "1"), ("challenge_acks", "0")]);
    let near = run(&inject("at = \"1s\"\nflags = \"RST\"\nseq = 102\n"));
    near.assert_values(&[("open.final", "1"), ("challenge_acks", "1")]);
    // Told from the client's own, it is counted apart from what the ends send.
    near.assert_values(&[("rst_sent", "0"), ("rst_received", "1")]);
    assert!(near.ladder().contains("forged"), "{}", near.ladder());
}

#[test]
fn a_forged_syn_makes_an_entry_that_no_client_wants() {
    let lab = run(
        "[[inject]]\nid = \"syn\"\nat = \"1s\"\nfrom = \"198.18.0.7:4000\"\n\
                   to = \"server:80\"\nflags = \"SYN\"\nseq = 7\n",
    );
    // Until R2 of the SYN,ACK: past the end of the run.
    lab.assert_values(&[
        ("embryonic.stale.area", "98.95"),
        ("embryonic.opening.area", "0"),
        ("after_fault.embryonic.area", "98.95"),
    ]);
    // From the address of a host that is alive it lasts a round trip.
    let lab = run(
        "[[inject]]\nid = \"syn\"\nat = \"1s\"\nfrom = \"client:4000\"\n\
                   to = \"server:80\"\nflags = \"SYN\"\nseq = 7\n",
    );
    lab.assert_values(&[("embryonic.stale.area", "0.1"), ("rst_sent", "1")]);
}

#[test]
fn it_can_wait_for_a_state_and_come_several_times() {
    let lab = run(&inject(
        "event = \"client.state == ESTABLISHED\"\nplus = \"900ms\"\nflags = \"ACK\"\n\
         seq = \"j+100000\"\nack = \"k+1\"\ncount = 3\nspacing = \"1s\"\n",
    ));
    let at: Vec<u64> = lab
        .point()
        .trace
        .entries
        .iter()
        .filter(|entry| matches!(entry.what, runner::trace::What::Forged(..)))
        .map(|entry| entry.at.as_nanos() / 1_000_000)
        .collect();
    assert_eq!(at, [1000, 2000, 3000]);
    assert!(lab.point().pending.is_empty());
}

#[test]
fn a_number_that_nobody_has_chosen_is_never_injected_and_reported() {
    for (at, pending) in [("1s", false), ("10ms", true)] {
        // `k` exists from 50 ms on.
        let lab = run(&inject(&format!(
            "at = \"{at}\"\nflags = \"RST\"\nseq = \"k+1\"\n"
        )));
        assert_eq!(lab.point().pending == ["forged"], pending, "{at}");
    }
    let lab = run(&inject(
        "event = \"server.state == CLOSE-WAIT\"\nflags = \"RST\"\nseq = 1\n",
    ));
    assert_eq!(lab.point().pending, ["forged"]);
}

#[test]
fn text_of_nobody_counts_as_alien() {
    let lab = run(&inject(
        "at = \"1s\"\nflags = \"ACK\"\nseq = \"j+1\"\nack = \"k+1\"\npayload = 10\n",
    ));
    lab.assert_values(&[("app_duplicate_bytes", "10")]);
}

#[test]
fn bad_injections_are_told() {
    for (rest, title) in [
        (
            "flags = \"RST\"\nseq = 1\n",
            "a moment needs `event` or `at`",
        ),
        (
            "at = \"1s\"\nflags = \"ACK\"\nseq = 1\n",
            "a segment with ACK acknowledges a number",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = 1\nack = 1\n",
            "without ACK the number means nothing",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = \"x+1\"\n",
            "`x+1` is no sequence number",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = -1\n",
            "expected a sequence number from 0 to 4294967295, or a text such as \"j+1\", found \
             integer `-1`",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = 1\ncount = 0\n",
            "a segment cannot be injected 0 times",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = 1\npayload = 70000\n",
            "no segment has 70000 bytes of text",
        ),
        (
            "at = \"1s\"\nflags = \"SYN\"\nseq = 1\nlink = \"s2c\"\n",
            "link `s2c` does not lead to host `server`",
        ),
        ("flags = \"SYN\"\n", "missing key `seq`"),
    ] {
        assert_eq!(mistake(&inject(rest)), title);
    }
    let apart = "[[inject]]\nid = \"a\"\nat = \"1s\"\nfrom = \"client:1\"\nto = \"server:80\"\n\
                 flags = \"RST\"\nseq = \"j\"\n";
    assert_eq!(mistake(apart), "`j` is a number of no connection");
    let nowhere = "[[inject]]\nid = \"a\"\nat = \"1s\"\nfrom = \"client:1\"\nto = \"9.9.9.9:80\"\n\
                   flags = \"RST\"\nseq = 1\n";
    assert_eq!(mistake(nowhere), "no host has the address of 9.9.9.9:80");
}
