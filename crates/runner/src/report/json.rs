//! JSON for other programs: one object for an experiment.
//!
//! Times are in seconds. Numbers are written from their exact values, never through a
//! floating-point number.

use std::fmt::Write as _;

use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::metrics::{Summary, decimal};
use crate::plan::{Metric, MetricKey, Period, Plan};

/// One line: an object with everything that the experiment has shown.
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
        ("replications", plan.run.replications.to_string()),
        ("digest", string(&hexadecimal(&campaign.digest))),
    ];
    for (name, value) in fields {
        put(&mut text, &format!("{}\"{name}\":{value},", layout.line(1)));
    }
    let keys = occurring(plan, campaign);
    let points: Vec<String> = campaign
        .points
        .iter()
        .map(|found| point(&keys, found, &layout))
        .collect();
    let points = points.join(",");
    let (begin, end) = (layout.line(1), layout.line(0));
    put(
        &mut text,
        &format!("{begin}\"points\":[{points}{begin}]{end}}}\n"),
    );
    text
}

fn put(text: &mut String, more: &str) {
    text.push_str(more);
}

/// The metrics that were not always 0 or unmeasured, whatever the policy.
fn occurring(plan: &Plan, campaign: &Campaign) -> Vec<MetricKey> {
    let occurs = |key: &MetricKey| {
        let counts = |point: &Point| point.summary(*key).is_some_and(|found| found.sum != 0);
        campaign.points.iter().any(counts)
    };
    keys(plan).filter(occurs).collect()
}

fn point(keys: &[MetricKey], point: &Point, layout: &Layout) -> String {
    let mut text = String::new();
    let open = layout.line(2);
    let field = layout.line(3);
    write!(
        text,
        "{open}{{{field}\"parameters\":{{}},{field}\"policy\":{},{field}\"metrics\":{{",
        string(point.policy.name())
    )
    .expect("a String takes any text");
    let metrics: Vec<String> = keys
        .iter()
        .filter_map(|&key| {
            let summary = point.summary(key)?;
            let name = string(&key.to_string());
            Some(format!(
                "{}{name}:{}",
                layout.line(4),
                statistics(&summary, key)
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

fn statistics(summary: &Summary, key: MetricKey) -> String {
    format!(
        "{{\"mean\":{},\"min\":{},\"max\":{},\"unit\":{}}}",
        decimal(summary.mean()),
        decimal(summary.min),
        decimal(summary.max),
        string(key.metric.unit().name())
    )
}

/// Every metric that an experiment has: "after the fault" only if a fault ever ends.
pub(super) fn keys(plan: &Plan) -> impl Iterator<Item = MetricKey> {
    let after = plan.has_time_after_fault().then_some(Period::AfterFault);
    let periods = [Some(Period::WholeRun), after].into_iter().flatten();
    periods.flat_map(|period| Metric::all().map(move |metric| MetricKey { period, metric }))
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

/// The manifest of recorded results: what made them, and which files there are.
pub fn manifest(experiment: &Experiment, campaign: &Campaign, files: &[&str]) -> String {
    let plan = &experiment.plan;
    let list = |names: Vec<&str>| {
        let quoted: Vec<String> = names.into_iter().map(string).collect();
        format!("[{}]", quoted.join(", "))
    };
    let policies = plan.run.policies.iter().map(|policy| policy.name());
    let tool = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    let fields = [
        ("tool", string(tool)),
        ("scenario", string(&plan.name)),
        ("scenario_sha256", string(&experiment.digest)),
        ("seed", plan.run.seed.to_string()),
        ("replications", plan.run.replications.to_string()),
        ("policies", list(policies.collect())),
        ("trace_sha256", string(&hexadecimal(&campaign.digest))),
        ("files", list(files.to_vec())),
    ];
    let lines = fields.map(|(name, value)| format!("  \"{name}\": {value}"));
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}
