//! N(t) over a run, cut into parts of equal length.

/// Parts of equal virtual time that a run is cut into.
pub const BINS: usize = 512;

/// The mean and the greatest number of connections in a class, for each part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Length of the run in nanoseconds.
    until: u64,
    /// Connection-nanoseconds in each part.
    areas: Box<[u128; BINS]>,
    maxima: Box<[u64; BINS]>,
    /// The part that time has come to.
    current: usize,
    /// Where it ends, in nanoseconds.
    end: u64,
}

impl Series {
    /// An empty series of a run of this length in nanoseconds.
    pub(super) fn new(until: u64) -> Series {
        let mut series = Series {
            until,
            areas: Box::new([0; BINS]),
            maxima: Box::new([0; BINS]),
            current: 0,
            end: 0,
        };
        series.end = series.begin(1);
        series
    }

    /// Where a part begins, in nanoseconds; part number [`BINS`] is the end of the run. Exact to a
    /// nanosecond.
    pub fn begin(&self, part: usize) -> u64 {
        let until = u128::from(self.until);
        u64::try_from(until * part.min(BINS) as u128 / BINS as u128).unwrap_or(self.until)
    }

    /// The integral of N(t) over a part, in connection-nanoseconds.
    pub fn area(&self, part: usize) -> u128 {
        self.areas[part]
    }

    /// The time-weighted mean of N(t) over a part, in billionths; 0 of a part without length.
    pub fn mean(&self, part: usize) -> i128 {
        let length = i128::from(self.begin(part + 1) - self.begin(part));
        let area = i128::try_from(self.area(part)).unwrap_or(i128::MAX);
        let scaled = area.saturating_mul(1_000_000_000);
        crate::metrics::divide(scaled, length.max(1))
    }

    /// The greatest N that lasted for any time in a part.
    pub fn max(&self, part: usize) -> u64 {
        self.maxima[part]
    }

    /// N was `count` from one moment to a later one, both in nanoseconds. Time goes on without gaps.
    pub(super) fn add(&mut self, count: u64, mut from: u64, to: u64) {
        while from < to && self.current < BINS {
            let until = self.end.min(to);
            if until > from {
                self.areas[self.current] += u128::from(count) * u128::from(until - from);
                self.maxima[self.current] = self.maxima[self.current].max(count);
                from = until;
            }
            if until == self.end {
                self.current += 1;
                self.end = self.begin(self.current + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_the_parts() {
        // 1000 ns do not divide by 512: parts of 1 or 2 ns.
        let mut series = Series::new(1000);
        series.add(3, 0, 10);
        series.add(0, 10, 999);
        series.add(7, 999, 1000);
        let areas: u128 = (0..BINS).map(|part| series.area(part)).sum();
        assert_eq!(areas, 37);
        assert_eq!(series.begin(BINS), 1000);
        assert_eq!((series.mean(0), series.max(0)), (3_000_000_000, 3));
        // The last part is from 998 to 1000.
        assert_eq!((series.begin(511), series.max(511)), (998, 7));
        assert_eq!(series.mean(511), 3_500_000_000);
    }

    #[test]
    fn a_run_shorter_than_its_parts_keeps_its_area() {
        let mut series = Series::new(3);
        series.add(5, 0, 3);
        let areas: u128 = (0..BINS).map(|part| series.area(part)).sum();
        assert_eq!(areas, 15);
    }
}
