//! Text with meaning, and the colours that terminals give to it.

use std::fmt::Write as _;

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
    /// Late, held, copied: worth a look.
    Odd,
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

    /// Everything so far.
    pub fn into_text(self) -> String {
        self.text
    }
}
