//! Many scripts: finding them, running them in parallel, and the summary.

use crate::interpreter::{Options, run_script};
use crate::outcome::{Outcome, Verdict};
use crate::script::Script;
use crate::source::printable;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The results of several scripts, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suite {
    /// One for each script.
    pub outcomes: Vec<Outcome>,
}

/// Runs scripts, and every `.pkt` file below directories, in parallel. The order of the results
/// does not depend on it.
///
/// # Errors
///
/// A path that cannot be read, named in the error; folders without any script.
pub fn run_paths(paths: &[PathBuf], options: &Options) -> io::Result<Suite> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files).map_err(|error| named(path, &error))?;
    }
    if files.is_empty() {
        let folders: Vec<_> = paths
            .iter()
            .map(|path| printable(&path.to_string_lossy()))
            .collect();
        let message = format!("{}: no `.pkt` file in there", folders.join(", "));
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    let outcomes = files
        .par_iter()
        .map(|file| {
            let bytes = std::fs::read(file).map_err(|error| named(file, &error))?;
            Ok(run_bytes(&file.to_string_lossy(), &bytes, options))
        })
        .collect::<io::Result<Vec<Outcome>>>()?;
    Ok(Suite { outcomes })
}

/// Parses and runs one script.
pub fn run_bytes(name: &str, bytes: &[u8], options: &Options) -> Outcome {
    match Script::parse(name, bytes) {
        Ok(script) => run_script(&script, options),
        Err(error) => Outcome::broken(error),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    let path = printable(&path.to_string_lossy());
    io::Error::new(error.kind(), format!("{path}: {error}"))
}

/// Files as they are given; directories by the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    entries.sort();
    for entry in entries {
        // A link to a directory is not followed, so that no cycle of links can trap the walk.
        let is_link = entry.symlink_metadata()?.file_type().is_symlink();
        if entry.is_dir() && !is_link {
            collect(&entry, files)?;
        } else if entry
            .extension()
            .is_some_and(|extension| extension == "pkt")
        {
            files.push(entry);
        }
    }
    Ok(())
}

impl Suite {
    fn count(&self, label: &str) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.label() == label)
            .count()
    }

    /// 0 if nothing failed, 1 if a script failed, 2 if a script could not be understood.
    pub fn exit_code(&self) -> u8 {
        if self.count("ERROR") > 0 {
            2
        } else {
            u8::from(self.count("FAIL") > 0)
        }
    }

    /// A line for each script, details of failures, reasons of skips, and the closing count.
    pub fn render(&self, verbose: bool) -> String {
        let mut text: String = self
            .outcomes
            .iter()
            .map(|outcome| outcome.render(verbose))
            .collect();
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for outcome in &self.outcomes {
            if let Verdict::Skip(reason) = &outcome.verdict {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        text.push('\n');
        text.extend(
            reasons
                .iter()
                .map(|(reason, count)| format!("skipped {count}: {}\n", printable(reason))),
        );
        text.push_str(&self.closing());
        text.push('\n');
        text
    }

    /// `N passed, N failed`, and what else there was.
    pub fn closing(&self) -> String {
        let mut parts = Vec::new();
        for (label, word) in [
            ("PASS", "passed"),
            ("FAIL", "failed"),
            ("SKIP", "skipped"),
            ("ERROR", "not understood"),
        ] {
            let count = self.count(label);
            // The first two are always said.
            if count > 0 || parts.len() < 2 {
                parts.push(format!("{count} {word}"));
            }
        }
        parts.join(", ")
    }
}
