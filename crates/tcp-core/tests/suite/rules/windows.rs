//! Windows that shrink, stay shut, or are silly (section 3.8.6).

use std::time::Duration;

use tcp_core::{Config, Phase, Profile, Segment, SeqNum};

use super::super::duet::{Solo, Words, ack, rst, syn};
use super::{Offering, opened, rfc9293};

/// With an initial congestion window that never limits.
fn unlimited() -> Config {
    let mut config = rfc9293();
    config.initial_window = 1000;
    config
}

fn lengths(sent: &[Segment]) -> Vec<u32> {
    sent.iter().map(|segment| segment.text.len).collect()
}

fn times(sent: &[(Duration, Segment)]) -> Vec<u64> {
    sent.iter().map(|(at, _)| at.as_secs()).collect()
}

/// MUST-1, REC-1: the largest window field is a large window, not a negative one, and a scaled one
/// needs more than 16 bits.
#[test]
fn a_window_is_an_unsigned_number_of_32_bits() {
    let mut solo = opened(unlimited());
    solo.gets(ack(101, 301).window(65535));
    let sent: u32 = lengths(&solo.sends(65536)).iter().sum();
    assert_eq!(sent, 65535 / 536 * 536, "as many full segments as fit");

    let mut config = unlimited();
    config.window_scale = Some(0);
    config.send_buffer = 1 << 20;
    let mut solo = Solo::new(config).listen(Profile::Rfc9293.listen_config(), 300);
    solo.gets(Segment {
        options: tcp_core::Options::NONE.with_mss(1000).with_window_scale(3),
        ..syn(100)
    });
    solo.gets(ack(101, 301));
    solo.sends(1 << 20);
    assert_eq!(solo.status().snd_wnd, 65535 * 8);
}

/// MUST-66: a RST is obeyed with a window of zero.
#[test]
fn a_shut_window_lets_a_reset_in() {
    let mut config = rfc9293();
    config.receive_buffer = 100;
    let mut solo = opened(config);
    let sent = solo.gets(ack(101, 301).text(100));
    assert_eq!((sent[0].ack, sent[0].window), (SeqNum(201), 0));
    assert_eq!(solo.gets(rst(201)), []);
    assert_eq!(solo.phase(), Phase::Listen);
}

/// MUST-34, SHLD-15, SHLD-16: a window that shrinks below what is out stops new text, and what
/// lies inside it is repeated.
#[test]
fn a_shrinking_window_is_survived() {
    let mut solo = opened(unlimited());
    assert_eq!(lengths(&solo.sends(1072)), [536, 536]);
    assert_eq!(solo.gets(ack(101, 301).window(536)), []);
    assert_eq!(solo.sends(536), []);
    let sent = solo.waits(Duration::from_secs(2));
    assert_eq!(times(&sent), [1]);
    assert_eq!((sent[0].1.seq, sent[0].1.text.len), (SeqNum(301), 536));
    let sent = solo.gets(ack(101, 837).window(1072));
    assert_eq!(lengths(&sent), [536, 536]);
    assert_eq!(solo.gets(ack(101, 1909)), []);
}

/// MAY-7: a fast retransmission goes out although its end lies beyond the shrunken window.
#[test]
fn fast_retransmission_ignores_a_shrunken_window() {
    let mut solo = opened(unlimited());
    solo.sends(1608);
    solo.gets(ack(101, 301).window(100));
    solo.gets(ack(101, 301).window(100));
    solo.gets(ack(101, 301).window(100));
    let sent = solo.gets(ack(101, 301).window(100));
    assert_eq!((sent[0].seq, sent[0].text.len), (SeqNum(301), 536));
}

/// MUST-35, MUST-36, SHLD-29, SHLD-30: a shut window is probed with one octet, first after the
/// retransmission timeout and then at times that double.
#[test]
fn a_shut_window_is_probed() {
    let mut fresh = opened(unlimited());
    fresh.gets(ack(101, 301).window(0));
    assert_eq!(fresh.sends(100), []);
    let mut shrunk = opened(unlimited());
    assert_eq!(lengths(&shrunk.sends(100)), [100]);
    shrunk.gets(ack(101, 301).window(0));
    for mut solo in [fresh, shrunk] {
        let sent = solo.waits(Duration::from_secs(32));
        assert_eq!(times(&sent), [1, 3, 7, 15, 31]);
        assert!(sent.iter().all(|(_, probe)| probe.seq == SeqNum(301)));
        assert!(sent.iter().all(|(_, probe)| probe.text.len == 1));
        let sent = solo.gets(ack(101, 301).window(1000));
        assert_eq!(lengths(&sent), [100]);
    }
}

/// MUST-38, SHLD-28: less than a full segment is not sent into a small window, unless it is all
/// that is queued.
#[test]
fn the_sender_avoids_silly_windows() {
    let mut solo = opened(unlimited());
    solo.gets(ack(101, 301).window(100));
    assert_eq!(solo.sends(1000), []);
    assert_eq!(lengths(&solo.gets(ack(101, 301).window(636))), [536]);
    let mut all = opened(unlimited());
    all.gets(ack(101, 301).window(100));
    assert_eq!(lengths(&all.sends(100)), [100]);
}

/// MUST-39, SHLD-14, MAY-8: the edge stays where it is until it can move by a full segment or half
/// the buffer; it never moves left, and may stay for ever.
#[test]
fn the_receiver_avoids_silly_windows() {
    let mut config = rfc9293();
    config.receive_buffer = 2000;
    let mut solo = opened(config);
    let edge = |sent: &[Segment]| sent[0].ack + u32::from(sent[0].window);
    let first = edge(&solo.gets(ack(101, 301).text(1000)));
    assert_eq!(first, SeqNum(2101));
    assert_eq!(edge(&solo.gets(ack(1101, 301).text(1000))), first, "shut");
    assert_eq!(solo.waits(Duration::from_hours(24)), []);
    let receive = |solo: &mut Solo, octets| {
        solo.calls(|endpoint, now, id| assert_eq!(endpoint.receive(now, id, octets), Ok(octets)))
    };
    assert_eq!(receive(&mut solo, 535), []);
    let sent = receive(&mut solo, 1);
    assert_eq!((sent[0].window, edge(&sent)), (536, first + 536));
}

/// SHLD-17: text beyond the right edge does not end a connection whose peer answers.
#[test]
fn text_beyond_a_shrunken_window_is_waited_for() {
    let mut solo = opened(unlimited());
    solo.sends(1072);
    solo.gets(ack(101, 301).window(0));
    answers_for(&mut solo, Duration::from_hours(1), ack(101, 301).window(0));
    assert_eq!(solo.phase(), Phase::Established);
}

/// Answers everything that is sent with the same segment.
fn answers_for(solo: &mut Solo, span: Duration, answer: Segment) {
    let end = solo.now + span;
    while let Some(at) = solo.endpoint.next_deadline().filter(|&at| at < end) {
        if !solo.waits(at.since(solo.now)).is_empty() {
            solo.gets(answer);
        }
    }
}

/// MUST-37: a window that stays shut for a day does not end a connection whose peer answers the
/// probes, in whatever way the profile counts R2.
#[test]
fn a_window_may_stay_shut() {
    for (profile, name) in Profile::ALL {
        let mut solo = opened(profile.config());
        let shut = ack(101, 301).window(0);
        solo.gets(shut);
        solo.sends(100);
        answers_for(&mut solo, Duration::from_hours(24), shut);
        assert_eq!(solo.phase(), Phase::Established, "{name}");
        let text: u32 = lengths(&solo.gets(ack(101, 301).window(1000))).iter().sum();
        assert_eq!(text, 100, "{name}");
    }
}

/// MUST-38, MUST-60: a window that stays small is used after a while, and is no reason to give the
/// connection up.
#[test]
fn a_small_window_is_used_after_a_while() {
    let mut solo = opened(unlimited());
    solo.gets(ack(101, 301).window(100));
    solo.waits(Duration::from_hours(1));
    assert_eq!(solo.sends(1000), []);
    for seq in (301..1101).step_by(100) {
        let sent = solo.waits(Duration::from_secs(1));
        assert_eq!(times(&sent), [1]);
        assert_eq!((sent[0].1.seq, sent[0].1.text.len), (SeqNum(seq), 100));
        assert_eq!(solo.gets(ack(101, seq + 100).window(100)), []);
    }
    solo.waits(Duration::from_secs(1));
    let last = solo.gets(ack(101, 1201).window(100));
    assert_eq!(
        lengths(&last),
        [100],
        "all that is queued may leave at once"
    );
    solo.gets(ack(101, 1301).window(100));
    assert_eq!(solo.status().queued, 0);
    assert!(
        solo.status().congestion_window > 1000 * 536,
        "nothing was lost"
    );
}

/// MUST-37, MUST-38: idle time does not count as time without an answer.
#[test]
fn a_connection_that_was_idle_is_not_given_up() {
    for window in [0, 100] {
        let mut solo = opened(unlimited());
        solo.gets(ack(101, 301).window(window));
        solo.waits(Duration::from_hours(1));
        solo.sends(1000);
        let sent = solo.waits(Duration::from_secs(2));
        assert_eq!(times(&sent)[0], 1);
        solo.waits(Duration::from_secs(98));
        assert_eq!(solo.phase(), Phase::Established);
        solo.waits(Duration::from_secs(1));
        assert_eq!(
            solo.phase(),
            Phase::Listen,
            "100 s after the first transmission"
        );
    }
}

/// A probe of the own window is not taken for a sign of loss: its octet does not fit, but it is no
/// duplicate ACK (RFC 5681 section 2: those carry no text).
#[test]
fn probes_from_the_peer_are_no_duplicate_acks() {
    let mut config = unlimited();
    config.receive_buffer = 100;
    let mut solo = opened(config);
    solo.gets(ack(101, 301).text(100));
    assert_eq!(lengths(&solo.sends(1072)), [536, 536]);
    for _ in 0..3 {
        let sent = solo.gets(ack(201, 301).text(1));
        assert_eq!(lengths(&sent), [0], "the probe is acknowledged");
    }
}

/// MAY-12 where the send half is gone: with scaled windows a late segment may acknowledge much
/// less than the latest one.
#[test]
fn a_late_segment_of_a_scaled_connection_is_taken_in_fin_wait_2() {
    let mut config = unlimited();
    config.window_scale = Some(0);
    config.send_buffer = 200_000;
    let mut solo = Solo::new(config).listen(Profile::Rfc9293.listen_config(), 300);
    solo.gets(Segment {
        options: tcp_core::Options::NONE.with_mss(1000).with_window_scale(3),
        ..syn(100)
    });
    solo.gets(ack(101, 301));
    assert_eq!(lengths(&solo.sends(200_000)).iter().sum::<u32>(), 200_000);
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    solo.gets(ack(101, 200_302));
    assert_eq!(solo.phase(), Phase::FinWait2);
    solo.gets(ack(101, 100_301).text(5));
    assert_eq!(solo.status().unread, 5);
}
