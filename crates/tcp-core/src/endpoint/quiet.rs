//! The TIME-WAIT table: connections in the quiet state, as compact entries.

use super::table::Handle;
use super::{Endpoint, Flow};
use crate::connection::{Connection, Phase, Room, State, Turn};
use crate::io::{ConnectionId, Event, Outcome, Reason, Transition};
use crate::segment::{Packet, Segment};
use crate::seq::SeqNum;
use crate::time::Instant;
use crate::time_wait::TimeWaitEntry;

impl Endpoint {
    /// Replaces a connection that has entered TIME-WAIT by its entry in the table. For its user
    /// it is over.
    pub(super) fn freeze(&mut self, now: Instant, slot: u32, flow: Flow) {
        let stores = &mut self.stores;
        let Some(connection) = stores.connections[slot].take() else {
            return;
        };
        let remote = stores.book.pack(flow.remote);
        let Some(entry) = TimeWaitEntry::new(&connection, remote, connection.pair.local()) else {
            stores.connections[slot] = Some(connection);
            return;
        };
        if !connection.is_released() {
            let id = ConnectionId {
                slot,
                serial: connection.serial,
            };
            self.io
                .events
                .push_back(Event::Closed(id, Outcome::Finished));
        }
        stores.connections.free(slot);
        let frozen = stores.time_waits.insert(entry);
        let config = &self.configs[entry.config as usize];
        self.time_wait_timers
            .start(&mut stores.time_waits, frozen, now, config.time_wait);
        if config.tw_recycle && entry.has_timestamps() {
            let peer = flow.remote.ip();
            self.peer_clocks.note(peer, entry.ts_recent, now);
        }
        self.index
            .replace(flow, Handle::Connection(slot), Handle::TimeWait(frozen));
    }

    /// A segment for an entry of the table: it takes the same steps as in every other state,
    /// unless it is a SYN that may reopen the connection.
    pub(super) fn arrives_in_time_wait(
        &mut self,
        now: Instant,
        slot: u32,
        flow: Flow,
        packet: &Packet,
    ) {
        let entry = self.stores.time_waits[slot];
        if let Some(listener) = self.listener_at(flow.local)
            && self.may_reopen(&entry, &packet.segment)
        {
            self.arrives_in_listen(now, listener, flow, packet, Some(slot));
            return;
        }
        let pair = self.stores.book.pair(flow);
        let mut connection =
            entry.thaw(Connection::blank(pair, entry.config, entry.tag, SeqNum(0)));
        if entry.has_timestamps() {
            // Timestamps go on as they were: a peer drops those that jump back (RFC 7323 section 5).
            connection.stamps.offset = self.timestamp_offset(flow);
        }
        let config = &self.configs[entry.config as usize];
        let (id, io, room) = (ConnectionId::NONE, &mut self.io, Room::Free);
        let mut turn = Turn {
            now,
            id,
            flow,
            config,
            io,
            room,
        };
        connection.segment_arrives(packet.segment, packet.tag, &mut turn);
        if connection.state == State::Closed {
            self.history.ended(flow, now);
            self.remove_time_wait(slot, flow, None);
            return;
        }
        self.stores.time_waits[slot].refreeze(&connection);
        if connection.next_deadline() != Instant::END {
            let wait = self.configs[entry.config as usize].time_wait;
            self.time_wait_timers
                .stop(&mut self.stores.time_waits, slot, wait);
            self.time_wait_timers
                .start(&mut self.stores.time_waits, slot, now, wait);
        }
    }

    /// RFC 9293 section 3.6.1 MAY-2: a SYN beyond everything that the old incarnation sent may
    /// reopen the connection. RFC 6191 lets timestamps decide where both have them (SHLD-4).
    fn may_reopen(&self, entry: &TimeWaitEntry, segment: &Segment) -> bool {
        let config = &self.configs[entry.config as usize];
        let flags = segment.flags;
        if !config.time_wait_reuse || !flags.syn() || flags.ack() || flags.rst() {
            return false;
        }
        let newer = segment.seq.is_after(entry.rcv_nxt);
        let stamps = segment
            .options
            .timestamps()
            .filter(|_| entry.has_timestamps());
        match stamps {
            Some(stamps) if config.time_wait_reuse_by_timestamp => {
                let (value, recent) = (SeqNum(stamps.value), SeqNum(entry.ts_recent));
                value.is_after(recent) || (value == recent && newer)
            }
            _ => newer,
        }
    }

    /// A SYN that LISTEN takes ends TIME-WAIT; one for which there is no room does not (MUST-13).
    /// Returns what the new ISN must lie beyond.
    pub(super) fn reopen(&mut self, slot: u32, flow: Flow) -> SeqNum {
        let beyond = self.stores.time_waits[slot].snd_nxt;
        self.io.counters.TWRecycled += 1;
        self.remove_time_wait(slot, flow, Some((Phase::Listen, Reason::Evicted)));
        beyond
    }

    /// TIME-WAIT TIMEOUT.
    pub(super) fn time_wait_timeout(&mut self, now: Instant, slot: u32) {
        let flow = self.stores.flow(Handle::TimeWait(slot));
        self.history.ended(flow, now);
        self.remove_time_wait(slot, flow, Some((Phase::Closed, Reason::Expired)));
    }

    /// Removes an entry; reports it unless that was done already.
    pub(super) fn remove_time_wait(
        &mut self,
        slot: u32,
        flow: Flow,
        report: Option<(Phase, Reason)>,
    ) {
        let entry = self.stores.time_waits[slot];
        let wait = self.configs[entry.config as usize].time_wait;
        self.time_wait_timers
            .stop(&mut self.stores.time_waits, slot, wait);
        self.index.remove(flow, Handle::TimeWait(slot));
        self.stores.book.release(entry.remote, entry.is_six());
        self.stores.time_waits.free(slot);
        if let Some((to, reason)) = report {
            self.io.transitions.push_back(Transition {
                id: None,
                tag: entry.tag,
                flow,
                isns: (None, None),
                from: Phase::TimeWait,
                to,
                reason,
            });
        }
    }
}
