//! An entry of the SYN queue: a passive connection in SYN-RECEIVED, in 52 octets.

use core::time::Duration;

use crate::address::Remote;
use crate::config::{Config, GiveUp};
use crate::connection::{self, Marks, RateLimiter};
use crate::fifo::{Link, Linked};
use crate::mutant::mutated;
use crate::options::Options;
use crate::segment::{Segment, Tag};
use crate::seq::SeqNum;
use crate::time::Instant;

/// The compact entry. What is not here can be derived when the ACK comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Embryo {
    pub(crate) remote: Remote,
    /// The listener and the local address that it was reached at, by number.
    pub(crate) door: u16,
    pub(crate) iss: SeqNum,
    pub(crate) irs: SeqNum,
    pub(crate) tag: Tag,
    pub(crate) ts_recent: u32,
    pub(crate) link: Link,
    pub(crate) limiter: RateLimiter,
    /// The peer's MSS.
    mss: u16,
    /// ACKs sent.
    pub(crate) acks: u16,
    /// SYN,ACKs sent, for any reason.
    pub(crate) syn_acks: u8,
    /// SYN,ACK timeouts.
    pub(crate) timeouts: u8,
    /// The peer's shift count in the low four bits, facts above.
    shift_and_facts: u8,
}

const SHIFT: u8 = 0x0f;
const SCALED: u8 = 0x10;
const TIMESTAMPS: u8 = 0x20;
const SACK: u8 = 0x40;
const SIX: u8 = 0x80;

impl Linked for Embryo {
    fn link(&self) -> &Link {
        &self.link
    }

    fn link_mut(&mut self) -> &mut Link {
        &mut self.link
    }
}

impl Embryo {
    /// The entry that `syn` makes.
    pub(crate) fn new(
        (remote, six): (Remote, bool),
        door: u16,
        syn: &Segment,
        tag: Tag,
        iss: SeqNum,
        config: &Config,
    ) -> Embryo {
        let offered = if config.options {
            syn.options
        } else {
            Options::NONE
        };
        let shift = config.window_scale.and(offered.window_scale());
        let stamps = offered.timestamps().filter(|_| config.timestamps);
        let sack = config.sack_permitted && offered.sack_permitted();
        let facts = (u8::from(six) * SIX)
            | (u8::from(shift.is_some()) * SCALED)
            | (u8::from(stamps.is_some()) * TIMESTAMPS)
            | (u8::from(sack) * SACK);
        Embryo {
            remote,
            door,
            iss,
            irs: syn.seq,
            tag,
            ts_recent: stamps.map_or(0, |stamps| stamps.value),
            link: Link::default(),
            limiter: RateLimiter::default(),
            // MUST-14, and MUST-15 if the peer says nothing.
            mss: offered
                .mss()
                .unwrap_or(config.assumed_mss(six))
                .min(config.mss)
                .max(1),
            acks: 0,
            syn_acks: 0,
            timeouts: 0,
            shift_and_facts: facts | (shift.unwrap_or(0) & SHIFT),
        }
    }

    /// Whether the remote address is IPv6.
    pub(crate) fn is_six(&self) -> bool {
        self.shift_and_facts & SIX != 0
    }

    /// When the entry was made, or its timer last began anew.
    pub(crate) fn born(&self, config: &Config) -> Instant {
        let waited = passed(config, self.timeouts).saturating_add(self.wait(config));
        let nanos = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
        Instant::from_nanos(self.link.deadline().as_nanos().saturating_sub(nanos))
    }

    /// Marks the slot as free.
    pub(crate) fn bury(&mut self) {
        self.mss = 0;
    }

    /// Whether the slot is in use.
    pub(crate) fn is_live(&self) -> bool {
        self.mss != 0
    }

    /// Everything that decides what it will do, except its four-tuple and deadline.
    pub(crate) fn content(&self) -> ([u32; 4], (u16, u8, u8)) {
        let numbers = [self.iss.0, self.irs.0, self.ts_recent, self.limiter.bits()];
        // Whether the SYN,ACK was repeated decides about measuring the round trip.
        let mss_and_repeated = self.mss ^ (u16::from(self.syn_acks > 1) << 15);
        (
            numbers,
            (mss_and_repeated, self.timeouts, self.shift_and_facts),
        )
    }

    /// What was agreed on.
    pub(crate) fn marks(&self) -> Marks {
        let mut marks = Marks::default();
        marks.set(Marks::TIMESTAMPS, self.shift_and_facts & TIMESTAMPS != 0);
        marks.set(Marks::SCALED, self.shift_and_facts & SCALED != 0);
        marks.set(Marks::SACK, self.shift_and_facts & SACK != 0);
        marks
    }

    /// The two halves of the connection that it stands for, its SYN,ACK sent.
    pub(crate) fn halves(&self, config: &Config) -> (connection::Send, connection::Receive) {
        let mut snd = connection::Send::new(self.iss, config);
        snd.nxt = self.iss + 1;
        snd.cursor = snd.nxt;
        snd.agree_on(self.mss, self.shift_and_facts & SHIFT, config);
        let scaled = self.shift_and_facts & SCALED != 0;
        let shift = if scaled {
            config.window_scale.unwrap_or(0)
        } else {
            0
        };
        (
            snd,
            connection::Receive::new(self.irs, config.receive_buffer.min(0xffff), shift),
        )
    }

    /// How long to wait for an ACK after the latest timeout: the RTO doubled for each, but not
    /// beyond R2.
    pub(crate) fn wait(&self, config: &Config) -> Duration {
        let wait = stage(config, self.timeouts);
        match config.give_up_synack {
            GiveUp::Retries(_) => wait,
            GiveUp::After(_) if mutated!(config, NoSynAckTimeout) => wait,
            GiveUp::After(limit) => wait.min(limit.saturating_sub(passed(config, self.timeouts))),
        }
    }

    /// Whether the timeout that happens now is the end of it.
    pub(crate) fn is_spent(&self, config: &Config) -> bool {
        if mutated!(config, NoSynAckTimeout) {
            return false;
        }
        match config.give_up_synack {
            GiveUp::Retries(limit) => self.timeouts >= limit,
            GiveUp::After(limit) => {
                let timeouts = self.timeouts.saturating_add(1);
                passed(config, timeouts) >= limit || self.timeouts == u8::MAX
            }
        }
    }
}

/// The wait after so many timeouts.
fn stage(config: &Config, timeouts: u8) -> Duration {
    connection::backed_off(config.rto_initial, u32::from(timeouts), config.rto_max)
}

/// The time from the first SYN,ACK to the timeout with this number.
fn passed(config: &Config, timeouts: u8) -> Duration {
    (0..timeouts).fold(Duration::ZERO, |sum, n| {
        sum.saturating_add(stage(config, n))
    })
}

#[cfg(test)]
mod tests {
    use super::Embryo;

    #[test]
    fn an_entry_takes_52_octets() {
        assert_eq!(size_of::<Embryo>(), 52);
        assert_eq!(align_of::<Embryo>(), 4);
    }
}
