//! How many connections there were at each time of the first replication, and for how long.

use maud::{Markup, html};

use super::both;
use super::chart::{Chart, Curve, ONE, Shape};
use crate::campaign::Campaign;
use crate::census::{BINS, Lifetimes, Series, Survival};
use crate::plan::{Class, Prose};
use crate::statistics::moments::billionths;

/// What is drawn, if it occurs.
const SHOWN: [(Class, &str, &str); 5] = [
    (
        Class::Embryonic,
        "embryonic connections",
        "半连接（SYN-RECEIVED）",
    ),
    (
        Class::OrphanEstablished,
        "orphans: one end waits, the other has nothing",
        "孤儿连接：一端在等待，另一端已无此连接",
    ),
    (
        Class::OrphanClosing,
        "orphans that are closing",
        "正在关闭的孤儿连接",
    ),
    (
        Class::TimeWait,
        "connections in TIME-WAIT",
        "TIME-WAIT 连接",
    ),
    (Class::Open, "open connections", "已建立的连接"),
];

/// A chart for each class that occurs under any policy.
pub(super) fn section(campaign: &Campaign) -> Markup {
    let of = |draw: fn(&Campaign, Class, &str, &str) -> Option<Chart>| -> Vec<Chart> {
        let charts = SHOWN.iter();
        let charts = charts.filter_map(|(class, en, zh)| draw(campaign, *class, en, zh));
        charts.collect()
    };
    let (courses, lifetimes) = (of(course), of(lifetimes));
    html! {
        @if !courses.is_empty() {
            section {
                h2 { (both("Over time", "随时间的变化")) }
                p class="faint" { (both(
                    format!("The first replication, cut into {BINS} parts of equal length; the mean number in each."),
                    format!("第一次重复运行，分为 {BINS} 个等长的区间，取每个区间内的平均数。")
                )) }
                div class="figures" { @for chart in &courses { (chart.figure()) } }
            }
        }
        @if !lifetimes.is_empty() {
            section {
                h2 { (both("Lifetimes", "持续时间")) }
                p class="faint" { (both(
                    "The first replication: the share that lasts longer than a time (Kaplan and Meier), with those                      that the end of the run cut short.",
                    "第一次重复运行：持续超过某一时长的比例（Kaplan–Meier 估计，计入运行结束时仍存在的连接）。"
                )) }
                div class="figures" { @for chart in &lifetimes { (chart.figure()) } }
            }
        }
    }
}

fn course(campaign: &Campaign, class: Class, en: &str, zh: &str) -> Option<Chart> {
    let curves: Vec<Curve> = campaign
        .points
        .iter()
        .filter_map(|point| Some(curve(point.policy.name(), point.detail.series(class)?)))
        .collect();
    let mut values = curves.iter().flat_map(|curve| &curve.points);
    values.any(|point| point[1] != 0).then_some(Chart {
        title: (en.to_owned(), zh.to_owned()),
        across: ("time [s]".to_owned(), "时间 [s]".to_owned()),
        labels: Vec::new(),
        up: ("connections".to_owned(), "连接数".to_owned()),
        curves,
        most_rows: 32,
    })
}

fn lifetimes(campaign: &Campaign, class: Class, en: &str, zh: &str) -> Option<Chart> {
    let curves: Vec<Curve> = campaign
        .points
        .iter()
        .filter_map(|point| survival(point.policy.name(), point.detail.lifetimes(class)?))
        .collect();
    (!curves.is_empty()).then(|| Chart {
        title: (en.to_owned(), zh.to_owned()),
        across: ("age [s]".to_owned(), "时长 [s]".to_owned()),
        labels: Vec::new(),
        up: (
            "share that lasts longer".to_owned(),
            "持续更久的比例".to_owned(),
        ),
        curves,
        most_rows: 32,
    })
}

/// How many of the stays last longer than a time; `None` if none has ended. Of very many steps
/// those are left out that the picture cannot show.
fn survival(name: &str, lifetimes: &Lifetimes) -> Option<Curve> {
    const MOST_STEPS: usize = 500;
    let survival = Survival::of(&[lifetimes]);
    let steps = survival.steps();
    let last = steps.last()?;
    let some = steps.iter().step_by(steps.len().div_ceil(MOST_STEPS));
    let points = some.chain([last]);
    let points = points.map(|step| [i128::from(step.age), billionths(step.survival * 1e9)]);
    Some(Curve {
        name: Prose::new(name, name),
        points: [[0, ONE]].into_iter().chain(points).collect(),
        bands: Vec::new(),
        shape: Shape::Step,
    })
}

/// A series as steps: each part's mean holds until the next. Steps of no height are left out.
fn curve(name: &str, series: &Series) -> Curve {
    let mut points: Vec<[i128; 2]> = Vec::new();
    for part in 0..BINS {
        let (at, mean) = (i128::from(series.begin(part)), series.mean(part));
        if points.last().is_none_or(|last| last[1] != mean) {
            points.push([at, mean]);
        }
    }
    let last = points.last().map_or(0, |point| point[1]);
    points.push([i128::from(series.begin(BINS)), last]);
    Curve {
        name: Prose::new(name, name),
        points,
        bands: Vec::new(),
        shape: Shape::Step,
    }
}
