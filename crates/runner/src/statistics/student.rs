//! Student's t: how well a mean is known.
//!
//! Replications are independent, so the mean of n of them ± t(n − 1) s / √n covers the true mean
//! with the confidence asked for if they are normal, and nearly so if n is not small (Law,
//! "Simulation Modeling and Analysis", 5th ed., section 4.5).

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

use super::moments::{Moments, billionths, count_as_float};
use crate::metrics::Billionths;

/// A mean and how well it is known, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The estimate.
    pub mean: Billionths,
    /// Half the width of the confidence interval around it; `None` if too few numbers were there.
    pub half_width: Option<Billionths>,
}

impl Interval {
    /// The mean of some numbers, and where it lies with this confidence (above 0, below 1); `None`
    /// of no numbers.
    pub fn of(moments: &Moments, confidence: f64) -> Option<Interval> {
        let mean = moments.mean()?;
        let half_width = half_width(moments, confidence).map(billionths);
        Some(Interval { mean, half_width })
    }

    /// Its lower end.
    pub fn low(&self) -> Option<Billionths> {
        Some(self.mean - self.half_width?)
    }

    /// Its upper end.
    pub fn high(&self) -> Option<Billionths> {
        Some(self.mean + self.half_width?)
    }
}

/// Half the width of the confidence interval around a mean, in billionths; `None` of fewer than two
/// numbers.
pub fn half_width(moments: &Moments, confidence: f64) -> Option<f64> {
    let error = moments.standard_error()?;
    if error == 0.0 {
        return Some(0.0);
    }
    Some(quantile(moments.count() - 1, 0.5 + confidence / 2.0)? * error)
}

/// The quantile of Student's distribution with this many degrees of freedom, at least one; `None`
/// if the probability is not between 0 and 1.
pub fn quantile(freedom: u64, probability: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, count_as_float(freedom)).ok()?;
    (probability > 0.0 && probability < 1.0).then(|| distribution.inverse_cdf(probability))
}

/// The quantile of the standard normal distribution; `None` if the probability is not between 0
/// and 1.
pub fn normal_quantile(probability: f64) -> Option<f64> {
    let is_inside = probability > 0.0 && probability < 1.0;
    is_inside.then(|| Normal::standard().inverse_cdf(probability))
}

/// The probability that a value of Student's distribution is at least this far from 0, on either
/// side: the p-value of a two-sided t-test.
pub fn two_sided(freedom: u64, statistic: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, count_as_float(freedom)).ok()?;
    Some((2.0 * distribution.cdf(-statistic.abs())).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Law, "Simulation Modeling and Analysis", table T.1; R's qt() gives the same.
        for (freedom, probability, value) in [
            (1, 0.975, 12.706_204_7),
            (4, 0.95, 2.131_846_8),
            (9, 0.975, 2.262_157_2),
            (9, 0.995, 3.249_835_5),
            (199, 0.975, 1.971_956_5),
            (9_999, 0.975, 1.960_201_3),
        ] {
            let found = quantile(freedom, probability).expect("a probability");
            assert!((found - value).abs() < 5e-7, "{freedom}: {found}");
        }
        assert_eq!(quantile(3, 1.0), None);
    }

    #[test]
    fn an_interval_is_that_of_the_textbook() {
        // Law, example 4.26: ten observations, mean 1.34, 90 % interval 1.34 ± 0.24.
        let numbers = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let moments = Moments::of(numbers.map(|number| billionths(number * 1e9)));
        let interval = Interval::of(&moments, 0.90).expect("ten numbers");
        assert_eq!(interval.mean, 1_343_000_000);
        let half_width = interval.half_width.expect("more than one");
        assert_eq!((half_width + 5_000_000) / 10_000_000, 24);
        assert_eq!(interval.high(), Some(interval.mean + half_width));
    }

    #[test]
    fn one_number_has_no_interval_and_equal_ones_have_a_point() {
        let interval = |numbers: &[i128]| {
            let moments = Moments::of(numbers.iter().copied());
            Interval::of(&moments, 0.95)
        };
        assert_eq!(interval(&[]), None);
        assert_eq!(interval(&[5]).expect("one").half_width, None);
        assert_eq!(interval(&[5, 5]).expect("two").half_width, Some(0));
    }

    #[test]
    fn p_values_are_those_of_r() {
        // 2 * pt(-2.262157, 9) and 2 * pt(-1, 1).
        for (freedom, statistic, value) in [(9, 2.262_157, 0.05), (1, -1.0, 0.5)] {
            let found = two_sided(freedom, statistic).expect("degrees of freedom");
            assert!((found - value).abs() < 1e-6, "{found}");
        }
    }
}
