//! How long each number of connections lasted: the exact distribution of N(t) over time.

/// Time spent at each N, in nanoseconds. N changes in steps of one, so the times are dense.
#[derive(Clone, Debug, Default)]
pub(super) struct Occupancy {
    /// By N.
    times: Vec<u64>,
    /// All of it.
    total: u64,
    /// The N between which anything was added since it was last drained, the end excluded.
    touched: (usize, usize),
}

impl Occupancy {
    /// No time at all.
    pub(super) const NOTHING: Occupancy = Occupancy {
        times: Vec::new(),
        total: 0,
        touched: (0, 0),
    };

    /// N has lasted for this time.
    pub(super) fn add(&mut self, count: u64, time: u64) {
        let index = usize::try_from(count).unwrap_or(usize::MAX);
        if index >= self.times.len() {
            self.times.resize(index + 1, 0);
        }
        self.times[index] += time;
        self.total += time;
        let (from, to) = self.touched;
        self.touched = if from == to {
            (index, index + 1)
        } else {
            (from.min(index), to.max(index + 1))
        };
    }

    /// Takes everything from another, which is empty afterwards. The work is bounded by what was
    /// added to the other since it was last drained, however great N is.
    pub(super) fn drain(&mut self, other: &mut Occupancy) {
        let (from, to) = std::mem::take(&mut other.touched);
        other.total = 0;
        for index in from..to {
            let time = std::mem::take(&mut other.times[index]);
            if time > 0 {
                self.add(index as u64, time);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Occupancy::default();
    }
}

/// The distribution of N(t) over a period that several records make up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distribution<'o>(pub(super) [&'o Occupancy; 2]);

impl Distribution<'_> {
    /// Each N with the time that it lasted, in ascending order.
    fn times(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> {
        let parts = self.0;
        let longest = parts.map(|part| part.times.len());
        let of = |part: &Occupancy, index: usize| part.times.get(index).copied().unwrap_or(0);
        (0..longest[0].max(longest[1]))
            .map(move |index| (index as u64, of(parts[0], index) + of(parts[1], index)))
    }

    /// The greatest N that lasted for any time at all; 0 if no time has passed.
    pub(super) fn max(&self) -> u64 {
        let lasting = self.times().rev().find(|(_, time)| *time > 0);
        lasting.map_or(0, |(count, _)| count)
    }

    /// The smallest N such that N(t) was not greater for at least `percent` % of the time; `None`
    /// if no time has passed.
    pub(super) fn quantile(&self, percent: u32) -> Option<u64> {
        let total: u128 = self.0.map(|part| u128::from(part.total)).iter().sum();
        if total == 0 {
            return None;
        }
        let wanted = (total * u128::from(percent)).div_ceil(100);
        let mut spent = 0;
        let mut reached = self.times().skip_while(|(_, time)| {
            spent += u128::from(*time);
            spent < wanted
        });
        reached.next().map(|(count, _)| count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[(u64, u64)]) -> Occupancy {
        let mut occupancy = Occupancy::default();
        for &(count, time) in times {
            occupancy.add(count, time);
        }
        occupancy
    }

    #[test]
    fn quantiles_are_of_time_not_of_changes() {
        let (nothing, some) = (
            Occupancy::default(),
            of(&[(0, 50), (1, 45), (2, 4), (9, 1)]),
        );
        let whole = Distribution([&nothing, &some]);
        let quantiles = [0, 50, 51, 95, 96, 99, 100].map(|percent| whole.quantile(percent));
        assert_eq!(quantiles, [0, 0, 1, 1, 2, 2, 9].map(Some));
        assert_eq!(whole.max(), 9);
        assert_eq!(Distribution([&nothing, &nothing]).quantile(50), None);
    }

    #[test]
    fn two_parts_are_as_good_as_one() {
        let (first, second) = (of(&[(0, 3), (4, 10)]), of(&[(0, 2), (7, 1)]));
        let both = of(&[(0, 5), (4, 10), (7, 1)]);
        let nothing = Occupancy::default();
        for percent in 0..=100 {
            assert_eq!(
                Distribution([&first, &second]).quantile(percent),
                Distribution([&nothing, &both]).quantile(percent),
            );
        }
    }

    #[test]
    fn what_is_drained_is_counted_once() {
        let (mut before, mut recent) = (of(&[(5, 1)]), of(&[(3, 10), (4, 20)]));
        before.drain(&mut recent);
        before.drain(&mut recent);
        recent.add(8, 0);
        assert_eq!(before.times, [0, 0, 0, 10, 20, 1]);
        assert_eq!(
            Distribution([&before, &recent]).max(),
            5,
            "8 lasted no time"
        );
    }
}
