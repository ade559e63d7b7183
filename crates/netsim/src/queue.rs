//! Pending events in the total order (time, insertion).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Instant;

/// A monotone priority queue of small tokens: among equal times, first in, first out.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Reverse<(Instant, u64, u32)>>,
    sequence: u64,
}

impl EventQueue {
    /// An empty queue at time zero.
    pub fn new() -> EventQueue {
        EventQueue::default()
    }

    /// Adds an event.
    pub fn push(&mut self, at: Instant, token: u32) {
        self.heap.push(Reverse((at, self.sequence, token)));
        self.sequence += 1;
    }

    /// When the next event is due.
    pub fn next_time(&mut self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(Instant, u32)> {
        self.heap.pop().map(|Reverse((at, _, token))| (at, token))
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
