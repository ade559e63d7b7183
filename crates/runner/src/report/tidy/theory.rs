//! What theory says beside what was measured, as a table.

use super::table::{Column, Kind, Rows, Table};
use super::{named, settings_columns, settings_values};
use crate::campaign::Campaign;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::decimal;
use crate::report::theory::{eight_digits, exact, four_digits, tells_nothing};
use crate::theory::{Finding, Outcome, Unchecked};

/// A row for each quantity of each model of `[check]`, policy and point, and one for each policy and
/// point of which a model says nothing; `None` if no model was asked for. An interval covers what the
/// runs estimate with the given confidence. `reason` says why something was skipped or tells nothing.
pub fn theory(experiment: &Experiment, campaign: &Campaign) -> Option<Table> {
    let findings = &campaign.theory;
    experiment.plan.theory.as_ref()?;
    let mut columns: Vec<Column> = settings_columns(experiment);
    columns.extend(named(&[
        ("model", Kind::Text),
        ("policy", Kind::Text),
        ("quantity", Kind::Text),
        ("predicted", Kind::Real),
        ("margin", Kind::Real),
        ("observed", Kind::Real),
        ("low", Kind::Real),
        ("high", Kind::Real),
        ("confidence", Kind::Real),
        ("z", Kind::Real),
        ("verdict", Kind::Text),
        ("reason", Kind::Text),
    ]));
    let mut table = Rows::new(columns);
    let confidence = decimal(exact(findings.each));
    for finding in &findings.all {
        let mut row = settings_values(experiment, finding.at.0);
        row.extend(compared(finding, &confidence));
        table.row(row);
    }
    for Unchecked {
        model,
        policy,
        points,
        reason,
    } in &findings.unchecked
    {
        for point in points {
            let mut row = settings_values(experiment, point.0);
            row.extend([model.name().to_owned(), policy.name().to_owned()]);
            // A model that says nothing has no quantity and no numbers.
            row.extend([const { String::new() }; 8]);
            row.extend(["skipped".to_owned(), reason.en.clone()]);
            table.row(row);
        }
    }
    Some(table.into_table())
}

/// The cells of a comparison.
fn compared(finding: &Finding, confidence: &str) -> [String; 12] {
    let digits = |value: Option<f64>| value.map(eight_digits).unwrap_or_default();
    let (verdict, reason) = match finding.outcome {
        Outcome::Held => ("held", ""),
        Outcome::Failed => ("failed", ""),
        Outcome::Uninformative => ("tells nothing", tells_nothing(Language::En)),
    };
    let level = finding.interval.map(|_| confidence.to_owned());
    [
        finding.model.name().to_owned(),
        finding.policy.name().to_owned(),
        finding.quantity.en.to_owned(),
        eight_digits(finding.value),
        eight_digits(finding.margin),
        eight_digits(finding.estimate),
        digits(finding.interval.map(|(low, _)| low)),
        digits(finding.interval.map(|(_, high)| high)),
        level.unwrap_or_default(),
        finding.z.map(four_digits).unwrap_or_default(),
        verdict.to_owned(),
        reason.to_owned(),
    ]
}
