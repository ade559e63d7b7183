//! Which experiment rows are of, with everything that is needed to read it again.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::rows;
use crate::campaign::Shard;
use crate::diagnostic::Rejection;
use crate::experiment::Experiment;
use crate::overrides::Override;
use crate::results::stays_below;
use crate::whole_file;

/// Of this program's sources: what one build has written means nothing to another.
const PROGRAM: &str = env!("RUNNER_FINGERPRINT");

/// The first line of a file of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    tool: String,
    program: String,
    /// Name of the experiment.
    pub scenario: String,
    scenario_sha256: String,
    /// Which part of the experiment it is; `None` if it is about all of it.
    pub shard: Option<Shard>,
    /// The experiment as it was written, and the files that it names.
    text: String,
    named: BTreeMap<String, String>,
    /// What the command line changed.
    changes: Vec<String>,
}

/// Why the experiment of a header cannot be had again.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It names a file that a part cannot carry.
    #[error(
        "the experiment names `{0}`, which is not below its own folder, so that a part cannot carry \
         it: put it there"
    )]
    Outside(String),
    /// The rows were written by another program.
    #[error("it was written by another build of this program, which may give other results")]
    OtherProgram,
    /// The text is not that of the digest.
    #[error("the experiment in it is not the one that its rows are of")]
    Changed,
    /// The text is not understood.
    #[error("{}", .0.render(false))]
    Rejected(Box<Rejection>),
    /// It could not be put down to be read.
    #[error("cannot write to a temporary folder: {0}")]
    Failed(#[from] io::Error),
}

impl Header {
    /// The header for an experiment, or a part of it.
    pub fn of(experiment: &Experiment, shard: Option<Shard>) -> Header {
        let changes = experiment.changes.iter();
        Header {
            tool: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
            program: PROGRAM.to_owned(),
            scenario: experiment.plan.name.clone(),
            scenario_sha256: experiment.digest.clone(),
            shard,
            text: experiment.sources.text().to_owned(),
            named: experiment.named.iter().cloned().collect(),
            changes: changes.map(|change| change.assignment.clone()).collect(),
        }
    }

    /// Whether everything that it names is in it.
    ///
    /// # Errors
    /// If a file is not below the experiment's folder.
    pub fn check_is_complete(&self) -> Result<(), HeaderError> {
        let outside = self.named.keys().find(|name| !stays_below(name));
        outside.map_or(Ok(()), |name| Err(HeaderError::Outside(name.clone())))
    }

    /// Whether both are of the same experiment and were written by the same program.
    pub fn is_of_same(&self, other: &Header) -> bool {
        Header {
            shard: other.shard,
            ..self.clone()
        } == *other
    }

    /// Whether these are the first octets of a file with this header, torn within it.
    pub(crate) fn begins_with(&self, octets: &[u8]) -> bool {
        self.line().starts_with(octets)
    }

    /// The line of the file.
    pub(super) fn line(&self) -> Vec<u8> {
        // Strings and numbers always have a representation in JSON.
        rows::sealed(&serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads the experiment.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn experiment(&self) -> Result<Experiment, HeaderError> {
        if self.program != PROGRAM {
            return Err(HeaderError::OtherProgram);
        }
        self.check_is_complete()?;
        let folder = tempfile::tempdir()?;
        let put =
            |name: &str, text: &str| whole_file::write(&folder.path().join(name), text.as_bytes());
        for (name, text) in &self.named {
            put(name, text)?;
        }
        let changes: Vec<Override> = self.changes.iter().map(Override::set).collect();
        let file = folder
            .path()
            .join(Path::new(&self.scenario).with_extension("toml"));
        let experiment = Experiment::parse(file, &self.text, &changes)
            .map_err(|rejection| HeaderError::Rejected(Box::new(rejection)))?;
        if experiment.digest != self.scenario_sha256 {
            return Err(HeaderError::Changed);
        }
        Ok(experiment)
    }
}
