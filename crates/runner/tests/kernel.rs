//! Scenarios that repeat what was measured with a Linux 6.18 kernel: the profile `linux-6` sends
//! what the kernel sent, segment by segment.
//!
//! The traces are those that `tcp-core` replays with a scripted peer; here the peer is a TCP, most
//! often behind a path with a delay, so what is compared is the order, the flags, the relative numbers
//! and the lengths. When a segment leaves is compared where the kernel's own timers decide it: exactly,
//! as the traces have the times for which timers were set, not the few per cent by which they ran late.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::End::{self, Client, Server};
use runner::plan::Plan;
use runner::trace::{Trace, What};
use runner::trial::Trial;
use tcp_core::{Handshake, Segment, Tag};

use Clock::{Kernel, Peer};

/// A scenario and the trace of a kernel in the place of one of its ends.
struct Pair {
    scenario: &'static str,
    end: End,
    /// Whose end it is; its four-tuple may have belonged to earlier connections.
    connection: usize,
    /// How many segments the scenario's end sends before those that are compared.
    skip: usize,
    trace: &'static str,
    /// The kernel's segments that are compared: from, up to.
    kernels: (usize, usize),
    clock: Clock,
    /// What makes the scenario the kernel's situation.
    set: &'static [&'static str],
}

/// What decides when the compared segments leave.
enum Clock {
    /// What arrives.
    Peer,
    /// The kernel's timers: each segment leaves as long after the first.
    Kernel,
}

/// Up to the last segment.
const END: usize = usize::MAX;
const LINUX: &[&str] = &["host.client.profile=linux-6", "host.server.profile=linux-6"];
const LINUX_SERVER: &[&str] = &["host.server.profile=linux-6"];

/// Settings of single pairs: lengths and distances between initial numbers are those of the trace, a
/// path has no delay where timers follow the round trip, and a run ends where the trace goes another
/// way.
const HALF_CLOSE: &[&str] = &[LINUX[0], LINUX[1], "connection.0.send.0.bytes=9"];
const CRASH: &[&str] = &[LINUX[0], LINUX[1], "connection.1.iss.client=1073741923"];
const NO_RETRIES: &[&str] = &[LINUX_SERVER[0], "host.server.synack_retries=0"];
const RACE: &[&str] = &["connection.1.iss.client=66537", "run.until=2.09s"];
const LEFT: &[&str] = &[LINUX_SERVER[0], "connection.1.iss.client=6000"];
const INSIDE: &[&str] = &[LINUX_SERVER[0], "connection.3.iss.client=900"];
const NO_DELAY: &[&str] = &["link.c2s.delay=0s", "link.s2c.delay=0s"];
const SENDING: &[&str] = &[NO_DELAY[0], NO_DELAY[1], "run.until=40s"];
const LAST_ACK: &[&str] = &[
    NO_DELAY[0],
    NO_DELAY[1],
    "connection.0.close.second_after=10ms",
    "link.c2s.blackout.0.from=305ms",
    "link.s2c.blackout.0.from=305ms",
];

/// In groups: scenario, end, connection, skipped segments; trace and its part; clock; settings.
const fn pair(
    (scenario, end, connection, skip): (&'static str, End, usize, usize),
    (trace, from, up_to): (&'static str, usize, usize),
    clock: Clock,
    set: &'static [&'static str],
) -> Pair {
    Pair {
        scenario,
        end,
        connection,
        skip,
        trace,
        kernels: (from, up_to),
        clock,
        set,
    }
}

/// The pairs: of the handshake, of the close, of dead peers, and of stale SYNs.
#[rustfmt::skip] // A table is read by its columns.
const PAIRS: [Pair; 22] = [
    pair(("h02-syn-lost-linux", Client, 1, 0),                 ("connect_silent", 0, END),                 Kernel, &[]),
    pair(("h03-synack-lost-linux", Server, 0, 0),              ("syn_ack_lost", 0, 2),                     Peer,   &[]),
    pair(("h04-ack-lost-then-data", Server, 0, 0),             ("ack_lost_then_data", 0, END),             Peer,   LINUX),
    pair(("h06-refused", Server, 0, 0),                        ("closed_port", 0, 1),                      Peer,   LINUX),
    pair(("h07-simultaneous-open-linux", Client, 0, 0),        ("simultaneous_open", 0, END),              Peer,   &[]),
    pair(("f02-half-close-data", Client, 0, 0),                ("fin_wait_2_half_closed", 0, END),         Peer,   HALF_CLOSE),
    pair(("f03-three-segment-close", Client, 0, 0),            ("close_active_plain_time_wait", 0, 4),     Peer,   LINUX),
    pair(("f04-last-ack-lost", Client, 0, 0),                  ("close_active", 0, 5),                     Peer,   LINUX),
    pair(("f06-all-last-acks-lost-linux", Server, 0, 1),       ("last_ack_silent", 2, END),                Kernel, LAST_ACK),
    pair(("f07-simultaneous-close", Client, 0, 3),             ("close_simultaneous", 2, END),             Peer,   LINUX),
    pair(("f08-fin-wait-2-orphan-linux", Client, 0, 0),        ("fin_wait_2_orphan", 0, END),              Peer,   &[]),
    pair(("f09-server-active-close", Client, 0, 0),            ("close_passive", 0, 4),                    Peer,   LINUX),
    pair(("o01-crash-then-syn", Server, 0, 0),                 ("half_open_discovery", 0, END),            Peer,   CRASH),
    pair(("o03-silent-death-keepalive", Server, 0, 0),         ("keepalive_dead_peer", 0, END),            Kernel, NO_DELAY),
    pair(("o04-silent-death-sending-linux", Server, 0, 1),     ("data_silent", 2, END),                    Kernel, SENDING),
    pair(("s01-stale-syn-client-closed", Server, 0, 3),        ("stale_syn_reset", 3, END),                Kernel, LINUX_SERVER),
    pair(("s02-stale-syn-client-silent", Server, 0, 3),        ("stale_syn_silence", 3, END),              Kernel, LINUX_SERVER),
    pair(("s02-stale-syn-client-silent", Server, 0, 3),        ("stale_syn_silence_no_retries", 3, END),   Kernel, NO_RETRIES),
    pair(("s06-stale-syn-vs-syn-sent", Server, 1, 3),          ("old_duplicate_syn", 0, END),              Peer,   LINUX_SERVER),
    pair(("s06d-stale-syn-race-linux-refuses", Client, 1, 6),  ("syn_sent_bad_syn_ack", 1, 3),             Kernel, RACE),
    pair(("s07-stale-syn-vs-established", Server, 1, 3),       ("dup_syn_established", 3, 4),              Peer,   LEFT),
    pair(("s07-stale-syn-vs-established", Server, 3, 3),       ("dup_syn_established", 2, 3),              Peer,   INSIDE),
];

/// A segment that an end sent, or one that reached it.
struct Event {
    is_own: bool,
    /// Milliseconds, as in the traces.
    at: u128,
    flags: String,
    seq: u32,
    ack: Option<u32>,
    length: u32,
}

impl Event {
    fn new(is_own: bool, at: u128, segment: &Segment) -> Event {
        Event {
            is_own,
            at,
            flags: segment.flags.to_string(),
            seq: segment.seq.0,
            ack: segment.flags.ack().then_some(segment.ack.0),
            length: segment.text.len,
        }
    }
}

/// A sent segment as a trace writes it: flags, relative numbers, length; and when.
#[derive(Debug, PartialEq)]
struct Sent {
    text: String,
    /// Milliseconds, as in the traces.
    at: u128,
}

/// What the end sent. The numbers of each side count from its latest SYN: of the own end from the
/// latest that it sent, of the peer from the latest that arrived.
fn sent(events: &[Event]) -> Vec<Sent> {
    let (mut own, mut peer) = (0, 0);
    let mut list = Vec::new();
    for event in events {
        if event.flags.starts_with("SYN") {
            *(if event.is_own { &mut own } else { &mut peer }) = event.seq;
        }
        if !event.is_own {
            continue;
        }
        let from = |base: u32, number: u32| number.wrapping_sub(base).cast_signed();
        let mut words = vec![event.flags.clone(), from(own, event.seq).to_string()];
        words.extend(event.ack.map(|ack| from(peer, ack).to_string()));
        if event.length > 0 {
            words.push(format!("+{}", event.length));
        }
        let (text, at) = (words.join(" "), event.at);
        list.push(Sent { text, at });
    }
    list
}

fn read_trace(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tcp-core/tests/data/linux-6");
    let path = folder.join(name).with_extension("trace");
    std::fs::read_to_string(path).expect(name)
}

/// A line `TIME > FLAGS SEQ [ACK] [+LENGTH] ...` of a trace, or one with `<`.
fn event(line: &str) -> Option<Event> {
    let mut words = line.split_whitespace();
    let at = words.next()?.parse().ok()?;
    let is_own = match words.next()? {
        ">" => true,
        "<" => false,
        _ => return None,
    };
    let flags = words.next()?.to_owned();
    let words: Vec<&str> = words.collect();
    let number = |index: usize| -> Option<u32> {
        let number: i32 = words.get(index)?.parse().ok()?;
        Some(number.cast_unsigned())
    };
    let length = words.iter().find_map(|word| word.strip_prefix('+'));
    Some(Event {
        is_own,
        at: Duration::from_secs_f64(at).as_millis(),
        seq: number(0).expect(line),
        ack: flags.contains("ACK").then(|| number(1).expect(line)),
        flags,
        length: length.map_or(0, |length| length.parse().expect(line)),
    })
}

/// What the kernel sent. Of resets at one instant, the answers to a series of probes, the first.
fn kernel(trace: &str) -> Vec<Sent> {
    let events: Vec<Event> = read_trace(trace).lines().filter_map(event).collect();
    let mut list = sent(&events);
    let is_reset = |sent: &Sent| sent.text.starts_with("RST ");
    list.dedup_by(|next, sent| next.at == sent.at && is_reset(next) && is_reset(sent));
    list
}

/// What one end of a connection of a scenario sends, after a change of the settings.
fn simulated(pair: &Pair, change: Option<&str>) -> Vec<Sent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let path = folder.join(pair.scenario).with_extension("toml");
    let sets = pair.set.iter().copied().chain(change).map(Override::set);
    let experiment = match Experiment::read(&path, &sets.collect::<Vec<_>>()) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    };
    let plan = &experiment.plan;
    let trial = Trial {
        policy: Handshake::ThreeWay,
        replication: 0,
    };
    let tags: Vec<Tag> = (0..plan.connections.len() as u32).map(Tag).collect();
    let outcome = trial.run(plan, &tags).expect("it runs");
    sent(&events(pair, plan, &outcome.trace))
}

/// What an end sent, and what reached it.
fn events(pair: &Pair, plan: &Plan, trace: &Trace) -> Vec<Event> {
    let connection = &plan.connections[pair.connection];
    let host = match pair.end {
        Client => connection.from,
        Server => connection.to.host,
    };
    let mut under_way = BTreeMap::new();
    let mut events = Vec::new();
    for entry in &trace.entries {
        let at = u128::from(entry.at.as_nanos() / 1_000_000);
        match entry.what {
            What::Sent(link, id, frame) => {
                let packet = &frame.packet;
                let ports = [packet.source.port(), packet.target.port()];
                if !ports.contains(&connection.from_port) {
                    continue;
                }
                if plan.links[link.0 as usize].from == host {
                    events.push(Event::new(true, at, &packet.segment));
                } else {
                    under_way.insert(id, packet.segment);
                }
            }
            What::Delivered(id) => {
                let arrived = under_way.remove(&id);
                events.extend(arrived.map(|segment| Event::new(false, at, &segment)));
            }
            _ => {}
        }
    }
    events
}

/// How long after the first each segment leaves, in milliseconds.
fn offsets(list: &[Sent]) -> Vec<u128> {
    let first = list.first().map_or(0, |sent| sent.at);
    list.iter().map(|sent| sent.at - first).collect()
}

/// A part of a list, as far as the list goes.
fn part(list: &[Sent], (from, up_to): (usize, usize)) -> &[Sent] {
    list.get(from..up_to.min(list.len())).unwrap_or_default()
}

/// Whether an end of the scenario sends what the kernel sent; if not, what differs.
fn compare(pair: &Pair, change: Option<&str>) -> Result<(), String> {
    let (all_expected, all_sent) = (kernel(pair.trace), simulated(pair, change));
    let (expected, sent) = (
        part(&all_expected, pair.kernels),
        part(&all_sent, (pair.skip, END)),
    );
    let are_alike = |(expected, sent): (&Sent, &Sent)| expected.text == sent.text;
    let is_text_alike = expected.len() == sent.len() && expected.iter().zip(sent).all(are_alike);
    let is_timing_alike = match pair.clock {
        Peer => true,
        Kernel => offsets(sent) == offsets(expected),
    };
    if expected.is_empty() || !is_text_alike || !is_timing_alike {
        let name = format!("{} against {}", pair.scenario, pair.trace);
        return Err(format!("{name}:\n  {sent:?}\n  {expected:?}"));
    }
    Ok(())
}

#[test]
fn scenarios_between_linux_hosts_go_as_the_kernel_went() {
    let different: Vec<String> = PAIRS
        .iter()
        .filter_map(|pair| compare(pair, None).err())
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Two connections that nobody accepts, and two more: whose SYN is answered. In the scenario another
/// connection is accepted before, and none after that.
#[test]
fn a_full_accept_queue_answers_as_the_kernel_did() {
    const ASLEEP: &[&str] = &[
        "host.server.accept_rate=1/min",
        "connection.3.active_open=3s",
    ];
    let trace = read_trace("accept_queue_full");
    let kernel = (20_000..20_004).map(|port| {
        let mark = format!("@{port}");
        let mut lines = trace.lines().filter(|line| line.ends_with(&mark));
        lines.any(|line| line.contains("> SYN,ACK"))
    });
    let simulated = [1, 2, 3, 4].map(|connection| {
        let end = ("b08-accept-queue-overflow", Server, connection, 0);
        let queue = pair(end, ("accept_queue_full", 0, END), Peer, ASLEEP);
        !simulated(&queue, None).is_empty()
    });
    assert_eq!(kernel.collect::<Vec<_>>(), simulated);
    assert_eq!(simulated, [true, true, false, false]);
}

/// A comparison that accepts everything would prove nothing.
#[test]
fn differences_are_noticed() {
    let changes = [
        ("connect_silent", "host.client.syn_linear_timeouts=0"),
        ("connect_silent", "host.client.syn_retries=5"),
        ("connect_silent", "host.client.rto_initial=1010ms"),
        ("simultaneous_open", "host.client.crossed_syn_ack=trim"),
        ("last_ack_silent", "host.server.rto_max=3s"),
        ("last_ack_silent", "host.server.rto_slack=250ms"),
        ("close_active", "host.client.time_wait=0s"),
        (
            "keepalive_dead_peer",
            "host.server.reset_on_keepalive=false",
        ),
        ("stale_syn_silence", "host.server.synack_retries=4"),
        ("syn_sent_bad_syn_ack", "host.client.profile=rfc9293"),
        ("dup_syn_established", "connection.1.iss.client=6001"),
    ];
    for (trace, change) in changes {
        let pair = PAIRS.iter().find(|pair| pair.trace == trace);
        let result = compare(pair.expect(trace), Some(change));
        assert!(result.is_err(), "{trace} {change}");
    }
}
