//! Ladders side by side, with one slider that steps through all of them.

use maud::{Markup, html};

use super::both;
use crate::campaign::Campaign;
use crate::ladder::Ladder;
use crate::ladder::svg::{Drawing, Tongue};
use crate::metrics::decimal;
use crate::plan::Plan;
use crate::story::Story;

/// Four-tuples that are drawn at most; the others are in the recorded ladders.
const MOST: usize = 4;

/// The ladders of the first replication; nothing if none was kept.
pub(super) fn section(plan: &Plan, campaign: &Campaign) -> Markup {
    let stories: Vec<(&str, Vec<Story<'_>>)> = campaign
        .points
        .iter()
        .map(|point| {
            let stories = Story::all(plan, &point.trace, &campaign.shown);
            (point.policy.name(), stories)
        })
        .collect();
    let count = stories.iter().map(|(_, stories)| stories.len()).max();
    let count = count.unwrap_or(0);
    if count == 0 {
        return html! {};
    }
    html! {
        section {
            h2 { (both("Segment by segment", "逐个报文段")) }
            p class="faint" { (both(
                "The first replication. Time runs downwards, to scale except in folded gaps; point at a segment or a \
                 bar for its numbers.",
                "第一次重复运行。时间自上而下，除折叠处外按比例绘制；指向报文段或状态条可查看数值。"
            )) }
            @for index in 0..count.min(MOST) {
                (stepper(plan, index, &stories))
            }
            @if count > MOST {
                p { (both(
                    format!("{} more connections are in the recorded ladders.", count - MOST),
                    format!("另有 {} 个连接见已记录的梯形图。", count - MOST)
                )) }
            }
        }
    }
}

/// One four-tuple under all policies.
fn stepper(plan: &Plan, index: usize, stories: &[(&str, Vec<Story<'_>>)]) -> Markup {
    let drawings: Vec<(&str, Drawing)> = stories
        .iter()
        .filter_map(|(policy, stories)| {
            let ladder = Ladder::new(plan, stories.get(index)?);
            Some((*policy, Drawing::new(&ladder, Tongue::Both)))
        })
        .collect();
    let flow = stories.iter().find_map(|(_, stories)| stories.get(index));
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
