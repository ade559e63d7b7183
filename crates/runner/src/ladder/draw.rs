//! Drawing a ladder as text.

use netsim::{DropReason, FrameId, Instant};

use super::passage::{Passage, Source};
use super::{Ladder, Mark, Middle, Row};
use crate::describe;
use crate::paint::{Ink, Page};
use crate::plan::{Action, End, Plan};
use crate::story::{Story, absent};
use crate::trace::Deafness;

/// Columns of a ladder.
pub const WIDTH: usize = 100;
/// Columns of a time.
const TIME: usize = 9;
/// Columns of a state's name.
const STATE: usize = 12;
/// Columns between the two lines.
const MIDDLE: usize = WIDTH - 2 * (TIME + STATE + 2) - 2;
/// Rows that are drawn at most; of a longer ladder the middle is left out.
const MOST_ROWS: usize = 240;
/// A silence that is worth a row of its own.
const LONG_SILENCE: u64 = 5_000_000_000;
/// A time under way that is worth a remark.
const LONG_WAY: u64 = 500_000_000;

/// Draws a ladder.
pub fn draw(ladder: &Ladder<'_>, has_color: bool) -> String {
    let mut pen = Pen {
        ladder,
        page: Page::new(has_color),
        decimals: decimals(ladder),
    };
    pen.legend();
    let mut last = Instant::ZERO;
    let left_out = ladder.rows.len().saturating_sub(MOST_ROWS);
    for (index, row) in ladder.rows.iter().enumerate() {
        if left_out > 0 && (MOST_ROWS / 2..MOST_ROWS / 2 + left_out).contains(&index) {
            if index == MOST_ROWS / 2 {
                pen.silence(&format!("{left_out} rows left out"));
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
fn decimals(ladder: &Ladder<'_>) -> usize {
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

/// Seconds with a number of decimals, rounded.
fn seconds(nanos: u64, decimals: usize) -> String {
    let step = 10_u64.pow(9 - decimals as u32);
    let steps = (u128::from(nanos) + u128::from(step / 2)) / u128::from(step);
    let per_second = u128::from(1_000_000_000 / step);
    let (whole, rest) = (steps / per_second, steps % per_second);
    format!("{whole}.{rest:0decimals$}")
}

/// What a segment carries: its bits and SEQ, and ACK and length if it has them.
fn label(story: &Story<'_>, passage: &Passage) -> [String; 2] {
    let segment = &passage.frame.packet.segment;
    let number = |end, number: u32| match story.relative(end, number) {
        Some(relative) => format!("{number} ({relative})"),
        None => number.to_string(),
    };
    let is_bare_reset = segment.flags.rst() && segment.flags.ack() && segment.seq.0 == 0;
    let seq = if is_bare_reset {
        "0".to_owned()
    } else {
        number(passage.from, segment.seq.0)
    };
    let text = format!("{} seq={seq}", segment.flags);
    let mut rest = Vec::new();
    if segment.flags.ack() {
        rest.push(format!("ack={}", number(passage.to(), segment.ack.0)));
    }
    if !segment.text.is_empty() {
        rest.push(format!("len={}", segment.text.len));
    }
    [text, rest.join(" ")]
}

struct Pen<'l> {
    ladder: &'l Ladder<'l>,
    page: Page,
    decimals: usize,
}

impl Pen<'_> {
    fn time(&self, at: Instant) -> String {
        seconds(at.as_nanos(), self.decimals)
    }

    /// Who the two lines are, and what the letters stand for.
    fn legend(&mut self) {
        let story = self.ladder.story;
        let name = |end| self.ladder.plan.host(story.host(end)).name.clone();
        let (client, server) = (name(End::Client), name(End::Server));
        let letters = [(End::Client, 'j'), (End::Server, 'k')].map(|(end, letter)| {
            let numbers = story.origins(end).iter().enumerate();
            let each = numbers.map(|(index, iss)| match index {
                0 => format!("{letter} = {iss}"),
                _ => format!("{letter}{} = {iss}", index + 1),
            });
            shortened(&each.collect::<Vec<_>>().join(", "))
        });
        let [client_letters, server_letters] = letters;
        let left = format!("{client} {}", story.flow.local);
        let right = format!("{} {server}", story.flow.remote);
        self.ends(Ink::Strong, &left, &right);
        self.ends(Ink::Faint, &client_letters, &server_letters);
        let states = [End::Client, End::Server].map(|end| Mark {
            at: Instant::ZERO,
            phase: Some(absent(end)),
        });
        self.margin(Some(states[0]), End::Client);
        self.page.put(Ink::Faint, "│");
        self.page.plain(&" ".repeat(MIDDLE));
        self.page.put(Ink::Faint, "│");
        self.margin(Some(states[1]), End::Server);
        self.page.end_line();
    }

    /// Two texts over the two lines, the left one starting and the right one ending there.
    fn ends(&mut self, ink: Ink, left: &str, right: &str) {
        let indent = TIME + 1;
        let room = (WIDTH - 2 * indent).saturating_sub(left.chars().count());
        self.page.plain(&" ".repeat(indent));
        self.page.put(ink, left);
        let gap = room.saturating_sub(right.chars().count()).max(2);
        self.page.plain(&" ".repeat(gap));
        self.page.put(ink, right);
        self.page.end_line();
    }

    fn margin(&mut self, mark: Option<Mark>, end: End) {
        let time = mark.map_or_else(String::new, |mark| self.time(mark.at));
        let state = mark
            .and_then(|mark| mark.phase)
            .map_or("", |phase| phase.name());
        match end {
            End::Client => {
                self.page.put(Ink::Faint, &format!("{time:>TIME$} "));
                self.page.put(Ink::Strong, &format!("{state:>STATE$} "));
            }
            End::Server => {
                self.page.put(Ink::Strong, &format!(" {state:<STATE$}"));
                self.page.put(Ink::Faint, &format!(" {time:>TIME$}"));
            }
        }
    }

    /// A row with this between the lines: pieces that fill exactly the space.
    fn full_row(&mut self, marks: [Option<Mark>; 2], pieces: &[(Ink, String)]) {
        self.margin(marks[0], End::Client);
        self.page.put(Ink::Faint, "│");
        for (ink, text) in pieces {
            self.page.put(*ink, text);
        }
        self.page.put(Ink::Faint, "│");
        self.margin(marks[1], End::Server);
        self.page.end_line();
    }

    fn silence_between(&mut self, from: Instant, to: Instant) {
        let nanos = to.as_nanos().saturating_sub(from.as_nanos());
        if nanos >= LONG_SILENCE {
            let text = format!("{} s of silence", seconds(nanos, self.decimals));
            self.silence(&text);
        }
    }

    fn silence(&mut self, text: &str) {
        let pieces = [(Ink::Faint, centred(&format!("⋮ {text} ⋮"), ' '))];
        self.full_row([None, None], &pieces);
    }

    fn row(&mut self, row: &Row) {
        match &row.middle {
            Middle::Nothing => self.full_row(row.marks, &[(Ink::Plain, " ".repeat(MIDDLE))]),
            Middle::Note(end, text, is_alarming) => {
                let ink = if *is_alarming { Ink::Bad } else { Ink::Plain };
                let text = match end {
                    End::Client => format!(" {text:<width$}", width = MIDDLE - 1),
                    End::Server => format!("{text:>width$} ", width = MIDDLE - 1),
                };
                self.full_row(row.marks, &[(ink, text)]);
            }
            Middle::Crosses(id) => self.segment(row, *id, Ends::Both),
            Middle::Departs(id) => self.segment(row, *id, Ends::Tail),
            Middle::Arrives(id) => self.segment(row, *id, Ends::Head),
        }
    }

    fn segment(&mut self, row: &Row, id: FrameId, ends: Ends) {
        let Some(passage) = self.ladder.passages.get(&id) else {
            return;
        };
        let label = label(self.ladder.story, passage);
        let remark = remark(self.ladder.plan, passage, ends, self.decimals);
        let arrow = Arrow {
            from: passage.from,
            ends,
            is_lost: passage.dropped.is_some() && ends != Ends::Head,
            ink: ink(passage),
        };
        let [first, rest] = label;
        let whole = [first.as_str(), rest.as_str()].join(" ");
        let fits = |text: &str| {
            let remark = match remark.chars().count() {
                0 => 0,
                count => count + 2,
            };
            text.trim().chars().count() + remark + 8 <= MIDDLE
        };
        if fits(&whole) {
            self.full_row(row.marks, &arrow.draw(whole.trim(), &remark));
            return;
        }
        self.full_row([None, None], &[(arrow.ink, centred(&first, ' '))]);
        if fits(&rest) {
            self.full_row(row.marks, &arrow.draw(&rest, &remark));
        } else {
            self.full_row([None, None], &[(arrow.ink, centred(&rest, ' '))]);
            let remark: String = remark.chars().take(MIDDLE - 10).collect();
            self.full_row(row.marks, &arrow.draw("", &remark));
        }
    }

    /// The states at the end of the run.
    fn ending(&mut self) {
        let marks = self.ladder.last.map(|phase| {
            Some(Mark {
                at: self.ladder.end,
                phase: Some(phase),
            })
        });
        let pieces = [(Ink::Faint, centred("end of the run", ' '))];
        self.full_row(marks, &pieces);
    }
}

/// The beginning of a text that would fill more than its half of the page.
fn shortened(text: &str) -> String {
    const MOST: usize = WIDTH / 2 - TIME - 3;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        let kept: String = text.chars().take(MOST - 2).collect();
        format!("{kept} …")
    }
}

/// Which ends of a segment's way a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Both,
    Tail,
    Head,
}

fn ink(passage: &Passage) -> Ink {
    if passage.dropped.is_some() || passage.unheard.is_some() {
        Ink::Bad
    } else if passage.was_held() || passage.source != Source::Host {
        Ink::Odd
    } else {
        Ink::Plain
    }
}

/// What the network did to a segment.
fn remark(plan: &Plan, passage: &Passage, ends: Ends, decimals: usize) -> String {
    let id = |fault: usize| plan.faults[fault].id.as_str();
    if ends == Ends::Tail {
        if let Some((_, reason, fault)) = passage.dropped {
            return match (reason, fault) {
                (DropReason::Fault, Some(fault)) => format!("dropped by {}", id(fault)),
                (DropReason::Loss, _) => "lost".to_owned(),
                (reason, _) => format!("lost: {}", reason.name()),
            };
        }
        return match (passage.held, passage.arrived) {
            (Some((_, Some(fault))), _) => format!("held by {}", id(fault)),
            (Some((_, None)), _) => "held".to_owned(),
            (None, Some(arrived)) => under_way(passage.left, arrived, decimals),
            (None, None) => "still under way".to_owned(),
        };
    }
    let mut words = Vec::new();
    match passage.source {
        Source::Host => {}
        Source::Copy => words.push("copy".to_owned()),
        Source::Replay => words.push("replayed".to_owned()),
        Source::Forgery => words.push("forged".to_owned()),
    }
    if let (Some((caught, _)), Some(released)) = (passage.held, passage.released) {
        let nanos = released.as_nanos() - caught.as_nanos();
        words.push(format!("held {} s", seconds(nanos, decimals)));
    } else if ends == Ends::Head
        && let Some(arrived) = passage.arrived
    {
        words.push(under_way(passage.left, arrived, decimals));
    }
    if let Some(Action::Rewrite(rewrite)) = passage.rewritten.map(|at| &plan.faults[at].action) {
        words.push(format!("rewritten{}", describe::rewritten(*rewrite)));
    }
    match passage.unheard {
        Some(Deafness::PowerOff) => words.push("nobody hears it".to_owned()),
        Some(Deafness::Damaged) => words.push("damaged, discarded".to_owned()),
        None => {}
    }
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

/// How long a segment travelled, if that is remarkable.
fn under_way(left: Instant, arrived: Instant, decimals: usize) -> String {
    let nanos = arrived.as_nanos() - left.as_nanos();
    if nanos >= LONG_WAY {
        format!("{} s under way", seconds(nanos, decimals))
    } else {
        String::new()
    }
}

/// An arrow with words in it.
struct Arrow {
    from: End,
    ends: Ends,
    is_lost: bool,
    ink: Ink,
}

impl Arrow {
    /// The pieces between the lines, drawn for a segment that goes to the right and turned round
    /// for one that goes to the left.
    fn draw(&self, label: &str, remark: &str) -> Vec<(Ink, String)> {
        let dash = if self.ends == Ends::Head {
            '┄'
        } else {
            '─'
        };
        let words = [label, remark];
        let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
        let tip = match (self.ends, self.from) {
            (Ends::Tail, _) => "",
            (_, End::Client) => "▶",
            (_, End::Server) => "◀",
        };
        let stop = match (self.ends, self.is_lost) {
            (Ends::Tail, true) => "╳",
            (Ends::Tail, false) => "┄",
            _ => "",
        };
        let text = match self.ends {
            Ends::Tail => return self.tail(label, remark, stop),
            Ends::Both | Ends::Head => words.join(", "),
        };
        let room = MIDDLE - tip.chars().count();
        let body = spread(&text, dash, room);
        let line = match self.from {
            End::Client => format!("{body}{tip}"),
            End::Server => format!("{tip}{body}"),
        };
        vec![(self.ink, line)]
    }

    /// A segment that does not get across: the arrow stops, and the remark follows.
    fn tail(&self, label: &str, remark: &str, stop: &str) -> Vec<(Ink, String)> {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(" {label} ")
        };
        let remark_room = if remark.is_empty() {
            0
        } else {
            remark.chars().count() + 2
        };
        let least = label.chars().count() + 4 + remark_room;
        let dashes = (MIDDLE.saturating_sub(least) / 2).clamp(1, 12);
        let used = label.chars().count() + 3 + dashes;
        let blank = " ".repeat(MIDDLE.saturating_sub(used + remark_room));
        let long = "─".repeat(dashes);
        let line = match self.from {
            End::Client if remark.is_empty() => format!("──{label}{long}{stop}{blank}"),
            End::Client => format!("──{label}{long}{stop} {remark} {blank}"),
            End::Server if remark.is_empty() => format!("{blank}{stop}{long}{label}──"),
            End::Server => format!("{blank} {remark} {stop}{long}{label}──"),
        };
        vec![(self.ink, line)]
    }
}

/// Text in the middle of dashes.
fn spread(text: &str, dash: char, room: usize) -> String {
    if text.is_empty() {
        return String::from(dash).repeat(room);
    }
    let free = room.saturating_sub(text.chars().count() + 2);
    let before = free / 2;
    let dashes = |count: usize| String::from(dash).repeat(count);
    format!("{} {text} {}", dashes(before), dashes(free - before))
}

/// Text in the middle of the space between the lines.
fn centred(text: &str, fill: char) -> String {
    spread(text, fill, MIDDLE)
}
