//! A mean and how well it is known, for a table.

use super::selection;
use crate::campaign::Point;
use crate::language::Language;
use crate::metrics::{Billionths, rounded};
use crate::paint::{Ink, Page};
use crate::plan::MetricKey;
use crate::statistics::{Estimate, Method};

/// The mean with its interval, of a point that has been run so many times: `0.5 ± 0.1`, or `0.02 [0,
/// 0.05]` where the interval does not lie evenly around it, or `0 (≤ 0.15)` where nothing was seen, or
/// `1 (≥ 0.85)` where there was nothing else; and the number of runs that measured it, if not all did.
pub(super) fn cell(
    point: &Point,
    key: MetricKey,
    confidence: f64,
    language: Language,
    decimals: u32,
) -> String {
    let runs = point.replications.len();
    let unfinished = point.replications.unfinished(key).filter(|it| *it).count();
    let Some(estimate) = point.estimate(key, confidence) else {
        let none = language.choose("not recovered", "未恢复");
        return if unfinished > 0 { none } else { "-" }.to_owned();
    };
    let (mean, precision) = (
        rounded(estimate.mean, decimals),
        precision(&estimate, decimals),
    );
    let measured = estimate.runs;
    let reserve = if measured < u64::from(runs) {
        language.choose(
            format!(" ({measured} of {runs} runs)"),
            format!("（{runs} 次中 {measured} 次）"),
        )
    } else {
        String::new()
    };
    format!("{mean}{precision}{reserve}")
}

/// How well a mean is known; nothing if that is not known, or without doubt.
fn precision(estimate: &Estimate, decimals: u32) -> String {
    let Some([low, high]) = estimate.ends else {
        return String::new();
    };
    let short = |value| rounded(value, decimals);
    match estimate.half_width {
        Some(0) => String::new(),
        Some(half_width) if estimate.is_symmetric() => format!(" ± {}", short(half_width)),
        _ if !is_bound(estimate) => format!(" [{}, {}]", short(low), short(high)),
        _ if estimate.mean == 0 => {
            format!(" (≤ {})", rounded(high, decimals.max(needed(high))))
        }
        _ => {
            let decimals = decimals.max(needed(estimate.mean - low));
            format!(" (≥ {})", rounded(low, decimals))
        }
    }
}

/// The decimals that show two digits of a number below 1: a bound that looks like 0 is none.
fn needed(value: Billionths) -> u32 {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0);
    10_u32.saturating_sub(digits).min(9)
}

fn is_bound(estimate: &Estimate) -> bool {
    estimate.method.is_some_and(Method::is_bound)
}

/// What the cells of these points and metrics mean that need to be explained.
pub(super) fn legends<'p>(
    page: &mut Page,
    cells: impl Iterator<Item = (&'p Point, MetricKey)>,
    confidence: f64,
    language: Language,
) {
    let (mut has_bound, mut is_uneven, mut is_cut) = (false, false, false);
    for (point, key) in cells {
        let Some(estimate) = point.estimate(key, confidence) else {
            continue;
        };
        has_bound |= is_bound(&estimate);
        is_uneven |= !is_bound(&estimate)
            && !estimate.is_symmetric()
            && estimate.ends.is_some_and(|[low, high]| low < high);
        is_cut |= estimate.runs < u64::from(point.replications.len());
    }
    let percent = selection::percent(confidence);
    let notes = [
        (
            has_bound,
            language.choose(
                format!(
                    "0 (≤ x): never seen; x bounds the share, of a probability's trials, else of runs \
                     that may have some ({percent} %, rule of three)"
                ),
                format!(
                    "0 (≤ x)：从未出现；x 是比例的上限，概率按其试验计，其余按可能出现的运行计\
                     （{percent} %，三分之则：3/n）"
                ),
            ),
        ),
        (
            is_uneven,
            language.choose(
                format!("[a, b]: the {percent} % interval, where it is not as far on either side"),
                format!("[a, b]：两侧不等宽的 {percent} % 区间"),
            ),
        ),
        (
            is_cut,
            language.choose(
                "n of m runs: the others have not measured it".to_owned(),
                "m 次中 n 次：其余运行没有测到".to_owned(),
            ),
        ),
    ];
    for (_, note) in notes.into_iter().filter(|(is_needed, _)| *is_needed) {
        page.wrap(Ink::Faint, &note, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_has_digits_however_small_it_is() {
        let estimate = |mean, ends| Estimate {
            mean,
            runs: 60,
            half_width: None,
            ends: Some(ends),
            method: Some(Method::ThreeOfTrials),
        };
        let one = 1_000_000_000;
        for (mean, ends, text) in [
            (0, [0, 166_400], " (≤ 0.00017)"),
            (0, [0, 49_928_871], " (≤ 0.05)"),
            (one, [one - 166_400, one], " (≥ 0.99983)"),
        ] {
            assert_eq!(precision(&estimate(mean, ends), 3), text);
        }
    }
}
