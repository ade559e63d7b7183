//! The comparison of policies, for people.

use super::{estimate, selection};
use crate::campaign::{Campaign, Point};
use crate::comparison::{Compared, compare};
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::rounded;
use crate::paint::{Ink, Page, WIDTH, beside, columns, right};
use crate::plan::MetricKey;
use crate::statistics::Method;
use crate::statistics::paired::Paired;

/// Blanks before a policy.
const INDENT: usize = 2;
/// Least blanks between two columns.
const GAP: usize = 2;

/// Of each policy and metric of `[compare]`, or else of the stopping rule: the mean, and with several
/// policies the difference to the baseline, and what the common weather was worth. For an experiment
/// without a sweep; nothing where nothing is known of how well the means are known.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    let plan = &experiment.plan;
    let confidence = plan.run.confidence();
    let points = &campaign.points;
    match &plan.comparison {
        Some(comparison) if points.len() > 1 => {
            if points[0].replications.len() > 1 {
                let all = compare(comparison, points, confidence, plan.run.seed);
                let baseline = comparison.baseline.name();
                differences(page, &all, baseline, confidence, language);
            }
        }
        Some(comparison) => means(page, &comparison.metrics, points, confidence, language),
        None => {
            let rule = plan.run.stop.as_ref();
            let keys = rule.map_or(&[][..], |rule| &rule.metrics);
            means(page, keys, points, confidence, language);
        }
    }
}

/// The means with their intervals, and no differences.
fn means(
    page: &mut Page,
    keys: &[MetricKey],
    points: &[Point],
    confidence: f64,
    language: Language,
) {
    let is_known = |key: &MetricKey| {
        let mut methods = points
            .iter()
            .filter_map(|point| point.estimate(*key, confidence)?.method);
        // What batches say is told of every class already.
        methods.any(|method| method != Method::BatchMeans)
    };
    if !keys.iter().any(is_known) {
        return;
    }
    page.end_line();
    let percent = selection::percent(confidence);
    let title = match points[0].replications.len() {
        1 => language.choose(
            format!("one run, with {percent} % intervals over its trials"),
            format!("单次运行，{percent} % 区间按其中的试验计算"),
        ),
        runs => language.choose(
            format!("means of {runs} runs, ± half of their {percent} % confidence interval"),
            format!("{runs} 次运行的平均，± 为 {percent} % 置信区间的半宽"),
        ),
    };
    page.wrap(Ink::Strong, &title, 0);
    let names = points.iter().map(|point| point.policy.name().len());
    let width = names.fold(0, usize::max);
    for key in keys {
        let unit = key.metric.unit().in_language(language);
        page.line(Ink::Plain, &format!("{key} ({unit})"));
        for point in points {
            let cell = estimate::cell(point, *key, confidence, language, 3);
            let policy = point.policy.name();
            page.line(
                Ink::Plain,
                &format!("  {policy:<width$} {}", right(&cell, 20)),
            );
        }
    }
    let cells = keys
        .iter()
        .flat_map(|key| points.iter().map(move |point| (point, *key)));
    estimate::legends(page, cells, confidence, language);
}

fn differences(
    page: &mut Page,
    all: &[Compared<'_>],
    baseline: &str,
    confidence: f64,
    language: Language,
) {
    page.end_line();
    let (percent, runs) = (
        selection::percent(confidence),
        all[0].point.replications.len(),
    );
    page.wrap(Ink::Strong, &title(baseline, runs, &percent, language), 0);
    let rows = all.iter().map(|one| row(one, confidence, language));
    draw_tables(page, all, &rows.collect::<Vec<_>>(), language);
    let cells = all.iter().map(|one| (one.point, one.key));
    estimate::legends(page, cells, confidence, language);
    let reduction = language.choose(
        "var. red.: how many times as many runs with weather of their own would tell as much",
        "方差缩减：若各策略的网络状况互不相干，要多少倍的运行次数才能同样精确",
    );
    page.wrap(Ink::Faint, reduction, 0);
}

/// The cells of all rows, in as many tables as the width needs.
fn draw_tables(page: &mut Page, all: &[Compared<'_>], rows: &[[String; 5]], language: Language) {
    let headings = language.choose(
        ["mean", "difference", "correl.", "var. red.", "p (Holm)"],
        ["平均", "差", "相关", "方差缩减", "p (Holm)"],
    );
    let width = |column: usize| {
        let cells = rows.iter().map(|row| columns(&row[column]));
        cells.fold(columns(headings[column]), usize::max) + GAP
    };
    let widths = [0, 1, 2, 3, 4].map(width);
    let names = all.iter().map(|one| one.point.policy.name().len());
    let names = names.fold(0, usize::max) + INDENT;
    for part in beside(&widths, WIDTH.saturating_sub(names)) {
        let line = |name: &str, cells: &dyn Fn(usize) -> String| {
            let cells = part
                .clone()
                .map(|column| right(&cells(column), widths[column]));
            format!("{name:<names$}{}", cells.collect::<String>())
        };
        page.line(Ink::Faint, &line("", &|column| headings[column].to_owned()));
        for (index, (one, cells)) in all.iter().zip(rows).enumerate() {
            if index == 0 || all[index - 1].key != one.key {
                let unit = one.key.metric.unit().in_language(language);
                page.line(Ink::Plain, &format!("{} ({unit})", one.key));
            }
            let name = format!("{:INDENT$}{}", "", one.point.policy.name());
            page.line(Ink::Plain, &line(&name, &|column| cells[column].clone()));
        }
    }
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

/// Mean, difference, correlation, reduction of variance, and p.
fn row(one: &Compared<'_>, confidence: f64, language: Language) -> [String; 5] {
    let dash = || "-".to_owned();
    let with = |value: Option<f64>, decimals: usize| {
        value.map_or_else(dash, |value| format!("{value:.decimals$}"))
    };
    let paired = one.paired.as_ref();
    let runs = one.point.replications.len();
    let difference = paired.map_or_else(String::new, |it| difference(it, runs, language));
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
    let mean = estimate::cell(one.point, one.key, confidence, language, 3);
    [mean, difference, correlation, reduction, p]
}

/// The mean difference with its interval, and on how many pairs it rests if not on all runs.
fn difference(paired: &Paired, runs: u32, language: Language) -> String {
    let mean = rounded(paired.difference.mean, 3);
    let mut text = match paired.difference.half_width {
        Some(half_width) => format!("{mean} ± {}", rounded(half_width, 3)),
        None => mean,
    };
    if paired.pairs < u64::from(runs) {
        let pairs = paired.pairs;
        text += &language.choose(format!(" ({pairs} pairs)"), format!("（{pairs} 对）"));
    }
    text
}
