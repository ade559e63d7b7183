//! LISTEN (RFC 9293 section 3.10.7.2).

use super::check;

/// The four steps: RST, ACK, SYN, the rest.
#[test]
fn a_segment_arrives() {
    check(
        "
        # First: an incoming RST should be ignored.
        RST                     | LISTEN | RST 100             | silence         | LISTEN
        RST,ACK                 | LISTEN | RST,ACK 100 301     | silence         | LISTEN
        SYN with RST            | LISTEN | SYN,RST 100         | silence         | LISTEN
        # Second: any acknowledgment is bad in LISTEN.
        ACK                     | LISTEN | ACK 100 301         | RST 301         | LISTEN
        ACK with text           | LISTEN | ACK 100 301 +10     | RST 301         | LISTEN
        SYN,ACK                 | LISTEN | SYN,ACK 100 301     | RST 301         | LISTEN
        FIN,ACK                 | LISTEN | FIN,ACK 100 301     | RST 301         | LISTEN
        # Third: a SYN makes an entry. Text and FIN that come with it are left to the peer's
        # retransmission.
        SYN                     | LISTEN | SYN 100 mss=1460    | SYN,ACK 300 101 w=1000 mss=1460 | SYN-RECEIVED
        SYN without MSS option  | LISTEN | SYN 100             | SYN,ACK 300 101 mss=1460 | SYN-RECEIVED
        SYN with text           | LISTEN | SYN 100 +10         | SYN,ACK 300 101 | SYN-RECEIVED
        SYN with FIN            | LISTEN | SYN,FIN 100         | SYN,ACK 300 101 | SYN-RECEIVED
        SYN with FIN, Linux     | Linux; LISTEN | SYN,FIN 100  | silence         | LISTEN
        SYN with URG and PSH    | LISTEN | SYN,PSH,URG 100     | SYN,ACK 300 101 | SYN-RECEIVED
        options not offered     | LISTEN | SYN 100 mss=1460 ws=7 sack ts=5/0 | SYN,ACK 300 101 mss=1460 | SYN-RECEIVED
        timestamps agreed on    | timestamps; LISTEN | SYN 100 mss=1460 ts=5/0 | SYN,ACK 300 101 mss=1460 ts | SYN-RECEIVED
        all options, Linux      | Linux options; LISTEN | SYN 100 mss=1460 ws=7 sack ts=5/0 | SYN,ACK 300 101 w=1000 mss=1460 ws=10 sack ts | SYN-RECEIVED
        no scaling offered, Linux | Linux options; LISTEN | SYN 100 mss=1460 | SYN,ACK 300 101 mss=1460 | SYN-RECEIVED
        two-way opening         | listen two-way | SYN 100     | SYN,ACK 300 101 | ESTABLISHED, acceptable
        # Fourth: anything else is dropped.
        no control bit          | LISTEN | - 100               | silence         | LISTEN
        FIN alone               | LISTEN | FIN 100             | silence         | LISTEN
        text alone              | LISTEN | PSH 100 +10         | silence         | LISTEN
        ",
    );
}

/// OPEN of a port that listens already fails; an active OPEN from it does not.
#[test]
fn a_user_calls() {
    check(
        "
        passive OPEN again      | LISTEN | listen              | error: address already in use | LISTEN
        active OPEN             | LISTEN | OPEN                | ok; SYN 300     | SYN-SENT
        ",
    );
}
