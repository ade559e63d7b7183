//! Differences between means of independent runs.
//!
//! Without a common seed nothing pairs one run with another, and the variances may differ: Welch's
//! interval (Welch 1938, 1947), with the degrees of freedom of Satterthwaite (1946) rounded down, so
//! that it is never too narrow.

use super::moments::{Moments, billionths, count_as_float};
use super::student::{self, Interval};

/// The second mean less the first, and where it lies with this confidence (above 0, below 1);
/// `None` if one of them has no numbers.
pub fn difference(first: &Moments, second: &Moments, confidence: f64) -> Option<Interval> {
    let mean = second.mean()? - first.mean()?;
    let half_width = half_width(first, second, confidence).map(billionths);
    Some(Interval { mean, half_width })
}

/// `None` if one of them has fewer than two numbers.
fn half_width(first: &Moments, second: &Moments, confidence: f64) -> Option<f64> {
    let errors = [first.standard_error()?, second.standard_error()?].map(|error| error * error);
    let sum = errors[0] + errors[1];
    if sum == 0.0 {
        return Some(0.0);
    }
    let share =
        |square: f64, moments: &Moments| square * square / count_as_float(moments.count() - 1);
    let freedom = sum * sum / (share(errors[0], first) + share(errors[1], second));
    // It is at least the smaller number less one.
    let freedom = u64::try_from(billionths(freedom.floor()))
        .unwrap_or(1)
        .max(1);
    Some(student::quantile(freedom, 0.5 + confidence / 2.0)? * sum.sqrt())
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
        let found = difference(&first, &second, 0.95).expect("three each");
        assert_eq!(found.mean, 3_000_000_000);
        let half_width = found.half_width.expect("two or more");
        assert!(
            (half_width - 5_554_700_000).abs() < 1_000_000,
            "{half_width}"
        );
    }

    #[test]
    fn too_few_numbers_have_no_interval_and_equal_ones_have_a_point() {
        let half_width = |first: &[i128], second: &[i128]| {
            let found = difference(&moments(first), &moments(second), 0.95);
            found.map(|interval| interval.half_width)
        };
        assert_eq!(half_width(&[], &[1]), None);
        assert_eq!(half_width(&[1], &[1, 2]), Some(None));
        assert_eq!(half_width(&[1, 1], &[3, 3]), Some(Some(0)));
    }
}
