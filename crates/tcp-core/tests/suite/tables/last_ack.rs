//! LAST-ACK (RFC 9293 section 3.10.7.4): the peer's FIN came first, SND.UNA = 301, SND.NXT = 302,
//! RCV.NXT = 102, and the window ends before 1101.

use super::check;

#[test]
fn a_segment_arrives() {
    check(
        "
        the FIN again                   | LAST-ACK | FIN,ACK 101 301  | ACK 302 102 | LAST-ACK
        empty, left of the window       | LAST-ACK | ACK 101 302      | ACK 302 102 | LAST-ACK
        empty, at the right edge        | LAST-ACK | ACK 1101 302     | ACK 302 102 | LAST-ACK
        RST, exact                      | LAST-ACK | RST 102          | silence     | CLOSED, reset
        RST in the window               | LAST-ACK | RST 103          | ACK 302 102 | LAST-ACK
        RST in the window, RFC 793      | RFC 793 rules; LAST-ACK | RST 103 | silence | CLOSED, reset
        RST, outside                    | LAST-ACK | RST 101          | silence     | LAST-ACK
        SYN in the window               | LAST-ACK | SYN 500          | ACK 302 102 | LAST-ACK
        SYN out of the window           | LAST-ACK | SYN 90           | ACK 302 102 | LAST-ACK
        SYN in the window, RFC 793      | RFC 793 rules; LAST-ACK | SYN 500 | RST,ACK 302 102 | CLOSED, reset
        no ACK                          | LAST-ACK | - 102            | silence     | LAST-ACK
        ACK of the FIN                  | LAST-ACK | ACK 102 302      | silence     | CLOSED, finished
        ACK of the FIN, future number   | LAST-ACK | ACK 103 302      | silence     | CLOSED, finished
        ACK of nothing new              | LAST-ACK | ACK 102 301      | silence     | LAST-ACK
        ACK of what was not sent        | LAST-ACK | ACK 102 303      | ACK 302 102 | LAST-ACK
        ACK too old                     | LAST-ACK | ACK 102 -65235   | ACK 302 102 | LAST-ACK
        text                            | LAST-ACK | ACK 102 301 +5   | silence     | LAST-ACK
        ACK of text, not of the FIN     | CLOSE-WAIT; SEND 10; CLOSE | ACK 102 311 | silence | LAST-ACK, writable
        ACK of text and FIN             | CLOSE-WAIT; SEND 10; CLOSE | ACK 102 312 | silence | CLOSED, writable, finished
        accepted passively, ACK of the FIN | accepted; got FIN,ACK 101 301; CLOSE | ACK 102 302 | silence | LISTEN, finished
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | LAST-ACK | OPEN       | error: connection already exists | LAST-ACK
        SEND                            | LAST-ACK | SEND 10    | error: connection closing | LAST-ACK
        RECEIVE                         | LAST-ACK | RECEIVE 10 | error: connection closing | LAST-ACK
        CLOSE                           | LAST-ACK | CLOSE      | error: connection closing | LAST-ACK
        letting go                      | LAST-ACK | RELEASE    | ok | LAST-ACK
        ABORT sends nothing             | LAST-ACK | ABORT      | ok | CLOSED, aborted
        STATUS                          | LAST-ACK | STATUS     | LAST-ACK unread 0 | LAST-ACK
        ",
    );
}
