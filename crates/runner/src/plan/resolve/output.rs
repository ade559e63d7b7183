//! `[output]`.

use std::time::Duration;

use super::Findings;
use crate::diagnostic::Diagnostic;
use crate::language::Language;
use crate::plan::{LadderForms, Output};
use crate::quantity::Time;
use crate::report::HAS_PARQUET;
use crate::spec::{LadderSpec, LanguageSpec, OutputSpec, ReportSpec, Spanned};

/// What is to be written beside the numbers of a run that ends at `until`.
pub(super) fn resolve(
    spec: Option<OutputSpec>,
    until: Duration,
    findings: &mut Findings<'_>,
) -> Output {
    let mut output = Output::default();
    let Some(spec) = spec else {
        return output;
    };
    if let Some(list) = spec.ladder {
        output.ladder = LadderForms {
            text: false,
            svg: false,
        };
        for form in list {
            let (chosen, name) = match form.get_ref() {
                LadderSpec::Text => (&mut output.ladder.text, "text"),
                LadderSpec::Svg => (&mut output.ladder.svg, "svg"),
            };
            if *chosen {
                let title = format!("`{name}` is in the list twice");
                findings.problem(
                    Diagnostic::at(form.span(), title)
                        .help("each form of a ladder is written once"),
                );
            }
            *chosen = true;
        }
    }
    for time in spec.snapshots.iter().flatten() {
        let snapshot = snapshot(time, until, &output.snapshots);
        output.snapshots.extend(findings.take(snapshot));
    }
    output.snapshots.sort_unstable();
    output.pcapng = spec.pcapng.unwrap_or(output.pcapng);
    if let Some(wanted) = spec.parquet {
        output.parquet = findings.take(parquet(&wanted)).unwrap_or_default();
    }
    output.events = spec.events.unwrap_or(output.events);
    output.report = matches!(spec.report, Some(ReportSpec::Html));
    output.language = match spec.lang {
        None | Some(LanguageSpec::En) => Language::En,
        Some(LanguageSpec::Zh) => Language::Zh,
    };
    output
}

/// Whether tables are written as Parquet, which not every build can.
fn parquet(wanted: &Spanned<bool>) -> Result<bool, Diagnostic> {
    if !wanted.get_ref() || HAS_PARQUET {
        return Ok(*wanted.get_ref());
    }
    let title = "this program cannot write Parquet";
    Err(Diagnostic::at(wanted.span(), title)
        .label("needs the feature `parquet`")
        .help(
            "delete the key, for the same tables are written as CSV, or build with \
             `cargo build --release -p runner --features parquet`",
        ))
}

/// The time of a snapshot, which is no other's.
fn snapshot(
    time: &Spanned<Time>,
    until: Duration,
    others: &[Duration],
) -> Result<Duration, Diagnostic> {
    let at = time.get_ref().0;
    if at > until {
        let help = format!("the run ends at {} (`run.until`)", Time(until));
        let title = "this snapshot comes after the run has ended";
        return Err(Diagnostic::at(time.span(), title).help(help));
    }
    if others.contains(&at) {
        let title = format!("`{}` is in the list twice", time.get_ref());
        return Err(Diagnostic::at(time.span(), title).help("each snapshot is taken once"));
    }
    Ok(at)
}
