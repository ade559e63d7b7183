//! The comparison of policies, for people.

use super::{estimate, selection};
use crate::campaign::Campaign;
use crate::comparison::{Compared, compare};
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::rounded;
use crate::paint::{Ink, Page, right};
use crate::statistics::Interval;

/// Of each policy and metric of `[compare]`: mean, difference to the baseline, and what the common
/// weather was worth. For an experiment without a sweep; nothing with a single policy or run.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    let plan = &experiment.plan;
    let runs = campaign.points[0].replications.len();
    let Some(comparison) = plan.comparison.as_ref().filter(|_| runs > 1) else {
        return;
    };
    if plan.run.policies.len() < 2 {
        return;
    }
    let confidence = plan.run.confidence();
    let all = compare(comparison, &campaign.points, confidence, plan.run.seed);
    page.end_line();
    let (name, percent) = (comparison.baseline.name(), selection::percent(confidence));
    page.line(Ink::Strong, &title(name, runs, &percent, language));
    let names = all.iter().map(|one| one.point.policy.name().len());
    let width = names.fold(0, usize::max);
    let row = |[policy, numbers @ ..]: [&str; 6]| {
        let widths = [20, 20, 8, 10, 9];
        let cells = numbers.iter().zip(widths);
        let cells: Vec<String> = cells.map(|(cell, width)| right(cell, width)).collect();
        format!("  {policy:<width$} {}", cells.join(" "))
    };
    let headings = language.choose(
        ["", "mean", "difference", "correl.", "var. red.", "p (Holm)"],
        ["", "平均", "差", "相关", "方差缩减", "p (Holm)"],
    );
    page.line(Ink::Faint, &row(headings));
    for (index, one) in all.iter().enumerate() {
        if index == 0 || all[index - 1].key != one.key {
            let unit = one.key.metric.unit().in_language(language);
            page.line(Ink::Plain, &format!("{} ({unit})", one.key));
        }
        page.line(Ink::Plain, &line(one, confidence, &row));
    }
    if all.iter().any(|one| estimate::is_never(one.point, one.key)) {
        page.line(Ink::Faint, estimate::legend(language));
    }
    page.line(
        Ink::Faint,
        language.choose(
            "var. red.: how many times as many runs with weather of their own would tell as much",
            "方差缩减：若各策略的网络状况互不相干，要多少倍的运行次数才能同样精确",
        ),
    );
}

fn title(baseline: &str, runs: u32, percent: &str, language: Language) -> String {
    language.choose(
        format!(
            "compared with {baseline}, run by run in the same weather: {runs} runs, ± half of the \
             {percent} % interval"
        ),
        format!(
            "与 {baseline} 相比，在同样的网络状况下逐次对照：{runs} 次运行，± 为 {percent} % 区间的半宽"
        ),
    )
}

fn line(one: &Compared<'_>, confidence: f64, row: &dyn Fn([&str; 6]) -> String) -> String {
    let dash = || "-".to_owned();
    let with = |value: Option<f64>, decimals: usize| {
        value.map_or_else(dash, |value| format!("{value:.decimals$}"))
    };
    let mean = estimate::cell(one.point, one.key, confidence);
    let paired = one.paired.as_ref();
    let difference = paired.map_or_else(String::new, |it| interval(&it.difference));
    let [correlation, reduction, p] = match paired {
        None => [const { String::new() }; 3],
        Some(paired) => [
            with(paired.correlation, 3),
            with(paired.variance_reduction, 2),
            one.adjusted.map_or_else(dash, |p| match p {
                p if p < 0.0001 => "< 0.0001".to_owned(),
                p => format!("{p:.4}"),
            }),
        ],
    };
    let policy = one.point.policy.name();
    row([policy, &mean, &difference, &correlation, &reduction, &p])
}

fn interval(interval: &Interval) -> String {
    let mean = rounded(interval.mean, 3);
    match interval.half_width {
        Some(half_width) => format!("{mean} ± {}", rounded(half_width, 3)),
        None => mean,
    }
}
