//! Ladders side by side, with one slider that steps through all of them.

use maud::{Markup, html};

use super::both;
use crate::campaign::{Campaign, Point, PointId};
use crate::experiment::Experiment;
use crate::ladder::Ladder;
use crate::ladder::svg::{Drawing, Tongue};
use crate::metrics::decimal;
use crate::plan::Plan;
use crate::story::Story;

/// Four-tuples that are drawn at most; the others are in the recorded ladders.
const MOST: usize = 4;

/// How many octets the ladders of a sweep take at most in the document. Those of the first points
/// that fit are in it, of the others there are links to the recorded ladders.
const MOST_OCTETS: usize = 2_000_000;

/// The four-tuples of each policy whose history was kept.
type Histories<'c> = Vec<(&'c Point, Vec<Story<'c>>)>;

/// The ladders of the first replication; nothing if none was kept.
pub(super) fn section(plan: &Plan, campaign: &Campaign) -> Markup {
    let Some(histories) = histories(plan, &campaign.points) else {
        return html! {};
    };
    html! {
        section {
            (heading())
            (steppers(plan, &histories))
        }
    }
}

/// Those of each point of a sweep; nothing if none was kept.
pub(super) fn of_sweep(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let mut room = MOST_OCTETS;
    let mut items: Vec<Markup> = Vec::new();
    for (grid, site) in experiment.points.iter().zip(campaign.sites()) {
        let Some(histories) = histories(&grid.plan, site) else {
            continue;
        };
        let name = name(experiment, site[0].at);
        let drawn = (room > 0).then(|| {
            let drawn = steppers(&grid.plan, &histories);
            html! {
                details open[items.is_empty()] { summary { (name) } (drawn) }
            }
        });
        let drawn = drawn.filter(|drawn| drawn.0.len() <= room);
        // Once something does not fit, nothing more is drawn: which points are is plain to see.
        room = drawn.as_ref().map_or(0, |drawn| room - drawn.0.len());
        items.push(drawn.unwrap_or_else(|| links(experiment, &histories, &name)));
    }
    if items.is_empty() {
        return html! {};
    }
    html! {
        section {
            (heading())
            @for item in items { (item) }
        }
    }
}

/// The number of a point, and what is set there.
fn name(experiment: &Experiment, at: PointId) -> Markup {
    let number = at.0 + 1;
    let settings = experiment.points[at.0].settings.iter();
    let settings = settings.map(|it| format!("{} = {}", it.key, it.value));
    let settings = settings.collect::<Vec<_>>().join(", ");
    html! { (both(format!("point {number}"), format!("参数点 {number}"))) ": " (settings) }
}

/// Where the recorded ladders of a point are.
fn links(experiment: &Experiment, histories: &Histories<'_>, name: &Markup) -> Markup {
    let form = if experiment.plan.output.ladder.svg {
        "ladder.svg"
    } else {
        "ladder.txt"
    };
    html! {
        p {
            (name)
            @for (point, stories) in histories {
                @if !stories.is_empty() {
                    @let folder = experiment.folder_of(point.at, point.policy);
                    " · " a href=(format!("{folder}/{form}")) { (point.policy.name()) }
                }
            }
        }
    }
}

fn heading() -> Markup {
    html! {
        h2 { (both("Segment by segment", "逐个报文段")) }
        p class="faint" { (both(
            "The first replication. Time runs downwards, to scale except in folded gaps; point at a segment or a \
             bar for its numbers.",
            "第一次重复运行。时间自上而下，除折叠处外按比例绘制；指向报文段或状态条可查看数值。"
        )) }
    }
}

/// What was kept of a point; `None` if nothing.
fn histories<'c>(plan: &Plan, points: &'c [Point]) -> Option<Histories<'c>> {
    let all = points.iter().map(|point| {
        let stories = Story::all(plan, &point.trace, &point.shown);
        (point, stories)
    });
    let all: Histories<'_> = all.collect();
    let is_any = all.iter().any(|(_, stories)| !stories.is_empty());
    is_any.then_some(all)
}

/// The ladders of all policies, side by side.
fn steppers(plan: &Plan, histories: &Histories<'_>) -> Markup {
    let count = histories.iter().map(|(_, stories)| stories.len()).max();
    let count = count.unwrap_or(0);
    html! {
        @for index in 0..count.min(MOST) {
            (stepper(plan, index, histories))
        }
        @if count > MOST {
            p { (both(
                format!("{} more connections are in the recorded ladders.", count - MOST),
                format!("另有 {} 个连接见已记录的梯形图。", count - MOST)
            )) }
        }
    }
}

/// One four-tuple under all policies.
fn stepper(plan: &Plan, index: usize, histories: &Histories<'_>) -> Markup {
    let drawings: Vec<(&str, Drawing)> = histories
        .iter()
        .filter_map(|(point, stories)| {
            let ladder = Ladder::new(plan, stories.get(index)?);
            Some((point.policy.name(), Drawing::new(&ladder, Tongue::Both)))
        })
        .collect();
    let flow = histories.iter().find_map(|(_, stories)| stories.get(index));
    let flow = flow.map_or_else(String::new, |story| {
        format!("{} → {}", story.flow.local, story.flow.remote)
    });
    let mut times: Vec<u64> = drawings
        .iter()
        .flat_map(|(_, drawing)| drawing.steps.iter().map(|(at, _)| *at))
        .collect();
    times.sort_unstable();
    times.dedup();
    let last = times.len().saturating_sub(1);
    let times: Vec<String> = times.into_iter().map(seconds).collect();
    html! {
        div class="stepper" data-times=(times.join(" ")) {
            // Shown by the script, without which it would do nothing.
            div class="controls" hidden {
                button type="button" class="back" { (both("◀ back", "◀ 后退")) }
                button type="button" class="next" { (both("next ▶", "前进 ▶")) }
                label {
                    (both("time", "时间")) " "
                    input type="range" min="0" max=(last) value=(last) step="1"
                        aria-label="time / 时间";
                }
                output { (times.last().map_or("", String::as_str)) " s" }
            }
            div class="ladders" {
                @for (policy, drawing) in &drawings {
                    figure data-steps=(steps(drawing)) {
                        figcaption { (policy) }
                        (drawing.element(&format!("{policy}: {flow}")))
                    }
                }
            }
        }
    }
}

/// Moments and their places, for the script.
fn steps(drawing: &Drawing) -> String {
    let each = drawing.steps.iter();
    let each = each.map(|(at, height)| format!("{}:{height}", seconds(*at)));
    each.collect::<Vec<_>>().join(" ")
}

/// Seconds, to the nanosecond.
fn seconds(nanos: u64) -> String {
    decimal(i128::from(nanos))
}
