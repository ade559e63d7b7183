//! What a summary says of intervals: how the stopping rule came out, and how policies differ.

use super::{Layout, parameters, string};
use crate::campaign::{Campaign, Reached, Stopped};
use crate::comparison::{Compared, compare};
use crate::experiment::Experiment;
use crate::metrics::{Billionths, decimal};
use crate::plan::StoppingRule;
use crate::statistics::Interval;
use crate::statistics::bootstrap::Bootstrapped;
use crate::statistics::moments::billionths;
use crate::statistics::paired::Paired;

/// How the stopping rule has come out at each point; `None` without one.
pub(super) fn stop(
    experiment: &Experiment,
    campaign: &Campaign,
    layout: &Layout,
) -> Option<String> {
    let rule = experiment.plan.run.stop.as_ref()?;
    let sites = campaign.sites();
    let lines = sites.map(|site| {
        let stopped = Stopped::of(rule, site);
        let policies: Vec<&str> = site.iter().map(|point| point.policy.name()).collect();
        outcome(experiment, rule, &stopped, &policies)
    });
    Some(list(lines.collect(), layout))
}

fn outcome(
    experiment: &Experiment,
    rule: &StoppingRule,
    stopped: &Stopped,
    policies: &[&str],
) -> String {
    let settings = &experiment.points[stopped.at.0].settings;
    let mut fields = vec![
        ("parameters", format!("{{{}}}", parameters(settings))),
        ("replications", stopped.replications.to_string()),
        ("wanted", float(rule.relative_half_width)),
        ("held", stopped.is_enough.to_string()),
    ];
    if let Some(least) = &stopped.least {
        let Reached {
            key,
            policy,
            relative_half_width,
            unfinished,
            ..
        } = least;
        fields.push(("metric", string(&key.to_string())));
        fields.push(("policy", string(policies[*policy])));
        if relative_half_width.is_finite() {
            fields.push(("relative_half_width", float(*relative_half_width)));
        }
        if *unfinished > 0 {
            fields.push(("not_recovered", unfinished.to_string()));
        }
    }
    let never = stopped.never.iter().map(|key| string(&key.to_string()));
    let never: Vec<String> = never.collect();
    if !never.is_empty() {
        fields.push(("never", format!("[{}]", never.join(","))));
    }
    object(&fields)
}

/// Every difference from the baseline, as in `comparison.csv`; `None` if nothing is compared.
pub(super) fn differences(
    experiment: &Experiment,
    campaign: &Campaign,
    layout: &Layout,
) -> Option<String> {
    let plan = &experiment.plan;
    let comparison = plan.comparison.as_ref()?;
    let confidence = plan.run.confidence();
    let baseline = comparison.baseline.name();
    let sites = campaign.sites();
    let all = sites.flat_map(|site| compare(comparison, site, confidence, plan.run.seed));
    let lines = all.filter_map(|one| {
        let paired = one.paired?;
        let settings = &experiment.points[one.point.at.0].settings;
        let mut fields = vec![
            ("parameters", format!("{{{}}}", parameters(settings))),
            ("metric", string(&one.key.to_string())),
            ("policy", string(one.point.policy.name())),
            ("baseline", string(baseline)),
        ];
        fields.extend(difference(&one, &paired));
        Some(object(&fields))
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| list(lines, layout))
}

fn difference(one: &Compared<'_>, paired: &Paired) -> Vec<(&'static str, String)> {
    let Interval { mean, half_width } = paired.difference;
    let mut fields = vec![
        ("pairs", paired.pairs.to_string()),
        ("difference", decimal(mean)),
    ];
    let mut optional = |name, value: Option<String>| {
        fields.extend(value.map(|value| (name, value)));
    };
    let number = |value: Option<Billionths>| value.map(decimal);
    let real = |value: Option<f64>| value.map(float);
    optional("half_width", number(half_width));
    optional("low", number(paired.difference.low()));
    optional("high", number(paired.difference.high()));
    optional("correlation", real(paired.correlation));
    optional("variance_reduction", real(paired.variance_reduction));
    let small = |value: Option<f64>| value.map(|value| format!("{value:.4e}"));
    optional("p", small(paired.p_value));
    optional("p_holm", small(one.adjusted));
    if let Some(Bootstrapped { seen, low, high }) = one.median {
        optional("median_difference", Some(decimal(seen)));
        optional("median_low", Some(decimal(low)));
        optional("median_high", Some(decimal(high)));
    }
    fields
}

/// To four decimals, more than such a number is good for.
fn float(value: f64) -> String {
    decimal(billionths(value * 1e4) * 100_000)
}

fn object(fields: &[(&str, String)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", string(name)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// A list with a line for each element.
fn list(lines: Vec<String>, layout: &Layout) -> String {
    let each: Vec<String> = lines
        .into_iter()
        .map(|line| format!("{}{line}", layout.line(2)))
        .collect();
    format!("[{}{}]", each.join(","), layout.line(1))
}
