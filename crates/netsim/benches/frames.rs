//! Frames through a link, and keyed draws: `cargo bench -p netsim --bench frames`.
//!
//! A frame costs a deadline of the sender, an admission, and an arrival; some thousand are in flight
//! unless the name says otherwise. On one x86-64 core: 18 million frames a second with a delay only,
//! 14 million with random loss, 10 million with uniform jitter, 5.7 million with every impairment; with
//! uniform jitter, 6 million with a hundred thousand in flight and 4.5 million with a million. A keyed
//! draw takes 13 ns.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netsim::{
    CorruptConfig, DelayConfig, Distribution, DuplicateConfig, Frame, Instant, LinkConfig, LinkId,
    LossConfig, Match, Node, NodeId, Observer, Probability, QueueConfig, RateConfig, ReorderConfig,
    Script, Seed, Signal, Simulator, SlotConfig, SlotSpacing, StepLimit, Window,
};

/// Measures the CPU time of this thread, so that a busy machine does not count.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, start: ThreadTime) -> Duration {
        start.elapsed()
    }

    fn add(&self, left: &Duration, right: &Duration) -> Duration {
        *left + *right
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// A frame of the size of a typed segment.
#[derive(Clone)]
struct Segment {
    key: u64,
    body: [u64; 7],
}

impl Frame for Segment {
    fn wire_len(&self) -> u32 {
        100
    }

    fn key(&self) -> u64 {
        self.key
    }

    fn subject(&self) -> u32 {
        self.key as u32
    }

    fn copied(&self, copy: u32) -> Segment {
        Segment {
            key: self.key ^ u64::from(copy) << 32,
            ..self.clone()
        }
    }

    fn corrupt(&mut self, draw: u64) {
        self.body[(draw % 7) as usize] ^= 1 << (draw >> 58);
    }

    fn mark_congestion(&mut self) -> bool {
        false
    }
}

/// Sends a frame every microsecond, or receives.
#[derive(Clone, Default)]
struct Host {
    next: Option<Instant>,
    key: u64,
    is_due: bool,
    received: u64,
}

impl Node for Host {
    type Frame = Segment;

    fn on_frame(&mut self, _: Instant, frame: &Segment) {
        self.received += frame.body[0];
    }

    fn on_deadline(&mut self, now: Instant) {
        self.is_due = true;
        self.next = Some(now.saturating_add_nanos(1_000));
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.next
    }

    fn poll_frame(&mut self, _: Instant) -> Option<(LinkId, Segment)> {
        if !std::mem::take(&mut self.is_due) {
            return None;
        }
        self.key += 1;
        Some((
            LinkId(0),
            Segment {
                key: self.key,
                body: [1; 7],
            },
        ))
    }

    fn poll_signal(&mut self) -> Option<Signal> {
        None
    }
}

#[derive(Clone)]
struct Never;

impl Match<Segment> for Never {
    fn matches(&mut self, _: Instant, frame: &Segment) -> bool {
        frame.key == u64::MAX
    }
}

/// Counts what it is told: the least that an observer can do.
#[derive(Clone, Default)]
struct Counter(u64);

impl Observer<Segment> for Counter {
    fn delivered(&mut self, _: Instant, _: LinkId, _: netsim::FrameId, _: &Segment) {
        self.0 += 1;
    }
}

const FRAMES: u64 = 100_000;

fn percent(text: &str) -> Probability {
    text.parse().expect("a percentage")
}

fn bare() -> LinkConfig {
    let mut link = LinkConfig::new("there", NodeId(0), NodeId(1));
    link.delay = Some(DelayConfig::constant(Duration::from_millis(1)));
    link
}

/// Runs for a tenth of a virtual second at a time, beginning in the steady state.
fn through<D, O>(
    criterion: &mut Criterion<CpuTime>,
    name: &str,
    link: &LinkConfig,
    director: &D,
    observer: &O,
) where
    D: netsim::Director<Segment> + Clone,
    O: Observer<Segment> + Clone,
{
    let mut group = criterion.benchmark_group("frames through a link");
    group
        .throughput(Throughput::Elements(FRAMES))
        .sample_size(20);
    // Set up by the first sample, so that a benchmark that was not asked for costs nothing.
    let mut flow = None;
    group.bench_function(name, |bencher| {
        let (simulator, end) = flow.get_or_insert_with(|| steady(link, director, observer));
        bencher.iter(|| {
            *end = end.saturating_add_nanos(1_000 * FRAMES);
            simulator
                .run_until(*end, StepLimit(u64::MAX))
                .expect("it ends");
        });
        black_box(simulator.node(NodeId(1)).received);
    });
    group.finish();
}

/// A flow over this link that has gone on for three seconds, and its present.
fn steady<D, O>(link: &LinkConfig, director: &D, observer: &O) -> (Simulator<Host, D, O>, Instant)
where
    D: netsim::Director<Segment> + Clone,
    O: Observer<Segment> + Clone,
{
    let seed = Seed {
        root: 1,
        replication: 0,
    };
    let mut simulator = Simulator::new(seed, director.clone(), observer.clone());
    simulator.add_node(Host {
        next: Some(Instant::ZERO),
        ..Host::default()
    });
    simulator.add_node(Host::default());
    simulator.add_link(link).expect("a valid link");
    let end = Instant::from_nanos(3_000_000_000);
    simulator
        .run_until(end, StepLimit(u64::MAX))
        .expect("it ends");
    (simulator, end)
}

fn one_impairment() -> Vec<(&'static str, LinkConfig)> {
    let correlation = Probability::ZERO;
    let with = |change: &dyn Fn(&mut LinkConfig)| {
        let mut link = bare();
        change(&mut link);
        link
    };
    let jitter = |distribution: Distribution| {
        let (time, jitter) = (Duration::from_millis(1), Duration::from_micros(300));
        with(&|link| {
            let distribution = distribution.clone();
            link.delay = Some(DelayConfig {
                time,
                jitter,
                correlation: None,
                distribution,
            });
        })
    };
    let random = LossConfig::random(percent("1%"));
    let bursts = LossConfig::gilbert_elliott(percent("1%"), Some(percent("30%")), None, None);
    let spacing = SlotSpacing::Uniform {
        min_delay: Duration::from_micros(50),
        max_delay: Duration::from_micros(90),
    };
    let slot = SlotConfig {
        spacing,
        packets: None,
        bytes: None,
    };
    let reorder = ReorderConfig {
        percent: percent("1%"),
        correlation,
        gap: 5,
    };
    vec![
        (
            "loss random",
            with(&|link| link.loss = Some(random.clone())),
        ),
        (
            "loss gemodel",
            with(&|link| link.loss = Some(bursts.clone())),
        ),
        ("jitter uniform", jitter(Distribution::Uniform)),
        ("jitter normal", jitter(Distribution::Normal)),
        ("jitter exponential", jitter(Distribution::Exponential)),
        ("jitter lognormal", jitter(Distribution::LogNormal)),
        (
            "reorder",
            with(&|link| link.reorder = Some(reorder.clone())),
        ),
        (
            "rate",
            with(&|link| link.rate = Some(RateConfig::new(1_000_000_000))),
        ),
        ("slot", with(&|link| link.slot = Some(slot.clone()))),
    ]
}

fn all_impairments() -> LinkConfig {
    let correlation = percent("10%");
    let (min_delay, max_delay) = (Duration::from_micros(10), Duration::from_micros(30));
    let far = Instant::from_nanos(u64::MAX - 1);
    let mut link = bare();
    link.duplicate = Some(DuplicateConfig {
        percent: percent("1%"),
        correlation,
    });
    link.loss = Some(LossConfig::gilbert_elliott(
        percent("1%"),
        Some(percent("30%")),
        None,
        None,
    ));
    link.ecn = true;
    link.corrupt = Some(CorruptConfig {
        percent: percent("0.1%"),
        correlation,
    });
    link.limit = Some(100_000);
    link.delay = Some(DelayConfig {
        time: Duration::from_millis(1),
        jitter: Duration::from_micros(300),
        correlation: Some(correlation),
        distribution: Distribution::Pareto,
    });
    link.reorder = Some(ReorderConfig {
        percent: percent("1%"),
        correlation,
        gap: 5,
    });
    link.rate = Some(RateConfig::new(1_000_000_000));
    link.queue = Some(QueueConfig {
        bytes: Some(1_000_000),
        packets: None,
    });
    link.slot = Some(SlotConfig {
        spacing: SlotSpacing::Uniform {
            min_delay,
            max_delay,
        },
        packets: None,
        bytes: None,
    });
    link.blackout = vec![Window {
        from: far,
        until: None,
    }];
    link.partition = vec![Window {
        from: far,
        until: None,
    }];
    link.max_lifetime = Some(Duration::from_mins(2));
    link
}

fn frames(criterion: &mut Criterion<CpuTime>) {
    through(criterion, "delay only", &bare(), &(), &());
    let seed = Seed {
        root: 1,
        replication: 0,
    };
    let script: Script<Segment, Never> =
        Script::new(seed, Vec::new(), Vec::new()).expect("an empty script");
    through(criterion, "delay only, empty script", &bare(), &script, &());
    through(
        criterion,
        "delay only, counting observer",
        &bare(),
        &(),
        &Counter::default(),
    );
    for (name, milliseconds) in [("100 k in flight", 100), ("1 M in flight", 1_000)] {
        let mut link = bare();
        link.delay = Some(DelayConfig {
            time: Duration::from_millis(milliseconds),
            jitter: Duration::from_millis(milliseconds / 2),
            ..DelayConfig::default()
        });
        through(criterion, name, &link, &(), &());
    }
    for (name, link) in one_impairment() {
        through(criterion, name, &link, &(), &());
    }
    through(criterion, "all impairments", &all_impairments(), &(), &());
}

fn draws(criterion: &mut Criterion<CpuTime>) {
    let seed = Seed {
        root: 1,
        replication: 0,
    };
    let stream = seed.stream("draws");
    let mut entity = 0_u64;
    criterion.bench_function("keyed draw", |bencher| {
        bencher.iter(|| {
            entity += 1;
            stream.draw(black_box(entity), 0)
        });
    });
    criterion.bench_function("stream from its name", |bencher| {
        bencher.iter(|| seed.stream(black_box("link c2s / loss")));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .with_measurement(CpuTime)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = frames, draws
}
criterion_main!(benches);
