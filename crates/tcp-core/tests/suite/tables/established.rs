//! ESTABLISHED (RFC 9293 section 3.10.7.4): SND.UNA = SND.NXT = 301, RCV.NXT = 101, and the window
//! ends before 1101.

use super::check;

/// First, check the sequence number: the four cases of the acceptability test.
#[test]
fn first_check_sequence() {
    check(
        "
        empty, at RCV.NXT               | ESTABLISHED | ACK 101 301          | silence     | ESTABLISHED
        empty, last of the window       | ESTABLISHED | ACK 1100 301         | silence     | ESTABLISHED
        empty, at the right edge        | ESTABLISHED | ACK 1101 301         | ACK 301 101 | ESTABLISHED
        empty, a keep-alive probe       | ESTABLISHED | ACK 100 301          | ACK 301 101 | ESTABLISHED
        empty, half the space away      | ESTABLISHED | ACK 2147483749 301   | ACK 301 101 | ESTABLISHED
        text, all left                  | ESTABLISHED | ACK 96 301 +5        | ACK 301 101 | ESTABLISHED
        text, over the left edge        | ESTABLISHED | ACK 96 301 +10       | ACK 301 106 | ESTABLISHED, readable
        text, last octet new            | ESTABLISHED | ACK 96 301 +6        | ACK 301 102 | ESTABLISHED, readable
        text, fills the window          | ESTABLISHED | ACK 101 301 +1000    | ACK 301 1101 w=0 | ESTABLISHED, readable
        text, over the right edge       | ESTABLISHED | ACK 101 301 +1500    | ACK 301 1101 w=0 | ESTABLISHED, readable
        text, begins at its last octet  | ESTABLISHED | ACK 1100 301 +5      | ACK 301 101 | ESTABLISHED
        text, all right                 | ESTABLISHED | ACK 1101 301 +1      | ACK 301 101 | ESTABLISHED
        text, over both edges           | ESTABLISHED | ACK 50 301 +1200     | ACK 301 101 | ESTABLISHED
        FIN beyond the right edge       | ESTABLISHED | FIN,ACK 101 301 +1000 | ACK 301 1101 w=0 | ESTABLISHED, readable
        FIN, all left                   | ESTABLISHED | FIN,ACK 100 301      | ACK 301 101 | ESTABLISHED
        RST, left of the window         | ESTABLISHED | RST 100              | silence     | ESTABLISHED
        RST, at the right edge          | ESTABLISHED | RST 1101             | silence     | ESTABLISHED
        # The window is shut: RCV.NXT = 1101.
        shut, empty, at RCV.NXT         | ESTABLISHED; window shut | ACK 1101 301     | silence | ESTABLISHED
        shut, empty, a keep-alive probe | ESTABLISHED; window shut | ACK 1100 301     | ACK 301 1101 w=0 | ESTABLISHED
        shut, empty, beyond RCV.NXT     | ESTABLISHED; window shut | ACK 1102 301     | ACK 301 1101 w=0 | ESTABLISHED
        shut, a window probe            | ESTABLISHED; window shut | ACK 1101 301 +1  | ACK 301 1101 w=0 | ESTABLISHED
        shut, FIN at RCV.NXT            | ESTABLISHED; window shut | FIN,ACK 1101 301 | ACK 301 1101 w=0 | ESTABLISHED
        shut, a valid ACK with text     | ESTABLISHED; SEND 10; window shut | ACK 1101 311 +1 | ACK 311 1101 w=0 | ESTABLISHED, writable
        shut, text with a bad ACK       | ESTABLISHED; window shut | ACK 1101 302 +1  | ACK 301 1101 w=0 | ESTABLISHED
        shut, RST, exact                | ESTABLISHED; window shut | RST 1101         | silence | CLOSED, reset
        shut, RST with text, exact      | ESTABLISHED; window shut | RST 1101 +1      | silence | CLOSED, reset
        shut, RST, one beyond           | ESTABLISHED; window shut | RST 1102         | silence | ESTABLISHED
        shut, SYN at RCV.NXT            | ESTABLISHED; window shut | SYN 1101         | ACK 301 1101 | ESTABLISHED
        ",
    );
}

/// Second, check the RST bit, by RFC 5961 section 3.2 and by RFC 793.
#[test]
fn second_check_rst() {
    check(
        "
        exact                           | ESTABLISHED | RST 101          | silence     | CLOSED, reset
        exact, with a bad ACK           | ESTABLISHED | RST,ACK 101 999  | silence     | CLOSED, reset
        exact, with text                | ESTABLISHED | RST 101 +5       | silence     | CLOSED, reset
        exact, with SYN                 | ESTABLISHED | SYN,RST 101      | silence     | CLOSED, reset
        exact, with FIN                 | ESTABLISHED | FIN,RST,ACK 101 301 | silence  | CLOSED, reset
        exact, accepted passively       | accepted    | RST 101          | silence     | LISTEN, reset
        in the window                   | ESTABLISHED | RST 102          | ACK 301 101 | ESTABLISHED
        last of the window              | ESTABLISHED | RST 1100         | ACK 301 101 | ESTABLISHED
        over the left edge              | ESTABLISHED | RST 96 +10       | silence     | ESTABLISHED
        in the window, RFC 793          | RFC 793 rules; ESTABLISHED | RST 102  | silence | CLOSED, reset
        over the left edge, RFC 793     | RFC 793 rules; ESTABLISHED | RST 96 +10 | silence | CLOSED, reset
        left of the window, RFC 793     | RFC 793 rules; ESTABLISHED | RST 100  | silence | ESTABLISHED
        at the right edge, RFC 793      | RFC 793 rules; ESTABLISHED | RST 1101 | silence | ESTABLISHED
        while text is out               | ESTABLISHED; SEND 10 | RST 101   | silence | CLOSED, reset
        ",
    );
}

/// Fourth, check the SYN bit, by RFC 5961 section 4.2 and by RFC 793.
#[test]
fn fourth_check_syn() {
    check(
        "
        the SYN again                   | ESTABLISHED | SYN 100          | ACK 301 101 | ESTABLISHED
        the SYN,ACK again               | ESTABLISHED | SYN,ACK 100 301  | ACK 301 101 | ESTABLISHED
        at RCV.NXT                      | ESTABLISHED | SYN 101          | ACK 301 101 | ESTABLISHED
        in the window                   | ESTABLISHED | SYN 500          | ACK 301 101 | ESTABLISHED
        in the window, with text        | ESTABLISHED | SYN 500 +10      | ACK 301 101 | ESTABLISHED
        in the window, with FIN         | ESTABLISHED | SYN,FIN 101      | ACK 301 101 | ESTABLISHED
        far from the window             | ESTABLISHED | SYN 1073741824   | ACK 301 101 | ESTABLISHED
        the SYN again, RFC 793          | RFC 793 rules; ESTABLISHED | SYN 100  | ACK 301 101 | ESTABLISHED
        the SYN,ACK again, RFC 793      | RFC 793 rules; ESTABLISHED | SYN,ACK 100 301 | ACK 301 101 | ESTABLISHED
        the SYN,ACK again with new text, RFC 793 | RFC 793 rules; ESTABLISHED | SYN,ACK 100 301 +10 | ACK 301 111 | ESTABLISHED, readable
        the SYN,ACK again with new text | ESTABLISHED | SYN,ACK 100 301 +10 | ACK 301 101 | ESTABLISHED
        at RCV.NXT, RFC 793             | RFC 793 rules; ESTABLISHED | SYN 101  | RST,ACK 301 101 | CLOSED, reset
        in the window, RFC 793          | RFC 793 rules; ESTABLISHED | SYN 500  | RST,ACK 301 101 | CLOSED, reset
        # Nobody has acknowledged the SYN of an end that opened two-way: it is repeated on demand.
        two-way, the SYN again          | two-way ESTABLISHED | SYN 100      | SYN,ACK 300 101 | ESTABLISHED
        two-way, another SYN            | two-way ESTABLISHED | SYN 500      | ACK 301 101 | ESTABLISHED
        two-way, acknowledged by now    | two-way ESTABLISHED; got ACK 101 301 | SYN 100 | ACK 301 101 | ESTABLISHED
        ",
    );
}

/// Fifth, check the ACK field, by RFC 5961 section 5.2 (MAY-12) and by RFC 793. MAX.SND.WND is
/// 65535.
#[test]
fn fifth_check_ack() {
    check(
        "
        no ACK                          | ESTABLISHED | - 101            | silence     | ESTABLISHED
        text without ACK                | ESTABLISHED | PSH 101 +5       | silence     | ESTABLISHED
        FIN without ACK                 | ESTABLISHED | FIN 101          | silence     | ESTABLISHED
        of what was not sent            | ESTABLISHED | ACK 101 302      | ACK 301 101 | ESTABLISHED
        of what was not sent, with text | ESTABLISHED | ACK 101 302 +5   | ACK 301 101 | ESTABLISHED
        of what was not sent, with FIN  | ESTABLISHED | FIN,ACK 101 302  | ACK 301 101 | ESTABLISHED
        all                             | ESTABLISHED; SEND 10 | ACK 101 311 | silence | ESTABLISHED, writable
        a part                          | ESTABLISHED; SEND 10 | ACK 101 305 | silence | ESTABLISHED, writable
        the second duplicate            | ESTABLISHED; SEND 10; got ACK 101 301 | ACK 101 301 | silence | ESTABLISHED
        the third duplicate             | ESTABLISHED; SEND 10; got ACK 101 301; got ACK 101 301 | ACK 101 301 | PSH,ACK 301 101 +10 | ESTABLISHED
        old, with text                  | ESTABLISHED | ACK 101 300 +5   | ACK 301 106 | ESTABLISHED, readable
        the oldest that will do         | ESTABLISHED | ACK 101 -65234 +5 | ACK 301 106 | ESTABLISHED, readable
        too old                         | ESTABLISHED | ACK 101 -65235   | ACK 301 101 | ESTABLISHED
        too old, with text              | ESTABLISHED | ACK 101 -65235 +5 | ACK 301 101 | ESTABLISHED
        too old, with FIN               | ESTABLISHED | FIN,ACK 101 -65235 | ACK 301 101 | ESTABLISHED
        too old, with text, RFC 793     | RFC 793 rules; ESTABLISHED | ACK 101 -65235 +5 | ACK 301 106 | ESTABLISHED, readable
        # The window: SND.WL1 < SEG.SEQ, or SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK.
        window opens                    | ESTABLISHED; got ACK 101 301 w=0; SEND 10 | ACK 101 301 w=10 | PSH,ACK 301 101 +10 | ESTABLISHED
        window is scaled, Linux         | Linux options; OPEN; got SYN,ACK 100 301 mss=100 ws=7; got ACK 101 301 w=1; SEND 200 | ACK 101 401 w=2 | PSH,ACK 401 101 +100 | ESTABLISHED, writable
        window opens a little           | ESTABLISHED; got ACK 101 301 w=0; SEND 10 | ACK 101 301 w=5 | silence | ESTABLISHED
        window shuts                    | ESTABLISHED; got ACK 101 301 w=0 | SEND 10 | ok 10 | ESTABLISHED
        window of an old ACK            | ESTABLISHED; SEND 10; got ACK 101 311 w=0; SEND 10 | ACK 101 305 w=500 | silence | ESTABLISHED
        ",
    );
}

/// Sixth and seventh: urgent data and text.
#[test]
fn seventh_process_text() {
    check(
        "
        in order                        | ESTABLISHED | PSH,ACK 101 301 +5 | ACK 301 106 w=995 | ESTABLISHED, readable
        in order, read at once          | ESTABLISHED; got ACK 101 301 +5 | RECEIVE 9 | ok 5 | ESTABLISHED
        urgent                          | ESTABLISHED | URG,ACK 101 301 +5 | ACK 301 106 | ESTABLISHED, readable
        with an ACK of the own text     | ESTABLISHED; SEND 10 | ACK 101 311 +5 | ACK 311 106 | ESTABLISHED, writable, readable
        on top of the own text          | ESTABLISHED; got ACK 101 301 w=0; SEND 10 | ACK 101 301 +5 | PSH,ACK 301 106 +10 | ESTABLISHED, readable
        after a gap                     | ESTABLISHED | ACK 106 301 +5   | ACK 301 101 | ESTABLISHED
        fills the gap                   | ESTABLISHED; got ACK 106 301 +5 | ACK 101 301 +5 | ACK 301 111 | ESTABLISHED, readable
        fills more than the gap         | ESTABLISHED; got ACK 106 301 +5 | ACK 101 301 +7 | ACK 301 111 | ESTABLISHED, readable
        swallows what was held          | ESTABLISHED; got ACK 106 301 +5 | ACK 101 301 +20 | ACK 301 121 | ESTABLISHED, readable
        the first of two gaps           | ESTABLISHED; got ACK 106 301 +5; got ACK 116 301 +5 | ACK 101 301 +5 | ACK 301 111 | ESTABLISHED, readable
        one gap left of three           | ESTABLISHED; got ACK 116 301 +5; got ACK 106 301 +5; got ACK 111 301 +5 | ACK 101 301 +5 | ACK 301 121 | ESTABLISHED, readable
        the same again out of order     | ESTABLISHED; got ACK 106 301 +5 | ACK 106 301 +5 | ACK 301 101 | ESTABLISHED
        ",
    );
}

/// Eighth, check the FIN bit.
#[test]
fn eighth_check_fin() {
    check(
        "
        alone                           | ESTABLISHED | FIN,ACK 101 301     | ACK 301 102 | CLOSE-WAIT, peer closed
        with text                       | ESTABLISHED | FIN,PSH,ACK 101 301 +5 | ACK 301 107 | CLOSE-WAIT, readable, peer closed
        over the left edge              | ESTABLISHED | FIN,ACK 96 301 +10  | ACK 301 107 | CLOSE-WAIT, readable, peer closed
        its text known already          | ESTABLISHED | FIN,ACK 96 301 +5   | ACK 301 102 | CLOSE-WAIT, peer closed
        as the last of the window       | ESTABLISHED | FIN,ACK 101 301 +999 | ACK 301 1101 w=0 | CLOSE-WAIT, readable, peer closed
        after a gap                     | ESTABLISHED | FIN,ACK 106 301     | ACK 301 101 | ESTABLISHED
        text fills the gap before it    | ESTABLISHED; got FIN,ACK 106 301 | ACK 101 301 +5 | ACK 301 107 | CLOSE-WAIT, readable, peer closed
        text runs into it               | ESTABLISHED; got FIN,ACK 106 301 +5 | ACK 101 301 +5 | ACK 301 112 | CLOSE-WAIT, readable, peer closed
        with an ACK of the own text     | ESTABLISHED; SEND 10 | FIN,ACK 101 311 | ACK 311 102 | CLOSE-WAIT, writable, peer closed
        after letting go it cannot be   | ESTABLISHED; got ACK 101 301 +5 | FIN,ACK 106 301 | ACK 301 107 | CLOSE-WAIT, peer closed
        ",
    );
}

#[test]
fn a_user_calls() {
    check(
        "
        OPEN                            | ESTABLISHED | OPEN         | error: connection already exists | ESTABLISHED
        SEND                            | ESTABLISHED | SEND 10      | ok 10; PSH,ACK 301 101 +10 | ESTABLISHED
        SEND nothing                    | ESTABLISHED | SEND 0       | ok 0 | ESTABLISHED
        SEND more than the buffer       | ESTABLISHED | SEND 70000   | ok 65536; ACK 301 101 +536; ACK 837 101 +536; ACK 1373 101 +536 | ESTABLISHED
        SEND more than the window       | ESTABLISHED; got ACK 101 301 w=600 | SEND 1072 | ok 1072; ACK 301 101 +536 | ESTABLISHED
        RECEIVE nothing                 | ESTABLISHED | RECEIVE 10   | ok 0 | ESTABLISHED
        RECEIVE a part                  | ESTABLISHED; got ACK 101 301 +50 | RECEIVE 10 | ok 10 | ESTABLISHED
        RECEIVE opens a shut window     | ESTABLISHED; window shut | RECEIVE 1000 | ok 1000; ACK 301 1101 w=1000 | ESTABLISHED
        RECEIVE offers no silly window  | ESTABLISHED; window shut | RECEIVE 499  | ok 499 | ESTABLISHED
        RECEIVE offers half the buffer  | ESTABLISHED; window shut | RECEIVE 500  | ok 500; ACK 301 1101 w=500 | ESTABLISHED
        CLOSE                           | ESTABLISHED | CLOSE        | ok; FIN,ACK 301 101 | FIN-WAIT-1
        CLOSE after text                | ESTABLISHED; SEND 10 | CLOSE | ok; FIN,ACK 311 101 | FIN-WAIT-1
        CLOSE behind text that waits    | ESTABLISHED; got ACK 101 301 w=0; SEND 10 | CLOSE | ok | FIN-WAIT-1
        letting go                      | ESTABLISHED | RELEASE      | ok; FIN,ACK 301 101 | FIN-WAIT-1
        letting go of unread text       | ESTABLISHED; got ACK 101 301 +5 | RELEASE | ok; RST 301 | CLOSED
        the same, Linux                 | Linux; ESTABLISHED; got ACK 101 301 +5 | RELEASE | ok; RST,ACK 301 106 | CLOSED
        ABORT                           | ESTABLISHED | ABORT        | ok; RST 301 | CLOSED, aborted
        ABORT, Linux                    | Linux; ESTABLISHED | ABORT | ok; RST,ACK 301 101 | CLOSED, aborted
        ABORT with text out             | ESTABLISHED; SEND 10 | ABORT | ok; RST 311 | CLOSED, aborted
        STATUS                          | ESTABLISHED; got ACK 101 301 +5 | STATUS | ESTABLISHED unread 5 | ESTABLISHED
        ",
    );
}
