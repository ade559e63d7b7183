//! A segment arrives in LISTEN (RFC 9293 section 3.10.7.2), and the SYN queue.

use super::{Endpoint, Flow};
use crate::connection::{Connection, Phase};
use crate::cookie;
use crate::embryo::Embryo;
use crate::handshake::{Load, SynFacts, SynVerdict};
use crate::io::{ConnectionId, Event, Reason, Transition};
use crate::isn::{initial_sequence_number, keyed_hash};
use crate::listener::{Listener, ListenerId};
use crate::mutant::mutated;
use crate::options::Options;
use crate::segment::{Flags, Kind, Packet, Segment, Tag, is_unicast};
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

    pub(super) fn config_of(&self, id: ListenerId) -> u8 {
        self.listeners[id.0 as usize]
            .as_ref()
            .map_or(0, |listener| listener.connections)
    }

    pub(super) fn listener(&mut self, id: ListenerId) -> &mut Listener {
        self.listeners[id.0 as usize]
            .as_mut()
            .expect("its entries go when a listener goes")
    }

    /// The steps of LISTEN. `reopens` is the TIME-WAIT entry whose connection the SYN may reopen.
    pub(super) fn arrives_in_listen(
        &mut self,
        now: Instant,
        listener: ListenerId,
        flow: Flow,
        packet: &Packet,
        reopens: Option<u32>,
    ) {
        // MUST-57, MUST-63: what comes from or goes to no single host opens no connection.
        if !is_unicast(flow.local.ip()) || !is_unicast(flow.remote.ip()) {
            return;
        }
        let flags = packet.segment.flags;
        // First, check for a RST: "it should be ignored".
        if flags.rst() {
            return;
        }
        // Second, check for an ACK: "any acknowledgment is bad if it arrives on a connection
        // still in the LISTEN state".
        let config = &self.configs[self.config_of(listener) as usize];
        if flags.ack() {
            let silent = flags.syn() && config.listen_drops_syn_ack;
            if !silent && !self.ack_answers_cookie(now, listener, flow, packet) {
                self.reset_stray(packet);
            }
            return;
        }
        // Third, check for a SYN. Fourth, other data or control: drop the segment.
        if !flags.syn() || (flags.fin() && config.drop_syn_fin) {
            return;
        }
        self.syn_in_listen(now, listener, flow, packet, reopens);
    }

    /// Asks the policy about a SYN and carries out its verdict.
    fn syn_in_listen(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        reopens: Option<u32>,
    ) {
        let remembered = self.history.recall(flow, now);
        let fast_open = self.presents_cookie(id, packet);
        if self.stores.door(flow.local, id).is_none() {
            self.io.counters.ListenDrops += 1;
            return;
        }
        if reopens.is_none() && self.is_behind_its_host(now, id, packet) {
            self.io.counters.StaleSynsDropped += 1;
            self.io.counters.ListenDrops += 1;
            return;
        }
        let has_one_slot = mutated!(self.configs[0], SingleSlotListener);
        let listener = self.listener(id);
        if listener.accept_queue_is_full() {
            self.io.counters.ListenOverflows += 1;
            self.io.counters.ListenDrops += 1;
            return;
        }
        let (isn, mut load) = (packet.segment.seq, listener.load());
        if has_one_slot && listener.embryos > 0 {
            load = Load::Full;
        }
        let facts = SynFacts {
            isn,
            remembered,
            fast_open,
            load,
        };
        let verdict = listener.config.policy.on_syn(facts);
        if load == Load::Full {
            listener.overflowed = Some(now);
        }
        // A SYN for which there is no room leaves TIME-WAIT as it was.
        let taken = !matches!(verdict, SynVerdict::Overflow | SynVerdict::Stale);
        let floor = reopens
            .filter(|_| taken)
            .map(|slot| self.reopen(slot, flow));
        match verdict {
            SynVerdict::AwaitAck => self.await_ack(now, id, flow, packet, floor),
            SynVerdict::AwaitAckInPlaceOf(victim) => {
                if self.evict(id, victim, flow, isn) {
                    self.await_ack(now, id, flow, packet, floor);
                } else {
                    self.io.counters.TCPReqQFullDrop += 1;
                    self.io.counters.ListenDrops += 1;
                }
            }
            SynVerdict::Establish => self.establish(now, id, flow, packet, floor),
            SynVerdict::Challenge => {
                self.io.counters.TCPReqQFullDoCookies += 1;
                self.challenge(now, id, flow, packet);
            }
            SynVerdict::OpenFast => self.open_fast(now, id, flow, packet, floor),
            SynVerdict::Overflow => {
                self.io.counters.TCPReqQFullDrop += u64::from(load == Load::Full);
                self.io.counters.ListenDrops += 1;
            }
            SynVerdict::Stale => self.io.counters.StaleSynsDropped += 1,
        }
    }

    /// Whether `tw_recycle` takes a SYN for an old one.
    fn is_behind_its_host(&mut self, now: Instant, id: ListenerId, packet: &Packet) -> bool {
        if !self.configs[self.config_of(id) as usize].tw_recycle {
            return false;
        }
        let value = packet.segment.options.timestamps().map(|it| it.value);
        self.peer_clocks.is_behind(packet.source.ip(), value, now)
    }

    /// The entry that a SYN makes, with the ISS that this end will use.
    pub(super) fn embryo(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) -> Embryo {
        let config = &self.configs[self.config_of(id) as usize];
        let iss = self.scripted_isns.remove(&flow).unwrap_or_else(|| {
            let iss = initial_sequence_number(self.secret, flow, now, config.isn_bits);
            match floor {
                Some(floor) if !iss.is_after(floor) => floor + BEYOND_OLD_WINDOW,
                _ => iss,
            }
        });
        self.io.counters.PassiveOpens += 1;
        let door = self
            .stores
            .door(flow.local, id)
            .expect("asked for before the verdict");
        let remote = self.stores.book.pack(flow.remote);
        Embryo::new(remote, door, &packet.segment, packet.tag, iss, config)
    }

    /// Two-way: a connection in ESTABLISHED that waits to be accepted.
    fn establish(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) {
        let embryo = self.embryo(now, id, flow, packet, floor);
        let connection = self.connection_of(&embryo, id, flow);
        let slot = self.adopt(
            connection.established_on_syn(now, packet.segment.window),
            flow,
        );
        self.offer(now, id, slot, flow, &embryo, Phase::Established);
    }

    /// Fast Open: a connection in SYN-RECEIVED whose text is delivered at once.
    fn open_fast(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
        floor: Option<SeqNum>,
    ) {
        let embryo = self.embryo(now, id, flow, packet, floor);
        let connection = self.connection_of(&embryo, id, flow);
        let slot = self.adopt(connection.opened_fast(now, packet.segment.window), flow);
        self.listener(id).fast_opens += 1;
        self.offer(now, id, slot, flow, &embryo, Phase::SynReceived);
        let segment = packet.segment;
        self.with_connection(now, slot, |connection, turn| {
            connection.take_early(&segment, turn);
        });
    }

    /// A SYN queue entry made into a connection, its halves as they were when the SYN,ACK left.
    fn connection_of(&mut self, embryo: &Embryo, id: ListenerId, flow: Flow) -> Connection {
        self.stores.book.release(embryo.remote, embryo.is_six());
        self.thaw(embryo, id, flow)
    }

    #[inline]
    pub(super) fn thaw(&mut self, embryo: &Embryo, id: ListenerId, flow: Flow) -> Connection {
        let pair = self.stores.book.pair(flow);
        let config_id = self.config_of(id);
        let config = &self.configs[config_id as usize];
        let mut connection = Connection::from_embryo(pair, config_id, config, embryo, id);
        if connection.uses_timestamps() {
            connection.stamps.offset = self.timestamp_offset(flow);
        }
        connection
    }

    /// Reports a connection that opened on the SYN and offers it to the user.
    fn offer(
        &mut self,
        now: Instant,
        listener: ListenerId,
        slot: u32,
        flow: Flow,
        embryo: &Embryo,
        phase: Phase,
    ) {
        let id = self.id_at(slot);
        let isns = (embryo.iss, embryo.irs);
        self.report_opened(Some(id), embryo.tag, flow, isns, phase, Reason::Syn);
        self.enqueue(listener, id, flow, embryo.irs);
        self.io.events.push_back(Event::Acceptable(listener));
        self.with_connection(now, slot, Connection::opened_on_syn);
    }

    /// Puts a connection into the accept queue and remembers it as its policy wants.
    pub(super) fn enqueue(
        &mut self,
        listener: ListenerId,
        id: ConnectionId,
        flow: Flow,
        irs: SeqNum,
    ) {
        let config = self.config_of(listener);
        let listener = self.listener(listener);
        listener.accept_queue.push_back(id);
        let policy = listener.config.policy;
        self.history
            .opened(flow, irs, policy.memory(&self.configs[config as usize]));
    }

    /// Cookies: a SYN,ACK of which nothing is kept.
    fn challenge(&mut self, now: Instant, id: ListenerId, flow: Flow, packet: &Packet) {
        let config = &self.configs[self.config_of(id) as usize];
        let syn = &packet.segment;
        let assumed = config.assumed_mss(flow.remote.is_ipv6());
        let offered = syn.options.mss().filter(|_| config.options);
        let mss = offered.unwrap_or(assumed);
        let own = Options::NONE.with_mss(config.mss);
        let reply = Segment {
            seq: cookie::encode(self.secret, flow, syn.seq, mss, now),
            ack: syn.seq + 1,
            flags: Flags::SYN | Flags::ACK,
            window: config.receive_buffer.min(0xffff) as u16,
            options: if config.options { own } else { Options::NONE },
            ..Segment::default()
        };
        self.io.counters.SyncookiesSent += 1;
        self.send_stateless(packet, Kind::SynAck, reply);
    }

    /// Whether an ACK in LISTEN answers a cookie. If so, it opens the connection that the cookie
    /// stands for, exactly as if there had been an entry all along.
    fn ack_answers_cookie(
        &mut self,
        now: Instant,
        id: ListenerId,
        flow: Flow,
        packet: &Packet,
    ) -> bool {
        let segment = &packet.segment;
        let listener = self.listener(id);
        let policy = listener.config.policy;
        if segment.flags.syn() || !policy.expects_cookies(listener.overflowed_lately(now)) {
            return false;
        }
        let (irs, iss) = (segment.seq - 1, segment.ack - 1);
        let Some(mss) = cookie::verify(self.secret, flow, irs, iss, now) else {
            self.io.counters.SyncookiesFailed += 1;
            return false;
        };
        self.io.counters.SyncookiesRecv += 1;
        if self.listener(id).accept_queue_is_full() {
            self.io.counters.ListenOverflows += 1;
            self.io.counters.ListenDrops += 1;
            return true;
        }
        let Some(door) = self.stores.door(flow.local, id) else {
            self.io.counters.ListenDrops += 1;
            return true;
        };
        self.io.counters.PassiveOpens += 1;
        let syn = Segment {
            seq: irs,
            flags: Flags::SYN,
            options: Options::NONE.with_mss(mss),
            ..Segment::default()
        };
        let remote = self.stores.book.pack(flow.remote);
        let config = &self.configs[self.config_of(id) as usize];
        let embryo = Embryo::new(remote, door, &syn, packet.tag, iss, config);
        let connection = self.connection_of(&embryo, id, flow);
        let slot = self.adopt(connection.opened_by_cookie(now), flow);
        let offered = self.id_at(slot);
        let isns = (iss, irs);
        self.report_opened(
            Some(offered),
            packet.tag,
            flow,
            isns,
            Phase::Established,
            Reason::Ack,
        );
        self.enqueue(id, offered, flow, irs);
        self.io.events.push_back(Event::Acceptable(id));
        let segment = *segment;
        self.with_connection(now, slot, |connection, turn| {
            connection.segment_arrives(segment, packet.tag, turn);
        });
        true
    }

    /// Whether a SYN carries a Fast Open cookie that this host gave to its sender.
    fn presents_cookie(&self, id: ListenerId, packet: &Packet) -> bool {
        let listener = self.listeners[id.0 as usize].as_ref();
        let open = listener.is_some_and(|listener| {
            listener.config.policy.uses_fast_open() && listener.admits_fast_open()
        });
        let known = || cookie::fast_open(self.secret, packet.source.ip());
        open && packet
            .segment
            .options
            .fast_open()
            .is_some_and(|shown| shown == known())
    }

    /// A connection that a Fast Open cookie opened has left SYN-RECEIVED.
    pub(super) fn fast_open_completed(&mut self, id: ListenerId) {
        if let Some(Some(listener)) = self.listeners.get_mut(id.0 as usize) {
            listener.fast_opens = listener.fast_opens.saturating_sub(1);
        }
    }

    pub(super) fn report_opened(
        &mut self,
        id: Option<ConnectionId>,
        tag: Tag,
        flow: Flow,
        (iss, irs): (SeqNum, SeqNum),
        to: Phase,
        reason: Reason,
    ) {
        self.io.transitions.push_back(Transition {
            id,
            tag,
            flow,
            isns: (Some(iss), Some(irs)),
            from: Phase::Listen,
            to,
            reason,
        });
    }

    /// What is added to the clock to make the timestamps of a four-tuple: hides the host's uptime
    /// (RFC 7323 section 5.4).
    pub(super) fn timestamp_offset(&self, flow: Flow) -> u32 {
        keyed_hash(self.secret, flow, b"ts") as u32
    }
}
