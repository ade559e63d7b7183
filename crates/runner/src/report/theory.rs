//! What theory says beside what was measured: for people, and as JSON.

use super::json::string;
use crate::campaign::PointId;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::{Billionths, decimal, rounded};
use crate::paint::{Ink, Page, columns, left};
use crate::plan::{Model, Setting};
use crate::statistics::moments::billionths;
use crate::theory::{Finding, Findings, Outcome, Unchecked};

/// Where the text of a comparison begins, behind its outcome.
const INDENT: usize = 10;

/// Draws the table of all comparisons, and what was left out; nothing if none was asked for.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    findings: &Findings,
    language: Language,
) {
    if findings.is_empty() {
        return;
    }
    page.end_line();
    page.line(Ink::Strong, title(language));
    for block in findings.all.chunk_by(is_alike) {
        page.line(Ink::Plain, &heading(&block[0], language));
        let places = block.iter().map(|it| settings(experiment, it.at));
        let places: Vec<String> = places.collect();
        let widths = places.iter().map(|place| columns(place));
        let width = widths.max().unwrap_or(0);
        for (finding, place) in block.iter().zip(places) {
            let (ink, word) = outcome(finding.outcome, language);
            let (place, numbers) = (left(&place, width), numbers(finding, language));
            let text = match width {
                0 => format!("{word}  {numbers}"),
                _ => format!("{word}  {place}  {numbers}"),
            };
            page.wrap(ink, &text, INDENT);
        }
    }
    if !findings.all.is_empty() {
        page.wrap(Ink::Faint, &legend(findings, language), 0);
    }
    for unchecked in &findings.unchecked {
        page.wrap(Ink::Odd, &left_out(experiment, unchecked, language), 0);
    }
    for &model in &findings.idle {
        let (_, word) = outcome(Outcome::Failed, language);
        let text = format!("{word}  {}", in_vain(model, language));
        page.wrap(Ink::Bad, &text, INDENT);
    }
}

/// What a comparison shows, as a colour and in words of eight columns.
fn outcome(outcome: Outcome, language: Language) -> (Ink, &'static str) {
    match outcome {
        Outcome::Held => (Ink::Good, language.choose("    held", "    成立")),
        Outcome::Failed => (Ink::Bad, language.choose("NOT held", "  不成立")),
        Outcome::Uninformative => (Ink::Odd, language.choose("no check", "未能检验")),
    }
}

/// Why a comparison is no check, and what would make it one.
pub(super) fn tells_nothing(language: Language) -> &'static str {
    language.choose(
        "tells nothing: more replications",
        "说明不了什么：需要更多次运行",
    )
}

/// That a model was asked for in vain.
pub(super) fn in_vain(model: Model, language: Language) -> String {
    let model = model.name();
    language.choose(
        format!(
            "{model} was compared with nothing, as told above; change that, or take it out of \
             check.analytic"
        ),
        format!("{model} 没有可对照的结果，原因见上；请按此修改，或将它从 check.analytic 中删去"),
    )
}

pub(super) fn title(language: Language) -> &'static str {
    language.choose("theory beside simulation", "理论与仿真的对照")
}

/// What is compared.
pub(super) fn heading(finding: &Finding, language: Language) -> String {
    let (model, policy) = (finding.model.name(), finding.policy.name());
    let quantity = finding.quantity.in_language(language);
    language.choose(
        format!("{model} under {policy}: {quantity}"),
        format!("{policy} 下的 {model}：{quantity}"),
    )
}

/// Whether two comparisons are of one quantity, at different points.
pub(super) fn is_alike(one: &Finding, other: &Finding) -> bool {
    (one.model, one.policy, one.quantity) == (other.model, other.policy, other.quantity)
}

/// The value of the model, the estimate with its interval, and z.
fn numbers(finding: &Finding, language: Language) -> String {
    let simulated = language.choose("simulated", "仿真");
    let within = match finding.interval {
        Some((_, high)) if finding.estimate == 0.0 => format!(" (≤ {})", number(high)),
        Some((low, high)) if low < high => {
            let (low, high) = (number(low), number(high));
            language.choose(
                format!(" in [{low}, {high}]"),
                format!("，区间 [{low}, {high}]"),
            )
        }
        _ => String::new(),
    };
    let estimate = format!("{simulated} {}{within}", number(finding.estimate));
    let z = finding.z.map(|z| format!("z = {}", two_digits(z)));
    let parts: Vec<String> = [predicted(finding), estimate]
        .into_iter()
        .chain(z)
        .collect();
    let text = parts.join(language.choose(", ", "，"));
    match finding.outcome {
        Outcome::Held | Outcome::Failed => text,
        Outcome::Uninformative => {
            let why = tells_nothing(language);
            format!("{text}{}{why}", language.choose("; ", "；"))
        }
    }
}

/// The value of the model, and how far off it may be.
pub(super) fn predicted(finding: &Finding) -> String {
    let (value, margin) = (number(finding.value), number(finding.margin));
    if margin.parse() == Ok(0.0) {
        value
    } else {
        format!("{value} (± {margin})")
    }
}

/// For people: z with as many digits as anybody reads.
pub(super) fn two_digits(z: f64) -> String {
    rounded(exact(z), 2)
}

/// Everything that does not hold, for a page without headings: comparisons, and models that were
/// compared with nothing, with the reasons before them.
pub(super) fn failures(page: &mut Page, experiment: &Experiment, findings: &Findings) {
    let is_idle = |model| findings.idle.contains(&model);
    for finding in &findings.all {
        if finding.outcome != Outcome::Held
            && (finding.outcome == Outcome::Failed || is_idle(finding.model))
        {
            let (ink, word) = outcome(finding.outcome, Language::En);
            let text = format!("{word}  {}", alone(experiment, finding));
            page.wrap(ink, &text, INDENT);
        }
    }
    let name = &experiment.plan.name;
    let unchecked = findings.unchecked.iter();
    for unchecked in unchecked.filter(|it| is_idle(it.model)) {
        let text = left_out(experiment, unchecked, Language::En);
        page.wrap(Ink::Odd, &format!("{name}: {text}"), 0);
    }
    for &model in &findings.idle {
        let (ink, word) = outcome(Outcome::Failed, Language::En);
        let text = format!("{word}  {name}: {}", in_vain(model, Language::En));
        page.wrap(ink, &text, INDENT);
    }
}

/// A comparison with everything that a heading says elsewhere.
fn alone(experiment: &Experiment, finding: &Finding) -> String {
    let (model, policy) = (finding.model.name(), finding.policy.name());
    let name = &experiment.plan.name;
    let mut place = settings(experiment, finding.at);
    if !place.is_empty() {
        place.insert_str(0, ", ");
    }
    let (quantity, numbers) = (finding.quantity.en, numbers(finding, Language::En));
    format!("{name}, {policy}{place}: {model}: {quantity}: {numbers}")
}

/// With which confidence all of them hold.
pub(super) fn legend(findings: &Findings, language: Language) -> String {
    let count = findings.all.len();
    let percent = |level: f64| rounded(billionths(level * 1e11), 3);
    let (all, each) = (percent(findings.confidence), percent(findings.each));
    if count == 1 {
        return language.choose(
            format!("one comparison, with an interval of {all} %"),
            format!("共 1 项对照，区间的置信水平为 {all} %"),
        );
    }
    language.choose(
        format!(
            "{count} comparisons, each with an interval of {each} %, so that all of them hold with \
             {all} %"
        ),
        format!("共 {count} 项对照，各用 {each} % 的区间，使全部成立的概率为 {all} %"),
    )
}

/// What a model says nothing about, and why.
pub(super) fn left_out(
    experiment: &Experiment,
    unchecked: &Unchecked,
    language: Language,
) -> String {
    let Unchecked {
        model,
        policy,
        points,
        reason,
    } = unchecked;
    let count = experiment.points.len();
    let place = if points.len() == count {
        String::new()
    } else {
        let places: Vec<String> = points.iter().map(|at| settings(experiment, *at)).collect();
        language.choose(
            format!(" at {}", places.join("; ")),
            format!("（{}）", places.join("；")),
        )
    };
    let (model, policy) = (model.name(), policy.name());
    let reason = reason.in_language(language);
    language.choose(
        format!("not checked: {model} under {policy}{place}, because {reason}"),
        format!("未检验：{policy} 下的 {model}{place}，因为{reason}"),
    )
}

/// What the sweep sets at a point, each under the last key of its path.
pub(super) fn settings(experiment: &Experiment, at: PointId) -> String {
    let short = |it: &Setting| {
        let key = it.key.rsplit('.').next().unwrap_or(&it.key);
        format!("{key} = {}", it.value)
    };
    let all: Vec<String> = experiment.points[at.0].settings.iter().map(short).collect();
    all.join(", ")
}

/// A number with as many decimals as its size makes sense of.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 100.0 {
        2
    } else if size >= 1.0 {
        4
    } else if size >= 1e-3 || size == 0.0 {
        5
    } else {
        9
    };
    rounded(exact(value), decimals)
}

/// In billionths.
pub(super) fn exact(value: f64) -> Billionths {
    billionths(value * 1e9)
}

/// For files: a value needs no more digits than a float is good for on every machine.
pub(super) fn eight_digits(value: f64) -> String {
    rounded(exact(value), 8)
}

/// For files: as many as z makes sense of.
pub(super) fn four_digits(z: f64) -> String {
    rounded(exact(z), 4)
}

/// The comparisons as a JSON object, or nothing if none was asked for. `line` gives the line breaks
/// at a depth.
pub(super) fn json(
    experiment: &Experiment,
    findings: &Findings,
    line: &dyn Fn(usize) -> String,
) -> Option<String> {
    if findings.is_empty() {
        return None;
    }
    let field = line(2);
    let close = |is_empty: bool| if is_empty { String::new() } else { line(2) };
    let all: Vec<String> = findings
        .all
        .iter()
        .map(|finding| format!("{}{}", line(3), finding_json(experiment, finding)))
        .collect();
    let unchecked: Vec<String> = findings
        .unchecked
        .iter()
        .map(|unchecked| {
            format!(
                "{}{}",
                line(3),
                string(&left_out(experiment, unchecked, Language::En))
            )
        })
        .collect();
    let idle: Vec<String> = findings.idle.iter().map(|it| string(it.name())).collect();
    let idle = match &idle[..] {
        [] => String::new(),
        idle => format!(",{field}\"compared_with_nothing\":[{}]", idle.join(",")),
    };
    Some(format!(
        "{{{field}\"confidence\":{},{field}\"each\":{},{field}\"comparisons\":[{}{}],{field}\
         \"unchecked\":[{}{}]{idle}{}}}",
        decimal(exact(findings.confidence)),
        decimal(exact(findings.each)),
        all.join(","),
        close(all.is_empty()),
        unchecked.join(","),
        close(unchecked.is_empty()),
        line(1)
    ))
}

fn finding_json(experiment: &Experiment, finding: &Finding) -> String {
    let pair = |it: &Setting| format!("{}:{}", string(&it.key), string(&it.value));
    let pairs: Vec<String> = experiment.points[finding.at.0]
        .settings
        .iter()
        .map(pair)
        .collect();
    let bound = |value: Option<f64>| value.map_or("null".to_owned(), eight_digits);
    format!(
        "{{\"model\":{},\"policy\":{},\"parameters\":{{{}}},\"quantity\":{},\"value\":{},\
         \"margin\":{},\"estimate\":{},\"low\":{},\"high\":{},\"z\":{},\"held\":{}}}",
        string(finding.model.name()),
        string(finding.policy.name()),
        pairs.join(","),
        string(finding.quantity.en),
        eight_digits(finding.value),
        eight_digits(finding.margin),
        eight_digits(finding.estimate),
        bound(finding.interval.map(|(low, _)| low)),
        bound(finding.interval.map(|(_, high)| high)),
        finding.z.map_or("null".to_owned(), four_digits),
        match finding.outcome {
            Outcome::Held => "true",
            Outcome::Failed => "false",
            Outcome::Uninformative => "null",
        }
    )
}
