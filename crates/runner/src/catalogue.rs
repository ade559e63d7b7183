//! The scenarios that are at hand: found by name, listed by group.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Rejection, Sources, nearest};

/// The folder that holds scenarios, and below which they are found by name.
const FOLDER: &str = "scenarios";
/// How experiment files end.
const EXTENSION: &str = "toml";

/// What a group of scenarios is about, by the letter that their names begin with.
const GROUPS: [(char, &str); 9] = [
    ('s', "S: stale SYN"),
    ('h', "H: handshake"),
    ('f', "F: termination"),
    (
        'o',
        "O: one end is gone (half-open in the words of RFC 9293)",
    ),
    ('t', "T: TIME-WAIT"),
    ('b', "B: backlog and floods"),
    ('m', "M: museum of real bugs"),
    ('n', "N: the network by itself"),
    ('p', "P: policies compared"),
];

/// A scenario that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Name of the file without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl Entry {
    /// What stands before the first hyphen: `s06b` of `s06b-stale-syn`.
    pub fn number(&self) -> &str {
        self.name.split('-').next().unwrap_or(&self.name)
    }

    /// The heading of its group: names of the catalogue are a letter, two digits, and perhaps a
    /// letter for the variant.
    pub fn group(&self) -> Option<&'static str> {
        let mut rest = self.number().chars();
        let letter = rest.next()?;
        let is_numbered = rest.next().is_some_and(|c| c.is_ascii_digit())
            && rest.next().is_some_and(|c| c.is_ascii_digit());
        let known = GROUPS.iter().find(|(own, _)| *own == letter)?;
        is_numbered.then_some(known.1)
    }
}

/// All scenarios of the nearest folder `scenarios`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// In the order of listing: by group, then by name.
    pub entries: Vec<Entry>,
}

impl Catalogue {
    /// The scenarios in the folder `scenarios` of the current folder or of the nearest one above
    /// that has one. `None` if none has.
    pub fn find() -> Option<Catalogue> {
        let current = std::env::current_dir().ok()?;
        let mut above = current.ancestors().map(|folder| folder.join(FOLDER));
        let folder = above.find(|folder| folder.is_dir())?;
        // The path as the user would write it, if the folder is below the current one.
        let folder = folder
            .strip_prefix(&current)
            .map_or(folder.clone(), Path::to_owned);
        Some(Catalogue::read(&folder))
    }

    /// The scenarios in a folder and in those below it. What cannot be read is not there.
    pub fn read(folder: &Path) -> Catalogue {
        let mut entries = Vec::new();
        collect(folder, &mut entries);
        let rank = |entry: &Entry| {
            let group = entry.group();
            GROUPS
                .iter()
                .position(|(_, heading)| group == Some(heading))
                .unwrap_or(GROUPS.len())
        };
        entries.sort_by(|one, other| (rank(one), one).cmp(&(rank(other), other)));
        Catalogue { entries }
    }

    /// The entries that a word may mean: the one with this name, else those with this number, else
    /// those whose names begin with it.
    pub fn matching(&self, word: &str) -> Vec<&Entry> {
        let tests: [fn(&Entry, &str) -> bool; 3] = [
            |entry, word| entry.name == word,
            |entry, word| entry.number() == word,
            |entry, word| entry.name.starts_with(word),
        ];
        let found = tests.map(|test| {
            let entries = self.entries.iter();
            entries
                .filter(|entry| test(entry, word))
                .collect::<Vec<_>>()
        });
        let first = found.into_iter().find(|some| !some.is_empty());
        first.unwrap_or_default()
    }
}

/// Collects the experiment files of a folder and of those below it. Links are not followed into
/// folders, so that no circle is walked for ever.
fn collect(folder: &Path, into: &mut Vec<Entry>) {
    let Ok(list) = fs::read_dir(folder) else {
        return;
    };
    for entry in list.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == EXTENSION)
            && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
        {
            let name = name.to_owned();
            into.push(Entry { name, path });
        }
    }
}

/// The file that was meant by what stands on the command line: a path, or the name of a scenario or
/// the beginning of one.
///
/// # Errors
/// A name that fits no scenario, or several. A path is returned as it is: whether it can be read
/// shows when it is.
pub fn locate(written: &Path) -> Result<PathBuf, Rejection> {
    let is_name = written.components().count() == 1 && written.extension().is_none();
    let word = written.to_str().filter(|_| is_name && !written.is_file());
    let Some(word) = word else {
        return Ok(written.to_owned());
    };
    let refuse = |title: String, help: String| {
        let diagnostic = Diagnostic::new(title).help(help);
        Err(Rejection {
            sources: Sources::new(word, ""),
            diagnostics: vec![diagnostic],
        })
    };
    let Some(catalogue) = Catalogue::find() else {
        return refuse(
            format!("there is no file `{word}`, and no folder `{FOLDER}` to find a scenario in"),
            format!("name a file, or go to a folder that has `{FOLDER}` in it or above it"),
        );
    };
    match catalogue.matching(word).as_slice() {
        [only] => Ok(only.path.clone()),
        [] => refuse(
            format!("no scenario's name is or begins with `{word}`"),
            match nearest(
                word,
                catalogue
                    .entries
                    .iter()
                    .flat_map(|entry| [entry.name.as_str(), entry.number()]),
            ) {
                Some(near) => format!("did you mean `{near}`? `runner list` shows all"),
                None => "`runner list` shows all".to_owned(),
            },
        ),
        several => {
            let names: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).collect();
            refuse(
                format!("`{word}` may be any of {} scenarios", several.len()),
                format!("write more of the name: {}", names.join(", ")),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(names: &[&str]) -> Catalogue {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(path, "").expect("writable");
        }
        Catalogue::read(folder.path())
    }

    fn names(entries: &[&Entry]) -> Vec<String> {
        entries.iter().map(|entry| entry.name.clone()).collect()
    }

    #[test]
    fn a_name_its_number_or_its_beginning_finds_a_scenario() {
        let all = catalogue(&[
            "s06-race.toml",
            "s06b-race.toml",
            "s07-x.toml",
            "below/s08-y.toml",
            "s09.txt",
        ]);
        for (word, expected) in [
            ("s06-race", &["s06-race"][..]),
            ("s06", &["s06-race"]),
            ("s06b", &["s06b-race"]),
            ("s0", &["s06-race", "s06b-race", "s07-x", "s08-y"]),
            ("s08-", &["s08-y"]),
            ("s09", &[]),
            ("race", &[]),
        ] {
            assert_eq!(names(&all.matching(word)), expected, "{word}");
        }
    }

    #[test]
    fn scenarios_are_listed_by_group() {
        let all = catalogue(&[
            "a.toml",
            "b01-x.toml",
            "h01-x.toml",
            "s01-x.toml",
            "size.toml",
            "o1-x.toml",
        ]);
        let list: Vec<_> = all
            .entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.group().map(|group| &group[..1])))
            .collect();
        let expected = [
            ("s01-x", Some("S")),
            ("h01-x", Some("H")),
            ("b01-x", Some("B")),
            ("a", None),
            ("o1-x", None),
            ("size", None),
        ];
        assert_eq!(list, expected);
    }
}
