//! How incarnations are numbered: the scripted connections first, then the forged segments, then the
//! OPENs of the loads, dealt out in turn. Each arrival of a load has as many numbers as its user may
//! call OPEN, whether they are needed or not, so that a number stands for the same OPEN whatever
//! becomes of the others.

use tcp_core::Tag;

use crate::plan::{Load, Plan};

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Numbering {
    scripted: usize,
    /// Scripted connections and forged segments.
    singles: usize,
    /// Of each load: how often the user of an arrival calls OPEN at most.
    attempts: Vec<u32>,
    has_retries: bool,
}

/// Where an incarnation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A scripted connection, by its index.
    Scripted(usize),
    /// An injection, by its index.
    Forged(usize),
    /// A user of a load.
    Load(Attempt),
}

/// An OPEN of a load, or a SYN of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The load, by its index.
    pub load: usize,
    /// The number of the arrival within the load, from 0.
    pub number: u64,
    /// How often its user has called OPEN before.
    pub earlier: u32,
}

impl Numbering {
    /// The numbers of a plan's incarnations.
    pub fn new(plan: &Plan) -> Numbering {
        let attempts: Vec<u32> = plan.loads.iter().map(Load::attempts).collect();
        Numbering {
            scripted: plan.connections.len(),
            singles: plan.connections.len() + plan.injections.len(),
            has_retries: attempts.iter().any(|count| *count > 1),
            attempts,
        }
    }

    /// The number of incarnations that are written down one by one.
    pub(super) fn singles(&self) -> usize {
        self.singles
    }

    pub(super) fn origin(&self, tag: Tag) -> Origin {
        let index = tag.0 as usize;
        if index < self.scripted {
            return Origin::Scripted(index);
        }
        let Some(beyond) = index.checked_sub(self.singles) else {
            return Origin::Forged(index - self.scripted);
        };
        let loads = self.attempts.len().max(1);
        let (load, slot) = (beyond % loads, (beyond / loads) as u64);
        let (number, earlier) = match self.attempts.get(load) {
            Some(&attempts) if attempts > 1 => {
                let attempts = u64::from(attempts);
                (slot / attempts, (slot % attempts) as u32)
            }
            _ => (slot, 0),
        };
        Origin::Load(Attempt {
            load,
            number,
            earlier,
        })
    }

    /// The tag of an OPEN of a load; `None` beyond 2^32 incarnations.
    pub(super) fn tag(&self, attempt: Attempt) -> Option<Tag> {
        let Attempt {
            load,
            number,
            earlier,
        } = attempt;
        let slot = number
            .checked_mul(u64::from(*self.attempts.get(load)?))?
            .checked_add(u64::from(earlier))?;
        let tag = slot
            .checked_mul(self.attempts.len() as u64)?
            .checked_add((self.singles + load) as u64)?;
        u32::try_from(tag).ok().map(Tag)
    }

    /// The OPEN that its user calls if this one fails; `None` if he then gives up.
    pub fn next(&self, tag: Tag) -> Option<Tag> {
        if !self.has_retries {
            return None;
        }
        let Origin::Load(attempt) = self.origin(tag) else {
            return None;
        };
        let earlier = attempt.earlier + 1;
        let is_left = self.attempts.get(attempt.load)? > &earlier;
        is_left.then(|| self.tag(Attempt { earlier, ..attempt }))?
    }

    /// The first OPEN of the same user.
    pub fn first(&self, tag: Tag) -> Tag {
        if !self.has_retries {
            return tag;
        }
        match self.origin(tag) {
            Origin::Load(attempt) => Tag(tag.0 - attempt.earlier * self.attempts.len() as u32),
            Origin::Scripted(_) | Origin::Forged(_) => tag,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two scripted connections, one forged segment, three loads.
    fn numbering() -> Numbering {
        Numbering {
            scripted: 2,
            singles: 3,
            attempts: vec![1, 4, 2],
            has_retries: true,
        }
    }

    #[test]
    fn a_tag_says_everything() {
        let numbering = numbering();
        assert_eq!(numbering.origin(Tag(1)), Origin::Scripted(1));
        assert_eq!(numbering.origin(Tag(2)), Origin::Forged(0));
        for tag in (3..200).map(Tag) {
            let Origin::Load(attempt) = numbering.origin(tag) else {
                panic!("{tag:?} is a load's");
            };
            assert_eq!(numbering.tag(attempt), Some(tag));
            let first = Attempt {
                earlier: 0,
                ..attempt
            };
            assert_eq!(Some(numbering.first(tag)), numbering.tag(first));
        }
        let none = Attempt {
            load: 1,
            number: 1 << 30,
            earlier: 0,
        };
        assert_eq!(numbering.tag(none), None, "beyond 2^32");
    }

    #[test]
    fn the_attempts_of_a_user_follow_each_other() {
        let numbering = numbering();
        let first = Attempt {
            load: 1,
            number: 5,
            earlier: 0,
        };
        let mut tags = vec![numbering.tag(first).expect("it is small")];
        while let Some(next) = tags.last().and_then(|tag| numbering.next(*tag)) {
            tags.push(next);
        }
        assert_eq!(tags.len(), 4);
        assert!(tags.iter().all(|tag| numbering.first(*tag) == tags[0]));
        for tag in [Tag(0), Tag(2), Tag(3)] {
            assert_eq!((numbering.next(tag), numbering.first(tag)), (None, tag));
        }
    }
}
