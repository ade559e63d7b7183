//! What a host's applications do later, in order of time, and of planning at one time.

use netsim::{EventQueue, Instant};

/// Tasks that wait. Cost does not depend on how many do.
#[derive(Debug)]
pub(super) struct Tasks<T> {
    queue: EventQueue,
    /// By the queue's tokens.
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    /// When the first is due, since the queue finds that out only when it may change.
    next: Option<Instant>,
}

impl<T> Tasks<T> {
    pub(super) fn new() -> Tasks<T> {
        Tasks {
            queue: EventQueue::new(),
            slots: Vec::new(),
            free: Vec::new(),
            next: None,
        }
    }

    /// Plans a task; one for the past is due at once. There is room for 2^32 at a time.
    pub(super) fn plan(&mut self, at: Instant, task: T) {
        let token = if let Some(token) = self.free.pop() {
            self.slots[token as usize] = Some(task);
            token
        } else {
            self.slots.push(Some(task));
            (self.slots.len() - 1) as u32
        };
        self.queue.push(at, token);
        self.next = self.queue.next_time();
    }

    /// When the first task is due.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.next
    }

    /// Takes the first task that is due by now.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<T> {
        self.next.filter(|&next| next <= now)?;
        let (_, token) = self.queue.pop()?;
        self.next = self.queue.next_time();
        self.free.push(token);
        self.slots[token as usize].take()
    }

    /// Forgets all tasks but those that `is_kept` chooses.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&T) -> bool) {
        let mut kept = Tasks::new();
        while let Some((at, token)) = self.queue.pop() {
            if let Some(task) = self.slots[token as usize].take().filter(&is_kept) {
                kept.plan(at, task);
            }
        }
        *self = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn tasks_come_in_order_of_time_and_of_planning() {
        let mut tasks = Tasks::new();
        for (time, name) in [(5, "b"), (9, "d"), (5, "c"), (1, "a")] {
            tasks.plan(at(time), name);
        }
        assert_eq!(tasks.next_time(), Some(at(1)));
        assert_eq!(tasks.take_due(at(0)), None);
        let mut seen = Vec::new();
        while let Some(name) = tasks.take_due(at(5)) {
            seen.push(name);
        }
        assert_eq!(seen, ["a", "b", "c"]);
        tasks.plan(at(6), "e");
        tasks.plan(at(6), "f");
        assert_eq!(tasks.next_time(), Some(at(6)));
        let rest: Vec<_> = std::iter::from_fn(|| tasks.take_due(at(9))).collect();
        assert_eq!(rest, ["e", "f", "d"]);
        assert_eq!(tasks.next_time(), None);
        tasks.plan(at(10), "h");
        tasks.plan(at(9), "g");
        tasks.retain(|task| *task == "h");
        assert_eq!(tasks.take_due(at(9)), None);
        assert_eq!(tasks.take_due(at(10)), Some("h"));
    }
}
