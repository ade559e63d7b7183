//! What a host has at a moment: its listeners and connections.

use std::net::SocketAddr;

use netsim::Instant;
use tcp_core::{Observation, Phase};

use super::{Host, Running};
use crate::recorder::Cut;

/// What a host has at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whether it has power. Without it has nothing else.
    pub has_power: bool,
    /// What the clock of its TCP shows: [`entries`](Self::entries) count by it.
    pub now: tcp_core::Instant,
    /// The ports that it listens on, in ascending order.
    pub listening: Vec<Listener>,
    /// Its connections and entries, ordered by four-tuple. What is in LISTEN stands in `listening`.
    pub entries: Vec<Observation>,
}

/// A port that is listened on, at all addresses of the host together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// Connections in the accept queue.
    pub waiting: usize,
    /// How many the backlog lets it hold.
    pub backlog: usize,
}

impl Host<'_> {
    /// What the host has now. It visits everything.
    pub fn listing(&self, now: Instant) -> Listing {
        // A host notices that it has lost power when something happens to it next.
        let back_at = match self.running {
            Running::Throughout | Running::Again => None,
            Running::NotUntil(back_at) => Some(back_at),
            Running::FromTheStart => {
                let cut = self.recorder.borrow().power_cut(now, self.id);
                cut.map(|Cut { back_at }| back_at)
            }
        };
        let is_down = back_at.is_some_and(|back_at| back_at.is_none_or(|back_at| back_at > now));
        // It has restarted at most, and nothing has happened to it since.
        let is_fresh = back_at.is_some();
        let ports = self.ports.iter().filter(|_| !is_down);
        let entries = if is_fresh {
            Vec::new()
        } else {
            self.endpoint.observe()
        };
        Listing {
            has_power: !is_down,
            now: self.clock.core(now),
            listening: ports.map(|&port| self.listener(port, is_fresh)).collect(),
            entries: entries
                .into_iter()
                .filter(|entry| entry.phase != Phase::Closed)
                .collect(),
        }
    }

    fn listener(&self, port: u16, is_fresh: bool) -> Listener {
        let spec = self.workload.plan().host(self.id);
        let waiting = |&address| {
            let local = SocketAddr::new(address, port);
            self.endpoint.waiting(local).unwrap_or(0)
        };
        Listener {
            port,
            waiting: if is_fresh {
                0
            } else {
                spec.addresses.iter().map(waiting).sum()
            },
            backlog: spec.listen.backlog as usize * spec.addresses.len(),
        }
    }
}
