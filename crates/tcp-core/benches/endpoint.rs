//! What a segment, a connection and an entry cost.
//!
//! `cargo bench -p tcp-core` prints every table. One workload alone, for `perf stat` or
//! `valgrind --tool=callgrind --cache-sim=yes`: `cargo bench -p tcp-core -- echo OPEN SEGMENTS`, `churn
//! OPEN CONNECTIONS`, `flood ENTRIES`, `embryonic`, `established` or `time-wait ENTRIES`. The
//! difference between two runs with different SEGMENTS is the cost of a segment, without that of
//! opening the connections.
//!
//! Times are of the whole loop on one core. Memory is what the endpoint asked of the allocator and
//! has not given back, divided by the entries: index, timers, queues and slack included.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "figures for people need no more than 52 bits"
)]

use std::alloc::System;
use std::net::SocketAddr;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tcp_core::{
    ConfigId, Endpoint, Event, Flags, Flow, Instant, ListenConfig, Open, Packet, Phase, Profile,
    Secret, Segment, SeqNum, Tag,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TICK: Duration = Duration::from_millis(1);

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let number = |place: usize, default| {
        arguments
            .get(place)
            .map_or(default, |n| n.parse().expect("a number"))
    };
    match arguments.first().map(String::as_str) {
        None => tables(),
        Some(workload) => {
            let open = number(1, 1000);
            match workload {
                "churn" => drop(churn(number(2, 100_000), open)),
                "echo" => drop(echo(number(2, 1_000_000), open)),
                "flood" => drop(flood(open)),
                "embryonic" | "established" | "time-wait" => {
                    println!("{:.1} B", bytes_for_each(workload, open, false));
                }
                other => eprintln!("unknown workload `{other}`; see the head of this benchmark"),
            }
        }
    }
}

fn tables() {
    println!("{:<58}{:>14}{:>12}", "workload", "per second", "ns each");
    for open in [0, 1_000, 100_000, 1_000_000] {
        let (count, time) = churn(200_000, open);
        row(
            &format!("connections, open to TIME-WAIT, beside {open} open"),
            count,
            time,
        );
    }
    for open in [1, 1_000, 100_000, 1_000_000] {
        let (count, time) = echo(1_000_000, open);
        row(
            &format!("segments of text and ACK, over {open} connections"),
            count,
            time,
        );
    }
    for entries in [1_000, 100_000, 1_000_000] {
        let (count, time) = flood(entries);
        row(
            &format!("SYNs into an empty queue, {entries} entries"),
            count,
            time,
        );
    }
    println!(
        "\n{:<24}{:>10}{:>12}{:>14}",
        "bytes for each entry", "1 000", "100 000", "1 000 000"
    );
    for (kind, six) in [
        ("embryonic", false),
        ("embryonic", true),
        ("time-wait", false),
        ("time-wait", true),
        ("established", false),
        ("established", true),
    ] {
        let family = if six { "IPv6" } else { "IPv4" };
        print!("{:<24}", format!("{kind}, {family}"));
        for (entries, width) in [(1_000, 10), (100_000, 12), (1_000_000, 14)] {
            print!("{:>width$.1}", bytes_for_each(kind, entries, six));
        }
        println!();
    }
}

fn row(what: &str, count: u64, time: Duration) {
    let each = time.as_nanos() as f64 / count as f64;
    println!(
        "{what:<58}{:>14.0}{each:>12.0}",
        count as f64 / time.as_secs_f64()
    );
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = std::time::Instant::now();
    work();
    start.elapsed()
}

fn client(n: u32, six: bool) -> SocketAddr {
    let port = 1024 + (n % 60_000) as u16;
    let host = n / 60_000;
    if six {
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1 + host as u16], port).into()
    } else {
        ([10, 1, (host >> 8) as u8, host as u8], port).into()
    }
}

fn server(six: bool) -> SocketAddr {
    if six {
        ([0x2001, 0xdb8, 0, 0, 0, 0, 1, 1], 80).into()
    } else {
        ([10, 0, 0, 1], 80).into()
    }
}

fn endpoint(secret: u8) -> Endpoint {
    Endpoint::new(Profile::Rfc9293.config(), Secret([secret; 16])).expect("a profile is valid")
}

/// A server whose queue has room for so many entries.
fn listening(six: bool, entries: u32) -> Endpoint {
    let mut endpoint = endpoint(2);
    let config = ListenConfig {
        backlog: entries.max(1_000),
        ..Profile::Rfc9293.listen_config()
    };
    endpoint
        .listen(server(six), config, ConfigId::DEFAULT)
        .expect("the port is free");
    endpoint
}

fn bare(flags: Flags, seq: u32, ack: SeqNum) -> Segment {
    let seq = SeqNum(seq);
    Segment {
        seq,
        ack,
        flags,
        window: 65535,
        ..Segment::default()
    }
}

fn packet(n: u32, six: bool, segment: Segment) -> Packet {
    Packet {
        source: client(n, six),
        target: server(six),
        tag: Tag(n),
        segment,
    }
}

/// Drops what an endpoint has to say; returns the last packet.
fn drain(endpoint: &mut Endpoint, now: Instant) -> Option<Packet> {
    while endpoint.poll_transition().is_some() {}
    while let Some(event) = endpoint.poll_event() {
        if let Event::Acceptable(listener) = event {
            endpoint.accept(listener);
        }
    }
    let mut last = None;
    while let Some(transmit) = endpoint.poll_packet(now) {
        last = Some(transmit.packet);
    }
    last
}

/// A server with this many established connections, opened by hand.
fn with_established(open: u32, six: bool) -> Endpoint {
    let mut endpoint = listening(six, open);
    let now = Instant::ZERO;
    for n in 0..open {
        endpoint.on_packet(now, &packet(n, six, bare(Flags::SYN, 100, SeqNum(0))));
        let reply = drain(&mut endpoint, now).expect("a SYN,ACK");
        let ack = bare(Flags::ACK, 101, reply.segment.seq + 1);
        endpoint.on_packet(now, &packet(n, six, ack));
        drain(&mut endpoint, now);
    }
    endpoint
}

/// SYNs that nobody answers.
fn flood(entries: u32) -> (u64, Duration) {
    let mut endpoint = listening(false, entries);
    let time = timed(|| {
        for n in 0..entries {
            let now = Instant::from_nanos(u64::from(n) * 100);
            endpoint.on_packet(now, &packet(n, false, bare(Flags::SYN, 100, SeqNum(0))));
            drain(&mut endpoint, now);
            std::hint::black_box(endpoint.next_deadline());
        }
    });
    (u64::from(entries), time)
}

/// Text and its ACK, over connections that take turns.
fn echo(segments: u32, open: u32) -> (u64, Duration) {
    let mut endpoint = with_established(open, false);
    let now = Instant::from_secs(1);
    let time = timed(|| {
        for n in 0..segments {
            let text = tcp_core::Text::at(n / open, 1);
            let mut segment = bare(Flags::ACK, 101 + n / open, SeqNum(0));
            segment.flags = Flags::PSH | Flags::ACK;
            segment.text = text;
            let flow = Flow {
                local: server(false),
                remote: client(n % open, false),
            };
            segment.ack = endpoint.snd_nxt(flow).expect("it is open");
            endpoint.on_packet(now, &packet(n % open, false, segment));
            drain(&mut endpoint, now);
            std::hint::black_box(endpoint.next_deadline());
        }
    });
    (u64::from(segments), time)
}

/// Two endpoints back to back: open, 100 octets, four-way close, TIME-WAIT of one second, beside
/// connections that stay open.
fn churn(connections: u32, open: u32) -> (u64, Duration) {
    let mut config = Profile::Rfc9293.config();
    config.time_wait = Duration::from_secs(1);
    let mut a = Endpoint::new(config, Secret([1; 16])).expect("valid");
    let mut b = with_established(open, false);
    let time = timed(|| {
        for n in 0..connections {
            let now = Instant::from_secs(1) + TICK * n;
            one_connection(&mut a, &mut b, now, open + n);
        }
    });
    (u64::from(connections), time)
}

fn one_connection(a: &mut Endpoint, b: &mut Endpoint, now: Instant, n: u32) {
    let flow = Flow {
        local: client(n, false),
        remote: server(false),
    };
    let id = a
        .connect(now, flow, Open::tagged(Tag(n)))
        .expect("the four-tuple is free");
    let mut accepted = None;
    loop {
        let mut idle = true;
        while let Some(transmit) = a.poll_packet(now) {
            b.on_packet(now, &transmit.packet);
            idle = false;
        }
        while let Some(event) = b.poll_event() {
            match event {
                Event::Acceptable(listener) => accepted = b.accept(listener),
                Event::Readable(id) => drop(b.receive(now, id, u32::MAX)),
                Event::PeerClosed(id) => drop(b.close(now, id)),
                _ => {}
            }
        }
        while let Some(transmit) = b.poll_packet(now) {
            a.on_packet(now, &transmit.packet);
            idle = false;
        }
        while let Some(event) = a.poll_event() {
            if let Event::Connected(id) = event {
                a.send(now, id, 100).expect("it is open");
                a.close(now, id).expect("it is open");
            }
        }
        while a.poll_transition().is_some() || b.poll_transition().is_some() {}
        if idle {
            break;
        }
    }
    a.on_deadline(now);
    b.on_deadline(now);
    debug_assert!(accepted.is_some());
    debug_assert_eq!(a.phase(flow), Phase::TimeWait);
    let _ = id;
}

/// Live bytes of an endpoint with so many entries of a kind, divided by their number.
fn bytes_for_each(kind: &str, entries: u32, six: bool) -> f64 {
    let region = Region::new(ALLOCATOR);
    let mut endpoint = match kind {
        "embryonic" => {
            let mut endpoint = listening(six, entries);
            for n in 0..entries {
                let syn = bare(Flags::SYN, 100, SeqNum(0));
                endpoint.on_packet(Instant::ZERO, &packet(n, six, syn));
                drain(&mut endpoint, Instant::ZERO);
            }
            endpoint
        }
        "established" => with_established(entries, six),
        _ => with_time_wait(entries, six),
    };
    // Settled: retransmission timers of what was acknowledged have woken in vain.
    endpoint.on_deadline(Instant::from_millis(if kind == "embryonic" {
        900
    } else {
        2_000
    }));
    drain(&mut endpoint, Instant::from_secs(2));
    assert_eq!(endpoint.observe().len(), entries as usize);
    let stats = region.change();
    let live = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
    drop(endpoint);
    live as f64 / f64::from(entries)
}

/// A server that closed first, so many times.
fn with_time_wait(entries: u32, six: bool) -> Endpoint {
    let mut endpoint = listening(six, entries);
    let now = Instant::ZERO;
    for n in 0..entries {
        endpoint.on_packet(now, &packet(n, six, bare(Flags::SYN, 100, SeqNum(0))));
        let iss = drain(&mut endpoint, now).expect("a SYN,ACK").segment.seq;
        endpoint.on_packet(now, &packet(n, six, bare(Flags::ACK, 101, iss + 1)));
        while let Some(event) = endpoint.poll_event() {
            if let Event::Acceptable(listener) = event {
                let id = endpoint.accept(listener).expect("it was announced");
                endpoint.close(now, id).expect("it is open");
            }
        }
        drain(&mut endpoint, now);
        let fin = bare(Flags::FIN | Flags::ACK, 101, iss + 2);
        endpoint.on_packet(now, &packet(n, six, fin));
        drain(&mut endpoint, now);
    }
    endpoint
}
