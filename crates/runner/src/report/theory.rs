//! What theory says beside what was measured: for people, and as JSON.

use std::fmt::Write as _;

use super::json::string;
use crate::campaign::PointId;
use crate::experiment::Experiment;
use crate::metrics::{Billionths, decimal, rounded};
use crate::paint::{Ink, Page, wrapped};
use crate::plan::Setting;
use crate::statistics::moments::billionths;
use crate::theory::{Finding, Findings, Unchecked};

/// Columns of a line.
const WIDTH: usize = 100;

/// Draws the table of all comparisons, and what was left out; nothing if none was asked for.
pub(super) fn draw(page: &mut Page, experiment: &Experiment, findings: &Findings) {
    if findings.all.is_empty() && findings.unchecked.is_empty() {
        return;
    }
    page.end_line();
    page.line(Ink::Strong, "theory beside simulation");
    for block in findings.all.chunk_by(is_alike) {
        let Finding {
            model,
            policy,
            quantity,
            ..
        } = &block[0];
        let heading = format!("{} under {}: {quantity}", model.name(), policy.name());
        page.line(Ink::Plain, &heading);
        let places = block.iter().map(|it| settings(experiment, it.at));
        let places: Vec<String> = places.collect();
        let widths = places.iter().map(|place| place.chars().count());
        let width = widths.max().unwrap_or(0);
        for (finding, place) in block.iter().zip(places) {
            let (ink, word) = if finding.held {
                (Ink::Good, "    held")
            } else {
                (Ink::Bad, "NOT held")
            };
            let text = format!("{word}  {place:<width$}  {}", numbers(finding));
            page.line(ink, text.trim_end());
        }
    }
    if !findings.all.is_empty() {
        page.line(Ink::Faint, &legend(findings));
    }
    for unchecked in &findings.unchecked {
        for line in wrapped(&left_out(experiment, unchecked), WIDTH) {
            page.line(Ink::Odd, &line);
        }
    }
}

/// Whether two comparisons are of one quantity, at different points.
fn is_alike(one: &Finding, other: &Finding) -> bool {
    (one.model, one.policy, one.quantity) == (other.model, other.policy, other.quantity)
}

/// The value of the model, the estimate with its interval, and z.
fn numbers(finding: &Finding) -> String {
    let mut text = number(finding.value);
    let margin = number(finding.margin);
    if margin.parse() != Ok(0.0) {
        write!(text, " (± {margin})").expect("a String takes any text");
    }
    let estimate = number(finding.estimate);
    write!(text, ", simulated {estimate}").expect("a String takes any text");
    match finding.interval {
        Some((_, high)) if finding.estimate == 0.0 => {
            write!(text, " (≤ {})", number(high)).expect("a String takes any text");
        }
        Some((low, high)) if low < high => {
            let (low, high) = (number(low), number(high));
            write!(text, " in [{low}, {high}]").expect("a String takes any text");
        }
        _ => {}
    }
    if let Some(z) = finding.z {
        let z = rounded(billionths(z * 1e9), 2);
        write!(text, ", z = {z}").expect("a String takes any text");
    }
    text
}

/// A comparison that does not hold, for a page without headings.
pub(super) fn failure(experiment: &Experiment, finding: &Finding) -> String {
    let (model, policy) = (finding.model.name(), finding.policy.name());
    let name = &experiment.plan.name;
    let mut place = settings(experiment, finding.at);
    if !place.is_empty() {
        place.insert_str(0, ", ");
    }
    let (quantity, numbers) = (finding.quantity, numbers(finding));
    format!("NOT held  {name}, {policy}{place}: {model}: {quantity}: {numbers}")
}

fn legend(findings: &Findings) -> String {
    let count = findings.all.len();
    let percent = |level: f64| rounded(billionths(level * 1e11), 3);
    let (all, each) = (percent(findings.confidence), percent(findings.each));
    if count == 1 {
        return format!("one comparison, with an interval of {all} %");
    }
    format!(
        "{count} comparisons, each with an interval of {each} %, so that all of them hold with {all} %"
    )
}

fn left_out(experiment: &Experiment, unchecked: &Unchecked) -> String {
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
        format!(" at {}", places.join("; "))
    };
    let (model, policy) = (model.name(), policy.name());
    format!("not checked: {model} under {policy}{place}, because {reason}")
}

/// What the sweep sets at a point, each under the last key of its path.
fn settings(experiment: &Experiment, at: PointId) -> String {
    let short = |it: &Setting| {
        let key = it.key.rsplit('.').next().unwrap_or(&it.key);
        format!("{key} = {}", it.value)
    };
    let all: Vec<String> = experiment.points[at.0].settings.iter().map(short).collect();
    all.join(", ")
}

/// A number with as many decimals as its size makes sense of.
fn number(value: f64) -> String {
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
    if findings.all.is_empty() && findings.unchecked.is_empty() {
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
        .map(|unchecked| format!("{}{}", line(3), string(&left_out(experiment, unchecked))))
        .collect();
    Some(format!(
        "{{{field}\"confidence\":{},{field}\"each\":{},{field}\"comparisons\":[{}{}],{field}\
         \"unchecked\":[{}{}]{}}}",
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
        string(finding.quantity),
        eight_digits(finding.value),
        eight_digits(finding.margin),
        eight_digits(finding.estimate),
        bound(finding.interval.map(|(low, _)| low)),
        bound(finding.interval.map(|(_, high)| high)),
        finding.z.map_or("null".to_owned(), four_digits),
        finding.held
    )
}
