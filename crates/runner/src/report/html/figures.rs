//! Distributions over the replications.

use maud::{Markup, html};

use super::both;
use super::chart::{Chart, Curve, ONE, Shape};
use crate::campaign::{Campaign, Point};
use crate::metrics::Billionths;
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Plan, Prose, Statistic};

/// What is drawn, if the replications differ in it.
const SHOWN: [(Metric, &str, &str); 5] = [
    (
        Metric::Class(Class::Embryonic, Statistic::Area),
        "embryonic connections",
        "半连接（SYN-RECEIVED）",
    ),
    (
        Metric::Class(Class::EmbryonicStale, Statistic::Area),
        "stale entries in SYN-RECEIVED",
        "陈旧的 SYN-RECEIVED 条目",
    ),
    (
        Metric::Class(Class::OrphanEstablished, Statistic::Area),
        "orphans (ESTABLISHED at one end only)",
        "孤儿连接（仅一端 ESTABLISHED）",
    ),
    (
        Metric::Class(Class::TimeWait, Statistic::Area),
        "TIME-WAIT",
        "TIME-WAIT",
    ),
    (
        Metric::Counter(Counter::ConnectTimeMedian),
        "time to connect, median of a run",
        "建立连接用时（每次运行的中位数）",
    ),
];

/// How what was measured differs from run to run; nothing if there is one run.
pub(super) fn section(plan: &Plan, campaign: &Campaign) -> Markup {
    if plan.run.replications < 2 {
        return html! {};
    }
    let charts: Vec<Chart> = SHOWN
        .iter()
        .filter_map(|(metric, en, zh)| distribution(campaign, *metric, en, zh))
        .collect();
    html! {
        @if !charts.is_empty() {
            section {
                h2 { (both("From run to run", "各次运行的分布")) }
                p class="faint" { (both(
                    "Each curve climbs from 0 to 1 over the values that the replications of one policy have measured.",
                    "每条曲线表示一种策略各次重复运行测得值的经验分布，由 0 升至 1。"
                )) }
                div class="figures" { @for chart in &charts { (chart.figure()) } }
            }
        }
    }
}

/// The empirical distribution function of a metric under each policy; `None` if it is one value.
fn distribution(campaign: &Campaign, metric: Metric, en: &str, zh: &str) -> Option<Chart> {
    let period = Period::WholeRun;
    let key = MetricKey { period, metric };
    let curves: Vec<Curve> = campaign
        .points
        .iter()
        .map(|point| {
            let values = values(point, key);
            let count = values.len() as i128;
            let start = values.first().map(|first| [*first, 0]);
            let climb = (1..).zip(&values);
            let climb = climb.map(|(rank, value)| [*value, ONE * rank / count]);
            Curve {
                name: Prose::new(point.policy.name(), point.policy.name()),
                points: start.into_iter().chain(climb).collect(),
                bands: Vec::new(),
                shape: Shape::Step,
            }
        })
        .filter(|curve| !curve.points.is_empty())
        .collect();
    let mut all = curves.iter().flat_map(|curve| &curve.points);
    let first = all.next()?[0];
    if all.all(|point| point[0] == first) {
        return None;
    }
    let unit = metric.unit().name();
    Some(Chart {
        title: (en.to_owned(), zh.to_owned()),
        across: (format!("{key} [{unit}]"), format!("{key} [{unit}]")),
        labels: Vec::new(),
        up: (
            "share of the runs with at most this value".to_owned(),
            "不超过该值的运行所占比例".to_owned(),
        ),
        curves,
        most_rows: 40,
    })
}

/// What the replications measured, in ascending order.
fn values(point: &Point, key: MetricKey) -> Vec<Billionths> {
    let mut values: Vec<Billionths> = point.replications.values(key).flatten().collect();
    values.sort_unstable();
    values
}
