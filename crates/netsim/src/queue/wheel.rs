//! A hierarchical timing wheel over all 64 bits of time: eleven levels of 64 buckets.
//!
//! Times are read as numbers of eleven digits in base 64. An event lies on the level of the highest
//! digit in which its time differs from the base, in the bucket of that digit. The base never
//! passes a pending event, so on the lowest level that is not empty the lowest bucket holds the
//! earliest events.

use super::Event;
use super::chunks::{Bucket, Pool};

const DIGIT_BITS: u32 = 6;
const BUCKETS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 11;

#[derive(Clone, Debug)]
pub(super) struct Wheel {
    base: u64,
    buckets: Box<[[Bucket; BUCKETS]; LEVELS]>,
    /// One bit for each bucket of the level that is not empty.
    occupied: [u64; LEVELS],
    /// One bit for each level that is not empty.
    levels: u32,
    pool: Pool,
    len: usize,
    /// A chunk on its way to finer buckets; kept for its memory.
    dealt: Vec<Event>,
}

impl Wheel {
    pub(super) fn new() -> Wheel {
        Wheel {
            base: 0,
            buckets: Box::new([[Bucket::EMPTY; BUCKETS]; LEVELS]),
            occupied: [0; LEVELS],
            levels: 0,
            pool: Pool::new(),
            len: 0,
            dealt: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn push(&mut self, event: Event) {
        debug_assert!(event.time >= self.base, "the base never passes an event");
        let level = level(event.time ^ self.base);
        let digit = digit(event.time, level);
        self.occupied[level] |= 1 << digit;
        self.levels |= 1 << level;
        self.pool.push(&mut self.buckets[level][digit], event);
        self.len += 1;
    }

    /// The earliest time; looks through one bucket.
    pub(super) fn earliest(&self) -> Option<u64> {
        let (level, digit) = self.first_bucket()?;
        self.pool.earliest(&self.buckets[level][digit])
    }

    /// Moves the earliest events, sorted, to `into`: at most `most` of them, or all of one time.
    /// Returns the time before which none is left, or `None` if the wheel is empty.
    pub(super) fn take_earliest(&mut self, most: usize, into: &mut Vec<Event>) -> Option<u64> {
        loop {
            let (level, digit) = self.first_bucket()?;
            let shift = level as u32 * DIGIT_BITS;
            // The bucket's first moment: the digits above the level are the base's.
            let above = u64::MAX.checked_shl(shift + DIGIT_BITS).unwrap_or(0);
            self.base = (self.base & above) | (digit as u64) << shift;
            let mut bucket = self.remove_bucket(level, digit);
            if level == 0 || bucket.len() <= most {
                self.len -= bucket.len();
                while self.pool.take_chunk(&mut bucket, into) {}
                if level > 0 {
                    into.sort_by_key(|event| event.time);
                }
                // Saturating, so the very last moment of time never leaves the wheel through an end
                // beyond it; nothing happens then.
                return Some(self.base.saturating_add(1 << shift));
            }
            self.deal(bucket);
        }
    }

    /// Sets the base for a front that begins at `first` and is to end by `limit`, a later part of
    /// the same bucket. Returns where the front ends.
    pub(super) fn narrow(&mut self, first: u64, limit: u64) -> u64 {
        // On the level of the digit in which the two part, they lie in different buckets.
        let shift = level(first ^ limit) as u32 * DIGIT_BITS;
        self.base = first >> shift << shift;
        self.base.saturating_add(1 << shift)
    }

    /// Deals a bucket out to finer ones, in order.
    fn deal(&mut self, mut bucket: Bucket) {
        self.len -= bucket.len();
        let mut dealt = std::mem::take(&mut self.dealt);
        while self.pool.take_chunk(&mut bucket, &mut dealt) {
            for &event in &dealt {
                self.push(event);
            }
            dealt.clear();
        }
        self.dealt = dealt;
    }

    #[inline]
    fn first_bucket(&self) -> Option<(usize, usize)> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    fn remove_bucket(&mut self, level: usize, digit: usize) -> Bucket {
        self.occupied[level] &= !(1 << digit);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
        std::mem::replace(&mut self.buckets[level][digit], Bucket::EMPTY)
    }
}

/// The position of the highest digit that is not zero; 0 for zero.
#[inline]
fn level(difference: u64) -> usize {
    ((difference | 1).ilog2() / DIGIT_BITS) as usize
}

#[inline]
fn digit(time: u64, level: usize) -> usize {
    (time >> (level as u32 * DIGIT_BITS)) as usize % BUCKETS
}
