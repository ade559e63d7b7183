//! SYN-RECEIVED (RFC 9293 section 3.10.7.4), from LISTEN and from SYN-SENT: SND.UNA = ISS = 300,
//! SND.NXT = 301, RCV.NXT = 101, and the window ends before 1101.

use super::check;

/// First, check the sequence number.
#[test]
fn first_check_sequence() {
    check(
        "
        empty, left of the window       | passive SYN-RECEIVED | ACK 100 301      | ACK 301 101     | SYN-RECEIVED
        empty, at the right edge        | passive SYN-RECEIVED | ACK 1101 301     | ACK 301 101     | SYN-RECEIVED
        empty, last of the window       | passive SYN-RECEIVED | ACK 1100 301     | silence         | ESTABLISHED, acceptable
        text, all left                  | passive SYN-RECEIVED | ACK 96 301 +5    | ACK 301 101     | SYN-RECEIVED
        text, all right                 | passive SYN-RECEIVED | ACK 1101 301 +5  | ACK 301 101     | SYN-RECEIVED
        RST, left of the window         | passive SYN-RECEIVED | RST 100          | silence         | SYN-RECEIVED
        RST, at the right edge          | passive SYN-RECEIVED | RST 1101         | silence         | SYN-RECEIVED
        the SYN again                   | passive SYN-RECEIVED | SYN 100          | ACK 301 101     | SYN-RECEIVED
        the SYN again, Linux            | Linux; passive SYN-RECEIVED | SYN 100   | SYN,ACK 300 101 | SYN-RECEIVED
        the SYN again, with text        | passive SYN-RECEIVED | SYN 100 +10      | ACK 301 101     | SYN-RECEIVED
        the same, Linux                 | Linux; passive SYN-RECEIVED | SYN 100 +10 | SYN,ACK 300 101 | SYN-RECEIVED
        the SYN again, with FIN         | passive SYN-RECEIVED | SYN,FIN 100      | ACK 301 101     | SYN-RECEIVED
        the SYN again with an ACK       | passive SYN-RECEIVED | SYN,ACK 100 301  | ACK 301 101     | SYN-RECEIVED
        another SYN out of the window   | passive SYN-RECEIVED | SYN 90           | ACK 301 101     | SYN-RECEIVED
        that SYN, no RFC 5961           | RFC 793 rules; passive SYN-RECEIVED | SYN 90 | ACK 301 101 | SYN-RECEIVED
        crossed, the SYN again          | active SYN-RECEIVED  | SYN 100          | ACK 301 101     | SYN-RECEIVED
        crossed, the SYN again, Linux   | Linux; active SYN-RECEIVED | SYN 100    | SYN,ACK 300 101 | SYN-RECEIVED
        crossed, left of the window     | active SYN-RECEIVED  | ACK 100 301      | ACK 301 101     | SYN-RECEIVED
        # Figure 7: the answer to the own SYN repeats the peer's.
        crossed, the SYN,ACK            | active SYN-RECEIVED  | SYN,ACK 100 301  | silence         | ESTABLISHED, connected
        crossed, the SYN,ACK, Linux     | Linux; active SYN-RECEIVED | SYN,ACK 100 301 | ACK 301 101 | ESTABLISHED, connected
        crossed, its window is no scaled one | Linux options; OPEN; SEND 1000; got SYN 100 mss=100 ws=7 | SYN,ACK 100 301 mss=100 ws=7 w=200 | ACK 301 101 +100 | ESTABLISHED, connected
        crossed, SYN,ACK with text      | active SYN-RECEIVED  | SYN,ACK 100 301 +5 | ACK 301 106   | ESTABLISHED, connected, readable
        crossed, SYN,ACK with bad ACK   | active SYN-RECEIVED  | SYN,ACK 100 302  | ACK 301 101     | SYN-RECEIVED
        crossed, RST with that number   | active SYN-RECEIVED  | SYN,RST,ACK 100 301 | silence      | SYN-RECEIVED
        ",
    );
}

/// Second, check the RST bit: a passive open returns to LISTEN, an active one was refused.
#[test]
fn second_check_rst() {
    check(
        "
        RST, exact                      | passive SYN-RECEIVED | RST 101          | silence     | LISTEN
        RST,ACK, exact                  | passive SYN-RECEIVED | RST,ACK 101 301  | silence     | LISTEN
        RST,ACK, exact, ACK is bad      | passive SYN-RECEIVED | RST,ACK 101 999  | silence     | LISTEN
        RST with text, exact            | passive SYN-RECEIVED | RST 101 +5       | silence     | LISTEN
        RST in the window               | passive SYN-RECEIVED | RST 102          | ACK 301 101 | SYN-RECEIVED
        RST, last of the window         | passive SYN-RECEIVED | RST 1100         | ACK 301 101 | SYN-RECEIVED
        RST in the window, no RFC 5961  | RFC 793 rules; passive SYN-RECEIVED | RST 102 | silence | LISTEN
        RST with text over the left edge | passive SYN-RECEIVED | RST 96 +10      | silence     | SYN-RECEIVED
        crossed, RST, exact             | active SYN-RECEIVED  | RST 101          | silence     | CLOSED, refused
        crossed, RST in the window      | active SYN-RECEIVED  | RST 102          | ACK 301 101 | SYN-RECEIVED
        crossed, that RST, no RFC 5961  | RFC 793 rules; active SYN-RECEIVED | RST 102 | silence | CLOSED, refused
        ",
    );
}

/// Fourth, check the SYN bit: a passive open returns to LISTEN.
#[test]
fn fourth_check_syn() {
    check(
        "
        SYN at RCV.NXT                  | passive SYN-RECEIVED | SYN 101          | silence       | LISTEN
        SYN in the window               | passive SYN-RECEIVED | SYN 500          | silence       | LISTEN
        SYN,ACK in the window           | passive SYN-RECEIVED | SYN,ACK 500 301  | silence       | LISTEN
        SYN in the window, no RFC 5961  | RFC 793 rules; passive SYN-RECEIVED | SYN 500 | silence | LISTEN
        SYN in the window, Linux        | Linux; passive SYN-RECEIVED | SYN 500   | RST,ACK 0 501 | LISTEN
        SYN,ACK in the window, Linux    | Linux; passive SYN-RECEIVED | SYN,ACK 500 301 | RST 301 | LISTEN
        crossed, SYN in the window      | active SYN-RECEIVED  | SYN 500          | ACK 301 101   | SYN-RECEIVED
        crossed, that SYN, no RFC 5961  | RFC 793 rules; active SYN-RECEIVED | SYN 500 | RST,ACK 301 101 | CLOSED, reset
        ",
    );
}

/// Fifth, check the ACK field.
#[test]
fn fifth_check_ack() {
    check(
        "
        no ACK                          | passive SYN-RECEIVED | - 101            | silence | SYN-RECEIVED
        text without ACK                | passive SYN-RECEIVED | PSH 101 +5       | silence | SYN-RECEIVED
        FIN without ACK                 | passive SYN-RECEIVED | FIN 101          | silence | SYN-RECEIVED
        ACK of nothing new              | passive SYN-RECEIVED | ACK 101 300      | RST 300 | SYN-RECEIVED
        ACK of what was not sent        | passive SYN-RECEIVED | ACK 101 302      | RST 302 | SYN-RECEIVED
        ACK of an older incarnation     | passive SYN-RECEIVED | ACK 101 -9000 +5 | RST -9000 | SYN-RECEIVED
        the ACK                         | passive SYN-RECEIVED | ACK 101 301      | silence | ESTABLISHED, acceptable
        the ACK, no RFC 5961            | RFC 793 rules; passive SYN-RECEIVED | ACK 101 301 | silence | ESTABLISHED, acceptable
        crossed, the ACK                | active SYN-RECEIVED  | ACK 101 301      | silence | ESTABLISHED, connected
        crossed, ACK of what was not sent | active SYN-RECEIVED | ACK 101 302     | RST 302 | SYN-RECEIVED
        crossed, the ACK while text waits | active SYN-RECEIVED; SEND 10 | ACK 101 301 | PSH,ACK 301 101 +10 | ESTABLISHED, connected
        ",
    );
}

/// Seventh and eighth: the segment that opens may carry text and FIN.
#[test]
fn text_and_fin_with_the_ack() {
    check(
        "
        text                            | passive SYN-RECEIVED | PSH,ACK 101 301 +5 | ACK 301 106 | ESTABLISHED, acceptable, readable
        text over the left edge         | passive SYN-RECEIVED | ACK 96 301 +10   | ACK 301 106   | ESTABLISHED, acceptable, readable
        text over the right edge        | passive SYN-RECEIVED | ACK 101 301 +1500 | ACK 301 1101 w=0 | ESTABLISHED, acceptable, readable
        text after a gap                | passive SYN-RECEIVED | ACK 106 301 +5   | ACK 301 101   | ESTABLISHED, acceptable
        FIN                             | passive SYN-RECEIVED | FIN,ACK 101 301  | ACK 301 102   | CLOSE-WAIT, acceptable, peer closed
        text and FIN                    | passive SYN-RECEIVED | FIN,ACK 101 301 +5 | ACK 301 107 | CLOSE-WAIT, acceptable, readable, peer closed
        FIN after a gap                 | passive SYN-RECEIVED | FIN,ACK 106 301  | ACK 301 101   | ESTABLISHED, acceptable
        ",
    );
}

/// Only a connection that was opened actively has a user already.
#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | active SYN-RECEIVED | OPEN       | error: connection already exists | SYN-RECEIVED
        SEND waits for ESTABLISHED      | active SYN-RECEIVED | SEND 10    | ok 10 | SYN-RECEIVED
        RECEIVE waits                   | active SYN-RECEIVED | RECEIVE 10 | ok 0  | SYN-RECEIVED
        CLOSE sends the FIN             | active SYN-RECEIVED | CLOSE      | ok; FIN,ACK 301 101 | FIN-WAIT-1
        letting go                      | active SYN-RECEIVED | RELEASE    | ok; FIN,ACK 301 101 | FIN-WAIT-1
        ABORT resets the peer           | active SYN-RECEIVED | ABORT      | ok; RST 301 | CLOSED, aborted
        STATUS                          | active SYN-RECEIVED | STATUS     | SYN-RECEIVED unread 0 | SYN-RECEIVED
        ",
    );
}
