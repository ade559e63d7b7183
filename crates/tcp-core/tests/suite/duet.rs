//! Two endpoints and the wire between them as one value, and one endpoint against a script.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::fmt::Write;

use tcp_core::{
    Config, ConfigId, ConnectionId, Endpoint, Event, Flags, Flow, Handshake, Instant, ListenConfig,
    ListenerId, Open, Packet, Phase, Profile, Secret, Segment, SeqNum, Tag, Text,
};

pub(crate) fn client_address() -> SocketAddr {
    ([192, 0, 2, 1], 5555).into()
}

pub(crate) fn server_address() -> SocketAddr {
    ([192, 0, 2, 2], 80).into()
}

/// A segment in words: `syn(300)`, `ack(101, 301).text(5)`.
pub(crate) fn segment(flags: Flags, seq: u32, ack: u32) -> Segment {
    let ack = if flags.ack() { ack } else { 0 };
    Segment {
        seq: SeqNum(seq),
        ack: SeqNum(ack),
        flags,
        window: 65535,
        ..Segment::default()
    }
}

pub(crate) fn syn(seq: u32) -> Segment {
    segment(Flags::SYN, seq, 0)
}

pub(crate) fn ack(seq: u32, ack: u32) -> Segment {
    segment(Flags::ACK, seq, ack)
}

pub(crate) fn fin(seq: u32, ack: u32) -> Segment {
    segment(Flags::FIN | Flags::ACK, seq, ack)
}

pub(crate) fn rst(seq: u32) -> Segment {
    segment(Flags::RST, seq, 0)
}

pub(crate) trait Words {
    fn text(self, len: u32) -> Segment;
}

impl Words for Segment {
    fn text(mut self, len: u32) -> Segment {
        self.text = Text::at(0, len);
        self
    }
}

/// One endpoint whose peer is the test.
#[derive(Clone)]
pub(crate) struct Solo {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) listener: Option<ListenerId>,
    pub(crate) id: Option<ConnectionId>,
    pub(crate) events: Vec<Event>,
}

impl Solo {
    pub(crate) fn new(config: Config) -> Solo {
        Solo {
            endpoint: Endpoint::new(config, Secret([7; 16])).unwrap(),
            now: Instant::ZERO,
            local: server_address(),
            remote: client_address(),
            listener: None,
            id: None,
            events: Vec::new(),
        }
    }

    pub(crate) fn flow(&self) -> Flow {
        Flow {
            local: self.local,
            remote: self.remote,
        }
    }

    /// Listens, and gives the next passive open this ISS.
    pub(crate) fn listen(mut self, config: ListenConfig, iss: u32) -> Solo {
        let listener = self
            .endpoint
            .listen(self.local, config, ConfigId::DEFAULT)
            .unwrap();
        self.listener = Some(listener);
        self.endpoint.script_iss(self.flow(), SeqNum(iss));
        self
    }

    /// Lets a segment arrive; returns what is sent at this instant.
    pub(crate) fn gets(&mut self, segment: Segment) -> Vec<Segment> {
        let packet = Packet {
            source: self.remote,
            target: self.local,
            tag: Tag(1),
            segment,
        };
        self.endpoint.on_packet(self.now, &packet);
        self.drain()
    }

    /// Waits, running timers as they come due; returns what is sent with the time of each.
    pub(crate) fn waits(&mut self, span: Duration) -> Vec<(Duration, Segment)> {
        let (start, end) = (self.now, self.now + span);
        let mut sent = Vec::new();
        while let Some(at) = self.endpoint.next_deadline().filter(|&at| at <= end) {
            self.now = at.max(self.now);
            self.endpoint.on_deadline(self.now);
            let since = self.now.since(start);
            sent.extend(self.drain().into_iter().map(|segment| (since, segment)));
        }
        self.now = end;
        sent
    }

    /// A call of the user; returns what is sent.
    pub(crate) fn calls(
        &mut self,
        call: impl FnOnce(&mut Endpoint, Instant, ConnectionId),
    ) -> Vec<Segment> {
        let id = self.id.expect("the scene has a connection");
        call(&mut self.endpoint, self.now, id);
        self.drain()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.endpoint.phase(self.flow())
    }

    pub(crate) fn drain(&mut self) -> Vec<Segment> {
        while self.endpoint.poll_transition().is_some() {}
        while let Some(event) = self.endpoint.poll_event() {
            if let Event::Acceptable(listener) = event
                && self.id.is_none()
            {
                self.id = self.endpoint.accept(listener);
            }
            self.events.push(event);
        }
        let mut sent = Vec::new();
        while let Some(transmit) = self.endpoint.poll_packet(self.now) {
            sent.push(transmit.packet.segment);
        }
        sent
    }
}

/// Two hosts, A on the left and B on the right, and a wire that delivers in order after `delay`.
pub(crate) struct Duet {
    pub(crate) a: Endpoint,
    pub(crate) b: Endpoint,
    pub(crate) now: Instant,
    pub(crate) delay: Duration,
    /// Packets in flight by arrival and order of sending.
    wire: BTreeMap<(Instant, usize), Packet>,
    pub(crate) ladder: String,
    pub(crate) listener: Option<ListenerId>,
    pub(crate) id_a: Option<ConnectionId>,
    pub(crate) id_b: Option<ConnectionId>,
    left: SocketAddr,
    line: usize,
}

impl Duet {
    pub(crate) fn new(profile: Profile) -> Duet {
        Duet::with_config(profile.config())
    }

    pub(crate) fn with_config(config: Config) -> Duet {
        Duet {
            a: Endpoint::new(config.clone(), Secret([1; 16])).unwrap(),
            b: Endpoint::new(config, Secret([2; 16])).unwrap(),
            now: Instant::ZERO,
            delay: Duration::from_millis(50),
            wire: BTreeMap::new(),
            ladder: String::new(),
            listener: None,
            id_a: None,
            id_b: None,
            left: client_address(),
            line: 0,
        }
    }

    pub(crate) fn flow_a(&self) -> Flow {
        Flow {
            local: self.left,
            remote: server_address(),
        }
    }

    pub(crate) fn flow_b(&self) -> Flow {
        Flow {
            local: server_address(),
            remote: self.left,
        }
    }

    pub(crate) fn b_listens(&mut self, policy: Handshake, iss: u32) {
        let config = ListenConfig {
            policy,
            ..Profile::Rfc9293.listen_config()
        };
        let listener = self
            .b
            .listen(server_address(), config, ConfigId::DEFAULT)
            .unwrap();
        self.listener = Some(listener);
        self.b.script_iss(self.flow_b(), SeqNum(iss));
    }

    pub(crate) fn a_connects(&mut self, iss: u32) {
        let open = Open {
            iss: Some(SeqNum(iss)),
            ..Open::tagged(Tag(1))
        };
        self.id_a = Some(self.a.connect(self.now, self.flow_a(), open).unwrap());
        self.settle();
    }

    pub(crate) fn b_connects(&mut self, iss: u32) {
        let open = Open {
            iss: Some(SeqNum(iss)),
            ..Open::tagged(Tag(2))
        };
        self.id_b = Some(self.b.connect(self.now, self.flow_b(), open).unwrap());
        self.settle();
    }

    /// A segment that neither has sent: an old duplicate.
    pub(crate) fn old_duplicate_to_b(&mut self, segment: Segment) {
        let packet = Packet {
            source: client_address(),
            target: server_address(),
            tag: Tag(0),
            segment,
        };
        self.note(&packet, " (old duplicate)");
        self.wire.insert((self.now + self.delay, self.line), packet);
    }

    /// Collects what both send now.
    pub(crate) fn settle(&mut self) {
        for left in [true, false] {
            let endpoint = if left { &mut self.a } else { &mut self.b };
            while endpoint.poll_transition().is_some() {}
            let mut packets = Vec::new();
            while let Some(event) = endpoint.poll_event() {
                if let Event::Acceptable(listener) = event {
                    self.id_b = endpoint.accept(listener);
                }
            }
            while let Some(transmit) = endpoint.poll_packet(self.now) {
                packets.push(transmit.packet);
            }
            for packet in packets {
                self.note(&packet, "");
                self.wire.insert((self.now + self.delay, self.line), packet);
            }
        }
    }

    /// Delivers or wakes whatever comes next; false when nothing is left before `end`.
    pub(crate) fn step(&mut self, end: Instant) -> bool {
        let arrival = self.wire.keys().next().map(|&(at, _)| at);
        let timer = [self.a.next_deadline(), self.b.next_deadline()]
            .into_iter()
            .flatten()
            .min();
        let Some(at) = [arrival, timer]
            .into_iter()
            .flatten()
            .min()
            .filter(|&at| at <= end)
        else {
            return false;
        };
        self.now = at;
        if arrival == Some(at) {
            let (_, packet) = self.wire.pop_first().unwrap();
            let to = if packet.target.ip() == self.left.ip() {
                &mut self.a
            } else {
                &mut self.b
            };
            to.on_packet(at, &packet);
        } else {
            self.a.on_deadline(at);
            self.b.on_deadline(at);
        }
        self.settle();
        true
    }

    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.step(end) {}
        self.now = end;
    }

    /// Writes a line as the RFC's figures do.
    fn note(&mut self, packet: &Packet, remark: &str) {
        self.line += 1;
        let (a, b) = (self.a.phase(self.flow_a()), self.b.phase(self.flow_b()));
        let arrow = if packet.source.ip() == self.left.ip() {
            "-->"
        } else {
            "<--"
        };
        let segment = packet.segment.to_string();
        writeln!(
            self.ladder,
            "{:>3}. {:>2}.{:03} {:<12} {arrow} {segment:<46} {arrow} {}{remark}",
            self.line,
            self.now.as_nanos() / 1_000_000_000,
            self.now.as_nanos() / 1_000_000 % 1000,
            a.name(),
            b.name(),
        )
        .unwrap();
    }
}
