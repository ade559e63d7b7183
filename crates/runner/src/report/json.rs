//! JSON for other programs: one object for an experiment.
//!
//! Times are in seconds. Numbers are written from their exact values, never through a
//! floating-point number.

mod inference;

use std::fmt::Write as _;

use super::{selection, steady, theory};
use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::metrics::{Summary, decimal};
use crate::plan::{MetricKey, Setting};
use crate::statistics::moments::billionths;

/// One line: an object with what the experiment has shown. Metrics that are 0 under every policy, and
/// not named by the experiment, are only listed; those that no run measured are left out. Of a sweep
/// there are only those of its table and those that are named.
pub fn line(experiment: &Experiment, campaign: &Campaign) -> String {
    render(experiment, campaign, false)
}

/// The same object over several lines, one for each metric, so that differences can be read.
pub fn summary(experiment: &Experiment, campaign: &Campaign) -> String {
    render(experiment, campaign, true)
}

/// Line breaks and indentation, or neither.
struct Layout {
    is_spread: bool,
}

impl Layout {
    /// A line break before something at this depth.
    fn line(&self, depth: usize) -> String {
        if self.is_spread {
            format!("\n{}", "  ".repeat(depth))
        } else {
            String::new()
        }
    }
}

fn render(experiment: &Experiment, campaign: &Campaign, is_spread: bool) -> String {
    let plan = &experiment.plan;
    let layout = Layout { is_spread };
    let mut text = String::from("{");
    let fields = [
        ("scenario", string(&plan.name)),
        ("seed", plan.run.seed.to_string()),
        ("replications_at_most", plan.run.replications.to_string()),
        (
            "confidence",
            decimal(billionths(plan.run.confidence() * 1e9)),
        ),
        ("digest", string(&hexadecimal(&campaign.digest))),
        ("zero_everywhere", zeros(experiment, campaign)),
    ];
    for (name, value) in fields {
        put(&mut text, &format!("{}\"{name}\":{value},", layout.line(1)));
    }
    let keys = selection::of_summary(experiment, campaign);
    let confidence = plan.run.confidence();
    let of_point = |found: &Point| {
        let settings = &experiment.points[found.at.0].settings;
        point(found, settings, (&keys, confidence), &layout)
    };
    let points: Vec<String> = campaign.points.iter().map(of_point).collect();
    let points = points.join(",");
    let (begin, end) = (layout.line(1), layout.line(0));
    put(&mut text, &format!("{begin}\"points\":[{points}{begin}]"));
    let sections = [
        ("stop", inference::stop(experiment, campaign, &layout)),
        (
            "comparison",
            inference::differences(experiment, campaign, &layout),
        ),
        (
            "theory",
            theory::json(experiment, &campaign.theory, &|depth| layout.line(depth)),
        ),
    ];
    for (name, section) in sections {
        if let Some(section) = section {
            put(&mut text, &format!(",{begin}\"{name}\":{section}"));
        }
    }
    put(&mut text, &format!("{end}}}\n"));
    text
}

/// The names of the metrics that were measured, and 0 in all runs.
fn zeros(experiment: &Experiment, campaign: &Campaign) -> String {
    let keys = selection::zero_everywhere(experiment, campaign);
    let names: Vec<String> = keys.iter().map(|key| string(&key.to_string())).collect();
    format!("[{}]", names.join(","))
}

fn put(text: &mut String, more: &str) {
    text.push_str(more);
}

fn point(
    point: &Point,
    settings: &[Setting],
    (keys, confidence): (&[MetricKey], f64),
    layout: &Layout,
) -> String {
    let mut text = String::new();
    let open = layout.line(2);
    let field = layout.line(3);
    write!(
        text,
        "{open}{{{field}\"parameters\":{{{}}},{field}\"policy\":{},{field}\"replications\":{},{}{field}\"metrics\":{{",
        parameters(settings),
        string(point.policy.name()),
        point.replications.len(),
        warmup(point, &field)
    )
    .expect("a String takes any text");
    let metrics: Vec<String> = keys
        .iter()
        .filter_map(|key| {
            let summary = point.summary(*key)?;
            let name = string(&key.to_string());
            Some(format!(
                "{}{name}:{}",
                layout.line(4),
                statistics(point, &summary, *key, confidence)
            ))
        })
        .collect();
    put(&mut text, &metrics.join(","));
    write!(text, "{field}}},{field}\"expectations\":[").expect("a String takes any text");
    let verdicts: Vec<String> = point
        .verdicts
        .iter()
        .map(|verdict| {
            format!(
                "{}{{\"what\":{},\"held\":{},\"observed\":{}}}",
                layout.line(4),
                string(&verdict.what),
                verdict.held,
                string(&verdict.observed)
            )
        })
        .collect();
    put(&mut text, &verdicts.join(","));
    if !verdicts.is_empty() {
        put(&mut text, &field);
    }
    put(&mut text, &format!("]{open}}}"));
    text
}

/// Where MSER-5 has found the end of the warm-up, in seconds, and whether there is a steady state
/// behind it; nothing where it was not asked.
fn warmup(point: &Point, field: &str) -> String {
    point.warmup.map_or_else(String::new, |found| {
        let end = decimal(steady::billionths(found.end));
        let is_settled = found.is_settled;
        format!("{field}\"warmup\":{{\"end\":{end},\"settled\":{is_settled}}},")
    })
}

/// What the sweep sets, as it stands in the file.
fn parameters(settings: &[Setting]) -> String {
    let pair = |it: &Setting| format!("{}:{}", string(&it.key), string(&it.value));
    let pairs: Vec<String> = settings.iter().map(pair).collect();
    pairs.join(",")
}

/// A metric's numbers. Of several runs how many measured it, and of an interval of the mean the ends and
/// the method, too.
fn statistics(point: &Point, summary: &Summary, key: MetricKey, confidence: f64) -> String {
    let mut fields = vec![("mean", decimal(summary.mean()))];
    let estimate = point.estimate(key, confidence);
    let half_width = estimate.and_then(|it| it.half_width);
    fields.extend(half_width.map(|it| ("half_width", decimal(it))));
    if let Some((method, [low, high])) = estimate.and_then(|it| Some((it.method?, it.ends?))) {
        fields.extend([
            ("low", decimal(low)),
            ("high", decimal(high)),
            ("method", string(method.name())),
        ]);
    }
    if let Some(found) = point.batches.of(key) {
        fields.push(("batches", found.batches.to_string()));
    }
    if point.replications.len() > 1 {
        fields.push(("n", summary.count.to_string()));
    }
    let unfinished = point.replications.unfinished(key).filter(|it| *it).count();
    if unfinished > 0 {
        fields.push(("not_recovered", unfinished.to_string()));
    }
    fields.extend([
        ("min", decimal(summary.min)),
        ("max", decimal(summary.max)),
        ("unit", string(key.metric.unit().name())),
    ]);
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// A string with JSON's quotes and escapes (RFC 8259 section 7).
pub(crate) fn string(text: &str) -> String {
    // A string always has a representation in JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

/// An object of strings, one on each line.
fn object(pairs: &[(String, String)]) -> String {
    let line =
        |(name, value): &(String, String)| format!("\n    {}: {}", string(name), string(value));
    let lines: Vec<String> = pairs.iter().map(line).collect();
    format!("{{{}\n  }}", lines.join(","))
}

/// The manifest of recorded results: what made them, how many replications there are at each point, and
/// which files there are, each with its SHA-256
/// in hexadecimal.
pub fn manifest(
    experiment: &Experiment,
    campaign: &Campaign,
    files: &[(String, String)],
) -> String {
    let plan = &experiment.plan;
    let list = |names: Vec<&str>| {
        let quoted: Vec<String> = names.into_iter().map(string).collect();
        format!("[{}]", quoted.join(", "))
    };
    let policies = plan.run.policies.iter().map(|policy| policy.name());
    let counts = campaign
        .sites()
        .map(|site| site[0].replications.len().to_string());
    let replications = format!("[{}]", counts.collect::<Vec<_>>().join(", "));
    let tool = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    let fields = [
        ("tool", string(tool)),
        ("scenario", string(&plan.name)),
        ("scenario_sha256", string(&experiment.digest)),
        ("seed", plan.run.seed.to_string()),
        ("replications", replications),
        ("replications_at_most", plan.run.replications.to_string()),
        ("policies", list(policies.collect())),
        ("trace_sha256", string(&hexadecimal(&campaign.digest))),
        ("files", object(files)),
    ];
    let changes = experiment.changes.iter();
    let changes: Vec<&str> = changes.map(|change| change.assignment.as_str()).collect();
    let changed = (!changes.is_empty()).then(|| ("changes", list(changes)));
    let version = experiment.is_regression;
    let version = version.then(|| ("version", string("regress")));
    let fields = fields.into_iter().chain(changed).chain(version);
    let lines = fields.map(|(name, value)| format!("  \"{name}\": {value}"));
    let lines: Vec<String> = lines.collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}
