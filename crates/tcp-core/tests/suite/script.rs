//! One endpoint and a script: what arrives, what the user does, and what must leave when.
//!
//! ```text
//! profile NAME              whose choices are made; linux-6 if the line is absent
//! set CHOICE VALUE          a choice that differs from the profile's
//! TIME call CALL            connect, listen, accept, send N, receive N, shutdown, close, abort
//! TIME < SEGMENT            arrives
//! TIME > SEGMENT            is sent, at this time and not another
//! TIME state PHASE          the state then, after everything of this time
//! TIME sees VIEW           what an observer sees then: octets unread and unacknowledged, and perhaps
//!                           the timer, the seconds that it has left and how often it ran out in vain,
//!                           and `backoff N`
//! TIME told WORDS           how it ended for the user, or that R1 was reached
//! TIME end                  nothing more was sent until then
//! ```
//!
//! Segments are written as in [`notation`](crate::notation): the peer's numbers count from its
//! first ISS, the own ones from the latest own SYN. A line may end in `@PORT`, the peer's port.
//! `close` lets go of the connection, `shutdown` only ends the own direction.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use tcp_core::{
    Config, ConfigId, ConnectionId, Endpoint, Event, Flow, GiveUp, Handshake, Instant, KeepAlive,
    ListenConfig, ListenerId, Open, Outcome, Packet, Profile, Secret, Segment, SeqNum, Tag,
    TimerKind,
};

use crate::notation;

/// Times in a file are rounded to milliseconds, and the core measures a round trip of no length
/// as one microsecond.
const TOLERANCE: Duration = Duration::from_millis(1);

/// A replay in progress.
struct Replay {
    endpoint: Endpoint,
    listen: ListenConfig,
    now: Instant,
    listener: Option<ListenerId>,
    id: Option<ConnectionId>,
    /// ISS of the peer, and of the next own SYN.
    origin: u32,
    /// The latest own ISS towards each port.
    own: BTreeMap<u16, SeqNum>,
    sent: VecDeque<(Instant, u16, Segment)>,
    ends: VecDeque<(Instant, &'static str)>,
}

/// Runs a script with the peer's ISS, and the own one, at `origin`; the error names the line.
pub(crate) fn replay(text: &str, origin: u32) -> Result<(), String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    let lines: Vec<&str> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let named = lines.iter().find_map(|line| line.strip_prefix("profile "));
    let profile = named.map_or(Some(Profile::Linux6), Profile::from_name);
    let profile = profile.ok_or("no such profile")?;
    let mut config = profile.config();
    let mut listen = profile.listen_config();
    for line in &lines {
        if let Some(choice) = line.strip_prefix("set ") {
            choose(&mut config, &mut listen, choice)?;
        }
    }
    let mut replay = Replay {
        endpoint: Endpoint::new(config, Secret([3; 16])).map_err(|error| error.to_string())?,
        listen,
        now: Instant::ZERO,
        listener: None,
        id: None,
        origin,
        own: BTreeMap::new(),
        sent: VecDeque::new(),
        ends: VecDeque::new(),
    };
    for line in lines
        .iter()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
    {
        replay
            .line(line)
            .map_err(|why| format!("`{line}`: {why}"))?;
    }
    Ok(())
}

fn choose(config: &mut Config, listen: &mut ListenConfig, choice: &str) -> Result<(), String> {
    let (name, value) = choice.split_once(' ').ok_or("no value")?;
    if name == "policy" {
        listen.policy = Handshake::from_name(value).ok_or("no such policy")?;
        return Ok(());
    }
    let numbers: Vec<u32> = value
        .split(' ')
        .map(|number| number.parse().map_err(|_| format!("`{number}`")))
        .collect::<Result<_, _>>()?;
    let seconds = |n: u32| Duration::from_secs(n.into());
    let small = |n: u32| u8::try_from(n).map_err(|_| format!("`{n}`"));
    match (name, &numbers[..]) {
        ("syn_retries", &[retries]) => config.give_up_syn = GiveUp::Retries(small(retries)?),
        ("synack_retries", &[retries]) => config.give_up_synack = GiveUp::Retries(small(retries)?),
        ("data_retries", &[retries]) => config.give_up_data = GiveUp::Retries(small(retries)?),
        ("syn_linear_timeouts", &[timeouts]) => config.syn_linear_timeouts = small(timeouts)?,
        ("backlog", &[backlog]) => listen.backlog = backlog,
        ("user_timeout", &[limit]) => config.user_timeout = Some(seconds(limit)),
        ("time_wait", &[limit]) => config.time_wait = seconds(limit),
        ("delayed_ack_ms", &[wait]) => config.delayed_ack = Duration::from_millis(wait.into()),
        ("nagle", &[on]) => config.nagle = on != 0,
        ("rfc1337", &[on]) => config.rfc1337 = on != 0,
        ("timestamps", &[on]) => config.timestamps = on != 0,
        ("receive_buffer", &[octets]) => config.receive_buffer = octets,
        ("initial_window", &[segments]) => config.initial_window = small(segments)?.into(),
        ("keepalive", &[idle, interval, probes]) => {
            config.keepalive = Some(KeepAlive {
                idle: seconds(idle),
                interval: seconds(interval),
                probes: small(probes)?,
            });
        }
        _ => return Err(format!("`{choice}` is no setting")),
    }
    Ok(())
}

/// Seconds with at most three decimals.
fn time(word: &str) -> Result<Instant, String> {
    let (seconds, decimals) = word.split_once('.').unwrap_or((word, ""));
    let millis = format!("{seconds}{decimals:0<3}");
    millis
        .parse()
        .map(Instant::from_millis)
        .map_err(|_| format!("`{word}` is no time"))
}

impl Replay {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (line, port) = match line.rsplit_once('@') {
            Some((line, port)) => (line.trim(), port.parse().map_err(|_| "bad port")?),
            None => (line, 9000),
        };
        let (at, rest) = line.split_once(' ').ok_or("no verb")?;
        let (verb, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let (at, rest) = (time(at)?, rest.trim());
        match verb {
            ">" => return self.expect(at, port, rest),
            "state" | "sees" | "told" | "end" => self.wait(at + TOLERANCE),
            "<" | "call" => {
                self.wait(at);
                self.now = at;
            }
            _ => return Err(format!("`{verb}` is no verb")),
        }
        if let Some((when, _, segment)) = self.sent.front() {
            return Err(format!("before that, {when:?} > {segment}"));
        }
        match verb {
            "<" => self.arrives(port, rest)?,
            "call" => self.call(port, rest)?,
            "state" => {
                let phase = self.endpoint.phase(flow(port));
                if phase.name() != rest {
                    return Err(format!("the state is {phase}"));
                }
            }
            "sees" => {
                let seen = self.view(at, flow(port)).ok_or("there is nothing")?;
                if seen != rest {
                    return Err(format!("it is {seen}"));
                }
            }
            "told" => match self.next_told(rest) {
                Some((when, how)) if how == rest && when + TOLERANCE >= at => {}
                other => return Err(format!("the user was told {other:?}")),
            },
            _ => {}
        }
        Ok(())
    }

    /// What an observer sees of a four-tuple.
    fn view(&self, at: Instant, flow: Flow) -> Option<String> {
        let all = self.endpoint.observe();
        let entry = all.iter().find(|entry| entry.flow == flow)?;
        let queues = format!("{} {}", entry.unread, entry.unacknowledged);
        let timer = entry.timer.map(|timer| {
            let name = match timer.kind {
                TimerKind::Retransmission => "on",
                TimerKind::Persist => "persist",
                TimerKind::KeepAlive => "keepalive",
                TimerKind::TimeWait => "timewait",
            };
            let left = timer.runs_out.since(at).as_secs_f64();
            format!("{name} {left:.3} {}", timer.tries)
        });
        let backoff = (entry.backoff > 0).then(|| format!("backoff {}", entry.backoff));
        let parts = [Some(queues), timer, backoff].into_iter().flatten();
        Some(parts.collect::<Vec<_>>().join(" "))
    }

    /// What the user was told next. R1 is only a warning; it may go unmentioned.
    fn next_told(&mut self, expected: &str) -> Option<(Instant, &'static str)> {
        while self.ends.front()?.1 == "struggling" && expected != "struggling" {
            self.ends.pop_front();
        }
        self.ends.pop_front()
    }

    /// Runs the timers that come before `end`.
    fn wait(&mut self, end: Instant) {
        while let Some(at) = self.endpoint.next_deadline().filter(|&at| at < end) {
            self.now = self.now.max(at);
            self.endpoint.on_deadline(self.now);
            self.drain();
        }
    }

    fn expect(&mut self, at: Instant, port: u16, expected: &str) -> Result<(), String> {
        let latest = at + TOLERANCE;
        while self.sent.is_empty()
            && let Some(next) = self.endpoint.next_deadline().filter(|&next| next <= latest)
        {
            self.now = self.now.max(next);
            self.endpoint.on_deadline(self.now);
            self.drain();
        }
        let Some((when, to, segment)) = self.sent.pop_front() else {
            return Err("nothing was sent".to_owned());
        };
        let observed = notation::write(&self.relative(to, segment), expected);
        let in_time = when <= latest && when + TOLERANCE >= at;
        if !in_time || observed != expected || to != port {
            return Err(format!("{when:?} > {observed} @{to}"));
        }
        Ok(())
    }

    fn relative(&self, port: u16, mut segment: Segment) -> Segment {
        let own = self.own.get(&port).copied().unwrap_or(SeqNum(0));
        segment.seq = segment.seq - own.0;
        if segment.flags.ack() {
            segment.ack = segment.ack - self.origin;
        }
        segment
    }

    fn arrives(&mut self, port: u16, text: &str) -> Result<(), String> {
        let mut segment = notation::parse(text)?;
        segment.seq += self.origin;
        if segment.flags.ack() {
            let own = self.own.get(&port).copied().unwrap_or(SeqNum(0));
            segment.ack += own.0;
        }
        let flow = flow(port);
        let packet = Packet {
            source: flow.remote,
            target: flow.local,
            tag: Tag(1),
            segment,
        };
        self.endpoint.on_packet(self.now, &packet);
        self.drain();
        Ok(())
    }

    fn call(&mut self, port: u16, call: &str) -> Result<(), String> {
        let (name, argument) = call.split_once(' ').unwrap_or((call, "0"));
        let octets: u32 = argument.parse().map_err(|_| "no number of octets")?;
        let (now, flow) = (self.now, flow(port));
        let iss = SeqNum(self.origin);
        match name {
            "connect" => {
                let open = Open {
                    iss: Some(iss),
                    ..Open::tagged(Tag(1))
                };
                let id = self.endpoint.connect(now, flow, open);
                self.id = Some(id.map_err(|error| error.to_string())?);
            }
            "listen" => {
                let (listen, id) = (self.listen, ConfigId::DEFAULT);
                let listener = self.endpoint.listen(flow.local, listen, id);
                self.listener = Some(listener.map_err(|error| error.to_string())?);
                self.endpoint.script_iss(flow, iss);
            }
            "accept" => {
                let listener = self.listener.ok_or("nobody listens")?;
                self.id = Some(self.endpoint.accept(listener).ok_or("nobody waits")?);
            }
            _ => self.call_with_id(name, octets)?,
        }
        self.drain();
        Ok(())
    }

    fn call_with_id(&mut self, name: &str, octets: u32) -> Result<(), String> {
        let (now, id) = (self.now, self.id.ok_or("no connection")?);
        let endpoint = &mut self.endpoint;
        let taken = match name {
            "send" => endpoint.send(now, id, octets).map_err(|e| e.to_string())?,
            "receive" => endpoint
                .receive(now, id, octets)
                .map_err(|e| e.to_string())?,
            "shutdown" => endpoint
                .close(now, id)
                .map(|()| 0)
                .map_err(|e| e.to_string())?,
            "close" => {
                endpoint.release(now, id);
                0
            }
            "abort" => {
                endpoint.abort(now, id);
                0
            }
            _ => return Err(format!("`{name}` is no call")),
        };
        if taken != octets {
            return Err(format!("it took {taken} octets"));
        }
        Ok(())
    }

    fn drain(&mut self) {
        while self.endpoint.poll_transition().is_some() {}
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Closed(_, how) => self.ends.push_back((self.now, outcome_name(how))),
                Event::Struggling(_) => self.ends.push_back((self.now, "struggling")),
                _ => {}
            }
        }
        while let Some(transmit) = self.endpoint.poll_packet(self.now) {
            let packet = transmit.packet;
            let port = packet.target.port();
            if packet.segment.flags.syn() {
                self.own.insert(port, packet.segment.seq);
            }
            self.sent.push_back((self.now, port, packet.segment));
        }
    }
}

fn flow(port: u16) -> Flow {
    let local: SocketAddr = ([192, 0, 2, 2], 8000).into();
    let remote = ([192, 0, 2, 1], port).into();
    Flow { local, remote }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Finished => "finished",
        Outcome::Refused => "refused",
        Outcome::Reset => "reset",
        Outcome::TimedOut => "timed out",
        Outcome::Aborted => "aborted",
    }
}
