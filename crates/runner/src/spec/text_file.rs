//! Reading the text files that make up an experiment, and the digest of all of them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Larger files are refused: no experiment is, and a device or an endless pipe would be read for ever.
const LARGEST: u64 = 16 << 20;

/// The files of one experiment.
#[derive(Clone, Debug)]
pub(crate) struct TextFiles {
    /// Where relative names begin.
    folder: PathBuf,
    hash: Sha256,
    /// The names and texts of those that the experiment names or extends.
    named: Vec<(String, String)>,
}

impl TextFiles {
    /// Files beside an experiment in this file.
    pub(crate) fn beside(experiment: &Path) -> TextFiles {
        let folder = experiment.parent().unwrap_or(Path::new("")).to_owned();
        TextFiles {
            folder,
            hash: Sha256::new(),
            named: Vec::new(),
        }
    }

    /// Makes a text count for the digest.
    pub(crate) fn include(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text);
    }

    /// Reads a file by its name as it is seen from the experiment's folder, and includes it.
    ///
    /// # Errors
    /// Why it cannot be read, as the words after "cannot read ...:".
    pub(crate) fn read_named(&mut self, name: &str) -> Result<String, String> {
        let text = read(&self.folder.join(name))?;
        self.include(&text);
        self.named.push((name.to_owned(), text.clone()));
        Ok(text)
    }

    /// The files that the experiment names or extends: names as seen from its folder, and texts.
    pub(crate) fn named(&self) -> &[(String, String)] {
        &self.named
    }

    /// SHA-256 of everything included, in order, in hexadecimal.
    pub(crate) fn digest(self) -> String {
        let mut hexadecimal = String::new();
        for byte in self.hash.finalize() {
            write!(hexadecimal, "{byte:02x}").expect("a String takes any text");
        }
        hexadecimal
    }
}

/// Reads a text file.
///
/// # Errors
/// Why it cannot be read, as the words after "cannot read ...:".
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let why = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory, not a file".to_owned(),
        _ => error.to_string(),
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(why)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(why)?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is larger than 16 MiB".to_owned());
    }
    let binary = |at: usize| format!("it is no text, byte {} is not UTF-8", at + 1);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(binary(at));
    }
    String::from_utf8(bytes).map_err(|error| binary(error.utf8_error().valid_up_to()))
}
