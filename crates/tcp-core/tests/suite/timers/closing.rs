//! The timers of FIN, FIN-WAIT-2 and TIME-WAIT.

use super::{OPEN, open, run};

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
