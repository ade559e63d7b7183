//! `[compare]` and `run.stop`.

use crate::diagnostic::Diagnostic;
use crate::spec::{CompareSpec, Spanned, StopSpec};

use super::super::{Comparison, MetricKey, Period, Plan, StoppingRule};
use super::{Findings, expectation, policy};

/// Fewest replications of a stopping rule that does not say: with fewer, an interval is hardly
/// more than a guess.
const MIN: u32 = 10;
/// Confidence level of a stopping rule that does not say.
const CONFIDENCE: f64 = 0.95;

/// What `[compare]` means; `plan` has the policies and faults. Nothing is compared if the command
/// line has chosen policies and the baseline is not among them.
pub(super) fn comparison(
    spec: &CompareSpec,
    plan: &Plan,
    policies_overridden: bool,
    findings: &mut Findings<'_>,
) -> Option<Comparison> {
    let metrics = metrics(&spec.metrics, plan, findings);
    let policies = &plan.run.policies;
    let baseline = match &spec.baseline {
        None => *policies.first()?,
        Some(name) => {
            let wanted = findings.take(policy(name))?;
            if !policies.contains(&wanted) {
                let title = format!(
                    "policy `{}` does not run, so nothing can be compared with it",
                    wanted.name()
                );
                let problem = Diagnostic::at(name.span(), title);
                if policies_overridden {
                    let label = "not compared, because policies were chosen";
                    findings.notes.push(problem.label(label));
                } else {
                    findings.problem(problem.help("add it to `run.policies`"));
                }
                return None;
            }
            wanted
        }
    };
    Some(Comparison {
        baseline,
        metrics: metrics?,
    })
}

/// What `run.stop` means. A number of replications from the command line may be less than the
/// file's `min`; one alone is never stopped early.
pub(super) fn stopping_rule(
    spec: &Spanned<StopSpec>,
    compare: Option<&CompareSpec>,
    plan: &Plan,
    most_overridden: bool,
    findings: &mut Findings<'_>,
) -> Option<StoppingRule> {
    let StopSpec {
        min,
        relative_half_width,
        confidence,
        metrics: own,
    } = spec.get_ref();
    let most = plan.run.replications;
    let min = if most_overridden {
        Some(min.as_ref().map_or(MIN, |it| *it.get_ref()).min(most))
    } else {
        findings.take(least_replications(min.as_ref(), spec, most))
    };
    let half_width = *relative_half_width.get_ref();
    if !(half_width.is_finite() && half_width > 0.0) {
        findings.problem(
            Diagnostic::at(
                relative_half_width.span(),
                "no mean is ever known that well",
            )
            .help("`relative_half_width` is a number above 0, such as 0.05 for ± 5 %"),
        );
    }
    let level = confidence.as_ref().map_or(CONFIDENCE, |it| *it.get_ref());
    if !(level > 0.0 && level < 1.0) {
        let span = confidence.as_ref().map_or(spec.span(), Spanned::span);
        findings.problem(
            Diagnostic::at(span, "a confidence level lies between 0 and 1")
                .help("0.95 is usual, and the default"),
        );
    }
    let Some(list) = own.as_ref().or(compare.map(|compare| &compare.metrics)) else {
        findings.problem(
            Diagnostic::at(spec.span(), "this stopping rule is about no metric")
                .help("add metrics = [\"embryonic.mean\"] to it, or a table [compare]"),
        );
        return None;
    };
    let metrics = metrics(list, plan, findings);
    Some(StoppingRule {
        min: min.filter(|min| *min >= 2)?,
        relative_half_width: half_width,
        confidence: level,
        metrics: metrics?,
    })
}

fn least_replications(
    min: Option<&Spanned<u32>>,
    spec: &Spanned<StopSpec>,
    most: u32,
) -> Result<u32, Diagnostic> {
    let Some(min) = min else {
        if most >= 2 {
            return Ok(MIN.min(most));
        }
        return Err(
            Diagnostic::at(spec.span(), "one replication is never stopped early")
                .help("set `run.replications` to the most that you can afford"),
        );
    };
    let count = *min.get_ref();
    if count < 2 {
        return Err(Diagnostic::at(min.span(), "one run has no interval")
            .help("`min` is at least 2; 10 is the default"));
    }
    if count > most {
        let title = format!("`min` is {count}, but there are at most {most} replications");
        return Err(Diagnostic::at(min.span(), title)
            .help("`run.replications` is the most, and `min` the least"));
    }
    Ok(count)
}

/// Metrics by their names.
fn metrics(
    list: &Spanned<Vec<Spanned<String>>>,
    plan: &Plan,
    findings: &mut Findings<'_>,
) -> Option<Vec<MetricKey>> {
    let before = findings.problems.len();
    let mut keys = Vec::new();
    for name in list.get_ref() {
        let Some(key) = findings.take(expectation::metric_key(name)) else {
            continue;
        };
        if keys.contains(&key) {
            findings.problem(
                Diagnostic::at(name.span(), format!("`{key}` is in the list twice"))
                    .help("delete one of them"),
            );
        }
        if key.period == Period::AfterFault && !plan.has_time_after_fault() {
            let title = "no fault of this file ends, so nothing comes after it";
            let help = "`after_fault` counts from the release of a segment: a fault needs \
                        hold_until, delay_by or replay";
            findings.problem(Diagnostic::at(name.span(), title).help(help));
        }
        keys.push(key);
    }
    if list.get_ref().is_empty() {
        findings.problem(
            Diagnostic::at(list.span(), "the list of metrics is empty")
                .help("name at least one, such as \"orphan_established.mean\""),
        );
    }
    (findings.problems.len() == before).then_some(keys)
}
