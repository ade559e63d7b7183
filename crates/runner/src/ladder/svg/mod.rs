//! Drawing a ladder as a picture (SVG 1.1 with CSS): slanted arrows to scale in time, a bar of
//! states at each side, long silences folded.
//!
//! All coordinates are whole numbers, so that the bytes are the same on every machine. The picture
//! needs no font, script or file from outside.

mod margin;
mod way;

use maud::{Markup, html};
use netsim::Instant;

use super::scale::{Scale, TRANSIT, Tick};
use super::words::Words;
use super::{Ladder, Middle, sender, text};
use crate::language::Language;
use crate::passage::Passage;
use crate::plan::End;

/// What the classes of the picture look like.
pub const STYLE: &str = include_str!("style.css");

/// Width of a ladder.
const WIDTH: i64 = 880;
/// Where the two lines are.
const LINES: [i64; 2] = [232, WIDTH - 232];
/// Height of what stands above the first moment.
const HEAD: i64 = 64;
/// Height of what stands below the last.
const FOOT: i64 = 24;
/// Where the length of a fold ends: before the line, so that a long one grows towards the middle,
/// where most words are.
const FOLD_AT: i64 = LINES[1] - 14;
/// Segments that are drawn at most; of a longer ladder the middle is left out.
const MOST_SEGMENTS: usize = 160;
/// A usual time under way where no segment tells, in nanoseconds.
const USUAL_TRANSIT: u64 = 50_000_000;

/// In which language a picture speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// In one.
    One(Language),
    /// In both, each text with its language as a class, of which the page hides one.
    Both,
}

/// One ladder as the inside of an `svg` element, and its height.
#[derive(Clone, Debug)]
pub struct Drawing {
    body: String,
    height: i64,
    /// The moments at which something happens, with their places: nanoseconds, height.
    pub steps: Vec<(u64, i64)>,
}

/// A whole picture: these ladders one below the other, under a heading.
pub fn draw(ladders: &[Ladder<'_>], heading: &str, language: Language) -> String {
    let drawings: Vec<Drawing> = ladders
        .iter()
        .map(|ladder| Drawing::new(ladder, Tongue::One(language)))
        .collect();
    let top = 30;
    let height = top + drawings.iter().map(|drawing| drawing.height).sum::<i64>();
    let mut page = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" role=\"img\" lang=\"{}\" \
         width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n",
        language.tag()
    );
    let markup = html! { title { (heading) } };
    page.push_str(&markup.into_string());
    page.push_str("\n<style>\n");
    page.push_str(STYLE);
    page.push_str("</style>\n");
    let markup = html! {
        rect class="paper" width=(WIDTH) height=(height) {}
        text class="heading middle" x=(WIDTH / 2) y="22" { (heading) }
    };
    page.push_str(&markup.into_string());
    page.push('\n');
    let mut y = top;
    for drawing in drawings {
        page.extend(["<g transform=\"translate(0 ", &y.to_string(), ")\">\n"]);
        page.push_str(&drawing.body);
        page.push_str("</g>\n");
        y += drawing.height;
    }
    page.push_str("</svg>\n");
    page
}

impl Drawing {
    /// Draws one ladder.
    pub fn new(ladder: &Ladder<'_>, tongue: Tongue) -> Drawing {
        let transit = usual_transit(ladder);
        let visible = Visible::of(ladder);
        let scale = Scale::new(ticks(ladder, &visible, transit), HEAD, transit);
        let mut canvas = Canvas {
            ladder,
            tongue,
            transit,
            scale: &scale,
            decimals: text::decimals(ladder),
            body: String::new(),
        };
        let margin_bottom = canvas.margins(&visible);
        let bottom = scale.bottom().max(margin_bottom);
        canvas.head();
        canvas.segments(&visible);
        canvas.folds(&visible);
        let text = canvas.text("faint middle", WIDTH / 2, scale.bottom() + 16, |words| {
            words.end_of_run().to_owned()
        });
        canvas.put(&text);
        let steps = scale.steps().map(|(at, height)| (at.as_nanos(), height));
        Drawing {
            steps: steps.collect(),
            body: canvas.body,
            height: bottom + FOOT,
        }
    }

    /// The picture as an element of a page that has [`STYLE`], with a veil that a script may draw
    /// over what is yet to come.
    pub fn element(&self, name: &str) -> Markup {
        let view = format!("0 0 {WIDTH} {}", self.height);
        html! {
            svg class="ladder" role="img" viewBox=(view) {
                title { (name) }
                rect class="paper" width=(WIDTH) height=(self.height) {}
                (maud::PreEscaped(&self.body))
                rect class="veil" x="0" y=(self.height) width=(WIDTH) height="0" {}
            }
        }
    }
}

/// The part of a long ladder that is drawn.
#[derive(Clone, Copy, Debug)]
struct Visible {
    /// What begins between these moments is left out, and how much that is.
    hidden: Option<(Instant, Instant, usize)>,
}

impl Visible {
    fn of(ladder: &Ladder<'_>) -> Visible {
        let starts: Vec<Instant> = ladder
            .passages
            .values()
            .map(|passage| passage.left)
            .collect();
        let Some(rest) = starts
            .len()
            .checked_sub(MOST_SEGMENTS)
            .filter(|rest| *rest > 0)
        else {
            return Visible { hidden: None };
        };
        let (from, to) = (
            starts[MOST_SEGMENTS / 2 - 1],
            starts[MOST_SEGMENTS / 2 + rest],
        );
        let is_hidden = |at: &&Instant| **at > from && **at < to;
        let count = starts.iter().filter(is_hidden).count();
        Visible {
            hidden: (count > 0).then_some((from, to, count)),
        }
    }

    fn shows(&self, at: Instant) -> bool {
        self.hidden
            .is_none_or(|(from, to, _)| at <= from || at >= to)
    }
}

/// Half of the segments that nothing delayed are under way for less time than this, in nanoseconds.
fn usual_transit(ladder: &Ladder<'_>) -> u64 {
    let mut times: Vec<u64> = ladder
        .passages
        .values()
        .filter(|passage| !passage.was_held())
        .filter_map(|passage| Some(passage.arrived?.as_nanos() - passage.left.as_nanos()))
        .filter(|nanos| *nanos > 0)
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(USUAL_TRANSIT)
}

/// Everything that needs a place.
fn ticks(ladder: &Ladder<'_>, visible: &Visible, transit: u64) -> Vec<Tick> {
    let quiet = |at| Tick { at, touch: None };
    let mut ticks = vec![quiet(Instant::ZERO), quiet(ladder.end)];
    for passage in ladder.passages.values() {
        let from = sender(ladder.story, passage);
        let mut touch = |at: Option<Instant>, touch| {
            if let Some(at) = at.filter(|at| visible.shows(*at)) {
                ticks.push(Tick { at, touch });
            }
        };
        touch(Some(passage.left), Some((from, false)));
        touch(passage.released, None);
        match passage.arrived {
            Some(at) => touch(Some(at), Some((from.peer(), true))),
            // Room for what is said of a segment that does not get across.
            None => touch(Some(passage.left.saturating_add_nanos(transit)), None),
        }
    }
    for end in [End::Client, End::Server] {
        let stays = ladder.story.stays(end);
        ticks.extend(stays.iter().map(|stay| quiet(stay.since)));
    }
    let notes = ladder
        .rows
        .iter()
        .filter(|row| matches!(row.middle, Middle::Note(..)));
    let moments = notes.flat_map(|row| row.marks.iter().flatten());
    ticks.extend(moments.map(|mark| quiet(mark.at)));
    ticks.retain(|tick| visible.shows(tick.at) && tick.at <= ladder.end);
    ticks
}

/// A picture that is being drawn.
struct Canvas<'c> {
    ladder: &'c Ladder<'c>,
    tongue: Tongue,
    /// A usual time under way, in nanoseconds.
    transit: u64,
    scale: &'c Scale,
    decimals: usize,
    body: String,
}

impl<'c> Canvas<'c> {
    /// Adds something, on a line of its own so that differences can be read.
    fn put(&mut self, markup: &Markup) {
        self.body.push_str(&markup.0);
        self.body.push('\n');
    }

    fn words(&self, language: Language) -> Words<'c> {
        Words {
            plan: self.ladder.plan,
            language,
            decimals: self.decimals,
        }
    }

    /// The same in each language that the picture speaks; once if the languages do not differ.
    fn told(&self, say: impl Fn(Words<'c>) -> String) -> Vec<(Option<Language>, String)> {
        match self.tongue {
            Tongue::One(language) => vec![(None, say(self.words(language)))],
            Tongue::Both => {
                let [en, zh] = Language::ALL.map(|language| say(self.words(language)));
                if en == zh {
                    vec![(None, en)]
                } else {
                    vec![(Some(Language::En), en), (Some(Language::Zh), zh)]
                }
            }
        }
    }

    /// The same as a `title` element, which has no classes: both languages after each other.
    fn title(&self, say: impl Fn(Words<'c>) -> String) -> Markup {
        let texts: Vec<String> = self.told(say).into_iter().map(|(_, text)| text).collect();
        html! { title { (texts.join(" / ")) } }
    }

    /// A text at a place.
    fn text(&self, class: &str, x: i64, y: i64, say: impl Fn(Words<'c>) -> String) -> Markup {
        html! {
            @for (language, text) in self.told(say) {
                text class=(classes(class, language)) x=(x) y=(y) { (text) }
            }
        }
    }

    /// Who the two lines are, and what the letters stand for.
    fn head(&mut self) {
        let story = self.ladder.story;
        let name = |end| &self.ladder.plan.host(story.host(end)).name;
        let left = format!("{} {}", name(End::Client), story.flow.local);
        let right = format!("{} {}", story.flow.remote, name(End::Server));
        let letters = [End::Client, End::Server].map(|end| self.ladder.origins(end));
        let markup = html! {
            text class="name middle" x=(LINES[0]) y="18" { (left) }
            text class="name middle" x=(LINES[1]) y="18" { (right) }
            text class="faint middle" x=(LINES[0]) y="34" { (letters[0]) }
            text class="faint middle" x=(LINES[1]) y="34" { (letters[1]) }
        };
        self.put(&markup);
    }

    /// The torn places of the time axis, with how much is missing.
    fn folds(&mut self, visible: &Visible) {
        for fold in &self.scale.folds {
            let y = i64::midpoint(fold.top, fold.bottom);
            for x in LINES {
                let markup = html! {
                    path class="tear" d=(format!("M{x} {}v8", y - 4)) {}
                    path class="fold" d=(format!("M{} {}l14 -5m-14 9l14 -5", x - 7, y - 1)) {}
                };
                self.put(&markup);
            }
            let nanos = fold.nanos;
            let left_out = visible
                .hidden
                .filter(|(from, _, _)| self.scale.height(*from) == fold.top);
            let text = self.text("faint end gap", FOLD_AT, y + 4, |words| match left_out {
                None => format!("⋮ {} ⋮", words.silence(nanos)),
                Some((_, _, count)) => format!("⋮ {} ⋮", words.left_out(count)),
            });
            self.put(&text);
        }
    }

    fn segments(&mut self, visible: &Visible) {
        let shown: Vec<&Passage> = self
            .ladder
            .passages
            .values()
            .filter(|passage| visible.shows(passage.left))
            .collect();
        let mut detours = 0;
        for passage in shown {
            let way = way::Way::new(self, passage, &mut detours);
            let markup = way.draw(self);
            self.put(&markup);
        }
    }
}

/// A class, and the language as another.
fn classes(class: &str, language: Option<Language>) -> String {
    match language {
        None => class.to_owned(),
        Some(language) => format!("{class} {}", language.tag()),
    }
}
