//! A folder that runs write, known by its manifest.
//!
//! Only what the manifest lists, the manifest itself and the timing are ever replaced or removed;
//! all else in the folder is somebody's, and stays. Files are written under other names and renamed
//! when all of them are complete. The manifest comes first, so that a run which is killed leaves a
//! folder that the next one still knows and completes.

mod manifest;
mod reading;
mod writing;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::difference::differences;
use super::{Files, MANIFEST, REPORT, sha256};
use crate::whole_file;
use manifest::{Listing, Manifest};

pub(crate) use manifest::stays_below;
pub(super) use reading::read;

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

/// A recorded file that is not as a run has written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Its name within the folder.
    pub name: String,
    /// Whether it is not there any more.
    pub is_missing: bool,
}

/// What has become of the file, without its name.
impl fmt::Display for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_missing {
            "is missing, though it was recorded"
        } else {
            "changed by hand after it was recorded"
        })
    }
}

/// How a run's files compare with those that were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The very same bytes.
    Same,
    /// There are none.
    NotRecorded,
    /// Somebody has changed or removed these files after they were recorded.
    Edited(Vec<Edited>),
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
    /// A recorded result was being replaced, and only some of its files are.
    #[error(
        "{source}; {} has files of both results now, and the same command with --bless completes it",
        folder.display()
    )]
    Halfway {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        source: Box<ResultsError>,
    },
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
/// (nothing is changed then), or if it cannot be read or written. A folder that had no results has
/// none afterwards, and one that did not exist does not.
pub fn record(folder: &Path, files: &Files, may_replace: bool) -> Result<Recorded, ResultsError> {
    writing::with_folder(folder, || {
        let _lock = lock(folder);
        record_in(folder, files, may_replace)
    })
}

fn record_in(folder: &Path, files: &Files, may_replace: bool) -> Result<Recorded, ResultsError> {
    let before = read(folder)?;
    if before == *files {
        return Ok(Recorded::Unchanged);
    }
    // What a run that was killed has left of the same result is completed.
    let is_part = before
        .iter()
        .all(|(name, bytes)| files.get(name) == Some(bytes));
    if !is_part && !may_replace {
        let edited = edited(&before).into_iter();
        let mut lines: Vec<String> = edited
            .map(|edited| format!("{}: {edited}", edited.name))
            .collect();
        lines.extend(differences(&before, files));
        return Ok(Recorded::Differs(lines));
    }
    for (name, bytes) in files {
        let is_free = before.contains_key(name)
            || name == REPORT
            || reading::file(folder, name)?.is_none_or(|found| found == *bytes);
        if !is_free {
            return Err(ResultsError::InTheWay(folder.join(name)));
        }
    }
    let staged = writing::stage(folder, files)?;
    writing::place(folder, staged, &before)?;
    let others = reading::others(folder, files)?;
    Ok(Recorded::Written { others })
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

/// The recorded files that are not as a run has written them.
pub(super) fn edited(recorded: &Files) -> Vec<Edited> {
    let manifest = recorded
        .get(MANIFEST)
        .and_then(|text| Manifest::parse(text));
    let Some(Listing::Digests(digests)) = manifest.map(|manifest| manifest.files) else {
        return Vec::new();
    };
    let look = |(name, digest): (&String, &String)| {
        let bytes = recorded.get(name);
        let is_edited = bytes.is_none_or(|bytes| sha256(bytes) != *digest);
        is_edited.then(|| Edited {
            name: name.clone(),
            is_missing: bytes.is_none(),
        })
    };
    digests.iter().filter_map(look).collect()
}

/// Makes sure that results can be written to a folder, which need not exist, before there are any.
/// Nothing is left there.
///
/// # Errors
/// As of [`record`], which may fail later all the same: a disk may be full by then.
pub fn check_place(folder: &Path) -> Result<(), ResultsError> {
    // Another process may just be writing to it.
    let _lock = lock(folder);
    if folder.exists() {
        read(folder)?;
    }
    whole_file::check_place(folder).map_err(failed("write to", folder))
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
    let _lock = lock(folder);
    reading::is_file(folder, REPORT)?;
    writing::replace(folder, REPORT, text.as_bytes())?;
    Ok(folder.join(REPORT))
}

/// Notes what a run took, beside its results; of no consequence if it fails.
pub fn note_timing(folder: &Path, text: &str) {
    let _lock = lock(folder);
    drop(writing::replace(folder, TIMING, text.as_bytes()));
}

/// Makes other processes wait that record in the same folder, until the result is dropped.
/// Where the system cannot lock a folder, each file is still complete in itself.
fn lock(folder: &Path) -> Option<File> {
    let handle = File::open(folder).ok()?;
    handle.lock().ok()?;
    Some(handle)
}

#[cfg(test)]
mod tests {
    use std::fs;
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

    #[test]
    fn what_a_killed_run_has_left_is_completed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let files = some(&[("a.txt", "1"), ("p/b.txt", "1")]);
        // Killed while the files were written, and while they were put into their places.
        for name in [".unfinished-7", "p/.unfinished-8"] {
            put(home.path(), name, "half a fi");
        }
        let outcome = record(home.path(), &files, false).expect("writable");
        assert_eq!(outcome, written(&[]));
        assert_eq!(fs::read_dir(home.path()).expect("readable").count(), 3);
        assert_eq!(
            fs::read_dir(home.path().join("p"))
                .expect("readable")
                .count(),
            1
        );
        fs::remove_file(home.path().join("a.txt")).expect("writable");
        let outcome = record(home.path(), &files, false).expect("writable");
        assert_eq!(outcome, written(&[]));
        assert_eq!(read(home.path()).expect("readable"), files);
    }

    #[test]
    fn what_fails_leaves_nothing_in_a_new_folder_and_says_so_in_an_old_one() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let files = some(&[("a.txt", "1"), ("p/b.txt", "1")]);
        let folder = home.path().join("results/x");
        let fails = |before: &Files| {
            writing::with_folder(&folder, || {
                let staged = writing::stage(&folder, &files)?;
                // Something comes into the way at the last moment.
                put(&folder, "p/b.txt/mine", "mine");
                writing::place(&folder, staged, before)
            })
        };
        let error = fails(&Files::new()).expect_err("a folder is in the way");
        assert!(matches!(error, ResultsError::Failed { .. }), "{error}");
        let left = |below: &str| {
            let entries = fs::read_dir(folder.join(below)).expect("readable");
            let names = entries.map(|entry| entry.expect("readable").file_name());
            names.collect::<Vec<_>>()
        };
        assert_eq!(
            (left(""), left("p")),
            (vec!["p".into()], vec!["b.txt".into()])
        );

        fs::remove_dir_all(&folder).expect("writable");
        let before = some(&[("a.txt", "0"), ("p/b.txt", "0")]);
        record(&folder, &before, false).expect("writable");
        fs::remove_file(folder.join("p/b.txt")).expect("writable");
        let error = fails(&before)
            .expect_err("a folder is in the way")
            .to_string();
        assert!(error.contains("--bless completes it"), "{error}");

        // A name that no file can have.
        let folder = home.path().join("other/y");
        let long = some(&[(&"n".repeat(300), "1")]);
        assert!(record(&folder, &long, false).is_err());
        assert!(!home.path().join("other").exists());
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
