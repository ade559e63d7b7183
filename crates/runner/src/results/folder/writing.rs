//! Putting the files of a run into a folder: all of them or none, as far as a file system can.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{ResultsError, failed};
use crate::results::{Files, MANIFEST};
use crate::whole_file::{self, Staged};

/// Makes a folder, unless it is there, and does something with it. If that fails, no folder is left
/// that was made for it.
pub(super) fn with_folder<T>(
    folder: &Path,
    act: impl FnOnce() -> Result<T, ResultsError>,
) -> Result<T, ResultsError> {
    let is_new = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let made: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
    let done = fs::create_dir_all(folder).map_err(failed("create", folder));
    let done = done.and_then(|()| act());
    if done.is_err() {
        // Those that have become somebody's stay.
        for above in made {
            drop(fs::remove_dir(above));
        }
    }
    done
}

/// A file that is complete, and its name in the folder.
pub(super) struct Ready<'f> {
    name: &'f str,
    file: Staged,
}

/// Writes all files beside their places, the manifest first, so that a full disk is noticed before
/// anything is replaced.
///
/// # Errors
/// If one cannot be written; nothing is left of the others then.
pub(super) fn stage<'f>(folder: &Path, files: &'f Files) -> Result<Vec<Ready<'f>>, ResultsError> {
    sweep(folder, files);
    let (manifest, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| *name == MANIFEST);
    let mut staged = Vec::new();
    for (name, bytes) in manifest.into_iter().chain(rest) {
        let path = folder.join(name);
        match whole_file::stage(&path, |file| file.write_all(bytes)) {
            Ok(file) => staged.push(Ready { name, file }),
            Err(error) => {
                drop(staged);
                for name in files.keys() {
                    remove_empty(folder, name);
                }
                return Err(failed("write", &path)(error));
            }
        }
    }
    Ok(staged)
}

/// Removes what runs that were killed had not finished. Nobody else is writing, who locks the folder.
fn sweep(folder: &Path, files: &Files) {
    let mut folders: Vec<PathBuf> = Vec::new();
    for name in files.keys() {
        let above = folder.join(name).parent().map(Path::to_owned);
        folders.extend(above.filter(|above| !folders.contains(above)));
    }
    for entry in folders.iter().flat_map(fs::read_dir).flatten().flatten() {
        if whole_file::is_unfinished(&entry.file_name()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Puts files in place of those that were there before, and removes the others of these.
///
/// # Errors
/// If one cannot be put in its place. Where there were none before, there are none then.
pub(super) fn place(
    folder: &Path,
    staged: Vec<Ready<'_>>,
    before: &Files,
) -> Result<(), ResultsError> {
    let is_gone = |name: &&String| !staged.iter().any(|file| file.name == **name);
    let gone: Vec<&String> = before.keys().filter(is_gone).collect();
    let names: Vec<&str> = staged.iter().map(|file| file.name).collect();
    let mut changed = 0;
    let done = swap(folder, &gone, staged, &mut changed);
    if done.is_err() && before.is_empty() {
        for (index, name) in names.into_iter().enumerate() {
            if index < changed {
                // What cannot be removed, either, is told of by the error that is there.
                drop(fs::remove_file(folder.join(name)));
            }
            remove_empty(folder, name);
        }
        return done;
    }
    done.map_err(|error| {
        if changed == 0 {
            return error;
        }
        ResultsError::Halfway {
            folder: folder.to_owned(),
            source: Box::new(error),
        }
    })
}

/// Counts what it has changed.
fn swap(
    folder: &Path,
    gone: &[&String],
    staged: Vec<Ready<'_>>,
    changed: &mut usize,
) -> Result<(), ResultsError> {
    for name in gone {
        remove(folder, name)?;
        *changed += 1;
    }
    for Ready { name, file } in staged {
        file.place().map_err(failed("write", &folder.join(name)))?;
        *changed += 1;
    }
    Ok(())
}

/// Removes a file, and the folders that are empty without it.
fn remove(folder: &Path, name: &str) -> Result<(), ResultsError> {
    let path = folder.join(name);
    fs::remove_file(&path).map_err(failed("remove", &path))?;
    remove_empty(folder, name);
    Ok(())
}

/// Removes the folders that are empty without a file.
fn remove_empty(folder: &Path, name: &str) {
    for above in Path::new(name).ancestors().skip(1) {
        // The empty name at the end is the folder itself, which stays.
        if above.as_os_str().is_empty() || fs::remove_dir(folder.join(above)).is_err() {
            break;
        }
    }
}

/// Writes a file in place of the one that has its name, at one stroke.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
    let path = folder.join(name);
    whole_file::write(&path, bytes).map_err(failed("write", &path))
}
