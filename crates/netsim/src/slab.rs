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

    /// Takes the value of this key out.
    ///
    /// # Panics
    /// If there is none: every key in the event queue was inserted here and is removed once.
    pub(crate) fn remove(&mut self, key: u32) -> T {
        let value = self.slots[key as usize]
            .take()
            .expect("a pending event owns its frame");
        self.free.push(key);
        value
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
