//! From text to a [`Spec`] for each point of its sweep: parsing a file and applying overrides.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::diagnostic::{Diagnostic, Rejection, Sources, from_toml};
use crate::overrides::{self, Override};
use crate::plan::Setting;

use super::Spec;
use super::lineage::{self, Lineage};
use super::merge::lay_over;
use super::place::Places;
use super::sweep::Sweep;
use super::text_file::{self, TextFiles};
use super::written::Written;

/// How much of an experiment is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Full,
    /// The smaller version that `[regress]` makes of it, or all of it if there is none.
    Regression,
}

/// A parsed file with where everything in it stands.
#[derive(Debug)]
pub(crate) struct Document {
    /// The points of the sweep, in order; one if there is none.
    pub(crate) points: Vec<PointSpec>,
    /// Where the values of each axis of the sweep stand, the axis that varies fastest last.
    pub(crate) axes: Vec<Vec<Range<usize>>>,
    /// What is written, before anything is made of it.
    pub(crate) written: Written,
    pub(crate) sources: Sources,
    /// The texts that make it up, for its digest.
    pub(crate) files: TextFiles,
    /// Whether it has a smaller version.
    pub(crate) has_regression: bool,
    /// Which of them this is.
    pub(crate) extent: Extent,
}

/// What is written for one point of a sweep.
#[derive(Debug)]
pub(crate) struct PointSpec {
    /// What the sweep sets there.
    pub(crate) settings: Vec<Setting>,
    /// Everything.
    pub(crate) spec: Spec,
}

impl Document {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// The file cannot be read, is no text, is no TOML, or does not have the shape of an experiment.
    pub(crate) fn read(
        path: &Path,
        changes: &[Override],
        extent: Extent,
    ) -> Result<Document, Rejection> {
        let text = text_file::read(path).map_err(|why| Rejection {
            sources: Sources::new(path, ""),
            diagnostics: vec![Diagnostic::new(format!("cannot read the file: {why}"))],
        })?;
        Document::parse(path, &text, changes, extent)
    }

    /// Parses the text of a file; files that it extends are looked for beside `path`.
    ///
    /// # Errors
    /// The text is empty, is no TOML, or does not have the shape of an experiment; or so is what it
    /// extends.
    pub(crate) fn parse(
        path: &Path,
        text: &str,
        changes: &[Override],
        extent: Extent,
    ) -> Result<Document, Rejection> {
        let mut sources = Sources::new(path, text);
        let mut files = TextFiles::beside(path);
        files.include(text);
        let parsed = read_lineage(path, text, &mut sources, &mut files).and_then(|lineage| {
            for change in changes {
                files.include(&change.assignment);
            }
            parse_lineage(&lineage, changes, extent, &mut sources)
        });
        match parsed {
            Ok(Parsed {
                points,
                axes,
                written,
                has_regression,
            }) => Ok(Document {
                points,
                axes,
                written,
                sources,
                files,
                has_regression,
                extent,
            }),
            Err(diagnostics) => Err(Rejection {
                sources,
                diagnostics,
            }),
        }
    }
}

fn read_lineage(
    path: &Path,
    text: &str,
    sources: &mut Sources,
    files: &mut TextFiles,
) -> Result<Lineage, Vec<Diagnostic>> {
    if text.trim().is_empty() {
        let problem = Diagnostic::new("the file is empty").help(
            "an experiment begins with `schema = 1`, a `name`, and a table `[run]` with `seed` and \
             `until`",
        );
        return Err(vec![problem]);
    }
    Lineage::read(path, text, sources, files).map_err(|problem| vec![problem])
}

/// What a document says under overrides.
struct Parsed {
    points: Vec<PointSpec>,
    axes: Vec<Vec<Range<usize>>>,
    written: Written,
    has_regression: bool,
}

fn parse_lineage(
    lineage: &Lineage,
    changes: &[Override],
    extent: Extent,
    sources: &mut Sources,
) -> Result<Parsed, Vec<Diagnostic>> {
    let alone = |problem: Diagnostic| vec![problem];
    let mut table = lineage.table().map_err(alone)?;
    for change in changes {
        overrides::apply(&mut table, change, sources).map_err(alone)?;
    }
    let whole = Written::of(&table, sources);
    let has_regression = shrink(&mut table, extent)?;
    let written = match extent {
        Extent::Full => whole,
        Extent::Regression => Written::of(&table, sources),
    };
    lineage::check_unset(&table).map_err(alone)?;
    // Overrides, and the smaller version, may well leave out points.
    let is_whole = changes.is_empty() && extent == Extent::Full;
    let sweep = Sweep::take(&mut table)?;
    Ok(Parsed {
        points: parse_points(table, &sweep, is_whole)?,
        axes: sweep.places(),
        written,
        has_regression,
    })
}

/// Takes `[regress]` out, and lays it over the rest if the smaller version is meant. Tells whether
/// there is one.
fn shrink(table: &mut DeTable<'_>, extent: Extent) -> Result<bool, Vec<Diagnostic>> {
    let Some(value) = table.remove("regress") else {
        return Ok(false);
    };
    let span = value.span();
    let refuse = |title: &str| {
        let help = "[regress] has the tables of an experiment with the values that differ, for \
                    example `run.replications = 5`";
        Err(vec![Diagnostic::at(span.clone(), title).help(help)])
    };
    let DeValue::Table(smaller) = value.into_inner() else {
        return refuse("`regress` is a table");
    };
    if smaller.is_empty() {
        return refuse("this version of the experiment differs in nothing");
    }
    if smaller.contains_key("regress") {
        return refuse("a smaller version has no smaller version");
    }
    if extent == Extent::Regression {
        lay_over(table, smaller);
    }
    Ok(true)
}

/// Reads what is written for each point; what is wrong at several is told once. If it `is_whole`,
/// every place that expectations name must be there.
fn parse_points<'a>(
    mut table: DeTable<'a>,
    sweep: &Sweep<'a>,
    is_whole: bool,
) -> Result<Vec<PointSpec>, Vec<Diagnostic>> {
    let mut places = Places::take(&mut table)?;
    let mut points = Vec::new();
    let mut problems = Vec::new();
    for index in 0..sweep.points() {
        let mut table = table.clone();
        let point = sweep.apply(index, &mut table).and_then(|settings| {
            places.keep(&settings, &mut table);
            let whole = toml::Spanned::new(0..0, table);
            let spec = Spec::deserialize(Deserializer::from(whole));
            let spec = spec.map_err(|error| from_toml(&error))?;
            Ok(PointSpec { settings, spec })
        });
        match point {
            Ok(point) => points.push(point),
            Err(problem) if problems.contains(&problem) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() && is_whole {
        problems = places.unmet();
    }
    if problems.is_empty() {
        Ok(points)
    } else {
        Err(problems)
    }
}
