//! FIN-WAIT-1 (RFC 9293 section 3.10.7.4): the FIN is 301, SND.UNA = 301, SND.NXT = 302, RCV.NXT =
//! 101, and the window ends before 1101.

use super::check;

/// The first four steps.
#[test]
fn sequence_rst_and_syn() {
    check(
        "
        empty, left of the window       | FIN-WAIT-1 | ACK 100 302      | ACK 302 101 | FIN-WAIT-1
        empty, at the right edge        | FIN-WAIT-1 | ACK 1101 302     | ACK 302 101 | FIN-WAIT-1
        text, all left                  | FIN-WAIT-1 | ACK 96 302 +5    | ACK 302 101 | FIN-WAIT-1
        RST, exact                      | FIN-WAIT-1 | RST 101          | silence     | CLOSED, reset
        RST in the window               | FIN-WAIT-1 | RST 102          | ACK 302 101 | FIN-WAIT-1
        RST in the window, RFC 793      | RFC 793 rules; FIN-WAIT-1 | RST 102 | silence | CLOSED, reset
        RST, outside                    | FIN-WAIT-1 | RST 1101         | silence     | FIN-WAIT-1
        the SYN,ACK again               | FIN-WAIT-1 | SYN,ACK 100 301  | ACK 302 101 | FIN-WAIT-1
        SYN in the window               | FIN-WAIT-1 | SYN 500          | ACK 302 101 | FIN-WAIT-1
        SYN in the window, RFC 793      | RFC 793 rules; FIN-WAIT-1 | SYN 500 | RST,ACK 302 101 | CLOSED, reset
        ",
    );
}

/// Fifth, check the ACK field: the ACK of the FIN leads to FIN-WAIT-2.
#[test]
fn fifth_check_ack() {
    check(
        "
        no ACK                          | FIN-WAIT-1 | - 101            | silence     | FIN-WAIT-1
        of the FIN                      | FIN-WAIT-1 | ACK 101 302      | silence     | FIN-WAIT-2
        of nothing new                  | FIN-WAIT-1 | ACK 101 301      | silence     | FIN-WAIT-1
        of what was not sent            | FIN-WAIT-1 | ACK 101 303      | ACK 302 101 | FIN-WAIT-1
        too old                         | FIN-WAIT-1 | ACK 101 -65235   | ACK 302 101 | FIN-WAIT-1
        of the text, not the FIN        | ESTABLISHED; SEND 10; CLOSE | ACK 101 311 | silence | FIN-WAIT-1, writable
        of text and FIN                 | ESTABLISHED; SEND 10; CLOSE | ACK 101 312 | silence | FIN-WAIT-2, writable
        of what is not all sent         | ESTABLISHED; got ACK 101 301 w=5; SEND 9; CLOSE; got ACK 101 301 w=9 | ACK 101 310 w=9 | FIN,ACK 310 101 | FIN-WAIT-1, writable
        the SYN was not acknowledged    | active SYN-RECEIVED; CLOSE | ACK 101 301 | silence | FIN-WAIT-1
        SYN and FIN at once             | active SYN-RECEIVED; CLOSE | ACK 101 302 | silence | FIN-WAIT-2
        ",
    );
}

/// Seventh and eighth: text and the peer's FIN.
#[test]
fn text_and_fin() {
    check(
        "
        text                            | FIN-WAIT-1 | ACK 101 301 +5   | ACK 302 106 | FIN-WAIT-1, readable
        text and ACK of the FIN         | FIN-WAIT-1 | ACK 101 302 +5   | ACK 302 106 | FIN-WAIT-2, readable
        text after a gap                | FIN-WAIT-1 | ACK 106 302 +5   | ACK 302 101 | FIN-WAIT-2
        the FINs cross                  | FIN-WAIT-1 | FIN,ACK 101 301  | ACK 302 102 | CLOSING, peer closed
        FIN and ACK of the FIN          | FIN-WAIT-1 | FIN,ACK 101 302  | ACK 302 102 | TIME-WAIT, peer closed, finished
        text, FIN, ACK of the FIN       | FIN-WAIT-1 | FIN,ACK 101 302 +5 | ACK 302 107 | TIME-WAIT, readable, peer closed
        text and crossing FIN           | FIN-WAIT-1 | FIN,ACK 101 301 +5 | ACK 302 107 | CLOSING, readable, peer closed
        FIN after a gap                 | FIN-WAIT-1 | FIN,ACK 106 302  | ACK 302 101 | FIN-WAIT-2
        text fills the gap before a FIN | FIN-WAIT-1; got FIN,ACK 106 301 | ACK 101 302 +5 | ACK 302 107 | TIME-WAIT, readable, peer closed
        text for nobody                 | ESTABLISHED; RELEASE | ACK 101 302 +5 | RST 302 | CLOSED
        FIN when nobody listens         | ESTABLISHED; RELEASE | FIN,ACK 101 302 | ACK 302 102 | TIME-WAIT
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | FIN-WAIT-1 | OPEN       | error: connection already exists | FIN-WAIT-1
        SEND                            | FIN-WAIT-1 | SEND 10    | error: connection closing | FIN-WAIT-1
        RECEIVE                         | FIN-WAIT-1 | RECEIVE 10 | ok 0 | FIN-WAIT-1
        RECEIVE                         | FIN-WAIT-1; got ACK 101 301 +5 | RECEIVE 10 | ok 5 | FIN-WAIT-1
        CLOSE                           | FIN-WAIT-1 | CLOSE      | error: connection closing | FIN-WAIT-1
        letting go                      | FIN-WAIT-1 | RELEASE    | ok | FIN-WAIT-1
        ABORT                           | FIN-WAIT-1 | ABORT      | ok; RST 302 | CLOSED, aborted
        STATUS                          | FIN-WAIT-1 | STATUS     | FIN-WAIT-1 unread 0 | FIN-WAIT-1
        ",
    );
}
