//! FIN-WAIT-2 (RFC 9293 section 3.10.7.4): SND.UNA = SND.NXT = 302, RCV.NXT = 101, and the window ends
//! before 1101.

use super::check;

/// The first five steps.
#[test]
fn sequence_rst_syn_and_ack() {
    check(
        "
        empty, left of the window       | FIN-WAIT-2 | ACK 100 302      | ACK 302 101 | FIN-WAIT-2
        empty, at the right edge        | FIN-WAIT-2 | ACK 1101 302     | ACK 302 101 | FIN-WAIT-2
        text, all left                  | FIN-WAIT-2 | ACK 96 302 +5    | ACK 302 101 | FIN-WAIT-2
        RST, exact                      | FIN-WAIT-2 | RST 101          | silence     | CLOSED, reset
        RST in the window               | FIN-WAIT-2 | RST 102          | ACK 302 101 | FIN-WAIT-2
        RST in the window, RFC 793      | RFC 793 rules; FIN-WAIT-2 | RST 102 | silence | CLOSED, reset
        RST, outside                    | FIN-WAIT-2 | RST 100          | silence     | FIN-WAIT-2
        the SYN,ACK again               | FIN-WAIT-2 | SYN,ACK 100 301  | ACK 302 101 | FIN-WAIT-2
        SYN in the window               | FIN-WAIT-2 | SYN 500          | ACK 302 101 | FIN-WAIT-2
        SYN in the window, RFC 793      | RFC 793 rules; FIN-WAIT-2 | SYN 500 | RST,ACK 302 101 | CLOSED, reset
        no ACK                          | FIN-WAIT-2 | PSH 101 +5       | silence     | FIN-WAIT-2
        ACK of nothing new              | FIN-WAIT-2 | ACK 101 302      | silence     | FIN-WAIT-2
        ACK of what was not sent        | FIN-WAIT-2 | ACK 101 303      | ACK 302 101 | FIN-WAIT-2
        ACK of that, with FIN           | FIN-WAIT-2 | FIN,ACK 101 303  | ACK 302 101 | FIN-WAIT-2
        ACK too old                     | FIN-WAIT-2 | ACK 101 -65234   | ACK 302 101 | FIN-WAIT-2
        old ACK with text               | FIN-WAIT-2 | ACK 101 301 +5   | ACK 302 106 | FIN-WAIT-2, readable
        ",
    );
}

/// Seventh and eighth: text and the peer's FIN.
#[test]
fn text_and_fin() {
    check(
        "
        text                            | FIN-WAIT-2 | ACK 101 302 +5   | ACK 302 106 | FIN-WAIT-2, readable
        text after a gap                | FIN-WAIT-2 | ACK 106 302 +5   | ACK 302 101 | FIN-WAIT-2
        FIN                             | FIN-WAIT-2 | FIN,ACK 101 302  | ACK 302 102 | TIME-WAIT, peer closed, finished
        text and FIN                    | FIN-WAIT-2 | FIN,ACK 101 302 +5 | ACK 302 107 | TIME-WAIT, readable, peer closed
        FIN after a gap                 | FIN-WAIT-2 | FIN,ACK 106 302  | ACK 302 101 | FIN-WAIT-2
        text fills the gap before a FIN | FIN-WAIT-2; got FIN,ACK 106 302 | ACK 101 302 +5 | ACK 302 107 | TIME-WAIT, readable, peer closed
        text for nobody                 | FIN-WAIT-2; RELEASE | ACK 101 302 +5 | RST 302 | CLOSED
        old text when nobody listens    | FIN-WAIT-2; RELEASE | ACK 96 302 +5  | ACK 302 101 | FIN-WAIT-2
        FIN when nobody listens         | FIN-WAIT-2; RELEASE | FIN,ACK 101 302 | ACK 302 102 | TIME-WAIT
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | FIN-WAIT-2 | OPEN       | error: connection already exists | FIN-WAIT-2
        SEND                            | FIN-WAIT-2 | SEND 10    | error: connection closing | FIN-WAIT-2
        RECEIVE nothing                 | FIN-WAIT-2 | RECEIVE 10 | ok 0 | FIN-WAIT-2
        RECEIVE                         | FIN-WAIT-2; got ACK 101 302 +5 | RECEIVE 10 | ok 5 | FIN-WAIT-2
        RECEIVE opens a shut window     | FIN-WAIT-2; got ACK 101 302 +1000 | RECEIVE 1000 | ok 1000; ACK 302 1101 w=1000 | FIN-WAIT-2
        CLOSE                           | FIN-WAIT-2 | CLOSE      | error: connection closing | FIN-WAIT-2
        letting go                      | FIN-WAIT-2 | RELEASE    | ok | FIN-WAIT-2
        letting go of unread text       | FIN-WAIT-2; got ACK 101 302 +5 | RELEASE | ok; RST 302 | CLOSED
        ABORT                           | FIN-WAIT-2 | ABORT      | ok; RST 302 | CLOSED, aborted
        STATUS                          | FIN-WAIT-2 | STATUS     | FIN-WAIT-2 unread 0 | FIN-WAIT-2
        ",
    );
}
