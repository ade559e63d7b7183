//! For people: ladders, the comparison, the verdicts, the lesson.

use super::{comparison, grid, steady, stop, table, theory};
use crate::campaign::{Campaign, Point, PointId};
use crate::diagnostic::visible;
use crate::expect::Verdict;
use crate::experiment::Experiment;
use crate::ladder::{Ladder, draw, svg};
use crate::language::Language;
use crate::lesson;
use crate::paint::{Ink, Page, WIDTH};
use crate::plan::{End, Plan, Setting};
use crate::story::Story;

/// Everything about one experiment.
pub fn human(
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
    has_color: bool,
) -> String {
    let plan = &experiment.plan;
    let mut page = Page::new(has_color);
    let title = plan.title.in_language(language);
    // A file without a title has its name in that place.
    if title == plan.name {
        page.line(Ink::Strong, &plan.name);
    } else {
        page.wrap(Ink::Strong, &format!("{}: {title}", plan.name), 0);
    }
    if experiment.points.len() > 1 {
        page.end_line();
        grid::draw(&mut page, experiment, campaign, language);
        steady::draw(&mut page, experiment, campaign, language);
        verdicts_of_sweep(&mut page, experiment, campaign, language);
        theory::draw(&mut page, experiment, &campaign.theory, language);
        stop::draw(&mut page, experiment, campaign, language);
        remarks(&mut page, campaign, language);
        whereabouts(&mut page, experiment, language);
        authors_lesson(&mut page, plan, language);
        return page.into_text();
    }
    for point in &campaign.points {
        page.end_line();
        let heading = format!("── {} ", point.policy.name());
        let rest = WIDTH.saturating_sub(heading.chars().count());
        page.line(Ink::Strong, &format!("{heading}{}", "─".repeat(rest)));
        page.plain(&ladders(plan, point, language, has_color));
    }
    page.end_line();
    table::comparison(&mut page, campaign, language);
    steady::draw(&mut page, experiment, campaign, language);
    comparison::draw(&mut page, experiment, campaign, language);
    for point in &campaign.points {
        verdicts(&mut page, point, language);
    }
    theory::draw(&mut page, experiment, &campaign.theory, language);
    stop::draw(&mut page, experiment, campaign, language);
    remarks(&mut page, campaign, language);
    page.end_line();
    for sentence in lesson::sentences(plan, campaign, language) {
        page.wrap(Ink::Plain, &sentence, 0);
    }
    authors_lesson(&mut page, plan, language);
    page.into_text()
}

/// What the file's author wants the reader to take home.
fn authors_lesson(page: &mut Page, plan: &Plan, language: Language) {
    let mut text = String::new();
    for line in plan.lesson.in_language(language).lines() {
        let line = line.trim();
        text.push_str(glue(&text, line));
        text.push_str(line);
    }
    if !text.is_empty() {
        page.end_line();
        page.wrap(Ink::Plain, &visible(&text), 0);
    }
}

/// What joins two lines of a paragraph: a blank, but nothing between Chinese characters, which are
/// broken anywhere.
fn glue(before: &str, after: &str) -> &'static str {
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return "";
    };
    let is_blank = match (last.is_ascii(), next.is_ascii()) {
        (true, true) => true,
        (false, false) => false,
        (true, false) => next.is_alphanumeric(),
        (false, true) => last.is_alphanumeric(),
    };
    if is_blank { " " } else { "" }
}

/// The ladders of one policy: of each scripted four-tuple, or of the chosen connection of a
/// population.
pub(crate) fn ladders(plan: &Plan, point: &Point, language: Language, has_color: bool) -> String {
    let stories = Story::all(plan, &point.trace, &point.shown);
    let drawn = stories.iter().map(|story| {
        let note = introduction(plan, point, story, language);
        format!(
            "{note}{}",
            draw(&Ladder::new(plan, story), language, has_color)
        )
    });
    drawn.collect::<Vec<_>>().join("\n")
}

/// The same as one picture; `None` if there is none.
pub(crate) fn pictures(plan: &Plan, point: &Point) -> Option<String> {
    let stories = Story::all(plan, &point.trace, &point.shown);
    let ladders: Vec<Ladder<'_>> = stories
        .iter()
        .map(|story| Ladder::new(plan, story))
        .collect();
    let language = plan.output.language;
    let title = plan.title.in_language(language);
    let heading = format!("{title} — {}", point.policy.name());
    (!ladders.is_empty()).then(|| svg::draw(&ladders, &heading, language))
}

/// Which connection of a population a ladder is about; empty for scripted ones.
fn introduction(plan: &Plan, point: &Point, story: &Story<'_>, language: Language) -> String {
    let number = match point.shown.first() {
        Some(tag) if tag.0 as usize >= plan.connections.len() => tag.0,
        _ => return String::new(),
    };
    let client = &plan.host(story.host(End::Client)).name;
    let runs = point.replications.len();
    let why = match (point.shown_for_trouble, number) {
        (true, _) => language.choose(
            ", the first that something befell",
            "，第一个遇到意外的连接",
        ),
        (false, 0) => language.choose(", the first", "，第一个"),
        (false, _) => "",
    };
    language.choose(
        format!("connection {number} of {client} in run 1 of {runs}{why}\n"),
        format!("{client} 的连接 {number}，第 1 次运行（共 {runs} 次）{why}\n"),
    )
}

/// Of a sweep, how many expectations hold, and every one that does not.
fn verdicts_of_sweep(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    let all = || campaign.points.iter().flat_map(|point| &point.verdicts);
    if all().next().is_none() {
        return;
    }
    page.end_line();
    let held = all().filter(|verdict| verdict.held).count();
    let count = all().count();
    let text = language.choose(
        format!("{held} of {count} expectations held"),
        format!("{count} 项预期中有 {held} 项成立"),
    );
    page.line(Ink::Strong, &text);
    for (point, verdict) in broken(campaign) {
        let place = place(experiment, point);
        let (_, word) = judgement(verdict, language);
        let text = format!("{word}  {place}: {}", verdict.what);
        page.wrap(Ink::Bad, &text, VERDICT_INDENT);
        observed(page, verdict, language);
    }
}

/// Every expectation that does not hold.
fn broken(campaign: &Campaign) -> impl Iterator<Item = (&Point, &Verdict)> {
    let each = campaign.points.iter();
    each.flat_map(|point| point.verdicts.iter().map(move |verdict| (point, verdict)))
        .filter(|(_, verdict)| !verdict.held)
}

/// The policy, and the point of the sweep if there is one.
fn place(experiment: &Experiment, point: &Point) -> String {
    let mut text = point.policy.name().to_owned();
    for Setting { key, value } in &experiment.points[point.at.0].settings {
        text.extend([", ", key, " = ", value]);
    }
    text
}

fn verdicts(page: &mut Page, point: &Point, language: Language) {
    if point.verdicts.is_empty() {
        return;
    }
    page.end_line();
    let policy = point.policy.name();
    let heading = language.choose(
        format!("expected of {policy}"),
        format!("对 {policy} 的预期"),
    );
    page.line(Ink::Strong, &heading);
    for verdict in &point.verdicts {
        let (ink, word) = judgement(verdict, language);
        page.wrap(ink, &format!("{word}  {}", verdict.what), VERDICT_INDENT);
        if !verdict.held || verdict.observed_says_more() {
            observed(page, verdict, language);
        }
    }
}

/// Whether an expectation holds, as a colour and in words of eight columns.
fn judgement(verdict: &Verdict, language: Language) -> (Ink, &'static str) {
    if verdict.held {
        (Ink::Good, language.choose("    held", "    成立"))
    } else {
        (Ink::Bad, language.choose("NOT held", "  不成立"))
    }
}

/// Where the text of a verdict begins.
const VERDICT_INDENT: usize = 10;

fn observed(page: &mut Page, verdict: &Verdict, language: Language) {
    let indent = " ".repeat(VERDICT_INDENT);
    let word = language.choose("observed", "实际：");
    let text = format!("{indent}{word} {}", verdict.observed);
    page.wrap(Ink::Faint, &text, VERDICT_INDENT);
}

/// Where the pictures of a sweep are, if it asks for any.
fn whereabouts(page: &mut Page, experiment: &Experiment, language: Language) {
    let output = &experiment.plan.output;
    let kinds = [
        (output.ladder.is_any(), language.choose("ladders", "梯形图")),
        (output.pcapng, language.choose("captures", "抓包文件")),
        (output.events, language.choose("logs", "事件日志")),
        (
            !output.snapshots.is_empty(),
            language.choose("snapshots", "快照"),
        ),
    ];
    let made = kinds.iter().filter(|(is_made, _)| *is_made);
    let names: Vec<&str> = made.map(|(_, name)| *name).collect();
    if names.is_empty() {
        return;
    }
    let last = experiment.points.len() - 1;
    let [first, last] = [0, last].map(|index| experiment.number_of(PointId(index)));
    let names = names.join(language.choose(", ", "、"));
    let text = language.choose(
        format!("{names} of run 1 at each point: point-{first} to point-{last}, numbered as in points.csv"),
        format!("各参数点第 1 次运行的{names}：point-{first} 至 point-{last}，编号同 points.csv"),
    );
    page.end_line();
    page.wrap(Ink::Plain, &text, 0);
}

/// What an author should know: a steady state that never came, faults that did nothing, segments
/// that never came back or never came.
fn remarks(page: &mut Page, campaign: &Campaign, language: Language) {
    let mut notes: Vec<String> = Vec::new();
    for point in &campaign.points {
        let policy = point.policy.name();
        notes.extend(steady::warning(point, language));
        notes.extend(point.unmatched.iter().map(|id| {
            language.choose(
                format!("note: fault `{id}` never hit a segment under {policy}"),
                format!("注意：在 {policy} 下，故障 `{id}` 没有遇到任何报文段"),
            )
        }));
        notes.extend(point.holding.iter().map(|id| {
            language.choose(
                format!(
                    "note: fault `{id}` still held a segment at the end of a run under {policy}"
                ),
                format!("注意：在 {policy} 下，运行结束时故障 `{id}` 仍扣留着报文段"),
            )
        }));
        notes.extend(point.pending.iter().map(|id| {
            language.choose(
                format!(
                    "note: injection `{id}` had not come to its end when a run under {policy} did"
                ),
                format!("注意：在 {policy} 下，运行结束时注入 `{id}` 尚未完成"),
            )
        }));
    }
    let mut told: Vec<&String> = Vec::new();
    for note in &notes {
        // What happens at several points of a sweep is told once.
        if !told.contains(&note) {
            page.wrap(Ink::Odd, note, 0);
            told.push(note);
        }
    }
}

/// The expectations that do not hold, each with what was observed; empty if all do.
pub fn failures(experiment: &Experiment, campaign: &Campaign, has_color: bool) -> String {
    let mut page = Page::new(has_color);
    for (point, verdict) in broken(campaign) {
        let (name, place) = (&experiment.plan.name, place(experiment, point));
        let text = format!("NOT held  {name}, {place}: {}", verdict.what);
        page.wrap(Ink::Bad, &text, VERDICT_INDENT);
        observed(&mut page, verdict, Language::En);
    }
    theory::failures(&mut page, experiment, &campaign.theory);
    remarks(&mut page, campaign, Language::En);
    page.into_text()
}
