//! Estimates with their standard errors, so that a test's tolerance follows from its sample size.

/// Standard errors that a sample may be off: with a few hundred comparisons in the suite, chance
/// passes this about once in a hundred suites, and the seed is fixed.
const TOLERANCE: f64 = 4.0;

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values)
}

pub(crate) fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values
        .iter()
        .map(|value| (value - centre).powi(2))
        .sum::<f64>()
        / (count(values) - 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "samples are far below 2^53")]
pub(crate) fn count<T>(values: &[T]) -> f64 {
    values.len() as f64
}

/// The lag-1 autocorrelation.
pub(crate) fn autocorrelation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let products: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[0] - centre) * (pair[1] - centre))
        .collect();
    mean(&products) / variance(values)
}

/// The standard error of the mean, from 64 batches, so that it also holds for dependent samples.
pub(crate) fn error_of_mean(values: &[f64]) -> f64 {
    let batches: Vec<f64> = values.chunks_exact(values.len() / 64).map(mean).collect();
    (variance(&batches) / count(&batches)).sqrt()
}

/// The sample's mean is that of the closed form.
pub(crate) fn assert_mean(what: &str, values: &[f64], expected: f64) {
    let error = error_of_mean(values);
    let off = (mean(values) - expected).abs();
    assert!(
        off <= TOLERANCE * error + 1e-9 * expected.abs(),
        "{what}: mean {} instead of {expected}, standard error {error}",
        mean(values)
    );
}

/// The sample's variance is that of the closed form.
pub(crate) fn assert_variance(what: &str, values: &[f64], expected: f64) {
    let centre = mean(values);
    let squares: Vec<f64> = values
        .iter()
        .map(|value| (value - centre).powi(2))
        .collect();
    assert_mean(&format!("{what}, variance"), &squares, expected);
}

/// Ones and zeros for a share of events.
pub(crate) fn indicator(events: impl IntoIterator<Item = bool>) -> Vec<f64> {
    events
        .into_iter()
        .map(|event| f64::from(u8::from(event)))
        .collect()
}

/// The largest distance between two empirical distribution functions.
pub(crate) fn kolmogorov_smirnov(mut left: Vec<f64>, mut right: Vec<f64>) -> f64 {
    left.sort_by(f64::total_cmp);
    right.sort_by(f64::total_cmp);
    let steps = left.iter().enumerate().map(|(index, value)| {
        let below = right.partition_point(|other| other <= value);
        (share(index + 1, left.len()) - share(below, right.len())).abs()
    });
    steps.fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "samples are far below 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
