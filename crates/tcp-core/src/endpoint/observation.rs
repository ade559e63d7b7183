//! What an observer sees of an endpoint: every connection and table entry, as `ss` lists them.
//!
//! Everything here is worked out when it is asked for; nothing is kept for it.

use alloc::vec::Vec;
use core::net::SocketAddr;

use super::Endpoint;
use super::table::Handle;
use crate::config::Config;
use crate::connection::{Connection, Phase, RunningTimer, TimerKind};
use crate::embryo::Embryo;
use crate::segment::{Flow, Tag};
use crate::time_wait::TimeWaitEntry;

/// One connection or table entry, as an observer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Observation {
    /// The four-tuple.
    pub flow: Flow,
    /// The state.
    pub phase: Phase,
    /// The incarnation.
    pub tag: Tag,
    /// Octets received in order that the user has not taken.
    pub unread: u32,
    /// Sequence numbers of the SYN, the text and the FIN that the user has given and that are not
    /// acknowledged, sent or not. An entry of the SYN queue has none, as in Linux.
    pub unacknowledged: u32,
    /// How often the retransmission timeout is doubled now.
    pub backoff: u8,
    /// The timer that runs, if one does: a delayed ACK is not counted, nor is keep-alive while
    /// another does.
    pub timer: Option<RunningTimer>,
}

impl Observation {
    fn of(flow: Flow, connection: &Connection, config: &Config) -> Observation {
        Observation {
            flow,
            phase: connection.phase(),
            tag: connection.tag,
            unread: connection.unread,
            unacknowledged: connection.unacknowledged(),
            backoff: connection.backoff(config),
            timer: connection.running_timer(config),
        }
    }

    fn of_embryo(flow: Flow, embryo: &Embryo) -> Observation {
        Observation {
            flow,
            phase: Phase::SynReceived,
            tag: embryo.tag,
            unread: 0,
            unacknowledged: 0,
            backoff: embryo.timeouts,
            timer: Some(RunningTimer {
                kind: TimerKind::Retransmission,
                runs_out: embryo.link.deadline(),
                tries: embryo.timeouts,
            }),
        }
    }

    fn of_time_wait(flow: Flow, entry: &TimeWaitEntry) -> Observation {
        Observation {
            flow,
            phase: Phase::TimeWait,
            tag: entry.tag,
            unread: 0,
            unacknowledged: 0,
            backoff: 0,
            timer: Some(RunningTimer {
                kind: TimerKind::TimeWait,
                runs_out: entry.link.deadline(),
                tries: 0,
            }),
        }
    }
}

impl Endpoint {
    /// Number of connections and table entries: what [`Endpoint::observe`] lists.
    pub fn entry_count(&self) -> usize {
        self.index.len()
    }

    /// Every connection, SYN queue entry and TIME-WAIT entry, ordered by four-tuple. For
    /// snapshots: it visits everything.
    pub fn observe(&self) -> Vec<Observation> {
        let handles = self.index.handles();
        let mut all: Vec<Observation> = handles.filter_map(|handle| self.see(handle)).collect();
        all.sort_unstable();
        all
    }

    fn see(&self, handle: Handle) -> Option<Observation> {
        let flow = self.stores.flow(handle);
        Some(match handle {
            Handle::Connection(slot) => {
                let connection = self.stores.connections[slot].as_ref()?;
                let config = &self.configs[connection.config as usize];
                Observation::of(flow, connection, config)
            }
            Handle::Embryo(slot) => Observation::of_embryo(flow, &self.stores.embryos[slot]),
            Handle::TimeWait(slot) => {
                Observation::of_time_wait(flow, &self.stores.time_waits[slot])
            }
        })
    }

    /// How many connections wait to be accepted at a local address and port: those in the accept
    /// queue of its listener; `None` if nobody listens there.
    pub fn waiting(&self, local: SocketAddr) -> Option<usize> {
        let listener = self.listener_at(local)?;
        let listener = self.listeners[listener.0 as usize].as_ref()?;
        Some(listener.accept_queue.len())
    }
}
