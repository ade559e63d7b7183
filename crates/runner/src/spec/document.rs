//! From bytes to a [`Spec`]: reading a file, parsing it, applying overrides.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml::de::{DeTable, Deserializer};

use crate::diagnostic::{Diagnostic, Rejection, Sources, from_toml};
use crate::overrides::{self, Override};

use super::Spec;

/// Larger files are refused: no experiment is, and a device or an endless pipe would be read for ever.
const LARGEST: u64 = 16 << 20;

/// A parsed file with where everything in it stands.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) spec: Spec,
    pub(crate) sources: Sources,
    /// SHA-256 of the file and of the overrides, in hexadecimal.
    pub(crate) digest: String,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// The file cannot be read, is no text, is no TOML, or does not have the shape of an experiment.
    pub(crate) fn read(path: &Path, changes: &[Override]) -> Result<Document, Rejection> {
        let name = path.display().to_string();
        let text = read_text(path).map_err(|diagnostic| Rejection {
            sources: Sources::new(&name, ""),
            diagnostics: vec![diagnostic],
        })?;
        Document::parse(&name, &text, changes)
    }

    /// Parses the text of a file that messages call `name`.
    ///
    /// # Errors
    /// The text is empty, is no TOML, or does not have the shape of an experiment.
    pub(crate) fn parse(
        name: &str,
        text: &str,
        changes: &[Override],
    ) -> Result<Document, Rejection> {
        let mut sources = Sources::new(name, text);
        match parse_spec(text, changes, &mut sources) {
            Ok(spec) => Ok(Document {
                spec,
                sources,
                digest: digest(text, changes),
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

fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let cannot = |error: &io::Error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory, not a file".to_owned(),
            _ => error.to_string(),
        };
        Diagnostic::new(format!("cannot read the file: {why}"))
    };
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Diagnostic::new(
            "the file is larger than 16 MiB, so it is no experiment",
        ));
    }
    let binary = |at: usize| {
        Diagnostic::new(format!(
            "this is no text file: byte {} cannot be read as UTF-8",
            at + 1
        ))
        .help("an experiment is a TOML file in UTF-8")
    };
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(binary(at));
    }
    String::from_utf8(bytes).map_err(|error| binary(error.utf8_error().valid_up_to()))
}

fn digest(text: &str, changes: &[Override]) -> String {
    let mut hash = Sha256::new();
    hash.update(text);
    for change in changes {
        hash.update([0]);
        hash.update(&change.assignment);
    }
    let mut hexadecimal = String::new();
    for byte in hash.finalize() {
        write!(hexadecimal, "{byte:02x}").expect("a String takes any text");
    }
    hexadecimal
}
