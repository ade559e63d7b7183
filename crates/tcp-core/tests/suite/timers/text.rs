//! Retransmission of text: RFC 6298, RFC 5681, RFC 6582, RFC 5482, R1 and R2.

use super::{open, run};

/// R1 warns the user (SHLD-9, MUST-47) after three retransmissions (SHLD-10), R2 ends the
/// connection (MUST-20) 100 s after the first transmission (SHLD-11).
#[test]
fn text_without_answer() {
    open(
        "
        10 call send 10
        10 > PSH,ACK 1 1 +10
        11 > PSH,ACK 1 1 +10
        13 > PSH,ACK 1 1 +10
        17 > PSH,ACK 1 1 +10
        17 told struggling
        25 > PSH,ACK 1 1 +10
        41 > PSH,ACK 1 1 +10
        73 > PSH,ACK 1 1 +10
        109.9 state ESTABLISHED
        110 told timed out
        110 state CLOSED
    ",
    );
}

/// Every ACK of something new starts R2 anew.
#[test]
fn progress_restarts_r2() {
    open(
        "
        10 call send 20
        10 > PSH,ACK 1 1 +20
        11 > PSH,ACK 1 1 +20
        13 > PSH,ACK 1 1 +20
        14 < ACK 1 11
        15 < ACK 1 11
        18 > PSH,ACK 11 1 +10
        26 > PSH,ACK 11 1 +10
        42 > PSH,ACK 11 1 +10
        42 told struggling
        74 > PSH,ACK 11 1 +10
        113.9 state ESTABLISHED
        114 told timed out
    ",
    );
}

/// RFC 5482: text may stay unacknowledged for so long. A SYN is not meant.
#[test]
fn user_timeout() {
    open(
        "
        set user_timeout 5
        10 call send 10
        10 > PSH,ACK 1 1 +10
        11 > PSH,ACK 1 1 +10
        13 > PSH,ACK 1 1 +10
        14.9 state ESTABLISHED
        15 told timed out
    ",
    );
    run("
        profile rfc9293
        set user_timeout 5
        0 call connect
        0 > SYN 0
        1 > SYN 0
        3 > SYN 0
        7 > SYN 0
        7 told struggling
        8 state SYN-SENT
    ");
}

/// RFC 6298 section 2 (MUST-18): SRTT and RTTVAR from the handshake, then Karn: what was sent again
/// is not measured, and the doubled RTO stays until something is measured (section 5, last
/// paragraph).
#[test]
fn retransmission_timeout_is_measured() {
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        0.5 < SYN,ACK 0 1
        0.5 > ACK 1 1
        1 call send 10
        1 > PSH,ACK 1 1 +10
        2.5 > PSH,ACK 1 1 +10       # RTO = 0.5 + 4 * 0.25
        3 < ACK 1 11
        4 call send 10
        4 > PSH,ACK 11 1 +10
        7 > PSH,ACK 11 1 +10        # still 2 * 1.5
        8 < ACK 1 21
        9 call send 10
        9 > PSH,ACK 21 1 +10
        9.5 < ACK 1 31              # measured: RTTVAR = 3/4 * 0.25
        10 call send 10
        10 > PSH,ACK 31 1 +10
        11.25 > PSH,ACK 31 1 +10
        11.3 end
    ");
}

/// RFC 5681 section 3.2 and RFC 6582: the third duplicate ACK resends the first hole, a partial ACK
/// the next one, and the timer starts anew.
#[test]
fn fast_retransmit() {
    open(
        "
        set initial_window 10
        1 call send 600
        1 > ACK 1 1 +100
        1 > ACK 101 1 +100
        1 > ACK 201 1 +100
        1 > ACK 301 1 +100
        1 > ACK 401 1 +100
        1 > PSH,ACK 501 1 +100
        1.1 < ACK 1 1
        1.1 < ACK 1 1
        1.2 < ACK 1 1
        1.2 > ACK 1 1 +100
        1.3 < ACK 1 1
        1.4 < ACK 1 301
        1.4 > ACK 301 1 +100
        1.5 < ACK 1 601
        10 end
    ",
    );
}

/// What is no duplicate ACK: with text, with another window, or with nothing outstanding.
#[test]
fn no_duplicates() {
    open(
        "
        1 < ACK 1 1
        1 < ACK 1 1
        1 < ACK 1 1
        1 < ACK 1 1
        2 call send 10
        2 > PSH,ACK 1 1 +10
        2.1 < ACK 1 1 w=60000
        2.1 < ACK 1 1 w=60001
        2.1 < ACK 1 1 w=60002
        2.1 < ACK 1 1 w=60003
        2.2 end
    ",
    );
}

/// RFC 5681 section 3.1 (MUST-19): after a timeout one segment is sent, then slow start goes on.
#[test]
fn slow_start_after_a_timeout() {
    open(
        "
        1 call send 300
        1 > ACK 1 1 +100
        1 > ACK 101 1 +100
        1 > PSH,ACK 201 1 +100
        2 > ACK 1 1 +100
        2.5 < ACK 1 101
        2.5 > ACK 101 1 +100
        2.5 > PSH,ACK 201 1 +100
        3 < ACK 1 301
        10 end
    ",
    );
}
