//! Where something stands in a script, and how an error about it is shown.

use std::fmt;

/// A half-open range of byte offsets in a script's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just after the last byte.
    pub end: usize,
}

impl Span {
    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A line and a column, both counted from one; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A script's text with the name under which messages mention it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Takes a script as it was read. Bytes that are not UTF-8 are replaced by U+FFFD: old scripts
    /// carry Latin-1 names in their comments, and outside comments the replacement character is
    /// reported as an error with its position.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Source {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut line_starts = vec![0];
        line_starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        Source {
            name: name.to_owned(),
            text,
            line_starts,
        }
    }

    /// The name under which the script was read.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text under a span, empty if the span does not fit.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let line = self
            .line_starts
            .partition_point(|&start| start <= offset)
            .max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self
            .text
            .get(start..offset.min(self.text.len()))
            .unwrap_or("");
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The text of a line counted from one, without its end; empty beyond the last.
    pub fn line(&self, line: usize) -> &str {
        let Some(&start) = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
        else {
            return "";
        };
        let rest = self.text.get(start..).unwrap_or("");
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }
}

/// A script that cannot be understood: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Name of the script.
    pub file: String,
    /// Where the error starts.
    pub position: Position,
    /// The line of the script, for the picture.
    pub line_text: String,
    /// How many characters the caret underlines; at least one.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, if something can be said.
    pub help: Option<String>,
}

impl ScriptError {
    /// An error about `span` of `source`.
    #[must_use]
    pub fn new(source: &Source, span: Span, message: impl Into<String>) -> ScriptError {
        let position = source.position(span.start);
        let line_text = source.line(position.line).to_owned();
        let rest = line_text
            .chars()
            .count()
            .saturating_sub(position.column - 1);
        let width = source
            .slice(span)
            .chars()
            .take_while(|&c| c != '\n')
            .count();
        ScriptError {
            file: source.name().to_owned(),
            position,
            line_text,
            width: width.min(rest).max(1),
            message: message.into(),
            help: None,
        }
    }

    /// The same error with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> ScriptError {
        self.help = Some(help.into());
        self
    }

    /// The same error with the nearest of `known` names as advice, or all of them if none is near
    /// and they are few.
    #[must_use]
    pub fn with_nearest(self, word: &str, known: &[&str]) -> ScriptError {
        match nearest(word, known) {
            Some(name) => self.with_help(format!("did you mean `{name}`?")),
            None if known.len() <= 12 => {
                self.with_help(format!("expected one of {}", known.join(", ")))
            }
            None => self,
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (printable(&self.file), printable(&self.message));
        writeln!(f, "{file}:{}: {message}", self.position)?;
        let number = self.position.line.to_string();
        // Tabs keep their width in the caret's line, so that the caret stands under its word in
        // every terminal.
        let lead: String = self
            .line_text
            .chars()
            .take(self.position.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{number} | {}", printable(&self.line_text))?;
        write!(
            f,
            "{} | {lead}{}",
            " ".repeat(number.len()),
            "^".repeat(self.width)
        )?;
        if let Some(help) = &self.help {
            let help = printable(help);
            write!(f, "\n{} = help: {help}", " ".repeat(number.len()))?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptError {}

/// The text with U+FFFD for each control character but tabs and ends of lines: a terminal must not
/// obey what a file holds.
pub(crate) fn printable(text: &str) -> String {
    text.replace(
        |c: char| c.is_control() && !matches!(c, '\t' | '\n'),
        "\u{fffd}",
    )
}

/// The known name that a misspelt word most likely stands for.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|&name| {
            (
                strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|&(distance, name)| distance <= (name.len() / 3).max(1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let source = Source::new("x", "äb\nc".as_bytes());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(4), Position { line: 2, column: 1 });
        assert_eq!(source.line(1), "äb");
        assert_eq!(source.line(3), "");
    }

    #[test]
    fn caret_stands_under_the_word() {
        let source = Source::new("a.pkt", b"+0 < SX 1:1(0)\n");
        let error = ScriptError::new(&source, Span { start: 5, end: 7 }, "unknown flag")
            .with_help("write S");
        assert_eq!(
            error.to_string(),
            "a.pkt:1:6: unknown flag\n1 | +0 < SX 1:1(0)\n  |      ^^\n  = help: write S"
        );
    }

    #[test]
    fn a_far_word_has_no_nearest() {
        assert_eq!(nearest("sokcet", &["socket", "bind"]), Some("socket"));
        assert_eq!(nearest("zzzzzz", &["socket", "bind"]), None);
    }
}
