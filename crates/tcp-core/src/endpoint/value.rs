//! Endpoints as values: two are equal if nothing that they will ever do can tell them apart.
//!
//! Compared are the choices, the listeners, and every entry in the order of four-tuples, when the
//! queues have been drained. Left out
//! is what only observers see (tags, ids, ordinals, counters) and what only storage knows (slots,
//! free lists, capacity, stale wake-ups), so that an explorer's states merge. One choice does depend
//! on slots: whom the policy `random-drop` evicts.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::Endpoint;
use super::table::Handle;
use crate::connection::{Connection, Marks, Stamps, State, Timer};
use crate::embryo::Embryo;
use crate::listener::ListenConfig;
use crate::segment::{Flow, Segment};
use crate::time::Instant;
use crate::time_wait::TimeWaitEntry;

/// What an entry will do, as far as it is not in its four-tuple.
#[derive(PartialEq, Eq, Hash)]
enum Content<'a> {
    Connection {
        state: &'a State,
        config: u8,
        unread: u32,
        timers: [Instant; Timer::ALL.len()],
        stamps: Stamps,
        marks: Marks,
        rest: (u32, u32, Instant, u8),
    },
    Embryo {
        numbers: [u32; 4],
        facts: (u16, u8, u8),
        deadline: Instant,
    },
    TimeWait {
        numbers: [u32; 4],
        facts: (u16, u8, u8),
        deadline: Instant,
    },
}

/// A listener's choices, and the four-tuples in its accept queue.
type Door = (
    u16,
    Option<core::net::IpAddr>,
    ListenConfig,
    u8,
    Vec<Flow>,
    Option<Instant>,
);

impl Endpoint {
    fn entries(&self) -> BTreeMap<Flow, Content<'_>> {
        let stores = &self.stores;
        let content = |handle| match handle {
            Handle::Connection(slot) => {
                let found = stores.connections[slot].as_ref();
                Content::of(found.expect("the index leads to live entries"))
            }
            Handle::Embryo(slot) => Content::of_embryo(&stores.embryos[slot]),
            Handle::TimeWait(slot) => Content::of_time_wait(&stores.time_waits[slot]),
        };
        self.index
            .handles()
            .map(|handle| (stores.flow(handle), content(handle)))
            .collect()
    }

    fn doors(&self) -> Vec<Door> {
        let door = |(&(port, ip), id): (&(u16, Option<core::net::IpAddr>), _)| {
            let id: &crate::listener::ListenerId = id;
            let listener = self.listeners[id.0 as usize].as_ref()?;
            let waiting = listener
                .accept_queue
                .iter()
                .filter_map(|&id| self.flow(id))
                .collect();
            let (config, connections) = (listener.config, listener.connections);
            Some((port, ip, config, connections, waiting, listener.overflowed))
        };
        self.ports.iter().filter_map(door).collect()
    }

    /// What waits to be sent.
    fn outgoing(&self) -> Vec<(Flow, Segment)> {
        let flow = |packet: &crate::segment::Packet| Flow {
            local: packet.source,
            remote: packet.target,
        };
        let sent = self
            .io
            .outbox
            .iter()
            .map(|out| (flow(&out.packet), out.packet.segment));
        sent.collect()
    }
}

impl PartialEq for Endpoint {
    fn eq(&self, other: &Endpoint) -> bool {
        self.secret == other.secret
            && self.configs == other.configs
            && self.doors() == other.doors()
            && self.outgoing() == other.outgoing()
            && self.scripted_isns == other.scripted_isns
            && self.history == other.history
            && self.peer_clocks == other.peer_clocks
            && self.next_ephemeral == other.next_ephemeral
            && self.io.cookies == other.io.cookies
            && self.entries() == other.entries()
    }
}

impl Eq for Endpoint {}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.doors().hash(hasher);
        self.outgoing().hash(hasher);
        self.entries().hash(hasher);
    }
}

impl<'a> Content<'a> {
    fn of(connection: &'a Connection) -> Content<'a> {
        let mut marks = connection.marks;
        marks.set(Marks::READY, false);
        Content::Connection {
            state: &connection.state,
            config: connection.config,
            unread: connection.unread,
            timers: Timer::ALL.map(|timer| connection.timer(timer)),
            stamps: connection.stamps,
            marks,
            rest: connection.rest(),
        }
    }

    fn of_embryo(embryo: &Embryo) -> Content<'a> {
        let (numbers, facts) = embryo.content();
        Content::Embryo {
            numbers,
            facts,
            deadline: embryo.link.deadline(),
        }
    }

    fn of_time_wait(entry: &TimeWaitEntry) -> Content<'a> {
        let (numbers, facts) = entry.content();
        Content::TimeWait {
            numbers,
            facts,
            deadline: entry.link.deadline(),
        }
    }
}
