//! `runner explain`: what an experiment means, with every value spelled out, or its links as
//! commands for Linux.

mod defaults;
mod resolved;
mod settings;
mod tc;

use std::path::PathBuf;

use crate::catalogue;
use crate::cli::{ExplainArguments, exit};
use crate::console::{Console, Stop};
use crate::diagnostic::render_notes;
use crate::experiment::Experiment;

pub use resolved::resolved;
pub use tc::as_tc;

/// Reads the file, prints what it means, and returns the exit code.
pub fn run(arguments: &ExplainArguments, mut console: Console<'_>) -> u8 {
    let color = arguments.color.color.is_on(&std::io::stderr());
    let changes = arguments.changes.overrides();
    let read = |path: PathBuf| Experiment::read(&path, &changes);
    match catalogue::locate(&arguments.file).and_then(read) {
        Ok(experiment) => {
            console.tell(&render_notes(&experiment.sources, &experiment.notes, color));
            let page = if arguments.as_tc {
                as_tc(&experiment.plan)
            } else {
                resolved(&experiment)
            };
            console
                .print(&page)
                .map_or_else(|Stop(code)| code, |()| exit::GOOD)
        }
        Err(rejection) => {
            console.tell(&rejection.render(color));
            exit::USAGE
        }
    }
}
