//! A segment arrives in LISTEN (RFC 9293 section 3.10.7.2), and the SYN queue.

use super::table::Handle;
use super::{Endpoint, Flow};
use crate::connection::{Connection, Phase, State, Turn};
use crate::embryo::Embryo;
use crate::handshake::SynVerdict;
use crate::io::{ConnectionId, Event, Reason, Transition};
use crate::isn::{initial_sequence_number, keyed_hash};
use crate::listener::{Listener, ListenerId};
use crate::segment::{Packet, Tag};
use crate::seq::SeqNum;
use crate::time::Instant;

/// What a reopened connection's ISN lies beyond the old incarnation's last number, octets: the
/// largest unscaled window and the SYN and FIN around it.
const BEYOND_OLD_WINDOW: u32 = 65535 + 2;

impl Endpoint {
    /// The listener that answers at a local address: one for the very address before one for any.
    pub(super) fn listener_at(&self, local: core::net::SocketAddr) -> Option<ListenerId> {
        let exact = self.ports.get(&(local.port(), Some(local.ip())));
        exact
            .or_else(|| self.ports.get(&(local.port(), None)))
            .copied()
    }

    pub(super) fn listener(&mut self, id: ListenerId) -> &mut Listener {
        self.listeners[id.0 as usize]
            .as_mut()
            .expect("its entries go when a listener goes")
    }

    /// The steps of LISTEN. `floor` is what the ISN must lie beyond when the SYN reopens a
    /// connection from TIME-WAIT.
    pub(super) fn arrives_in_listen(
        &mut self,
        now: Instant,
        listener: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) {
        let flags = packet.segment.flags;
        // First, check for a RST: "it should be ignored".
        if flags.rst() {
            return;
        }
        // Second, check for an ACK: "any acknowledgment is bad if it arrives on a connection
        // still in the LISTEN state".
        if flags.ack() {
            self.reset_stray(packet);
            return;
        }
        // Third, check for a SYN. Fourth, other data or control: drop the segment.
        if !flags.syn() {
            return;
        }
        let config = self.listener(listener).connections;
        if flags.fin() && self.configs[config as usize].drop_syn_fin {
            return;
        }
        self.syn_in_listen(now, listener, flow, packet, floor);
    }

    fn syn_in_listen(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) {
        let Some(listener) = &self.listeners[id.0 as usize] else {
            return;
        };
        if !listener.admits_syn(&mut self.io.counters) {
            return;
        }
        let verdict = listener.config.policy.on_syn();
        let config_id = listener.connections;
        let config = &self.configs[config_id as usize];
        let iss = self.scripted_isns.remove(&flow).unwrap_or_else(|| {
            let iss = initial_sequence_number(self.secret, flow, now, config.isn_bits);
            match floor {
                Some(floor) if !iss.is_after(floor) => floor + BEYOND_OLD_WINDOW,
                _ => iss,
            }
        });
        self.io.counters.PassiveOpens += 1;
        let door = self.stores.door(flow.local);
        let remote = self.stores.book.pack(flow.remote);
        let embryo = Embryo::new(remote, door, id, &packet.segment, packet.tag, iss, config);
        match verdict {
            SynVerdict::AwaitAck => self.await_ack(now, id, flow, embryo),
            SynVerdict::Establish => {
                self.stores.book.release(embryo.remote, embryo.is_six());
                self.establish(now, id, config_id, flow, &embryo);
            }
        }
    }

    /// Three-way: an entry in the SYN queue, its SYN,ACK sent and timed.
    fn await_ack(&mut self, now: Instant, id: ListenerId, flow: Flow, embryo: Embryo) {
        let slot = self.stores.embryos.insert(embryo);
        self.index.insert(&self.stores, flow, Handle::Embryo(slot));
        let listener = self.listener(id);
        listener.embryos += 1;
        listener.young += 1;
        let config_id = listener.connections;
        let wait = embryo.wait(&self.configs[config_id as usize]);
        self.syn_ack_timers
            .start(&mut self.stores.embryos, slot, now, wait);
        let (tag, isns) = (embryo.tag, (embryo.iss, embryo.irs));
        self.report_opened(None, tag, flow, isns, Phase::SynReceived);
        self.send_syn_ack(now, slot, flow);
    }

    /// Two-way: a connection in ESTABLISHED that waits to be accepted.
    fn establish(
        &mut self,
        now: Instant,
        listener: ListenerId,
        config_id: u8,
        flow: Flow,
        embryo: &Embryo,
    ) {
        let pair = self.stores.book.pair(flow);
        let config = &self.configs[config_id as usize];
        let mut connection = Connection::established_on_syn(pair, config_id, config, embryo);
        connection.stamps.offset = self.timestamp_offset(flow);
        let isns = (connection.iss, connection.irs);
        let slot = self.adopt(connection, flow);
        let id = self.id_at(slot);
        self.report_opened(Some(id), embryo.tag, flow, isns, Phase::Established);
        self.listener(listener).accept_queue.push_back(id);
        self.io.events.push_back(Event::Acceptable(listener));
        self.with_connection(now, slot, |connection, turn| connection.opened_on_syn(turn));
    }

    fn report_opened(
        &mut self,
        id: Option<ConnectionId>,
        tag: Tag,
        flow: Flow,
        (iss, irs): (SeqNum, SeqNum),
        to: Phase,
    ) {
        self.io.transitions.push_back(Transition {
            id,
            tag,
            flow,
            isns: (Some(iss), Some(irs)),
            from: Phase::Listen,
            to,
            reason: Reason::Syn,
        });
    }

    /// What is added to the clock to make the timestamps of a four-tuple: hides the host's uptime
    /// (RFC 7323 section 5.4).
    pub(super) fn timestamp_offset(&self, flow: Flow) -> u32 {
        keyed_hash(self.secret, flow, b"ts") as u32
    }

    /// Sends the SYN,ACK of an entry, for the first time or again.
    fn send_syn_ack(&mut self, now: Instant, slot: u32, flow: Flow) {
        self.with_embryo(now, slot, flow, |connection, turn| {
            connection.send_syn_ack(turn)
        });
    }

    /// A segment for an entry of the SYN queue. The entry becomes a connection for the length of
    /// a turn; if that leaves SYN-RECEIVED, it stays one.
    pub(super) fn arrives_at_embryo(
        &mut self,
        now: Instant,
        slot: u32,
        flow: Flow,
        packet: &Packet,
    ) {
        let (segment, tag) = (packet.segment, packet.tag);
        self.with_embryo(now, slot, flow, |connection, turn| {
            connection.segment_arrives(segment, tag, turn);
        });
    }

    fn with_embryo(
        &mut self,
        now: Instant,
        slot: u32,
        flow: Flow,
        act: impl FnOnce(&mut Connection, &mut Turn<'_>),
    ) {
        let embryo = self.stores.embryos[slot];
        let pair = self.stores.book.pair(flow);
        let listener = self.listeners[embryo.listener().0 as usize].as_ref();
        let listener = listener.expect("its entries go when a listener goes");
        let (config_id, room) = (listener.connections, listener.room());
        let config = &self.configs[config_id as usize];
        let mut connection = Connection::from_embryo(pair, config_id, config, &embryo);
        if connection.uses_timestamps() {
            connection.stamps.offset = keyed_hash(self.secret, flow, b"ts") as u32;
        }
        let future = ConnectionId {
            slot: self.stores.connections.next_slot(),
            serial: self.next_serial,
        };
        let mut turn = Turn {
            now,
            id: future,
            flow,
            config,
            io: &mut self.io,
            room,
        };
        act(&mut connection, &mut turn);
        match connection.state {
            State::Closed => self.remove_embryo(slot, flow),
            State::SynReceived(_) => self.keep_embryo(now, slot, &connection),
            _ => self.promote(now, slot, flow, connection),
        }
    }

    /// The entry stays: takes back what the turn can have changed. A SYN,ACK that was sent again
    /// starts the timer anew.
    fn keep_embryo(&mut self, now: Instant, slot: u32, connection: &Connection) {
        let embryo = &mut self.stores.embryos[slot];
        // The timer's own SYN,ACK has started it anew at this very instant already.
        let repeated = connection.ordinals.syn_ack > embryo.syn_acks && embryo.syn_acks > 0;
        embryo.limiter = connection.limiter;
        embryo.ts_recent = connection.stamps.recent;
        embryo.acks = connection.ordinals.ack as u16;
        embryo.syn_acks = connection.ordinals.syn_ack;
        if repeated {
            let wait = embryo.wait(&self.configs[connection.config as usize]);
            self.syn_ack_timers
                .stop(&mut self.stores.embryos, slot, wait);
            self.syn_ack_timers
                .start(&mut self.stores.embryos, slot, now, wait);
        }
    }

    /// The handshake is complete: the entry becomes a connection that waits to be accepted.
    fn promote(&mut self, now: Instant, slot: u32, flow: Flow, connection: Connection) {
        let listener = self.stores.embryos[slot].listener();
        self.remove_embryo(slot, flow);
        let place = self.adopt(connection, flow);
        let id = self.id_at(place);
        self.listener(listener).accept_queue.push_back(id);
        self.with_connection(now, place, |connection, _| connection.wants_turn());
    }

    /// Takes an entry out of the queue, the timer list and the index.
    fn remove_embryo(&mut self, slot: u32, flow: Flow) {
        let embryo = self.stores.embryos[slot];
        let listener = self.listener(embryo.listener());
        listener.embryos -= 1;
        listener.young -= u32::from(embryo.timeouts == 0);
        let config_id = listener.connections;
        let wait = embryo.wait(&self.configs[config_id as usize]);
        self.syn_ack_timers
            .stop(&mut self.stores.embryos, slot, wait);
        self.index.remove(flow, Handle::Embryo(slot));
        self.stores.book.release(embryo.remote, embryo.is_six());
        self.stores.embryos.free(slot);
    }

    /// The SYN,ACK timer of an entry runs out: send it again, or give the entry up.
    pub(super) fn syn_ack_timeout(&mut self, now: Instant, slot: u32) {
        let flow = self.stores.flow(Handle::Embryo(slot));
        let embryo = self.stores.embryos[slot];
        let listener = self.listeners[embryo.listener().0 as usize].as_mut();
        let listener = listener.expect("its entries go when a listener goes");
        let config = &self.configs[listener.connections as usize];
        if embryo.is_spent(config) || listener.prunes(&embryo, config) {
            self.io.counters.TCPTimeouts += 1;
            self.end_embryo(slot, flow, Reason::Timeout);
            return;
        }
        listener.young -= u32::from(embryo.timeouts == 0);
        self.syn_ack_timers
            .stop(&mut self.stores.embryos, slot, embryo.wait(config));
        let embryo = &mut self.stores.embryos[slot];
        embryo.timeouts += 1;
        let wait = embryo.wait(config);
        self.syn_ack_timers
            .start(&mut self.stores.embryos, slot, now, wait);
        self.send_syn_ack(now, slot, flow);
    }

    /// Removes an entry and reports that it returned to LISTEN.
    pub(super) fn end_embryo(&mut self, slot: u32, flow: Flow, reason: Reason) {
        let embryo = self.stores.embryos[slot];
        self.remove_embryo(slot, flow);
        self.io.transitions.push_back(Transition {
            id: None,
            tag: embryo.tag,
            flow,
            isns: (Some(embryo.iss), Some(embryo.irs)),
            from: Phase::SynReceived,
            to: Phase::Listen,
            reason,
        });
    }
}
