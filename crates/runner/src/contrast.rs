//! `runner compare A B`: how the numbers of two folders of results differ.

mod difference;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::cli::{CompareArguments, exit};
use crate::console::{Console, Stop};
use crate::metrics::{Billionths, rounded};
use crate::paint::{Ink, Page, WIDTH, columns, right};
use crate::results::{self, Numbers, StoredPoint, StoredRuns};
use crate::statistics::paired;
use difference::{Difference, column, of_independent, of_pairs};

/// A difference is marked if chance alone gives one so large, anywhere in the tables, less often.
const LEVEL: f64 = 0.05;
/// Blanks before a metric.
const INDENT: usize = 2;
/// Least blanks between two columns.
const GAP: usize = 2;

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
        let line = format!(
            "{letter}  {}: {}, seed {}, {} of each policy",
            folder.display(),
            summary.scenario,
            summary.seed,
            runs_of(numbers)
        );
        page.wrap(Ink::Plain, &line, 3);
    }
    let (one, other) = (&first.1, &second.1);
    let is_common = one.summary.seed == other.summary.seed;
    let pairs = pairs(one, other).into_iter();
    let tables = pairs.filter_map(|pair| match pair {
        (Some(a), Some(b)) => Table::of((one, a), (other, b), is_common),
        (Some(only), None) => Some(Table::lone(only, "A")),
        (None, Some(only)) => Some(Table::lone(only, "B")),
        (None, None) => None,
    });
    let mut tables: Vec<Table> = tables.collect();
    let marked = judge(&mut tables);
    if tables.iter().any(Table::has_several_runs) {
        page.wrap(Ink::Faint, legend(is_common), 0);
    }
    for table in &tables {
        table.draw(page);
    }
    let differing = tables.iter().map(Table::len).sum::<usize>();
    let (is_same, ink, closing) = closing(one, other, differing, marked);
    page.end_line();
    page.wrap(ink, &closing, 0);
    is_same
}

/// How many runs each policy had: with a stopping rule, points of a sweep have different numbers.
fn runs_of(numbers: &Numbers) -> String {
    let counts = || numbers.runs.values().map(|runs| runs.count);
    match (counts().min().unwrap_or(0), counts().max().unwrap_or(0)) {
        (1, 1) => "1 run".to_owned(),
        (least, most) if least == most => format!("{most} runs"),
        (least, most) => format!("{least} to {most} runs"),
    }
}

fn legend(is_common: bool) -> &'static str {
    if is_common {
        "one seed: the n runs that both have met the same weather, and are compared pair by pair \
         (paired t)"
    } else {
        "different seeds: the runs are independent, n in A and in B (Welch)"
    }
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

/// Corrects the p-values for the number of differences that are shown, and marks those that chance
/// hardly gives; says how many. A metric that is the same in all runs could not have been marked,
/// so that it does not count (Tarone 1990).
fn judge(tables: &mut [Table]) -> usize {
    let rows = || tables.iter().flat_map(|table| &table.rows);
    let p_values: Vec<Option<f64>> = rows().map(|row| row.difference.p_value).collect();
    let adjusted = paired::holm(&p_values, p_values.len());
    let rows = tables.iter_mut().flat_map(|table| &mut table.rows);
    for (row, adjusted) in rows.zip(&adjusted) {
        row.adjusted = *adjusted;
    }
    for table in tables {
        // What has no p-value comes last, and equals stay in the order of their names.
        let rank = |row: &Row| row.difference.p_value.unwrap_or(f64::INFINITY);
        table
            .rows
            .sort_by(|one, other| rank(one).total_cmp(&rank(other)));
    }
    let is_marked = |p: &&Option<f64>| p.is_some_and(|p| p < LEVEL);
    adjusted.iter().filter(is_marked).count()
}

/// Whether the results are the same, and the last line.
fn closing(one: &Numbers, other: &Numbers, differing: usize, marked: usize) -> (bool, Ink, String) {
    let counts = |numbers: &Numbers| -> Vec<usize> {
        numbers.runs.values().map(|runs| runs.count).collect()
    };
    let is_common = one.summary.seed == other.summary.seed;
    if differing == 0 && one.summary.digest == other.summary.digest {
        return (true, Ink::Good, "the same".to_owned());
    }
    if differing == 0 && is_common && counts(one) != counts(other) {
        let closing = "the same in all runs that both have";
        return (true, Ink::Good, closing.to_owned());
    }
    let closing = match (differing, marked) {
        (0, _) => {
            "every number is the same, but what happened is not: the digests of the runs differ"
                .to_owned()
        }
        (1, 0) => "1 difference".to_owned(),
        (count, 0) => format!("{count} differences"),
        (count, marked) => format!(
            "{count} differences, {marked} of them beyond chance (*: p < {LEVEL} after Holm's \
             correction for all of them)"
        ),
    };
    (false, Ink::Odd, closing)
}

/// A metric that differs.
struct Row {
    difference: Difference,
    /// The p-value, corrected.
    adjusted: Option<f64>,
}

impl Row {
    /// The numbers of a line; where there are several runs, with how well the difference is known.
    fn cells(&self, has_several_runs: bool) -> Vec<String> {
        let Difference {
            means,
            counts,
            between,
            ..
        } = &self.difference;
        let cell = |value: Option<Billionths>| value.map_or_else(|| "none".to_owned(), number);
        let [a, b] = means.map(cell);
        let mut cells = vec![a, b, cell(between.map(|it| it.mean))];
        if has_several_runs {
            let half_width = between.and_then(|it| it.half_width);
            cells.push(half_width.map_or_else(String::new, number));
            cells.push(match counts {
                [a, b] if a == b => a.to_string(),
                [a, b] => format!("{a}, {b}"),
            });
            cells.push(match self.adjusted {
                None => "-".to_owned(),
                Some(p) if p < 0.0001 => "< 0.0001 *".to_owned(),
                Some(p) if p < LEVEL => format!("{p:.4} *"),
                Some(p) => format!("{p:.4}  "),
            });
        }
        cells
    }
}

/// A number that fits into its column.
fn number(value: Billionths) -> String {
    let decimals = match value.unsigned_abs() / 1_000_000_000 {
        0..1_000 => 6,
        1_000..1_000_000 => 3,
        _ => 0,
    };
    rounded(value, decimals)
}

/// What differs at one point.
struct Table {
    name: String,
    rows: Vec<Row>,
    /// What else is to be said.
    remarks: Vec<String>,
}

impl Table {
    /// The metrics and verdicts that differ; `None` if none does.
    fn of(
        (one, a): (&Numbers, &StoredPoint),
        (other, b): (&Numbers, &StoredPoint),
        is_common: bool,
    ) -> Option<Table> {
        let none = StoredRuns::default();
        let [first, second] = [(one, a), (other, b)]
            .map(|(numbers, point)| numbers.runs.get(&point.name()).unwrap_or(&none));
        let metrics: BTreeSet<&str> = first.metrics().chain(second.metrics()).collect();
        let of_metric = |metric: &str| {
            let columns = [
                column(one, first, metric, second),
                column(other, second, metric, first),
            ];
            let difference = if is_common {
                of_pairs(metric, columns)
            } else {
                of_independent(metric, columns)
            };
            Some(Row {
                difference: difference?,
                adjusted: None,
            })
        };
        let table = Table {
            name: if a.name() == b.name() {
                a.name()
            } else {
                format!("{} | {}", a.name(), b.name())
            },
            rows: metrics.into_iter().filter_map(of_metric).collect(),
            remarks: verdicts(a, b),
        };
        let is_empty = table.rows.is_empty() && table.remarks.is_empty();
        (!is_empty).then_some(table)
    }

    /// A point that only one side has.
    fn lone(point: &StoredPoint, side: &str) -> Table {
        Table {
            name: format!("{}: only in {side}", point.name()),
            rows: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn len(&self) -> usize {
        (self.rows.len() + self.remarks.len()).max(1)
    }

    fn has_several_runs(&self) -> bool {
        let counts = self.rows.iter().flat_map(|row| row.difference.counts);
        counts.max() > Some(1)
    }

    fn draw(&self, page: &mut Page) {
        page.end_line();
        let has_several_runs = self.has_several_runs();
        let heads: &[&str] = match (self.rows.is_empty(), has_several_runs) {
            (true, _) => &[],
            (_, false) => &["A", "B", "B - A"],
            (_, true) => &["A", "B", "B - A", "± (95 %)", "n", "p (Holm)  "],
        };
        let rows = self.rows.iter();
        let rows: Vec<Vec<String>> = rows.map(|row| row.cells(has_several_runs)).collect();
        let width = |(column, head): (usize, &&str)| {
            let cells = rows.iter().map(|row| columns(&row[column]));
            cells.fold(columns(head), usize::max) + GAP
        };
        let widths: Vec<usize> = heads.iter().enumerate().map(width).collect();
        let names = self.rows.iter().map(|row| row.difference.metric.len());
        let names = names.fold(self.name.len(), usize::max) + INDENT;
        let cells: usize = widths.iter().sum();
        // Where names and numbers have no room beside each other, the numbers stand below.
        let is_beside = names + cells <= WIDTH;
        let start = if is_beside {
            names
        } else {
            WIDTH.saturating_sub(cells)
        };
        let mut line = |ink: Ink, name: &str, cells: &[String]| {
            let cells = cells.iter().zip(&widths);
            let cells: String = cells.map(|(cell, width)| right(cell, *width)).collect();
            if is_beside || cells.is_empty() {
                page.line(ink, &format!("{name:<start$}{cells}"));
            } else {
                page.line(ink, name);
                page.line(ink, &format!("{:start$}{cells}", ""));
            }
        };
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        line(Ink::Strong, &self.name, &heads);
        for (row, cells) in self.rows.iter().zip(&rows) {
            let name = format!("{:INDENT$}{}", "", row.difference.metric);
            line(Ink::Plain, &name, cells);
        }
        for remark in &self.remarks {
            page.wrap(Ink::Plain, &format!("  {remark}"), 4);
        }
    }
}

/// The expectations that hold on one side only.
fn verdicts(a: &StoredPoint, b: &StoredPoint) -> Vec<String> {
    let of_both = b.expectations.iter().filter_map(|now| {
        let before = a.expectations.iter().find(|it| it.what == now.what)?;
        let side = if now.held { "B" } else { "A" };
        (before.held != now.held).then(|| format!("{} held only in {side}", now.what))
    });
    of_both.collect()
}
