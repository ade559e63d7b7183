//! Two endpoints with simple users, and a network whose harm is a list: one fate for each packet,
//! in the order of sending; after the last one every packet arrives.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use tcp_core::{
    ConfigId, ConnectionId, Endpoint, Event, Flow, Handshake, Instant, ListenConfig, ListenerId,
    Open, Outcome, Packet, Phase, Profile, Secret, SeqNum, Tag,
};

use crate::duet::{client_address, server_address};

/// What happens to a packet; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Deliver,
    Lose,
    /// It arrives so much later.
    Delay(u64),
    /// A copy arrives so much later.
    Copy(u64),
}

/// What a pair is to do and to suffer.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The client's and the server's.
    pub(crate) profiles: [Profile; 2],
    pub(crate) policy: Handshake,
    /// Receive buffers, octets.
    pub(crate) buffer: u32,
    /// What the client and the server send.
    pub(crate) octets: [u32; 2],
    /// What a user takes at once; it comes back for more half a second later.
    pub(crate) appetite: u32,
    /// Who closes when it has sent everything; the other one waits for that.
    pub(crate) server_closes_first: bool,
    /// The client's first ISS.
    pub(crate) iss: Option<SeqNum>,
    /// Width of all other initial sequence numbers.
    pub(crate) isn_bits: u8,
    /// How many connections the client wants, one after the other, from the same port.
    pub(crate) rounds: usize,
    pub(crate) fates: Vec<Fate>,
}

/// One connection as its user sees it.
#[derive(Clone, Debug, Default)]
struct Use {
    sent: u32,
    received: u32,
    closed: bool,
    peer_closed: bool,
    ended: Option<Outcome>,
    /// RCV.NXT and the right edge when last seen.
    seen: Option<(SeqNum, SeqNum)>,
}

#[derive(Clone)]
struct End {
    endpoint: Endpoint,
    uses: BTreeMap<ConnectionId, Use>,
    /// When a user that left text unread looks again.
    hungry: Option<Instant>,
}

/// The pair, the wire between them, and what was sent.
#[derive(Clone)]
pub(crate) struct Pair {
    plan: Plan,
    ends: [End; 2],
    now: Instant,
    wire: BTreeMap<(Instant, usize), Packet>,
    packets: usize,
    attempts: u32,
    /// When the client opens again after a failure.
    reopen: Option<Instant>,
    /// The ISS of every SYN, by sender and incarnation. With cookies an older one can live again.
    isns: BTreeSet<(usize, Tag, u32)>,
    /// When the client had everything.
    done: Option<Instant>,
    pub(crate) log: Vec<String>,
}

const DELAY: Duration = Duration::from_millis(20);
/// Harm that lasted until R2 would end connections, and rightly.
const HARM_ENDS: Instant = Instant::from_secs(30);
/// More than any plan needs; a pair that goes on talking is caught here.
const MOST_STEPS: usize = 8_000;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Pair {
    pub(crate) fn new(plan: &Plan) -> Pair {
        let end = |n: usize| {
            let mut config = plan.profiles[n].config();
            config.receive_buffer = plan.buffer;
            config.isn_bits = plan.isn_bits;
            // Without a limit, two ends with numbers of different incarnations (TIME-WAIT and
            // SYN-RECEIVED, say) answer each other's ACKs for ever: RFC 5961 section 7.
            config.ack_rate_limit.get_or_insert(millis(500));
            End {
                endpoint: Endpoint::new(config, Secret([n as u8; 16])).unwrap(),
                uses: BTreeMap::new(),
                hungry: None,
            }
        };
        let mut pair = Pair {
            plan: plan.clone(),
            ends: [end(0), end(1)],
            now: Instant::from_secs(1),
            wire: BTreeMap::new(),
            packets: 0,
            attempts: 0,
            reopen: Some(Instant::from_secs(1)),
            isns: BTreeSet::new(),
            done: None,
            log: Vec::new(),
        };
        let server = &mut pair.ends[1].endpoint;
        let listen = ListenConfig {
            policy: plan.policy,
            ..plan.profiles[1].listen_config()
        };
        let listening = server.listen(server_address(), listen, ConfigId::DEFAULT);
        listening.unwrap();
        pair
    }

    pub(crate) fn run(&mut self) {
        for _ in 0..MOST_STEPS {
            if !self.step() {
                return;
            }
        }
        let latest = &self.log[self.log.len().saturating_sub(40)..];
        panic!("still talking at {}:\n{}", self.now, latest.join("\n"));
    }

    /// Lets whatever is next happen; false if nothing is left.
    pub(crate) fn step(&mut self) -> bool {
        let arrival = self.wire.keys().next().map(|&(at, _)| at);
        let deadline = |end: &End| {
            end.endpoint
                .next_deadline()
                .into_iter()
                .chain(end.hungry)
                .min()
        };
        let timers = [
            deadline(&self.ends[0]),
            deadline(&self.ends[1]),
            self.reopen,
        ];
        let Some(at) = timers.into_iter().flatten().chain(arrival).min() else {
            return false;
        };
        self.now = self.now.max(at);
        if arrival == Some(at) {
            let (_, packet) = self.wire.pop_first().unwrap();
            let to = usize::from(packet.target == server_address());
            self.ends[to].endpoint.on_packet(self.now, &packet);
        } else if self.reopen == Some(at) {
            self.reopen = None;
            self.open();
        } else {
            for end in &mut self.ends {
                end.endpoint.on_deadline(self.now);
            }
        }
        for end in 0..2 {
            self.drain(end);
        }
        true
    }

    fn open(&mut self) {
        let attempt = self.attempts + 1;
        let open = Open {
            iss: self.plan.iss.filter(|_| attempt == 1),
            ..Open::tagged(Tag(attempt))
        };
        let flow = Flow {
            local: client_address(),
            remote: server_address(),
        };
        let client = &mut self.ends[0];
        match client.endpoint.connect(self.now, flow, open) {
            Ok(id) => {
                self.attempts = attempt;
                client.uses.insert(id, Use::default());
            }
            // The connection before this one is in TIME-WAIT.
            Err(_) => self.reopen = Some(self.now + millis(10_000)),
        }
    }

    fn drain(&mut self, n: usize) {
        let server = n == 1;
        while self.ends[n].endpoint.poll_transition().is_some() {}
        while let Some(event) = self.ends[n].endpoint.poll_event() {
            self.hear(n, event);
        }
        let ids: Vec<ConnectionId> = self.ends[n].uses.keys().copied().collect();
        let hungry = self.ends[n].hungry.is_some_and(|at| at <= self.now);
        if hungry {
            self.ends[n].hungry = None;
            for &id in &ids {
                self.read(n, id);
            }
        }
        for id in ids {
            self.write(n, id, server);
            self.watch(n, id);
        }
        while self.ends[n].endpoint.poll_transition().is_some() {}
        while let Some(transmit) = self.ends[n].endpoint.poll_packet(self.now) {
            self.send(n, transmit.packet);
        }
    }

    fn hear(&mut self, n: usize, event: Event) {
        match event {
            Event::Acceptable(listener) => self.accept(listener),
            Event::Readable(id) => {
                if self.ends[n].hungry.is_none() {
                    self.read(n, id);
                }
            }
            Event::PeerClosed(id) => {
                self.ends[n].uses.entry(id).or_default().peer_closed = true;
                self.read(n, id);
            }
            Event::Closed(id, outcome) => {
                self.ends[n].uses.entry(id).or_default().ended = Some(outcome);
                if n == 0 && self.client_is_done() {
                    self.done = Some(self.now);
                } else if n == 0 {
                    self.reopen = Some(self.now + millis(2000));
                }
            }
            Event::Connected(_) | Event::Writable(_) | Event::Struggling(_) => {}
        }
    }

    fn accept(&mut self, listener: ListenerId) {
        let server = &mut self.ends[1];
        if let Some(id) = server.endpoint.accept(listener) {
            server.uses.entry(id).or_default();
            self.read(1, id);
        }
    }

    fn read(&mut self, n: usize, id: ConnectionId) {
        let end = &mut self.ends[n];
        let used = end.uses.entry(id).or_default();
        // Text that nobody has read when TIME-WAIT ends is lost.
        let last = used.peer_closed;
        let most = if last { u32::MAX } else { self.plan.appetite };
        if let Ok(taken) = end.endpoint.receive(self.now, id, most) {
            used.received += taken;
            let most = self.plan.octets[1 - n];
            assert!(used.received <= most, "end {n} received more than was sent");
            if taken == self.plan.appetite {
                end.hungry = Some(self.now + millis(500));
            }
        }
    }

    /// Sends what is left and closes when it is time.
    fn write(&mut self, n: usize, id: ConnectionId, server: bool) {
        let total = self.plan.octets[n];
        let end = &mut self.ends[n];
        let Some(used) = end.uses.get_mut(&id).filter(|used| used.ended.is_none()) else {
            return;
        };
        if used.sent < total
            && let Ok(taken) = end.endpoint.send(self.now, id, total - used.sent)
        {
            used.sent += taken;
        }
        let may_close = self.plan.server_closes_first == server || used.peer_closed;
        // Text that is unread when LAST-ACK ends is lost (RFC 9293 section 3.10.3).
        let ready = end
            .endpoint
            .status(id)
            .is_some_and(|status| status.phase != Phase::SynSent && status.unread == 0);
        if used.sent == total && may_close && ready && !used.closed {
            used.closed = end.endpoint.close(self.now, id).is_ok();
        }
    }

    /// SND.UNA =< SND.NXT; RCV.NXT and the right edge of the window never go back.
    fn watch(&mut self, n: usize, id: ConnectionId) {
        let end = &mut self.ends[n];
        let (Some(status), Some(used)) = (end.endpoint.status(id), end.uses.get_mut(&id)) else {
            return;
        };
        assert!(status.snd.0.is_at_or_before(status.snd.1), "{status:?}");
        if matches!(status.phase, Phase::SynSent) {
            return;
        }
        let edge = status.rcv_nxt + status.rcv_wnd;
        if let Some((nxt, last_edge)) = used.seen {
            assert!(status.rcv_nxt.is_at_or_after(nxt), "{status:?}");
            assert!(edge.is_at_or_after(last_edge), "{status:?}");
        }
        used.seen = Some((status.rcv_nxt, edge));
    }

    fn send(&mut self, from: usize, packet: Packet) {
        let (segment, window) = (packet.segment, packet.segment.window);
        self.log
            .push(format!("{} {from} {segment}<WND={window}>", self.now));
        self.check_text(from, &packet);
        let harmful = self.now < HARM_ENDS;
        let fate = self
            .plan
            .fates
            .get(self.packets)
            .filter(|_| harmful)
            .copied();
        self.packets += 1;
        let mut put = |delay: Duration, copy: usize| {
            let order = 2 * self.packets + copy;
            self.wire.insert((self.now + delay, order), packet);
        };
        match fate.unwrap_or(Fate::Deliver) {
            Fate::Deliver => put(DELAY, 0),
            Fate::Lose => {}
            Fate::Delay(more) => put(DELAY + millis(more), 0),
            Fate::Copy(more) => {
                put(DELAY, 0);
                put(DELAY + millis(more), 1);
            }
        }
    }

    /// The octet with the number ISS + 1 + n is the octet n of the stream, however it is cut.
    fn check_text(&mut self, from: usize, packet: &Packet) {
        let segment = &packet.segment;
        if segment.flags.syn() {
            self.isns.insert((from, packet.tag, segment.seq.0));
        }
        if let (Some(offset), false) = (segment.text.offset, segment.text.is_empty()) {
            let iss = segment.seq - offset - 1;
            let known = self.isns.contains(&(from, packet.tag, iss.0));
            assert!(known, "octets out of place: {segment}");
            let end = offset + segment.text.len;
            assert!(
                end <= self.plan.octets[from],
                "text that nobody sent: {segment}"
            );
        }
    }

    fn client_is_done(&self) -> bool {
        let complete = |used: &&Use| {
            used.ended == Some(Outcome::Finished) && used.received == self.plan.octets[1]
        };
        self.ends[0].uses.values().filter(complete).count() == self.plan.rounds
    }

    /// When the client had finished; the end of time if it never did.
    pub(crate) fn finished_at(&self) -> Instant {
        self.done.unwrap_or(Instant::END)
    }

    /// As many of the client's connections as it wanted did everything, and of the server's too.
    pub(crate) fn check_finished(&self) {
        let log = || self.log.join("\n");
        assert!(self.client_is_done(), "the client gave up:\n{}", log());
        let complete = |used: &&Use| used.received == self.plan.octets[0] && used.peer_closed;
        let served = self.ends[1].uses.values().filter(complete).count();
        assert!(
            served >= self.plan.rounds,
            "the server missed something:\n{}",
            log()
        );
    }

    /// Octets of one incarnation that were taken for text of another.
    pub(crate) fn alien_octets(&self) -> u64 {
        let counters = self.ends.iter().map(|end| end.endpoint.counters());
        counters.map(|counters| counters.AlienOctets).sum()
    }

    /// Nothing is going to happen, and nothing is left that ought to have a timer.
    pub(crate) fn check_quiet(&self) {
        for end in &self.ends {
            assert_eq!(end.endpoint.next_deadline(), None);
            for left in end.endpoint.observe() {
                let timeless = matches!(
                    left.phase,
                    Phase::Established | Phase::CloseWait | Phase::FinWait2
                );
                assert!(timeless, "{left:?} has no timer\n{}", self.log.join("\n"));
            }
        }
    }

    pub(crate) fn ends_equal(&self, other: &Pair) -> bool {
        let pairs = self.ends.iter().zip(&other.ends);
        pairs
            .into_iter()
            .all(|(end, same)| end.endpoint == same.endpoint)
    }
}
