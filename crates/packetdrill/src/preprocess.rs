//! Conditional sections: `#ifdef NAME`, `#ifndef NAME`, `#else`, `#endif`, `#define NAME`, `#undef
//! NAME`.

use crate::source::{ScriptError, Source, Span};

/// A line that steers which of the following lines apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    IfDefined(String),
    IfNotDefined(String),
    Else,
    EndIf,
    Define(String),
    Undefine(String),
    /// A directive of the C preprocessor that scripts cannot use here.
    Foreign(String),
}

impl Directive {
    /// Reads a line that starts with `#`; `None` means that the line is a comment.
    pub(crate) fn parse(line: &str) -> Option<Directive> {
        let body = line.strip_prefix('#')?;
        // `# else ...` with a space is prose.
        if body.starts_with(char::is_whitespace) {
            return None;
        }
        let mut words = body.split_whitespace();
        let keyword = words.next()?;
        let name = words.next().unwrap_or("").to_owned();
        let more = words.count();
        match keyword {
            "ifdef" => Some(Directive::IfDefined(name)),
            "ifndef" => Some(Directive::IfNotDefined(name)),
            "else" => Some(Directive::Else),
            "endif" => Some(Directive::EndIf),
            // A comment may well begin with one of these words; a definition has exactly a name and
            // at most a value.
            "define" if more <= 1 && !name.is_empty() => Some(Directive::Define(name)),
            "undef" if more == 0 && !name.is_empty() => Some(Directive::Undefine(name)),
            "elif" | "elifdef" | "include" => Some(Directive::Foreign(keyword.to_owned())),
            _ => None,
        }
    }
}

/// One open `#ifdef`.
struct Section {
    opened: Span,
    /// The lines of the present branch apply, taken alone.
    applies: bool,
    in_else: bool,
}

/// The open sections and the names that are defined.
pub(crate) struct Conditionals {
    defined: Vec<String>,
    sections: Vec<Section>,
}

impl Conditionals {
    pub(crate) fn new(defined: &[&str]) -> Conditionals {
        Conditionals {
            defined: defined.iter().map(|&name| name.to_owned()).collect(),
            sections: Vec::new(),
        }
    }

    /// True while the lines that follow apply.
    pub(crate) fn active(&self) -> bool {
        self.sections.iter().all(|section| section.applies)
    }

    pub(crate) fn apply(
        &mut self,
        source: &Source,
        span: Span,
        directive: Directive,
    ) -> Result<(), ScriptError> {
        let wrong = |message: String| Err(ScriptError::new(source, span, message));
        match directive {
            Directive::IfDefined(name) | Directive::IfNotDefined(name) if name.is_empty() => {
                return wrong("a name is missing, such as `#ifdef STANDARD`".to_owned());
            }
            Directive::IfDefined(name) => {
                let applies = self.defined.contains(&name);
                self.sections.push(Section {
                    opened: span,
                    applies,
                    in_else: false,
                });
            }
            Directive::IfNotDefined(name) => {
                let applies = !self.defined.contains(&name);
                self.sections.push(Section {
                    opened: span,
                    applies,
                    in_else: false,
                });
            }
            Directive::Else => match self.sections.last_mut() {
                Some(section) if !section.in_else => {
                    section.in_else = true;
                    section.applies = !section.applies;
                }
                Some(_) => return wrong("a second #else for the same #ifdef".to_owned()),
                None => return wrong("#else without an #ifdef before it".to_owned()),
            },
            Directive::EndIf => {
                if self.sections.pop().is_none() {
                    return wrong("#endif without an #ifdef before it".to_owned());
                }
            }
            Directive::Define(name) if self.active() => self.defined.push(name),
            Directive::Undefine(name) if self.active() => {
                self.defined.retain(|known| *known != name);
            }
            Directive::Define(_) | Directive::Undefine(_) => {}
            Directive::Foreign(keyword) => {
                return Err(ScriptError::new(source, span, format!("`#{keyword}` is not understood"))
                    .with_help("conditional sections are #ifdef, #ifndef, #else and #endif; write `//` for a comment"));
            }
        }
        Ok(())
    }

    /// Every section must be closed at the end of the script.
    pub(crate) fn finish(&self, source: &Source) -> Result<(), ScriptError> {
        match self.sections.last() {
            Some(section) => {
                Err(
                    ScriptError::new(source, section.opened, "this section is never closed")
                        .with_help("add #endif"),
                )
            }
            None => Ok(()),
        }
    }
}
