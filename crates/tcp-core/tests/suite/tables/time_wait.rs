//! TIME-WAIT (RFC 9293 section 3.10.7.4): SND.NXT = 302, the peer's FIN was 101, RCV.NXT = 102, and the
//! window ends before 1101.

use super::check;

/// "The only thing that can arrive in this state is a retransmission of the remote FIN.
/// Acknowledge it, and restart the 2 MSL timeout." How long it lasts is tested with the timers.
#[test]
fn a_segment_arrives() {
    check(
        "
        the FIN again                   | TIME-WAIT | FIN,ACK 101 302  | ACK 302 102 | TIME-WAIT
        the FIN again, with its text    | TIME-WAIT | FIN,ACK 96 302 +5 | ACK 302 102 | TIME-WAIT
        text from before the FIN        | TIME-WAIT | ACK 96 302 +5    | ACK 302 102 | TIME-WAIT
        empty, left of the window       | TIME-WAIT | ACK 101 302      | ACK 302 102 | TIME-WAIT
        empty, at RCV.NXT               | TIME-WAIT | ACK 102 302      | silence     | TIME-WAIT
        empty, at the right edge        | TIME-WAIT | ACK 1101 302     | ACK 302 102 | TIME-WAIT
        text that cannot be             | TIME-WAIT | ACK 102 302 +5   | ACK 302 102 | TIME-WAIT
        a FIN that cannot be            | TIME-WAIT | FIN,ACK 102 302  | ACK 302 102 | TIME-WAIT
        no ACK                          | TIME-WAIT | - 102            | silence     | TIME-WAIT
        ACK of what was not sent        | TIME-WAIT | ACK 102 303      | ACK 302 102 | TIME-WAIT
        RST, exact                      | TIME-WAIT | RST 102          | silence     | CLOSED
        RST, exact, RFC 1337            | RFC 1337; TIME-WAIT | RST 102 | silence    | TIME-WAIT
        RST in the window               | TIME-WAIT | RST 103          | ACK 302 102 | TIME-WAIT
        RST in the window, RFC 793      | RFC 793 rules; TIME-WAIT | RST 103 | silence | CLOSED
        RST, outside                    | TIME-WAIT | RST 101          | silence     | TIME-WAIT
        an old SYN                      | TIME-WAIT | SYN 90           | ACK 302 102 | TIME-WAIT
        a new SYN, nobody listens       | TIME-WAIT | SYN 5000         | ACK 302 102 | TIME-WAIT
        SYN in the window, RFC 793      | RFC 793 rules; TIME-WAIT | SYN 500 | RST,ACK 302 102 | CLOSED
        ",
    );
}

/// Section 3.6.1 MAY-2: a SYN beyond the old sequence space may reopen the connection.
#[test]
fn reopening() {
    check(
        "
        a new SYN                       | TIME-WAIT; listen | SYN 103      | SYN,ACK 300 104 | SYN-RECEIVED
        a new SYN far off               | TIME-WAIT; listen | SYN 1000000  | SYN,ACK 300 1000001 | SYN-RECEIVED
        the old SYN                     | TIME-WAIT; listen | SYN 100      | ACK 302 102 | TIME-WAIT
        the number of the FIN           | TIME-WAIT; listen | SYN 101      | ACK 302 102 | TIME-WAIT
        a new SYN, not allowed          | no reuse; TIME-WAIT; listen | SYN 103 | ACK 302 102 | TIME-WAIT
        a new SYN with an ACK           | TIME-WAIT; listen | SYN,ACK 103 302 | ACK 302 102 | TIME-WAIT
        a new SYN with a RST            | TIME-WAIT; listen | SYN,RST 103  | ACK 302 102 | TIME-WAIT
        the FIN again                   | TIME-WAIT; listen | FIN,ACK 101 302 | ACK 302 102 | TIME-WAIT
        ",
    );
}

/// For its user the connection is over, unless text is left to be received.
#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | TIME-WAIT | OPEN       | error: connection already exists | TIME-WAIT
        SEND                            | TIME-WAIT | SEND 10    | error: connection does not exist | TIME-WAIT
        CLOSE                           | TIME-WAIT | CLOSE      | error: connection does not exist | TIME-WAIT
        ABORT                           | TIME-WAIT | ABORT      | ok | TIME-WAIT
        STATUS                          | TIME-WAIT | STATUS     | no connection | TIME-WAIT
        RECEIVE what is left            | FIN-WAIT-2; got FIN,ACK 101 302 +5 | RECEIVE 10 | ok 5 | TIME-WAIT, finished
        RECEIVE a part of it            | FIN-WAIT-2; got FIN,ACK 101 302 +5 | RECEIVE 3  | ok 3 | TIME-WAIT
        SEND with text unread           | FIN-WAIT-2; got FIN,ACK 101 302 +5 | SEND 10    | error: connection closing | TIME-WAIT
        CLOSE with text unread          | FIN-WAIT-2; got FIN,ACK 101 302 +5 | CLOSE      | error: connection closing | TIME-WAIT
        STATUS with text unread         | FIN-WAIT-2; got FIN,ACK 101 302 +5 | STATUS     | TIME-WAIT unread 5 | TIME-WAIT
        letting go of unread text       | FIN-WAIT-2; got FIN,ACK 101 302 +5 | RELEASE    | ok | TIME-WAIT
        ABORT with text unread          | FIN-WAIT-2; got FIN,ACK 101 302 +5 | ABORT      | ok | CLOSED, aborted
        the FIN again with text unread  | FIN-WAIT-2; got FIN,ACK 101 302 +5 | FIN,ACK 106 302 | ACK 302 107 | TIME-WAIT
        ",
    );
}
