//! In the steady state a frame costs no allocation, whatever the impairments. Alone in its file,
//! because it counts the allocations of the whole process.

use std::alloc::System;
use std::time::Duration;

use netsim::{
    CorruptConfig, DelayConfig, Distribution, DuplicateConfig, Frame, Instant, LinkConfig, LinkId,
    LossConfig, Node, NodeId, Probability, QueueConfig, RateConfig, ReorderConfig, Seed, Signal,
    Simulator, SlotConfig, SlotSpacing, StepLimit,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Clone)]
struct Pulse(u64);

impl Frame for Pulse {
    fn wire_len(&self) -> u32 {
        100
    }

    fn key(&self) -> u64 {
        self.0
    }

    fn subject(&self) -> u32 {
        0
    }

    fn copied(&self, copy: u32) -> Pulse {
        Pulse(self.0 ^ u64::from(copy) << 32)
    }

    fn corrupt(&mut self, draw: u64) {
        self.0 ^= draw;
    }

    fn mark_congestion(&mut self) -> bool {
        false
    }
}

/// Sends a frame every 10 microseconds, if it has begun.
#[derive(Default)]
struct Metronome {
    next: Option<Instant>,
    key: u64,
    is_due: bool,
}

impl Node for Metronome {
    type Frame = Pulse;

    fn on_frame(&mut self, _: Instant, _: &Pulse) {}

    fn on_deadline(&mut self, now: Instant) {
        self.is_due = true;
        self.next = Some(now.saturating_add_nanos(10_000));
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.next
    }

    fn poll_frame(&mut self, _: Instant) -> Option<(LinkId, Pulse)> {
        self.key += u64::from(self.is_due);
        std::mem::take(&mut self.is_due).then_some((LinkId(0), Pulse(self.key)))
    }

    fn poll_signal(&mut self) -> Option<Signal> {
        None
    }
}

fn everything() -> LinkConfig {
    let percent: Probability = "5%".parse().expect("a percentage");
    let correlation = percent;
    let (min_delay, max_delay) = (Duration::from_micros(10), Duration::from_micros(30));
    let mut link = LinkConfig::new("there", NodeId(0), NodeId(1));
    link.duplicate = Some(DuplicateConfig {
        percent,
        correlation,
    });
    link.loss = Some(LossConfig::gilbert_elliott(percent, None, None, None));
    link.corrupt = Some(CorruptConfig {
        percent,
        correlation,
    });
    link.limit = Some(100_000);
    link.delay = Some(DelayConfig {
        time: Duration::from_millis(20),
        jitter: Duration::from_millis(10),
        correlation: Some(correlation),
        distribution: Distribution::LogNormal,
    });
    link.reorder = Some(ReorderConfig {
        percent,
        correlation,
        gap: 5,
    });
    link.rate = Some(RateConfig::new(100_000_000));
    link.queue = Some(QueueConfig {
        bytes: Some(1_000_000),
        packets: None,
    });
    let spacing = SlotSpacing::Uniform {
        min_delay,
        max_delay,
    };
    link.slot = Some(SlotConfig {
        spacing,
        packets: None,
        bytes: None,
    });
    link
}

#[test]
fn a_frame_allocates_nothing_in_the_steady_state() {
    let mut simulator: Simulator<Metronome> = Simulator::new(
        Seed {
            root: 1,
            replication: 0,
        },
        (),
        (),
    );
    simulator.add_node(Metronome {
        next: Some(Instant::ZERO),
        ..Metronome::default()
    });
    simulator.add_node(Metronome::default());
    simulator.add_link(&everything()).expect("a valid link");
    let second = |n: u64| Instant::from_nanos(n * 1_000_000_000);
    simulator
        .run_until(second(2), StepLimit(u64::MAX))
        .expect("it ends");

    let delivered = simulator.conservation().delivered;
    let region = Region::new(ALLOCATOR);
    simulator
        .run_until(second(4), StepLimit(u64::MAX))
        .expect("it ends");
    let change = region.change();

    let frames = simulator.conservation().delivered - delivered;
    assert!(frames > 150_000, "{frames} frames have passed");
    // Deadlines are laid out anew at the beginning of a run; a buffer may still double once or
    // twice.
    let allocations = change.allocations + change.reallocations;
    assert!(
        allocations < 10,
        "{allocations} allocations for {frames} frames"
    );
}
