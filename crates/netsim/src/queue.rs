//! Pending events in the total order (time, insertion).
//!
//! A ladder of two rungs. The next events stand in a short sorted run, the front; all later ones
//! lie in a wheel of buckets by magnitude of their distance ([`wheel`]), each bucket in order of
//! insertion. When the front is used up, the earliest bucket takes its place if it is small, else
//! it is dealt out into finer buckets first. When the front grows too long, its later part goes
//! back to the wheel. So bucket width adapts to the density of events in both directions, and an
//! event is moved a bounded number of times however far ahead it lies: the cost of an event does
//! not grow with the number pending.
//!
//! All events of one time are always in one bucket or in the front, in order of insertion, so equal
//! times come out first in, first out, without a sequence number. `cargo bench -p netsim --bench
//! queues` compares it with the alternatives.

mod chunks;
mod wheel;

use crate::time::Instant;
use wheel::Wheel;

/// An event: when, and what the caller knows it by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Event {
    time: u64,
    token: u32,
}

/// A bucket of at most this many events is sorted into the front, a larger one dealt out.
const SORTED_AT_ONCE: usize = 48;
/// The front gives its later part back beyond this length.
const LONGEST_FRONT: usize = 96;

/// A monotone priority queue of tokens: among equal times, first in, first out.
///
/// Time does not run backwards: an event added for a time before the last one taken counts as added
/// for that.
#[derive(Clone, Debug)]
pub struct EventQueue {
    /// The last time taken.
    now: u64,
    /// Events in ascending order; those before `head` have been taken.
    front: Vec<Event>,
    head: usize,
    /// Events before this time belong to the front, all others to the wheel.
    front_end: u64,
    /// The length beyond which the front is split.
    split_at: usize,
    wheel: Wheel,
    /// The earliest time in the wheel, once it has been asked for.
    wheel_next: Option<u64>,
}

impl Default for EventQueue {
    fn default() -> EventQueue {
        EventQueue::new()
    }
}

impl EventQueue {
    /// An empty queue at time zero.
    pub fn new() -> EventQueue {
        EventQueue {
            now: 0,
            front: Vec::new(),
            head: 0,
            front_end: 0,
            split_at: LONGEST_FRONT,
            wheel: Wheel::new(),
            wheel_next: None,
        }
    }

    /// Adds an event.
    #[inline]
    pub fn push(&mut self, at: Instant, token: u32) {
        let event = Event {
            time: at.as_nanos().max(self.now),
            token,
        };
        if event.time < self.front_end {
            self.push_front(event);
        } else {
            self.wheel_next = self.wheel_next.map(|next| next.min(event.time));
            self.wheel.push(event);
        }
    }

    /// When the next event is due; constant time but for the first call after the front is used up.
    #[inline]
    pub fn next_time(&mut self) -> Option<Instant> {
        if let Some(event) = self.front.get(self.head) {
            return Some(Instant::from_nanos(event.time));
        }
        if self.wheel_next.is_none() {
            self.wheel_next = self.wheel.earliest();
        }
        self.wheel_next.map(Instant::from_nanos)
    }

    /// Takes the next event.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, u32)> {
        if self.head == self.front.len() {
            self.refill();
        }
        let event = *self.front.get(self.head)?;
        self.head += 1;
        self.now = event.time;
        Some((Instant::from_nanos(event.time), event.token))
    }

    /// Right after [`EventQueue::pop`] has begun on a new run of events: the rest of the run.
    #[inline]
    pub(crate) fn fresh_run(&self) -> Option<impl Iterator<Item = u32> + Clone> {
        (self.head == 1).then(|| self.front[1..].iter().map(|event| event.token))
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.front.len() - self.head + self.wheel.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the event after all of its time.
    fn push_front(&mut self, event: Event) {
        if self.front.last().is_none_or(|last| last.time <= event.time) {
            self.front.push(event);
        } else {
            // From the back, because a new event is seldom among the next few.
            let waiting = &self.front[self.head..];
            let later = waiting
                .iter()
                .rev()
                .take_while(|other| other.time > event.time)
                .count();
            self.front.insert(self.front.len() - later, event);
        }
        if self.front.len() - self.head > self.split_at {
            self.split_front();
        } else if self.head >= LONGEST_FRONT && 2 * self.head >= self.front.len() {
            self.front.drain(..self.head);
            self.head = 0;
        }
    }

    /// Gives the later part of the front back to the wheel.
    fn split_front(&mut self) {
        self.front.drain(..self.head);
        self.head = 0;
        let (first, limit) = (self.front[0].time, self.front[SORTED_AT_ONCE].time);
        self.front_end = self.wheel.narrow(first, limit);
        let kept = self
            .front
            .partition_point(|event| event.time < self.front_end);
        for event in self.front.drain(kept..) {
            self.wheel.push(event);
        }
        self.wheel_next = None;
        // What remains may be many events of one time; they cannot be split further.
        self.split_at = LONGEST_FRONT.max(2 * self.front.len());
    }

    /// Replaces the used-up front by the earliest events of the wheel.
    fn refill(&mut self) {
        self.front.clear();
        self.head = 0;
        self.split_at = LONGEST_FRONT;
        self.wheel_next = None;
        if let Some(end) = self.wheel.take_earliest(SORTED_AT_ONCE, &mut self.front) {
            self.front_end = end;
            self.split_at = LONGEST_FRONT.max(2 * self.front.len());
        }
    }
}
