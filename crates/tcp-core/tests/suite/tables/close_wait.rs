//! CLOSE-WAIT (RFC 9293 section 3.10.7.4): SND.UNA = SND.NXT = 301, the peer's FIN was 101, RCV.NXT =
//! 102, and the window ends before 1101.

use super::check;

/// The first five steps.
#[test]
fn sequence_rst_syn_and_ack() {
    check(
        "
        the FIN again                   | CLOSE-WAIT | FIN,ACK 101 301  | ACK 301 102 | CLOSE-WAIT
        empty, left of the window       | CLOSE-WAIT | ACK 101 301      | ACK 301 102 | CLOSE-WAIT
        empty, last of the window       | CLOSE-WAIT | ACK 1100 301     | silence     | CLOSE-WAIT
        empty, at the right edge        | CLOSE-WAIT | ACK 1101 301     | ACK 301 102 | CLOSE-WAIT
        RST, exact                      | CLOSE-WAIT | RST 102          | silence     | CLOSED, reset
        RST in the window               | CLOSE-WAIT | RST 103          | ACK 301 102 | CLOSE-WAIT
        RST in the window, RFC 793      | RFC 793 rules; CLOSE-WAIT | RST 103 | silence | CLOSED, reset
        RST, outside                    | CLOSE-WAIT | RST 101          | silence     | CLOSE-WAIT
        the SYN,ACK again               | CLOSE-WAIT | SYN,ACK 100 301  | ACK 301 102 | CLOSE-WAIT
        SYN in the window               | CLOSE-WAIT | SYN 500          | ACK 301 102 | CLOSE-WAIT
        SYN in the window, RFC 793      | RFC 793 rules; CLOSE-WAIT | SYN 500 | RST,ACK 301 102 | CLOSED, reset
        no ACK                          | CLOSE-WAIT | - 102            | silence     | CLOSE-WAIT
        ACK of nothing new              | CLOSE-WAIT | ACK 102 301      | silence     | CLOSE-WAIT
        ACK of the text                 | CLOSE-WAIT; SEND 10 | ACK 102 311 | silence | CLOSE-WAIT, writable
        ACK of what was not sent        | CLOSE-WAIT | ACK 102 302      | ACK 301 102 | CLOSE-WAIT
        ACK too old                     | CLOSE-WAIT | ACK 102 -65235   | ACK 301 102 | CLOSE-WAIT
        ",
    );
}

/// "This should not occur since a FIN has been received from the remote side. Ignore the segment
/// text." A FIN leaves the state as it is.
#[test]
fn text_and_fin() {
    check(
        "
        text                            | CLOSE-WAIT | ACK 102 301 +5   | silence     | CLOSE-WAIT
        text from before the FIN        | CLOSE-WAIT | ACK 96 301 +5    | ACK 301 102 | CLOSE-WAIT
        another FIN                     | CLOSE-WAIT | FIN,ACK 102 301  | silence     | CLOSE-WAIT
        text over the left edge         | CLOSE-WAIT | ACK 101 301 +5   | silence     | CLOSE-WAIT
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | CLOSE-WAIT | OPEN       | error: connection already exists | CLOSE-WAIT
        SEND                            | CLOSE-WAIT | SEND 10    | ok 10; PSH,ACK 301 102 +10 | CLOSE-WAIT
        RECEIVE with nothing left       | CLOSE-WAIT | RECEIVE 10 | error: connection closing | CLOSE-WAIT
        RECEIVE what is left            | ESTABLISHED; got FIN,ACK 101 301 +5 | RECEIVE 10 | ok 5 | CLOSE-WAIT
        CLOSE                           | CLOSE-WAIT | CLOSE      | ok; FIN,ACK 301 102 | LAST-ACK
        CLOSE after text                | CLOSE-WAIT; SEND 10 | CLOSE | ok; FIN,ACK 311 102 | LAST-ACK
        CLOSE behind text that waits    | CLOSE-WAIT; got ACK 102 301 w=0; SEND 10 | CLOSE | ok | LAST-ACK
        letting go                      | CLOSE-WAIT | RELEASE    | ok; FIN,ACK 301 102 | LAST-ACK
        letting go of unread text       | ESTABLISHED; got FIN,ACK 101 301 +5 | RELEASE | ok; RST 301 | CLOSED
        ABORT                           | CLOSE-WAIT | ABORT      | ok; RST 301 | CLOSED, aborted
        STATUS                          | CLOSE-WAIT | STATUS     | CLOSE-WAIT unread 0 | CLOSE-WAIT
        ",
    );
}
