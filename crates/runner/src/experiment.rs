//! Reading an experiment: from a file and the command line's changes to a [`Plan`].

use std::path::Path;

use crate::diagnostic::{Diagnostic, Rejection, Sources};
use crate::overrides::Override;
use crate::plan::{self, Plan, Resolved};
use crate::spec::Document;

/// An experiment that has been read and understood.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What it means.
    pub plan: Plan,
    /// Remarks for its author that do not stop it.
    pub notes: Vec<Diagnostic>,
    /// Where it was read from; [`notes`](Self::notes) point there.
    pub sources: Sources,
    /// SHA-256 of the file, the overrides and the files that it names, in hexadecimal.
    pub digest: String,
    /// Whether anything was overridden, so that the result is not the file's own.
    pub is_overridden: bool,
}

impl Experiment {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, or that it cannot be read.
    pub fn read(path: &Path, changes: &[Override]) -> Result<Experiment, Rejection> {
        Experiment::understand(Document::read(path, changes)?, changes)
    }

    /// Reads a text as if it stood in the file `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        path: impl AsRef<Path>,
        text: &str,
        changes: &[Override],
    ) -> Result<Experiment, Rejection> {
        let document = Document::parse(path.as_ref(), text, changes)?;
        Experiment::understand(document, changes)
    }

    fn understand(document: Document, changes: &[Override]) -> Result<Experiment, Rejection> {
        let Document {
            spec,
            sources,
            files,
        } = document;
        match plan::resolve(spec, &sources, files) {
            Ok(Resolved {
                plan,
                notes,
                digest,
            }) => Ok(Experiment {
                plan,
                notes,
                sources,
                digest,
                is_overridden: !changes.is_empty(),
            }),
            Err(diagnostics) => Err(Rejection {
                sources,
                diagnostics,
            }),
        }
    }
}
