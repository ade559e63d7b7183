//! Recorded results: files that come out the same on every machine, kept beside the experiments.
//!
//! A run never overwrites what was recorded and differs, unless it is told to, and never touches a
//! file that no run has written.

mod difference;
mod first_runs;
mod folder;
mod stored;
mod stored_runs;
mod stored_summary;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::campaign::Campaign;
use crate::capture::CaptureError;
use crate::events::EventsError;
use crate::experiment::Experiment;
use crate::explain;
use crate::report::{self, Table};
use crate::trial::TrialError;

pub(crate) use folder::stays_below;
pub use folder::{
    Compared, Edited, Recorded, ResultsError, add_report, check_place, compare, is_recorded,
    note_timing, record,
};
pub use stored::{Stored, StoredError, restore};
pub(crate) use stored_runs::{Column, StoredRuns};
pub(crate) use stored_summary::{StoredMetric, StoredPoint, StoredSummary};

/// The file that lists the others, and by which a folder of results is known.
const MANIFEST: &str = "manifest.json";
/// The experiment as it was written.
const EXPERIMENT: &str = "experiment.toml";
/// The same experiment with every value spelled out: what `runner explain` prints.
const RESOLVED: &str = "experiment.resolved.toml";
/// The document about everything. A run writes it if it is asked to; it can be added later.
const REPORT: &str = "report.html";
/// The file with all numbers and verdicts.
const SUMMARY: &str = "summary.json";

/// The contents of files by their names within the folder, with `/` between parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why the files of an experiment could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A run that was to be observed once more failed.
    #[error(transparent)]
    Trial(#[from] Box<TrialError>),
    /// A capture was asked for and cannot be made.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A table does not fit into Parquet.
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Parquet(#[from] report::ParquetError),
    /// A log was asked for and cannot be made.
    #[error(transparent)]
    Events(#[from] EventsError),
}

/// The files that an experiment records.
///
/// # Errors
/// If a capture, a log or Parquet was asked for and cannot be made.
pub fn files(experiment: &Experiment, campaign: &Campaign) -> Result<Files, FilesError> {
    let plan = &experiment.plan;
    let mut files = Files::new();
    files.insert(
        SUMMARY.to_owned(),
        report::summary(experiment, campaign).into_bytes(),
    );
    first_runs::add(&mut files, experiment, campaign)?;
    for (name, table) in tables(experiment, campaign) {
        #[cfg(feature = "parquet")]
        if plan.output.parquet {
            files.insert(format!("{name}.parquet"), report::parquet(&table)?);
        }
        files.insert(format!("{name}.csv"), table.csv);
    }
    if plan.output.report {
        let page = report::page(experiment, campaign);
        files.insert(REPORT.to_owned(), page.into_bytes());
    }
    for (name, text) in &experiment.named {
        // A file that lies elsewhere stays there.
        if stays_below(name) {
            let text = || text.clone().into_bytes();
            files.entry(name.clone()).or_insert_with(text);
        }
    }
    let text = experiment.sources.text();
    files.insert(EXPERIMENT.to_owned(), text.as_bytes().to_vec());
    files.insert(RESOLVED.to_owned(), explain::resolved(experiment).into());
    let digest = |(name, bytes): (&String, &Vec<u8>)| (name.clone(), sha256(bytes));
    let digests: Vec<(String, String)> = files.iter().map(digest).collect();
    let manifest = report::manifest(experiment, campaign, &digests);
    files.insert(MANIFEST.to_owned(), manifest.into_bytes());
    Ok(files)
}

/// The tables of an experiment, by name.
fn tables(experiment: &Experiment, campaign: &Campaign) -> Vec<(&'static str, Table)> {
    let plan = &experiment.plan;
    let mut tables = Vec::new();
    // A single run stands in the summary; whoever asks for Parquet wants a table.
    if plan.run.replications > 1 || plan.output.parquet {
        tables.push(("replications", report::replications(experiment, campaign)));
    }
    if experiment.points.len() > 1 {
        tables.push(("points", report::points(experiment, campaign)));
    }
    let comparison = report::comparison(experiment, campaign);
    tables.extend(comparison.map(|table| ("comparison", table)));
    let theory = report::theory_table(experiment, campaign);
    tables.extend(theory.map(|table| ("theory", table)));
    tables
}

/// The tables of all replications, and of all points.
const TABLES: [&str; 2] = ["replications.csv", "points.csv"];

/// The numbers that are recorded in a folder.
pub(crate) struct Numbers {
    pub(crate) summary: StoredSummary,
    /// Of each point, by its name.
    pub(crate) runs: BTreeMap<String, StoredRuns>,
}

/// Reads the numbers that are recorded in a folder.
///
/// # Errors
/// What is wrong with it, in a sentence that names the folder.
pub(crate) fn numbers(folder: &Path) -> Result<Numbers, String> {
    let wrong = |why: &str| format!("{}: {why}", folder.display());
    let files = folder::read(folder).map_err(|error| error.to_string())?;
    let mut edited = folder::edited(&files);
    edited.retain(|it| it.name == SUMMARY || TABLES.contains(&it.name.as_str()));
    if !edited.is_empty() {
        let each = edited.iter().map(|it| format!("{} {it}", it.name));
        return Err(wrong(&format!(
            "{}; bring back what was recorded (manifest.json has its SHA-256), or record anew with \
             `runner run --bless`",
            each.collect::<Vec<_>>().join(", ")
        )));
    }
    let help =
        "it has no results; name a folder that `runner run` has written, such as results/NAME";
    let summary = files.get(SUMMARY).ok_or_else(|| wrong(help))?;
    let unknown = |name: &str| wrong(&format!("{name} is not as a run writes it"));
    let summary = StoredSummary::parse(summary).ok_or_else(|| unknown(SUMMARY))?;
    // Of a sweep the summary has a selection of metrics, and the tables have all of them.
    let [replications, points] = TABLES.map(|name| files.get(name));
    let runs = match (replications, points) {
        (Some(text), _) => stored_runs::of_replications(text, &summary).ok_or(TABLES[0]),
        (None, Some(text)) => stored_runs::of_points(text, &summary).ok_or(TABLES[1]),
        (None, None) => {
            let of_point =
                |point: &StoredPoint| Some((point.name(), StoredRuns::of_summary(point)?));
            let points = summary.points.iter();
            points.map(of_point).collect::<Option<_>>().ok_or(SUMMARY)
        }
    };
    let runs = runs.map_err(unknown)?;
    Ok(Numbers { summary, runs })
}

/// SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    report::hexadecimal(&Sha256::digest(bytes))
}

/// Where the files of experiments go; each experiment has a folder of its own there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Recorded results.
    pub results: PathBuf,
    /// Everything that is not to be recorded.
    pub scratch: PathBuf,
}

impl Places {
    /// The places for an experiment file: `results` and `out` beside the nearest folder above it
    /// that is called `scenarios`, or, if there is none, beside the file.
    ///
    /// # Errors
    /// If the current folder is unknown.
    pub fn beside(file: &Path) -> io::Result<Places> {
        let absolute = std::path::absolute(file)?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let is_catalogue = |above: &&Path| above.file_name().is_some_and(|it| it == "scenarios");
        let home = folder
            .ancestors()
            .find(is_catalogue)
            .and_then(Path::parent)
            .unwrap_or(folder);
        Ok(Places {
            results: home.join("results"),
            scratch: home.join("out"),
        })
    }

    /// The folder of an experiment's recorded results.
    pub fn results_of(&self, experiment: &Experiment) -> PathBuf {
        self.results.join(&experiment.plan.name)
    }

    /// The folder for what is not to be recorded. Each set of changes to a file has its own, known
    /// by the digest of the file and the changes, so that seeds tried side by side stay apart.
    pub fn scratch_of(&self, experiment: &Experiment) -> PathBuf {
        let mut name = experiment.plan.name.clone();
        if experiment.is_overridden {
            name.push('-');
            name.extend(experiment.digest.chars().take(8));
        }
        self.scratch.join(name)
    }
}

/// A path as the user would write it: relative to the current folder if it is below.
pub fn shown(path: &Path) -> PathBuf {
    let current = std::env::current_dir().ok();
    let relative = current.and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    relative.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_beside_the_catalogue_or_the_file() {
        for (file, home) in [
            ("/a/scenarios/x.toml", "/a"),
            ("/a/scenarios/performance/x.toml", "/a"),
            ("/a/b/x.toml", "/a/b"),
        ] {
            let places = Places::beside(Path::new(file)).expect("absolute");
            assert_eq!(places.results, Path::new(home).join("results"));
            assert_eq!(places.scratch, Path::new(home).join("out"));
        }
    }
}
