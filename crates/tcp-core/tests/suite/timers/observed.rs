//! What an observer sees of queues and timers, state by state.

use super::{OPEN, open, run};

/// The SYN counts in what is unacknowledged. Linux's linear timeouts double nothing.
#[test]
fn a_syn_that_is_sent_again() {
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        0.25 sees 0 1 on 0.750 0
        1 > SYN 0
        3 > SYN 0
        3 sees 0 1 on 4.000 2 backoff 2
        6.5 sees 0 1 on 0.500 2 backoff 2
        7 > SYN 0
        15 > SYN 0
        31 > SYN 0
        63 > SYN 0
        127 > SYN 0
        127 sees 0 1 on 53.000 7 backoff 7 # to R2, at three minutes
    ");
    run("
        profile linux-6
        0 call connect
        0 > SYN 0
        1 > SYN 0
        2 > SYN 0
        3 > SYN 0
        4 > SYN 0
        4.5 sees 0 1 on 0.500 4
        5 > SYN 0
        5.5 sees 0 1 on 1.500 5 backoff 1
    ");
}

/// An entry of the SYN queue, and one in SYN-RECEIVED that has opened itself.
#[test]
fn a_syn_ack_that_is_sent_again() {
    run("
        profile linux-6
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        0.4 sees 0 0 on 0.600 0
        1 > SYN,ACK 0 1
        3 > SYN,ACK 0 1
        3.5 sees 0 0 on 3.500 2 backoff 2
    ");
    run("
        profile rfc9293
        0 call connect
        0 > SYN 0
        0.5 < SYN 0
        0.5 > SYN,ACK 0 1
        0.75 sees 0 1 on 0.750 0
        1.5 > SYN,ACK 0 1
        1.5 sees 0 1 on 2.000 1 backoff 1
    ");
}

/// Text and FIN wait for their ACK, and for the user.
#[test]
fn text_in_both_queues() {
    open(
        "
        1 sees 0 0
        1 call send 250
        1 > ACK 1 1 +100
        1 > ACK 101 1 +100
        1 > PSH,ACK 201 1 +50
        1.25 sees 0 250 on 0.750 0
        1.5 < ACK 1 201
        1.5 sees 0 50 on 1.000 0
        2 < ACK 1 201 +7
        2 > ACK 251 8
        2 sees 7 50 on 0.500 0
        2.5 > PSH,ACK 201 8 +50
        4 sees 7 50 on 0.500 1 backoff 1
        4 call receive 7
        4 call shutdown
        4 > FIN,ACK 251 8
        4 sees 0 51 on 0.500 1 backoff 1
    ",
    );
}

/// The persist timer: its probe is text, but what it waits for is the window.
#[test]
fn a_shut_window() {
    open(
        "
        1 < ACK 1 1 w=0
        10 call send 10
        10.25 sees 0 10 persist 0.750 0
        11 > ACK 1 1 +1
        11.5 sees 0 10 persist 1.500 0 backoff 1
        13 > ACK 1 1 +1
        13 sees 0 10 persist 4.000 1 backoff 2
        13 < ACK 1 1 w=0
        13 sees 0 10 persist 4.000 0 backoff 2
        14 < ACK 1 1 w=500
        14 > PSH,ACK 1 1 +10
    ",
    );
}

/// Keep-alive and its probes. While text is under way, that is what is waited for.
#[test]
fn keep_alive() {
    open(
        "
        set keepalive 100 10 3
        40 sees 0 0 keepalive 60.000 0
        100 > ACK 0 1
        105 sees 0 0 keepalive 5.000 1
        110 > ACK 0 1
        110 sees 0 0 keepalive 10.000 2
        111 < ACK 1 1
        111 call send 5
        111 > PSH,ACK 1 1 +5
        111 sees 0 5 on 1.000 0
        111 < ACK 1 6
    ",
    );
}

/// The FIN counts, too. A FIN-WAIT-2 that somebody waits for has no end, another has one, which
/// Linux shows as it shows that of TIME-WAIT.
#[test]
fn the_end() {
    let closing = "
        1 call shutdown
        1 > FIN,ACK 1 1
        1.25 sees 0 1 on 0.750 0
        1.5 < ACK 1 2
        2 sees 0 0
    ";
    open(closing);
    run(&format!(
        "profile linux-6\n set timestamps 0\n{OPEN}
        1 call close
        1 > FIN,ACK 1 1
        1.1 < ACK 1 2
        11.1 sees 0 0 timewait 50.000 0
        12 < FIN,ACK 1 2
        12 > ACK 2 2
        42 sees 0 0 timewait 30.000 0
        72 state CLOSED
    "
    ));
    open(&format!(
        "{closing}
        3 < FIN,ACK 1 2 +5
        3 > ACK 2 7
        4 sees 5 0 timewait 239.000 0 # unread text: no table entry yet
        5 call receive 5
        5 sees 0 0 timewait 238.000 0
    "
    ));
}
