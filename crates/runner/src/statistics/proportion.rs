//! Shares of runs: Wilson's interval and the rule of three.

use super::moments::count_as_float;
use super::student;

/// A share of trials in which something happened, with both ends of its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share that was seen.
    pub seen: f64,
    /// The lower end, at least 0.
    pub low: f64,
    /// The upper end, at most 1.
    pub high: f64,
}

/// Wilson's score interval (Wilson 1927; recommended by Agresti and Coull 1998): unlike the
/// textbook's p ± z √(p(1 − p)/n) it is right for small shares and few trials. `confidence` is above
/// 0 and below 1; `None` of no trials.
pub fn wilson(hits: u64, trials: u64, confidence: f64) -> Option<Share> {
    if trials == 0 || hits > trials {
        return None;
    }
    let z = student::normal_quantile(0.5 + confidence / 2.0)?;
    let count = count_as_float(trials);
    let seen = count_as_float(hits) / count;
    let square = z * z / count;
    let center = (seen + square / 2.0) / (1.0 + square);
    let spread = (seen * (1.0 - seen) / count + square / (4.0 * count)).sqrt();
    let half_width = z * spread / (1.0 + square);
    Some(Share {
        seen,
        // At the ends of the range the formula is exact but for its last digit.
        low: if hits == 0 {
            0.0
        } else {
            (center - half_width).max(0.0)
        },
        high: if hits == trials {
            1.0
        } else {
            (center + half_width).min(1.0)
        },
    })
}

/// What nobody has seen in so many trials happens, with 95 % confidence, in at most this share of
/// them: 3/n, since (1 − 3/n)ⁿ is about e⁻³ = 0.0498 (Hanley and Lippman-Hand 1983). The same bound
/// holds for the mean of counts that were 0 in n runs. `None` of no trials.
pub fn rule_of_three(trials: u64) -> Option<f64> {
    (trials > 0).then(|| 3.0 / count_as_float(trials))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_s_interval_is_that_of_the_literature() {
        // Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
        for (hits, trials, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = wilson(hits, trials, 0.95).expect("trials");
            assert!((share.low - low).abs() < 5e-5, "{share:?}");
            assert!((share.high - high).abs() < 5e-5, "{share:?}");
        }
        let always = wilson(7, 7, 0.95).expect("trials");
        assert!(always.high >= 1.0 && always.low < 1.0, "{always:?}");
        assert_eq!(wilson(0, 0, 0.95), None);
    }

    #[test]
    fn three_nth_bounds_what_was_not_seen() {
        assert_eq!(rule_of_three(0), None);
        let bound = rule_of_three(300).expect("trials");
        let chance = (1.0 - bound).powi(300);
        assert!(chance < 0.05 && chance > 0.048, "{chance}");
    }
}
