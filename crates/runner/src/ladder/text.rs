//! Drawing a ladder as text.

use netsim::{FrameId, Instant};

use super::arrow::{Arrow, joined, spread};
use super::words::{Ends, Words, label};
use super::{Ladder, Mark, Middle, Row, sender};
use crate::language::Language;
use crate::paint::{Ink, Page, WIDTH, columns, wrapped};
use crate::passage::{Passage, Source};
use crate::plan::End;

/// Columns of a state's name.
const STATE: usize = 12;
/// Columns between the lines that words need; only the times of a run of many years leave fewer,
/// and then the ladder is wider.
const LEAST_MIDDLE: usize = 24;
/// Rows that are drawn at most; of a longer ladder the middle is left out.
const MOST_ROWS: usize = 240;
/// A silence that is worth a row of its own.
const LONG_SILENCE: u64 = 5_000_000_000;

/// Draws a ladder.
pub fn draw(ladder: &Ladder<'_>, language: Language, has_color: bool) -> String {
    let words = Words {
        plan: ladder.plan,
        language,
        decimals: decimals(ladder),
    };
    // The end of the run is the longest of all times.
    let time = words.seconds(ladder.end.as_nanos()).len();
    let mut pen = Pen {
        ladder,
        page: Page::new(has_color),
        words,
        time,
        middle: WIDTH
            .saturating_sub(2 * (time + STATE + 2) + 2)
            .max(LEAST_MIDDLE),
    };
    pen.legend();
    let mut last = Instant::ZERO;
    let left_out = ladder.rows.len().saturating_sub(MOST_ROWS);
    for (index, row) in ladder.rows.iter().enumerate() {
        if left_out > 0 && (MOST_ROWS / 2..MOST_ROWS / 2 + left_out).contains(&index) {
            if index == MOST_ROWS / 2 {
                pen.gap(&pen.words.left_out(left_out));
            }
            continue;
        }
        let begins = row.marks.iter().flatten().map(|mark| mark.at).min();
        let begins = begins.unwrap_or(last);
        pen.silence_between(last, begins);
        pen.row(row);
        let ends = row.marks.iter().flatten().map(|mark| mark.at).max();
        last = last.max(ends.unwrap_or(last));
    }
    pen.silence_between(last, ladder.end);
    pen.ending();
    pen.page.into_text()
}

/// Decimals of a second that times need: milliseconds if all are whole, else microseconds.
pub(super) fn decimals(ladder: &Ladder<'_>) -> usize {
    let marks = ladder
        .rows
        .iter()
        .flat_map(|row| row.marks.iter().flatten());
    let mut times = marks.map(|mark| mark.at.as_nanos());
    if times.all(|at| at % 1_000_000 == 0) {
        3
    } else {
        6
    }
}

struct Pen<'l> {
    ladder: &'l Ladder<'l>,
    page: Page,
    words: Words<'l>,
    /// Columns of a time.
    time: usize,
    /// Columns between the two lines.
    middle: usize,
}

impl Pen<'_> {
    /// Who the two lines are, and what the letters stand for.
    fn legend(&mut self) {
        let story = self.ladder.story;
        let name = |end| self.ladder.plan.host(story.host(end)).name.clone();
        let (client, server) = (name(End::Client), name(End::Server));
        let left = format!("{client} {}", story.flow.local);
        let right = format!("{} {server}", story.flow.remote);
        self.ends(Ink::Strong, &left, &right);
        let letters = [End::Client, End::Server].map(|end| self.ladder.origins(end));
        let [left, right] = letters.map(|letters| self.shortened(&letters));
        self.ends(Ink::Faint, &left, &right);
        let [client, server] = [End::Client, End::Server].map(|end| Mark {
            at: Instant::ZERO,
            phase: Some(story.absent(end)),
        });
        let blank = " ".repeat(self.middle);
        self.full_row([Some(client), Some(server)], Ink::Plain, &blank);
    }

    /// Columns of the ladder.
    fn width(&self) -> usize {
        2 * (self.time + STATE + 2) + 2 + self.middle
    }

    /// The beginning of a text that would fill more than the page.
    fn shortened(&self, text: &str) -> String {
        let most = self.width() - 2 * (self.time + 1);
        if columns(text) <= most {
            text.to_owned()
        } else {
            let kept: String = text.chars().take(most - 2).collect();
            format!("{kept} …")
        }
    }

    /// Two texts over the two lines, the left one starting and the right one ending there; below
    /// each other if they have no room beside each other.
    fn ends(&mut self, ink: Ink, left: &str, right: &str) {
        let indent = self.time + 1;
        let room = self.width() - 2 * indent;
        let gap = room.checked_sub(columns(left) + columns(right));
        self.page.plain(&" ".repeat(indent));
        self.page.put(ink, left);
        if let Some(gap) = gap.filter(|gap| *gap >= 2) {
            self.page.plain(&" ".repeat(gap));
        } else {
            self.page.end_line();
            let indent = (self.width() - indent).saturating_sub(columns(right));
            self.page.plain(&" ".repeat(indent));
        }
        self.page.put(ink, right);
        self.page.end_line();
    }

    fn margin(&mut self, mark: Option<Mark>, end: End) {
        let time = mark.map_or_else(String::new, |mark| self.words.seconds(mark.at.as_nanos()));
        let state = mark
            .and_then(|mark| mark.phase)
            .map_or("", |phase| phase.name());
        let width = self.time;
        match end {
            End::Client => {
                self.page.put(Ink::Faint, &format!("{time:>width$} "));
                self.page.put(Ink::Strong, &format!("{state:>STATE$} "));
            }
            End::Server => {
                self.page.put(Ink::Strong, &format!(" {state:<STATE$}"));
                self.page.put(Ink::Faint, &format!(" {time:>width$}"));
            }
        }
    }

    /// A row with this between the lines, which fills exactly the space.
    fn full_row(&mut self, marks: [Option<Mark>; 2], ink: Ink, text: &str) {
        self.margin(marks[0], End::Client);
        self.page.put(Ink::Faint, "│");
        self.page.put(ink, text);
        self.page.put(Ink::Faint, "│");
        self.margin(marks[1], End::Server);
        self.page.end_line();
    }

    fn silence_between(&mut self, from: Instant, to: Instant) {
        let nanos = to.as_nanos().saturating_sub(from.as_nanos());
        if nanos >= LONG_SILENCE {
            self.gap(&self.silence(nanos));
        }
    }

    /// How long nothing happens, with as many decimals as there is room for: the times at the
    /// margins have them all.
    fn silence(&self, nanos: u64) -> String {
        let mut words = self.words;
        while words.decimals > 0 && columns(&words.silence(nanos)) > self.gap_room() {
            words.decimals -= 1;
        }
        words.silence(nanos)
    }

    /// Columns of words in a gap: a dot and a blank on either side, and a blank to each line.
    fn gap_room(&self) -> usize {
        self.middle - 6
    }

    fn gap(&mut self, text: &str) {
        for text in wrapped(text, self.gap_room()) {
            let text = spread(&format!("⋮ {text} ⋮"), ' ', self.middle);
            self.full_row([None, None], Ink::Faint, &text);
        }
    }

    fn row(&mut self, row: &Row) {
        match row.middle {
            Middle::Nothing => {
                let blank = " ".repeat(self.middle);
                self.full_row(row.marks, Ink::Plain, &blank);
            }
            Middle::Note(end, note) => {
                let ink = if note.is_alarming() {
                    Ink::Bad
                } else {
                    Ink::Plain
                };
                let text = self.words.note(note);
                self.note(row.marks, end, ink, &text);
            }
            Middle::Crosses(id) => self.segment(row, id, Ends::Both),
            Middle::Departs(id) => self.segment(row, id, Ends::Tail),
            Middle::Arrives(id) => self.segment(row, id, Ends::Head),
        }
    }

    /// Words beside one of the lines, over as many rows as they need.
    fn note(&mut self, marks: [Option<Mark>; 2], end: End, ink: Ink, text: &str) {
        let mut marks = marks;
        for line in wrapped(text, self.middle - 2) {
            let blank = " ".repeat(self.middle - 1 - columns(&line));
            let text = match end {
                End::Client => format!(" {line}{blank}"),
                End::Server => format!("{blank}{line} "),
            };
            self.full_row(marks, ink, &text);
            marks = [None, None];
        }
    }

    /// A segment's arrow. Words that have no room in it stand above it.
    fn segment(&mut self, row: &Row, id: FrameId, ends: Ends) {
        let Some(passage) = self.ladder.passages.get(&id) else {
            return;
        };
        let from = sender(self.ladder.story, passage);
        let label = label(self.ladder.story, from, passage).join(" ");
        let (label, remark) = (label.trim(), self.words.remark(passage, ends));
        let arrow = Arrow {
            from,
            ends,
            is_lost: passage.dropped.is_some(),
            room: self.middle,
        };
        let ink = ink(passage);
        if let Some(line) = arrow.draw(label, &remark) {
            self.full_row(row.marks, ink, &line);
            return;
        }
        // The remark alone may have room; else all words stand above.
        let (above, line) = match arrow.draw("", &remark) {
            Some(line) if !remark.is_empty() => (label.to_owned(), line),
            _ => {
                let plain = arrow.draw("", "").unwrap_or_default();
                (joined(label, &remark), plain)
            }
        };
        for text in wrapped(&above, self.middle - 2) {
            let text = spread(&text, ' ', self.middle);
            self.full_row([None, None], ink, &text);
        }
        self.full_row(row.marks, ink, &line);
    }

    /// The states at the end of the run.
    fn ending(&mut self) {
        let marks = self.ladder.last.map(|phase| {
            Some(Mark {
                at: self.ladder.end,
                phase: Some(phase),
            })
        });
        let text = spread(self.words.end_of_run(), ' ', self.middle);
        self.full_row(marks, Ink::Faint, &text);
    }
}

/// What became of a segment, as a colour.
fn ink(passage: &Passage) -> Ink {
    if passage.dropped.is_some() || passage.unheard.is_some() {
        Ink::Bad
    } else if passage.stale.is_some() {
        Ink::Late
    } else if passage.was_held() {
        Ink::Odd
    } else if passage.source != Source::Host {
        Ink::Copy
    } else {
        Ink::Plain
    }
}
