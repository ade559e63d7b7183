//! Retransmission, its timeout and its end.

use std::time::Duration;

use tcp_core::{GiveUp, Phase, Segment};

use super::super::duet::ack;
use super::{opened, rfc9293};

fn seconds(sent: &[(Duration, Segment)]) -> Vec<u64> {
    sent.iter().map(|(at, _)| at.as_secs()).collect()
}

/// MUST-19: a loss takes the congestion window back to one segment; ACKs let it grow by a segment
/// each, and slowly beyond half of what was out. Timeouts double.
#[test]
fn congestion_is_controlled() {
    let mut config = rfc9293();
    config.initial_window = 8;
    let mut solo = opened(config);
    assert_eq!(solo.sends(10 * 536).len(), 8);
    let sent = solo.waits(Duration::from_secs(8));
    assert_eq!(
        seconds(&sent),
        [1, 3, 7],
        "one segment each time, backed off"
    );
    assert_eq!(solo.status().congestion_window, 536);
    let mut windows = Vec::new();
    for segment in 1..=6 {
        solo.gets(ack(101, 301 + segment * 536));
        windows.push(solo.status().congestion_window);
    }
    assert_eq!(windows[..3], [2 * 536, 3 * 536, 4 * 536]);
    assert_eq!(windows[3], 4 * 536 + 536 / 4);
}

/// MUST-21: R2 is set for one connection.
#[test]
fn r2_is_a_choice_of_the_connection() {
    for (limit, alive) in [(20, false), (10_000, true)] {
        let mut solo = opened(rfc9293());
        let mut config = rfc9293();
        config.give_up_data = GiveUp::After(Duration::from_secs(limit));
        solo.reconfigures(config);
        solo.sends(10);
        solo.waits(Duration::from_secs(1000));
        assert_eq!(solo.phase() == Phase::Established, alive);
    }
}
