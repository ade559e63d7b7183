//! The choice of event queue: `cargo bench -p netsim --bench queues`.
//!
//! Each cell is millions of holds (pop one, push one) a second of CPU time on one core, with the
//! given number of events pending all the time. Arguments choose rows and columns by the first word
//! of their names, such as `-- netsim tcp 1000000`.
//!
//! From one run on two shared x86-64 cores, busy with other work (an idle machine gives up to half
//! as much again; only ratios within a run mean anything):
//!
//! | mix | queue | 1 k | 100 k | 1 M | 10 M |
//! |---|---|---|---|---|---|
//! | tcp | std `BinaryHeap`, 24-byte events | 22 | 6.0 | 1.1 | 0.4 |
//! | tcp | 4-ary heap, packed 16-byte events | 25 | 9.4 | 1.9 | 0.6 |
//! | tcp | radix-heap 0.4 | 27 | 24 | 18 | 17 |
//! | tcp | netsim ladder | 43 | 37 | 23 | 13 |
//! | uniform | std `BinaryHeap` | 23 | 2.7 | 0.8 | 0.4 |
//! | uniform | 4-ary heap | 19 | 7.4 | 1.7 | 0.8 |
//! | uniform | radix-heap | 25 | 18 | 17 | 15 |
//! | uniform | netsim ladder | 37 | 30 | 19 | 16 |
//! | exponential | std `BinaryHeap` | 22 | 4.7 | 0.8 | 0.4 |
//! | exponential | 4-ary heap | 21 | 7.5 | 2.0 | 0.9 |
//! | exponential | radix-heap | 26 | 21 | 19 | 15 |
//! | exponential | netsim ladder | 42 | 29 | 22 | 16 |
//! | bimodal | std `BinaryHeap` | 21 | 5.2 | 1.0 | 0.3 |
//! | bimodal | 4-ary heap | 28 | 9.4 | 1.7 | 0.7 |
//! | bimodal | radix-heap | 34 | 28 | 20 | 19 |
//! | bimodal | netsim ladder | 70 | 28 | 17 | 18 |
//!
//! The ladder was chosen: the fastest up to a million pending, level with the radix heap beyond, and
//! the only one that needs no sequence number to keep equal times in order (the radix heap does not
//! keep it at all). In whole runs of frames through a link it is 4 times as fast as the standard
//! heap with a thousand frames in flight, and 8 times with a million.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use netsim::{EventQueue, Instant, sample};
use radix_heap::RadixHeapMap;

/// What is compared: an event is a time in nanoseconds and a number.
trait Candidate {
    const NAME: &'static str;
    fn new() -> Self;
    fn push(&mut self, time: u64, token: u32);
    fn pop(&mut self) -> (u64, u32);
}

/// The standard library's heap with 24-byte events.
struct Binary {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    sequence: u64,
}

impl Candidate for Binary {
    const NAME: &'static str = "std BinaryHeap";

    fn new() -> Binary {
        Binary {
            heap: BinaryHeap::new(),
            sequence: 0,
        }
    }

    fn push(&mut self, time: u64, token: u32) {
        self.heap.push(Reverse((time, self.sequence, token)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> (u64, u32) {
        let Reverse((time, _, token)) = self.heap.pop().expect("never empty");
        (time, token)
    }
}

/// A 4-ary heap of 16-byte events: time, 40 bits of sequence, 24 bits of token.
struct Quaternary {
    heap: Vec<u128>,
    sequence: u64,
}

impl Candidate for Quaternary {
    const NAME: &'static str = "4-ary heap, packed";

    fn new() -> Quaternary {
        Quaternary {
            heap: Vec::new(),
            sequence: 0,
        }
    }

    fn push(&mut self, time: u64, token: u32) {
        let low = self.sequence << 24 | u64::from(token);
        let event = u128::from(time) << 64 | u128::from(low);
        self.sequence += 1;
        self.heap.push(event);
        let mut index = self.heap.len() - 1;
        while index > 0 {
            let parent = (index - 1) / 4;
            if self.heap[parent] <= event {
                break;
            }
            self.heap[index] = self.heap[parent];
            index = parent;
        }
        self.heap[index] = event;
    }

    fn pop(&mut self) -> (u64, u32) {
        let top = self.heap[0];
        let event = self.heap.pop().expect("never empty");
        let len = self.heap.len();
        let mut index = 0;
        while 4 * index + 1 < len {
            let children = 4 * index + 1..(4 * index + 5).min(len);
            let child = children
                .min_by_key(|&child| self.heap[child])
                .expect("one at least");
            if self.heap[child] >= event {
                break;
            }
            self.heap[index] = self.heap[child];
            index = child;
        }
        if len > 0 {
            self.heap[index] = event;
        }
        ((top >> 64) as u64, top as u32 & 0x00FF_FFFF)
    }
}

/// The published monotone radix heap; its order among equal times is not that of insertion, so it
/// would need a sequence number in its key to be of use.
struct Radix {
    heap: RadixHeapMap<Reverse<u64>, u32>,
}

impl Candidate for Radix {
    const NAME: &'static str = "radix-heap";

    fn new() -> Radix {
        Radix {
            heap: RadixHeapMap::new(),
        }
    }

    fn push(&mut self, time: u64, token: u32) {
        self.heap.push(Reverse(time), token);
    }

    fn pop(&mut self) -> (u64, u32) {
        let (Reverse(time), token) = self.heap.pop().expect("never empty");
        (time, token)
    }
}

/// Ours.
struct Ladder {
    queue: EventQueue,
}

impl Candidate for Ladder {
    const NAME: &'static str = "netsim ladder";

    fn new() -> Ladder {
        Ladder {
            queue: EventQueue::new(),
        }
    }

    fn push(&mut self, time: u64, token: u32) {
        self.queue.push(Instant::from_nanos(time), token);
    }

    fn pop(&mut self) -> (u64, u32) {
        // The simulator always looks before it takes.
        black_box(self.queue.next_time());
        let (at, token) = self.queue.pop().expect("never empty");
        (at.as_nanos(), token)
    }
}

const MS: u64 = 1_000_000;
const SIZES: [usize; 4] = [1_000, 100_000, 1_000_000, 10_000_000];
/// A workload.
struct Mix {
    name: &'static str,
    /// How a draw becomes the time from now to the new event.
    increment: fn(u64) -> u64,
    /// Whether the first events are spread over an increment, as in a process that has gone on for a
    /// while; else they come a whole increment after time zero.
    is_spread: bool,
}

const MIXES: [Mix; 6] = [
    Mix {
        name: "tcp",
        increment: tcp,
        is_spread: true,
    },
    Mix {
        name: "uniform",
        increment: |draw| sample::uniform(draw, 2_000 * MS),
        is_spread: true,
    },
    Mix {
        name: "exponential",
        increment: |draw| sample::exponential_nanos(draw, 1_000 * MS),
        is_spread: true,
    },
    Mix {
        name: "bimodal",
        increment: bimodal,
        is_spread: true,
    },
    Mix {
        name: "equal times",
        increment: |_| 20 * MS,
        is_spread: false,
    },
    Mix {
        name: "growing gaps",
        increment: |draw| 1 << (draw % 50),
        is_spread: true,
    },
];

/// Round trips, retransmission timers, and TIME-WAIT.
fn tcp(draw: u64) -> u64 {
    match draw % 100 {
        0..75 => 20 * MS,
        75..94 => 1_000 * MS,
        _ => 60_000 * MS,
    }
}

/// Nine tenths within a millisecond, one tenth ten seconds ahead.
fn bimodal(draw: u64) -> u64 {
    if draw.is_multiple_of(10) {
        10_000 * MS + sample::uniform(draw, 1_000 * MS)
    } else {
        sample::uniform(draw, MS)
    }
}

/// Increments are drawn beforehand, so that drawing costs all candidates a sequential read.
fn increments(mix: &Mix) -> Vec<u64> {
    let seed = netsim::Seed {
        root: 1,
        replication: 0,
    };
    let stream = seed.stream("increments");
    (0..1 << 20)
        .map(|entity| (mix.increment)(stream.draw(entity, 0)))
        .collect()
}

/// Million holds a second of a queue with `pending` events.
fn measure<C: Candidate>(pending: usize, mix: &Mix, increments: &[u64]) -> f64 {
    let mut queue = C::new();
    let mut next = increments.iter().cycle();
    let mut ahead = || *next.next().expect("a cycle has no end");
    for token in 0..pending {
        let phase = (token as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let whole = ahead();
        let time = if mix.is_spread {
            sample::uniform(phase, whole)
        } else {
            whole
        };
        queue.push(time, token as u32 & 0x00FF_FFFF);
    }
    let mut hold = |count: usize| {
        for _ in 0..count {
            let (time, token) = queue.pop();
            queue.push(time + ahead(), token);
        }
    };
    hold(pending.min(2_000_000));
    let (mut holds, start) = (0_u32, ThreadTime::now());
    loop {
        hold(500_000);
        holds += 500_000;
        let spent = start.elapsed();
        if spent > Duration::from_millis(500) {
            return f64::from(holds) / spent.as_secs_f64() / 1e6;
        }
    }
}

fn row<C: Candidate>(wanted: &impl Fn(&str) -> bool, mix: &Mix, increments: &[u64]) {
    if !wanted(C::NAME) {
        return;
    }
    print!("| {} | {} |", mix.name, C::NAME);
    for size in SIZES.into_iter().filter(|size| wanted(&size.to_string())) {
        print!(" {:.2} |", measure::<C>(size, mix, increments));
    }
    println!();
}

fn first_word(name: &str) -> &str {
    name.split([' ', ',']).next().unwrap_or(name)
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    // An argument chooses among the names of the first dimension in which it occurs.
    let dimensions: [Vec<String>; 3] = [
        [Binary::NAME, Quaternary::NAME, Radix::NAME, Ladder::NAME]
            .map(String::from)
            .into(),
        MIXES.iter().map(|mix| mix.name.to_owned()).collect(),
        SIZES.map(|size| size.to_string()).into(),
    ];
    let wanted = |name: &str| {
        let names = dimensions
            .iter()
            .find(|names| names.iter().any(|known| known == name));
        let names = names.map_or(&[][..], Vec::as_slice);
        let chooses =
            |argument: &&String| names.iter().any(|known| first_word(known) == **argument);
        let mut choices = arguments.iter().filter(chooses).peekable();
        choices.peek().is_none() || choices.any(|choice| first_word(name) == choice)
    };
    println!("Million holds a second of CPU time, by events pending: {SIZES:?}\n");
    for mix in MIXES.iter().filter(|mix| wanted(mix.name)) {
        let increments = increments(mix);
        row::<Binary>(&wanted, mix, &increments);
        row::<Quaternary>(&wanted, mix, &increments);
        row::<Radix>(&wanted, mix, &increments);
        row::<Ladder>(&wanted, mix, &increments);
    }
}
