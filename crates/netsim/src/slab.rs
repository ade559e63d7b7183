//! Storage of frames in flight: slots are reused, so a steady flow of frames allocates nothing.

/// Values under small integer keys.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Slab<T> {
        Slab {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Stores a value and returns its key.
    ///
    /// # Panics
    /// With more than 2^32 values: more than any memory holds.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(key) = self.free.pop() {
            self.slots[key as usize] = Some(value);
            return key;
        }
        let key = u32::try_from(self.slots.len()).expect("fewer than 2^32 frames are in flight");
        self.slots.push(Some(value));
        key
    }

    /// Frees the value of this key.
    pub(crate) fn discard(&mut self, key: u32) {
        self.slots[key as usize] = None;
        self.free.push(key);
    }

    /// Reads a little of each value, so that they are in the cache when their turn comes: unlike the
    /// reads of one event after the other, these wait for memory together.
    pub(crate) fn touch(&self, keys: impl Iterator<Item = u32>) {
        let present = keys
            .filter(|&key| self.slots[key as usize].is_some())
            .count();
        std::hint::black_box(present);
    }

    /// The value of this key.
    ///
    /// # Panics
    /// If there is none: whoever has a key removes its value last.
    #[inline]
    pub(crate) fn get(&self, key: u32) -> &T {
        self.slots[key as usize]
            .as_ref()
            .expect("a key in use has a value")
    }

    /// The value of this key, to be changed.
    ///
    /// # Panics
    /// As for [`Slab::get`].
    #[inline]
    pub(crate) fn get_mut(&mut self, key: u32) -> &mut T {
        self.slots[key as usize]
            .as_mut()
            .expect("a key in use has a value")
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
