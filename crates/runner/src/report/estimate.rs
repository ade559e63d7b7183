//! A mean and how well it is known, for a table.

use std::fmt::Write as _;

use super::selection;
use crate::campaign::Point;
use crate::language::Language;
use crate::metrics::{divide, rounded};
use crate::plan::MetricKey;

/// What `0 (≤ x)` means. A bound of the mean would need to know how many come at once when some do.
pub(super) fn legend(language: Language) -> &'static str {
    language.choose(
        "0 (≤ x): seen in no run; up to a share x of all runs may have some (95 %, rule of three)",
        "0 (≤ x)：所有运行中都没有出现；至多可能在比例为 x 的运行中出现（95 %，三分之则：3/n）",
    )
}

/// The mean, with half the width of its confidence interval. What was counted and never seen has no
/// interval, but the greatest share of runs that may yet have some: 3/n, at most 1.
pub(super) fn cell(point: &Point, key: MetricKey, confidence: f64) -> String {
    let Some(interval) = point.interval(key, confidence) else {
        return "-".to_owned();
    };
    let mut text = rounded(interval.mean, 3);
    // Writing to a String cannot fail.
    match interval.half_width {
        Some(0) if is_never(point, key) => {
            let runs = point.replications.values(key).flatten().count() as i128;
            let most = divide(3_000_000_000, runs);
            let most = rounded(most.min(1_000_000_000), 3);
            write!(text, " (≤ {most})").expect("a String takes any text");
        }
        Some(half_width) if half_width > 0 => {
            write!(text, " ± {}", rounded(half_width, 3)).expect("a String takes any text");
        }
        _ => {}
    }
    text
}

/// Whether a metric is a count that was 0 in several runs, all of them.
pub(super) fn is_never(point: &Point, key: MetricKey) -> bool {
    let is_zero = selection::counts(key) && !point.replications.occurs(key);
    is_zero && point.replications.len() > 1
}
