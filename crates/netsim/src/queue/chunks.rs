//! Buckets as lists of chunks from one pool: appending never copies, and memory that one bucket no
//! longer needs serves the next.

use super::Event;

/// A chunk is 1 KiB: long enough to stream, short enough that 704 buckets waste little.
const CHUNK_LEN: usize = 63;
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Chunk {
    events: [Event; CHUNK_LEN],
    next: u32,
}

/// A first-in, first-out list of events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    first: u32,
    last: u32,
    /// Events in the last chunk; all others are full.
    last_len: u32,
    len: u32,
}

impl Bucket {
    pub(super) const EMPTY: Bucket = Bucket {
        first: NONE,
        last: NONE,
        last_len: 0,
        len: 0,
    };

    pub(super) fn len(&self) -> usize {
        self.len as usize
    }
}

/// The chunks of all buckets.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    chunks: Vec<Chunk>,
    free: u32,
}

impl Pool {
    pub(super) fn new() -> Pool {
        Pool {
            chunks: Vec::new(),
            free: NONE,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, bucket: &mut Bucket, event: Event) {
        if bucket.last == NONE || bucket.last_len as usize == CHUNK_LEN {
            self.extend(bucket);
        }
        self.chunks[bucket.last as usize].events[bucket.last_len as usize] = event;
        bucket.last_len += 1;
        bucket.len += 1;
    }

    /// Appends an empty chunk.
    fn extend(&mut self, bucket: &mut Bucket) {
        let index = self.allocate();
        if bucket.last == NONE {
            bucket.first = index;
        } else {
            self.chunks[bucket.last as usize].next = index;
        }
        bucket.last = index;
        bucket.last_len = 0;
    }

    fn allocate(&mut self) -> u32 {
        let index = self.free;
        if index == NONE {
            let index = self.chunks.len() as u32;
            self.chunks.push(Chunk {
                events: [Event::default(); CHUNK_LEN],
                next: NONE,
            });
            return index;
        }
        let chunk = &mut self.chunks[index as usize];
        self.free = std::mem::replace(&mut chunk.next, NONE);
        index
    }

    /// Takes the first chunk's events out of the bucket, into `into`; `false` if there were none.
    pub(super) fn take_chunk(&mut self, bucket: &mut Bucket, into: &mut Vec<Event>) -> bool {
        let index = bucket.first;
        if index == NONE {
            return false;
        }
        let is_last = index == bucket.last;
        let len = if is_last {
            bucket.last_len as usize
        } else {
            CHUNK_LEN
        };
        let chunk = &mut self.chunks[index as usize];
        into.extend_from_slice(&chunk.events[..len]);
        let next = std::mem::replace(&mut chunk.next, self.free);
        self.free = index;
        bucket.len -= len as u32;
        if is_last {
            *bucket = Bucket::EMPTY;
        } else {
            bucket.first = next;
        }
        true
    }

    /// The earliest time in the bucket.
    pub(super) fn earliest(&self, bucket: &Bucket) -> Option<u64> {
        let mut earliest = None;
        let mut index = bucket.first;
        while index != NONE {
            let chunk = &self.chunks[index as usize];
            let len = if index == bucket.last {
                bucket.last_len as usize
            } else {
                CHUNK_LEN
            };
            let here = chunk.events[..len].iter().map(|event| event.time).min();
            earliest = earliest.into_iter().chain(here).min();
            index = chunk.next;
        }
        earliest
    }
}
