//! What is written, all files and changes laid over each other, with where each value stands: as
//! `runner explain` shows it.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::diagnostic::Sources;

/// Most characters of a list on one line.
const LONGEST_LIST: usize = 80;

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// A table, its keys in the order in which they stand.
    Table(Vec<(String, Written)>),
    /// A list of tables at the top level, such as `[[connection]]`.
    List(Vec<Written>),
    /// Any other value.
    Value {
        /// As TOML has it.
        toml: String,
        /// Where it comes from, in a few words.
        origin: String,
    },
}

impl Written {
    /// A whole document.
    pub(crate) fn of(document: &DeTable<'_>, sources: &Sources) -> Written {
        let top = |value: &Spanned<DeValue<'_>>, key: &str| match value.get_ref() {
            DeValue::Array(list) if is_of_tables(value.get_ref()) => {
                let each = list.iter().map(|one| Written::of_value(one, key, sources));
                Written::List(each.collect())
            }
            // The turn of its axes is that of their keys, wherever their values were changed.
            DeValue::Table(axes) if key == "sweep" => {
                let mut axes: Vec<_> = axes.iter().collect();
                axes.sort_by_key(|(key, _)| key.span().start);
                let axes = axes.into_iter().map(|(key, value)| {
                    let key = key.get_ref().to_string();
                    let value = Written::of_value(value, &key, sources);
                    (key, value)
                });
                Written::Table(axes.collect())
            }
            _ => Written::of_value(value, key, sources),
        };
        Written::of_table(document, &top)
    }

    fn of_table(
        table: &DeTable<'_>,
        inside: &dyn Fn(&Spanned<DeValue<'_>>, &str) -> Written,
    ) -> Written {
        let named = in_order(table).into_iter().map(|(key, value)| {
            let key = key.get_ref().to_string();
            let value = inside(value, &key);
            (key, value)
        });
        Written::Table(named.collect())
    }

    fn of_value(value: &Spanned<DeValue<'_>>, key: &str, sources: &Sources) -> Written {
        match value.get_ref() {
            DeValue::Table(table) => {
                Written::of_table(table, &|value, key| Written::of_value(value, key, sources))
            }
            _ => Written::Value {
                toml: toml_of(value, key, sources),
                origin: sources.origin(&value.span()),
            },
        }
    }

    /// What stands at a key of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Written> {
        match self {
            Written::Table(entries) => {
                let found = entries.iter().find(|(known, _)| known == key);
                found.map(|(_, value)| value)
            }
            Written::List(_) | Written::Value { .. } => None,
        }
    }

    /// The same, for changes.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Written> {
        match self {
            Written::Table(entries) => {
                let found = entries.iter_mut().find(|(known, _)| known == key);
                found.map(|(_, value)| value)
            }
            Written::List(_) | Written::Value { .. } => None,
        }
    }

    /// Whether something stands at a path, or a value on the way to it.
    pub(crate) fn has(&self, path: &[String]) -> bool {
        let [key, below @ ..] = path else { return true };
        match self {
            Written::Value { .. } => true,
            Written::List(list) => {
                let index = key.parse::<usize>().ok();
                let element = index.and_then(|index| list.get(index));
                element.is_some_and(|element| element.has(below))
            }
            Written::Table(_) => self.get(key).is_some_and(|value| value.has(below)),
        }
    }

    /// Says what stands at a path in other words, if it is a value; where it comes from stays.
    pub(crate) fn reword(&mut self, path: &[String], words: String) {
        match (self, path) {
            (Written::Value { toml, .. }, []) => *toml = words,
            (Written::List(list), [key, below @ ..]) => {
                let index = key.parse::<usize>().ok();
                if let Some(element) = index.and_then(|index| list.get_mut(index)) {
                    element.reword(below, words);
                }
            }
            (table, [key, below @ ..]) => {
                if let Some(value) = table.get_mut(key) {
                    value.reword(below, words);
                }
            }
            (_, []) => {}
        }
    }

    /// Puts a value at a path unless something stands there or on the way. Tables on the way are
    /// made if absent; elements of lists, which are named by their indices, are not.
    pub(crate) fn fill(&mut self, path: &[String], value: Written) {
        let [key, below @ ..] = path else { return };
        match self {
            Written::Value { .. } => {}
            Written::List(list) => {
                let index = key.parse::<usize>().ok();
                if let Some(element) = index.and_then(|index| list.get_mut(index)) {
                    element.fill(below, value);
                }
            }
            Written::Table(entries) => match entries.iter().position(|(known, _)| known == key) {
                Some(index) => entries[index].1.fill(below, value),
                None if below.is_empty() => entries.push((key.clone(), value)),
                None => {
                    let mut inner = Written::Table(Vec::new());
                    inner.fill(below, value);
                    entries.push((key.clone(), inner));
                }
            },
        }
    }
}

/// The entries of a table in the order in which they stand.
fn in_order<'t, 'a>(
    table: &'t DeTable<'a>,
) -> Vec<(&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(_, value)| value.span().start);
    entries
}

fn is_of_tables(value: &DeValue<'_>) -> bool {
    value.as_array().is_some_and(|list| {
        !list.is_empty() && list.iter().all(|one| one.get_ref().as_table().is_some())
    })
}

/// A text in the quotes that TOML wants.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A list of values that are in TOML already, over several lines if it is long.
pub(crate) fn array(values: &[String]) -> String {
    let length = |value: &String| value.chars().count() + 2;
    if values.iter().map(length).sum::<usize>() > LONGEST_LIST {
        format!("[\n    {},\n]", values.join(",\n    "))
    } else {
        format!("[{}]", values.join(", "))
    }
}

/// A key, in quotes if it needs them.
pub(crate) fn key_of(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A value in TOML. Names of files are seen from the experiment's folder.
fn toml_of(value: &Spanned<DeValue<'_>>, key: &str, sources: &Sources) -> String {
    let names_file = matches!(key.rsplit('.').next(), Some("table" | "trace"));
    match value.get_ref() {
        DeValue::String(name) if names_file => quoted(&sources.seen_from_home(name, &value.span())),
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(list) => {
            let each: Vec<String> = list.iter().map(|one| toml_of(one, key, sources)).collect();
            array(&each)
        }
        DeValue::Table(table) if table.is_empty() => "{}".to_owned(),
        DeValue::Table(table) => {
            let pair = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                let key = key.get_ref();
                format!("{} = {}", key_of(key), toml_of(value, key, sources))
            };
            let each: Vec<String> = in_order(table).into_iter().map(pair).collect();
            format!("{{ {} }}", each.join(", "))
        }
    }
}
