//! Arrows with words in them, as text.

use crate::paint::columns;
use crate::plan::End;

use super::words::Ends;

/// Columns that an arrow needs around its words: two dashes, two blanks, a dash and the tip.
const AROUND: usize = 6;

/// An arrow between the two lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrow {
    pub(super) from: End,
    pub(super) ends: Ends,
    pub(super) is_lost: bool,
    /// Columns between the lines.
    pub(super) room: usize,
}

impl Arrow {
    /// The arrow over the whole room with these words in it; `None` if they do not fit.
    pub(super) fn draw(&self, label: &str, remark: &str) -> Option<String> {
        if self.ends == Ends::Tail {
            return self.tail(label, remark);
        }
        let dash = if self.ends == Ends::Head {
            '┄'
        } else {
            '─'
        };
        let text = joined(label, remark);
        if columns(&text) + AROUND > self.room {
            return None;
        }
        let body = spread(&text, dash, self.room - 1);
        Some(match self.from {
            End::Client => format!("{body}▶"),
            End::Server => format!("◀{body}"),
        })
    }

    /// A segment that does not get across: the arrow stops, and the remark follows.
    fn tail(&self, label: &str, remark: &str) -> Option<String> {
        const MOST_DASHES: usize = 12;
        let stop = if self.is_lost { '╳' } else { '┄' };
        let padded = |text: &str| match text {
            "" => String::new(),
            text => format!(" {text} "),
        };
        let (label, remark) = (padded(label), padded(remark));
        let used = columns(&label) + columns(&remark) + 3;
        let free = self.room.checked_sub(used + 1)?;
        let dashes = (free / 2).clamp(1, MOST_DASHES);
        let blank = " ".repeat(self.room - used - dashes);
        let dashes = "─".repeat(dashes);
        Some(match self.from {
            End::Client => format!("──{label}{dashes}{stop}{remark}{blank}"),
            End::Server => format!("{blank}{remark}{stop}{dashes}{label}──"),
        })
    }
}

/// Two texts with a comma between them, if there are two.
pub(super) fn joined(label: &str, remark: &str) -> String {
    let texts = [label, remark];
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    texts.join(", ")
}

/// Text in the middle of dashes, or of blanks.
pub(super) fn spread(text: &str, dash: char, room: usize) -> String {
    let dashes = |count: usize| String::from(dash).repeat(count);
    if text.is_empty() {
        return dashes(room);
    }
    let free = room.saturating_sub(columns(text) + 2);
    let before = free / 2;
    format!("{} {text} {}", dashes(before), dashes(free - before))
}
