//! Scenarios that repeat what was measured with a Linux 6.18 kernel: the profile `linux-6` sends
//! what the kernel sent, segment by segment.
//!
//! The traces are those that `tcp-core` replays with a scripted peer; here the peer is a TCP and the
//! path has a delay, so what is compared is the order, the flags, the relative numbers and the
//! lengths, and how the waits before repetitions grow.

use std::path::Path;
use std::time::Duration;

use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::End;
use runner::trace::What;
use runner::trial::Trial;
use tcp_core::{Handshake, Tag};

/// A scenario and the trace of a kernel in the place of one of its ends.
struct Pair {
    scenario: &'static str,
    connection: usize,
    end: End,
    /// Segments of the scenario before those that are compared.
    skip: usize,
    trace: &'static str,
    /// The kernel's segments that are compared: from, up to.
    range: (usize, usize),
    /// What makes the scenario the kernel's situation.
    set: &'static [&'static str],
}

const LINUX: &[&str] = &["host.client.profile=linux-6", "host.server.profile=linux-6"];

/// A pair whose kernel's segments are compared from the first on.
const fn pair(
    (scenario, end): (&'static str, End),
    trace: &'static str,
    count: usize,
    set: &'static [&'static str],
) -> Pair {
    Pair {
        scenario,
        connection: 0,
        end,
        skip: 0,
        trace,
        range: (0, count),
        set,
    }
}

const PAIRS: [Pair; 15] = [
    Pair {
        connection: 1,
        ..pair(
            ("h02-syn-lost-linux", End::Client),
            "connect_silent",
            11,
            &[],
        )
    },
    pair(
        ("h03-synack-lost-linux", End::Server),
        "syn_ack_lost",
        2,
        &[],
    ),
    pair(
        ("h04-ack-lost-then-data", End::Server),
        "ack_lost_then_data",
        2,
        LINUX,
    ),
    pair(("h06-refused", End::Server), "closed_port", 1, LINUX),
    pair(
        ("h07-simultaneous-open-linux", End::Client),
        "simultaneous_open",
        3,
        &[],
    ),
    pair(
        ("f02-half-close-data", End::Client),
        "fin_wait_2_half_closed",
        5,
        &[
            "host.client.profile=linux-6",
            "host.server.profile=linux-6",
            "connection.0.send.0.bytes=9",
        ],
    ),
    pair(
        ("f03-three-segment-close", End::Client),
        "close_active_plain_time_wait",
        4,
        LINUX,
    ),
    pair(("f04-last-ack-lost", End::Client), "close_active", 5, LINUX),
    Pair {
        skip: 1,
        range: (2, 12),
        ..pair(
            ("f06-all-last-acks-lost-linux", End::Server),
            "last_ack_silent",
            0,
            &[],
        )
    },
    Pair {
        skip: 3,
        range: (2, 4),
        ..pair(
            ("f07-simultaneous-close", End::Client),
            "close_simultaneous",
            0,
            LINUX,
        )
    },
    pair(
        ("f08-fin-wait-2-orphan-linux", End::Client),
        "fin_wait_2_orphan",
        4,
        &[],
    ),
    pair(
        ("f09-server-active-close", End::Client),
        "close_passive",
        4,
        LINUX,
    ),
    pair(
        ("o01-crash-then-syn", End::Server),
        "half_open_discovery",
        3,
        &[
            "host.client.profile=linux-6",
            "host.server.profile=linux-6",
            "connection.1.iss.client=1073741923",
        ],
    ),
    pair(
        ("o03-silent-death-keepalive", End::Server),
        "keepalive_dead_peer",
        5,
        &[],
    ),
    Pair {
        skip: 1,
        range: (2, 10),
        ..pair(
            ("o04-silent-death-sending-linux", End::Server),
            "data_silent",
            0,
            &[],
        )
    },
];

/// A segment as a trace writes it: flags, numbers from the first of each side, length; and when.
#[derive(Debug, PartialEq)]
struct Sent {
    text: String,
    at: Duration,
}

fn read_trace(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tcp-core/tests/data/linux-6");
    let path = folder.join(name).with_extension("trace");
    std::fs::read_to_string(path).expect(name)
}

/// What the kernel sent: the lines `TIME > FLAGS SEQ [ACK] [+LEN] ...`.
fn kernel(trace: &str) -> Vec<Sent> {
    let text = read_trace(trace);
    let sent = text.lines().filter_map(|line| {
        let (at, segment) = line.split_once('>')?;
        let is_option = |word: &&str| word.contains(['=', '@']) || ["sack", "ts"].contains(word);
        let words = segment
            .split_whitespace()
            .take_while(|word| !is_option(word));
        let at = at.trim().parse().expect("seconds");
        Some(Sent {
            text: words.collect::<Vec<_>>().join(" "),
            at: Duration::from_secs_f64(at),
        })
    });
    sent.collect()
}

/// What one end of a connection of a scenario sends.
fn simulated(pair: &Pair) -> Vec<Sent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let path = folder.join(pair.scenario).with_extension("toml");
    let sets: Vec<Override> = pair.set.iter().copied().map(Override::set).collect();
    let experiment = match Experiment::read(&path, &sets) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    };
    let plan = &experiment.plan;
    let trial = Trial {
        policy: Handshake::ThreeWay,
        replication: 0,
    };
    let tags: Vec<Tag> = (0..plan.connections.len() as u32).map(Tag).collect();
    let outcome = trial.run(plan, &tags);
    let trace = outcome.expect("it runs").trace;
    let connection = &plan.connections[pair.connection];
    let host = match pair.end {
        End::Client => connection.from,
        End::Server => connection.to.host,
    };
    let mut bases = [None, None];
    let mut list = Vec::new();
    for entry in trace.entries {
        let What::Sent(link, _, frame) = entry.what else {
            continue;
        };
        let (packet, segment) = (&frame.packet, &frame.packet.segment);
        let ports = [packet.source.port(), packet.target.port()];
        if !ports.contains(&connection.from_port) {
            continue;
        }
        let own = usize::from(plan.links[link.0 as usize].from != host);
        // Own numbers count from the latest own SYN, the peer's from its first.
        if segment.flags.syn() && (own == 0 || bases[own].is_none()) {
            bases[own] = Some(segment.seq.0);
        }
        if own == 1 {
            continue;
        }
        let from = |base: Option<u32>, number: u32| number.wrapping_sub(base.unwrap_or(0));
        let seq = from(bases[0], segment.seq.0);
        let mut words = vec![segment.flags.to_string(), seq.to_string()];
        if segment.flags.ack() {
            words.push(from(bases[1], segment.ack.0).to_string());
        }
        if !segment.text.is_empty() {
            words.push(format!("+{}", segment.text.len));
        }
        let text = words.join(" ");
        let at = Duration::from_nanos(entry.at.as_nanos());
        list.push(Sent { text, at });
    }
    list
}

/// The waits before each repetition, in hundredths of the first: the RTO follows the round trip,
/// which is not the kernel's. Two segments in a row repeat each other only if a timer sent them.
fn growth(list: &[Sent]) -> Vec<u128> {
    let waits: Vec<u128> = list
        .windows(2)
        .filter(|two| two[0].text == two[1].text)
        .map(|two| two[1].at.saturating_sub(two[0].at).as_micros())
        .collect();
    let first = waits.first().copied().unwrap_or(1);
    waits.iter().map(|wait| wait * 100 / first).collect()
}

/// Whether an end of the scenario sends what the kernel sent; if not, what differs.
fn compare(pair: &Pair) -> Result<(), String> {
    let expected = kernel(pair.trace);
    let expected = &expected[pair.range.0..pair.range.1];
    let sent = simulated(pair);
    let sent = sent.get(pair.skip..).unwrap_or_default();
    let sent = &sent[..sent.len().min(expected.len())];
    let text = |list: &[Sent]| -> Vec<String> {
        let each = list.iter().map(|sent| sent.text.clone());
        each.collect()
    };
    // What repeats itself in these two was caused by what arrived.
    let has_timers = !["syn_ack_lost", "close_active"].contains(&pair.trace);
    if text(sent) != text(expected) || (has_timers && growth(sent) != growth(expected)) {
        let name = format!("{} against {}", pair.scenario, pair.trace);
        return Err(format!("{name}:\n  {sent:?}\n  {expected:?}"));
    }
    Ok(())
}

#[test]
fn scenarios_between_linux_hosts_go_as_the_kernel_went() {
    let different: Vec<String> = PAIRS
        .iter()
        .filter_map(|pair| compare(pair).err())
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
        let queue = pair(("b08-accept-queue-overflow", End::Server), "", 0, ASLEEP);
        let queue = Pair {
            connection,
            ..queue
        };
        !simulated(&queue).is_empty()
    });
    assert_eq!(kernel.collect::<Vec<_>>(), simulated);
    assert_eq!(simulated, [true, true, false, false]);
}

/// A comparison that accepts everything would prove nothing.
#[test]
fn differences_are_noticed() {
    let changes: [(usize, &[&str]); 6] = [
        (0, &["host.client.syn_linear_timeouts=0"]),
        (0, &["host.client.syn_retries=5"]),
        (4, &["host.client.crossed_syn_ack=trim"]),
        (8, &["host.server.rto_max=3s"]),
        (7, &["host.client.time_wait=0s"]),
        (13, &["host.server.reset_on_keepalive=false"]),
    ];
    for (index, set) in changes {
        let changed = Pair {
            set,
            ..PAIRS[index]
        };
        assert!(compare(&changed).is_err(), "{set:?}");
    }
}
