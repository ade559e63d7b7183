//! `[sweep]`: the points of a parameter space at which an experiment is run.
//!
//! A key is a path as in `--set`, in quotes, and its value is a list; the grid is the product of
//! all lists, the last of them varying fastest. The key `points` stands for values that belong
//! together: a list of tables, each of which sets several paths at once. A value is put into the
//! parsed document before anything is understood, with the place where it stands in the list, so
//! that what is wrong with it is said there.

use std::fmt::Write as _;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::overrides::{Path, with_article};
use crate::plan::Setting;

/// Most points of a grid; more are a slip of the pen.
const MOST_POINTS: usize = 10_000;

/// The key of values that belong together.
const POINTS: &str = "points";

/// What is the same at every point, so that its points can be compared.
const COMMON: [&str; 11] = [
    "schema", "name", "title", "lesson", "refs", "sweep", "check", "compare", "regress", "output",
    "extends",
];
/// The same among the keys of `[run]`.
const COMMON_OF_RUN: [&str; 5] = ["seed", "replications", "policies", "record", "stop"];

/// The axes of a grid.
pub(crate) struct Sweep<'a> {
    axes: Vec<Axis<'a>>,
}

/// Alternatives, of which every point has one.
struct Axis<'a> {
    span: Range<usize>,
    /// At least one, and all of them set the same paths.
    alternatives: Vec<Vec<Assignment<'a>>>,
    /// Where each of them stands.
    places: Vec<Range<usize>>,
}

struct Assignment<'a> {
    key: String,
    path: Path,
    value: Spanned<DeValue<'a>>,
}

impl<'a> Sweep<'a> {
    /// Takes the table `[sweep]` out of a document; without one there is a single point.
    ///
    /// # Errors
    /// Everything that is wrong with the table.
    pub(crate) fn take(document: &mut DeTable<'a>) -> Result<Sweep<'a>, Vec<Diagnostic>> {
        let Some(value) = document.remove("sweep") else {
            return Ok(Sweep { axes: Vec::new() });
        };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            return Err(vec![
                Diagnostic::at(span, "`sweep` is a table").help(EXAMPLE),
            ]);
        };
        let mut problems = Vec::new();
        let mut axes = Vec::new();
        for (key, values) in table {
            match axis(&key, values) {
                Ok(axis) => axes.push(axis),
                Err(problem) => problems.push(problem),
            }
        }
        axes.sort_by_key(|axis| axis.span.start);
        let sweep = Sweep { axes };
        if problems.is_empty() {
            problems.extend(sweep.problem(span));
        }
        if problems.is_empty() {
            Ok(sweep)
        } else {
            problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
            Err(problems)
        }
    }

    /// What is wrong with the axes together.
    fn problem(&self, span: Range<usize>) -> Option<Diagnostic> {
        if self.axes.is_empty() {
            let problem = Diagnostic::at(span, "the sweep is over nothing");
            return Some(problem.help(EXAMPLE));
        }
        if self
            .checked_points()
            .is_none_or(|count| count > MOST_POINTS)
        {
            let sizes = self
                .axes
                .iter()
                .map(|axis| axis.alternatives.len().to_string());
            let product = sizes.collect::<Vec<_>>().join(" x ");
            let title = format!("the grid has more than {MOST_POINTS} points: {product}");
            return Some(
                Diagnostic::at(span, title)
                    .help("shorten the lists, or name the points that matter with `points`"),
            );
        }
        let paths: Vec<&Assignment<'_>> = self
            .axes
            .iter()
            .filter_map(|axis| axis.alternatives.first())
            .flatten()
            .collect();
        for (index, later) in paths.iter().enumerate() {
            if let Some(earlier) = paths[..index]
                .iter()
                .find(|earlier| overlap(earlier, later))
            {
                let title = format!("`{}` and `{}` set the same thing", earlier.key, later.key);
                let help = "a path is on one axis, and no path leads through another's value";
                return Some(Diagnostic::at(span, title).help(help));
            }
        }
        None
    }

    /// How many points there are; one if nothing is swept.
    pub(crate) fn points(&self) -> usize {
        self.checked_points().unwrap_or(usize::MAX)
    }

    /// Where the values of each axis stand, the axis that varies fastest last.
    pub(crate) fn places(&self) -> Vec<Vec<Range<usize>>> {
        self.axes.iter().map(|axis| axis.places.clone()).collect()
    }

    fn checked_points(&self) -> Option<usize> {
        let sizes = self.axes.iter().map(|axis| axis.alternatives.len());
        sizes.into_iter().try_fold(1_usize, usize::checked_mul)
    }

    /// Puts the values of a point, counted from 0, into a document.
    ///
    /// # Errors
    /// A path leads through something that is no table and no list, or to an element that does not
    /// exist.
    pub(crate) fn apply(
        &self,
        point: usize,
        document: &mut DeTable<'a>,
    ) -> Result<Vec<Setting>, Diagnostic> {
        let mut settings = Vec::new();
        let mut below: usize = self.points();
        let mut rest = point;
        for axis in &self.axes {
            below /= axis.alternatives.len();
            let chosen = &axis.alternatives[rest / below];
            rest %= below;
            for Assignment { key, path, value } in chosen {
                path.set(document, value.clone())?;
                settings.push(Setting {
                    key: key.clone(),
                    value: text_of(value.get_ref()),
                });
            }
        }
        Ok(settings)
    }
}

const EXAMPLE: &str =
    "write [sweep], and below it for example \"link.c2s.loss.random\" = [\"1%\", \"5%\"]";

/// Whether one path leads to, or through, the other's value.
fn overlap(one: &Assignment<'_>, other: &Assignment<'_>) -> bool {
    one.path
        .names()
        .zip(other.path.names())
        .all(|(one, other)| one == other)
}

fn axis<'a>(
    key: &Spanned<DeString<'a>>,
    values: Spanned<DeValue<'a>>,
) -> Result<Axis<'a>, Diagnostic> {
    let name = key.get_ref();
    let span = values.span();
    let list = match values.into_inner() {
        DeValue::Array(list) => list,
        DeValue::Table(_) => {
            return Err(
                Diagnostic::at(key.span(), "a path of a sweep is written in quotes").help(EXAMPLE),
            );
        }
        other => {
            let title = format!(
                "expected a list of values, found {}",
                with_article(other.type_str())
            );
            return Err(Diagnostic::at(span, title).help(EXAMPLE));
        }
    };
    if list.is_empty() {
        return Err(Diagnostic::at(
            span,
            format!("`{name}` has no values, so there are no points"),
        )
        .help("list at least one value"));
    }
    let mut alternatives: Vec<Vec<Assignment<'a>>> = Vec::new();
    let mut places = Vec::new();
    for value in list {
        let place = value.span();
        let alternative = if name == POINTS {
            together(value)?
        } else {
            vec![assignment(key, value)?]
        };
        check_keys(&alternatives, &alternative, &place)?;
        alternatives.push(alternative);
        places.push(place);
    }
    Ok(Axis {
        span: key.span(),
        alternatives,
        places,
    })
}

/// One element of `points`.
fn together(point: Spanned<DeValue<'_>>) -> Result<Vec<Assignment<'_>>, Diagnostic> {
    let span = point.span();
    let help = "a point is a table such as { \"load.main.arrivals.poisson\" = \"5/s\", \
                \"host.server.backlog\" = 64 }";
    match point.into_inner() {
        DeValue::Table(table) if !table.is_empty() => {
            let each = table
                .into_iter()
                .map(|(key, value)| assignment(&key, value));
            let mut all = each.collect::<Result<Vec<_>, _>>()?;
            all.sort_by_key(|assignment| assignment.value.span().start);
            Ok(all)
        }
        DeValue::Table(_) => Err(Diagnostic::at(span, "this point sets nothing").help(help)),
        other => {
            let title = format!("expected a table, found {}", with_article(other.type_str()));
            Err(Diagnostic::at(span, title).help(help))
        }
    }
}

fn assignment<'a>(
    key: &Spanned<DeString<'a>>,
    value: Spanned<DeValue<'a>>,
) -> Result<Assignment<'a>, Diagnostic> {
    let path = Path::parse(key.get_ref(), &key.span())?;
    let names: Vec<&str> = path.names().collect();
    let is_common = match names.as_slice() {
        ["run"] => true,
        ["run", below, ..] => COMMON_OF_RUN.contains(below),
        [first, ..] => COMMON.contains(first),
        [] => false,
    };
    if is_common {
        let title = format!("`{}` is the same at every point", key.get_ref());
        return Err(Diagnostic::at(key.span(), title)
            .help("a sweep is over what one run needs: hosts, links, loads, faults, run.until"));
    }
    Ok(Assignment {
        key: key.get_ref().to_string(),
        path,
        value,
    })
}

/// An alternative sets what the others set.
fn check_keys(
    others: &[Vec<Assignment<'_>>],
    new: &[Assignment<'_>],
    span: &Range<usize>,
) -> Result<(), Diagnostic> {
    let keys = |alternative: &[Assignment<'_>]| {
        let mut keys: Vec<String> = alternative.iter().map(|it| it.key.clone()).collect();
        keys.sort();
        keys
    };
    if others.first().is_some_and(|first| keys(first) != keys(new)) {
        return Err(
            Diagnostic::at(span.clone(), "this point sets other keys than the first")
                .help("every point of the list sets the same keys"),
        );
    }
    Ok(())
}

/// A value on one line: a string without its quotes, everything else as TOML has it.
pub(super) fn text_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        other => toml_of(other),
    }
}

fn toml_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(list) => {
            let each: Vec<String> = list.iter().map(|one| toml_of(one.get_ref())).collect();
            format!("[{}]", each.join(", "))
        }
        DeValue::Table(table) => {
            let mut text = String::from("{");
            for (index, (key, value)) in table.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                // Writing to a String cannot fail.
                write!(
                    text,
                    "{comma} {} = {}",
                    key.get_ref(),
                    toml_of(value.get_ref())
                )
                .expect("a String takes any text");
            }
            text + " }"
        }
    }
}
