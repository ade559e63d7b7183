//! CLOSING (RFC 9293 section 3.10.7.4): both FINs are out, SND.UNA = 301, SND.NXT = 302, RCV.NXT =
//! 102, and the window ends before 1101.

use super::check;

#[test]
fn a_segment_arrives() {
    check(
        "
        the FIN again                   | CLOSING | FIN,ACK 101 301  | ACK 302 102 | CLOSING
        the FIN again, with the ACK     | CLOSING | FIN,ACK 101 302  | ACK 302 102 | CLOSING
        empty, at the right edge        | CLOSING | ACK 1101 302     | ACK 302 102 | CLOSING
        RST, exact                      | CLOSING | RST 102          | silence     | CLOSED, reset
        RST in the window               | CLOSING | RST 103          | ACK 302 102 | CLOSING
        RST in the window, RFC 793      | RFC 793 rules; CLOSING | RST 103 | silence | CLOSED, reset
        RST, outside                    | CLOSING | RST 101          | silence     | CLOSING
        SYN in the window               | CLOSING | SYN 500          | ACK 302 102 | CLOSING
        SYN in the window, RFC 793      | RFC 793 rules; CLOSING | SYN 500 | RST,ACK 302 102 | CLOSED, reset
        no ACK                          | CLOSING | - 102            | silence     | CLOSING
        ACK of the FIN                  | CLOSING | ACK 102 302      | silence     | TIME-WAIT, finished
        ACK of the FIN, with text       | CLOSING | ACK 102 302 +5   | silence     | TIME-WAIT, finished
        ACK of nothing new              | CLOSING | ACK 102 301      | silence     | CLOSING
        ACK of nothing new, with text   | CLOSING | ACK 102 301 +5   | silence     | CLOSING
        ACK of what was not sent        | CLOSING | ACK 102 303      | ACK 302 102 | CLOSING
        ACK too old                     | CLOSING | ACK 102 -65235   | ACK 302 102 | CLOSING
        ACK of text, not of the FIN     | ESTABLISHED; SEND 10; CLOSE; got FIN,ACK 101 301 | ACK 102 311 | silence | CLOSING, writable
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | CLOSING | OPEN       | error: connection already exists | CLOSING
        SEND                            | CLOSING | SEND 10    | error: connection closing | CLOSING
        RECEIVE                         | CLOSING | RECEIVE 10 | error: connection closing | CLOSING
        RECEIVE what is left            | FIN-WAIT-1; got FIN,ACK 101 301 +5 | RECEIVE 10 | ok 5 | CLOSING
        CLOSE                           | CLOSING | CLOSE      | error: connection closing | CLOSING
        letting go                      | CLOSING | RELEASE    | ok | CLOSING
        ABORT sends nothing             | CLOSING | ABORT      | ok | CLOSED, aborted
        STATUS                          | CLOSING | STATUS     | CLOSING unread 0 | CLOSING
        ",
    );
}
