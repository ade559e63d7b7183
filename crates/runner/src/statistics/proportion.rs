//! Shares of runs: Wilson's interval and the rule of three.

use super::moments::count_as_float;
use super::student;

/// Where the share of trials in which something happens lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
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

/// What happened in none of so many independent trials, or in all of them. What nobody has seen happens,
/// with 95 % confidence, in at most 3/n of them, since (1 − 3/n)ⁿ is about e⁻³ = 0.0498 (Hanley and
/// Lippman-Hand 1983); with confidence c, in −ln(1 − c)/n. The same holds for the mean of counts that
/// come as in a Poisson process. `confidence` is above 0 and below 1; `None` of no trials, or if some
/// but not all were hits.
pub fn rule_of_three(hits: u64, trials: u64, confidence: f64) -> Option<Share> {
    if trials == 0 || (hits > 0 && hits < trials) {
        return None;
    }
    let bound = (-libm::log(1.0 - confidence) / count_as_float(trials)).min(1.0);
    Some(if hits == 0 {
        Share {
            low: 0.0,
            high: bound,
        }
    } else {
        Share {
            low: 1.0 - bound,
            high: 1.0,
        }
    })
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
        assert_eq!(rule_of_three(0, 0, 0.95), None);
        assert_eq!(rule_of_three(1, 2, 0.95), None);
        let bound = rule_of_three(0, 300, 0.95).expect("trials").high;
        assert!((bound - 3.0 / 300.0).abs() < 2e-5, "{bound}");
        let chance = (1.0 - bound).powi(300);
        assert!(chance < 0.05 && chance > 0.049, "{chance}");
        let always = rule_of_three(300, 300, 0.95).expect("trials");
        assert!((always.low - (1.0 - bound)).abs() < 1e-12 && always.high >= 1.0);
        let surer = rule_of_three(0, 300, 0.99).expect("trials").high;
        assert!((1.0 - surer).powi(300) < 0.01, "{surer}");
        let few = rule_of_three(0, 2, 0.95).expect("trials");
        assert!(few.high <= 1.0, "{few:?}");
    }
}
