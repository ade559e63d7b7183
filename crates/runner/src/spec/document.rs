//! From text to a [`Spec`]: parsing a file and applying overrides.

use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use crate::diagnostic::{Diagnostic, Rejection, Sources, from_toml};
use crate::overrides::{self, Override};

use super::Spec;
use super::text_file::{self, TextFiles};

/// A parsed file with where everything in it stands.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) spec: Spec,
    pub(crate) sources: Sources,
    /// Where the files are that it names.
    pub(crate) files: TextFiles,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// The file cannot be read, is no text, is no TOML, or does not have the shape of an experiment.
    pub(crate) fn read(path: &Path, changes: &[Override]) -> Result<Document, Rejection> {
        let text = text_file::read(path).map_err(|why| Rejection {
            sources: Sources::new(path.display().to_string(), ""),
            diagnostics: vec![Diagnostic::new(format!("cannot read the file: {why}"))],
        })?;
        Document::parse(path, &text, changes)
    }

    /// Parses the text of a file; files that it names are looked for beside `path`.
    ///
    /// # Errors
    /// The text is empty, is no TOML, or does not have the shape of an experiment.
    pub(crate) fn parse(
        path: &Path,
        text: &str,
        changes: &[Override],
    ) -> Result<Document, Rejection> {
        let mut sources = Sources::new(path.display().to_string(), text);
        let mut files = TextFiles::beside(path);
        files.include(text);
        for change in changes {
            files.include(&change.assignment);
        }
        match parse_spec(text, changes, &mut sources) {
            Ok(spec) => Ok(Document {
                spec,
                sources,
                files,
            }),
            Err(diagnostic) => Err(Rejection {
                sources,
                diagnostics: vec![diagnostic],
            }),
        }
    }
}

fn parse_spec(text: &str, changes: &[Override], sources: &mut Sources) -> Result<Spec, Diagnostic> {
    if text.trim().is_empty() {
        return Err(Diagnostic::new("the file is empty").help(
            "an experiment begins with `schema = 1`, a `name`, and a table `[run]` with `seed` and \
             `until`",
        ));
    }
    let mut table = DeTable::parse(text).map_err(|error| from_toml(&error))?;
    for change in changes {
        overrides::apply(table.get_mut(), change, sources)?;
    }
    Spec::deserialize(Deserializer::from(table)).map_err(|error| from_toml(&error))
}
