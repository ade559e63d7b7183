//! Text with meaning, and the colours that terminals give to it.

use std::fmt::Write as _;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns of a page: what is drawn for people fits in, unless a single word does not.
pub const WIDTH: usize = 80;

/// What a piece of text is, as far as colour goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading, or a name that matters.
    Strong,
    /// Background: times, lines.
    Faint,
    /// As it should be.
    Good,
    /// Held, or otherwise worth a look.
    Odd,
    /// Come too late to be of use.
    Late,
    /// Made by the network, from something else.
    Copy,
    /// Lost, wrong, not held.
    Bad,
}

impl Ink {
    /// The parameter of the SGR control function (ECMA-48 section 8.3.117), if any.
    fn code(self) -> Option<&'static str> {
        match self {
            Ink::Plain => None,
            Ink::Strong => Some("1"),
            Ink::Faint => Some("2"),
            Ink::Good => Some("32"),
            Ink::Odd => Some("33"),
            Ink::Late => Some("35"),
            Ink::Copy => Some("36"),
            Ink::Bad => Some("31"),
        }
    }
}

/// A growing page of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    text: String,
    has_color: bool,
}

impl Page {
    /// An empty page, with or without colours.
    pub fn new(has_color: bool) -> Page {
        Page {
            text: String::new(),
            has_color,
        }
    }

    /// Adds text.
    pub fn put(&mut self, ink: Ink, text: &str) {
        match ink.code().filter(|_| self.has_color && !text.is_empty()) {
            None => self.text.push_str(text),
            Some(code) => {
                write!(self.text, "\x1b[{code}m{text}\x1b[0m").expect("a String takes any text");
            }
        }
    }

    /// Adds plain text.
    pub fn plain(&mut self, text: &str) {
        self.put(Ink::Plain, text);
    }

    /// Ends the line; blanks at its end are dropped.
    pub fn end_line(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
    }

    /// Adds a whole line.
    pub fn line(&mut self, ink: Ink, text: &str) {
        self.put(ink, text);
        self.end_line();
    }

    /// Adds text over as many lines of [`WIDTH`] columns as it needs. Blanks before it stay; all lines
    /// but the first begin with `indent` of them.
    pub fn wrap(&mut self, ink: Ink, text: &str, indent: usize) {
        let body = text.trim_start();
        let head = &text[..text.len() - body.len()];
        for (index, line) in wrapped(body, WIDTH - indent).iter().enumerate() {
            let blank = " ".repeat(if index == 0 { head.len() } else { indent });
            self.line(ink, &format!("{blank}{line}"));
        }
    }

    /// Everything so far.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Columns that a text takes up on a terminal: two for each Chinese character.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text with blanks behind it, up to so many columns.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// A text with blanks before it, up to so many columns.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Which columns of a table stand beside each other in so much room: as many as fit, at least one.
/// `widths` are those of the columns with the gap between two.
pub fn beside(widths: &[usize], room: usize) -> Vec<Range<usize>> {
    let mut tables = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (index, width) in widths.iter().enumerate() {
        if index > start && used + width > room {
            tables.push(start..index);
            (start, used) = (index, 0);
        }
        used += width;
    }
    tables.push(start..widths.len());
    tables
}

/// A text as lines of at most so many columns, broken at blanks and beside Chinese characters; only
/// a word that is longer than a line stands out.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut glue = " ";
        for piece in pieces(word) {
            let line = lines.last().map_or("", String::as_str);
            let blank = if line.is_empty() { "" } else { glue };
            if !line.is_empty() && columns(line) + columns(blank) + columns(piece) > width {
                lines.push(piece.to_owned());
            } else if let Some(line) = lines.last_mut() {
                line.push_str(blank);
                line.push_str(piece);
            }
            glue = "";
        }
    }
    lines
}

/// The parts of a word between which a line may end: every wide character is one, with the marks
/// that follow it and must not begin a line.
fn pieces(word: &str) -> Vec<&str> {
    let is_wide = |letter: char| letter.width() == Some(2);
    let stays_behind = |letter: char| "，。；：、！？）》”’".contains(letter);
    let mut starts = vec![0];
    let mut last = None;
    for (index, letter) in word.char_indices() {
        let may_break = last.is_some_and(|last| is_wide(last) || is_wide(letter));
        if may_break && !stays_behind(letter) && !last.is_some_and(|last| "（《“‘".contains(last))
        {
            starts.push(index);
        }
        last = Some(letter);
    }
    let ends = starts.iter().skip(1).copied().chain([word.len()]);
    let parts = starts.iter().zip(ends);
    parts.map(|(start, end)| &word[*start..end]).collect()
}

/// A text with nothing but ASCII: what this program draws with is replaced by what comes nearest,
/// column by column, and anything else by question marks.
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            _ if letter.is_ascii() => plain.push(letter),
            '│' => plain.push('|'),
            '─' => plain.push('-'),
            '┄' => plain.push('.'),
            '▶' => plain.push('>'),
            '◀' => plain.push('<'),
            '╳' => plain.push('X'),
            '⋮' => plain.push(':'),
            '…' => plain.push('~'),
            '±' | '≤' | '≥' | '×' | '−' => plain.push(match letter {
                '×' => 'x',
                '−' => '-',
                '≤' => '<',
                '≥' => '>',
                _ => '~',
            }),
            _ => plain.push_str(&"?".repeat(letter.width().unwrap_or(0))),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_beside_chinese_characters() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
        assert_eq!(wrapped("服务器的 SYN,ACK", 8), ["服务器的", "SYN,ACK"]);
        // A comma does not begin a line.
        assert_eq!(wrapped("一二三四，五", 8), ["一二三", "四，五"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn a_chinese_character_takes_two_columns() {
        assert_eq!(left("平均", 6), "平均  ");
        assert_eq!(right("平均", 6), "  平均");
        assert_eq!(right("too long", 3), "too long");
    }

    #[test]
    fn columns_stand_beside_each_other_as_far_as_they_fit() {
        assert_eq!(beside(&[3, 3, 3, 9, 1], 7), [0..2, 2..3, 3..4, 4..5]);
        assert_eq!(beside(&[3, 4, 5], 7), [0..2, 2..3]);
    }

    #[test]
    fn a_paragraph_is_indented_from_its_second_line_on() {
        let mut page = Page::new(false);
        let words = "word ".repeat(20);
        page.wrap(Ink::Plain, &format!("    held  {}", words.trim_end()), 10);
        let text = page.into_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("    held  word") && lines[1].starts_with("          word"));
        assert!(lines.iter().all(|line| columns(line) <= WIDTH));
    }

    #[test]
    fn ascii_keeps_the_columns() {
        let text = "│── SYN ─╳ 被 x 扣留│";
        let plain = ascii(text);
        assert_eq!(plain, "|-- SYN -X ?? x ????|");
        assert_eq!(columns(&plain), columns(text));
    }
}
