//! What is said of a steady state: when measuring began, and how well one run knows its means.

use std::time::Duration;

use super::selection;
use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::{Billionths, decimal, rounded};
use crate::paint::{Ink, Page};
use crate::plan::{Class, Metric, MetricKey, Period, Statistic};
use crate::statistics::steady::BatchMeans;

/// Columns of the names of rows.
const NAMES: usize = 30;

/// Draws the section; nothing of an experiment without a warm-up.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    if let Some(line) = warmup(experiment, campaign, language) {
        page.end_line();
        page.wrap(Ink::Faint, &line, 0);
    }
    let mut points = campaign.points.iter();
    if points.any(|point| point.batches.are_asked_for()) {
        page.end_line();
        means(page, experiment, campaign, language);
    }
}

/// From when on is measured, where MSER-5 has found it.
fn warmup(experiment: &Experiment, campaign: &Campaign, language: Language) -> Option<String> {
    let found = || campaign.points.iter().filter_map(|point| point.warmup);
    let (least, most) = (
        found().map(|it| it.end).min()?,
        found().map(|it| it.end).max()?,
    );
    let from = if least == most {
        seconds(least)
    } else {
        let (least, most) = (seconds(least), seconds(most));
        language.choose(format!("{least} to {most}"), format!("{least} 至 {most}"))
    };
    let until = seconds(experiment.plan.run.until);
    Some(match experiment.points.len() {
        1 => language.choose(
            format!("measured from {from} to {until}: the warm-up by MSER-5 is left out"),
            format!("测量时段为 {from} 至 {until}：已去掉由 MSER-5 判定的预热期"),
        ),
        _ => language.choose(
            format!("measured from {from} on: the warm-up of each point by MSER-5 is left out"),
            format!("从 {from} 起测量：已去掉各点由 MSER-5 判定的预热期"),
        ),
    })
}

/// What is to be said of a point at which MSER-5 finds no steady state.
pub(super) fn warning(point: &Point, language: Language) -> Option<String> {
    let found = point.warmup.filter(|it| !it.is_settled)?;
    let from = seconds(found.end);
    Some(language.choose(
        format!(
            "note: no steady state under every policy by half the run (MSER-5): measured from \
             {from} on, without intervals from a single run; is `until` too early, or does the \
             load grow or end?"
        ),
        format!(
            "注意：到运行的一半时，并非每种策略都已达到稳态（MSER-5）：从 {from} 起测量，\
             单次运行不给出置信区间；是 `until` 太早，还是负载在增长或已结束？"
        ),
    ))
}

/// The mean of every class that occurs, with its interval by batch means.
fn means(page: &mut Page, experiment: &Experiment, campaign: &Campaign, language: Language) {
    let confidence = experiment.plan.run.confidence();
    let percent = selection::percent(confidence);
    let title = language.choose(
        format!("means over time, ± half of their {percent} % confidence interval by batch means"),
        format!("时间均值，± 为批均值法 {percent} % 置信区间的半宽"),
    );
    page.wrap(Ink::Strong, &title, 0);
    for point in &campaign.points {
        page.line(Ink::Faint, point.policy.name());
        for class in Class::ALL {
            let metric = Metric::Class(class, Statistic::Mean);
            let period = Period::WholeRun;
            let key = MetricKey { period, metric };
            let Some(estimate) = point.estimate(key, confidence) else {
                continue;
            };
            if estimate.mean == 0 {
                continue;
            }
            let mean = rounded(estimate.mean, 3);
            let precision = match (estimate.half_width, point.batches.of(key)) {
                (Some(half_width), Some(BatchMeans { batches, .. })) => {
                    let half_width = rounded(half_width, 3);
                    language.choose(
                        format!("± {half_width} ({batches} batches)"),
                        format!("± {half_width}（{batches} 批）"),
                    )
                }
                _ => language.choose(
                    "too short a run for 20 batches".to_owned(),
                    "运行太短，不足 20 个独立的批".to_owned(),
                ),
            };
            let name = metric.to_string();
            page.line(
                Ink::Plain,
                &format!("  {name:<NAMES$} {mean:>12} {precision}"),
            );
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{}s", decimal(billionths(time)))
}

/// A time in billionths of seconds.
pub(super) fn billionths(time: Duration) -> Billionths {
    Billionths::try_from(time.as_nanos()).unwrap_or(Billionths::MAX)
}
