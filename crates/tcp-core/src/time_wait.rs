//! An entry of the TIME-WAIT table, in 52 octets.

use core::time::Duration;

use crate::address::Remote;
use crate::connection::{Connection, Ended, Marks, RateLimiter, State, TimeWait};
use crate::fifo::{Link, Linked};
use crate::segment::Tag;
use crate::seq::SeqNum;
use crate::time::Instant;

/// The compact entry: the state's own fields, the four-tuple, and what an ACK needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeWaitEntry {
    pub(crate) remote: Remote,
    pub(crate) local_ip: u16,
    pub(crate) local_port: u16,
    /// The receive window in units of the scale.
    window: u16,
    pub(crate) snd_nxt: SeqNum,
    pub(crate) rcv_nxt: SeqNum,
    pub(crate) tag: Tag,
    pub(crate) ts_recent: u32,
    limiter: RateLimiter,
    pub(crate) link: Link,
    /// ACKs sent, modulo 2^16.
    acks: u16,
    /// The configuration, by number.
    pub(crate) config: u8,
    /// The shift count in the low four bits, facts above.
    shift_and_facts: u8,
}

const SHIFT: u8 = 0x0f;
const TIMESTAMPS: u8 = 0x10;
const SIX: u8 = 0x20;

impl Linked for TimeWaitEntry {
    fn link(&self) -> &Link {
        &self.link
    }

    fn link_mut(&mut self) -> &mut Link {
        &mut self.link
    }
}

impl TimeWaitEntry {
    /// What is kept of a connection in TIME-WAIT; `None` in any other state.
    pub(crate) fn new(
        connection: &Connection,
        (remote, six): (Remote, bool),
        (local_ip, local_port): (u16, u16),
    ) -> Option<TimeWaitEntry> {
        let State::TimeWait(TimeWait { snd_nxt, rcv }) = &connection.state else {
            return None;
        };
        let timestamps = connection.marks.has(Marks::TIMESTAMPS);
        Some(TimeWaitEntry {
            remote,
            local_ip,
            local_port,
            window: rcv.field(),
            snd_nxt: *snd_nxt,
            rcv_nxt: rcv.nxt,
            tag: connection.tag,
            ts_recent: connection.stamps.recent,
            limiter: connection.limiter,
            link: Link::default(),
            acks: connection.ordinals.ack as u16,
            config: connection.config,
            shift_and_facts: rcv.shift
                | (u8::from(timestamps) * TIMESTAMPS)
                | (u8::from(six) * SIX),
        })
    }

    /// Whether the remote address is IPv6.
    pub(crate) fn is_six(&self) -> bool {
        self.shift_and_facts & SIX != 0
    }

    /// When TIME-WAIT began or began anew, if it lasts `time_wait`.
    pub(crate) fn entered(&self, time_wait: Duration) -> Instant {
        let end = self.link.deadline().as_nanos();
        let nanos = u64::try_from(time_wait.as_nanos()).unwrap_or(u64::MAX);
        Instant::from_nanos(end.saturating_sub(nanos))
    }

    /// Whether timestamps were agreed on.
    pub(crate) fn has_timestamps(&self) -> bool {
        self.shift_and_facts & TIMESTAMPS != 0
    }

    /// The entry as a connection, to take a segment as any other state does.
    pub(crate) fn thaw(&self, mut connection: Connection) -> Connection {
        let shift = self.shift_and_facts & SHIFT;
        let edge = self.rcv_nxt + (u32::from(self.window) << shift);
        let rcv = Ended {
            nxt: self.rcv_nxt,
            edge,
            shift,
        };
        connection.state = State::TimeWait(TimeWait {
            snd_nxt: self.snd_nxt,
            rcv,
        });
        connection.stamps.recent = self.ts_recent;
        connection.stamps.last_ack_sent = self.rcv_nxt;
        connection.limiter = self.limiter;
        connection.ordinals.ack = u32::from(self.acks);
        connection
            .marks
            .set(Marks::TIMESTAMPS, self.has_timestamps());
        connection.marks.set(Marks::RELEASED, true);
        connection
    }

    /// Everything that decides what it will do, except its four-tuple and deadline.
    pub(crate) fn content(&self) -> ([u32; 4], (u16, u8, u8)) {
        let numbers = [
            self.snd_nxt.0,
            self.rcv_nxt.0,
            self.ts_recent,
            self.limiter.bits(),
        ];
        (numbers, (self.window, self.config, self.shift_and_facts))
    }

    /// Takes back what an arriving segment can have changed.
    pub(crate) fn refreeze(&mut self, connection: &Connection) {
        self.limiter = connection.limiter;
        self.ts_recent = connection.stamps.recent;
        self.acks = connection.ordinals.ack as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::TimeWaitEntry;

    #[test]
    fn an_entry_takes_52_octets() {
        assert_eq!(size_of::<TimeWaitEntry>(), 52);
    }
}
