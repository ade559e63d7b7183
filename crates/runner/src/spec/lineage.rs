//! `extends = "base.toml"`: an experiment that is laid over another.
//!
//! The file that is extended may extend a third. All of them share one space of places
//! ([`Sources`]), so that what is wrong is said about the file in which it stands.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Sources, from_toml};
use crate::overrides::{moved, with_article};

use super::merge::lay_over;
use super::text_file::TextFiles;

const KEY: &str = "extends";

/// The texts of an experiment and of everything that it extends, its own first.
pub(super) struct Lineage {
    texts: Vec<Member>,
}

struct Member {
    text: String,
    /// The place of its first byte.
    start: usize,
}

/// What a file extends, and where it says so.
struct Base {
    name: String,
    span: Range<usize>,
}

impl Lineage {
    /// Reads the files that an experiment, whose own text is known, extends.
    ///
    /// # Errors
    /// One of them cannot be read, is empty, is no TOML, or extends itself in the end.
    pub(super) fn read(
        path: &Path,
        text: &str,
        sources: &mut Sources,
        files: &mut TextFiles,
    ) -> Result<Lineage, Diagnostic> {
        let mut youngest = Member {
            text: text.to_owned(),
            start: 0,
        };
        let mut texts = Vec::new();
        let mut seen = vec![identity(path)];
        let home = path.parent().unwrap_or(Path::new(""));
        while let Some(Base { name, span }) = youngest.base()? {
            let from_home = sources.seen_from_home(&name, &span);
            let path = home.join(&from_home);
            let refuse = |title: String| Err(Diagnostic::at(span.clone(), title));
            if seen.contains(&identity(&path)) {
                return refuse(format!("`{name}` leads back to this experiment")).map_err(
                    |problem| problem.help("a file that is extended does not extend its heirs"),
                );
            }
            seen.push(identity(&path));
            let text = match files.read_named(&from_home) {
                Ok(text) if text.trim().is_empty() => return refuse(format!("`{name}` is empty")),
                Ok(text) => text,
                Err(why) => return refuse(format!("cannot read `{name}`: {why}")),
            };
            let start = sources.push_file(&from_home, &path, &text);
            texts.push(std::mem::replace(&mut youngest, Member { text, start }));
        }
        texts.push(youngest);
        Ok(Lineage { texts })
    }

    /// Everything that is written, each file laid over the one that it extends.
    ///
    /// # Errors
    /// The experiment has no name of its own.
    pub(super) fn table(&self) -> Result<DeTable<'_>, Diagnostic> {
        let mut whole = DeTable::new();
        for (generation, member) in self.texts.iter().enumerate().rev() {
            let mut table = member.parse()?;
            let base = table.remove(KEY);
            if let Some(base) = base.filter(|_| generation == 0 && !table.contains_key("name")) {
                let title = "an experiment that extends another has a name of its own";
                return Err(Diagnostic::at(base.span(), title)
                    .help("write `name = \"...\"`: it names the folder of results"));
            }
            lay_over(&mut whole, table);
        }
        Ok(whole)
    }
}

impl Member {
    fn parse(&self) -> Result<DeTable<'_>, Diagnostic> {
        let at_place = |mut problem: Diagnostic| {
            let span = problem.span.take();
            problem.span = span.map(|span| span.start + self.start..span.end + self.start);
            problem
        };
        let table = DeTable::parse(&self.text).map_err(|error| at_place(from_toml(&error)))?;
        let table = toml::Spanned::new(table.span(), DeValue::Table(table.into_inner()));
        match moved(table, self.start).into_inner() {
            DeValue::Table(table) => Ok(table),
            _ => Ok(DeTable::new()),
        }
    }

    fn base(&self) -> Result<Option<Base>, Diagnostic> {
        let table = self.parse()?;
        let Some(value) = table.get(KEY) else {
            return Ok(None);
        };
        let span = value.span();
        match value.get_ref() {
            DeValue::String(name) => Ok(Some(Base {
                name: name.to_string(),
                span,
            })),
            other => {
                let found = with_article(other.type_str());
                let title = format!("expected the name of a file, found {found}");
                Err(Diagnostic::at(span, title)
                    .help("an experiment extends one other, such as \"base.toml\" beside it"))
            }
        }
    }
}

/// What two names of one file have in common.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// `extends` is followed before anything else happens, so nothing may set it later.
pub(super) fn check_unset(table: &DeTable<'_>) -> Result<(), Diagnostic> {
    match table.get(KEY) {
        None => Ok(()),
        Some(value) => {
            let title = "what an experiment extends stands at the top of its file";
            Err(Diagnostic::at(value.span(), title).help("delete `extends` here"))
        }
    }
}
