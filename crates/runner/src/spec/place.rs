//! `at` of an expectation: the points of a sweep that it is about.
//!
//! An expectation without it is about every point. It is taken out of the document before
//! anything is understood, and the expectations of other points with it, as if each point were a file
//! of its own.

use std::mem;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::overrides::with_article;
use crate::plan::Setting;

use super::sweep::text_of;

/// What the expectations of a document say about places, in their order.
pub(super) struct Places(Vec<Option<Place>>);

/// `at = { "host.server.backlog" = 64 }`.
struct Place {
    span: Range<usize>,
    settings: Vec<Setting>,
    /// Whether a point has been there.
    is_met: bool,
}

impl Places {
    /// Takes `at` out of every expectation of a document.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(super) fn take(document: &mut DeTable<'_>) -> Result<Places, Vec<Diagnostic>> {
        let mut places = Vec::new();
        let mut problems = Vec::new();
        let list = match document.get_mut("expect").map(Spanned::get_mut) {
            Some(DeValue::Array(list)) => list.as_mut(),
            // What is no list is complained about when it is read.
            _ => &mut [],
        };
        for expectation in list {
            match take_place(expectation.get_mut()) {
                Ok(place) => places.push(place),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Places(places))
        } else {
            Err(problems)
        }
    }

    /// Leaves those expectations in a document that are about the point with these settings.
    pub(super) fn keep(&mut self, settings: &[Setting], document: &mut DeTable<'_>) {
        let mut places = self.0.iter_mut();
        let mut is_here = || match places.next() {
            Some(Some(place)) => {
                let is_here = place.settings.iter().all(|one| settings.contains(one));
                place.is_met |= is_here;
                is_here
            }
            Some(None) | None => true,
        };
        if let Some(DeValue::Array(list)) = document.get_mut("expect").map(Spanned::get_mut) {
            let all = mem::replace(list, DeArray::new());
            *list = all.into_iter().filter(|_| is_here()).collect();
        }
    }

    /// A place where no point was, so that nothing was expected there.
    pub(super) fn unmet(&self) -> Vec<Diagnostic> {
        let each = self.0.iter().flatten().filter(|place| !place.is_met);
        let problem = |place: &Place| {
            Diagnostic::at(place.span.clone(), "no point of the sweep has these values").help(
                "write paths and values as [sweep] has them; values that belong to different lists \
                 may stand together",
            )
        };
        each.map(problem).collect()
    }
}

fn take_place(expectation: &mut DeValue<'_>) -> Result<Option<Place>, Diagnostic> {
    let DeValue::Table(expectation) = expectation else {
        return Ok(None);
    };
    let Some(place) = expectation.remove("at") else {
        return Ok(None);
    };
    let span = place.span();
    let help = "a place is a table with the paths and values of a point, such as \
                { \"host.server.backlog\" = 64 }; leave it out for all points";
    match place.into_inner() {
        DeValue::Table(table) if table.is_empty() => {
            Err(Diagnostic::at(span, "this place says nothing").help(help))
        }
        DeValue::Table(table) => {
            let settings = table.iter().map(|(key, value)| Setting {
                key: key.get_ref().to_string(),
                value: text_of(value.get_ref()),
            });
            Ok(Some(Place {
                span,
                settings: settings.collect(),
                is_met: false,
            }))
        }
        other => {
            let title = format!("expected a table, found {}", with_article(other.type_str()));
            Err(Diagnostic::at(span, title).help(help))
        }
    }
}
