//! SYN-SENT (RFC 9293 section 3.10.7.3): SND.UNA = ISS = 300, SND.NXT = 301.

use super::check;

/// First, check the ACK bit.
#[test]
fn first_check_ack() {
    check(
        "
        ACK of nothing                  | SYN-SENT | ACK 100 300         | RST 300 | SYN-SENT
        ACK of an older incarnation     | SYN-SENT | ACK 100 -9000       | RST -9000 | SYN-SENT
        ACK of what was not sent        | SYN-SENT | ACK 100 302         | RST 302 | SYN-SENT
        SYN,ACK with ACK too low        | SYN-SENT | SYN,ACK 100 300     | RST 300 | SYN-SENT
        SYN,ACK with ACK too high       | SYN-SENT | SYN,ACK 100 302     | RST 302 | SYN-SENT
        bad ACK with text               | SYN-SENT | ACK 100 302 +10     | RST 302 | SYN-SENT
        bad ACK with FIN                | SYN-SENT | FIN,ACK 100 302     | RST 302 | SYN-SENT
        bad ACK with RST                | SYN-SENT | RST,ACK 100 302     | silence | SYN-SENT
        bad ACK with RST and SYN        | SYN-SENT | SYN,RST,ACK 100 300 | silence | SYN-SENT
        ",
    );
}

/// Second, check the RST bit.
#[test]
fn second_check_rst() {
    check(
        "
        RST with acceptable ACK         | SYN-SENT | RST,ACK 0 301       | silence | CLOSED, refused
        RST, any SEG.SEQ will do        | SYN-SENT | RST,ACK 77777 301   | silence | CLOSED, refused
        RST and SYN, acceptable ACK     | SYN-SENT | SYN,RST,ACK 100 301 | silence | CLOSED, refused
        RST without ACK                 | SYN-SENT | RST 301             | silence | SYN-SENT
        RST and SYN without ACK         | SYN-SENT | SYN,RST 100         | silence | SYN-SENT
        RST with acceptable ACK, no RFC 5961 | RFC 793 rules; SYN-SENT | RST,ACK 0 301 | silence | CLOSED, refused
        ",
    );
}

/// Fourth, check the SYN bit.
#[test]
fn fourth_check_syn() {
    check(
        "
        SYN,ACK                         | SYN-SENT | SYN,ACK 100 301     | ACK 301 101 | ESTABLISHED, connected
        SYN,ACK with text               | SYN-SENT | SYN,ACK 100 301 +5  | ACK 301 106 | ESTABLISHED, connected, readable
        SYN,ACK with FIN                | SYN-SENT | SYN,FIN,ACK 100 301 | ACK 301 102 | CLOSE-WAIT, connected, peer closed
        SYN,ACK with text and FIN       | SYN-SENT | SYN,FIN,ACK 100 301 +5 | ACK 301 107 | CLOSE-WAIT, connected, readable, peer closed
        SYN,ACK with text of a window   | SYN-SENT | SYN,ACK 100 301 +1000 | ACK 301 1101 w=0 | ESTABLISHED, connected, readable
        SYN,ACK with text beyond it     | SYN-SENT | SYN,FIN,ACK 100 301 +1500 | ACK 301 1101 w=0 | ESTABLISHED, connected, readable
        SYN,ACK with URG                | SYN-SENT | SYN,URG,ACK 100 301 | ACK 301 101 | ESTABLISHED, connected
        SYN,ACK while text waits        | SYN-SENT; SEND 10 | SYN,ACK 100 301 | PSH,ACK 301 101 +10 | ESTABLISHED, connected
        SYN,ACK that shuts the window   | SYN-SENT; SEND 10 | SYN,ACK 100 301 w=0 | ACK 301 101 | ESTABLISHED, connected
        scaling agreed on, Linux        | Linux options; SYN-SENT | SYN,ACK 100 301 mss=1460 ws=7 w=1000 | ACK 301 101 w=1 | ESTABLISHED, connected
        no scaling offered, Linux       | Linux options; SYN-SENT | SYN,ACK 100 301 mss=1460 | ACK 301 101 w=1000 | ESTABLISHED, connected
        scaling not wanted              | SYN-SENT | SYN,ACK 100 301 mss=1460 ws=7 | ACK 301 101 w=1000 | ESTABLISHED, connected
        a SYN crosses                   | SYN-SENT | SYN 100             | SYN,ACK 300 101 | SYN-RECEIVED
        a SYN with text crosses         | SYN-SENT | SYN 100 +5          | SYN,ACK 300 101 | SYN-RECEIVED
        a SYN with FIN crosses          | SYN-SENT | SYN,FIN 100         | SYN,ACK 300 101 | SYN-RECEIVED
        a SYN crosses while text waits  | SYN-SENT; SEND 10 | SYN 100    | SYN,ACK 300 101 | SYN-RECEIVED
        ",
    );
}

/// Fifth, without SYN and RST the segment is dropped, an acceptable ACK notwithstanding.
#[test]
fn fifth_neither_syn_nor_rst() {
    check(
        "
        acceptable ACK                  | SYN-SENT | ACK 100 301         | silence | SYN-SENT
        acceptable ACK with text        | SYN-SENT | PSH,ACK 100 301 +10 | silence | SYN-SENT
        acceptable ACK with FIN         | SYN-SENT | FIN,ACK 100 301     | silence | SYN-SENT
        FIN, which cannot be validated  | SYN-SENT | FIN 100             | silence | SYN-SENT
        no control bit                  | SYN-SENT | - 100               | silence | SYN-SENT
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | SYN-SENT | OPEN                | error: connection already exists | SYN-SENT
        SEND waits for ESTABLISHED      | SYN-SENT | SEND 10             | ok 10 | SYN-SENT
        RECEIVE waits                   | SYN-SENT | RECEIVE 10          | ok 0  | SYN-SENT
        CLOSE deletes the TCB           | SYN-SENT | CLOSE               | ok    | CLOSED, finished
        CLOSE with text queued          | SYN-SENT; SEND 10 | CLOSE      | ok    | CLOSED, finished
        letting go                      | SYN-SENT | RELEASE             | ok    | CLOSED
        ABORT sends nothing             | SYN-SENT | ABORT               | ok    | CLOSED, aborted
        STATUS                          | SYN-SENT | STATUS              | SYN-SENT unread 0 | SYN-SENT
        ",
    );
}
