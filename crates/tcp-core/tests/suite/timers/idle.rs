//! Keep-alive (RFC 9293 section 3.8.4), and connections without any timer.

use super::{OPEN, open, run};

/// Keep-alive (MAY-5) with its usual times, without text (SHLD-12) and more than once (MUST-29): a
/// dead peer is noticed after 7200 + 9 * 75 = 7875 s, and RFC 9293 sends no reset.
#[test]
fn keepalive_of_a_dead_peer() {
    open(
        "
        set keepalive 7200 75 9
        7200 > ACK 0 1
        7275 > ACK 0 1
        7350 > ACK 0 1
        7425 > ACK 0 1
        7500 > ACK 0 1
        7575 > ACK 0 1
        7650 > ACK 0 1
        7725 > ACK 0 1
        7800 > ACK 0 1
        7874.9 state ESTABLISHED
        7875 told timed out
        7875 state CLOSED
    ",
    );
}

/// An answer begins a new silence, and so does everything else that is heard (MUST-26).
#[test]
fn keepalive_of_a_live_peer() {
    open(
        "
        set keepalive 100 10 3
        40 < ACK 1 1 +5
        40 > ACK 1 6
        140 > ACK 0 6
        150 > ACK 0 6
        151 < ACK 6 1
        251 > ACK 0 6
        251 < ACK 6 1
        351 > ACK 0 6
        361 > ACK 0 6
        371 > ACK 0 6
        381 told timed out
    ",
    );
}

/// Text that waits for its ACK finds out by itself; the probes begin after it was acknowledged.
#[test]
fn keepalive_waits_for_retransmissions() {
    open(
        "
        set keepalive 100 10 3
        95 call send 10
        95 > PSH,ACK 1 1 +10
        96 > PSH,ACK 1 1 +10
        98 > PSH,ACK 1 1 +10
        101 < ACK 1 11
        200 state ESTABLISHED
        201 > ACK 10 1
        202 < ACK 1 11
        290 end
    ",
    );
}

/// Keep-alive is off by default (MUST-25): an idle connection has no timer at all.
#[test]
fn an_idle_connection_lasts() {
    for profile in ["rfc9293", "linux-6", "freebsd", "lwip"] {
        run(&format!(
            "profile {profile}\n{OPEN} 100000000 state ESTABLISHED\n 100000000 end"
        ));
    }
}

/// A connection that opened on the SYN, and of which nobody ever hears again, is found out too.
#[test]
fn keepalive_of_a_two_way_ghost() {
    run("
        profile rfc9293
        set policy two-way
        set keepalive 100 10 3
        0 call listen
        0 < SYN 0
        0 > SYN,ACK 0 1
        0 call accept
        100 > ACK 0 1
        110 > ACK 0 1
        120 > ACK 0 1
        130 told timed out
        130 state LISTEN
    ");
}
