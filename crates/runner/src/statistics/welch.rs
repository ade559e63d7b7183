//! Differences between means of independent runs.
//!
//! Without a common seed nothing pairs one run with another, and the variances may differ: Welch's
//! interval (Welch 1938, 1947), with the degrees of freedom of Satterthwaite (1946) rounded down, so
//! that it is never too narrow.

use super::moments::{Moments, billionths, count_as_float, float};
use super::student::{self, Interval};

/// How two means of independent runs compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// The second mean less the first, and its interval.
    pub difference: Interval,
    /// The p-value of the two-sided test; `None` if one of them has fewer than two numbers, or if
    /// neither varies: the test has nothing to measure the difference by.
    pub p_value: Option<f64>,
}

/// Compares the second mean with the first. `confidence` is above 0 and below 1; `None` if one of
/// them has no numbers.
pub fn welch(first: &Moments, second: &Moments, confidence: f64) -> Option<Welch> {
    let mean = second.mean()? - first.mean()?;
    let spread = Spread::of(first, second);
    let half_width = spread.and_then(|it| it.half_width(confidence));
    Some(Welch {
        difference: Interval {
            mean,
            half_width: half_width.map(billionths),
        },
        p_value: spread.and_then(|it| it.p_value(float(mean))),
    })
}

/// How much a difference varies.
#[derive(Clone, Copy)]
struct Spread {
    /// The standard error of the difference, in billionths.
    error: f64,
    /// Degrees of freedom; at least one.
    freedom: u64,
}

impl Spread {
    /// `None` if one of them has fewer than two numbers.
    fn of(first: &Moments, second: &Moments) -> Option<Spread> {
        let squares =
            [first.standard_error()?, second.standard_error()?].map(|error| error * error);
        let sum = squares[0] + squares[1];
        let share =
            |square: f64, moments: &Moments| square * square / count_as_float(moments.count() - 1);
        let shares = share(squares[0], first) + share(squares[1], second);
        // It is at least the smaller number less one; 0 / 0 is where nothing varies.
        let freedom = u64::try_from(billionths((sum * sum / shares).floor()));
        Some(Spread {
            error: sum.sqrt(),
            freedom: freedom.unwrap_or(1).max(1),
        })
    }

    fn half_width(&self, confidence: f64) -> Option<f64> {
        if self.error == 0.0 {
            return Some(0.0);
        }
        Some(student::quantile(self.freedom, 0.5 + confidence / 2.0)? * self.error)
    }

    fn p_value(&self, difference: f64) -> Option<f64> {
        let does_vary = self.error > 0.0;
        does_vary.then(|| student::two_sided(self.freedom, difference / self.error))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(numbers: &[i128]) -> Moments {
        Moments::of(numbers.iter().map(|number| number * 1_000_000_000))
    }

    #[test]
    fn the_interval_is_that_of_satterthwaite() {
        // Means 4 and 7, variances 4 and 1, three numbers each: a standard error of the root of
        // 5/3, and (5/3)^2 / ((4/3)^2 / 2 + (1/3)^2 / 2) = 2.94 degrees of freedom, rounded down to
        // 2; t(2, 0.975) = 4.302653.
        let (first, second) = (moments(&[2, 4, 6]), moments(&[6, 7, 8]));
        let found = welch(&first, &second, 0.95).expect("three each");
        assert_eq!(found.difference.mean, 3_000_000_000);
        let half_width = found.difference.half_width.expect("two or more");
        assert!(
            (half_width - 5_554_700_000).abs() < 1_000_000,
            "{half_width}"
        );
        // With two degrees of freedom p = 1 - t / sqrt(t^2 + 2), and t^2 = 9 / (5/3) = 5.4.
        let p = found.p_value.expect("both vary");
        assert!((p - (1.0 - (5.4_f64 / 7.4).sqrt())).abs() < 1e-9, "{p}");
    }

    #[test]
    fn too_few_numbers_have_no_interval_and_equal_ones_have_a_point() {
        let half_width = |first: &[i128], second: &[i128]| {
            let found = welch(&moments(first), &moments(second), 0.95);
            found.map(|it| (it.difference.half_width, it.p_value))
        };
        assert_eq!(half_width(&[], &[1]), None);
        assert_eq!(half_width(&[1], &[1, 2]), Some((None, None)));
        assert_eq!(half_width(&[1, 1], &[3, 3]), Some((Some(0), None)));
    }
}
