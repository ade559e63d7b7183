//! The SYN queue: entries in SYN-RECEIVED, their segments, their timer, and who makes room.

use super::table::Handle;
use super::{Endpoint, Flow};
use crate::connection::{Connection, Phase, State, Turn};
use crate::cookie;
use crate::embryo::Embryo;
use crate::handshake::Victim;
use crate::io::{ConnectionId, Reason, Transition};
use crate::isn::keyed_hash;
use crate::listener::ListenerId;
use crate::mutant::mutated;
use crate::segment::Packet;
use crate::seq::SeqNum;
use crate::time::Instant;

impl Endpoint {
    /// Three-way: an entry in the SYN queue, its SYN,ACK sent and timed.
    pub(super) fn await_ack(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) {
        let embryo = self.embryo(now, id, flow, packet, floor);
        let slot = self.stores.embryos.insert(embryo);
        self.index.insert(&self.stores, flow, Handle::Embryo(slot));
        let listener = self.listener(id);
        listener.embryos += 1;
        listener.young += 1;
        let (config_id, policy) = (listener.connections, listener.config.policy);
        let wait = embryo.wait(&self.configs[config_id as usize]);
        self.syn_ack_timers
            .start(&mut self.stores.embryos, slot, now, wait);
        let (tag, isns) = (embryo.tag, (embryo.iss, embryo.irs));
        self.report_opened(None, tag, flow, isns, Phase::SynReceived, Reason::Syn);
        let asks = policy.uses_fast_open() && packet.segment.options.fast_open().is_some();
        self.io.grant = asks.then(|| cookie::fast_open(self.secret, flow.remote.ip()));
        self.send_syn_ack(now, slot, flow);
        self.io.grant = None;
    }

    /// Sends the SYN,ACK of an entry, for the first time or again.
    pub(super) fn send_syn_ack(&mut self, now: Instant, slot: u32, flow: Flow) {
        self.with_embryo(now, slot, flow, |connection, turn| {
            connection.send_syn_ack(turn);
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

    pub(super) fn with_embryo(
        &mut self,
        now: Instant,
        slot: u32,
        flow: Flow,
        act: impl FnOnce(&mut Connection, &mut Turn<'_>),
    ) {
        let embryo = self.stores.embryos[slot];
        let id = self.stores.listener_of(&embryo);
        let room = self.listener(id).room();
        let mut connection = self.thaw(&embryo, id, flow);
        let config = &self.configs[connection.config as usize];
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
        let reported = turn.io.transitions.len();
        act(&mut connection, &mut turn);
        match connection.state {
            State::Closed => {
                // The id was that of a connection which is never made.
                for transition in self.io.transitions.range_mut(reported..) {
                    transition.id = None;
                }
                self.remove_embryo(slot, flow);
            }
            State::SynReceived(_) => self.keep_embryo(now, slot, &connection),
            State::SynSent(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => self.promote(now, slot, flow, connection),
        }
    }

    /// The entry stays: takes back what the turn can have changed. A SYN,ACK that was sent again
    /// starts the timer anew.
    pub(super) fn keep_embryo(&mut self, now: Instant, slot: u32, connection: &Connection) {
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
    pub(super) fn promote(&mut self, now: Instant, slot: u32, flow: Flow, connection: Connection) {
        let listener = self.stores.listener_of(&self.stores.embryos[slot]);
        self.remove_embryo(slot, flow);
        let irs = connection.irs;
        let place = self.adopt(connection, flow);
        let id = self.id_at(place);
        self.enqueue(listener, id, flow, irs);
        self.with_connection(now, place, |connection, _| connection.wants_turn());
    }

    /// Takes an entry out of the queue, the timer list and the index.
    pub(super) fn remove_embryo(&mut self, slot: u32, flow: Flow) {
        let embryo = self.stores.embryos[slot];
        let id = self.stores.listener_of(&embryo);
        let listener = self.listener(id);
        listener.embryos -= 1;
        listener.young -= u32::from(embryo.timeouts == 0);
        let config_id = listener.connections;
        let wait = embryo.wait(&self.configs[config_id as usize]);
        self.syn_ack_timers
            .stop(&mut self.stores.embryos, slot, wait);
        self.index.remove(flow, Handle::Embryo(slot));
        self.stores.book.release(embryo.remote, embryo.is_six());
        self.stores.embryos[slot].bury();
        self.stores.embryos.free(slot);
    }

    /// The SYN,ACK timer of an entry runs out: send it again, or give the entry up.
    pub(super) fn syn_ack_timeout(&mut self, now: Instant, slot: u32) {
        let flow = self.stores.flow(Handle::Embryo(slot));
        let embryo = self.stores.embryos[slot];
        let listener = self.listeners[self.stores.listener_of(&embryo).0 as usize].as_mut();
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
        embryo.timeouts = embryo.timeouts.saturating_add(1);
        let wait = embryo.wait(config);
        self.syn_ack_timers
            .start(&mut self.stores.embryos, slot, now, wait);
        if mutated!(config, NoSynAckRetransmission) {
            return;
        }
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

    /// Ends the entry of a listener that makes room for another; says whether there was one.
    pub(super) fn evict(
        &mut self,
        id: ListenerId,
        victim: Victim,
        flow: Flow,
        isn: SeqNum,
    ) -> bool {
        let slot = match victim {
            Victim::Oldest => self.oldest_embryo(id),
            Victim::Random => self.random_embryo(id, flow, isn),
        };
        if let Some(slot) = slot {
            let flow = self.stores.flow(Handle::Embryo(slot));
            self.end_embryo(slot, flow, Reason::Evicted);
        }
        slot.is_some()
    }

    /// Each timer list is in order of age, so the oldest entry is the first of its listener's in
    /// one of them.
    fn oldest_embryo(&self, id: ListenerId) -> Option<u32> {
        let config = &self.configs[self.config_of(id) as usize];
        let own = |embryo: &Embryo| self.stores.listener_of(embryo) == id;
        let age = |slot: u32| self.stores.embryos[slot].born(config);
        let firsts = self.syn_ack_timers.first(&self.stores.embryos, own);
        firsts.min_by_key(|&slot| (age(slot), slot))
    }

    /// A victim drawn by a keyed hash of the arriving SYN. Slots that are free, or another
    /// listener's, are drawn again; nearly all are this listener's if its queue is the full one.
    fn random_embryo(&self, id: ListenerId, flow: Flow, isn: SeqNum) -> Option<u32> {
        let slots = u64::from(self.stores.embryos.slots());
        let draw = |attempt: u32| {
            let mut purpose = [0; 8];
            purpose[..4].copy_from_slice(&isn.0.to_be_bytes());
            purpose[4..].copy_from_slice(&attempt.to_be_bytes());
            let hash = keyed_hash(self.secret, flow, &purpose);
            ((u128::from(hash) * u128::from(slots)) >> 64) as u32
        };
        (0..10_000).map(draw).find(|&slot| {
            let embryo = &self.stores.embryos[slot];
            embryo.is_live() && self.stores.listener_of(embryo) == id
        })
    }
}
