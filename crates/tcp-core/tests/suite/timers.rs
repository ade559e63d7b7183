//! Timers: what is sent again when, and when an end gives up. Times are exact to a millisecond.

use crate::script::replay;

/// Runs a script with the initial sequence numbers in the middle and at the end of their space.
fn run(script: &str) {
    for origin in [1000, u32::MAX, u32::MAX - 5] {
        if let Err(difference) = replay(script, origin) {
            panic!("ISS {origin}: {difference}");
        }
    }
}

/// An open connection of the profile rfc9293, measured without delay: RTO is the minimum, 1 s.
const OPEN: &str = "
    0 call connect
    0 > SYN 0
    0 < SYN,ACK 0 1 mss=100
    0 > ACK 1 1
";

fn open(script: &str) {
    run(&format!("profile rfc9293\n{OPEN}{script}"));
}

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

/// A FIN is repeated like text, in FIN-WAIT-1, CLOSING and LAST-ACK.
#[test]
fn a_fin_without_answer() {
    open(
        "
        10 call shutdown
        10 > FIN,ACK 1 1
        11 > FIN,ACK 1 1
        12 < FIN,ACK 1 1
        12 > ACK 2 2
        12 state CLOSING
        13 > FIN,ACK 1 2
        17 > FIN,ACK 1 2
        17 told struggling
        25 > FIN,ACK 1 2
        41 > FIN,ACK 1 2
        73 > FIN,ACK 1 2
        110 told timed out
    ",
    );
    open(
        "
        10 < FIN,ACK 1 1
        10 > ACK 1 2
        11 call shutdown
        11 > FIN,ACK 1 2
        12 > FIN,ACK 1 2
        14 > FIN,ACK 1 2
        18 > FIN,ACK 1 2
        18 told struggling
        18 state LAST-ACK
        18.5 < ACK 2 2
        18.5 told finished
        18.5 state CLOSED
        300 end
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

/// RFC 6298 rule 5.7 and RFC 5681 section 3.1: after a lost SYN or SYN,ACK the timeout is 3 s and
/// one segment is sent.
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

/// RFC 9293 has no limit for FIN-WAIT-2; Linux has one for connections that nobody holds.
#[test]
fn fin_wait_2() {
    open(
        "
        1 call close
        1 > FIN,ACK 1 1
        1 < ACK 1 2
        100000 state FIN-WAIT-2
    ",
    );
    run(&format!(
        "{OPEN}
        1 call shutdown
        1 > FIN,ACK 1 1
        1 < ACK 1 2
        1000 state FIN-WAIT-2
        1001 call close
        1060.9 state FIN-WAIT-2
        1061 state CLOSED
    "
    ));
}

/// 2 MSL = 240 s (MUST-13); only the peer's FIN starts them anew.
#[test]
fn time_wait_rfc9293() {
    let closed = "
        1 call shutdown
        1 > FIN,ACK 1 1
        1 < FIN,ACK 1 2
        1 > ACK 2 2
        1 told finished
    ";
    open(&format!(
        "{closed}
        240.9 state TIME-WAIT
        241 state CLOSED
    "
    ));
    open(&format!(
        "{closed}
        100 < FIN,ACK 1 2
        100 > ACK 2 2
        200 < ACK 2 2                 # nothing new
        250 < ACK 1 2                 # old
        250 > ACK 2 2
        255 < FIN,ACK 500 2           # a FIN, but not the peer's
        255 > ACK 2 2
        260 < SYN 0                   # the old SYN
        260 > ACK 2 2
        270 < RST 3
        270 > ACK 2 2
        339.9 state TIME-WAIT
        340 state CLOSED
    "
    ));
}

/// Linux: every segment with ACK starts it anew, a bare SYN does not.
#[test]
fn time_wait_linux() {
    run(&format!(
        "{OPEN}
        1 call shutdown
        1 > FIN,ACK 1 1
        1 < FIN,ACK 1 2
        1 > ACK 2 2
        1 told finished
        20 < ACK 2 2
        30 < ACK 1 2
        30 > ACK 2 2
        40 < SYN 0
        40 > ACK 2 2
        89.9 state TIME-WAIT
        90 state CLOSED
    "
    ));
}

/// RFC 1337: a RST does not end TIME-WAIT early if that is asked for.
#[test]
fn time_wait_and_rst() {
    for (rfc1337, state) in [(0, "CLOSED"), (1, "TIME-WAIT")] {
        open(&format!(
            "
            set rfc1337 {rfc1337}
            1 call shutdown
            1 > FIN,ACK 1 1
            1 < FIN,ACK 1 2
            1 > ACK 2 2
            1 told finished
            50 < RST 2
            50 state {state}
            240.9 state {state}
            241 state CLOSED
        "
        ));
    }
}

/// A TIME-WAIT of no length is skipped.
#[test]
fn time_wait_of_no_length() {
    open(
        "
        set time_wait 0
        1 call shutdown
        1 > FIN,ACK 1 1
        1 < FIN,ACK 1 2
        1 > ACK 2 2
        1 told finished
        1 state CLOSED
        1 < FIN,ACK 1 2
        1 > RST 2
    ",
    );
}

/// RFC 9293 section 3.8.6.1: a shut window is probed (MUST-36), first after one RTO, then ever more
/// rarely (SHLD-29, SHLD-30);
/// R2 counts only while the peer is silent (MUST-37, SHLD-17).
#[test]
fn zero_window_probes() {
    open(
        "
        1 < ACK 1 1 w=0
        10 call send 10
        11 > ACK 1 1 +1
        11 < ACK 1 1 w=0
        13 > ACK 1 1 +1
        13 < ACK 1 1 w=0
        17 > ACK 1 1 +1
        17 < ACK 1 1 w=0
        25 > ACK 1 1 +1
        25 < ACK 1 1 w=0
        41 > ACK 1 1 +1
        41 < ACK 1 1 w=0
        73 > ACK 1 1 +1
        73 < ACK 1 1 w=0
        137 > ACK 1 1 +1
        137 < ACK 1 1 w=0
        150 < ACK 1 1 w=500
        150 > PSH,ACK 1 1 +10
        150 < ACK 1 11 w=500
        1000 end
    ",
    );
    open(
        "
        1 < ACK 1 1 w=0
        10 call send 10
        11 > ACK 1 1 +1
        13 > ACK 1 1 +1
        17 > ACK 1 1 +1
        25 > ACK 1 1 +1
        41 > ACK 1 1 +1
        73 > ACK 1 1 +1
        111 told timed out
    ",
    );
}

/// R2 counts from the first probe, however long the connection was idle before it.
#[test]
fn zero_window_after_a_long_silence() {
    open(
        "
        1 < ACK 1 1 w=0
        1000 call send 10
        1001 > ACK 1 1 +1
        1003 > ACK 1 1 +1
        1007 > ACK 1 1 +1
        1015 > ACK 1 1 +1
        1031 > ACK 1 1 +1
        1063 > ACK 1 1 +1
        1100.9 state ESTABLISHED
        1101 told timed out
    ",
    );
}

/// RFC 9293 section 3.8.6.2.1: a window too small to be worth a segment is used after a while, or a
/// lost window update would stop both ends for ever.
#[test]
fn a_small_window_is_used_after_a_while() {
    open(
        "
        1 < ACK 1 1 w=10
        10 call send 50
        11 > ACK 1 1 +10
        11.1 < ACK 1 11 w=0
        12.1 > ACK 11 1 +1
        12.2 < ACK 1 12 w=500
        12.2 > PSH,ACK 12 1 +39
    ",
    );
}

/// A peer that answers every probe may keep its window shut for ever, also where retries are
/// counted.
#[test]
fn zero_window_of_a_live_peer_outlasts_the_retries() {
    run(&format!(
        "set data_retries 3
        {OPEN}
        1 < ACK 1 1 w=0
        10 call send 10
        10.2 > ACK 1 1 +1
        10.2 < ACK 1 1 w=0
        10.6 > ACK 1 1 +1
        10.6 < ACK 1 1 w=0
        11.4 > ACK 1 1 +1
        11.4 < ACK 1 1 w=0
        13 > ACK 1 1 +1
        13 < ACK 1 1 w=0
        16.2 > ACK 1 1 +1
        16.2 < ACK 1 1 w=0
        22.6 > ACK 1 1 +1
        22.6 < ACK 1 1 w=0
        30 state ESTABLISHED
    "
    ));
}

/// A probe whose octet was taken is followed by one with the next octet; a FIN is probed for too.
#[test]
fn zero_window_probes_that_are_taken() {
    open(
        "
        1 < ACK 1 1 w=0
        10 call send 2
        10 call shutdown
        11 > ACK 1 1 +1
        11 < ACK 1 2 w=0
        12 > PSH,ACK 2 1 +1
        12 < ACK 1 3 w=0
        13 > FIN,ACK 3 1
        13 < ACK 1 4 w=0
        13 state FIN-WAIT-2
        1000 end
    ",
    );
}

/// RFC 9293 section 3.8.6.3: an ACK may wait for company (SHLD-18), but every second segment
/// (SHLD-19), text out of order and a FIN are acknowledged at once.
#[test]
fn delayed_acknowledgments() {
    open(
        "
        set delayed_ack_ms 200
        1 < ACK 1 1 +10
        1.2 > ACK 1 11
        2 < ACK 11 1 +10
        2.1 < ACK 21 1 +10
        2.1 > ACK 1 31
        3 < ACK 31 1 +10
        3.1 call send 5
        3.1 > PSH,ACK 1 41 +5
        3.1 < ACK 41 6
        4 < ACK 51 6 +10
        4 > ACK 6 41
        5 < ACK 41 6 +10
        5 > ACK 6 61
        6 < FIN,ACK 61 6
        6 > ACK 6 62
        7 end
    ",
    );
}

/// Nagle (SHLD-7): a small segment waits while anything is unacknowledged; a full one does not.
#[test]
fn nagle() {
    open(
        "
        set nagle 1
        1 call send 10
        1 > PSH,ACK 1 1 +10
        1.1 call send 10
        1.2 call send 10
        1.5 < ACK 1 11
        1.5 > PSH,ACK 11 1 +20
        1.6 call send 95
        1.7 call send 10
        1.7 > ACK 31 1 +100
        1.8 < ACK 1 131
        1.8 > PSH,ACK 131 1 +5
        1.9 < ACK 1 136
        2 call send 10
        2 > PSH,ACK 136 1 +10
        2.1 call shutdown
        2.1 > FIN,ACK 146 1
        2.2 < ACK 1 147
        3 end
    ",
    );
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

/// RFC 9293 section 3.8.6.2: the window opens by whole segments or half the buffer, never by crumbs
/// (MUST-39), and its right edge never moves left (SHLD-14).
#[test]
fn the_window_opens_by_segments() {
    open(
        "
        set receive_buffer 1000
        1 < ACK 1 1 +1000
        1 > ACK 1 1001 w=0
        2 call receive 50
        3 call receive 49
        4 call receive 1
        4 > ACK 1 1001 w=100
        5 call receive 900
        6 < ACK 1001 1 +10
        6 > ACK 1 1011 w=990
    ",
    );
}
