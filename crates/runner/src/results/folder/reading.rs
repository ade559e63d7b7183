//! What is in a folder: the files of a run, and others.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::{ResultsError, TIMING, failed};
use crate::results::{Files, MANIFEST, REPORT};
use crate::whole_file;

/// Every file that a run left in a folder; none if the folder is empty.
pub(in crate::results) fn read(folder: &Path) -> Result<Files, ResultsError> {
    let mut files = Files::new();
    let Some(text) = file(folder, MANIFEST)? else {
        return if is_empty(folder)? {
            Ok(files)
        } else {
            Err(ResultsError::NotOurs(folder.to_owned()))
        };
    };
    let manifest =
        Manifest::parse(&text).ok_or_else(|| ResultsError::NotOurs(folder.to_owned()))?;
    for name in manifest.files.names() {
        if let Some(bytes) = file(folder, name)? {
            files.insert(name.clone(), bytes);
        }
    }
    files.insert(MANIFEST.to_owned(), text);
    Ok(files)
}

/// Whether a folder has nothing but a timing, which stays when version control takes the rest away,
/// and what a run that was killed had not finished.
fn is_empty(folder: &Path) -> Result<bool, ResultsError> {
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().map_err(failed("read", &path))?;
        let is_nothing =
            name == TIMING || whole_file::is_unfinished(&name) || kind.is_dir() && is_empty(&path)?;
        if !is_nothing {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The contents of a file, if it exists.
pub(super) fn file(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, ResultsError> {
    if !is_file(folder, name)? {
        return Ok(None);
    }
    let path = folder.join(name);
    fs::read(&path).map(Some).map_err(failed("read", &path))
}

/// Whether a file of this name exists. Neither it nor a folder on the way to it may be anything
/// else: through a symbolic link, a file outside of the folder would be changed.
pub(super) fn is_file(folder: &Path, name: &str) -> Result<bool, ResultsError> {
    let mut path = folder.to_owned();
    let mut parts = Path::new(name).components().peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let is_right = if parts.peek().is_some() {
            kind.is_dir()
        } else {
            kind.is_file()
        };
        if !is_right {
            return Err(ResultsError::InTheWay(path));
        }
    }
    Ok(true)
}

/// What is in a folder beside the files of a run.
pub(super) fn others(folder: &Path, files: &Files) -> Result<Vec<String>, ResultsError> {
    let above = |name: &String| Path::new(name).parent().map(Path::to_owned);
    let folders: BTreeSet<PathBuf> = files.keys().filter_map(above).collect();
    let mut others = Vec::new();
    for below in folders {
        let path = folder.join(&below);
        for entry in fs::read_dir(&path).map_err(failed("read", &path))? {
            let entry = entry.map_err(failed("read", &path))?;
            let name = below.join(entry.file_name());
            let is_ours = |ours: &String| Path::new(ours).starts_with(&name);
            if ![TIMING, REPORT].map(Path::new).contains(&name.as_path())
                && !files.keys().any(is_ours)
            {
                let slash = if entry.path().is_dir() { "/" } else { "" };
                others.push(format!("{}{slash}", name.display()));
            }
        }
    }
    others.sort();
    Ok(others)
}
