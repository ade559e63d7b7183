//! What a host has at a moment: its listeners and connections.

use netsim::Instant;
use tcp_core::{Observation, Phase};

use super::{Host, Running};
use crate::recorder::Cut;

/// What a host has at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whether it has power. Without it has nothing else.
    pub has_power: bool,
    /// The ports that it listens on, in ascending order.
    pub listening: Vec<u16>,
    /// Its connections and entries, ordered by four-tuple. What is in LISTEN stands in `listening`.
    pub entries: Vec<Observation>,
}

impl Host<'_> {
    /// What the host has now. It visits everything.
    pub fn listing(&self, now: Instant) -> Listing {
        // A host notices that it has lost power when something happens to it next.
        let back_at = match self.running {
            Running::Again => None,
            Running::NotUntil(back_at) => Some(back_at),
            Running::FromTheStart => {
                let cut = self.recorder.borrow().power_cut(now, self.id);
                cut.map(|Cut { back_at }| back_at)
            }
        };
        let is_down = back_at.is_some_and(|back_at| back_at.is_none_or(|back_at| back_at > now));
        let entries = match back_at {
            // It has restarted at most, and nothing has happened to it since.
            Some(_) => Vec::new(),
            None => self.endpoint.observe(),
        };
        Listing {
            has_power: !is_down,
            listening: if is_down {
                Vec::new()
            } else {
                self.ports.clone()
            },
            entries: entries
                .into_iter()
                .filter(|entry| entry.phase != Phase::Closed)
                .collect(),
        }
    }
}
