//! Intervals for differences of quantiles: the paired bootstrap.
//!
//! Pairs are drawn again and again, with replacement, and the difference of the two samples'
//! quantiles is formed each time; the middle part of these differences is the interval (percentile
//! method; Efron and Tibshirani, "An Introduction to the Bootstrap", section 13.3). The draws come
//! from a generator with a given seed, so that they are the same everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::moments::{billionths, count_as_float};
use crate::metrics::Billionths;

/// Times that pairs are drawn.
const DRAWS: usize = 2_000;

/// A difference of quantiles and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The difference between the quantiles that were seen.
    pub seen: Billionths,
    /// The lower end of the interval.
    pub low: Billionths,
    /// The upper end.
    pub high: Billionths,
}

/// The difference between a quantile of the second values of pairs and that of the first, with this
/// confidence (above 0, below 1). The quantile, in percent, is the least value that so many percent
/// do not exceed. `None` of fewer than two pairs.
pub fn quantile_difference(
    pairs: &[(Billionths, Billionths)],
    percent: u32,
    confidence: f64,
    seed: u64,
) -> Option<Bootstrapped> {
    if pairs.len() < 2 {
        return None;
    }
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut sample = pairs.to_vec();
    let mut differences: Vec<Billionths> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        for slot in &mut sample {
            *slot = pairs[below(pairs.len(), &mut generator)];
        }
        differences.push(difference(&sample, percent));
    }
    differences.sort_unstable();
    // So many differences lie beyond either end.
    let outside = (1.0 - confidence) / 2.0 * count_as_float(DRAWS as u64);
    let beyond = usize::try_from(billionths(outside)).unwrap_or(0);
    let beyond = beyond.min(DRAWS / 2 - 1);
    Some(Bootstrapped {
        seen: difference(pairs, percent),
        low: differences[beyond],
        high: differences[DRAWS - 1 - beyond],
    })
}

/// A whole number below `count`, all of them equally likely to within 2⁻³² of their chance.
fn below(count: usize, generator: &mut ChaCha8Rng) -> usize {
    let scaled = u128::from(generator.next_u64()) * count as u128;
    (scaled >> 64) as usize
}

fn difference(pairs: &[(Billionths, Billionths)], percent: u32) -> Billionths {
    let first = pairs.iter().map(|pair| pair.0).collect();
    let second = pairs.iter().map(|pair| pair.1).collect();
    quantile(second, percent) - quantile(first, percent)
}

/// The least of some numbers, at least one, that so many percent of them do not exceed.
fn quantile(mut numbers: Vec<Billionths>, percent: u32) -> Billionths {
    let rank = (numbers.len() * percent.min(100) as usize)
        .div_ceil(100)
        .max(1);
    *numbers.select_nth_unstable(rank - 1).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_shift_is_found_without_doubt() {
        let pairs: Vec<_> = (0..50).map(|value| (value, value + 7)).collect();
        let found = quantile_difference(&pairs, 50, 0.95, 1).expect("pairs");
        assert_eq!(
            found,
            Bootstrapped {
                seen: 7,
                low: 7,
                high: 7
            }
        );
        assert_eq!(quantile_difference(&pairs[..1], 50, 0.95, 1), None);
    }

    #[test]
    fn the_interval_of_a_median_is_as_wide_as_order_statistics_say() {
        // For 100 numbers the exact 95 % interval of the median runs from the 40th to the 61st
        // (Conover, "Practical Nonparametric Statistics", section 3.2): the bootstrap of the
        // difference to a constant has to come near it.
        let pairs: Vec<_> = (1..=100).map(|value| (0, value)).collect();
        let found = quantile_difference(&pairs, 50, 0.95, 7).expect("pairs");
        assert_eq!(found.seen, 50);
        assert!((38..=42).contains(&found.low), "{found:?}");
        assert!((58..=62).contains(&found.high), "{found:?}");
        let again = quantile_difference(&pairs, 50, 0.95, 7);
        assert_eq!(again, Some(found), "the same seed gives the same interval");
    }
}
