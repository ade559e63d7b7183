//! Keep-alive (section 3.8.4).

use std::time::Duration;

use tcp_core::{Config, KeepAlive, Phase, Profile};

use super::super::duet::ack;
use super::{opened, rfc9293};

const HOURS: Duration = Duration::from_hours(2);

fn with_keepalive(idle: Duration) -> Config {
    let mut config = rfc9293();
    config.keepalive = Some(KeepAlive {
        idle,
        ..KeepAlive::DEFAULT
    });
    config
}

/// MAY-5, MUST-25, MUST-28: off in every profile, and two hours if it is switched on as it comes.
#[test]
fn off_by_default() {
    for (profile, name) in Profile::ALL {
        assert_eq!(profile.config().keepalive, None, "{name}");
    }
    assert_eq!(KeepAlive::DEFAULT.idle, HOURS);
    let mut solo = opened(rfc9293());
    assert_eq!(solo.waits(100 * HOURS), []);
    assert_eq!(solo.phase(), Phase::Established);
}

/// MUST-24: one connection can have it or not.
#[test]
fn on_and_off_for_one_connection() {
    let mut solo = opened(rfc9293());
    solo.reconfigures(with_keepalive(HOURS));
    assert_eq!(solo.waits(HOURS).len(), 1);
    solo.gets(ack(101, 301));
    solo.reconfigures(rfc9293());
    assert_eq!(solo.waits(100 * HOURS), []);
}

/// MUST-26, MUST-27, SHLD-12: a probe without text comes after the configured silence, and not
/// while something is outstanding.
#[test]
fn probes_come_after_silence_only() {
    let minute = Duration::from_mins(1);
    let mut solo = opened(with_keepalive(minute));
    solo.waits(minute / 2);
    solo.gets(ack(101, 301));
    assert_eq!(
        solo.waits(minute.checked_sub(Duration::from_nanos(1)).unwrap()),
        []
    );
    let sent = solo.waits(Duration::from_nanos(1));
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1, ack(300, 101));

    let mut busy = opened(with_keepalive(minute));
    busy.sends(10);
    let sent = busy.waits(Duration::from_secs(90));
    assert!(sent.iter().all(|(_, segment)| segment.text.len == 10));
}
