//! Differences between policies that met the same weather, replication by replication.
//!
//! With common random numbers the two values of a pair are correlated, so that their difference
//! varies less than that of independent runs: by the factor (Var a + Var b) / Var(a − b), which is
//! how many times as many independent runs the same interval would take (Law, "Simulation Modeling
//! and Analysis", 5th ed., section 11.2).

use super::moments::{Moments, count_as_float, float};
use super::student::{self, Interval};
use crate::metrics::Billionths;

/// How two policies compare in one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Replications in which both were measured.
    pub pairs: u64,
    /// The mean of the differences, the second less the first, and its interval.
    pub difference: Interval,
    /// Pearson's correlation of the two values; `None` if one of them does not vary.
    pub correlation: Option<f64>,
    /// (Var a + Var b) / Var(a − b); `None` if the difference does not vary.
    pub variance_reduction: Option<f64>,
    /// The p-value of the two-sided paired t-test; `None` of fewer than two pairs, or if the
    /// differences do not vary: the test has nothing to measure them by.
    pub p_value: Option<f64>,
}

/// Compares the second values of pairs with the first. `confidence` is above 0 and below 1; `None`
/// of no pairs.
pub fn paired(
    pairs: impl Iterator<Item = (Option<Billionths>, Option<Billionths>)>,
    confidence: f64,
) -> Option<Paired> {
    let mut first = Moments::default();
    let mut second = Moments::default();
    let mut difference = Moments::default();
    for (one, other) in pairs {
        if let (Some(one), Some(other)) = (one, other) {
            first.add(one);
            second.add(other);
            difference.add(other - one);
        }
    }
    let interval = Interval::of(&difference, confidence)?;
    let variances = (first.variance(), second.variance(), difference.variance());
    let (correlation, variance_reduction) = match variances {
        (Some(one), Some(other), Some(between)) => {
            let sum = one + other;
            // Cov(a, b) = (Var a + Var b − Var(a − b)) / 2.
            let scale = 2.0 * (one * other).sqrt();
            let correlation = (scale > 0.0).then(|| ((sum - between) / scale).clamp(-1.0, 1.0));
            (correlation, (between > 0.0).then(|| sum / between))
        }
        _ => (None, None),
    };
    Some(Paired {
        pairs: difference.count(),
        difference: interval,
        correlation,
        variance_reduction,
        p_value: p_value(&difference),
    })
}

/// The p-value of the t-test that a mean is 0. Two counts that happen to differ by 1 both times would
/// be beyond all doubt to a test that divides by how much they vary; there is none.
fn p_value(difference: &Moments) -> Option<f64> {
    let error = difference.standard_error().filter(|error| *error > 0.0)?;
    let mean = float(difference.mean()?);
    student::two_sided(difference.count() - 1, mean / error)
}

/// Holm's step-down correction (Holm 1979): adjusted p-values, in the order given, such that the
/// chance of one or more false alarms among all of them stays below whatever level they are compared
/// with. `family` is how many comparisons were made: those without a p-value count, for that they have
/// none is known only afterwards.
pub fn holm(p_values: &[Option<f64>], family: usize) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p_values
        .iter()
        .enumerate()
        .filter_map(|(index, p)| Some((index, (*p)?)))
        .collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
    let mut adjusted = vec![None; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, (index, p)) in order.iter().enumerate() {
        let left = count_as_float(family.max(order.len()).saturating_sub(rank) as u64);
        least = least.max((p * left).min(1.0));
        adjusted[*index] = Some(least);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::moments::billionths;

    #[test]
    fn student_s_own_sleep_data() {
        // Student 1908 (R's `sleep`): extra hours of sleep under two drugs. R's t.test(paired)
        // gives a mean difference of 1.58, 95 % interval 0.7001 to 2.4599, p = 0.002833; cor()
        // gives 0.7951702, var() 3.200556 and 4.009, of the differences 1.512889.
        let one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let value = |hours: f64| Some(billionths(hours * 1e9));
        let pairs = one.into_iter().zip(other);
        let found = paired(pairs.map(|(one, other)| (value(one), value(other))), 0.95);
        let found = found.expect("pairs");
        assert_eq!((found.pairs, found.difference.mean), (10, 1_580_000_000));
        let low = float(found.difference.low().expect("ten pairs")) / 1e9;
        assert!((low - 0.700_114).abs() < 1e-6, "{low}");
        let p = found.p_value.expect("ten pairs");
        assert!((p - 0.002_833).abs() < 1e-6, "{p}");
        let correlation = found.correlation.expect("both vary");
        assert!((correlation - 0.795_170).abs() < 1e-6, "{correlation}");
        let reduction = found.variance_reduction.expect("it varies");
        let expected = (3.200_556 + 4.009) / 1.512_889;
        assert!((reduction - expected).abs() < 1e-5, "{reduction}");
    }

    #[test]
    fn pairs_of_which_one_was_not_measured_do_not_count() {
        let pairs = [(Some(1), Some(2)), (None, Some(9)), (Some(3), None)];
        let found = paired(pairs.into_iter(), 0.95).expect("a pair");
        assert_eq!((found.pairs, found.difference.mean), (1, 1));
        assert_eq!(found.p_value, None);
        assert_eq!(paired([(None, Some(1))].into_iter(), 0.95), None);
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        let same = [(Some(0), Some(0)); 3];
        let found = paired(same.into_iter(), 0.95).expect("pairs");
        let nothing = (found.correlation, found.variance_reduction, found.p_value);
        assert_eq!(nothing, (None, None, None));
        let shifted = [(Some(1), Some(3)), (Some(2), Some(4))];
        let found = paired(shifted.into_iter(), 0.95).expect("pairs");
        assert_eq!((found.p_value, found.variance_reduction), (None, None));
    }

    #[test]
    fn holm_s_correction_is_that_of_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
        let found = holm(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.005)], 4);
        let expected = [Some(0.03), None, Some(0.06), Some(0.06), Some(0.02)];
        for (found, expected) in found.into_iter().zip(expected) {
            assert_eq!(found.is_some(), expected.is_some());
            let (found, expected) = (found.unwrap_or(0.0), expected.unwrap_or(0.0));
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        assert_eq!(holm(&[Some(0.7), Some(0.8)], 2), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn a_comparison_without_a_p_value_counts_in_its_family() {
        // The second of three comparisons never differed. p.adjust(c(0.02, 1, 0.5), "holm").
        let found = holm(&[Some(0.02), None, Some(0.5)], 3);
        let first = found[0].expect("it has a p-value");
        assert!((first - 0.06).abs() < 1e-12, "{first}");
        assert_eq!(&found[1..], [None, Some(1.0)]);
    }
}
