//! Policies compared with a baseline under the same weather, metric by metric.

use crate::campaign::Point;
use crate::metrics::Billionths;
use crate::plan::{Comparison, MetricKey};
use crate::statistics::Estimate;
use crate::statistics::bootstrap::{self, Bootstrapped};
use crate::statistics::paired::{self, Paired};

/// Most pairs whose medians are compared: the bootstrap of more takes long, and with so many the
/// interval of the mean is as trustworthy.
const MOST_BOOTSTRAPPED: usize = 5_000;

/// One policy's metric at one point.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'c> {
    /// The metric.
    pub key: MetricKey,
    /// The policy, with its replications.
    pub point: &'c Point,
    /// Its mean; `None` if no replication measured it.
    pub mean: Option<Estimate>,
    /// How it differs from the baseline's, replication by replication; `None` of the baseline
    /// itself, and if no replication measured both.
    pub paired: Option<Paired>,
    /// The p-value of the difference, corrected for the number of policies that the baseline is
    /// compared with in this metric (Holm).
    pub adjusted: Option<f64>,
    /// How the medians of the replications differ; `None` as for `paired`, or if there are fewer
    /// than two pairs, or more than five thousand.
    pub median: Option<Bootstrapped>,
}

/// Everything that is compared at one point of a sweep: for each metric, each policy in the order
/// of `site`. `confidence` is above 0 and below 1, `seed` the experiment's.
pub fn compare<'c>(
    comparison: &Comparison,
    site: &'c [Point],
    confidence: f64,
    seed: u64,
) -> Vec<Compared<'c>> {
    let baseline = site
        .iter()
        .find(|point| point.policy == comparison.baseline);
    let mut all = Vec::new();
    for &key in &comparison.metrics {
        let each = site.iter().map(|point| {
            let rival = baseline.filter(|baseline| baseline.policy != point.policy);
            let pairs = || rival.map(|rival| pairs(key, rival, point));
            Compared {
                key,
                point,
                mean: point.estimate(key, confidence),
                paired: pairs().and_then(|pairs| paired::paired(pairs, confidence)),
                adjusted: None,
                median: pairs().and_then(|pairs| median(pairs, confidence, seed)),
            }
        });
        let mut family: Vec<Compared<'c>> = each.collect();
        let p_values: Vec<Option<f64>> = family
            .iter()
            .map(|one| one.paired.and_then(|it| it.p_value))
            .collect();
        let made = family.iter().filter(|one| one.paired.is_some()).count();
        for (one, adjusted) in family.iter_mut().zip(paired::holm(&p_values, made)) {
            one.adjusted = adjusted;
        }
        all.append(&mut family);
    }
    all
}

/// What two policies measured in the same replications.
fn pairs(
    key: MetricKey,
    one: &Point,
    other: &Point,
) -> impl Iterator<Item = (Option<Billionths>, Option<Billionths>)> {
    one.replications
        .values(key)
        .zip(other.replications.values(key))
}

fn median(
    pairs: impl Iterator<Item = (Option<Billionths>, Option<Billionths>)>,
    confidence: f64,
    seed: u64,
) -> Option<Bootstrapped> {
    let whole: Vec<_> = pairs
        .filter_map(|(one, other)| Some((one?, other?)))
        .collect();
    if whole.len() > MOST_BOOTSTRAPPED {
        return None;
    }
    bootstrap::quantile_difference(&whole, 50, confidence, seed)
}
