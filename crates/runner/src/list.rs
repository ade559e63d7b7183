//! `runner list`: the scenarios at hand, by group, each with its lesson in a line.

use std::io;

use crate::catalogue::{Catalogue, Entry};
use crate::cli::{ListArguments, exit};
use crate::console::{Console, Stop};
use crate::diagnostic::visible;
use crate::experiment::Experiment;
use crate::paint::{Ink, Page};

/// Columns of the names.
const NAMES: usize = 38;
/// Heading of what is in no group of the catalogue.
const OTHERS: &str = "others";

/// Prints the list; returns the exit code.
pub fn run(arguments: &ListArguments, mut console: Console<'_>) -> u8 {
    let Some(catalogue) = Catalogue::find() else {
        console.tell("error: there is no folder `scenarios` here or in a folder above\n");
        return exit::USAGE;
    };
    let word = arguments.name.as_deref().unwrap_or("");
    let chosen: Vec<&Entry> = catalogue.matching(word);
    if chosen.is_empty() {
        let name = visible(word);
        console.tell(&format!(
            "error: no scenario's name is or begins with `{name}`; `runner list` shows all\n"
        ));
        return exit::USAGE;
    }
    let mut code = exit::GOOD;
    let mut page = Page::new(arguments.color.color.is_on(&io::stdout()));
    let mut heading = None;
    for entry in chosen {
        let group = entry.group().unwrap_or(OTHERS);
        if heading.replace(group) != Some(group) {
            page.line(Ink::Strong, group);
        }
        match Experiment::read(&entry.path, &[]) {
            Ok(experiment) => {
                let title = experiment.plan.title.in_language(arguments.lang);
                page.line(Ink::Plain, &format!("  {:NAMES$} {title}", entry.name));
            }
            Err(rejection) => {
                page.line(Ink::Bad, &format!("  {:NAMES$} cannot be read", entry.name));
                console.tell(&rejection.render(arguments.color.color.is_on(&io::stderr())));
                code = exit::USAGE;
            }
        }
    }
    console
        .print(&page.into_text())
        .map_or_else(|Stop(stop)| code.max(stop), |()| code)
}
