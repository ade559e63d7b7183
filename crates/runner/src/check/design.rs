//! What is asked of an experiment: which runs there are, and what is made of them.

use tcp_core::Handshake;

use crate::diagnostic::counted;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::plan::{Comparison, LadderForms, MetricKey, Output, Plan, StoppingRule, Theory, Warmup};
use crate::quantity::Time;
use crate::report::percent;

/// How many points there are, and every value that is set at any of them; nothing without a sweep.
pub(super) fn sweep(experiment: &Experiment) -> Option<String> {
    let points = &experiment.points;
    let first = points.first().filter(|first| !first.settings.is_empty())?;
    let values = |index: usize| {
        let mut values: Vec<&str> = Vec::new();
        for point in points {
            let value = point.settings[index].value.as_str();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values.join(", ")
    };
    let keys = first.settings.iter().enumerate();
    let keys = keys.map(|(index, setting)| format!("{} = {}", setting.key, values(index)));
    let keys: Vec<String> = keys.collect();
    let count = counted(points.len() as u64, "point");
    let shown = if points.len() > 1 {
        ", of which the first is shown"
    } else {
        ""
    };
    Some(format!("{count}{shown}: {}", keys.join("; ")))
}

/// The policies, how often each runs, and how long.
pub(super) fn runs(experiment: &Experiment) -> String {
    let plan = &experiment.plan;
    let mut policies: Vec<&str> = Vec::new();
    for policy in experiment
        .points
        .iter()
        .flat_map(|it| &it.plan.run.policies)
    {
        if !policies.contains(&policy.name()) {
            policies.push(policy.name());
        }
    }
    let most = plan.run.stop.as_ref().map_or("", |_| "at most ");
    let replications = counted(plan.run.replications.into(), "replication");
    let again = if plan.is_paired() {
        ", again without faults"
    } else {
        ""
    };
    let until = common(experiment, |plan| Time(plan.run.until).to_string());
    let sum = match experiment.points.len() {
        1 => String::new(),
        _ => format!(": {most}{}", counted(experiment.runs(), "run")),
    };
    format!(
        "{}, {most}{replications} each{again}, until {until}, seed {}{sum}",
        policies.join(" and "),
        plan.run.seed,
    )
}

/// What all points have in common, or that they differ.
fn common(experiment: &Experiment, of: impl Fn(&Plan) -> String) -> String {
    let own = of(&experiment.plan);
    let mut others = experiment.points.iter();
    if others.all(|point| of(&point.plan) == own) {
        own
    } else {
        "as swept".to_owned()
    }
}

/// When fewer replications are enough.
pub(super) fn stop(plan: &Plan) -> Option<String> {
    let StoppingRule {
        min,
        relative_half_width,
        confidence,
        metrics,
    } = plan.run.stop.as_ref()?;
    let (width, level) = (percent(*relative_half_width), percent(*confidence));
    let (intervals, their) = match metrics.len() {
        1 => ("interval", "its mean"),
        _ => ("intervals", "their means"),
    };
    Some(format!(
        "after at least {}, once the {level} % {intervals} of {} are within {width} % of {their} \
         under every policy",
        counted((*min).into(), "replication"),
        keys(metrics)
    ))
}

/// What is left out at the start of each run; nothing if nothing is.
pub(super) fn warmup(experiment: &Experiment) -> Option<String> {
    let none = Warmup::Time(std::time::Duration::ZERO);
    let mut points = experiment.points.iter();
    if points.all(|point| point.plan.run.warmup == none) {
        return None;
    }
    Some(common(experiment, |plan| match plan.run.warmup {
        Warmup::Time(time) => format!("{}, in which nothing is measured", Time(time)),
        Warmup::Mser5 => "as long as MSER-5 finds it to be at each point".to_owned(),
        Warmup::Found(found) => format!("{}, as MSER-5 has found", Time(found.end)),
    }))
}

/// How many expectations there are of each policy.
pub(super) fn expectations(experiment: &Experiment) -> String {
    let plans = || experiment.points.iter().map(|point| &point.plan);
    let checks = |policy: Handshake| -> usize {
        let all = plans().flat_map(|plan| &plan.expectations);
        let own = all.filter(|expectation| expectation.policy == policy);
        own.map(|expectation| expectation.checks.len()).sum()
    };
    let mut told: Vec<(Handshake, String)> = Vec::new();
    for &policy in plans().flat_map(|plan| &plan.run.policies) {
        if told.iter().all(|(known, _)| *known != policy) {
            let number = counted(checks(policy) as u64, "check");
            told.push((policy, format!("{number} of {}", policy.name())));
        }
    }
    if plans().all(|plan| plan.expectations.is_empty()) {
        return "nothing".to_owned();
    }
    let told: Vec<String> = told.into_iter().map(|(_, text)| text).collect();
    let place = match experiment.points.len() {
        1 => "",
        _ => ", all points together",
    };
    told.join(", ") + place
}

/// Which metrics of which policies are compared.
pub(super) fn comparison(plan: &Plan) -> Option<String> {
    let Comparison { baseline, metrics } = plan.comparison.as_ref()?;
    let metrics = keys(metrics);
    Some(match plan.run.policies.len() {
        1 => format!("{metrics}; there is no other policy"),
        _ => format!("{metrics}: each policy with {}", baseline.name()),
    })
}

/// Which models are computed beside the simulation.
pub(super) fn theory(plan: &Plan) -> Option<String> {
    let Theory { models, confidence } = plan.theory.as_ref()?;
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    let level = percent(*confidence);
    Some(format!(
        "{}, all comparisons together at {level} %",
        names.join(", ")
    ))
}

/// Which files are written beside the numbers; nothing if that is what is written anyway.
pub(super) fn output(plan: &Plan) -> Option<String> {
    if plan.output == Output::default() {
        return None;
    }
    let Output {
        ladder: LadderForms { text, svg },
        pcapng,
        events,
        snapshots,
        parquet,
        report,
        language,
    } = &plan.output;
    let times: Vec<String> = snapshots.iter().map(|at| Time(*at).to_string()).collect();
    let listings = format!("snapshots at {}", times.join(", "));
    let files = [
        (*text, "ladders as text"),
        (*svg, "ladders as pictures"),
        (*pcapng, "captures"),
        (*events, "events.jsonl"),
        (!snapshots.is_empty(), listings.as_str()),
        (*parquet, "tables as Parquet"),
        (*report, "report.html"),
    ];
    let asked = files.iter().filter(|(is_asked, _)| *is_asked);
    let mut names: Vec<&str> = asked.map(|(_, name)| *name).collect();
    if names.is_empty() {
        names.push("numbers only");
    }
    if *language == Language::Zh {
        names.push("in Chinese");
    }
    Some(names.join(", "))
}

/// Metrics by their names.
fn keys(keys: &[MetricKey]) -> String {
    let names: Vec<String> = keys.iter().map(MetricKey::to_string).collect();
    names.join(", ")
}
