//! Who is half open, and for how long: an exact count of every pair of ends in every class.
//!
//! The unit is the incarnation: each OPEN starts one. A server's entry belongs to the OPEN whose SYN
//! made it; a second entry that a late copy makes is a unit of its own. The client is in the unit
//! of the entry whose SYN,ACK it accepted, before that in the newest entry's. So every end is in
//! exactly one unit, with a partner or alone, and the unit's class follows from the two states.
//!
//! The census is a running fold over changes of state, in constant time for each: identity comes
//! from the tags that segments carry in the simulation, never from sequence numbers.

mod class;
mod incarnation;
mod level;
mod lifetimes;
mod occupancy;
mod series;
mod survival;

use netsim::Instant;
use tcp_core::{Phase, Profile, Reason, Tag};

use crate::plan::{Class, End, Exit};

use incarnation::Incarnation;
use level::{Level, Tally};

pub use class::class;
pub use lifetimes::{Lifetimes, Stays};
pub use series::{BINS, Series};
pub use survival::{Step, Survival};

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
    /// Why; `None` if the host lost power.
    pub reason: Option<Reason>,
    /// The profile of the end's host: what its stack keeps for the connection.
    pub profile: Profile,
}

/// The number of classes, the parts of `embryonic` included.
const CLASSES: usize = Class::ALL.len();

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Since measuring began.
    Measured,
    /// Since the last mark.
    Recent,
}

/// Everything about the classes that only grows: what there was up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    areas: [u128; CLASSES],
    bytes_areas: [u128; CLASSES],
    entered: [u64; CLASSES],
    /// Connection-nanoseconds of all entries at servers, TIME-WAIT left out.
    pub server_area: u128,
    /// The same of those whose client has nothing of them.
    pub wasted_area: u128,
}

impl Sums {
    /// The integral of the number of units in a class, in connection-nanoseconds.
    pub fn area(&self, class: Class) -> u128 {
        self.areas[class as usize]
    }

    /// The integral of the memory that they take, in byte-nanoseconds.
    pub fn bytes_area(&self, class: Class) -> u128 {
        self.bytes_areas[class as usize]
    }

    /// How many have entered the class.
    pub fn entered(&self, class: Class) -> u64 {
        self.entered[class as usize]
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Sums) -> Sums {
        let part = |now: &[u128; CLASSES], then: &[u128; CLASSES]| {
            std::array::from_fn(|index| now[index] - then[index])
        };
        Sums {
            areas: part(&self.areas, &earlier.areas),
            bytes_areas: part(&self.bytes_areas, &earlier.bytes_areas),
            entered: std::array::from_fn(|index| self.entered[index] - earlier.entered[index]),
            server_area: self.server_area - earlier.server_area,
            wasted_area: self.wasted_area - earlier.wasted_area,
        }
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

/// What reports show of one run beyond its metrics, by class in the order of [`Class::ALL`].
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// How long stays lasted, those that the end of the run cut short among them.
    pub lifetimes: Vec<Lifetimes>,
    /// N(t), from the start of the run to its end.
    pub series: Vec<Series>,
}

impl Detail {
    /// The lifetimes in a class; `None` of a run of which none are kept.
    pub fn lifetimes(&self, class: Class) -> Option<&Lifetimes> {
        self.lifetimes.get(class as usize)
    }

    /// The series of a class; `None` of a run of which none are kept.
    pub fn series(&self, class: Class) -> Option<&Series> {
        self.series.get(class as usize)
    }
}

/// The running census of one run.
#[derive(Clone, Debug, Default)]
pub struct Census {
    levels: [Level; CLASSES],
    /// Entries at servers, TIME-WAIT left out.
    at_servers: Tally,
    /// Of these, the ones whose client has nothing of them.
    wasted: Tally,
    /// By tag.
    incarnations: Vec<Incarnation>,
    /// TCBs and entries at all hosts.
    ends: u64,
    /// Stays that the end of the run cut short, by class.
    censored: [Lifetimes; CLASSES],
    /// Units that the end of the run found with one end, and with both.
    left: (u64, u64),
}

impl Census {
    /// A census that also keeps a [`Series`] of each class, of a run that ends at this moment.
    pub fn with_series(until: Instant) -> Census {
        let mut census = Census::default();
        for level in &mut census.levels {
            level.series = Some(Series::new(until.as_nanos()));
        }
        census
    }

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
        self.move_units(now, &before, &mut after, Exit::by(change.reason));
        if change.end == End::Server {
            let (old, new) = (before.occupies_server(), after.occupies_server());
            self.at_servers.change(now, new, old);
        }
        self.incarnations[index] = after;
    }

    /// Moves the units of an incarnation between the classes.
    fn move_units(&mut self, now: u64, before: &Incarnation, after: &mut Incarnation, exit: Exit) {
        let (old_units, new_units) = (before.units(), after.units());
        for side in [0, 1] {
            let (old, new) = (old_units[side], new_units[side]);
            if old.class == new.class {
                if let Some(class) = old.class.filter(|_| old.bytes != new.bytes) {
                    self.levels[class as usize].resize(now, old.bytes, new.bytes);
                }
                continue;
            }
            if let Some(class) = old.class {
                self.levels[class as usize].leave(now, old.bytes, before.since[side], exit);
            }
            if let Some(class) = new.class {
                self.levels[class as usize].enter(now, new.bytes);
                after.since[side] = now;
            }
        }
        let (old, new) = (old_units[1].is_wasted(), new_units[1].is_wasted());
        self.wasted.change(now, new, old);
        // An entry stays embryonic while its client opens, is open and goes.
        let whole = &mut self.levels[Class::Embryonic as usize];
        match (before.embryo(), after.embryo()) {
            (None, Some(bytes)) => {
                whole.enter(now, bytes);
                after.embryonic_since = now;
            }
            (Some(bytes), None) => whole.leave(now, bytes, before.embryonic_since, exit),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Whether the client of this incarnation is there, and not bound to another entry than this.
    pub fn wants(&self, tag: Tag, entry: u32) -> bool {
        self.incarnations
            .get(tag.0 as usize)
            .is_some_and(|found| found.wants(entry))
    }

    /// Whether this is the newest entry of its incarnation and was made by a SYN whose client was
    /// gone.
    pub fn was_born_stale(&self, tag: Tag, entry: u32) -> bool {
        let found = self.incarnations.get(tag.0 as usize);
        found.is_some_and(|found| found.newest == entry && found.newest_was_stale)
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

    /// Everything that only grows, up to now.
    pub fn sums(&self, now: Instant) -> Sums {
        let now = now.as_nanos();
        Sums {
            areas: std::array::from_fn(|index| self.levels[index].area(now)),
            bytes_areas: std::array::from_fn(|index| self.levels[index].bytes_area(now)),
            entered: std::array::from_fn(|index| self.levels[index].entered),
            server_area: self.at_servers.area(now),
            wasted_area: self.wasted.area(now),
        }
    }

    /// The number of units in a class now.
    pub fn count(&self, class: Class) -> u64 {
        self.levels[class as usize].count
    }

    /// The greatest number of units in a class that lasted for any time, or is there now: since
    /// measuring began, or since the last mark.
    pub fn max(&self, class: Class, span: Span) -> u64 {
        let level = &self.levels[class as usize];
        level.distribution(span).max().max(level.count)
    }

    /// The smallest number that the units in a class did not exceed for at least `percent` % of
    /// the time; `None` if no time has passed.
    pub fn quantile(&self, class: Class, span: Span, percent: u32) -> Option<u64> {
        self.levels[class as usize]
            .distribution(span)
            .quantile(percent)
    }

    /// The stays in a class that ended in this time, and those that the end of the run cut short:
    /// parts of one whole.
    pub fn lifetimes(&self, class: Class, span: Span) -> Vec<&Lifetimes> {
        let level = &self.levels[class as usize];
        let mut parts = vec![&level.recent.lifetimes, &self.censored[class as usize]];
        if span == Span::Measured {
            parts.push(&level.before.lifetimes);
        }
        parts
    }

    /// The series and lifetimes of every class, if series are kept. The census is closed.
    pub fn detail(&self) -> Option<Detail> {
        let series: Option<Vec<Series>> = self
            .levels
            .iter()
            .map(|level| level.series.clone())
            .collect();
        let merged = |class| {
            let mut all = Lifetimes::default();
            for part in self.lifetimes(class, Span::Measured) {
                all.merge(part);
            }
            all
        };
        Some(Detail {
            lifetimes: Class::ALL.into_iter().map(merged).collect(),
            series: series?,
        })
    }

    /// From now on [`Span::Recent`] looks at the time after this moment only.
    pub fn mark(&mut self, now: Instant) {
        for level in &mut self.levels {
            level.mark(now.as_nanos());
        }
    }

    /// Forgets what was before this moment: measuring begins.
    pub fn restart(&mut self, now: Instant) {
        for level in &mut self.levels {
            level.restart(now.as_nanos());
        }
    }

    /// The run is over: brings everything up to date, cuts short the stays that go on, and counts
    /// what is left.
    pub fn close(&mut self, now: Instant) {
        let now = now.as_nanos();
        for level in &mut self.levels {
            level.advance(now);
        }
        for found in alive(&self.incarnations) {
            let units = found.units();
            for (class, since) in found.stays(units) {
                self.censored[class as usize].record(now - since, Exit::Censored);
            }
            if found.is_paired() {
                self.left.1 += 1;
            } else {
                self.left.0 += units.into_iter().filter(|unit| unit.exists()).count() as u64;
            }
        }
    }

    /// Checks that the census, which is closed, adds up at the end of a run, against the number of
    /// TCBs and entries that the endpoints themselves have.
    ///
    /// # Errors
    /// If it does not: this program has a bug.
    pub fn verify(&self, now: Instant, ends: u64) -> Result<(), Imbalance> {
        let (lone, paired) = self.left;
        if ends != self.ends || ends != lone + 2 * paired {
            return Err(Imbalance::Ends { ends, lone, paired });
        }
        let sums = self.sums(now);
        for class in Class::ALL {
            let goes_on = self.censored[class as usize].of(Exit::Censored).sum;
            let sojourn = self.levels[class as usize].sojourn + goes_on;
            let area = sums.area(class);
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

/// Those of which an end is left.
fn alive(all: &[Incarnation]) -> impl Iterator<Item = &Incarnation> {
    all.iter()
        .filter(|found| found.client.is_some() || found.server.is_some())
}
