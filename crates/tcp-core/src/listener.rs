//! LISTEN: a factory of connections with two queues (RFC 9293 section 3.10.7.2).
//!
//! The SYN queue holds entries in SYN-RECEIVED, the accept queue connections that no user has
//! accepted yet. This file decides whether a SYN finds room; the endpoint carries it out.

use alloc::collections::VecDeque;
use core::net::{IpAddr, SocketAddr};

use crate::config::{Config, ConfigError, GiveUp};
use crate::connection::Room;
use crate::cookie;
use crate::embryo::Embryo;
use crate::handshake::{Handshake, Load};
use crate::io::ConnectionId;
use crate::time::Instant;

/// A listener of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub(crate) u16);

/// The choices of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenConfig {
    /// How passive opens complete.
    pub policy: Handshake,
    /// Entries that each of the two queues holds.
    pub backlog: u32,
    /// Whether a queue counts as full only beyond `backlog` entries (Linux compares with `>`).
    pub backlog_plus_one: bool,
    /// Linux's `tcp_max_syn_backlog`: without SYN cookies, a SYN queue takes no more once less
    /// than a quarter of this is left. `None` for stacks without such a limit.
    pub max_syn_backlog: Option<u32>,
    /// Whether a SYN queue that is more than half full gives up old entries early
    /// (`reqsk_timer_handler` of Linux).
    pub syn_queue_prune: bool,
    /// Connections opened by a Fast Open cookie that may wait for their ACK at once (RFC 7413
    /// section 5.1); beyond it the three-way handshake is used.
    pub fast_open_limit: u32,
    /// Whether an ACK that finds the accept queue full is answered with a RST instead of being
    /// dropped (`tcp_abort_on_overflow`).
    pub abort_on_overflow: bool,
}

impl ListenConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.backlog == 0 && !self.backlog_plus_one {
            return Err(ConfigError {
                field: "backlog",
                expected: "at least 1",
            });
        }
        Ok(())
    }

    /// Most entries of one queue.
    fn capacity(&self) -> u32 {
        self.backlog
            .saturating_add(u32::from(self.backlog_plus_one))
    }
}

/// A listener and its two queues. The SYN queue's entries are in the endpoint's table.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) local: SocketAddr,
    pub(crate) config: ListenConfig,
    /// The configuration of its connections, by number.
    pub(crate) connections: u8,
    /// Connections that wait to be accepted. One that died while waiting stays until it is
    /// skipped, and counts, as in Linux.
    pub(crate) accept_queue: VecDeque<ConnectionId>,
    /// Entries in the SYN queue.
    pub(crate) embryos: u32,
    /// Of these, the ones without a SYN,ACK timeout yet.
    pub(crate) young: u32,
    /// Connections in SYN-RECEIVED that a Fast Open cookie has opened.
    pub(crate) fast_opens: u32,
    /// When the SYN queue overflowed last.
    pub(crate) overflowed: Option<Instant>,
}

impl Listener {
    pub(crate) fn new(local: SocketAddr, config: ListenConfig, connections: u8) -> Listener {
        let accept_queue = VecDeque::new();
        Listener {
            local,
            config,
            connections,
            accept_queue,
            embryos: 0,
            young: 0,
            fast_opens: 0,
            overflowed: None,
        }
    }

    /// Whether it listens on every local address.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        (!self.local.ip().is_unspecified()).then(|| self.local.ip())
    }

    /// How much room there is for one more entry.
    pub(crate) fn load(&self) -> Load {
        if self.embryos >= self.config.capacity() {
            Load::Full
        } else if self.crowded() {
            Load::Crowded
        } else {
            Load::Room
        }
    }

    /// Linux keeps the last quarter of `tcp_max_syn_backlog` for peers that it knows; here nobody
    /// is known.
    fn crowded(&self) -> bool {
        self.config
            .max_syn_backlog
            .is_some_and(|max| max.saturating_sub(self.embryos) < max / 4)
    }

    /// Whether cookies were sent so lately that ACKs for them may still come.
    pub(crate) fn overflowed_lately(&self, now: Instant) -> bool {
        let life = cookie::SLOT * (cookie::MAX_AGE + 1);
        self.overflowed.is_some_and(|at| now.since(at) <= life)
    }

    /// Whether one more connection opened by a Fast Open cookie may wait for its ACK.
    pub(crate) fn admits_fast_open(&self) -> bool {
        self.fast_opens < self.config.fast_open_limit
    }

    pub(crate) fn accept_queue_is_full(&self) -> bool {
        self.accept_queue.len() >= self.config.capacity() as usize
    }

    /// What a completed handshake meets.
    pub(crate) fn room(&self) -> Room {
        match (self.accept_queue_is_full(), self.config.abort_on_overflow) {
            (false, _) => Room::Free,
            (true, false) => Room::Full,
            (true, true) => Room::Reset,
        }
    }

    /// Whether the queue is so full that `embryo` is given up at this timeout although it has
    /// tries left: the more young entries there are, the fewer tries an old one gets.
    pub(crate) fn prunes(&self, embryo: &Embryo, config: &Config) -> bool {
        let GiveUp::Retries(retries) = config.give_up_synack else {
            return false;
        };
        if !self.config.syn_queue_prune || 2 * self.embryos <= self.config.backlog.max(8) {
            return false;
        }
        let mut tries = retries;
        let mut young = u64::from(self.young) * 2;
        while tries > 2 && u64::from(self.embryos) >= young {
            tries -= 1;
            young *= 2;
        }
        embryo.timeouts >= tries
    }
}
