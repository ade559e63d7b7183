//! From a folder of results back to the experiment that they are of.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{EXPERIMENT, MANIFEST};
use crate::diagnostic::Rejection;
use crate::experiment::Experiment;
use crate::overrides::Override;

/// An experiment as it was when its results were recorded.
#[derive(Debug)]
pub struct Stored {
    /// The experiment.
    pub experiment: Experiment,
    /// SHA-256 over the traces of all runs, in hexadecimal.
    pub digest: String,
}

/// Why a folder's experiment cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// There are no results.
    #[error(
        "{} has no {MANIFEST} of this program; name a folder that `runner run` has written, such \
         as results/NAME",
        .0.display()
    )]
    NoResults(PathBuf),
    /// The results are older than this version of the folder.
    #[error(
        "{} has no {EXPERIMENT}; `runner run` with the experiment's file records it",
        .0.display()
    )]
    NoExperiment(PathBuf),
    /// The file in the folder has been changed.
    #[error(
        "{} is not the experiment that the results are of; `runner run` records those of the \
         changed file",
        .0.display()
    )]
    Changed(PathBuf),
    /// The file is not understood.
    #[error("{}", .0.render(false))]
    Rejected(Box<Rejection>),
}

/// As much of a manifest as is needed.
#[derive(Deserialize)]
struct Manifest {
    tool: String,
    scenario_sha256: String,
    trace_sha256: String,
    #[serde(default)]
    changes: Vec<String>,
    /// Which version of the experiment, if not all of it.
    version: Option<String>,
}

/// Reads the experiment that is recorded in a folder.
///
/// # Errors
/// See [`StoredError`].
pub fn restore(folder: &Path) -> Result<Stored, StoredError> {
    let manifest = fs::read(folder.join(MANIFEST))
        .ok()
        .and_then(|text| serde_json::from_slice::<Manifest>(&text).ok())
        .filter(|manifest| {
            manifest
                .tool
                .starts_with(concat!(env!("CARGO_PKG_NAME"), " "))
        })
        .ok_or_else(|| StoredError::NoResults(folder.to_owned()))?;
    let file = folder.join(EXPERIMENT);
    if !file.is_file() {
        return Err(StoredError::NoExperiment(folder.to_owned()));
    }
    let changes: Vec<Override> = manifest.changes.into_iter().map(Override::set).collect();
    let read = match manifest.version {
        None => Experiment::read,
        Some(_) => Experiment::read_for_regression,
    };
    let experiment =
        read(&file, &changes).map_err(|rejection| StoredError::Rejected(Box::new(rejection)))?;
    if experiment.digest != manifest.scenario_sha256 {
        return Err(StoredError::Changed(file));
    }
    Ok(Stored {
        experiment,
        digest: manifest.trace_sha256,
    })
}
