//! Timers of constant duration: entries chained in the order in which they run out.
//!
//! If every entry waits equally long, the one that was started first runs out first, so a
//! doubly linked list through the entries themselves is a priority queue with constant cost: one
//! list for each duration.

use alloc::vec::Vec;
use core::time::Duration;

use crate::arena::Arena;
use crate::time::{Instant, Stamp};

/// No entry.
const NIL: u32 = u32::MAX;

/// The place of an entry in its list, and when it runs out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    previous: u32,
    next: u32,
    deadline: Stamp,
}

impl Default for Link {
    fn default() -> Link {
        Link {
            previous: NIL,
            next: NIL,
            deadline: Stamp::default(),
        }
    }
}

impl Link {
    /// When the entry runs out.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline.into()
    }
}

/// An entry that can be chained.
pub(crate) trait Linked {
    /// Its link.
    fn link(&self) -> &Link;
    /// Its link, to change it.
    fn link_mut(&mut self) -> &mut Link;
}

#[derive(Clone, Copy, Debug)]
struct Fifo {
    wait: Duration,
    head: u32,
    tail: u32,
    /// When the head runs out, END if there is none; kept here because the entry itself is seldom in
    /// the cache.
    first: Instant,
}

/// Lists of waiting entries, one for each duration that has ever been used (a handful).
#[derive(Clone, Debug, Default)]
pub(crate) struct Fifos {
    lists: Vec<Fifo>,
}

impl Fifos {
    /// Starts the timer of an entry that is in no list.
    pub(crate) fn start<T: Linked>(
        &mut self,
        arena: &mut Arena<T>,
        slot: u32,
        now: Instant,
        wait: Duration,
    ) {
        let deadline = now + wait;
        let list = self.list(wait);
        let tail = list.tail;
        *arena[slot].link_mut() = Link {
            previous: tail,
            next: NIL,
            deadline: deadline.into(),
        };
        list.tail = slot;
        if tail == NIL {
            list.head = slot;
            list.first = deadline;
        } else {
            arena[tail].link_mut().next = slot;
        }
    }

    /// Takes an entry out of the list of `wait`, in which it must be.
    pub(crate) fn stop<T: Linked>(&mut self, arena: &mut Arena<T>, slot: u32, wait: Duration) {
        let Link { previous, next, .. } = *arena[slot].link();
        let list = self.list(wait);
        if previous == NIL {
            debug_assert_eq!(list.head, slot, "an entry must be stopped in its own list");
            list.head = next;
            list.first = if next == NIL {
                Instant::END
            } else {
                arena[next].link().deadline()
            };
        } else {
            arena[previous].link_mut().next = next;
        }
        if next == NIL {
            list.tail = previous;
        } else {
            arena[next].link_mut().previous = previous;
        }
    }

    /// The entry that runs out first, if any runs out by `now`.
    pub(crate) fn due(&self, now: Instant) -> Option<u32> {
        self.heads()
            .filter(|&(at, _)| at <= now)
            .min()
            .map(|(_, slot)| slot)
    }

    /// When the first entry runs out; END if none waits.
    pub(crate) fn next_deadline(&self) -> Instant {
        let firsts = self.lists.iter().map(|list| list.first);
        firsts.fold(Instant::END, Instant::min)
    }

    /// The first entries for which `counts` holds, one of each duration. Those before them are
    /// passed over one by one.
    pub(crate) fn first<'a, T: Linked>(
        &'a self,
        arena: &'a Arena<T>,
        counts: impl Fn(&T) -> bool + Copy + 'a,
    ) -> impl Iterator<Item = u32> + 'a {
        let next = |&slot: &u32| Some(arena[slot].link().next).filter(|&next| next != NIL);
        self.heads().filter_map(move |(_, head)| {
            core::iter::successors(Some(head), next).find(|&slot| counts(&arena[slot]))
        })
    }

    fn heads(&self) -> impl Iterator<Item = (Instant, u32)> {
        let used = self.lists.iter().filter(|list| list.head != NIL);
        used.map(|list| (list.first, list.head))
    }

    fn list(&mut self, wait: Duration) -> &mut Fifo {
        let place = self.lists.iter().position(|list| list.wait == wait);
        let place = place.unwrap_or_else(|| {
            self.lists.push(Fifo {
                wait,
                head: NIL,
                tail: NIL,
                first: Instant::END,
            });
            self.lists.len() - 1
        });
        &mut self.lists[place]
    }
}

#[cfg(test)]
mod tests {
    use super::{Fifos, Link, Linked};
    use crate::arena::Arena;
    use crate::time::Instant;
    use core::time::Duration;

    #[derive(Default)]
    struct Entry(Link);

    impl Linked for Entry {
        fn link(&self) -> &Link {
            &self.0
        }
        fn link_mut(&mut self) -> &mut Link {
            &mut self.0
        }
    }

    #[test]
    fn the_first_to_run_out_is_found_across_lists_and_any_can_leave() {
        let (mut arena, mut fifos) = (Arena::default(), Fifos::default());
        let (long, short) = (Duration::from_secs(10), Duration::from_secs(1));
        let slots: Vec<u32> = (0..5).map(|_| arena.insert(Entry::default())).collect();
        for (n, &slot) in slots.iter().enumerate() {
            let wait = if n == 3 { short } else { long };
            fifos.start(&mut arena, slot, Instant::from_secs(n as u64), wait);
        }
        assert_eq!(fifos.next_deadline(), Instant::from_secs(4));
        assert_eq!(fifos.due(Instant::from_secs(3)), None);
        assert_eq!(fifos.due(Instant::from_secs(30)), Some(slots[3]));
        fifos.stop(&mut arena, slots[3], short);
        fifos.stop(&mut arena, slots[1], long);
        fifos.stop(&mut arena, slots[0], long);
        assert_eq!(fifos.next_deadline(), Instant::from_secs(12));
        fifos.stop(&mut arena, slots[4], long);
        fifos.stop(&mut arena, slots[2], long);
        assert_eq!(fifos.next_deadline(), Instant::END);
    }

    use std::vec::Vec;
}
