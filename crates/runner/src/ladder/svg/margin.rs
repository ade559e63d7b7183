//! The two sides of a picture: bars of states, their names, times, and what befell the ends.

use maud::{Markup, html};
use netsim::Instant;
use tcp_core::Phase;

use super::{Canvas, LINES, Visible, WIDTH, classes};
use crate::ladder::Middle;
use crate::ladder::words::Note;
use crate::language::Language;
use crate::paint::wrapped;
use crate::plan::End;

/// Width of a bar of states.
const BAR: i64 = 10;
/// Height of a line of text.
const LINE: i64 = 14;
/// Columns of a note that fit beside a bar.
const NOTE: usize = 30;

/// What stands at a moment beside a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Label {
    at: Instant,
    phase: Option<Phase>,
    note: Option<Note>,
}

impl Canvas<'_> {
    /// Both margins; returns the height below them.
    pub(super) fn margins(&mut self, visible: &Visible) -> i64 {
        let ends = [End::Client, End::Server];
        ends.map(|end| {
            self.bars(end);
            self.labels(end, visible)
        })
        .into_iter()
        .max()
        .unwrap_or(0)
    }

    fn bars(&mut self, end: End) {
        let stays = self.ladder.story.stays(end);
        let ends = stays.iter().skip(1).map(|stay| stay.since);
        let ends: Vec<Instant> = ends.chain([self.ladder.end]).collect();
        let line = LINES[end as usize];
        let x = match end {
            End::Client => line - BAR - 3,
            End::Server => line + 3,
        };
        let (top, bottom) = (self.scale.height(Instant::ZERO), self.scale.bottom());
        self.put(&html! { path class="life" d=(format!("M{line} {}V{bottom}", top - 8)) {} });
        for (stay, until) in stays.iter().zip(ends) {
            let (from, to) = (self.scale.height(stay.since), self.scale.height(until));
            let (since, phase) = (stay.since, stay.phase);
            if to > from {
                let title = self.title(|words| {
                    let from = words.seconds(since.as_nanos());
                    format!("{phase}: {from} s – {} s", words.seconds(until.as_nanos()))
                });
                let class = format!("s-{}", kind(phase));
                let markup = html! {
                    rect class=(class) x=(x) y=(from) width=(BAR) height=(to - from) { (title) }
                };
                self.put(&markup);
            }
        }
    }

    /// What stands beside one line, from top to bottom; what has no room is moved down.
    fn labels(&mut self, end: End, visible: &Visible) -> i64 {
        let mut free = i64::MIN;
        for label in self.collect(end, visible) {
            let y = self.scale.height(label.at) + 4;
            if label.phase.is_none() && label.note.is_none() && y < free {
                // A time alone is not worth moving: it is in the segment's title as well.
                continue;
            }
            let y = y.max(free);
            let (markup, lines) = self.label(end, &label, y);
            self.put(&markup);
            free = y + lines * LINE;
        }
        free
    }

    fn collect(&self, end: End, visible: &Visible) -> Vec<Label> {
        let stays = self.ladder.story.stays(end);
        let mut labels: Vec<Label> = stays
            .iter()
            .map(|stay| Label {
                at: stay.since,
                phase: Some(stay.phase),
                note: None,
            })
            .collect();
        for row in &self.ladder.rows {
            let Some(mark) = row.marks[end as usize] else {
                continue;
            };
            let note = match row.middle {
                Middle::Note(at, note) if at == end => Some(note),
                _ => None,
            };
            let is_new = !labels.iter().any(|label| label.at == mark.at);
            if note.is_some() || is_new {
                labels.push(Label {
                    at: mark.at,
                    phase: None,
                    note,
                });
            }
        }
        // At one moment the state comes first: what it is to the application follows from it.
        labels.sort_by_key(|label| label.at);
        labels.retain(|label| visible.shows(label.at));
        labels
    }

    fn label(&self, end: End, label: &Label, y: i64) -> (Markup, i64) {
        let line = LINES[end as usize];
        let (beside, edge, class) = match end {
            End::Client => (line - BAR - 10, 12, " end"),
            End::Server => (line + BAR + 10, WIDTH - 12, ""),
        };
        let other = if class.is_empty() { " end" } else { "" };
        let time = self.words(Language::En).seconds(label.at.as_nanos());
        let Some(note) = label.note else {
            let markup = html! {
                text class=(format!("faint{other}")) x=(edge) y=(y) { (time) }
                @if let Some(phase) = label.phase {
                    text class=(format!("state{class}")) x=(beside) y=(y) { (phase.name()) }
                }
            };
            return (markup, 1);
        };
        let ink = if note.is_alarming() { "alarm" } else { "faint" };
        let told = self.told(|words| words.note(note));
        let texts = told
            .into_iter()
            .map(|(language, text)| (language, wrapped(&text, NOTE)));
        let texts: Vec<(Option<Language>, Vec<String>)> = texts.collect();
        let lines = texts.iter().map(|(_, lines)| height_of(lines)).max();
        let markup = html! {
            @for (language, lines) in &texts {
                @for (index, text) in (0..).zip(lines) {
                    text class=(classes(&format!("{ink}{class}"), *language)) x=(beside)
                        y=(y + index * LINE) { (text) }
                }
            }
        };
        (markup, lines.unwrap_or(0))
    }
}

/// The number of lines.
fn height_of(lines: &[String]) -> i64 {
    lines.iter().map(|_| 1).sum()
}

/// What a state's colour stands for.
fn kind(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed | Phase::Listen => "idle",
        Phase::SynSent => "opening",
        Phase::SynReceived => "embryonic",
        Phase::Established => "open",
        Phase::FinWait1 | Phase::FinWait2 | Phase::CloseWait | Phase::Closing | Phase::LastAck => {
            "closing"
        }
        Phase::TimeWait => "wait",
    }
}
