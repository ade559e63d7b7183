//! Errors in experiment files: what is wrong, where it stands, and what to write instead.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One thing that is wrong with an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one sentence without a full stop.
    pub title: String,
    /// Where: byte offsets into [`Sources`]. `None` when no place in the file is to blame.
    pub span: Option<Range<usize>>,
    /// A few words for the place; may be empty.
    pub label: String,
    /// What to do about it; may be empty.
    pub help: String,
    /// Whether the cause lies elsewhere and may show in several places: then one of this title is
    /// enough.
    pub is_consequence: bool,
}

impl Diagnostic {
    /// A diagnostic about one place.
    pub fn at(span: Range<usize>, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            span: Some(span),
            ..Diagnostic::new(title)
        }
    }

    /// A diagnostic about the file as a whole.
    pub fn new(title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            title: title.into(),
            span: None,
            label: String::new(),
            help: String::new(),
            is_consequence: false,
        }
    }

    /// With a few words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// As a consequence of something that is written elsewhere.
    #[must_use]
    pub fn consequence(mut self) -> Diagnostic {
        self.is_consequence = true;
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = help.into();
        self
    }
}

/// The texts that an experiment was read from: its file, those that it extends, then the overrides
/// from the command line.
///
/// They share one space of byte offsets, so that a value keeps its place whichever it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    text: String,
    start: usize,
    /// Where a file lies, seen from the experiment's folder; `None` for an override.
    folder: Option<String>,
}

impl Sources {
    /// The text of a file. Messages call it by its path as it was given.
    pub fn new(path: impl AsRef<Path>, text: impl Into<String>) -> Sources {
        let mut sources = Sources { parts: Vec::new() };
        let name = path.as_ref().display().to_string();
        sources.push_part(&name, &text.into(), Some(String::new()));
        sources
    }

    /// Adds a file that an earlier one extends, and tells at which offset it starts. `name` is seen
    /// from the experiment's folder, `path` is how messages call it.
    pub(crate) fn push_file(&mut self, name: &str, path: &Path, text: &str) -> usize {
        let folder = Path::new(name).parent().and_then(Path::to_str);
        let folder = folder.unwrap_or_default().to_owned();
        self.push_part(&path.display().to_string(), text, Some(folder))
    }

    /// Adds a text that overrides the file, and tells at which offset it starts.
    pub(crate) fn push(&mut self, name: &str, text: &str) -> usize {
        self.push_part(name, text, None)
    }

    fn push_part(&mut self, name: &str, text: &str, folder: Option<String>) -> usize {
        // One byte between two parts keeps the end of one apart from the start of the next.
        let start = self
            .parts
            .last()
            .map_or(0, |part| part.start + part.text.len() + 1);
        self.parts.push(Part {
            name: visible(name),
            text: text.to_owned(),
            start,
            folder,
        });
        start
    }

    /// How messages call the file.
    pub fn name(&self) -> &str {
        &self.parts[0].name
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.parts[0].text
    }

    /// Whether a place lies in a file, not in an override.
    pub fn is_in_file(&self, span: &Range<usize>) -> bool {
        self.locate(span).0.folder.is_some()
    }

    /// A file that is named at this place, as it is seen from the experiment's folder: names are
    /// relative to the file that has them.
    pub(crate) fn seen_from_home(&self, name: &str, span: &Range<usize>) -> String {
        let folder = self.locate(span).0.folder.as_deref().unwrap_or_default();
        Path::new(folder).join(name).to_string_lossy().into_owned()
    }

    /// Line and column of a place, both counted from 1, columns in characters.
    pub fn position(&self, span: &Range<usize>) -> (usize, usize) {
        let (part, span) = self.locate(span);
        let before = &part.text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// Where a value comes from, in a few words: a line of the file or of one that it extends, or
    /// the command line. Which of its options set the value is not told: the merged parts of an
    /// experiment no longer know, and what is recorded must be the same.
    pub(crate) fn origin(&self, span: &Range<usize>) -> String {
        let (part, _) = self.locate(span);
        let (line, _) = self.position(span);
        match part.folder {
            None => "command line".to_owned(),
            Some(_) if part.start == 0 => format!("line {line}"),
            Some(_) => {
                let name = Path::new(&part.name).file_name().unwrap_or_default();
                format!("{}, line {line}", name.to_string_lossy())
            }
        }
    }

    /// The part that holds a place, and the place relative to it, on character boundaries.
    fn locate(&self, span: &Range<usize>) -> (&Part, Range<usize>) {
        let after = self.parts.partition_point(|part| part.start <= span.start);
        let part = &self.parts[after.saturating_sub(1)];
        let clamp = |offset: usize| {
            let offset = offset.saturating_sub(part.start).min(part.text.len());
            part.text.floor_char_boundary(offset)
        };
        let start = clamp(span.start);
        (part, start..clamp(span.end).max(start))
    }
}

/// An experiment that cannot be run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Where it was read from.
    pub sources: Sources,
    /// Everything that is wrong with it, in the order of the text; at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl Rejection {
    /// All messages as a terminal shows them, with colours if `color`.
    pub fn render(&self, color: bool) -> String {
        render(&self.sources, &self.diagnostics, &Level::ERROR, color)
    }
}

/// Messages that do not stop an experiment, as a terminal shows them.
pub fn render_notes(sources: &Sources, notes: &[Diagnostic], color: bool) -> String {
    render(sources, notes, &Level::NOTE, color)
}

fn render(sources: &Sources, diagnostics: &[Diagnostic], level: &Level<'_>, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut page = String::new();
    for diagnostic in diagnostics {
        let title = level.clone().primary_title(visible(&diagnostic.title));
        let mut group = match &diagnostic.span {
            Some(span) => {
                let (part, span) = sources.locate(span);
                let label = Some(visible(&diagnostic.label)).filter(|label| !label.is_empty());
                let annotation = AnnotationKind::Primary.span(span).label(label);
                title.element(
                    Snippet::source(&part.text)
                        .path(&part.name)
                        .annotation(annotation),
                )
            }
            None => title.element(annotate_snippets::Origin::path(sources.name())),
        };
        if !diagnostic.help.is_empty() {
            group = group.element(Level::HELP.message(visible(&diagnostic.help)));
        }
        // Writing to a String cannot fail.
        writeln!(page, "{}\n", renderer.render(&[group])).expect("a String takes any text");
    }
    page
}

/// Text that does nothing to a terminal: a picture of each control character (U+2400 and the
/// following) in its place. The controls of C1 and those of bidirectional text have no picture.
pub(crate) fn visible(text: &str) -> String {
    let replaced = text.chars().map(|c| match c {
        '\0'..='\x1f' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other => other,
    });
    replaced.collect()
}

/// `1 fault`, `2 faults`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The word of `known` that `written` was probably meant to be.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let distance = |word: &str| strsim::osa_distance(&written.to_lowercase(), &word.to_lowercase());
    let near = |word: &&str| {
        let length = word.chars().count();
        distance(word) <= (length / 3).max(1) && distance(word) < length
    };
    known
        .into_iter()
        .filter(near)
        .min_by_key(|word| distance(word))
}

/// `did you mean ...?` if something known is near, and the list of everything known.
pub(crate) fn suggestion<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
    what: &str,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let list = known.join(", ");
    match nearest(written, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {what}: {list}"),
        None if known.is_empty() => format!("{what}: none"),
        None => format!("{what}: {list}"),
    }
}

/// Turns an error of the TOML parser or of deserialising into the words of this program.
pub(crate) fn from_toml(error: &toml::de::Error) -> Diagnostic {
    let message = error.message();
    let (title, label, help) = reworded(message);
    // What is missing at the top level is missing at no place.
    let is_missing = message.starts_with("missing field");
    let span = error.span().filter(|span| !is_missing || *span != (0..0));
    let help = match span {
        None if is_missing => {
            "every experiment has `schema = 1`, a `name`, and a table [run]".to_owned()
        }
        _ => help,
    };
    Diagnostic {
        span,
        label,
        help,
        ..Diagnostic::new(title)
    }
}

/// The title, the label and the advice that stand for a message of serde or toml.
fn reworded(message: &str) -> (String, String, String) {
    let none = String::new;
    if let Some((what, key, known)) = unknown(message) {
        let help = suggestion(
            &key,
            known.iter().map(String::as_str),
            &format!("known {what}s here"),
        );
        return (
            format!("unknown {what} `{key}`"),
            format!("no such {what}"),
            help,
        );
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return (
            format!("missing key {key}"),
            format!("{key} belongs here"),
            none(),
        );
    }
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((found, expected)) = message
            .strip_prefix(kind)
            .and_then(|rest| rest.split_once(", expected "))
        {
            let expected = in_words(expected);
            let found = match found {
                "map" => "a table",
                "sequence" => "a list",
                other => other
                    .trim_end_matches(" as i128")
                    .trim_end_matches(" as u128"),
            };
            return (
                format!("expected {expected}, found {found}"),
                none(),
                none(),
            );
        }
    }
    if message == "wanted string or table" {
        let title = "expected one of the words that this key takes, in quotes".to_owned();
        return (title, "not a word in quotes".to_owned(), none());
    }
    if message.starts_with("wanted exactly 1 element") {
        let title = "expected exactly one choice in this table".to_owned();
        return (
            title,
            none(),
            "keep one of the keys and delete the others".to_owned(),
        );
    }
    (message.to_owned(), none(), none())
}

/// The parts of serde's message about an unknown field or variant.
fn unknown(message: &str) -> Option<(&'static str, String, Vec<String>)> {
    let (what, rest) = match message.strip_prefix("unknown field `") {
        Some(rest) => ("key", rest),
        None => ("value", message.strip_prefix("unknown variant `")?),
    };
    let (key, known) = rest.split_once('`')?;
    let known = known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    Some((what, key.to_owned(), known))
}

/// serde names Rust types; the reader of a TOML file has never heard of them.
fn in_words(expected: &str) -> String {
    let range = |most: u64| format!("a whole number from 0 to {most}");
    match expected {
        "u8" => range(u8::MAX.into()),
        "u16" => range(u16::MAX.into()),
        "u32" => range(u32::MAX.into()),
        "u64" | "usize" => range(u64::MAX),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list in brackets".to_owned(),
        "a map" => "a table".to_owned(),
        _ if expected.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_message_quotes_reaches_the_terminal_as_a_command() {
        let sources = Sources::new("n\x1b[31m.toml", "a = 1\u{1b}[2J\n");
        let diagnostic = Diagnostic::at(0..1, "bad \x07\u{9b}1m")
            .label("here\r")
            .help("not \u{202e}this\x7f");
        for place in [Some(0..1), None] {
            let diagnostic = Diagnostic {
                span: place,
                ..diagnostic.clone()
            };
            let text = render_notes(&sources, &[diagnostic], false);
            let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(harmful), "{text:?}");
            assert!(text.contains("n\u{241b}[31m.toml"), "{text}");
        }
    }
}
