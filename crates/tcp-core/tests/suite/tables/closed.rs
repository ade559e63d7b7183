//! CLOSED: there is no TCB (RFC 9293 sections 3.10.1 to 3.10.6 and 3.10.7.1).

use super::check;

/// "All data in the incoming segment is discarded. An incoming segment containing a RST is
/// discarded. An incoming segment not containing a RST causes a RST to be sent in response."
#[test]
fn a_segment_arrives() {
    check(
        "
        SYN                         | CLOSED | SYN 100              | RST,ACK 0 101 | CLOSED
        SYN with text               | CLOSED | SYN 100 +10          | RST,ACK 0 111 | CLOSED
        SYN with FIN                | CLOSED | SYN,FIN 100          | RST,ACK 0 102 | CLOSED
        SYN with FIN and text       | CLOSED | SYN,FIN 100 +10      | RST,ACK 0 112 | CLOSED
        FIN without ACK             | CLOSED | FIN 100              | RST,ACK 0 101 | CLOSED
        text without ACK            | CLOSED | PSH 100 +10          | RST,ACK 0 110 | CLOSED
        no control bit at all       | CLOSED | - 100                | RST,ACK 0 100 | CLOSED
        SYN,ACK                     | CLOSED | SYN,ACK 100 700      | RST 700       | CLOSED
        ACK                         | CLOSED | ACK 100 700          | RST 700       | CLOSED
        ACK with text               | CLOSED | PSH,ACK 100 700 +10  | RST 700       | CLOSED
        FIN,ACK                     | CLOSED | FIN,ACK 100 700      | RST 700       | CLOSED
        every bit but RST           | CLOSED | SYN,FIN,PSH,URG,ACK 100 700 | RST 700 | CLOSED
        RST                         | CLOSED | RST 100              | silence       | CLOSED
        RST,ACK                     | CLOSED | RST,ACK 100 700      | silence       | CLOSED
        SYN with RST                | CLOSED | SYN,RST 100          | silence       | CLOSED
        RST with text               | CLOSED | RST 100 +10          | silence       | CLOSED
        ",
    );
}

/// OPEN makes a TCB; every other call answers "connection does not exist". ABORT and RELEASE of
/// what is gone do nothing, so that a program may always let go.
#[test]
fn a_user_calls() {
    check(
        "
        active OPEN                 | CLOSED             | OPEN       | ok; SYN 300 w=1000 mss=1460 | SYN-SENT
        passive OPEN                | CLOSED             | listen     | ok                          | LISTEN
        SEND                        | ESTABLISHED; ABORT | SEND 10    | error: connection does not exist | CLOSED
        RECEIVE                     | ESTABLISHED; ABORT | RECEIVE 10 | error: connection does not exist | CLOSED
        CLOSE                       | ESTABLISHED; ABORT | CLOSE      | error: connection does not exist | CLOSED
        ABORT                       | ESTABLISHED; ABORT | ABORT      | ok                          | CLOSED
        letting go                  | ESTABLISHED; ABORT | RELEASE    | ok                          | CLOSED
        STATUS                      | ESTABLISHED; ABORT | STATUS     | no connection               | CLOSED
        OPEN again after an abort   | ESTABLISHED; ABORT | OPEN       | ok; SYN 300                 | SYN-SENT
        ",
    );
}
