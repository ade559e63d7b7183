//! One host's TCP: connections, listeners, and the tables between them.
//!
//! The endpoint finds what a segment is for and gives it the turn; what the segment does is
//! decided in [`connection`](crate::connection). Nothing here scans connections: the four-tuple
//! leads to its entry through a keyed hash, timers wait in lists by duration and in one heap.

mod bytes;
mod calls;
mod closed;
mod observation;
mod passive;
mod quiet;
mod syn_queue;
mod table;
mod value;

use alloc::collections::binary_heap::PeekMut;
use alloc::collections::{BTreeMap, BinaryHeap, VecDeque};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::net::IpAddr;

pub use self::calls::{ConnectError, ListenError, Open};
pub use self::observation::Observation;
use self::table::{Handle, Index, Stores};
use crate::config::{Config, ConfigError};
use crate::connection::{Connection, Marks, Phase, Room, State, Turn};
use crate::fifo::Fifos;
use crate::history::History;
use crate::io::{ConnectionId, Counters, Event, Io, Transition};
use crate::isn::Secret;
use crate::listener::{Listener, ListenerId};
use crate::peer_clock::PeerClocks;
use crate::segment::{Flow, Packet, Transmit};
use crate::seq::SeqNum;
use crate::time::Instant;

/// A set of choices that connections refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigId(pub(crate) u8);

impl ConfigId {
    /// The configuration that the endpoint was made with.
    pub const DEFAULT: ConfigId = ConfigId(0);
}

/// A wake-up of one connection. It may be early or out of date; the connection knows better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WakeUp {
    at: Instant,
    slot: u32,
    serial: u32,
}

/// One host's TCP. See the [crate documentation](crate) for how to drive it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    secret: Secret,
    configs: Vec<Config>,
    listeners: Vec<Option<Listener>>,
    vacant_listeners: Vec<u16>,
    /// Port and address (absent: any) to listener.
    ports: BTreeMap<(u16, Option<IpAddr>), ListenerId>,
    index: Index,
    stores: Stores,
    /// At most one counts for each connection; the others are swept when they become too many.
    wake_ups: BinaryHeap<Reverse<WakeUp>>,
    syn_ack_timers: Fifos,
    time_wait_timers: Fifos,
    /// Connections that have something to send, in the order in which they got it.
    ready: VecDeque<(u32, u32)>,
    scripted_isns: BTreeMap<Flow, SeqNum>,
    history: History,
    peer_clocks: PeerClocks,
    next_serial: u32,
    next_ephemeral: u16,
    io: Io,
}

impl Endpoint {
    /// An endpoint with the given choices.
    ///
    /// # Errors
    /// If a choice is out of its range.
    pub fn new(config: Config, secret: Secret) -> Result<Endpoint, ConfigError> {
        config.validate()?;
        Ok(Endpoint {
            secret,
            next_ephemeral: *config.ephemeral_ports.start(),
            configs: alloc::vec![config],
            listeners: Vec::new(),
            vacant_listeners: Vec::new(),
            ports: BTreeMap::new(),
            index: Index::new(secret),
            stores: Stores::default(),
            wake_ups: BinaryHeap::new(),
            syn_ack_timers: Fifos::default(),
            time_wait_timers: Fifos::default(),
            ready: VecDeque::new(),
            scripted_isns: BTreeMap::new(),
            history: History::default(),
            peer_clocks: PeerClocks::default(),
            next_serial: 1,
            io: Io::default(),
        })
    }

    /// SEGMENT ARRIVES (RFC 9293 section 3.10.7). Never fails: every segment has its answer, if
    /// only silence.
    pub fn on_packet(&mut self, now: Instant, packet: &Packet) {
        self.io.counters.InSegs += 1;
        let flow = Flow {
            local: packet.target,
            remote: packet.source,
        };
        match self.index.find(&self.stores, flow) {
            Some(Handle::Connection(slot)) => {
                let (segment, tag) = (packet.segment, packet.tag);
                self.with_connection(now, slot, |connection, turn| {
                    connection.segment_arrives(segment, tag, turn);
                });
            }
            Some(Handle::Embryo(slot)) => self.arrives_at_embryo(now, slot, flow, packet),
            Some(Handle::TimeWait(slot)) => self.arrives_in_time_wait(now, slot, flow, packet),
            None => match self.listener_at(flow.local) {
                Some(listener) => self.arrives_in_listen(now, listener, flow, packet, None),
                None => self.arrives_in_closed(packet),
            },
        }
    }

    /// Acts on every timer whose deadline has come. Harmless when called early.
    pub fn on_deadline(&mut self, now: Instant) {
        while let Some(slot) = self.take_due(now) {
            self.with_connection(now, slot, Connection::on_deadline);
        }
        if self.wake_ups.capacity() > 64 + 4 * self.wake_ups.len() {
            self.wake_ups.shrink_to(2 * self.wake_ups.len());
        }
        while let Some(slot) = self.syn_ack_timers.due(now) {
            self.syn_ack_timeout(now, slot);
        }
        while let Some(slot) = self.time_wait_timers.due(now) {
            self.time_wait_timeout(now, slot);
        }
    }

    /// When [`Endpoint::on_deadline`] wants to be called next, if ever. May be early.
    pub fn next_deadline(&self) -> Option<Instant> {
        let connections = self.wake_ups.peek();
        let at = connections
            .map_or(Instant::END, |wake_up| wake_up.0.at)
            .min(self.syn_ack_timers.next_deadline())
            .min(self.time_wait_timers.next_deadline());
        (at < Instant::END).then_some(at)
    }

    /// Whether [`Endpoint::poll_packet`] may have something. If not, asking it changes nothing.
    #[inline]
    pub fn may_send(&self) -> bool {
        !(self.io.outbox.is_empty() && self.ready.is_empty())
    }

    /// Whether [`Endpoint::poll_event`] or [`Endpoint::poll_transition`] has something.
    #[inline]
    pub fn has_news(&self) -> bool {
        !(self.io.events.is_empty() && self.io.transitions.is_empty())
    }

    /// The next packet to send, if any.
    pub fn poll_packet(&mut self, now: Instant) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.io.outbox.pop_front() {
                return Some(transmit);
            }
            let (slot, serial) = self.ready.pop_front()?;
            if self.connection(slot, serial).is_some() {
                self.with_connection(now, slot, |connection, turn| {
                    connection.marks.set(Marks::READY, false);
                    connection.flush(turn);
                });
            }
        }
    }

    /// The next thing to tell a user, if any.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.io.events.pop_front()
    }

    /// The next change of state, for observers, if any.
    pub fn poll_transition(&mut self) -> Option<Transition> {
        self.io.transitions.pop_front()
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.io.counters
    }

    fn connection(&self, slot: u32, serial: u32) -> Option<&Connection> {
        self.stores
            .connections
            .get(slot)?
            .as_ref()
            .filter(|connection| connection.serial == serial)
    }

    /// Takes the wake-up of a connection of which a timer has run out, if there is one.
    ///
    /// Those before it that are out of date go: each was superseded by an earlier one, or its
    /// connection is gone. So do those of timers that were stopped, and those of timers that were
    /// put off move to where the timer is now, both before their time: nearly all timers are stopped
    /// before they run out, and the endpoint need not be called for those.
    fn take_due(&mut self, now: Instant) -> Option<u32> {
        while let Some(mut first) = self.wake_ups.peek_mut() {
            let WakeUp { at, slot, serial } = first.0;
            let connection = self.stores.connections[slot].as_mut().filter(|connection| {
                connection.serial == serial && Instant::from(connection.armed) == at
            });
            let Some(connection) = connection else {
                PeekMut::pop(first);
                continue;
            };
            let deadline = connection.next_deadline();
            let is_due = deadline <= now;
            if deadline == at && !is_due {
                return None;
            }
            let later = if is_due { Instant::END } else { deadline };
            connection.armed = later.into();
            if later == Instant::END {
                PeekMut::pop(first);
            } else {
                first.0.at = later;
            }
            if is_due {
                return Some(slot);
            }
        }
        None
    }

    /// Gives a connection the turn and stores what became of it.
    fn with_connection<R>(
        &mut self,
        now: Instant,
        slot: u32,
        act: impl FnOnce(&mut Connection, &mut Turn<'_>) -> R,
    ) -> R {
        let stores = &mut self.stores;
        let connection = stores.connections[slot]
            .as_mut()
            .expect("callers have found it");
        let mut turn = Turn {
            now,
            id: ConnectionId {
                slot,
                serial: connection.serial,
            },
            flow: stores.book.flow(connection.pair),
            config: &self.configs[connection.config as usize],
            io: &mut self.io,
            room: Room::Free,
        };
        let config = turn.config;
        let was_ready = connection.marks.has(Marks::READY);
        let pending = connection.pending_fast_open();
        let result = act(connection, &mut turn);
        let flow = turn.flow;
        let completed = pending.filter(|_| connection.pending_fast_open().is_none());
        if !was_ready && connection.marks.has(Marks::READY) {
            self.ready.push_back((slot, connection.serial));
        }
        if connection.state == State::Closed {
            self.forget(now, slot, flow);
            self.sweep_wake_ups();
        } else if connection.has_just_entered_time_wait(now, config) {
            self.freeze(now, slot, flow);
            self.sweep_wake_ups();
        } else {
            let deadline = connection.next_deadline();
            if deadline < connection.armed.into() {
                connection.armed = deadline.into();
                let serial = connection.serial;
                self.wake_ups.push(Reverse(WakeUp {
                    at: deadline,
                    slot,
                    serial,
                }));
                self.sweep_wake_ups();
            }
        }
        if let Some(listener) = completed {
            self.fast_open_completed(listener);
        }
        result
    }

    /// Throws away wake-ups that are out of date once they outnumber the connections: each was
    /// superseded by an earlier one, or its connection is gone.
    fn sweep_wake_ups(&mut self) {
        if self.wake_ups.len() <= 64 + 2 * self.stores.connections.live() {
            return;
        }
        let mut counting = core::mem::take(&mut self.wake_ups).into_vec();
        counting.retain(|Reverse(wake_up)| {
            self.connection(wake_up.slot, wake_up.serial)
                .is_some_and(|connection| Instant::from(connection.armed) == wake_up.at)
        });
        counting.sort_unstable();
        counting.dedup();
        self.wake_ups = counting.into();
    }

    /// Removes a connection that is gone.
    fn forget(&mut self, now: Instant, slot: u32, flow: Flow) {
        self.history.ended(flow, now);
        self.index.remove(flow, Handle::Connection(slot));
        self.stores.connections[slot] = None;
        self.stores.connections.free(slot);
    }

    /// Stores a connection that leads its four-tuple from now on.
    fn adopt(&mut self, mut connection: Connection, flow: Flow) -> u32 {
        connection.serial = self.next_serial;
        connection.marks.set(Marks::READY, false); // Not in this endpoint's queue yet.
        self.next_serial = self.next_serial.wrapping_add(1).max(1);
        let slot = self.stores.connections.insert(Some(connection));
        self.index
            .insert(&self.stores, flow, Handle::Connection(slot));
        slot
    }

    /// SND.NXT of a four-tuple's connection.
    pub fn snd_nxt(&self, flow: Flow) -> Option<SeqNum> {
        match self.index.find(&self.stores, flow)? {
            Handle::Connection(slot) => self.stores.connections[slot]
                .as_ref()
                .map(|found| found.state.snd_nxt()),
            Handle::Embryo(slot) => Some(self.stores.embryos[slot].iss + 1),
            Handle::TimeWait(slot) => Some(self.stores.time_waits[slot].snd_nxt),
        }
    }

    /// Reads what a segment of this four-tuple will need, so that it is in the cache when the segment
    /// comes. Before a few dozen segments these reads wait for memory together, the look-ups of one
    /// segment after the other do not. Nothing else comes of it.
    pub fn expect(&self, flow: Flow) {
        if let Some(handle) = self.index.guess(flow) {
            self.stores.touch(handle);
        }
    }

    /// The state of a four-tuple: of its entry, else LISTEN or CLOSED.
    pub fn phase(&self, flow: Flow) -> Phase {
        match self.index.find(&self.stores, flow) {
            Some(Handle::Connection(slot)) => self.stores.connections[slot]
                .as_ref()
                .map_or(Phase::Closed, Connection::phase),
            Some(Handle::Embryo(_)) => Phase::SynReceived,
            Some(Handle::TimeWait(_)) => Phase::TimeWait,
            None if self.listener_at(flow.local).is_some() => Phase::Listen,
            None => Phase::Closed,
        }
    }
}
