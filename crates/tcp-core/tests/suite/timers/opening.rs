//! The timers of SYN-SENT and SYN-RECEIVED, and what a lost SYN leaves behind.

use super::run;

/// RFC 6298 rules 2.1 and 5.5; R1 and R2 as for text (RFC 9293 MUST-22), R2 being at least three
/// minutes (MUST-23).
#[test]
fn a_syn_without_answer() {
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        1 > SYN 0
        3 > SYN 0
        7 > SYN 0
        7 told struggling
        15 > SYN 0
        31 > SYN 0
        63 > SYN 0
        127 > SYN 0
        179.9 state SYN-SENT
        180 told timed out
        180 state CLOSED
    ");
}

/// FreeBSD begins with four linear timeouts and keeps trying for 75 s.
#[test]
fn a_syn_without_answer_freebsd() {
    run("
        profile freebsd
        0 call connect
        0 > SYN 0
        1 > SYN 0
        2 > SYN 0
        3 > SYN 0
        3 told struggling
        4 > SYN 0
        5 > SYN 0
        7 > SYN 0
        11 > SYN 0
        19 > SYN 0
        35 > SYN 0
        67 > SYN 0
        75 told timed out
        75 state CLOSED
    ");
}

/// The entry of the SYN queue goes at R2; nobody is told.
#[test]
fn a_syn_ack_without_answer() {
    run("
        profile rfc9293
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        1 > SYN,ACK 0 1
        3 > SYN,ACK 0 1
        7 > SYN,ACK 0 1
        15 > SYN,ACK 0 1
        31 > SYN,ACK 0 1
        63 > SYN,ACK 0 1
        127 > SYN,ACK 0 1
        179.9 state SYN-RECEIVED
        180 state LISTEN
        1000 end
    ");
    run("
        profile freebsd
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        1 > SYN,ACK 0 1
        3 > SYN,ACK 0 1
        7 > SYN,ACK 0 1
        14.9 state SYN-RECEIVED
        15 state LISTEN
    ");
    run("
        profile lwip
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        3 > SYN,ACK 0 1
        9 > SYN,ACK 0 1
        19.9 state SYN-RECEIVED
        20 state LISTEN
    ");
}

/// Crossed SYNs: the SYN,ACK has a schedule of its own.
#[test]
fn a_crossed_syn_ack_without_answer() {
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        0.5 < SYN 0
        0.5 > SYN,ACK 0 1
        1.5 > SYN,ACK 0 1
        3.5 > SYN,ACK 0 1
        7.5 > SYN,ACK 0 1
        7.5 told struggling
        15.5 > SYN,ACK 0 1
        31.5 > SYN,ACK 0 1
        63.5 > SYN,ACK 0 1
        127.5 > SYN,ACK 0 1
        180.5 told timed out
    ");
}

/// RFC 6298 rule 5.7 and RFC 5681 section 3.1: after a lost SYN or SYN,ACK the timeout is 3 s and one
/// segment is sent.
#[test]
fn after_a_lost_syn() {
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        1 > SYN 0
        1.5 < SYN,ACK 0 1 mss=100
        1.5 > ACK 1 1
        2 call send 300
        2 > ACK 1 1 +100
        5 > ACK 1 1 +100
        5.1 end
    ");
    run("
        profile rfc9293
        0 call listen
        0 < SYN 0 mss=100
        0 > SYN,ACK 0 1
        1 > SYN,ACK 0 1
        1.5 < ACK 1 1
        1.5 call accept
        2 call send 300
        2 > ACK 1 1 +100
        5 > ACK 1 1 +100
        5.1 end
    ");
}

/// The passive end measures its SYN,ACK, unless it was repeated.
#[test]
fn the_passive_end_measures_too() {
    run("
        profile rfc9293
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        0.5 < ACK 1 1
        0.5 call accept
        1 call send 10
        1 > PSH,ACK 1 1 +10
        2.5 > PSH,ACK 1 1 +10
        2.6 end
    ");
    run("
        profile linux-6
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        0.1 < SYN 0
        0.1 > SYN,ACK 0 1
        0.2 < ACK 1 1
        0.2 call accept
        1 call send 10
        1 > PSH,ACK 1 1 +10
        2 > PSH,ACK 1 1 +10
        2.1 end
    ");
}
