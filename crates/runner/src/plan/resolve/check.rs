//! `[check]`: which models are asked for, and whether they speak of this experiment at all.

use crate::diagnostic::{Diagnostic, suggestion};
use crate::spec::{CheckSpec, Spanned};
use crate::theory;

use super::super::{Model, Plan, Theory};
use super::Findings;

/// The probability that all comparisons hold, unless it is written.
const CONFIDENCE: f64 = 0.99;

/// A model that applies under no policy of a point.
#[derive(Clone, Debug)]
pub(crate) struct Mute {
    /// The model.
    pub(crate) model: Model,
    /// What to say if it applies nowhere else.
    pub(crate) problem: Diagnostic,
}

/// What `[check]` means.
pub(super) fn resolve(spec: &CheckSpec, findings: &mut Findings<'_>) -> Theory {
    let mut models = Vec::new();
    for name in spec.analytic.get_ref() {
        let Some(model) = findings.take(model(name)) else {
            continue;
        };
        if models.contains(&model) {
            findings.problem(
                Diagnostic::at(
                    name.span(),
                    format!("`{}` is in the list twice", model.name()),
                )
                .help("delete one of them"),
            );
        }
        models.push(model);
    }
    if spec.analytic.get_ref().is_empty() {
        findings.problem(
            Diagnostic::at(spec.analytic.span(), "the list of models is empty")
                .help("name at least one, such as \"little\", or delete [check]"),
        );
    }
    let confidence = spec.confidence.as_ref();
    let level = confidence.map_or(CONFIDENCE, |level| *level.get_ref());
    if let Some(written) = confidence
        && !(level > 0.0 && level < 1.0)
    {
        findings.problem(
            Diagnostic::at(written.span(), "a confidence level lies between 0 and 1")
                .help("0.99 is the default: all comparisons together fail by chance once in 100"),
        );
    }
    Theory {
        models,
        confidence: level,
    }
}

fn model(name: &Spanned<String>) -> Result<Model, Diagnostic> {
    let mut all = Model::ALL.into_iter();
    all.find(|model| model.name() == name.get_ref())
        .ok_or_else(|| {
            let known = Model::ALL.map(Model::name);
            let help = suggestion(name.get_ref(), known, "models");
            Diagnostic::at(
                name.span(),
                format!("there is no model `{}`", name.get_ref()),
            )
            .help(help)
        })
}

/// The models that say nothing under any policy of this plan, each with its reasons.
pub(super) fn mute(spec: &CheckSpec, plan: &Plan) -> Vec<Mute> {
    let Some(asked) = &plan.theory else {
        return Vec::new();
    };
    let silent = |model: Model| {
        let mut reasons = Vec::new();
        for &policy in &plan.run.policies {
            let reason = theory::inapplicable(model, plan, policy)?;
            reasons.push(format!("{}: {}", policy.name(), reason.en));
        }
        let names = spec.analytic.get_ref().iter();
        let mut spans = names.filter(|name| name.get_ref() == model.name());
        let span = spans.next().map_or(spec.analytic.span(), Spanned::span);
        let title = format!("`{}` says nothing about this experiment", model.name());
        let help = format!("under {}", reasons.join("; "));
        Some(Mute {
            model,
            problem: Diagnostic::at(span, title).help(help),
        })
    };
    asked.models.iter().copied().filter_map(silent).collect()
}
