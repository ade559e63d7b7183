//! `runner check`: what was understood of an experiment, in a few lines.

mod design;
mod setup;

use std::io;
use std::path::{Path, PathBuf};

use crate::catalogue;
use crate::cli::{CheckArguments, exit};
use crate::console::{Console, Stop};
use crate::describe;
use crate::diagnostic::render_notes;
use crate::experiment::Experiment;
use crate::overrides::Override;
use crate::paint::{WIDTH, wrapped};

/// Checks every file; returns the exit code of the worst.
pub fn run(arguments: &CheckArguments, mut console: Console<'_>) -> u8 {
    let changes = arguments.changes.overrides();
    let color = arguments.color.color.is_on(&io::stderr());
    let mut code = exit::GOOD;
    for file in &arguments.files {
        let report = check(file, &changes, color);
        if !report.is_good {
            code = exit::USAGE;
        }
        console.tell(&report.messages);
        if let Err(Stop(stop)) = console.print(&report.summary) {
            return code.max(stop);
        }
    }
    code
}

/// What a check of one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// For standard output: what was understood. Empty if nothing was.
    pub summary: String,
    /// For standard error: everything that is wrong, or remarks.
    pub messages: String,
    /// Whether the experiment can be run.
    pub is_good: bool,
}

/// Reads a file and says what was understood, or what is wrong.
pub fn check(path: &Path, changes: &[Override], color: bool) -> Report {
    let read = |path: PathBuf| Experiment::read(&path, changes);
    match catalogue::locate(path).and_then(read) {
        Ok(experiment) => Report {
            summary: summary(&experiment),
            messages: render_notes(&experiment.sources, &experiment.notes, color),
            is_good: true,
        },
        Err(rejection) => Report {
            summary: String::new(),
            messages: rejection.render(color),
            is_good: false,
        },
    }
}

/// Columns before what is said of a part.
const INDENT: usize = 12;

/// What an experiment does, in a few lines.
pub fn summary(experiment: &Experiment) -> String {
    let plan = &experiment.plan;
    let mut page = String::new();
    let title = format!("{}: {}", experiment.sources.name(), plan.title.en);
    paragraph(&mut page, "", 2, &title);
    if plan.title.zh != plan.title.en {
        paragraph(&mut page, "  ", 2, &plan.title.zh);
    }
    for (part, text) in parts(experiment) {
        paragraph(&mut page, &format!("  {part:<10}"), INDENT, &text);
    }
    page
}

/// The parts of an experiment, each with what is said of it.
fn parts(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let plan = &experiment.plan;
    let mut parts: Vec<(&str, String)> = Vec::new();
    parts.extend(design::sweep(experiment).map(|text| ("sweep", text)));
    parts.push(("runs", design::runs(experiment)));
    parts.extend(design::stop(plan).map(|text| ("stop", text)));
    parts.extend(design::warmup(experiment).map(|text| ("warmup", text)));
    let hosts: Vec<String> = plan.hosts.iter().map(setup::host).collect();
    parts.push(("hosts", hosts.join(", ")));
    for link in &plan.links {
        let (from, to) = (&plan.host(link.from).name, &plan.host(link.to).name);
        let (name, does) = (link.name(), setup::impairments(&link.config));
        parts.push(("link", format!("{name} from {from} to {to}: {does}")));
    }
    parts.push(("workload", setup::workload(plan)));
    for fault in &plan.faults {
        let does = describe::fault(plan, fault);
        parts.push(("fault", format!("{}: {does}", fault.id)));
    }
    for injection in &plan.injections {
        let does = describe::injection(plan, injection);
        parts.push(("inject", format!("{}: {does}", injection.id)));
    }
    parts.push(("expects", design::expectations(experiment)));
    parts.extend(design::comparison(plan).map(|text| ("compares", text)));
    parts.extend(design::theory(plan).map(|text| ("theory", text)));
    parts.extend(design::output(plan).map(|text| ("output", text)));
    parts
}

/// Text after a heading, over as many lines as it needs.
fn paragraph(page: &mut String, heading: &str, indent: usize, text: &str) {
    for (index, line) in wrapped(text, WIDTH - indent).iter().enumerate() {
        let start = if index == 0 {
            heading.to_owned()
        } else {
            " ".repeat(indent)
        };
        page.extend([start.as_str(), line, "\n"]);
    }
}
