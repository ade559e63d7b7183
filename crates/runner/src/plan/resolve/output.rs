//! `[output]`.

use super::Findings;
use crate::diagnostic::Diagnostic;
use crate::language::Language;
use crate::plan::{LadderForms, Output};
use crate::spec::{LadderSpec, LanguageSpec, OutputSpec, ReportSpec};

/// What is to be written beside the numbers.
pub(super) fn resolve(spec: Option<OutputSpec>, findings: &mut Findings<'_>) -> Output {
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
    output.pcapng = spec.pcapng.unwrap_or(output.pcapng);
    output.report = matches!(spec.report, Some(ReportSpec::Html));
    output.language = match spec.lang {
        None | Some(LanguageSpec::En) => Language::En,
        Some(LanguageSpec::Zh) => Language::Zh,
    };
    output
}
