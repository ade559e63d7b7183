//! One clock for each host: what Linux up to 4.11 remembered with `tcp_tw_recycle`.

use alloc::collections::BTreeMap;
use core::net::IpAddr;
use core::time::Duration;

use crate::time::Instant;

/// How long a timestamp is remembered (`TCP_PAWS_MSL`).
const MEMORY: Duration = Duration::from_mins(1);
/// How far a timestamp may be behind (`TCP_PAWS_WINDOW`).
const TOLERANCE: i32 = 1;

/// The latest timestamp of each host that had a connection in TIME-WAIT. Empty unless
/// [`Config::tw_recycle`](crate::Config::tw_recycle) is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerClocks {
    last: BTreeMap<IpAddr, (u32, Instant)>,
}

impl PeerClocks {
    /// A connection with this host has entered TIME-WAIT; its last timestamp was `value`.
    pub(crate) fn note(&mut self, peer: IpAddr, value: u32, now: Instant) {
        self.last.insert(peer, (value, now));
    }

    /// Whether a SYN with timestamp `value` looks older than what the host has sent before, as one
    /// without a timestamp always does. Right only if all machines at that address, and all of their
    /// connections, have one clock.
    pub(crate) fn is_behind(&mut self, peer: IpAddr, value: Option<u32>, now: Instant) -> bool {
        let Some(&(last, at)) = self.last.get(&peer) else {
            return false;
        };
        if now.since(at) >= MEMORY {
            self.last.remove(&peer);
            return false;
        }
        value.is_none_or(|value| last.wrapping_sub(value).cast_signed() > TOLERANCE)
    }
}
