//! The index of RFC 9293's requirements (its appendix B): where the crate keeps each, which test
//! proves it, and what is absent. It is generated from the citations in comments, so it can
//! neither name a place that is gone nor leave a requirement out.

mod citation;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use self::citation::{Citation, citations};

/// The requirements: id, level, section, and what it says in few words.
const RULES: &str = include_str!("../../data/rfc9293.tsv");
/// Those that the crate does not keep by itself: id, how far it does, and why.
const EXCEPTIONS: &str = include_str!("../../data/rfc9293-exceptions.tsv");
/// Set it to write the index anew.
const UPDATE: &str = "UPDATE_RFC9293";

/// How far a requirement is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// By this crate.
    Kept,
    /// By this crate, as far as the reason says.
    InPart,
    /// It is a matter of whoever drives an endpoint.
    Driver,
    /// Not at all.
    Absent,
}

impl Status {
    const ALL: [(Status, &'static str); 4] = [
        (Status::Kept, "kept"),
        (Status::InPart, "in part"),
        (Status::Driver, "driver"),
        (Status::Absent, "absent"),
    ];

    fn name(self) -> &'static str {
        Status::ALL[self as usize].1
    }
}

/// A requirement and all that is known of it.
#[derive(Clone, Debug)]
struct Rule {
    id: String,
    level: String,
    section: String,
    says: String,
    status: Status,
    reason: String,
    /// Places in `src`, then tests, as the index prints them.
    places: Vec<String>,
    tests: Vec<String>,
}

/// The lines of a table without its heading, split at tabs.
fn rows<const N: usize>(table: &str) -> impl Iterator<Item = [&str; N]> {
    table.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        cells
            .try_into()
            .unwrap_or_else(|cells: Vec<&str>| panic!("{} cells in {line:?}", cells.len()))
    })
}

fn rules(rules: &str, exceptions: &str) -> Result<Vec<Rule>, Vec<String>> {
    let mut known: BTreeMap<&str, (Status, &str)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for [id, status, reason] in rows(exceptions) {
        let status = Status::ALL.into_iter().find(|(_, name)| *name == status);
        match status {
            Some((status, _)) if status != Status::Kept && !reason.is_empty() => {
                if known.insert(id, (status, reason)).is_some() {
                    wrong.push(format!("{id} has two exceptions"));
                }
            }
            _ => wrong.push(format!("the exception {id} has no status or no reason")),
        }
    }
    let rules = rows(rules)
        .map(|[id, level, section, says]| {
            let (status, reason) = known.remove(id).unwrap_or((Status::Kept, ""));
            Rule {
                id: id.to_owned(),
                level: level.to_owned(),
                section: section.to_owned(),
                says: says.to_owned(),
                status,
                reason: reason.to_owned(),
                places: Vec::new(),
                tests: Vec::new(),
            }
        })
        .collect();
    wrong.extend(
        known
            .keys()
            .map(|id| format!("the exception {id} is of no requirement")),
    );
    if wrong.is_empty() {
        Ok(rules)
    } else {
        Err(wrong)
    }
}

/// Notes a file's citations in the rules; says which are of no requirement.
fn note(rules: &mut [Rule], file: &str, found: Vec<Citation>) -> Vec<String> {
    let mut wrong = Vec::new();
    for Citation { id, item, test } in found {
        let Some(rule) = rules.iter_mut().find(|rule| rule.id == id) else {
            wrong.push(format!("{file} cites {id}, which does not exist"));
            continue;
        };
        let place = if item.is_empty() {
            format!("`{file}`")
        } else {
            format!("`{file}` {item}")
        };
        let source = !file.starts_with("tests/");
        let list = match (test, source) {
            (true, _) => &mut rule.tests,
            (false, true) => &mut rule.places,
            (false, false) => continue, // A helper of tests proves nothing.
        };
        if !list.contains(&place) {
            list.push(place);
        }
    }
    wrong
}

/// What contradicts what a rule claims.
fn contradictions(rules: &[Rule]) -> Vec<String> {
    let mut wrong = Vec::new();
    for rule in rules {
        let id = &rule.id;
        let (cited, tested) = (!rule.places.is_empty(), !rule.tests.is_empty());
        match rule.status {
            Status::Kept | Status::InPart => {
                if !cited {
                    wrong.push(format!("{id} is neither cited in src nor an exception"));
                }
                if !tested {
                    wrong.push(format!("no test cites {id}"));
                }
            }
            Status::Absent if cited || tested => {
                wrong.push(format!("{id} is cited although it is absent"));
            }
            Status::Absent | Status::Driver => {}
        }
    }
    wrong
}

/// The index as Markdown.
fn index(rules: &[Rule]) -> String {
    let count = |wanted| rules.iter().filter(|rule| rule.status == wanted).count();
    let mut text = format!(
        "# RFC 9293, requirement by requirement\n\n\
         Generated from the citations in `src` and `tests`; do not edit. To write it anew, run\n\
         `{UPDATE}=1 cargo test -p tcp-core --test suite requirements`.\n\n\
         Of the {} requirements of appendix B, {} are kept by this crate, {} in part, {} are a\n\
         matter of whoever drives an endpoint, and {} are absent. The reasons follow the table.\n\
         A status says what the profile `rfc9293` does, with its switches where the RFC leaves a\n\
         choice; the other profiles deviate where the systems that they describe do.\n\n\
         | rule | level | section | says | status | where | test |\n\
         |---|---|---|---|---|---|---|\n",
        rules.len(),
        count(Status::Kept),
        count(Status::InPart),
        count(Status::Driver),
        count(Status::Absent),
    );
    for rule in rules {
        let (places, tests) = (rule.places.join("<br>"), rule.tests.join("<br>"));
        let Rule {
            id,
            level,
            section,
            says,
            status,
            ..
        } = rule;
        let status = status.name();
        writeln!(
            text,
            "| {id} | {level} | {section} | {says} | {status} | {places} | {tests} |"
        )
        .unwrap();
    }
    for (status, heading) in [
        (Status::InPart, "Kept in part"),
        (Status::Driver, "A matter of the driver"),
        (Status::Absent, "Absent"),
    ] {
        write!(text, "\n## {heading}\n\n").unwrap();
        for rule in rules.iter().filter(|rule| rule.status == status) {
            writeln!(text, "- {}, {}: {}", rule.id, rule.says, rule.reason).unwrap();
        }
    }
    text
}

/// The Rust files below a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The rules with everything that the crate's files cite, and what is wrong with them.
fn gather(root: &Path) -> (Vec<Rule>, Vec<String>) {
    let mut rules = rules(RULES, EXCEPTIONS).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let mut wrong = Vec::new();
    for folder in ["src", "tests"] {
        for path in sources(&root.join(folder)) {
            let file = path.strip_prefix(root).unwrap();
            if file.starts_with("tests/suite/requirements") {
                continue; // What is written here is about citations.
            }
            let file: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
            let source = fs::read_to_string(&path).unwrap();
            wrong.extend(note(&mut rules, &file.join("/"), citations(&source)));
        }
    }
    wrong.extend(contradictions(&rules));
    (rules, wrong)
}

#[test]
fn the_index_says_what_the_sources_cite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (rules, wrong) = gather(root);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (path, index) = (root.join("RFC9293.md"), index(&rules));
    if env::var_os(UPDATE).is_some() {
        fs::write(&path, &index).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == index,
        "RFC9293.md is out of date; run this test with {UPDATE}=1"
    );
}

/// An index that accepts every claim would prove nothing.
#[test]
fn false_claims_are_noticed() {
    let table = "id\tlevel\tsection\trule\nMUST-1\tMUST\t3.1\tone\nMUST-2\tMUST\t3.1\ttwo\n";
    let absent = "id\tstatus\treason\nMUST-2\tabsent\tno urgent data\n";
    let source = "fn a() {\n    // MUST-2 and MUST-3.\n}\n";
    let mut found = rules(table, absent).unwrap();
    let mut wrong = note(&mut found, "src/a.rs", citations(source));
    wrong.extend(contradictions(&found));
    assert_eq!(
        wrong,
        [
            "src/a.rs cites MUST-3, which does not exist",
            "MUST-1 is neither cited in src nor an exception",
            "no test cites MUST-1",
            "MUST-2 is cited although it is absent",
        ]
    );
    for exceptions in [
        "id\tstatus\treason\nMUST-9\tabsent\tunknown\n",
        "id\tstatus\treason\nMUST-1\tkept\tnot an exception\n",
        "id\tstatus\treason\nMUST-1\tabsent\t\n",
        "id\tstatus\treason\nMUST-1\tabsent\tonce\nMUST-1\tdriver\ttwice\n",
    ] {
        assert!(rules(table, exceptions).is_err(), "{exceptions}");
    }
}
