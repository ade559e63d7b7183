//! `runner report`: a report about results that were recorded before.
//!
//! The folder keeps the experiment as it was written, so everything that a report shows can be had
//! again by running it; a run is the same every time.

use std::fmt::Display;
use std::path::Path;

use crate::campaign::Campaign;
use crate::cli::{ReportArguments, exit};
use crate::console::Console;
use crate::report::{self, hexadecimal};
use crate::results::{self, Stored};

/// Makes or renews the report of every folder, even if another is bad; returns the exit code of the
/// worst.
pub fn run(arguments: &ReportArguments, mut console: Console<'_>) -> u8 {
    let mut worst = exit::GOOD;
    for folder in &arguments.folders {
        match one(folder, arguments) {
            Ok(told) => console.tell(&format!("report written to {told}\n")),
            Err((code, message)) => {
                console.tell(&format!("error: {message}\n"));
                worst = worst.max(code);
            }
        }
    }
    worst
}

/// Makes one report; says where it is, or what went wrong.
fn one(folder: &Path, arguments: &ReportArguments) -> Result<String, (u8, String)> {
    let because = |code: u8| move |error: &dyn Display| (code, error.to_string());
    let Stored { experiment, digest } =
        results::restore(folder).map_err(|error| because(exit::USAGE)(&error))?;
    let campaign = Campaign::sweep(&experiment.points, arguments.jobs, &|| ())
        .map_err(|error| because(exit::FAILED)(&error))?;
    if hexadecimal(&campaign.digest) != digest {
        let message = format!(
            "{}: this version of the program gives other results than are recorded there; `runner \
             run --bless` records them",
            folder.display()
        );
        return Err((exit::FAILED, message));
    }
    let page = report::page(&experiment, &campaign);
    let file = results::add_report(folder, &page).map_err(|error| because(exit::FAILED)(&error))?;
    Ok(file.display().to_string())
}
