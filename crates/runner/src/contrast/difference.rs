//! How a metric differs between the runs of two folders.

use crate::metrics::Billionths;
use crate::results::{Column, Numbers, StoredRuns};
use crate::statistics::{Interval, Moments, paired, welch};

/// With which the intervals cover the true difference.
const CONFIDENCE: f64 = 0.95;

/// A metric that is not the same.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) metric: String,
    /// The means of the runs that are compared; `None` if it was not measured.
    pub(super) means: [Option<Billionths>; 2],
    /// How many runs these are; of pairs, twice the same.
    pub(super) counts: [u64; 2],
    /// The second mean less the first; `None` if one of them is missing.
    pub(super) between: Option<Interval>,
    /// The p-value of that, not corrected; `None` if there are too few runs, or nothing varies.
    pub(super) p_value: Option<f64>,
}

/// What a metric was in the runs of a side. If it is not in its tables, it was 0 if the summary says
/// so, as far as the other side measured it, and otherwise not measured.
pub(super) fn column(
    numbers: &Numbers,
    runs: &StoredRuns,
    metric: &str,
    other: &StoredRuns,
) -> Column {
    if let Some(column) = runs.column(metric) {
        return column.clone();
    }
    let is_zero = numbers.summary.zero_everywhere.contains(metric);
    let other = other.column(metric);
    let of_run = |run: usize| {
        let is_unmeasured = other.and_then(|other| other.get(run)) == Some(&None);
        (is_zero && !is_unmeasured).then_some(0)
    };
    (0..runs.count).map(of_run).collect()
}

/// Compares runs of one seed: those of one number have met the same weather, and as many as both
/// sides have are compared, pair by pair. `None` if these are the same.
pub(super) fn of_pairs(metric: &str, [mut a, mut b]: [Column; 2]) -> Option<Difference> {
    let common = a.len().min(b.len());
    a.truncate(common);
    b.truncate(common);
    if a == b {
        return None;
    }
    let whole: Vec<(Billionths, Billionths)> = a
        .iter()
        .zip(&b)
        .filter_map(|(a, b)| Some(((*a)?, (*b)?)))
        .collect();
    if whole.is_empty() {
        return Some(of_means(metric, [&a, &b].map(moments)));
    }
    let first = Moments::of(whole.iter().map(|it| it.0));
    let second = Moments::of(whole.iter().map(|it| it.1));
    let found = paired::paired(a.into_iter().zip(b), CONFIDENCE);
    Some(Difference {
        between: found.map(|it| it.difference),
        p_value: found.and_then(|it| it.p_value),
        ..of_means(metric, [first, second])
    })
}

/// Compares runs of different seeds, which are independent. `None` if none differs from any other.
pub(super) fn of_independent(metric: &str, [a, b]: [Column; 2]) -> Option<Difference> {
    let mut all = a.iter().chain(&b);
    let first = all.next()?;
    if all.all(|value| value == first) {
        return None;
    }
    let both = [&a, &b].map(moments);
    let found = welch::welch(&both[0], &both[1], CONFIDENCE);
    Some(Difference {
        between: found.map(|it| it.difference),
        p_value: found.and_then(|it| it.p_value),
        ..of_means(metric, both)
    })
}

fn moments(column: &Column) -> Moments {
    Moments::of(column.iter().copied().flatten())
}

fn of_means(metric: &str, both: [Moments; 2]) -> Difference {
    Difference {
        metric: metric.to_owned(),
        means: both.map(|it| it.mean()),
        counts: both.map(|it| it.count()),
        between: None,
        p_value: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[i128]) -> Column {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn runs_that_both_have_are_paired_and_further_ones_are_left_out() {
        let (long, short) = (some(&[1, 2, 4, 90, 90]), some(&[2, 3, 6]));
        let found = of_pairs("m", [long.clone(), short.clone()]).expect("it differs");
        assert_eq!(found.counts, [3, 3]);
        let between = found.between.expect("three pairs");
        let means = found.means.map(|it| it.expect("measured"));
        assert_eq!((means, between.mean), ([2, 4], 1));
        assert!(found.p_value.is_some());
        assert_eq!(of_pairs("m", [long.clone(), some(&[1, 2, 4])]), None);
        // Without a common seed, all of them tell.
        let found = of_independent("m", [long, short]).expect("it differs");
        assert_eq!(found.counts, [5, 3]);
        assert_eq!(of_independent("m", [some(&[7, 7, 7]), some(&[7])]), None);
    }

    #[test]
    fn the_difference_is_that_of_the_means_beside_it() {
        // Of the second pair one is missing, so that its other value does not count, either.
        let (a, b) = (
            vec![Some(10), Some(90), Some(20)],
            vec![Some(11), None, Some(21)],
        );
        let found = of_pairs("m", [a.clone(), b]).expect("it differs");
        assert_eq!((found.means, found.counts), ([Some(15), Some(16)], [2, 2]));
        assert_eq!(found.between.map(|it| it.mean), Some(1));
        let found = of_pairs("m", [a, vec![None; 3]]).expect("it differs");
        assert_eq!((found.means, found.counts), ([Some(40), None], [3, 0]));
        assert_eq!(found.between, None);
    }
}
