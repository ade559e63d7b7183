//! Overrides from the command line: `--set fault.old-syn.match.nth=2`.
//!
//! A path is dotted keys, quoted where TOML would quote them. An element of a list is named by its
//! index from 0, or by its `id`. The value is TOML if it can be read as such, else a string, so that
//! `run.until=40s` needs no quotes. Overrides are put into the parsed document before anything is
//! understood, so that they are checked like everything else; tables on the way are made if absent.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Sources, from_toml, suggestion};

/// One change to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The option that asked for it, for messages: `--set`, `--seed`.
    pub option: String,
    /// `KEY=VALUE`, as it was typed.
    pub assignment: String,
}

impl Override {
    /// `--set KEY=VALUE`.
    pub fn set(assignment: impl Into<String>) -> Override {
        Override {
            option: "--set".to_owned(),
            assignment: assignment.into(),
        }
    }

    /// An option that has a key of its own, such as `--seed`.
    pub fn option(option: &str, key: &str, value: impl std::fmt::Display) -> Override {
        Override {
            option: option.to_owned(),
            assignment: format!("{key}={value}"),
        }
    }
}

/// Most parts of a path; no key of an experiment has more.
const DEEPEST: usize = 16;

/// The lists of tables of a document.
const LISTS: [&str; 4] = ["connection", "expect", "fault", "inject"];
/// Its tables whose keys are names that the user chooses.
const NAMED: [&str; 3] = ["host", "link", "load"];

/// One step of a path, and where it stands.
struct Step {
    name: String,
    span: Range<usize>,
}

/// Applies an override to a document. Its text becomes a part of `sources`, and its spans point there.
///
/// # Errors
/// The assignment is none, or its path leads through something that is no table and no list, or to an
/// element that does not exist.
pub(crate) fn apply<'a>(
    table: &mut DeTable<'a>,
    change: &'a Override,
    sources: &mut Sources,
) -> Result<(), Diagnostic> {
    let text = &change.assignment;
    let base = sources.push(&change.option, text);
    let (path, value_at) = parse_path(text, base)?;
    let value = parse_value(&text[value_at..], base + value_at)?;
    path.set(table, value)
}

/// Where a value stands in a document: dotted keys.
pub(crate) struct Path(Vec<Step>);

impl Path {
    /// Reads dotted keys that stand at `span`; what goes wrong on the way is blamed on all of it.
    ///
    /// # Errors
    /// The text is none.
    pub(crate) fn parse(text: &str, span: &Range<usize>) -> Result<Path, Diagnostic> {
        let form = |title: &str| {
            Diagnostic::at(span.clone(), title)
                .help("write dotted keys, for example \"link.c2s.delay.jitter\"")
        };
        let (mut steps, end) = parse_steps(text, 0).map_err(form)?;
        if !text[end..].trim().is_empty() {
            return Err(form("this is no dotted key"));
        }
        for step in &mut steps {
            step.span = span.clone();
        }
        Ok(Path(steps))
    }

    /// Its keys, from the outside in; at least one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|step| step.name.as_str())
    }

    /// Puts a value there.
    ///
    /// # Errors
    /// The path leads through something that is no table and no list, or to an element that does
    /// not exist.
    pub(crate) fn set<'a>(
        &self,
        table: &mut DeTable<'a>,
        value: Spanned<DeValue<'a>>,
    ) -> Result<(), Diagnostic> {
        if let [list, choice, ..] = &self.0[..]
            && LISTS.contains(&list.name.as_str())
            && !table.contains_key(list.name.as_str())
        {
            return Err(no_element(&[], list, choice));
        }
        set_in_table(table, &self.0, value)
    }
}

/// Reads the dotted key up to the `=`, and tells where the value begins.
fn parse_path(text: &str, base: usize) -> Result<(Path, usize), Diagnostic> {
    let form = |title: &str| {
        Diagnostic::at(base..base + text.len(), title)
            .help("write it as KEY=VALUE, for example run.seed=7")
    };
    let (steps, end) = parse_steps(text, base).map_err(form)?;
    if text[end..].starts_with('=') {
        Ok((Path(steps), end + 1))
    } else {
        Err(form("an override needs `=` and a value after its key"))
    }
}

/// Reads dotted keys, and tells where what follows them begins.
fn parse_steps(text: &str, base: usize) -> Result<(Vec<Step>, usize), &'static str> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let (name, length) = if let Some(quote) = trimmed.chars().next()
            && (quote == '"' || quote == '\'')
        {
            match trimmed[1..].find(quote) {
                Some(end) => (&trimmed[1..=end], end + 2),
                None => return Err("a quoted key does not end"),
            }
        } else {
            let end = trimmed.find(['.', '=']).unwrap_or(trimmed.len());
            (trimmed[..end].trim_end(), end)
        };
        if name.is_empty() {
            return Err("a part of the key is empty");
        }
        let span = base + at..base + at + length;
        steps.push(Step {
            name: name.to_owned(),
            span,
        });
        at += length;
        let follows = text[at..].trim_start();
        at += text[at..].len() - follows.len();
        if !follows.starts_with('.') {
            return Ok((steps, at));
        }
        if steps.len() == DEEPEST {
            return Err("no key has that many parts");
        }
        at += 1;
    }
}

/// Reads a value as TOML, else as a string.
fn parse_value(text: &str, base: usize) -> Result<Spanned<DeValue<'_>>, Diagnostic> {
    let trimmed = text.trim();
    let start = base + text.len() - text.trim_start().len();
    if trimmed.is_empty() {
        return Err(Diagnostic::at(
            base..base + text.len(),
            "an override needs a value after `=`",
        )
        .help("an empty string is written as \"\""));
    }
    match DeValue::parse(trimmed) {
        Ok(value) => Ok(moved(value, start)),
        // What begins like a quoted string, a list or a table was meant to be one.
        Err(error) if trimmed.starts_with(['"', '\'', '[', '{']) => {
            let mut diagnostic = from_toml(&error);
            diagnostic.span = diagnostic
                .span
                .map(|span| span.start + start..span.end + start);
            Err(diagnostic)
        }
        Err(_) => {
            let string = DeValue::String(Cow::Borrowed(trimmed));
            Ok(Spanned::new(start..start + trimmed.len(), string))
        }
    }
}

/// The same value with all its places moved on by `by` bytes.
pub(crate) fn moved(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span().start + by..value.span().end + by;
    let inner = match value.into_inner() {
        DeValue::Array(array) => DeValue::Array(
            array
                .into_iter()
                .map(|element| moved(element, by))
                .collect(),
        ),
        DeValue::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| {
                let place = key.span().start + by..key.span().end + by;
                (Spanned::new(place, key.into_inner()), moved(value, by))
            });
            DeValue::Table(entries.collect())
        }
        scalar => scalar,
    };
    Spanned::new(span, inner)
}

/// Puts a value at a path below a table.
fn set_in_table<'a>(
    table: &mut DeTable<'a>,
    path: &[Step],
    value: Spanned<DeValue<'a>>,
) -> Result<(), Diagnostic> {
    let [step, below @ ..] = path else {
        return Ok(());
    };
    if below.is_empty() {
        // A key that is there keeps its place, and with it its turn among the axes of a sweep.
        if let Some(known) = table.get_mut(step.name.as_str()) {
            *known = value;
        } else {
            let key = Spanned::new(step.span.clone(), Cow::Owned(step.name.clone()));
            table.insert(key, value);
        }
        return Ok(());
    }
    if !table.contains_key(step.name.as_str()) {
        // Names are at home in the tables at the top; below them a number can only mean an element.
        let is_named = NAMED.contains(&step.name.as_str());
        if !is_named && below[0].name.parse::<usize>().is_ok() {
            return Err(no_element(&[], step, &below[0]));
        }
        let key = Spanned::new(step.span.clone(), Cow::Owned(step.name.clone()));
        table.insert(
            key,
            Spanned::new(step.span.clone(), DeValue::Table(DeTable::new())),
        );
    }
    match table.get_mut(step.name.as_str()) {
        Some(next) => set_in_value(next.get_mut(), step, below, value),
        None => Ok(()),
    }
}

/// Puts a value at a path below what `step` led to.
fn set_in_value<'a>(
    inside: &mut DeValue<'a>,
    step: &Step,
    path: &[Step],
    value: Spanned<DeValue<'a>>,
) -> Result<(), Diagnostic> {
    match inside {
        DeValue::Table(table) => set_in_table(table, path, value),
        DeValue::Array(array) => {
            let [choice, below @ ..] = path else {
                return Ok(());
            };
            let index = element(array, step, choice)?;
            match array.get_mut(index) {
                Some(slot) if below.is_empty() => *slot = value,
                Some(slot) => return set_in_value(slot.get_mut(), choice, below, value),
                None => {}
            }
            Ok(())
        }
        other => Err(Diagnostic::at(
            step.span.clone(),
            format!(
                "`{}` is {} here, so it has no keys",
                step.name,
                with_article(other.type_str())
            ),
        )
        .help(format!("set `{}` itself, to a table if need be", step.name))),
    }
}

/// The `id` of an element of a list, if it is a table that has one.
pub(crate) fn id_of<'v>(element: &'v DeValue<'_>) -> Option<&'v str> {
    element.as_table()?.get("id")?.get_ref().as_str()
}

/// The index of the element that a step chooses, by number or by `id`.
fn element(array: &DeArray<'_>, list: &Step, choice: &Step) -> Result<usize, Diagnostic> {
    let ids: Vec<Option<&str>> = array.iter().map(|one| id_of(one.get_ref())).collect();
    if let Some(found) = ids.iter().position(|id| *id == Some(&choice.name)) {
        return Ok(found);
    }
    match choice.name.parse::<usize>() {
        Ok(index) if index < array.len() => Ok(index),
        _ => Err(no_element(&ids, list, choice)),
    }
}

/// Says that a list has no such element; `ids` has an entry for each that it has.
fn no_element(ids: &[Option<&str>], list: &Step, choice: &Step) -> Diagnostic {
    let (list, wanted) = (&list.name, &choice.name);
    let is_number = wanted.parse::<usize>().is_ok();
    let title = if is_number {
        format!("there is no `{list}` {wanted}")
    } else {
        format!("there is no `{list}` with the id `{wanted}`")
    };
    let help = match ids {
        [] => format!(
            "there is none at all here; the file, or a value for all of `{list}`, can add one"
        ),
        [_] if is_number => "there is only number 0 here".to_owned(),
        _ if is_number => format!("there are numbers 0 to {} here", ids.len() - 1),
        _ => suggestion(wanted, ids.iter().copied().flatten(), "ids here"),
    };
    Diagnostic::at(choice.span.clone(), title).help(help)
}

/// The name of a TOML type with its article.
pub(crate) fn with_article(kind: &str) -> String {
    match kind {
        "integer" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn lists_and_named_tables_are_those_of_the_vocabulary() {
        let schema: Value = serde_json::from_str(&crate::schema::text()).expect("JSON");
        let properties = schema["properties"].as_object().expect("an object");
        let of_tables = |below: &str| {
            let is_table = |value: &Value| value[below]["$ref"].is_string();
            let keys = properties.iter().filter(|(_, value)| is_table(value));
            keys.map(|(key, _)| key.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of_tables("items"), LISTS);
        assert_eq!(of_tables("additionalProperties"), NAMED);
    }
}
