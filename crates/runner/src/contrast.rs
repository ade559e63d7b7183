//! `runner compare A B`: how the numbers of two folders of results differ.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::cli::{CompareArguments, exit};
use crate::console::{Console, Stop};
use crate::metrics::{Billionths, rounded, undecimal};
use crate::paint::{Ink, Page};
use crate::results::{self, Numbers, StoredMetric, StoredPoint, StoredRows};
use crate::statistics::{Interval, Moments, paired, welch};

/// With which the intervals cover the true difference.
const CONFIDENCE: f64 = 0.95;
/// Columns of the names of metrics.
const NAMES: usize = 45;
/// Columns of a number.
const CELL: usize = 14;

/// Runs it; returns 0 if the results are the same, else 1.
pub fn run(arguments: &CompareArguments, mut console: Console<'_>) -> u8 {
    let mut sides = Vec::new();
    for folder in [&arguments.first, &arguments.second] {
        match results::numbers(folder) {
            Ok(numbers) => sides.push((folder.as_path(), numbers)),
            Err(why) => {
                console.tell(&format!("error: {why}\n"));
                return exit::USAGE;
            }
        }
    }
    let [first, second] = &sides[..] else {
        return exit::BUG;
    };
    let mut page = Page::new(arguments.color.color.is_on(&io::stdout()));
    let is_same = contrast(&mut page, first, second);
    match console.print(&page.into_text()) {
        Ok(()) if is_same => exit::GOOD,
        Ok(()) => exit::FAILED,
        Err(Stop(code)) => code,
    }
}

/// A folder and what is recorded there.
type Side<'s> = (&'s Path, Numbers);

/// Writes what differs; says whether nothing does.
fn contrast(page: &mut Page, first: &Side<'_>, second: &Side<'_>) -> bool {
    for (letter, (folder, numbers)) in [("A", first), ("B", second)] {
        let summary = &numbers.summary;
        let runs = match summary.replications {
            1 => "1 run".to_owned(),
            count => format!("at most {count} runs"),
        };
        page.line(
            Ink::Plain,
            &format!(
                "{letter}  {}: {}, seed {}, {runs} of each policy",
                folder.display(),
                summary.scenario,
                summary.seed
            ),
        );
    }
    let (one, other) = (&first.1, &second.1);
    let mut differing = 0;
    for (a, b) in pairs(one, other) {
        differing += match (a, b) {
            (Some(a), Some(b)) => point(page, (one, a), (other, b)),
            (Some(only), None) => lone(page, only, "A"),
            (None, Some(only)) => lone(page, only, "B"),
            (None, None) => 0,
        };
    }
    let is_same = differing == 0 && one.summary.digest == other.summary.digest;
    let (ink, closing) = match (is_same, differing) {
        (true, _) => (Ink::Good, "the same".to_owned()),
        (false, 0) => (
            Ink::Odd,
            "every number is the same, but what happened is not: the digests of the runs differ"
                .to_owned(),
        ),
        (false, 1) => (Ink::Odd, "1 difference".to_owned()),
        (false, count) => (Ink::Odd, format!("{count} differences")),
    };
    page.end_line();
    page.line(ink, &closing);
    is_same
}

/// The points that belong together. Where each side has a single one, they do, whatever they are
/// called.
fn pairs<'n>(
    one: &'n Numbers,
    other: &'n Numbers,
) -> Vec<(Option<&'n StoredPoint>, Option<&'n StoredPoint>)> {
    let (first, second) = (&one.summary.points, &other.summary.points);
    if let ([a], [b]) = (&first[..], &second[..]) {
        return vec![(Some(a), Some(b))];
    }
    let twin = |of: &StoredPoint, among: &'n [StoredPoint]| {
        let name = of.name();
        among.iter().find(|point| point.name() == name)
    };
    let mut pairs: Vec<_> = first.iter().map(|a| (Some(a), twin(a, second))).collect();
    let only = second.iter().filter(|b| twin(b, first).is_none());
    pairs.extend(only.map(|b| (None, Some(b))));
    pairs
}

fn lone(page: &mut Page, point: &StoredPoint, side: &str) -> usize {
    page.end_line();
    page.line(Ink::Strong, &format!("{}: only in {side}", point.name()));
    1
}

/// The metrics and verdicts of a point that differ; says how many.
fn point(
    page: &mut Page,
    (one, a): (&Numbers, &StoredPoint),
    (other, b): (&Numbers, &StoredPoint),
) -> usize {
    let names: BTreeSet<&String> = a.metrics.keys().chain(b.metrics.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        let (before, now) = (a.metrics.get(name), b.metrics.get(name));
        if before.map(StoredMetric::numbers) == now.map(StoredMetric::numbers) {
            continue;
        }
        let cells = [before, now].map(|metric| metric.map(StoredMetric::mean));
        let column = |numbers: &'_ Numbers, point: &StoredPoint| {
            numbers
                .rows
                .get(&point.name())
                .and_then(|rows: &StoredRows| rows.get(name))
                .cloned()
        };
        let columns = [column(one, a), column(other, b)];
        let is_common = one.summary.seed == other.summary.seed;
        let (difference, how) = difference(cells, columns, is_common);
        lines.push(row(name, cells, difference, how));
    }
    for verdict in &b.expectations {
        let before = a.expectations.iter().find(|it| it.what == verdict.what);
        if before.is_some_and(|before| before.held != verdict.held) {
            let word = if verdict.held {
                "only in B"
            } else {
                "only in A"
            };
            lines.push(format!("  {} held {word}", verdict.what));
        }
    }
    if lines.is_empty() {
        return 0;
    }
    let name = if a.name() == b.name() {
        a.name()
    } else {
        format!("{} | {}", a.name(), b.name())
    };
    page.end_line();
    let heads = ["A", "B", "B - A"]
        .map(|head| format!("{head:>CELL$}"))
        .concat();
    page.line(Ink::Strong, &format!("{name:<NAMES$}{heads}"));
    for line in &lines {
        page.line(Ink::Plain, line);
    }
    lines.len()
}

/// What each replication measured.
type Column = Vec<Option<Billionths>>;

/// The difference of the means, and how well it is known.
fn difference(
    cells: [Option<&str>; 2],
    columns: [Option<Column>; 2],
    is_common: bool,
) -> (Option<Interval>, &'static str) {
    if let [Some(a), Some(b)] = columns {
        // With one seed, replications of one number meet the same weather.
        if is_common && a.len() == b.len() {
            let paired = paired::paired(a.into_iter().zip(b), CONFIDENCE);
            return (paired.map(|it| it.difference), "paired");
        }
        let [a, b] = [a, b].map(|values| Moments::of(values.into_iter().flatten()));
        return (welch::difference(&a, &b, CONFIDENCE), "Welch");
    }
    let [Some(a), Some(b)] = cells.map(|cell| cell.and_then(undecimal)) else {
        return (None, "");
    };
    let mean = b - a;
    (
        Some(Interval {
            mean,
            half_width: None,
        }),
        "",
    )
}

/// A line of the table; where there are several runs, with the interval and how it was had.
fn row(name: &str, cells: [Option<&str>; 2], difference: Option<Interval>, how: &str) -> String {
    let short = |cell: Option<&str>| match cell.and_then(undecimal) {
        None => "none".to_owned(),
        Some(value) => rounded(value, 6),
    };
    let [a, b] = cells.map(short);
    let between = difference.map_or_else(|| "none".to_owned(), |it| rounded(it.mean, 6));
    let precision = match difference.and_then(|it| it.half_width) {
        None => String::new(),
        Some(half_width) => format!("  ± {} (95 %, {how})", rounded(half_width, 6)),
    };
    let name = format!("  {name}");
    format!("{name:<NAMES$}{a:>CELL$}{b:>CELL$}{between:>CELL$}{precision}")
}
