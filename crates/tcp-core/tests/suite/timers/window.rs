//! Persist timer and silly windows (RFC 9293 section 3.8.6), delayed ACKs, Nagle.

use super::{OPEN, open, run};

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
        265 > ACK 1 1 +1
        265 < ACK 1 1 w=0
        521 > ACK 1 1 +1
        521 < ACK 1 1 w=0
        600 state ESTABLISHED
        700 < ACK 1 1 w=500
        700 > PSH,ACK 1 1 +10
        700.5 < ACK 1 11 w=500
        5000 end
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
