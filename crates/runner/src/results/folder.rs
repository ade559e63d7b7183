//! A folder that runs write, known by its manifest.
//!
//! Only what the manifest lists, the manifest itself and the timing are ever replaced or removed;
//! all else in the folder is somebody's, and stays. Files are written under other names and renamed
//! when all of them are complete. The manifest comes first, so that a run which is killed leaves a
//! folder that the next one still knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::difference::differences;
use super::{Files, MANIFEST, REPORT, sha256};
use crate::whole_file::{self, Staged};

/// The file for what varies from run to run: never compared, ignored by version control.
const TIMING: &str = "timing.json";

/// What became of an experiment's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The very same files were there.
    Unchanged,
    /// They were written for the first time, or replaced as asked.
    Written {
        /// What else is in the folder and was left alone; a folder's name ends with `/`.
        others: Vec<String>,
    },
    /// Others were there and stay; each difference in a line.
    Differs(Vec<String>),
}

/// How a run's files compare with those that were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The very same bytes.
    Same,
    /// There are none.
    NotRecorded,
    /// Somebody has changed or removed these files after they were recorded.
    Edited(Vec<String>),
    /// The run gives others; each difference in a line.
    Differs(Vec<String>),
}

/// Why files could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Failed {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// The folder has files, but none of them is a manifest of this program.
    #[error(
        "{} is not empty and has no {MANIFEST} of this program, so nothing in it was touched",
        .0.display()
    )]
    NotOurs(PathBuf),
    /// Something is in the way that no run has written.
    #[error(
        "{} is in the way and was not written by a run, so nothing was touched",
        .0.display()
    )]
    InTheWay(PathBuf),
}

/// Makes an error of what went wrong with a path.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ResultsError {
    let path = path.to_owned();
    move |source| ResultsError::Failed {
        action,
        path,
        source,
    }
}

/// Writes the files to a folder, unless an earlier run left others there that differ; those are
/// replaced only if `may_replace`. One of the files is the manifest that lists the others.
///
/// # Errors
/// If the folder is not empty and not a run's, if something that no run has written is in the way
/// (nothing is changed then), or if it cannot be read or written.
pub fn record(folder: &Path, files: &Files, may_replace: bool) -> Result<Recorded, ResultsError> {
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let _lock = lock(folder);
    let before = read(folder)?;
    if before == *files {
        return Ok(Recorded::Unchanged);
    }
    if !before.is_empty() && !may_replace {
        let edited = edited(&before).into_iter();
        let mut lines: Vec<String> = edited
            .map(|name| format!("{name}: changed by hand after it was recorded"))
            .collect();
        lines.extend(differences(&before, files));
        return Ok(Recorded::Differs(lines));
    }
    for (name, bytes) in files {
        let is_free = before.contains_key(name)
            || name == REPORT
            || read_file(folder, name)?.is_none_or(|found| found == *bytes);
        if !is_free {
            return Err(ResultsError::InTheWay(folder.join(name)));
        }
    }
    let staged = stage(folder, files)?;
    for name in before.keys().filter(|name| !files.contains_key(*name)) {
        remove(folder, name)?;
    }
    for (path, file) in staged {
        file.place().map_err(failed("write", &path))?;
    }
    let others = others(folder, files)?;
    Ok(Recorded::Written { others })
}

/// Writes all files beside their places, the manifest first, so that a full disk is noticed before
/// anything is replaced.
fn stage(folder: &Path, files: &Files) -> Result<Vec<(PathBuf, Staged)>, ResultsError> {
    let (manifest, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| *name == MANIFEST);
    let mut staged = Vec::new();
    for (name, bytes) in manifest.into_iter().chain(rest) {
        let path = folder.join(name);
        match whole_file::stage(&path, |file| file.write_all(bytes)) {
            Ok(file) => staged.push((path, file)),
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

/// Compares a folder with the files that a run gives. Nothing is written.
///
/// # Errors
/// If the folder is not a run's, or cannot be read.
pub fn compare(folder: &Path, files: &Files) -> Result<Compared, ResultsError> {
    if !is_recorded(folder) {
        return Ok(Compared::NotRecorded);
    }
    let recorded = read(folder)?;
    if recorded == *files {
        return Ok(Compared::Same);
    }
    let edited = edited(&recorded);
    if edited.is_empty() {
        return Ok(Compared::Differs(differences(&recorded, files)));
    }
    Ok(Compared::Edited(edited))
}

/// The names of recorded files that are not as a run has written them.
pub(super) fn edited(recorded: &Files) -> Vec<String> {
    let manifest = recorded
        .get(MANIFEST)
        .and_then(|text| Manifest::parse(text));
    let Some(Listing::Digests(digests)) = manifest.map(|manifest| manifest.files) else {
        return Vec::new();
    };
    let is_edited = |(name, digest): &(&String, &String)| {
        recorded
            .get(*name)
            .is_none_or(|bytes| sha256(bytes) != **digest)
    };
    let names = digests.iter().filter(is_edited).map(|(name, _)| name);
    names.cloned().collect()
}

/// Whether there is a manifest in a folder.
pub fn is_recorded(folder: &Path) -> bool {
    folder.join(MANIFEST).exists()
}

/// Writes a report beside recorded results, in place of an earlier one.
///
/// # Errors
/// If it cannot be written; an earlier one stays then.
pub fn add_report(folder: &Path, text: &str) -> Result<PathBuf, ResultsError> {
    is_file(folder, REPORT)?;
    replace(folder, REPORT, text.as_bytes())?;
    Ok(folder.join(REPORT))
}

/// Notes what a run took, beside its results; of no consequence if it fails.
pub fn note_timing(folder: &Path, text: &str) {
    drop(replace(folder, TIMING, text.as_bytes()));
}

/// Makes other processes wait that record in the same folder, until the result is dropped.
/// Where the system cannot lock a folder, each file is still complete in itself.
fn lock(folder: &Path) -> Option<File> {
    let handle = File::open(folder).ok()?;
    handle.lock().ok()?;
    Some(handle)
}

/// As much of a manifest as tells which files are a run's.
#[derive(Deserialize)]
struct Manifest {
    tool: String,
    files: Listing,
}

/// The files of a run.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listing {
    /// With the SHA-256 of each.
    Digests(BTreeMap<String, String>),
    /// Without, as earlier versions wrote it.
    Names(Vec<String>),
}

impl Listing {
    fn names(&self) -> Vec<&String> {
        match self {
            Listing::Digests(digests) => digests.keys().collect(),
            Listing::Names(names) => names.iter().collect(),
        }
    }
}

impl Manifest {
    /// Reads the manifest of this program; other programs have files of this name, too.
    fn parse(text: &[u8]) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_slice(text).ok()?;
        let is_ours = manifest
            .tool
            .starts_with(concat!(env!("CARGO_PKG_NAME"), " "));
        let mut names = manifest.files.names().into_iter();
        (is_ours && names.all(|name| stays_below(name))).then_some(manifest)
    }
}

/// Whether a name cannot lead out of the folder that it is joined to.
pub(crate) fn stays_below(name: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(_));
    !name.is_empty() && Path::new(name).components().all(is_plain)
}

/// Every file that a run left in a folder; none if the folder is empty.
pub(super) fn read(folder: &Path) -> Result<Files, ResultsError> {
    let mut files = Files::new();
    let Some(text) = read_file(folder, MANIFEST)? else {
        return if is_empty(folder)? {
            Ok(files)
        } else {
            Err(ResultsError::NotOurs(folder.to_owned()))
        };
    };
    let manifest =
        Manifest::parse(&text).ok_or_else(|| ResultsError::NotOurs(folder.to_owned()))?;
    for name in manifest.files.names() {
        if let Some(bytes) = read_file(folder, name)? {
            files.insert(name.clone(), bytes);
        }
    }
    files.insert(MANIFEST.to_owned(), text);
    Ok(files)
}

/// Whether a folder has nothing but a timing, which stays when version control takes the rest away.
fn is_empty(folder: &Path) -> Result<bool, ResultsError> {
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        if entry.map_err(failed("read", folder))?.file_name() != TIMING {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The contents of a file, if it exists.
fn read_file(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, ResultsError> {
    if !is_file(folder, name)? {
        return Ok(None);
    }
    let path = folder.join(name);
    fs::read(&path).map(Some).map_err(failed("read", &path))
}

/// Whether a file of this name exists. Neither it nor a folder on the way to it may be anything
/// else: through a symbolic link, a file outside of the folder would be changed.
fn is_file(folder: &Path, name: &str) -> Result<bool, ResultsError> {
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
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
    let path = folder.join(name);
    whole_file::write(&path, bytes).map_err(failed("write", &path))
}

/// What is in a folder beside the files of a run.
fn others(folder: &Path, files: &Files) -> Result<Vec<String>, ResultsError> {
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Files with these names and texts, and their manifest.
    fn some(names: &[(&str, &str)]) -> Files {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_owned());
        let mut files: Files = names.iter().map(owned).collect();
        let list: Vec<&String> = files.keys().collect();
        let manifest = format!("{{\"tool\": \"runner 0\",\n\"files\": {list:?}}}\n");
        files.insert(MANIFEST.to_owned(), manifest.into_bytes());
        files
    }

    fn written(others: &[&str]) -> Recorded {
        let others = others.iter().map(|name| (*name).to_owned()).collect();
        Recorded::Written { others }
    }

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn text(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).expect("readable")
    }

    #[test]
    fn what_is_recorded_stays_unless_it_may_be_replaced() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("results/x");
        let first = some(&[("a.txt", "one\ntwo\n"), ("p/b.txt", "")]);
        let second = some(&[("a.txt", "one\n2\n"), ("c.txt", "")]);
        let record = |files, may_replace| record(&folder, files, may_replace).expect("writable");
        assert_eq!(record(&first, false), written(&[]));
        note_timing(&folder, "{}\n");
        assert_eq!(record(&first, false), Recorded::Unchanged);
        let Recorded::Differs(lines) = record(&second, false) else {
            panic!("others were recorded")
        };
        assert_eq!(
            lines,
            [
                "a.txt: line 2\n    recorded  two\n    now       2",
                "c.txt: not recorded",
                "p/b.txt: recorded, but no longer made"
            ]
        );
        assert_eq!(read(&folder).expect("readable"), first);
        assert_eq!(record(&second, true), written(&[]));
        assert_eq!(read(&folder).expect("readable"), second);
        let left = fs::read_dir(&folder).expect("readable").count();
        assert_eq!(left, 4, "two files, manifest and timing; no folder p");
    }

    #[test]
    fn a_folder_that_no_run_has_made_is_left_alone() {
        let files = some(&[("a.txt", "new")]);
        for (name, content) in [
            ("keep/file", "mine"),
            ("a.txt", "mine"),
            (
                MANIFEST,
                "{\"name\": \"an extension\", \"files\": [\"a.txt\"]}",
            ),
            (MANIFEST, "{\"tool\": \"other 1\", \"files\": []}"),
            (MANIFEST, "{\"tool\": \"runner 0\", \"files\": [\"../a\"]}"),
            (
                MANIFEST,
                "{\"tool\": \"runner 0\", \"files\": [\"/etc/a\"]}",
            ),
        ] {
            let home = tempfile::tempdir().expect("a temporary folder");
            put(home.path(), name, content);
            let outcome = record(home.path(), &files, true);
            assert!(
                matches!(outcome, Err(ResultsError::NotOurs(_))),
                "{content}: {outcome:?}"
            );
            assert_eq!(text(home.path(), name), content);
            assert_eq!(fs::read_dir(home.path()).expect("readable").count(), 1);
        }
    }

    #[test]
    fn a_folder_with_only_a_timing_is_as_good_as_none() {
        let home = tempfile::tempdir().expect("a temporary folder");
        put(home.path(), TIMING, "{}");
        let outcome = record(home.path(), &some(&[("a.txt", "")]), false);
        assert_eq!(outcome.expect("writable"), written(&[]));
    }

    #[test]
    fn files_of_others_in_a_run_s_folder_stay_and_are_named() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path();
        let record = |names: &[(&str, &str)]| record(folder, &some(names), true);
        record(&[("p/a.txt", "1"), ("q/b.txt", "1")]).expect("writable");
        for name in ["notes", "mine/1", "mine/2", "p/notes", "q/notes"] {
            put(folder, name, "mine");
        }
        let outcome = record(&[("p/a.txt", "2")]).expect("writable");
        assert_eq!(outcome, written(&["mine/", "notes", "p/notes", "q/"]));
        assert!(!folder.join("q/b.txt").exists());
        for name in ["notes", "mine/1", "mine/2", "p/notes", "q/notes"] {
            assert_eq!(text(folder, name), "mine");
        }
        let outcome = record(&[("p/a.txt", "3"), ("q/notes", "3")]);
        assert!(matches!(outcome, Err(ResultsError::InTheWay(_))));
        assert_eq!(text(folder, "q/notes"), "mine");
        assert_eq!(text(folder, "p/a.txt"), "2", "nothing was touched");
    }

    #[cfg(unix)]
    #[test]
    fn no_symbolic_link_leads_out_of_the_folder() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (folder, outside) = (home.path().join("x"), home.path().join("outside"));
        put(&outside, "a.txt", "mine");
        let first = some(&[("p/a.txt", "1")]);
        fs::create_dir(&folder).expect("writable");
        let manifest = String::from_utf8_lossy(&first[MANIFEST]);
        put(&folder, MANIFEST, &manifest);
        std::os::unix::fs::symlink(&outside, folder.join("p")).expect("writable");
        for files in [&first, &some(&[("b.txt", "2")])] {
            let outcome = record(&folder, files, true);
            assert!(matches!(outcome, Err(ResultsError::InTheWay(_))));
            assert_eq!(text(&outside, "a.txt"), "mine");
        }
    }

    #[test]
    fn runs_at_the_same_time_all_succeed_and_do_not_mix() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("x");
        let files_of = |run: usize| {
            let number = run.to_string();
            let own = format!("p{run}/a.txt");
            some(&[("a.txt", &number), ("b.txt", &number), (&own, &number)])
        };
        thread::scope(|scope| {
            for run in 0..8 {
                let (folder, files) = (&folder, files_of(run));
                scope.spawn(move || {
                    for _ in 0..5 {
                        let outcome = record(folder, &files, true).expect("writable");
                        assert!(matches!(
                            outcome,
                            Recorded::Unchanged | Recorded::Written { .. }
                        ));
                    }
                });
            }
        });
        let last = text(&folder, "a.txt").parse().expect("a number");
        assert_eq!(read(&folder).expect("readable"), files_of(last));
        let left = fs::read_dir(&folder).expect("readable").count();
        assert_eq!(left, 4, "two files, a folder and the manifest");
    }
}
