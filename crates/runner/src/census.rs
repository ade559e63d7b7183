//! Who is half open, and for how long: an exact count of every pair of ends in every class.
//!
//! The unit is the incarnation: each OPEN starts one. A server's entry belongs to the OPEN whose SYN
//! made it; a second entry that a late copy makes is a unit of its own. The client is in the unit
//! of the entry whose SYN,ACK it accepted, before that in the newest entry's. So every end is in
//! exactly one unit, with a partner or alone, and the unit's class follows from the two states.
//!
//! The census is a running fold over changes of state, in constant time for each: identity comes
//! from the tags that segments carry in the simulation, never from sequence numbers.

use netsim::Instant;
use tcp_core::{Phase, Tag};

use crate::plan::{Class, End};

/// A change of state of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The incarnation.
    pub tag: Tag,
    /// Which end.
    pub end: End,
    /// At a server: the number of its entry among the incarnation's, from 1. At a client: the
    /// entry that sent the segment which caused the change, 0 if none did.
    pub entry: u32,
    /// The state that was left; `None` if there was no entry.
    pub from: Option<Phase>,
    /// The state that was entered; `None` if the entry is gone.
    pub to: Option<Phase>,
}

/// How many units are in one class, now and over time.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    count: u64,
    /// When `area` was last brought up to date.
    since: u64,
    /// Integral of the count: connection-nanoseconds.
    area: u128,
    /// The greatest count that lasted for any time at all.
    max: u64,
    /// The same since [`Census::forget_recent_maxima`].
    recent_max: u64,
    /// Sum of the times that units spent in the class, of those that have left it.
    sojourn: u128,
}

impl Level {
    fn advance(&mut self, now: u64) {
        if now > self.since {
            self.area += u128::from(self.count) * u128::from(now - self.since);
            self.max = self.max.max(self.count);
            self.recent_max = self.recent_max.max(self.count);
            self.since = now;
        }
    }
}

/// The two ends of one incarnation.
#[derive(Clone, Copy, Debug, Default)]
struct Incarnation {
    client: Option<Phase>,
    server: Option<Phase>,
    /// Number of the newest server entry; 0 before the first.
    newest: u32,
    /// The entry whose SYN,ACK the client accepted; 0 before that.
    accepted: u32,
    /// Whether the newest entry was ever past SYN-RECEIVED.
    newest_was_past: bool,
    /// The same of the accepted entry.
    accepted_was_past: bool,
    /// When the units of the client and of a server entry of its own entered their classes.
    since: [u64; 2],
}

impl Incarnation {
    fn is_paired(&self) -> bool {
        let same_unit = self.accepted == 0 || self.accepted == self.newest;
        self.client.is_some() && self.server.is_some() && same_unit
    }

    /// The classes of its units: of the client's, and of a server entry's that is not the client's.
    fn classes(&self) -> [Option<Class>; 2] {
        let client_was_past = if self.accepted == 0 {
            self.newest_was_past
        } else {
            self.accepted_was_past
        };
        if self.is_paired() {
            [class(self.client, self.server, client_was_past), None]
        } else {
            [
                class(self.client, None, client_was_past),
                class(None, self.server, self.newest_was_past),
            ]
        }
    }
}

/// What an end's state means to its unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Absent,
    /// Opened actively and not synchronised.
    Opening,
    /// SYN-RECEIVED from LISTEN.
    Received,
    /// Nothing of its own would end it.
    Lasting,
    /// Its own FIN is not acknowledged.
    Finishing,
    Waiting,
}

fn stage(end: End, phase: Option<Phase>) -> Stage {
    match (phase, end) {
        (None | Some(Phase::Closed | Phase::Listen), _) => Stage::Absent,
        (Some(Phase::SynSent), _) | (Some(Phase::SynReceived), End::Client) => Stage::Opening,
        (Some(Phase::SynReceived), End::Server) => Stage::Received,
        (Some(Phase::Established | Phase::FinWait2 | Phase::CloseWait), _) => Stage::Lasting,
        (Some(Phase::FinWait1 | Phase::Closing | Phase::LastAck), _) => Stage::Finishing,
        (Some(Phase::TimeWait), _) => Stage::Waiting,
    }
}

/// The class of a unit: decided by the two states alone, never by what is in flight.
///
/// `server_was_past` says whether the server was ever past SYN-RECEIVED in this unit. Of an
/// embryonic unit this is the part, such as `embryonic.stale`. `None` if both ends are absent.
pub fn class(client: Option<Phase>, server: Option<Phase>, server_was_past: bool) -> Option<Class> {
    use Stage::{Absent, Finishing, Lasting, Opening, Received, Waiting};
    let both_established = (client, server) == (Some(Phase::Established), Some(Phase::Established));
    Some(
        match (stage(End::Client, client), stage(End::Server, server)) {
            (Absent, Absent) => return None,
            (Absent, Received) => Class::EmbryonicStale,
            (Opening, Received) => Class::EmbryonicOpening,
            (_, Received) => Class::EmbryonicClientOpen,
            (Opening, _) | (_, Opening) => Class::Opening,
            (Absent, Lasting) => Class::OrphanEstablished,
            (Lasting, Absent) if server_was_past => Class::OrphanEstablished,
            (Lasting, Absent) => Class::ClientOnly,
            (Absent, Finishing) | (Finishing, Absent) => Class::OrphanClosing,
            (Absent | Waiting, Waiting) | (Waiting, Absent) => Class::TimeWait,
            (Lasting, Lasting) if both_established => Class::Open,
            (Lasting, Lasting) => Class::HalfClosed,
            // The client's stage is never Received: that needs a LISTEN.
            (Received, _)
            | (Lasting | Finishing, Finishing | Waiting)
            | (Finishing, Lasting)
            | (Waiting, Lasting | Finishing) => Class::Closing,
        },
    )
}

/// The whole of which a class is a part, if it is one.
fn whole(class: Class) -> Option<Class> {
    match class {
        Class::EmbryonicStale | Class::EmbryonicOpening | Class::EmbryonicClientOpen => {
            Some(Class::Embryonic)
        }
        Class::Opening
        | Class::Embryonic
        | Class::Open
        | Class::ClientOnly
        | Class::HalfClosed
        | Class::Closing
        | Class::TimeWait
        | Class::OrphanEstablished
        | Class::OrphanClosing => None,
    }
}

/// The number of classes, the parts of `embryonic` included.
const CLASSES: usize = Class::ALL.len();

/// The integral of the number of units in each class so far, in connection-nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas([u128; CLASSES]);

impl Areas {
    /// Of one class.
    pub fn of(&self, class: Class) -> u128 {
        self.0[class as usize]
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Areas) -> Areas {
        Areas(std::array::from_fn(|index| {
            self.0[index] - earlier.0[index]
        }))
    }
}

/// A census that does not add up: a bug of this program, never of an experiment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// The ends are not the members of the units.
    #[error("{ends} ends are alive, but {lone} lone and {paired} paired units were counted")]
    Ends {
        /// Ends alive at all hosts.
        ends: u64,
        /// Units with one end.
        lone: u64,
        /// Units with both.
        paired: u64,
    },
    /// Little's law, exact with its edge terms: the area is the sum of the times spent.
    #[error("area {area} ns and time spent {sojourn} ns of class {class} differ")]
    Little {
        /// The class.
        class: &'static str,
        /// Integral of the count.
        area: u128,
        /// Sum over units.
        sojourn: u128,
    },
}

/// The running census of one run.
#[derive(Clone, Debug)]
pub struct Census {
    levels: [Level; CLASSES],
    /// By tag.
    incarnations: Vec<Incarnation>,
    /// TCBs and entries at all hosts.
    ends: u64,
}

impl Default for Census {
    fn default() -> Census {
        Census {
            levels: [Level::default(); CLASSES],
            incarnations: Vec::new(),
            ends: 0,
        }
    }
}

impl Census {
    /// Takes note of a change. Time never runs backwards.
    pub fn apply(&mut self, now: Instant, change: &Change) {
        let now = now.as_nanos();
        let index = change.tag.0 as usize;
        if index >= self.incarnations.len() {
            self.incarnations.resize(index + 1, Incarnation::default());
        }
        let before = self.incarnations[index];
        let mut after = before;
        after.change(change);
        self.ends += u64::from(change.to.is_some());
        self.ends -= u64::from(change.from.is_some());
        for (side, (old, new)) in before
            .classes()
            .into_iter()
            .zip(after.classes())
            .enumerate()
        {
            if old != new {
                self.leave(now, old, before.since[side]);
                self.enter(now, new);
                after.since[side] = now;
            }
        }
        self.incarnations[index] = after;
    }

    fn enter(&mut self, now: u64, class: Option<Class>) {
        let Some(class) = class else { return };
        for class in [Some(class), whole(class)].into_iter().flatten() {
            let level = &mut self.levels[class as usize];
            level.advance(now);
            level.count += 1;
        }
    }

    fn leave(&mut self, now: u64, class: Option<Class>, since: u64) {
        let Some(class) = class else { return };
        for class in [Some(class), whole(class)].into_iter().flatten() {
            let level = &mut self.levels[class as usize];
            level.advance(now);
            level.count -= 1;
            level.sojourn += u128::from(now - since);
        }
    }

    /// Whether the client of this incarnation is there, and not bound to another entry than this.
    pub fn wants(&self, tag: Tag, entry: u32) -> bool {
        self.incarnations.get(tag.0 as usize).is_some_and(|found| {
            found.client.is_some() && (found.accepted == 0 || found.accepted == entry)
        })
    }

    /// The states of an incarnation's ends: the client's, the server's.
    pub fn phases(&self, tag: Tag) -> (Option<Phase>, Option<Phase>) {
        self.incarnations
            .get(tag.0 as usize)
            .map_or((None, None), |found| (found.client, found.server))
    }

    /// The number of the newest server entry of an incarnation, 0 before the first.
    pub fn newest_entry(&self, tag: Tag) -> u32 {
        let found = self.incarnations.get(tag.0 as usize);
        found.map_or(0, |found| found.newest)
    }

    /// The areas up to now.
    pub fn areas(&self, now: Instant) -> Areas {
        let mut levels = self.levels;
        Areas(std::array::from_fn(|index| {
            levels[index].advance(now.as_nanos());
            levels[index].area
        }))
    }

    /// The number of units in a class now.
    pub fn count(&self, class: Class) -> u64 {
        self.levels[class as usize].count
    }

    /// The greatest number of units in a class that lasted for any time, up to now.
    pub fn max(&self, class: Class) -> u64 {
        let level = self.levels[class as usize];
        level.max.max(level.count)
    }

    /// The same since the last [`Census::forget_recent_maxima`].
    pub fn recent_max(&self, class: Class) -> u64 {
        let level = self.levels[class as usize];
        level.recent_max.max(level.count)
    }

    /// From now on [`Census::recent_max`] looks at the time after this moment only.
    pub fn forget_recent_maxima(&mut self, now: Instant) {
        for level in &mut self.levels {
            level.advance(now.as_nanos());
            level.recent_max = level.count;
        }
    }

    /// Checks that the census adds up at the end of a run, against the number of TCBs and entries
    /// that the endpoints themselves have.
    ///
    /// # Errors
    /// If it does not: this program has a bug.
    pub fn verify(&self, now: Instant, ends: u64) -> Result<(), Imbalance> {
        let mut sojourn = self.levels.map(|level| level.sojourn);
        let (mut lone, mut paired) = (0, 0);
        for found in &self.incarnations {
            for (class, since) in found.classes().into_iter().zip(found.since) {
                let Some(class) = class else { continue };
                for class in [Some(class), whole(class)].into_iter().flatten() {
                    sojourn[class as usize] += u128::from(now.as_nanos() - since);
                }
                lone += 1;
            }
            if found.is_paired() {
                (lone, paired) = (lone - 1, paired + 1);
            }
        }
        if ends != self.ends || ends != lone + 2 * paired {
            return Err(Imbalance::Ends { ends, lone, paired });
        }
        let areas = self.areas(now);
        for class in Class::ALL {
            let (area, sojourn) = (areas.of(class), sojourn[class as usize]);
            if area != sojourn {
                return Err(Imbalance::Little {
                    class: class.name(),
                    area,
                    sojourn,
                });
            }
        }
        Ok(())
    }
}

impl Incarnation {
    fn change(&mut self, change: &Change) {
        match change.end {
            End::Client => {
                self.client = change.to;
                let synchronised = !matches!(
                    change.to,
                    None | Some(Phase::Closed | Phase::Listen | Phase::SynSent)
                );
                if self.accepted == 0 && synchronised && change.entry > 0 {
                    self.accepted = change.entry;
                    self.accepted_was_past = self.newest_was_past && self.newest == change.entry;
                }
            }
            End::Server => {
                if change.entry > self.newest {
                    self.newest = change.entry;
                    self.newest_was_past = false;
                }
                self.server = change.to;
                self.newest_was_past |= change.to.is_some_and(|phase| phase != Phase::SynReceived);
                if self.accepted == self.newest {
                    self.accepted_was_past = self.newest_was_past;
                }
            }
        }
    }
}
