//! Runs a script: events in order, virtual time in between.

mod drive;
mod environment;
mod judge;

use crate::calls::{self, Addresses, Problem, Step, Waiting};
use crate::numbering::Numbering;
use crate::outcome::{Failure, Outcome, Verdict};
use crate::script::{Action, Call, Event, EventTime, Script, SegmentSpec};
use crate::sockets::Sockets;
use crate::source::{ScriptError, Span};
use crate::stack::Stack;
use crate::symbols::Dialect;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tcp_core::{Flow, Packet, Profile};

/// How scripts are run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The stack under test. `None` takes the one whose sysctls the script sets: `freebsd` for
    /// `net.inet...`, `linux-6` for `net.ipv4...`, and `rfc9293` if it sets none.
    pub profile: Option<Profile>,
    /// Sysctls that are set before the script begins, by name and value.
    pub sysctls: Vec<(String, String)>,
    /// The initial sequence number of every connection of the stack, instead of RFC 6528's. No
    /// script can tell the difference: numbers near the end of the space test the arithmetic.
    pub isn: Option<u32>,
}

impl Options {
    /// Adds a sysctl that is set before the script begins.
    ///
    /// # Errors
    ///
    /// If the name is unknown or the value impossible; the text says which.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        crate::sysctl::knobs(name, value).map_err(|what| format!("{what} cannot be set"))?;
        self.sysctls.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

/// The port from which the script's side connects, if the script names none.
const REMOTE_PORT: u16 = 40_000;

/// Runs one script.
pub fn run_script(script: &Script, options: &Options) -> Outcome {
    let name = script.source.name().to_owned();
    let mut interpreter = match Interpreter::new(script, options) {
        Ok(interpreter) => interpreter,
        Err(reason) => {
            return Outcome {
                name,
                verdict: Verdict::Skip(reason),
                elapsed: 0,
                ladder: Vec::new(),
            };
        }
    };
    let verdict = match interpreter.run() {
        // What says nothing proves nothing.
        Ok(()) if script.events.is_empty() => Verdict::Skip("an event".to_owned()),
        Ok(()) => Verdict::Pass,
        Err(Stop::Fail(failure)) => Verdict::Fail(failure),
        Err(Stop::Skip(reason)) => Verdict::Skip(reason),
        Err(Stop::Broken(error)) => Verdict::Broken(error),
    };
    let elapsed = interpreter.now;
    Outcome {
        name,
        verdict,
        elapsed,
        ladder: interpreter.ladder(),
    }
}

/// Why a run ends before the script does.
enum Stop {
    Fail(Failure),
    Skip(String),
    Broken(ScriptError),
}

type Run<T = ()> = Result<T, Stop>;

/// A segment that the stack has sent and the script has not yet accounted for.
struct Sent {
    at: u64,
    packet: Packet,
    /// Its line of the ladder.
    rung: usize,
    /// The stack was asked to let go of the connection, and the script says nothing about segments
    /// any more.
    parting: bool,
    /// It brings nothing that was not sent before.
    again: bool,
}

/// A call that has not returned.
struct Blocked<'a> {
    event: &'a Event,
    call: &'a Call,
    waiting: Waiting,
    /// When it should return.
    end: u64,
}

/// One line of the ladder.
struct Rung {
    at: u64,
    text: String,
}

struct Interpreter<'a> {
    script: &'a Script,
    options: &'a Options,
    sockets: Sockets,
    addresses: Addresses,
    /// Nanoseconds since the start.
    now: u64,
    /// When the event before began.
    anchor: u64,
    /// The event before was an inbound segment.
    after_inbound: bool,
    /// Index of the last event that is about segments.
    last_segment: usize,
    sent: VecDeque<Sent>,
    blocked: Option<Blocked<'a>>,
    /// The connection that segments without ports belong to.
    flow: Option<Flow>,
    flows: BTreeMap<Flow, FlowRecord>,
    next_remote_port: u16,
    /// No event is about segments any more.
    winding_up: bool,
    /// And the script has let go of a connection.
    parting: bool,
    steps: u32,
    rungs: Vec<Rung>,
}

/// What the interpreter knows about a connection from its segments.
#[derive(Clone, Debug, Default)]
struct FlowRecord {
    numbering: Numbering,
    /// The end of what the stack has sent so far.
    sent_up_to: Option<tcp_core::SeqNum>,
    /// Options of the stack's SYN and of the script's SYN.
    offered: Option<tcp_core::Options>,
    received: Option<tcp_core::Options>,
}

impl<'a> Interpreter<'a> {
    fn new(script: &'a Script, options: &'a Options) -> Result<Interpreter<'a>, String> {
        let settings = &script.settings;
        let (local, remote) = if settings.ipv6 {
            (
                IpAddr::V6(Ipv6Addr::new(0xfd3d, 0xfa7b, 0xd17d, 0, 0, 0, 0, 1)),
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
            )
        } else {
            (
                IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1)),
                IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            )
        };
        let profile = options
            .profile
            .unwrap_or_else(|| environment::profile_of(script));
        let dialect = if profile == Profile::Linux6 {
            Dialect::Linux
        } else {
            Dialect::Bsd
        };
        let stack = Stack::new(profile, SocketAddr::new(local, 0), options.isn)?;
        let is_segment = |event: &Event| {
            matches!(
                event.action,
                Action::Inject(_) | Action::Expect(_) | Action::Icmp(_)
            )
        };
        Ok(Interpreter {
            script,
            options,
            sockets: Sockets::new(stack, dialect),
            addresses: Addresses {
                local,
                remote,
                bind_port: settings.bind_port,
                connect_port: settings.connect_port,
            },
            now: 0,
            anchor: 0,
            after_inbound: false,
            last_segment: script
                .events
                .iter()
                .rposition(is_segment)
                .map_or(0, |index| index + 1),
            sent: VecDeque::new(),
            blocked: None,
            flow: None,
            flows: BTreeMap::new(),
            next_remote_port: REMOTE_PORT,
            winding_up: false,
            parting: false,
            steps: 0,
            rungs: Vec::new(),
        })
    }

    fn run(&mut self) -> Run {
        if let Some(reason) = self.script.settings.unsupported.first() {
            return Err(Stop::Skip(reason.clone()));
        }
        // What is out of scope is named before anything runs, so that a script is never half
        // judged.
        for event in &self.script.events {
            if let Action::Unsupported(reason) = &event.action {
                return Err(Stop::Skip(reason.clone()));
            }
        }
        for (name, value) in &self.options.sysctls {
            self.set(name, value)?;
        }
        let script = self.script;
        for command in &script.setup {
            self.shell(command.span, &command.text)?;
        }
        for (index, event) in script.events.iter().enumerate() {
            self.event(index, event)?;
        }
        self.finish()
    }

    fn event(&mut self, index: usize, event: &'a Event) -> Run {
        let is_inbound = matches!(event.action, Action::Inject(_));
        // As in packetdrill, a relative time counts from now, but a row of inbound segments from
        // each other's own times.
        let base = if is_inbound && self.after_inbound {
            self.anchor
        } else {
            self.now
        };
        let (from, to) = match event.time {
            EventTime::Absolute(at) => (at, at),
            EventTime::AbsoluteRange(from, to) => (from, to),
            EventTime::Relative(delta) => (base.saturating_add(delta), base.saturating_add(delta)),
            EventTime::RelativeRange(from, to) => {
                (base.saturating_add(from), base.saturating_add(to))
            }
            EventTime::Any => (self.now, u64::MAX),
        };
        self.winding_up = index >= self.last_segment;
        if let Action::Expect(spec) = &event.action {
            self.expect(event, spec, from, to)?;
        } else {
            self.advance_to(from)?;
            if self.now > from.saturating_add(self.tolerance(from)) {
                let message = format!(
                    "it is already {}: the event before came too late for this one",
                    seconds(self.now)
                );
                return Err(self.fail(event.span, message));
            }
            self.act(event, base)?;
        }
        self.after_inbound = is_inbound;
        self.anchor = if from == u64::MAX { self.now } else { from };
        Ok(())
    }

    fn act(&mut self, event: &'a Event, base: u64) -> Run {
        match &event.action {
            Action::Inject(spec) => self.inject(spec),
            Action::Icmp(spec) => Err(Stop::Skip(format!("ICMP {}", spec.code))),
            Action::Call(call) => self.call(event, call, base),
            Action::Shell(command) => {
                self.shell(command.span, &command.text)?;
                self.pump()
            }
            Action::Python(command) => self.python(command.span, &command.text),
            Action::Expect(_) => Ok(()),
            Action::Unsupported(reason) => Err(Stop::Skip(reason.clone())),
        }
    }

    fn inject(&mut self, spec: &SegmentSpec) -> Run {
        if spec
            .ecn
            .is_some_and(|ecn| ecn != crate::script::Ecn::NotEct)
        {
            return Err(Stop::Skip("ECN in the IP header".to_owned()));
        }
        let flow = self.flow_of(spec);
        let record = self.flows.entry(flow).or_default();
        let segment = record.numbering.inject(spec);
        if segment.flags.syn() {
            record.received = Some(segment.options);
        }
        self.rungs.push(Rung {
            at: self.now,
            text: format!("< {spec}"),
        });
        self.sockets.stack.on_packet(flow, segment);
        self.pump()
    }

    /// The connection that an inbound segment is for: the one under test, or that of its ports.
    fn flow_of(&mut self, spec: &SegmentSpec) -> Flow {
        let addresses = self.addresses;
        let current = self.flow.unwrap_or_else(|| {
            let remote = SocketAddr::new(addresses.remote, self.next_remote_port);
            self.next_remote_port = self.next_remote_port.wrapping_add(1).max(1024);
            Flow {
                local: SocketAddr::new(addresses.local, addresses.bind_port),
                remote,
            }
        });
        let mut flow = current;
        if let Some((source, target)) = spec.ports {
            if source != 0 {
                flow.remote.set_port(source);
            }
            if target != 0 {
                flow.local.set_port(target);
            }
        }
        self.flow = Some(flow);
        flow
    }

    fn call(&mut self, event: &'a Event, call: &'a Call, base: u64) -> Run {
        // One process: its next call waits until the one before has returned.
        self.await_blocked()?;
        self.parting |= self.winding_up && call.name == "close";
        self.rungs.push(Rung {
            at: self.now,
            text: self.script.source.slice(event.span).replace('\n', " "),
        });
        let step = calls::begin(&mut self.sockets, call, &self.addresses, self.now)
            .map_err(|problem| self.problem(problem))?;
        self.follow(call);
        let relative = matches!(event.time, EventTime::Relative(_));
        let end = call.end.map(|end| {
            if relative {
                base.saturating_add(end)
            } else {
                end
            }
        });
        match step {
            Step::Done(reply) => {
                if let Some(message) = calls::disagreement(call, &reply, self.sockets.dialect()) {
                    return Err(self.fail(event.span, message));
                }
                let late = end.filter(|&end| end > self.now.saturating_add(self.tolerance(end)));
                if let Some(end) = late {
                    let message = format!(
                        "{}() should block until {}, but returned at once",
                        call.name,
                        seconds(end)
                    );
                    return Err(self.fail(event.span, message));
                }
            }
            Step::Blocked(waiting) => {
                let Some(end) = end else {
                    let message = format!("{}() blocks, but should return at once", call.name);
                    return Err(self.fail(event.span, message));
                };
                self.blocked = Some(Blocked {
                    event,
                    call,
                    waiting,
                    end,
                });
            }
        }
        self.pump()
    }

    /// Which connection is under test changes with the calls that make one.
    fn follow(&mut self, call: &Call) {
        let fd = call
            .arguments
            .first()
            .and_then(|fd| crate::symbols::value(fd, self.sockets.dialect()));
        let Some(socket) = fd.and_then(|fd| self.sockets.get(fd).ok()) else {
            return;
        };
        match call.name.as_str() {
            "connect" => {
                if let Some(connection) = socket.connection() {
                    self.flow = self.sockets.stack.flow(connection);
                }
            }
            // The next segment from outside opens a new connection.
            "listen" => self.flow = None,
            _ => {}
        }
    }

    fn problem(&self, problem: Problem) -> Stop {
        match problem {
            Problem::Unsupported(reason) => Stop::Skip(reason),
            Problem::Invalid(span, message) => {
                Stop::Broken(ScriptError::new(&self.script.source, span, message))
            }
        }
    }

    fn fail(&self, span: Span, message: impl Into<String>) -> Stop {
        let position = self.script.source.position(span.start);
        let line_text = self.script.source.line(position.line).to_owned();
        Stop::Fail(Failure {
            position,
            line_text,
            message: message.into(),
        })
    }

    /// How far from `at` something may happen: so much, or a share of the time since the event
    /// before.
    fn tolerance(&self, at: u64) -> u64 {
        let settings = &self.script.settings;
        let share = at
            .saturating_sub(self.anchor)
            .saturating_mul(settings.tolerance_percent)
            / 100;
        settings.tolerance.max(share)
    }

    /// The ladder as text; segments that were never matched appear in the numbers that are known.
    fn ladder(&mut self) -> Vec<String> {
        while let Some(sent) = self.sent.pop_front() {
            let record = self.flows.entry(flow_of_packet(&sent.packet)).or_default();
            let segment = record.numbering.observe(&sent.packet.segment, None);
            self.rungs[sent.rung].text = format!("> {segment}   (not in the script)");
        }
        self.rungs
            .iter()
            .map(|rung| format!("{:>12}  {}", seconds(rung.at), rung.text))
            .collect()
    }
}

/// The connection of a packet from the stack.
fn flow_of_packet(packet: &Packet) -> Flow {
    Flow {
        local: packet.source,
        remote: packet.target,
    }
}

/// Seconds with six decimals.
fn seconds(nanos: u64) -> String {
    format!("{}.{:06}", nanos / 1_000_000_000, nanos / 1_000 % 1_000_000)
}
