//! How long connections stay in a class, by what ended their stay.
//!
//! Numbers, sums and extremes are always exact. The distribution is exact up to a number of stays
//! that every scenario but the largest keeps below; beyond it is a histogram with a relative error of
//! less than a thousandth, so that memory does not depend on the length of a run.

use hdrhistogram::Histogram;

use crate::plan::Exit;

/// Stays that are kept one by one.
const MOST_EXACT: usize = 1 << 16;
/// Significant decimal digits of the histogram beyond.
const DIGITS: u8 = 3;
/// Bits of a packed stay that say what ended it.
const EXIT_BITS: u32 = 4;

/// Ended stays in one class; they merge in any order to the same.
#[derive(Clone, Debug, Default)]
pub struct Lifetimes {
    /// Nanoseconds above the number of the exit.
    exact: Vec<u64>,
    /// Everything, once there are too many.
    pool: Option<Box<Pool>>,
    by_exit: [Stays; Exit::ALL.len()],
}

/// A histogram for each exit by which stays have ended.
type Pool = [Option<Histogram<u64>>; Exit::ALL.len()];

/// Stays that ended in one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stays {
    /// How many.
    pub count: u64,
    /// Nanoseconds in all.
    pub sum: u128,
    /// The longest, in nanoseconds.
    pub max: u64,
    /// The shortest, in nanoseconds; 0 if there is none.
    pub min: u64,
}

impl Stays {
    /// Counts others with them.
    pub fn add(&mut self, other: Stays) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
    }
}

impl Lifetimes {
    /// A stay of so many nanoseconds has ended.
    pub(super) fn record(&mut self, nanos: u64, exit: Exit) {
        self.by_exit[exit as usize].add(Stays {
            count: 1,
            sum: u128::from(nanos),
            max: nanos,
            min: nanos,
        });
        match &mut self.pool {
            Some(pool) => put(pool, nanos, exit, 1),
            None if self.exact.len() < MOST_EXACT => self.exact.push(pack(nanos, exit)),
            None => put(self.pool(), nanos, exit, 1),
        }
    }

    /// Everything that another has recorded.
    pub fn merge(&mut self, other: &Lifetimes) {
        for (own, its) in self.by_exit.iter_mut().zip(other.by_exit) {
            own.add(its);
        }
        let fits = self.exact.len() + other.exact.len() <= MOST_EXACT;
        if fits && self.pool.is_none() && other.pool.is_none() {
            self.exact.extend_from_slice(&other.exact);
            return;
        }
        let pool = self.pool();
        for (nanos, exit, count) in other.recorded() {
            put(pool, nanos, exit, count);
        }
    }

    /// Takes everything from another, which is empty afterwards.
    pub(super) fn drain(&mut self, other: &mut Lifetimes) {
        if other.by_exit.iter().any(|stays| stays.count > 0) {
            self.merge(other);
            *other = Lifetimes::default();
        }
    }

    /// The stays that ended in one way.
    pub fn of(&self, exit: Exit) -> Stays {
        self.by_exit[exit as usize]
    }

    /// All stays that ended before the run did.
    pub fn ended(&self) -> Stays {
        let mut all = Stays::default();
        for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Censored) {
            all.add(self.of(exit));
        }
        all
    }

    /// Length in nanoseconds, end and number of stays, in no particular order.
    pub(super) fn recorded(&self) -> impl Iterator<Item = (u64, Exit, u64)> {
        let exact = self.exact.iter().map(|&packed| unpack(packed));
        let histograms = self
            .pool
            .iter()
            .flat_map(|pool| Exit::ALL.into_iter().zip(&**pool));
        let pooled = histograms.flat_map(|(exit, histogram)| {
            histogram.iter().flat_map(move |histogram| {
                histogram.iter_recorded().map(move |step| {
                    let typical = histogram.median_equivalent(step.value_iterated_to());
                    (typical, exit, step.count_at_value())
                })
            })
        });
        exact.chain(pooled)
    }

    /// The histograms, to which what was kept one by one is moved.
    fn pool(&mut self) -> &mut Pool {
        self.pool.get_or_insert_with(|| {
            let mut pool = Box::new(Pool::default());
            for packed in std::mem::take(&mut self.exact) {
                let (nanos, exit, count) = unpack(packed);
                put(&mut pool, nanos, exit, count);
            }
            pool
        })
    }
}

fn put(pool: &mut Pool, nanos: u64, exit: Exit, count: u64) {
    let histogram = pool[exit as usize].get_or_insert_with(|| {
        Histogram::new(DIGITS).expect("it takes up to five significant digits")
    });
    // It grows to whatever is recorded, unless that does not fit into the address space.
    if histogram.record_n(nanos, count).is_err() {
        histogram.saturating_record_n(nanos, count);
    }
}

fn pack(nanos: u64, exit: Exit) -> u64 {
    // Sixty bits hold 36 years.
    (nanos.min(u64::MAX >> EXIT_BITS) << EXIT_BITS) | exit as u64
}

fn unpack(packed: u64) -> (u64, Exit, u64) {
    let exit = Exit::ALL[(packed & ((1 << EXIT_BITS) - 1)) as usize];
    (packed >> EXIT_BITS, exit, 1)
}

const _: () = assert!(Exit::ALL.len() <= 1 << EXIT_BITS, "an exit fits its bits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_stays_lose_little() {
        let mut lifetimes = Lifetimes::default();
        let count = MOST_EXACT as u64 + 10_000;
        for index in 0..count {
            let exit = if index % 2 == 0 { Exit::Ack } else { Exit::Rst };
            lifetimes.record(1_000_000 + index * 1_000, exit);
        }
        assert!(lifetimes.exact.is_empty());
        let all = lifetimes.ended();
        assert_eq!((all.count, all.min), (count, 1_000_000));
        assert_eq!(all.max, 1_000_000 + (count - 1) * 1_000);
        assert_eq!(lifetimes.of(Exit::Ack).count, count / 2);
        let counted: u64 = lifetimes.recorded().map(|(_, _, count)| count).sum();
        assert_eq!(counted, count);
        let sum: u128 = lifetimes
            .recorded()
            .map(|(nanos, _, count)| u128::from(nanos) * u128::from(count))
            .sum();
        assert!(
            sum.abs_diff(all.sum) * 1000 < all.sum,
            "{sum} for {}",
            all.sum
        );
    }

    #[test]
    fn merging_is_as_recording_in_one_place() {
        let mut parts = [Lifetimes::default(), Lifetimes::default()];
        let mut whole = Lifetimes::default();
        for (nanos, exit) in [(5, Exit::Ack), (7, Exit::Timeout), (5, Exit::Censored)] {
            parts[usize::from(nanos > 5)].record(nanos, exit);
            whole.record(nanos, exit);
        }
        let [mut left, right] = parts;
        left.merge(&right);
        assert_eq!(left.by_exit, whole.by_exit);
        let sorted = |of: &Lifetimes| {
            let mut all: Vec<_> = of.recorded().collect();
            all.sort_unstable();
            all
        };
        assert_eq!(sorted(&left), sorted(&whole));
        assert_eq!(left.ended().count, 2, "what is censored has not ended");
    }
}
