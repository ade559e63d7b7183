//! How many connections there were at each time of the first replication.

use maud::{Markup, html};

use super::both;
use super::chart::{Chart, Curve};
use crate::census::{BINS, Census, Series};
use crate::plan::{Class, Plan};
use crate::trial::{Trial, TrialError};

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
pub(super) fn section(plan: &Plan) -> Result<Markup, Box<TrialError>> {
    let mut censuses = Vec::new();
    for &policy in &plan.run.policies {
        let replication = 0;
        let trial = Trial {
            policy,
            replication,
        };
        censuses.push((policy.name(), trial.course(plan)?));
    }
    let charts: Vec<Chart> = SHOWN
        .iter()
        .filter_map(|(class, en, zh)| chart(&censuses, *class, en, zh))
        .collect();
    Ok(html! {
        @if !charts.is_empty() {
            section {
                h2 { (both("Over time", "随时间的变化")) }
                p class="faint" { (both(
                    format!("The first replication, cut into {BINS} parts of equal length; the mean number in each."),
                    format!("第一次重复运行，分为 {BINS} 个等长的区间，取每个区间内的平均数。")
                )) }
                div class="figures" { @for chart in &charts { (chart.figure()) } }
            }
        }
    })
}

fn chart(censuses: &[(&str, Census)], class: Class, en: &str, zh: &str) -> Option<Chart> {
    let of = |census: &Census| census.series(class).cloned();
    let curves: Vec<Curve> = censuses
        .iter()
        .filter_map(|(name, census)| Some(curve(name, &of(census)?)))
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
        name: name.to_owned(),
        points,
        bands: Vec::new(),
        is_step: true,
    }
}
