//! Any octets as a history of one endpoint: calls, segments near the window, and time.

use core::net::SocketAddr;
use core::time::Duration;

use tcp_core::options::Timestamps;
use tcp_core::{
    Config, ConfigId, ConnectionId, Endpoint, Flags, Flow, Handshake, Instant, ListenConfig,
    ListenerId, Open, Options, Packet, Phase, Profile, Secret, Segment, SeqNum, Tag, Text, wire,
};

use super::script::{Script, config, flags};
use super::watch::Watch;

/// Most wake-ups that one wait runs, so that a keep-alive cannot fill hours.
const MOST_WAKE_UPS: usize = 100;

/// Lives the history, watched; then lets everything go and asks whether all of it is freed.
/// Returns how many segments the endpoint received and sent.
pub(crate) fn run(input: &[u8]) -> (u64, u64) {
    let mut script = Script { rest: input };
    let mut world = World::new(&mut script);
    while !script.rest.is_empty() {
        world.step(&mut script);
    }
    world.end();
    let counters = world.endpoint.counters();
    (counters.InSegs, counters.OutSegs)
}

struct World {
    endpoint: Endpoint,
    now: Instant,
    watch: Watch,
    listeners: Vec<ListenerId>,
    configs: Vec<ConfigId>,
    accepted: Vec<ConnectionId>,
    /// The last packet that the endpoint sent.
    last: Option<Packet>,
}

impl World {
    fn new(script: &mut Script<'_>) -> World {
        let config = config(script);
        let start = script.pick(&[
            Instant::ZERO,
            Instant::from_secs(1 << 31),
            Instant::from_nanos((1 << 32) * 1_000_000 - 1),
            Instant::from_nanos((1 << 32) * 100_000 - 1),
        ]);
        let secret = Secret([script.octet(); 16]);
        World {
            endpoint: Endpoint::new(config, secret).expect("the ranges are kept"),
            now: start,
            watch: Watch::new(),
            listeners: Vec::new(),
            configs: vec![ConfigId::DEFAULT],
            accepted: Vec::new(),
            last: None,
        }
    }

    /// One thing happens.
    fn step(&mut self, script: &mut Script<'_>) {
        match script.octet() % 20 {
            0 => self.listen(script),
            1 => self.connect(script),
            2..=8 => self.segment(script),
            9 => self.bounce(),
            10 => self.wait(Duration::from_millis(u64::from(script.word()))),
            11 => self.wait(script.pick(&WAITS)),
            12 => self.wait_for_deadline(),
            13 => self.accept(script),
            18 => self.close_listener(script),
            19 => self.configure(script),
            call => self.call(call, script),
        }
        self.settle();
    }

    fn listen(&mut self, script: &mut Script<'_>) {
        let local = script.pick(&[
            local(80),
            "0.0.0.0:80".parse().expect("an address"),
            "[2001:db8::2]:80".parse().expect("an address"),
            local(7),
        ]);
        let choices = script.octet();
        let config = ListenConfig {
            policy: script.pick(&Handshake::ALL).0,
            backlog: 1 + u32::from(choices % 8),
            abort_on_overflow: choices & 16 != 0,
            max_syn_backlog: (choices & 32 != 0).then_some(4),
            ..script.pick(&Profile::ALL).0.listen_config()
        };
        let id = script.pick(&self.configs);
        if let Ok(listener) = self.endpoint.listen(local, config, id) {
            self.listeners.push(listener);
        }
    }

    fn connect(&mut self, script: &mut Script<'_>) {
        let mut flow = self.flow(script);
        let choices = script.octet();
        if choices & 1 != 0 {
            flow.local.set_port(0);
        }
        let open = Open {
            fast_open: choices & 2 != 0,
            iss: script.pick(&[None, Some(SeqNum(100)), Some(SeqNum(u32::MAX - 1))]),
            config: script.pick(&self.configs),
            ..Open::tagged(Tag(1))
        };
        if let Ok(id) = self.endpoint.connect(self.now, flow, open) {
            self.watch.name(id);
        }
    }

    /// A segment arrives, as a packet or as octets, whole or damaged.
    fn segment(&mut self, script: &mut Script<'_>) {
        let flow = self.flow(script);
        let packet = Packet {
            source: flow.remote,
            target: flow.local,
            tag: Tag(u32::from(script.octet() & 1)),
            segment: self.near_window(flow, script),
        };
        self.watch.tell(&packet);
        let before = *self.endpoint.counters();
        match script.octet() {
            200..=227 => self.arrives_as_octets(&packet, None),
            228.. => self.arrives_as_octets(&packet, Some(script.word())),
            _ => self.endpoint.on_packet(self.now, &packet),
        }
        self.settle();
        let after = self.endpoint.counters();
        assert_eq!(after.InSegs, before.InSegs + 1);
        if packet.segment.flags.rst() {
            assert_eq!(after.OutRsts, before.OutRsts, "a RST answers a RST");
        }
    }

    fn arrives_as_octets(&mut self, packet: &Packet, damage: Option<u16>) {
        let mut bytes = Vec::new();
        if wire::encode(packet, &mut bytes).is_err() {
            return self.endpoint.on_packet(self.now, packet);
        }
        if let Some(bit) = damage {
            let bit = usize::from(bit) % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        let (source, target) = (packet.source.ip(), packet.target.ip());
        let (errors, sent) = (
            self.endpoint.counters().InErrs,
            self.endpoint.counters().OutSegs,
        );
        self.endpoint
            .on_bytes(self.now, source, target, packet.tag, &bytes);
        let after = self.endpoint.counters();
        assert_eq!(after.InErrs - errors, u64::from(damage.is_some()));
        assert!(damage.is_none() || after.OutSegs == sent);
    }

    /// The last packet that was sent comes back to its sender's own address, or is answered by an
    /// exact ACK.
    fn bounce(&mut self) {
        let Some(last) = self.last else {
            return;
        };
        let packet = Packet {
            source: last.target,
            target: last.source,
            tag: last.tag,
            segment: Segment {
                seq: last.segment.ack,
                ack: last.segment.end(),
                flags: Flags::ACK,
                window: 65535,
                ..Segment::default()
            },
        };
        let to_itself = last.source == last.target;
        let packet = if to_itself { last } else { packet };
        self.endpoint.on_packet(self.now, &packet);
    }

    /// A segment whose numbers are those that the endpoint expects, or close to them.
    fn near_window(&self, flow: Flow, script: &mut Script<'_>) -> Segment {
        let seen = self.watch.seen(flow);
        let irs = seen.isns.1.unwrap_or(SeqNum(u32::MAX - 2));
        let shape = script.octet();
        let expected = if seen.sent.flags.ack() {
            seen.sent.ack
        } else {
            irs
        };
        let seq = match shape & 3 {
            0 | 1 => expected,
            2 => expected + u32::from(seen.sent.window),
            _ => irs,
        };
        let ack = match shape >> 2 & 3 {
            0 | 1 => seen.sent.end(),
            2 => seen.sent.seq,
            _ => seen.isns.0.unwrap_or_default(),
        };
        let seq = beside(seq, shape & 16 != 0, script);
        let ack = beside(ack, shape & 32 != 0, script);
        let flags = flags(script);
        let lengths = [1, 2, 100, 536, 1460, 3000, 65000, 70000];
        let text = match shape & 64 {
            0 => Text::EMPTY,
            _ => Text::at(seq.distance_from(irs + 1), script.pick(&lengths)),
        };
        Segment {
            seq,
            ack: if flags.ack() { ack } else { SeqNum(0) },
            flags,
            window: script.pick(&[65535, 0, 1, 100, 1460, 32768]),
            urgent: u16::from(shape),
            options: match shape & 128 {
                0 => Options::NONE,
                _ => self.options(&seen.sent, script),
            },
            text,
        }
    }

    fn options(&self, sent: &Segment, script: &mut Script<'_>) -> Options {
        let echo = sent.options.timestamps().unwrap_or_default().value;
        let clock = (self.now.as_nanos() / 1_000_000) as u32;
        let stamps = Timestamps {
            value: clock.wrapping_add_signed(i32::from(script.octet().cast_signed()) * 1000),
            echo,
        };
        match script.octet() % 6 {
            0 => Options::NONE.with_timestamps(stamps),
            1 => Options::NONE
                .with_mss(script.word())
                .with_window_scale(script.octet())
                .with_sack_permitted()
                .with_timestamps(stamps),
            2 => Options::NONE.with_mss(1460),
            3 => Options::NONE.with_fast_open(&[9; 8][..usize::from(script.octet() & 8)]),
            4 => sent.options,
            _ => {
                let bytes: Vec<u8> = (0..script.octet() % 41).map(|_| script.octet()).collect();
                Options::from_bytes(&bytes).expect("at most 40")
            }
        }
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..MOST_WAKE_UPS {
            let Some(at) = self.endpoint.next_deadline().filter(|&at| at <= end) else {
                self.now = end;
                return;
            };
            self.wake(at);
        }
    }

    fn wait_for_deadline(&mut self) {
        if let Some(at) = self.endpoint.next_deadline() {
            self.wake(at);
        }
    }

    fn wake(&mut self, at: Instant) {
        self.watch.tell(&at);
        self.now = at;
        self.endpoint.on_deadline(at);
        self.settle();
    }

    fn accept(&mut self, script: &mut Script<'_>) {
        if !self.listeners.is_empty() {
            let listener = script.pick(&self.listeners);
            if let Some(id) = self.endpoint.accept(listener) {
                self.watch.name(id);
                assert!(!self.accepted.contains(&id), "{id:?} accepted twice");
                self.accepted.push(id);
            }
        }
    }

    fn close_listener(&mut self, script: &mut Script<'_>) {
        if !self.listeners.is_empty() {
            let listener = script.pick(&self.listeners);
            self.listeners.retain(|&known| known != listener);
            self.endpoint.close_listener(self.now, listener);
        }
    }

    fn configure(&mut self, script: &mut Script<'_>) {
        // A connection that already waits in TIME-WAIT cannot be told that there is none.
        let time_wait = self.endpoint.config(ConfigId::DEFAULT).time_wait;
        let config = Config {
            time_wait,
            ..config(script)
        };
        if let Ok(id) = self.endpoint.configure(config)
            && !self.configs.contains(&id)
        {
            self.configs.push(id);
        }
    }

    /// A call for a connection, dead or alive.
    fn call(&mut self, call: u8, script: &mut Script<'_>) {
        if self.watch.ids.is_empty() {
            return;
        }
        let id = script.pick(&self.watch.ids);
        self.watch.tell(&(call, id));
        let (now, endpoint) = (self.now, &mut self.endpoint);
        match call {
            14 => {
                let octets = u32::from(script.word());
                let sent = endpoint.send(now, id, octets);
                assert!(sent.is_ok_and(|taken| taken <= octets) || sent.is_err());
            }
            15 => {
                let unread = endpoint.status(id).map_or(0, |status| status.unread);
                let most = u32::from(script.word());
                let taken = endpoint.receive(now, id, most).unwrap_or(0);
                assert_eq!(taken, unread.min(most));
                self.watch.receive(id, taken);
            }
            16 => match script.octet() % 4 {
                0 => drop(endpoint.close(now, id)),
                1 => {
                    endpoint.release(now, id);
                    self.watch.release(id);
                }
                2 => endpoint.abort(now, id),
                _ => {
                    let config = script.pick(&self.configs);
                    let alive = endpoint.status(id).is_some();
                    assert_eq!(endpoint.set_config(now, id, config), alive);
                }
            },
            _ => {
                let flow = self.flow(script);
                self.endpoint.script_iss(flow, SeqNum(u32::MAX));
            }
        }
    }

    /// Drains the queues as a driver does, and lets the watch judge.
    fn settle(&mut self) {
        while let Some(transition) = self.endpoint.poll_transition() {
            self.watch.transition(transition);
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.watch.event(event);
        }
        while let Some(transmit) = self.endpoint.poll_packet(self.now) {
            while let Some(transition) = self.endpoint.poll_transition() {
                self.watch.transition(transition);
            }
            self.watch.packet(&transmit);
            self.last = Some(transmit.packet);
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.watch.event(event);
        }
        self.watch.settled(self.now, &self.endpoint);
    }

    /// Lets go of everything and waits: nothing may be left.
    fn end(&mut self) {
        self.settle();
        assert_eq!(self.endpoint.clone(), self.endpoint);
        for listener in core::mem::take(&mut self.listeners) {
            self.endpoint.close_listener(self.now, listener);
        }
        for id in self.watch.ids.clone() {
            self.endpoint.abort(self.now, id);
        }
        self.settle();
        let all_in_time_wait = self
            .endpoint
            .observe()
            .into_iter()
            .all(|entry| entry.phase == Phase::TimeWait);
        assert!(all_in_time_wait, "{:?}", self.endpoint.observe());
        while let Some(at) = self.endpoint.next_deadline() {
            self.wake(at);
        }
        assert_eq!(self.endpoint.observe(), []);
    }

    /// One of a few four-tuples. The last leads from an address to itself, and one is that of the
    /// last packet.
    fn flow(&self, script: &mut Script<'_>) -> Flow {
        let from = |local: SocketAddr, remote: &str| Flow {
            local,
            remote: remote.parse().expect("an address"),
        };
        match script.octet() % 6 {
            0 | 1 => from(local(80), "192.0.2.1:5555"),
            2 => from(local(80), "192.0.2.1:5556"),
            3 => from(
                "[2001:db8::2]:80".parse().expect("an address"),
                "[2001:db8::1]:5555",
            ),
            4 => self
                .last
                .map_or(from(local(80), "192.0.2.1:5555"), |last| Flow {
                    local: last.source,
                    remote: last.target,
                }),
            _ => from(local(7), "192.0.2.2:7"),
        }
    }
}

const WAITS: [Duration; 8] = [
    Duration::from_millis(1),
    Duration::from_millis(40),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(30),
    Duration::from_secs(121),
    Duration::from_hours(1),
    Duration::from_hours(720),
];

fn local(port: u16) -> SocketAddr {
    ([192, 0, 2, 2], port).into()
}

/// The number itself, or one a few octets to either side.
fn beside(number: SeqNum, apart: bool, script: &mut Script<'_>) -> SeqNum {
    if !apart {
        return number;
    }
    SeqNum(
        number
            .0
            .wrapping_add_signed(i32::from(script.octet().cast_signed())),
    )
}
