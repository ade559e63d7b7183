//! Options, text and its acknowledgment.

use std::time::Duration;

use tcp_core::{Flags, Options, Phase, Segment, SeqNum};

use super::super::duet::{Words, ack, fin};
use super::{opened, rfc9293};

/// MUST-4, MUST-5, MUST-6, MUST-7, MUST-64, MUST-68: whatever options a segment has, its text is
/// taken; an option behind others is read wherever it begins.
#[test]
fn options_never_get_in_the_way_of_text() {
    let lists: [&[u8]; 7] = [
        &[0],
        &[1, 1, 1],
        &[2, 4, 2, 24],                      // an MSS without SYN
        &[254, 4, 9, 9],                     // unknown
        &[1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0], // timestamps that were not agreed on, not on a word
        &[254, 0, 3, 3],                     // a length of zero
        &[1, 254],                           // no room for the length
    ];
    for octets in lists {
        let mut solo = opened(rfc9293());
        let options = Options::from_bytes(octets).unwrap();
        let sent = solo.gets(Segment {
            options,
            ..ack(101, 301).text(5)
        });
        assert_eq!(sent[0].ack, SeqNum(106), "{octets:?}");
        assert_eq!(solo.phase(), Phase::Established);
    }
    let crowded = Options::from_bytes(&[1, 254, 3, 9, 2, 4, 3, 232]).unwrap();
    assert_eq!(crowded.mss(), Some(1000));
}

/// MUST-58, MUST-59: what arrived at one instant is acknowledged once, with the answer.
#[test]
fn acks_are_aggregated() {
    let mut solo = opened(rfc9293());
    let packets = [ack(101, 301).text(5), ack(106, 301).text(5), fin(111, 301)];
    for segment in packets {
        let packet = tcp_core::Packet {
            source: solo.remote,
            target: solo.local,
            tag: tcp_core::Tag(1),
            segment,
        };
        solo.endpoint.on_packet(solo.now, &packet);
    }
    let sent = solo.calls(|endpoint, now, id| {
        endpoint.send(now, id, 3).unwrap();
        endpoint.close(now, id).unwrap();
    });
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].ack, SeqNum(112));
    assert!(sent[0].flags.fin() && sent[0].text.len == 3);
}

/// MUST-40: half a second is too long for an ACK to wait.
#[test]
fn an_ack_waits_for_less_than_half_a_second() {
    for (millis, fits) in [(499, true), (500, false), (10_000, false)] {
        let mut config = rfc9293();
        config.delayed_ack = Duration::from_millis(millis);
        assert_eq!(config.validate().is_ok(), fits);
    }
}

/// SHLD-31, MAY-13: what comes too early is acknowledged at once with the old number, and kept.
#[test]
fn text_beyond_a_hole_is_kept() {
    let mut config = rfc9293();
    config.delayed_ack = Duration::from_millis(200);
    let mut solo = opened(config);
    assert_eq!(solo.gets(ack(111, 301).text(10))[0].ack, SeqNum(101));
    assert_eq!(solo.gets(fin(131, 301))[0].ack, SeqNum(101));
    assert_eq!(solo.gets(ack(121, 301).text(10))[0].ack, SeqNum(101));
    assert_eq!(solo.gets(ack(101, 301).text(10))[0].ack, SeqNum(132));
    assert_eq!(solo.phase(), Phase::CloseWait);
    assert_eq!(solo.status().unread, 30);
}

/// SHLD-7, MUST-17, MAY-16: with Nagle's algorithm text of several SENDs waits for an ACK or a
/// full segment; one connection can do without.
#[test]
fn nagle_coalesces_and_can_be_switched_off() {
    let mut config = rfc9293();
    config.nagle = true;
    let mut solo = opened(config);
    assert_eq!(solo.sends(10).len(), 1);
    assert_eq!(solo.sends(10), []);
    assert_eq!(solo.sends(10), []);
    let sent = solo.gets(ack(101, 311));
    assert_eq!((sent.len(), sent[0].text.len), (1, 20));
    assert_eq!(solo.sends(10), []);
    solo.reconfigures(rfc9293());
    assert_eq!(solo.drain(), []);
    assert_eq!(solo.status().queued, 30);
    assert_eq!(solo.sends(10).len(), 1);
}

/// MUST-60, MUST-61, SHLD-27, SHLD-28: text leaves in segments of full size, the rest at once, and
/// only the last of what is queued carries PSH.
#[test]
fn only_the_last_segment_is_pushed() {
    let mut config = rfc9293();
    config.initial_window = 10;
    let mut solo = opened(config);
    let id = solo.id.unwrap();
    for _ in 0..3 {
        solo.endpoint.send(solo.now, id, 400).unwrap();
    }
    let sent = solo.drain();
    let lengths: Vec<u32> = sent.iter().map(|segment| segment.text.len).collect();
    assert_eq!(lengths, [536, 536, 128]);
    let pushed: Vec<bool> = sent
        .iter()
        .map(|segment| segment.flags.contains(Flags::PSH))
        .collect();
    assert_eq!(pushed, [false, false, true]);
}
