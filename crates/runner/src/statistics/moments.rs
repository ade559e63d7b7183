//! Mean and variance from exact sums.

use crate::metrics::{Billionths, divide};

/// Count, sum and sum of squares of numbers that come one by one.
///
/// Everything is summed as the deviation from the first number, so that nothing cancels where the
/// mean is large beside the spread. Integer sums are exact; only where a sum of squares does not
/// fit 128 bits (deviations beyond ten million units a million times) does a floating-point sum in
/// the order of the numbers take its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    first: Billionths,
    sum: i128,
    squares: Option<i128>,
    squares_in_order: f64,
}

impl Moments {
    /// The moments of some numbers.
    pub fn of(values: impl IntoIterator<Item = Billionths>) -> Moments {
        let mut moments = Moments::default();
        for value in values {
            moments.add(value);
        }
        moments
    }

    /// Takes one more number in.
    pub fn add(&mut self, value: Billionths) {
        if self.count == 0 {
            self.first = value;
            self.squares = Some(0);
        }
        let deviation = value - self.first;
        self.count += 1;
        self.sum += deviation;
        self.squares = deviation
            .checked_mul(deviation)
            .and_then(|square| self.squares?.checked_add(square));
        self.squares_in_order += float(deviation) * float(deviation);
    }

    /// How many numbers there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean, rounded to billionths; `None` of no numbers.
    pub fn mean(&self) -> Option<Billionths> {
        let count = i128::from(self.count);
        (count > 0).then(|| divide(self.first * count + self.sum, count))
    }

    /// Their sample variance, with n − 1 in the denominator, in billionths squared; `None` of fewer
    /// than two numbers.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let count = count_as_float(self.count);
        let squares = self.squares.map_or(self.squares_in_order, float);
        let sum = float(self.sum);
        Some(((squares - sum * sum / count) / (count - 1.0)).max(0.0))
    }

    /// The standard error of the mean, in billionths; `None` of fewer than two numbers.
    pub fn standard_error(&self) -> Option<f64> {
        Some((self.variance()? / count_as_float(self.count)).sqrt())
    }
}

/// A number of billionths for arithmetic that cannot be exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "what follows is an estimate, printed to a few digits"
)]
pub(crate) fn float(value: i128) -> f64 {
    value as f64
}

/// A count for arithmetic that cannot be exact.
#[expect(clippy::cast_precision_loss, reason = "no run has 2^53 replications")]
pub(crate) fn count_as_float(count: u64) -> f64 {
    count as f64
}

/// The nearest whole number of billionths; what no such number can hold is cut at the largest.
pub(crate) fn billionths(value: f64) -> Billionths {
    value.round() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_cancels_where_the_mean_is_large() {
        // NIST's StRD, NumAcc4: 10000000.2 and, alternating, 10000000.1 and 10000000.3, 1001
        // numbers in all; certified mean 10000000.2, standard deviation 0.1.
        let unit = 1_000_000_000;
        let base = 10_000_000 * unit;
        let numbers = (0..1001).map(|index| match index {
            0 => base + unit / 5,
            odd if odd % 2 == 1 => base + unit / 10,
            _ => base + 3 * unit / 10,
        });
        let moments = Moments::of(numbers);
        assert_eq!(moments.mean(), Some(base + unit / 5));
        let deviation = moments.variance().expect("many numbers").sqrt();
        assert!((deviation - 1e8).abs() < 1e-3, "{deviation}");
    }

    #[test]
    fn few_numbers_have_no_variance() {
        assert_eq!(Moments::default().mean(), None);
        assert_eq!(Moments::of([7]).mean(), Some(7));
        assert_eq!(Moments::of([7]).variance(), None);
        assert_eq!(Moments::of([7, 7]).variance(), Some(0.0));
    }

    #[test]
    fn what_does_not_fit_is_summed_in_order() {
        let large = 30_000_000_000_000_000_000;
        let moments = Moments::of([0, large]);
        let expected = float(large) * float(large) / 2.0;
        let found = moments.variance().expect("two numbers");
        assert!((found / expected - 1.0).abs() < 1e-12, "{found}");
    }
}
