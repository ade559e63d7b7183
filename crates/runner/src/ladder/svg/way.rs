//! One segment's way across a picture.

use maud::{Markup, html};
use netsim::Instant;

use super::{Canvas, LINES, TRANSIT, classes};
use crate::ladder::sender;
use crate::ladder::words::{Ends, Words, label};
use crate::passage::{Passage, Source};
use crate::plan::End;

/// How far what is held gets, of the hundred parts of the way.
const HELD_AT: i64 = 24;
/// How far what is lost gets.
const LOST_AT: i64 = 62;
/// Where the network puts copies on the way.
const COPIED_AT: i64 = 30;
/// What is under way for more usual times than this is drawn as a detour.
const LONG: u64 = 3;
/// Distance of detours that run beside each other.
const LANE: i64 = 15;
/// Detours beside each other before the first place is taken again.
const LANES: i64 = 5;

type Point = (i64, i64);

/// Where a segment goes, as straight lines.
pub(super) struct Way<'p> {
    passage: &'p Passage,
    from: End,
    /// From the sender to where the segment stops, or to where its detour begins.
    first: [Point; 2],
    /// From the end of the detour on.
    second: Option<[Point; 2]>,
}

impl<'p> Way<'p> {
    /// The way of a segment; `detours` counts those so far.
    pub(super) fn new(canvas: &Canvas<'_>, passage: &'p Passage, detours: &mut i64) -> Way<'p> {
        let from = sender(canvas.ladder.story, passage);
        let at = |moment: Instant| canvas.scale.height(moment);
        // So many hundredths of the way from the sender's line to the other.
        let x = |part: i64| {
            let (start, end) = (LINES[from as usize], LINES[from.peer() as usize]);
            start + (end - start) * part / 100
        };
        let start_part = if passage.source == Source::Host {
            0
        } else {
            COPIED_AT
        };
        let (start, left) = ((x(start_part), at(passage.left)), passage.left);
        let Some(arrived) = passage.arrived else {
            let part = if passage.was_held() && passage.released.is_none() {
                HELD_AT.max(start_part + 10)
            } else {
                LOST_AT
            };
            let stop = (x(part), start.1 + TRANSIT * (part - start_part) / 100);
            return Way {
                passage,
                from,
                first: [start, stop],
                second: None,
            };
        };
        let end = (x(100), at(arrived));
        let is_long = arrived.as_nanos() - left.as_nanos() > canvas.transit.saturating_mul(LONG);
        if !is_long {
            return Way {
                passage,
                from,
                first: [start, end],
                second: None,
            };
        }
        let lane = *detours % LANES;
        *detours += 1;
        let aside = match from {
            End::Client => lane * LANE,
            End::Server => -lane * LANE,
        };
        let turn = (
            x(HELD_AT.max(start_part)) + aside,
            start.1 + TRANSIT * HELD_AT / 100,
        );
        let resumed = passage
            .released
            .map_or(end.1 - TRANSIT * (100 - HELD_AT) / 100, at);
        Way {
            passage,
            from,
            first: [start, turn],
            second: Some([(turn.0, resumed.max(turn.1)), end]),
        }
    }

    /// What became of it, as a class.
    fn class(&self) -> &'static str {
        let passage = self.passage;
        if passage.dropped.is_some() || passage.unheard.is_some() {
            "seg lost"
        } else if passage.stale.is_some() {
            "seg late"
        } else if passage.was_held() {
            "seg held"
        } else if passage.source != Source::Host {
            "seg copy"
        } else {
            "seg"
        }
    }

    /// Draws it.
    pub(super) fn draw(&self, canvas: &Canvas<'_>) -> Markup {
        let [start, turn] = self.first;
        let label = label(canvas.ladder.story, self.from, self.passage).join(" ");
        let label = label.trim();
        let title = canvas.title(|words| self.story(words, label));
        let last = self.second.unwrap_or(self.first);
        let is_whole = self.passage.arrived.is_some();
        html! {
            g class=(self.class()) {
                (title)
                path class="way" d=(line(start, turn)) {}
                @if self.passage.source != Source::Host {
                    circle class="pause" cx=(start.0) cy=(start.1) r="3.5" {}
                }
                @if let Some([resumed, end]) = self.second {
                    path class="way detour" d=(line(turn, resumed)) {}
                    path class="way" d=(line(resumed, end)) {}
                }
                @if self.passage.was_held() { (pause(turn)) }
                @if is_whole && self.passage.unheard.is_none() { (tip(last)) }
                @if self.passage.dropped.is_some() || self.passage.unheard.is_some() {
                    (cross(last[1]))
                }
                @if self.second.is_some() || !is_whole {
                    (self.words_after(canvas, turn, label))
                }
                @if is_whole { (self.words(canvas, last, label)) }
            }
        }
    }

    /// Label and remark after the place where the way stops or turns.
    fn words_after(&self, canvas: &Canvas<'_>, (x, y): Point, label: &str) -> Markup {
        let (x, class) = match self.from {
            End::Client => (x + 12, "after"),
            End::Server => (x - 12, "after end"),
        };
        let told = canvas.told(|words| words.remark(self.passage, Ends::Tail));
        html! {
            @for (language, remark) in told {
                text class=(classes(class, language)) x=(x) y=(y + 4) {
                    (label)
                    @if !remark.is_empty() { ", " tspan class="remark" { (remark) } }
                }
            }
        }
    }

    /// The label above a part of the way, and what the network did below it.
    fn words(&self, canvas: &Canvas<'_>, [from, to]: [Point; 2], label: &str) -> Markup {
        let (x, y) = (i64::midpoint(from.0, to.0), i64::midpoint(from.1, to.1));
        // The words follow the slope: sheared, not rotated, so that whole thousandths do.
        let slope = (to.1 - from.1) * 1000 / (to.0 - from.0);
        let sign = if slope < 0 { "-" } else { "" };
        let turn = format!("matrix(1 {sign}0.{:03} 0 1 {x} {y})", slope.abs().min(999));
        let ends = if self.second.is_some() {
            Ends::Head
        } else {
            Ends::Both
        };
        let remarks = canvas.told(|words| words.remark(self.passage, ends));
        html! {
            g transform=(turn) {
                text y="-5" { (label) }
                @for (language, remark) in remarks {
                    @if !remark.is_empty() {
                        text class=(classes("remark", language)) y="12" { (remark) }
                    }
                }
            }
        }
    }

    /// Everything about a segment, in a few lines.
    fn story(&self, words: Words<'_>, label: &str) -> String {
        let passage = self.passage;
        let segment = &passage.frame.packet.segment;
        let seconds = |at: Instant| words.seconds(at.as_nanos());
        let numbers = format!(
            "SEQ {} ACK {} WIN {}",
            segment.seq.0, segment.ack.0, segment.window
        );
        let left = seconds(passage.left);
        let times = match (passage.arrived, passage.dropped) {
            (Some(at), _) => format!("{left} s → {} s", seconds(at)),
            (None, Some((at, ..))) => format!("{left} s → ✕ {} s", seconds(at)),
            (None, None) => format!("{left} s → …"),
        };
        let mut parts = vec![label.to_owned(), times, numbers];
        parts.push(words.remark(passage, Ends::Head));
        if passage.dropped.is_some() {
            parts.push(words.lost(passage));
        }
        parts.push(words.held(passage));
        parts.extend(passage.stale.map(|stale| words.overtaken(stale)));
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    }
}

fn line(from: Point, to: Point) -> String {
    format!("M{} {}L{} {}", from.0, from.1, to.0, to.1)
}

/// The head of an arrow.
fn tip([from, to]: [Point; 2]) -> Markup {
    let back = if to.0 > from.0 { -10 } else { 10 };
    let run = (to.0 - from.0).abs().max(1);
    let rise = (to.1 - from.1) * 10 / run;
    let (x, y) = (back, -rise);
    let points = format!("M{} {}l{x} {}v8z", to.0, to.1, y - 4);
    html! { path class="tip" d=(points) {} }
}

/// Where a segment ends.
fn cross((x, y): Point) -> Markup {
    let d = format!("M{} {}l12 12m0 -12l-12 12", x - 6, y - 6);
    html! { path class="way" stroke-width="2.5" d=(d) {} }
}

/// Where a segment waits.
fn pause((x, y): Point) -> Markup {
    let d = format!("M{} {}h3v10h-3zm6 0h3v10h-3z", x - 5, y - 5);
    html! { path class="pause" d=(d) {} }
}
