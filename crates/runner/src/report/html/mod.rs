//! The report: one HTML document that needs nothing from outside, in both languages.
//!
//! Everything can be read without a script; the one that is there steps through ladders. Which
//! language is seen is decided by a pair of radio buttons and style rules.

mod chart;
mod comparison;
mod figures;
mod ladders;
mod series;
mod sweep;
mod theory;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::estimate;
use super::json::hexadecimal;
use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::ladder::svg;
use crate::language::Language;
use crate::lesson;
use crate::plan::{MetricKey, Prose};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The whole document.
pub fn page(experiment: &Experiment, campaign: &Campaign) -> String {
    let plan = &experiment.plan;
    let language = plan.output.language;
    let title = plan.title.in_language(language);
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(svg::STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                (switch(language))
                header {
                    p class="name" { (plan.name) }
                    h1 { (prose(&plan.title)) }
                    (lessons(experiment, campaign))
                }
                main {
                    @if experiment.points.len() > 1 {
                        (sweep::section(experiment, campaign))
                        (ladders::of_sweep(experiment, campaign))
                    } @else {
                        (comparison::section(experiment, campaign))
                        (ladders::section(plan, campaign))
                        (series::section(campaign))
                        (figures::section(plan, campaign))
                    }
                    (theory::section(experiment, campaign))
                    (verdicts(campaign))
                    (source(experiment, campaign))
                }
                script { (PreEscaped(inert(SCRIPT))) }
            }
        }
    };
    markup.into_string()
}

/// A script's text without what would end the element that it stands in.
fn inert(script: &str) -> String {
    script.replace("</", "<\\/")
}

/// The same in both languages, of which one is seen.
fn both(en: impl maud::Render, zh: impl maud::Render) -> Markup {
    html! { span class="en" lang="en" { (en) } span class="zh" lang="zh-CN" { (zh) } }
}

/// A mean with its interval, and the number of runs that measured it if not all did.
fn cell(point: &Point, key: MetricKey, confidence: f64) -> Markup {
    let [en, zh] = Language::ALL.map(|it| estimate::cell(point, key, confidence, it, 6));
    if en == zh {
        html! { (en) }
    } else {
        both(en, zh)
    }
}

/// A text that an author has written in one language or two.
fn prose(text: &Prose) -> Markup {
    if text.en == text.zh {
        html! { (text.en) }
    } else {
        both(&text.en, &text.zh)
    }
}

fn switch(language: Language) -> Markup {
    let is = |other: Language| language == other;
    html! {
        fieldset class="languages" {
            legend { "Language / 语言" }
            input type="radio" name="language" id="lang-en" checked[is(Language::En)];
            label for="lang-en" lang="en" { "English" }
            input type="radio" name="language" id="lang-zh" checked[is(Language::Zh)];
            label for="lang-zh" lang="zh-CN" { "中文" }
        }
    }
}

fn lessons(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let plan = &experiment.plan;
    let [en, zh] = Language::ALL.map(|language| lesson::sentences(plan, campaign, language));
    html! {
        @if !plan.lesson.en.trim().is_empty() { p class="lesson" { (prose(&plan.lesson)) } }
        // Sentences about every point of a sweep would be a book.
        @if experiment.points.len() == 1 {
            ul class="findings" {
                @for (en, zh) in en.iter().zip(&zh) { li { (both(en, zh)) } }
            }
        }
    }
}

fn verdicts(campaign: &Campaign) -> Markup {
    let rows = || {
        let points = campaign.points.iter();
        points.flat_map(|point| point.verdicts.iter().map(move |verdict| (point, verdict)))
    };
    if rows().next().is_none() {
        return html! {};
    }
    let failed = rows().filter(|(_, verdict)| !verdict.held).count();
    html! {
        section {
            h2 { (both("Expectations", "预期")) }
            p { @if failed == 0 {
                (both("All of them hold.", "全部成立。"))
            } @else {
                strong class="bad" { (both(format!("{failed} do not hold."), format!("{failed} 项不成立。"))) }
            } }
            details open[failed > 0] {
                summary { (both("All expectations", "全部预期")) }
                div class="wide" { table class="text" {
                    thead { tr {
                        th { (both("policy", "策略")) } th { (both("expected", "预期")) }
                        th { (both("observed", "观察到")) } th { (both("held", "成立")) }
                    } }
                    tbody { @for (point, verdict) in rows() { tr class=[(!verdict.held).then_some("bad")] {
                        th scope="row" { (point.policy.name()) }
                        td { (verdict.what) } td { (verdict.observed) }
                        td { @if verdict.held { (both("yes", "是")) } @else { (both("NO", "否")) } }
                    } } }
                } }
            }
        }
    }
}

/// The experiment, and how to run it again.
fn source(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let plan = &experiment.plan;
    let mut command = format!("runner run {}.toml", plan.name);
    for change in &experiment.changes {
        // Single quotes keep everything but themselves from a shell.
        let quoted = change.assignment.replace('\'', "'\\''");
        command.extend([" --set '", &quoted, "'"]);
    }
    html! {
        section {
            h2 { (both("The experiment", "实验")) }
            p { (both(
                "This file and this command give this report again, to the byte, on any machine:",
                "用此文件和此命令，在任何机器上都能逐字节地重现本报告："
            )) }
            pre { code { (command) } }
            details {
                summary { (plan.name) ".toml" }
                pre { code { (experiment.sources.text()) } }
            }
            @if !plan.refs.is_empty() {
                h3 { (both("Sources", "出处")) }
                ul { @for text in &plan.refs { li { (text) } } }
            }
            p class="faint" {
                (concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")))
                " · " (both("seed", "种子")) " " (plan.run.seed)
                " · " (both("digest of all runs", "全部运行的摘要")) " "
                code { (hexadecimal(&campaign.digest)) }
            }
        }
    }
}
