//! Storage in chunks: slots that stay where they are, without the copy and the slack of a
//! doubling vector.

use alloc::vec::Vec;

/// Entries of one chunk. The first chunk grows by doubling, so a small endpoint stays small.
const CHUNK: usize = 1024;

/// A table of `T` by slot number. Slots are reused; who keeps one must know when it is freed.
#[derive(Clone, Debug)]
pub(crate) struct Arena<T> {
    chunks: Vec<Vec<T>>,
    free: Vec<u32>,
}

impl<T> Default for Arena<T> {
    fn default() -> Arena<T> {
        Arena {
            chunks: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Arena<T> {
    /// The slot that the next [`Arena::insert`] will use.
    pub(crate) fn next_slot(&self) -> u32 {
        self.free
            .last()
            .copied()
            .unwrap_or_else(|| self.fresh_slot())
    }

    /// Stores `entry` and returns its slot.
    pub(crate) fn insert(&mut self, entry: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            self[slot] = entry;
            return slot;
        }
        let slot = self.fresh_slot();
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(entry),
            full => {
                let capacity = if full.is_some() { CHUNK } else { 4 };
                let mut chunk = Vec::with_capacity(capacity);
                chunk.push(entry);
                self.chunks.push(chunk);
            }
        }
        slot
    }

    /// Frees a slot. What it held stays there until the slot is used again, so a `T` that owns
    /// memory should be replaced first.
    pub(crate) fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// Slots that exist, used or free.
    pub(crate) fn slots(&self) -> u32 {
        self.fresh_slot()
    }

    /// Slots in use.
    pub(crate) fn live(&self) -> usize {
        self.fresh_slot() as usize - self.free.len()
    }

    /// What a slot holds, if it was ever used.
    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.chunks
            .get(slot as usize / CHUNK)?
            .get(slot as usize % CHUNK)
    }

    fn fresh_slot(&self) -> u32 {
        match self.chunks.split_last() {
            Some((last, full)) => (full.len() * CHUNK + last.len()) as u32,
            None => 0,
        }
    }
}

impl<T> core::ops::Index<u32> for Arena<T> {
    type Output = T;

    fn index(&self, slot: u32) -> &T {
        &self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }
}

impl<T> core::ops::IndexMut<u32> for Arena<T> {
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn slots_stay_and_are_reused() {
        let mut arena = Arena::default();
        for n in 0..3000u32 {
            assert_eq!(arena.next_slot(), n);
            assert_eq!(arena.insert(n), n);
        }
        arena.free(1500);
        assert_eq!(arena.next_slot(), 1500);
        assert_eq!(arena.insert(7), 1500);
        assert_eq!((arena[1499], arena[1500], arena[2999]), (1499, 7, 2999));
    }
}
