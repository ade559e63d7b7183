//! The event queue against a sorted model, and on inputs made to break its buckets.

use std::collections::BTreeSet;

use netsim::{EventQueue, Instant};
use proptest::prelude::*;

/// A queue beside an obviously right one.
#[derive(Default)]
struct Both {
    queue: EventQueue,
    model: BTreeSet<(u64, u32)>,
    next: u32,
    now: u64,
}

impl Both {
    fn push(&mut self, time: u64) {
        self.queue.push(Instant::from_nanos(time), self.next);
        // Tokens rise, so among equal times the model's order is that of insertion.
        self.model.insert((time.max(self.now), self.next));
        self.next += 1;
    }

    fn pop(&mut self) {
        let expected = self.model.pop_first();
        assert_eq!(
            self.queue.pop().map(|(at, token)| (at.as_nanos(), token)),
            expected
        );
        self.now = expected.map_or(self.now, |(time, _)| time);
    }

    fn check(&mut self) {
        assert_eq!(self.queue.len(), self.model.len());
        let expected = self.model.first().map(|(time, _)| *time);
        assert_eq!(self.queue.next_time().map(Instant::as_nanos), expected);
    }

    fn drain(&mut self) {
        while !self.model.is_empty() {
            self.pop();
        }
        self.check();
        assert!(self.queue.is_empty() && self.queue.pop().is_none());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    PushMany(u64, u16),
    Pop(u16),
    Peek,
}

/// Steps ahead of all magnitudes, so that every level of the wheel is met.
fn ahead() -> impl Strategy<Value = u64> {
    (0..64_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1_u64 << bits) - 1))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => ahead().prop_map(Step::Push),
        2 => (ahead(), 1..300_u16).prop_map(|(at, count)| Step::PushMany(at, count)),
        4 => (1..200_u16).prop_map(Step::Pop),
        2 => Just(Step::Peek),
    ]
}

proptest! {
    #[test]
    fn agrees_with_a_sorted_model(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::default();
        for step in steps {
            match step {
                Step::Push(ahead) => both.push(both.now.saturating_add(ahead)),
                Step::PushMany(ahead, count) => {
                    let spread = ahead / u64::from(count);
                    (0..u64::from(count)).for_each(|n| both.push(both.now.saturating_add(n * spread)));
                }
                Step::Pop(count) => (0..count).for_each(|_| both.pop()),
                Step::Peek => both.check(),
            }
        }
        both.drain();
    }
}

#[test]
fn equal_times_come_out_in_order_of_insertion() {
    let mut both = Both::default();
    for _ in 0..100_000 {
        both.push(5);
    }
    for _ in 0..50_000 {
        both.pop();
        both.push(5);
        both.push(6);
    }
    both.drain();
}

#[test]
fn one_far_event_among_near_ones() {
    let mut both = Both::default();
    both.push(u64::MAX - 1);
    for round in 0..50_000 {
        both.push(round * 10 + 7);
        both.check();
        both.pop();
    }
    both.drain();
}

#[test]
fn gaps_that_grow_exponentially() {
    let mut both = Both::default();
    for _ in 0..20 {
        (0..64).for_each(|bits| both.push(both.now.saturating_add(1 << bits)));
        both.check();
        (0..40).for_each(|_| both.pop());
    }
    both.drain();
}

#[test]
fn a_peek_far_ahead_does_not_hinder_nearer_events() {
    let mut both = Both::default();
    both.push(60_000_000_000);
    both.check();
    (0..1_000).for_each(|n| both.push(n * 1_000));
    both.check();
    (0..500).for_each(|_| both.pop());
    both.push(0);
    both.check();
    both.drain();
}

#[test]
fn a_dense_cloud_in_front_of_a_sparse_one() {
    let mut both = Both::default();
    (0..40).for_each(|n| both.push(n * 1_000_000_000));
    both.pop();
    // Everything below lands within the sorted front and has to be given back.
    (0..20_000_u64).for_each(|n| both.push(both.now + n * 7_919 % 1_000_003));
    both.drain();
}

#[test]
fn the_end_of_time_is_a_time() {
    let mut both = Both::default();
    for _ in 0..200 {
        both.push(u64::MAX);
        both.push(u64::MAX - 1);
    }
    both.pop();
    both.push(u64::MAX);
    both.push(0);
    both.drain();
    both.push(u64::MAX);
    both.drain();
}
