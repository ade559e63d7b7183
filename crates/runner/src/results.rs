//! Recorded results: files that come out the same on every machine, kept beside the experiments.
//!
//! A run never overwrites what was recorded and differs, unless it is told to. Files are written
//! to a temporary folder beside their place and renamed when all of them are complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::campaign::Campaign;
use crate::experiment::Experiment;
use crate::report;

/// The file for what varies from run to run: never compared, ignored by version control.
const TIMING: &str = "timing.json";

/// Files by their names within the folder, with `/` between parts.
pub type Files = BTreeMap<String, String>;

/// The files that an experiment records.
pub fn files(experiment: &Experiment, campaign: &Campaign) -> Files {
    let plan = &experiment.plan;
    let mut files = Files::new();
    files.insert(
        "summary.json".to_owned(),
        report::summary(experiment, campaign),
    );
    for point in &campaign.points {
        let ladders = report::ladders(plan, campaign, point, false);
        if !ladders.is_empty() {
            files.insert(format!("{}/ladder.txt", point.policy.name()), ladders);
        }
    }
    if plan.run.replications > 1 {
        let table = report::replications(plan, campaign);
        files.insert("replications.csv".to_owned(), table);
    }
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let manifest = report::manifest(experiment, campaign, &names);
    files.insert("manifest.json".to_owned(), manifest);
    files
}

/// Where an experiment's files go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder of recorded results.
    pub results: PathBuf,
    /// The folder for everything that is not to be recorded.
    pub scratch: PathBuf,
}

impl Places {
    /// The places for an experiment file: `results` and `out` beside the nearest folder above it
    /// that is called `scenarios`, or, if there is none, beside the file.
    ///
    /// # Errors
    /// If the current folder is unknown.
    pub fn beside(file: &Path) -> io::Result<Places> {
        let absolute = std::path::absolute(file)?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let is_catalogue = |above: &&Path| above.file_name().is_some_and(|it| it == "scenarios");
        let home = folder
            .ancestors()
            .find(is_catalogue)
            .and_then(Path::parent)
            .unwrap_or(folder);
        Ok(Places {
            results: home.join("results"),
            scratch: home.join("out"),
        })
    }
}

/// What became of an experiment's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The very same files were there.
    Unchanged,
    /// They were written for the first time, or replaced as asked.
    Written,
    /// Others were there and stay; each difference in a line.
    Differs(Vec<String>),
}

/// Why files could not be recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct ResultsError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Makes an error of what went wrong with a path.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ResultsError {
    let path = path.to_owned();
    move |source| ResultsError {
        action,
        path,
        source,
    }
}

/// Writes the files to a folder, unless others are there that differ; those are replaced only if
/// `may_replace`.
///
/// # Errors
/// If the folder cannot be read or written. What was recorded before is still there then.
pub fn record(folder: &Path, files: &Files, may_replace: bool) -> Result<Recorded, ResultsError> {
    let before = read(folder)?;
    if before == *files {
        return Ok(Recorded::Unchanged);
    }
    if !before.is_empty() && !may_replace {
        return Ok(Recorded::Differs(differences(&before, files)));
    }
    write(folder, files)?;
    Ok(Recorded::Written)
}

/// Notes what a run took, beside its results; of no consequence if it fails.
pub fn note_timing(folder: &Path, text: &str) {
    if folder.is_dir() {
        fs::write(folder.join(TIMING), text).ok();
    }
}

/// Every recorded file of a folder; none if there is no such folder.
fn read(folder: &Path) -> Result<Files, ResultsError> {
    let mut files = Files::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        let list = match fs::read_dir(&path) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound && prefix.is_empty() => break,
            Err(error) => return Err(failed("read", &path)(error)),
        };
        for entry in list {
            let entry = entry.map_err(failed("read", &path))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed("read", &entry.path()))?;
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else if name != TIMING {
                let bytes = fs::read(entry.path()).map_err(failed("read", &entry.path()))?;
                files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(files)
}

/// What differs, file by file, with the first line that does.
fn differences(recorded: &Files, now: &Files) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, text) in now {
        match recorded.get(name) {
            None => lines.push(format!("{name}: not recorded")),
            Some(old) if old != text => lines.push(format!("{name}: {}", first_change(old, text))),
            Some(_) => {}
        }
    }
    let gone = recorded.keys().filter(|name| !now.contains_key(*name));
    lines.extend(gone.map(|name| format!("{name}: recorded, but no longer made")));
    lines
}

fn first_change(old: &str, new: &str) -> String {
    let mut old_lines = old.lines();
    let mut new_lines = new.lines();
    let mut number = 1;
    loop {
        match (old_lines.next(), new_lines.next()) {
            (Some(old), Some(new)) if old == new => number += 1,
            (None, None) => return "only the ends of lines differ".to_owned(),
            (old, new) => {
                let show = |line: Option<&str>| match line {
                    None => "(end of the file)".to_owned(),
                    Some(line) => excerpt(line.trim()),
                };
                let (old, new) = (show(old), show(new));
                return format!("line {number}\n    recorded  {old}\n    now       {new}");
            }
        }
    }
}

/// The beginning of a line that may be very long.
fn excerpt(line: &str) -> String {
    const MOST: usize = 100;
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        format!("{}...", line.chars().take(MOST).collect::<String>())
    }
}

/// Replaces a folder by one with these files.
fn write(folder: &Path, files: &Files) -> Result<(), ResultsError> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed("create", parent))?;
    let temporary = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempdir_in(parent)
        .map_err(failed("write to", parent))?;
    let fresh = temporary.path().join("new");
    for (name, text) in files {
        let path = fresh.join(name);
        let above = path.parent().unwrap_or(&fresh);
        fs::create_dir_all(above).map_err(failed("create", above))?;
        let mut file = File::create(&path).map_err(failed("write", &path))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed("write", &path))?;
    }
    let old = temporary.path().join("old");
    if folder.exists() {
        fs::rename(folder, &old).map_err(failed("replace", folder))?;
    }
    if let Err(error) = fs::rename(&fresh, folder) {
        if old.exists() {
            fs::rename(&old, folder).ok();
        }
        return Err(failed("write", folder)(error));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(names: &[(&str, &str)]) -> Files {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        names.iter().map(owned).collect()
    }

    #[test]
    fn what_is_recorded_stays_unless_it_may_be_replaced() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("results/x");
        let first = some(&[("a.txt", "one\ntwo\n"), ("p/b.txt", "")]);
        let second = some(&[("a.txt", "one\n2\n"), ("c.txt", "")]);
        let record = |files, may_replace| record(&folder, files, may_replace).expect("writable");
        assert_eq!(record(&first, false), Recorded::Written);
        note_timing(&folder, "{}\n");
        assert_eq!(record(&first, false), Recorded::Unchanged);
        let lines = vec![
            "a.txt: line 2\n    recorded  two\n    now       2".to_owned(),
            "c.txt: not recorded".to_owned(),
            "p/b.txt: recorded, but no longer made".to_owned(),
        ];
        assert_eq!(record(&second, false), Recorded::Differs(lines));
        assert_eq!(read(&folder).expect("readable"), first);
        assert_eq!(record(&second, true), Recorded::Written);
        assert_eq!(read(&folder).expect("readable"), second);
        let left = fs::read_dir(home.path().join("results")).expect("readable");
        assert_eq!(left.count(), 1, "no temporary folder is left");
    }

    #[test]
    fn results_are_beside_the_catalogue_or_the_file() {
        for (file, home) in [
            ("/a/scenarios/x.toml", "/a"),
            ("/a/scenarios/performance/x.toml", "/a"),
            ("/a/b/x.toml", "/a/b"),
        ] {
            let places = Places::beside(Path::new(file)).expect("absolute");
            assert_eq!(places.results, Path::new(home).join("results"));
            assert_eq!(places.scratch, Path::new(home).join("out"));
        }
    }
}
