//! What theory says beside what was measured: every comparison in a table, and over a sweep the line
//! of the model with what the runs measured.

use maud::{Markup, html};

use super::both;
use super::chart::{Chart, Curve, ONE, Shape};
use crate::campaign::Campaign;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::plan::{Prose, Setting};
use crate::report::theory::{
    exact, heading, in_vain, is_alike, left_out, legend, number, predicted, settings,
    tells_nothing, title, two_digits,
};
use crate::theory::{Finding, Findings, Outcome};

/// Models in one chart, at most; of more the table tells. Each has two curves.
const MOST_LINES: usize = 4;

/// Everything about `[check]`; nothing if no model was asked for.
pub(super) fn section(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let findings = &campaign.theory;
    if findings.is_empty() {
        return html! {};
    }
    let [en, zh] = Language::ALL.map(title);
    let blocks = findings.all.chunk_by(is_alike);
    let charts: Vec<Chart> = blocks
        .filter_map(|block| chart(experiment, block))
        .collect();
    html! {
        section {
            h2 { (both(capitalized(en), zh)) }
            @if !findings.all.is_empty() {
                (verdict(findings))
                @if !charts.is_empty() {
                    div class="figures" { @for chart in &charts { (chart.figure()) } }
                }
                // Behind charts the table is for those who want the digits.
                details open[charts.is_empty() || !findings.hold()] {
                    summary { (both("All comparisons", "全部对照")) }
                    (table(experiment, findings))
                }
            }
            @if !findings.unchecked.is_empty() {
                ul class="faint" {
                    @for unchecked in &findings.unchecked {
                        @let [en, zh] = Language::ALL.map(|it| left_out(experiment, unchecked, it));
                        li { (both(en, zh)) }
                    }
                }
            }
            @for model in &findings.idle {
                @let [en, zh] = Language::ALL.map(|it| in_vain(*model, it));
                p { strong class="bad" { (both(en, zh)) } }
            }
        }
    }
}

/// A heading of a page begins with a capital.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn verdict(findings: &Findings) -> Markup {
    let failed = findings.failed();
    let [en, zh] = Language::ALL.map(|language| legend(findings, language));
    html! {
        p { @if findings.hold() {
            (both("The runs agree with every model that was asked.", "运行结果与所问的每个模型都相符。"))
        } @else if failed > 0 {
            strong class="bad" { (both(
                format!("{failed} comparisons do not hold."),
                format!("{failed} 项对照不成立。")
            )) }
        } }
        p class="faint" { (both(en, zh)) }
    }
}

fn table(experiment: &Experiment, findings: &Findings) -> Markup {
    let is_swept = experiment.points.len() > 1;
    html! {
        div class="wide" { table class="text" {
            thead { tr {
                th { (both("model", "模型")) } th { (both("policy", "策略")) }
                th { (both("compared", "比较的量")) }
                @if is_swept { th { (both("point", "参数点")) } }
                th { (both("model's value", "模型值")) } th { (both("simulated", "仿真值")) }
                th { (both("from", "下限")) } th { (both("to", "上限")) } th { "z" }
                th { (both("held", "成立")) }
            } }
            tbody { @for finding in &findings.all { tr class=[(finding.outcome == Outcome::Failed).then_some("bad")] {
                th scope="row" { (finding.model.name()) }
                td { (finding.policy.name()) }
                td { (both(finding.quantity.en, finding.quantity.zh)) }
                @if is_swept { td { (settings(experiment, finding.at)) } }
                td { (predicted(finding)) } td { (number(finding.estimate)) }
                td { @if let Some((low, _)) = finding.interval { (number(low)) } }
                td { @if let Some((_, high)) = finding.interval { (number(high)) } }
                td { @if let Some(z) = finding.z { (two_digits(z)) } }
                td { @match finding.outcome {
                    Outcome::Held => (both("yes", "是")),
                    Outcome::Failed => (both("NO", "否")),
                    Outcome::Uninformative => {
                        @let [en, zh] = Language::ALL.map(tells_nothing);
                        (both(en, zh))
                    },
                } }
            } } }
        } }
    }
}

/// The model's line and what was measured, over the first setting of the sweep; `None` of a single
/// point, and of more lines than can be told apart.
fn chart(experiment: &Experiment, block: &[Finding]) -> Option<Chart> {
    let of = |finding: &Finding| experiment.points[finding.at.0].settings.as_slice();
    let first = &of(block.first()?).first()?.key;
    let mut labels: Vec<String> = Vec::new();
    for finding in block {
        let value = &of(finding)[0].value;
        if !labels.contains(value) {
            labels.push(value.clone());
        }
    }
    // Where each point has a first value of its own, the other settings go with it.
    let is_one_line = labels.len() == block.len();
    let mut lines: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in block {
        let name = if is_one_line {
            String::new()
        } else {
            rest(&of(finding)[1..])
        };
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, line)) => line.push(finding),
            None => lines.push((name, vec![finding])),
        }
    }
    if labels.len() < 2 || lines.len() > MOST_LINES {
        return None;
    }
    let place = |finding: &Finding| {
        let value = &of(finding)[0].value;
        let index = labels.iter().position(|label| label == value);
        index.unwrap_or_default() as i128 * ONE
    };
    let curves = lines.iter().flat_map(|(name, line)| {
        let points = |value: fn(&Finding) -> f64| {
            let point = |it: &&Finding| [place(it), exact(value(it))];
            line.iter().map(point).collect()
        };
        let band = |it: &&Finding| {
            let (low, high) = it.interval.unwrap_or((it.estimate, it.estimate));
            [exact(low), exact(high)]
        };
        [
            Curve {
                name: Prose::new(format!("model{name}"), format!("模型{name}")),
                points: points(|it| it.value),
                bands: Vec::new(),
                shape: Shape::Line,
            },
            Curve {
                name: Prose::new(format!("simulated{name}"), format!("仿真{name}")),
                points: points(|it| it.estimate),
                bands: line.iter().map(band).collect(),
                shape: Shape::Marks,
            },
        ]
    });
    let [en, zh] = Language::ALL.map(|language| heading(&block[0], language));
    let quantity = block[0].quantity;
    Some(Chart {
        title: (en, zh),
        across: (first.clone(), first.clone()),
        curves: curves.collect(),
        labels: labels.clone(),
        up: (quantity.en.to_owned(), quantity.zh.to_owned()),
        most_rows: 100,
    })
}

/// The settings that tell one line from another.
fn rest(settings: &[Setting]) -> String {
    let each = settings.iter().map(|it| {
        let key = it.key.rsplit('.').next().unwrap_or(&it.key);
        format!(", {key} = {}", it.value)
    });
    each.collect()
}
