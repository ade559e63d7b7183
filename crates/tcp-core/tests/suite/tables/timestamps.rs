//! Timestamps (RFC 7323): which one is echoed, which segments are too old, and what they decide in
//! TIME-WAIT (RFC 6191). The peer's clock stands at 50 when it sends its SYN.

use std::time::Duration;

use tcp_core::options::Timestamps;
use tcp_core::{Config, Handshake, ListenConfig, Options, Profile, Segment};

use super::check;
use crate::duet::{Solo, ack, fin, syn};

/// Section 4.3: TS.Recent is the timestamp of the segment that covers Last.ACK.sent.
#[test]
fn which_timestamp_is_echoed() {
    check(
        "
        of the SYN,ACK                  | timestamps; SYN-SENT | SYN,ACK 100 301 ts=50/0 | ACK 301 101 echo=50 | ESTABLISHED, connected
        not agreed on by the peer       | timestamps; SYN-SENT | SYN,ACK 100 301 | ACK 301 101 echo=none | ESTABLISHED, connected
        not wanted                      | SYN-SENT | SYN,ACK 100 301 ts=50/0 | ACK 301 101 echo=none | ESTABLISHED, connected
        of the SYN                      | timestamps; LISTEN | SYN 100 ts=50/0 | SYN,ACK 300 101 echo=50 | SYN-RECEIVED
        of a crossing SYN               | timestamps; SYN-SENT | SYN 100 ts=50/0 | SYN,ACK 300 101 echo=50 | SYN-RECEIVED
        of the ACK with text            | timestamps; LISTEN; got SYN 100 ts=50/0 | ACK 101 301 +5 ts=60/0 | ACK 301 106 echo=60 | ESTABLISHED, acceptable, readable
        of the ACK before the text      | timestamps; LISTEN; got SYN 100 ts=50/0; got ACK 101 301 ts=55/0 | ACK 101 301 +5 ts=55/0 | ACK 301 106 echo=55 | ESTABLISHED, readable
        of text in order                | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 ts=60/0 | ACK 301 106 echo=60 | ESTABLISHED, readable
        not of text out of order        | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 106 301 +5 ts=60/0 | ACK 301 101 echo=50 | ESTABLISHED
        of the text that fills the gap  | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0; got ACK 106 301 +5 ts=70/0 | ACK 101 301 +5 ts=60/0 | ACK 301 111 echo=60 | ESTABLISHED, readable
        of the FIN                      | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | FIN,ACK 101 301 ts=60/0 | ACK 301 102 echo=60 | CLOSE-WAIT, peer closed
        of a retransmitted FIN          | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0 | FIN,ACK 101 302 ts=70/0 | ACK 302 102 echo=60 | TIME-WAIT
        ",
    );
}

/// Section 5.3, PAWS: a segment with an older timestamp is not acceptable, whatever its number.
#[test]
fn protection_against_wrapped_sequence_numbers() {
    check(
        "
        the same time                   | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 ts=50/0 | ACK 301 106 echo=50 | ESTABLISHED, readable
        one tick older                  | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 ts=49/0 | ACK 301 101 echo=50 | ESTABLISHED
        half the space ahead            | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 ts=2147483697/0 | ACK 301 106 echo=2147483697 | ESTABLISHED, readable
        more than half the space ahead  | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 ts=2147483699/0 | ACK 301 101 echo=50 | ESTABLISHED
        the clock has wrapped           | timestamps; OPEN; got SYN,ACK 100 301 ts=4294967290/0 | ACK 101 301 +5 ts=3/0 | ACK 301 106 echo=3 | ESTABLISHED, readable
        an old FIN                      | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | FIN,ACK 101 301 ts=49/0 | ACK 301 101 echo=50 | ESTABLISHED
        an old SYN                      | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | SYN 500 ts=49/0 | ACK 301 101 echo=50 | ESTABLISHED
        a RST is exempt                 | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | RST 101 ts=49/0 | silence | CLOSED, reset
        a RST leaves no time behind     | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0; got RST 102 ts=9/0 | ACK 101 301 +5 ts=49/0 | ACK 301 101 echo=50 | ESTABLISHED
        without a timestamp             | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0 | ACK 101 301 +5 | ACK 301 106 echo=50 | ESTABLISHED, readable
        in SYN-RECEIVED                 | timestamps; LISTEN; got SYN 100 ts=50/0 | ACK 101 301 ts=49/0 | ACK 301 101 echo=50 | SYN-RECEIVED
        in TIME-WAIT                    | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0 | ACK 102 302 ts=59/0 | ACK 302 102 echo=60 | TIME-WAIT
        ",
    );
}

/// RFC 6191: where both ends have timestamps, they decide whether a SYN may reopen TIME-WAIT.
#[test]
fn reopening() {
    check(
        "
        later, lower number             | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 50 ts=61/0 | SYN,ACK 300 51 echo=61 | SYN-RECEIVED
        earlier, higher number          | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 5000 ts=59/0 | ACK 302 102 echo=60 | TIME-WAIT
        same time, higher number        | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 5000 ts=60/0 | SYN,ACK 300 5001 echo=60 | SYN-RECEIVED
        same time, lower number         | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 50 ts=60/0 | ACK 302 102 echo=60 | TIME-WAIT
        no timestamp, higher number     | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 5000 | SYN,ACK 300 5001 echo=none | SYN-RECEIVED
        no timestamp, lower number      | Linux options; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 50 | ACK 302 102 echo=60 | TIME-WAIT
        timestamps do not decide        | timestamps; OPEN; got SYN,ACK 100 301 ts=50/0; CLOSE; got FIN,ACK 101 302 ts=60/0; listen | SYN 50 ts=61/0 | ACK 302 102 echo=60 | TIME-WAIT
        ",
    );
}

/// Section 5: the clock of a connection never jumps back. An ACK from TIME-WAIT that did would be
/// dropped by the peer that it is meant for, whose FIN would then be sent in vain.
#[test]
fn time_wait_goes_on_with_the_clock_of_its_connection() {
    let stamped = |mut segment: Segment, value| {
        segment.options = Options::NONE.with_timestamps(Timestamps { value, echo: 0 });
        segment
    };
    let sent = |segments: &[Segment]| {
        let last = segments.last().expect("an answer");
        last.options.timestamps().expect("timestamps").value
    };
    let config = Config {
        timestamps: true,
        ..Profile::Rfc9293.config()
    };
    let listen = ListenConfig {
        policy: Handshake::ThreeWay,
        ..Profile::Rfc9293.listen_config()
    };
    let mut solo = Solo::new(config).listen(listen, 300);
    let opened = sent(&solo.gets(stamped(syn(100), 50)));
    solo.gets(stamped(ack(101, 301), 51));
    solo.calls(|endpoint, now, id| {
        endpoint.close(now, id).expect("it is open");
    });
    solo.gets(stamped(fin(101, 302), 52));
    solo.waits(Duration::from_secs(2));
    let later = sent(&solo.gets(stamped(fin(101, 302), 53)));
    assert_eq!(later.wrapping_sub(opened), 2000, "milliseconds");
}
