//! Steady state from one long series: where the warm-up ends, and how well the mean is known.

use super::moments::count_as_float;
use super::student;

/// Numbers that are averaged before MSER is applied.
const GROUP: usize = 5;
/// Groups at the end of a series at which no warm-up is taken to end.
const LAST_GROUPS: usize = 10;
/// Fewest batches.
const FEWEST_BATCHES: usize = 20;

/// Where the warm-up of a series ends by MSER-5 (White 1997; White, Cobb and Spratt 2000): the
/// number of values to leave out, a multiple of five, that makes the standard error of the mean of
/// the rest least. A minimum in the second half of the series means that it is too short to tell:
/// `None`, as for fewer than ten values.
///
/// A few groups at the end that happen to be alike would have the least standard error of all, so the
/// last ones are no candidates. Usual are five (White and Robinson 2010; Franklin and White 2008).
/// Here it is ten, or half of a short series: of a thousand settled series whose neighbouring groups
/// depend on each other a little, 169 to 274 seem unsettled without such a guard, 4 to 28 with five,
/// 0 to 9 with ten.
pub fn mser5(series: &[f64]) -> Option<usize> {
    let mean = |group: &[f64]| group.iter().sum::<f64>() / count_as_float(GROUP as u64);
    let groups: Vec<f64> = series.chunks_exact(GROUP).map(mean).collect();
    if groups.len() < 2 {
        return None;
    }
    // A single group has no spread, which says nothing.
    let least_rest = LAST_GROUPS.min(groups.len() / 2).max(2);
    // Deviations from one of the values, so that nothing cancels.
    let origin = groups[groups.len() - 1];
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best: Option<(usize, f64)> = None;
    for (index, group) in groups.iter().enumerate().rev() {
        let deviation = group - origin;
        sum += deviation;
        squares += deviation * deviation;
        let rest = groups.len() - index;
        if rest < least_rest {
            continue;
        }
        let count = count_as_float(rest as u64);
        let statistic = ((squares - sum * sum / count) / (count * count)).max(0.0);
        if best.is_none_or(|(_, least)| statistic <= least) {
            best = Some((index, statistic));
        }
    }
    let (cut, _) = best?;
    (cut <= groups.len() / 2).then_some(cut * GROUP)
}

/// A mean of dependent values, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    /// The mean of all whole batches.
    pub mean: f64,
    /// Half the width of its confidence interval.
    pub half_width: f64,
    /// How many batches there are.
    pub batches: usize,
    /// How many values are in a batch.
    pub size: usize,
    /// The correlation of a batch's mean with the next one's.
    pub correlation: f64,
}

/// The mean of a series in a steady state by batch means (Law, "Simulation Modeling and Analysis",
/// 5th ed., section 9.5.3): batches are made larger, down to twenty of them, until the means of
/// neighbours are not significantly correlated, that is, until the lag-1 autocorrelation is below
/// 2/√n. `confidence` is above 0 and below 1. `None` of fewer than twenty values, or if even twenty
/// batches are correlated: then the series is too short.
pub fn batch_means(series: &[f64], confidence: f64) -> Option<BatchMeans> {
    let mut size = 1;
    while series.len() / size >= FEWEST_BATCHES {
        let means: Vec<f64> = series.chunks_exact(size).map(average).collect();
        let correlation = lag_one(&means);
        let count = count_as_float(means.len() as u64);
        if correlation < 2.0 / count.sqrt() {
            let mean = average(&means);
            let squares: f64 = means.iter().map(|value| (value - mean).powi(2)).sum();
            let error = (squares / (count - 1.0) / count).sqrt();
            let quantile = student::quantile(means.len() as u64 - 1, 0.5 + confidence / 2.0)?;
            return Some(BatchMeans {
                mean,
                half_width: quantile * error,
                batches: means.len(),
                size,
                correlation,
            });
        }
        // Half as many batches, but never past twenty.
        let largest = series.len() / FEWEST_BATCHES;
        size = if size < largest {
            (size * 2).min(largest)
        } else {
            size + 1
        };
    }
    None
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count_as_float(values.len() as u64)
}

/// The correlation of each value with the next; 0 if nothing varies.
fn lag_one(values: &[f64]) -> f64 {
    let mean = average(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let products: f64 = values
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    if squares > 0.0 {
        products / squares
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A first-order autoregressive series around 10, from a linear congruential generator
    /// (Numerical Recipes' constants).
    fn autoregressive(count: usize, coefficient: f64, start: f64) -> Vec<f64> {
        let mut state: u32 = 1;
        let mut value = start;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            value = 10.0 + coefficient * (value - 10.0) + f64::from(state >> 16) / 65_536.0 - 0.5;
            value
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn a_warm_up_is_cut_off_and_nothing_else() {
        let mut series = vec![100.0; 37];
        series.extend(autoregressive(1_000, 0.0, 10.0));
        assert_eq!(
            mser5(&series),
            Some(40),
            "the first multiple of five past it"
        );
        let cut = mser5(&autoregressive(1_000, 0.0, 10.0)).expect("long enough");
        assert!(cut < 200, "{cut} of what has no warm-up");
        let rising: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert_eq!(mser5(&rising), None, "it never settles");
        assert_eq!(mser5(&[1.0; 9]), None);
    }

    #[test]
    fn a_settled_series_seldom_seems_unsettled() {
        // Each value is the sum of the last `window` of independent numbers, as the connections that
        // are there are those that came lately; 512 values, as of a pilot run.
        let mut state: u32 = 1;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 16) / 65_536.0 - 0.5
        };
        for (window, most) in [(1, 2), (5, 2), (10, 12)] {
            let mut alarms = 0;
            for _ in 0..1_000 {
                let numbers: Vec<f64> = (0..512 + window - 1).map(|_| next()).collect();
                let series: Vec<f64> = numbers
                    .windows(window)
                    .map(|last| last.iter().sum())
                    .collect();
                alarms += u32::from(mser5(&series).is_none());
            }
            assert!(alarms <= most, "{alarms} of 1000, window {window}");
        }
    }

    #[test]
    fn batches_of_dependent_values_are_enlarged() {
        let independent = batch_means(&autoregressive(4_000, 0.0, 10.0), 0.95).expect("enough");
        assert_eq!(independent.size, 1);
        let series = autoregressive(40_000, 0.9, 10.0);
        let found = batch_means(&series, 0.95).expect("long enough");
        assert!(found.size >= 16 && found.batches >= 20, "{found:?}");
        assert!(
            (found.mean - 10.0).abs() < 2.0 * found.half_width,
            "{found:?}"
        );
        // The mean of n values has the standard deviation σ / ((1 − φ) √n), here
        // √(1/12) / (0.1 · 200) = 0.01443, and 1.96 of them are 0.0283.
        assert!((found.half_width / 0.0283 - 1.0).abs() < 0.35, "{found:?}");
        let trend: Vec<f64> = (0..400).map(f64::from).collect();
        assert_eq!(batch_means(&trend, 0.95), None);
        assert_eq!(batch_means(&[1.0; 19], 0.95), None);
    }
}
