//! How the stopping rule has come out, point by point, for people.

use super::selection;
use crate::campaign::{Campaign, Point, Reached, Stopped};
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::rounded;
use crate::paint::{Ink, Page};
use crate::plan::StoppingRule;
use crate::statistics::moments::billionths;

/// Draws a line for each point; nothing without a stopping rule.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    let Some(rule) = &experiment.plan.run.stop else {
        return;
    };
    page.end_line();
    for site in campaign.sites() {
        let stopped = Stopped::of(rule, site);
        let place = place(experiment, &stopped);
        let text = format!("{place}{}", sentence(rule, site, &stopped, language));
        let ink = if stopped.is_enough {
            Ink::Faint
        } else {
            Ink::Odd
        };
        page.wrap(ink, &text, 0);
    }
}

/// The point of the sweep, if there is one.
fn place(experiment: &Experiment, stopped: &Stopped) -> String {
    let settings = experiment.points[stopped.at.0].settings.iter();
    let pairs: Vec<String> = settings
        .map(|it| format!("{} = {}", it.key, it.value))
        .collect();
    if pairs.is_empty() {
        return String::new();
    }
    format!("{}: ", pairs.join(", "))
}

fn sentence(rule: &StoppingRule, site: &[Point], stopped: &Stopped, language: Language) -> String {
    let runs = stopped.replications;
    let wanted = percent(rule.relative_half_width);
    let confidence = selection::percent(rule.confidence);
    let least = stopped.least.as_ref().map(|least| {
        let name = match site {
            [_] => least.key.to_string(),
            _ => format!("{} ({})", least.key, site[least.policy].policy.name()),
        };
        width(&name, least, language)
    });
    let least = least.unwrap_or_default();
    let mut text = if stopped.is_enough {
        language.choose(
            format!(
                "stopped after {runs} runs: {least}, wanted {wanted} ({confidence} % confidence)"
            ),
            format!("运行 {runs} 次后停止：{least}，要求 {wanted}（置信水平 {confidence} %）"),
        )
    } else {
        language.choose(
            format!("all {runs} runs: {least}, wanted {wanted} ({confidence} % confidence)"),
            format!("全部 {runs} 次运行：{least}，要求 {wanted}（置信水平 {confidence} %）"),
        )
    };
    let never: Vec<String> = stopped.never.iter().map(ToString::to_string).collect();
    if !never.is_empty() {
        let names = never.join(", ");
        text.push_str(&language.choose(
            format!("; 0 in every run, so that no width is a share of the mean: {names}"),
            format!("；每次运行都是 0，得不到相对精度：{names}"),
        ));
    }
    text
}

/// What is known least: `embryonic.mean ± 4.8 %`.
fn width(name: &str, least: &Reached, language: Language) -> String {
    let Reached {
        relative_half_width,
        unfinished,
        replications,
        ..
    } = least;
    if *unfinished > 0 {
        language.choose(
            format!("{name} not recovered in {unfinished} of {replications} runs"),
            format!("{name}：{replications} 次运行中有 {unfinished} 次未恢复"),
        )
    } else if relative_half_width.is_finite() {
        format!("{name} ± {}", percent(*relative_half_width))
    } else {
        language.choose(
            format!("{name} has no interval"),
            format!("{name} 没有置信区间"),
        )
    }
}

fn percent(share: f64) -> String {
    format!("{} %", rounded(billionths(share * 1e11), 1))
}
