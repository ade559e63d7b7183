//! For people: ladders, the comparison, the verdicts, the lesson.

use super::table;
use crate::campaign::{Campaign, Point};
use crate::diagnostic::visible;
use crate::expect::Verdict;
use crate::experiment::Experiment;
use crate::ladder::{Ladder, WIDTH, draw};
use crate::lesson;
use crate::paint::{Ink, Page};
use crate::plan::{End, Plan, Prose};
use crate::story::Story;

/// Everything about one experiment.
pub fn human(experiment: &Experiment, campaign: &Campaign, has_color: bool) -> String {
    let plan = &experiment.plan;
    let mut page = Page::new(has_color);
    // A file without a title has its name in both places.
    if plan.title.en == plan.name {
        page.line(Ink::Strong, &plan.name);
    } else {
        page.line(Ink::Strong, &format!("{}: {}", plan.name, plan.title.en));
    }
    if plan.title.zh != plan.title.en {
        page.line(Ink::Plain, &plan.title.zh);
    }
    for point in &campaign.points {
        page.end_line();
        let heading = format!("── {} ", point.policy.name());
        let rest = WIDTH.saturating_sub(heading.chars().count());
        page.line(Ink::Strong, &format!("{heading}{}", "─".repeat(rest)));
        page.plain(&ladders(plan, campaign, point, has_color));
    }
    page.end_line();
    table::comparison(&mut page, plan, campaign);
    for point in &campaign.points {
        verdicts(&mut page, point);
    }
    remarks(&mut page, campaign);
    page.end_line();
    for sentence in lesson::sentences(plan, campaign) {
        wrap(&mut page, Ink::Plain, &sentence, 0);
    }
    authors_lesson(&mut page, plan);
    page.into_text()
}

/// What the file's author wants the reader to take home, in both languages.
fn authors_lesson(page: &mut Page, plan: &Plan) {
    let Prose { en, zh } = &plan.lesson;
    let words: Vec<&str> = en.split_whitespace().collect();
    if !words.is_empty() {
        page.end_line();
        wrap(page, Ink::Plain, &visible(&words.join(" ")), 0);
    }
    if !zh.trim().is_empty() && zh != en {
        page.end_line();
        // Chinese has no blanks at which it could be wrapped: its lines are those of the file.
        for line in zh.trim().lines() {
            page.line(Ink::Plain, &visible(line));
        }
    }
}

/// The ladders of one policy: of each scripted four-tuple, or of the chosen connection of a
/// population.
pub(crate) fn ladders(plan: &Plan, campaign: &Campaign, point: &Point, has_color: bool) -> String {
    let stories = Story::all(plan, &point.trace, &campaign.shown);
    let drawn = stories.iter().map(|story| {
        let note = if plan.connections.is_empty() {
            let replications = plan.run.replications;
            let of = if replications > 1 {
                format!(" of {replications}")
            } else {
                String::new()
            };
            let what = if campaign.shown_for_trouble {
                "the first that something befell"
            } else {
                "the first"
            };
            format!(
                "connection of {} in run 1{of}, {what}\n",
                plan.host(story.host(End::Client)).name
            )
        } else {
            String::new()
        };
        format!("{note}{}", draw(&Ladder::new(plan, story), has_color))
    });
    drawn.collect::<Vec<_>>().join("\n")
}

fn verdicts(page: &mut Page, point: &Point) {
    if point.verdicts.is_empty() {
        return;
    }
    page.end_line();
    page.line(Ink::Strong, &format!("expected of {}", point.policy.name()));
    for verdict in &point.verdicts {
        let (ink, word) = if verdict.held {
            (Ink::Good, "    held")
        } else {
            (Ink::Bad, "NOT held")
        };
        wrap(
            page,
            ink,
            &format!("{word}  {}", verdict.what),
            VERDICT_INDENT,
        );
        if !verdict.held || verdict.observed_says_more() {
            observed(page, verdict);
        }
    }
}

/// Where the text of a verdict begins.
const VERDICT_INDENT: usize = 10;

fn observed(page: &mut Page, verdict: &Verdict) {
    let indent = " ".repeat(VERDICT_INDENT);
    let text = format!("{indent}observed {}", verdict.observed);
    wrap(page, Ink::Faint, &text, VERDICT_INDENT);
}

/// What an author should know: faults that did nothing, segments that never came back or never
/// came.
fn remarks(page: &mut Page, campaign: &Campaign) {
    for point in &campaign.points {
        let policy = point.policy.name();
        for id in &point.unmatched {
            let text = format!("note: fault `{id}` never hit a segment under {policy}");
            page.line(Ink::Odd, &text);
        }
        for id in &point.holding {
            let text = format!(
                "note: fault `{id}` still held a segment at the end of a run under {policy}"
            );
            page.line(Ink::Odd, &text);
        }
        for id in &point.pending {
            let text = format!(
                "note: injection `{id}` had not come to its end when a run under {policy} did"
            );
            page.line(Ink::Odd, &text);
        }
    }
}

/// The expectations that do not hold, each with what was observed; empty if all do.
pub fn failures(experiment: &Experiment, campaign: &Campaign, has_color: bool) -> String {
    let mut page = Page::new(has_color);
    for point in &campaign.points {
        for verdict in point.verdicts.iter().filter(|verdict| !verdict.held) {
            let (name, policy) = (&experiment.plan.name, point.policy.name());
            let text = format!("NOT held  {name}, {policy}: {}", verdict.what);
            wrap(&mut page, Ink::Bad, &text, VERDICT_INDENT);
            observed(&mut page, verdict);
        }
    }
    remarks(&mut page, campaign);
    page.into_text()
}

/// Text over as many lines as it needs; all but the first begin with blanks.
fn wrap(page: &mut Page, ink: Ink, text: &str, indent: usize) {
    let mut line = String::new();
    let mut is_fresh = true;
    for word in text.split(' ') {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            page.line(ink, &line);
            line = " ".repeat(indent);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    page.line(ink, &line);
}
