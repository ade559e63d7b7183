//! The policies side by side, as a table.

use maud::{Markup, html};

use super::{both, cell};
use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Statistic};
use crate::report::selection::{occurring, percent};

/// What is seen without opening anything, where it occurs.
const MAIN: [Metric; 11] = [
    Metric::Counter(Counter::AppSpuriousAccepts),
    Metric::Counter(Counter::AppDuplicateBytes),
    Metric::Class(Class::EmbryonicStale, Statistic::Area),
    Metric::Class(Class::Embryonic, Statistic::Area),
    Metric::Class(Class::OrphanEstablished, Statistic::Area),
    Metric::Class(Class::OrphanEstablished, Statistic::Final),
    Metric::Class(Class::OrphanClosing, Statistic::Area),
    Metric::Class(Class::TimeWait, Statistic::Area),
    Metric::Counter(Counter::ConnectTimeMedian),
    Metric::Counter(Counter::SynackSent),
    Metric::Counter(Counter::RstSent),
];

/// The tables.
pub(super) fn section(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let confidence = experiment.plan.run.confidence();
    let (runs, percent) = (campaign.points[0].replications.len(), percent(confidence));
    let points: Vec<&Point> = campaign.points.iter().collect();
    let all = occurring(experiment, campaign);
    let main = |key: &&MetricKey| key.period == Period::WholeRun && MAIN.contains(&key.metric);
    html! {
        section {
            h2 { (both("Policies side by side", "各策略对比")) }
            @if runs > 1 {
                p class="faint" { (both(
                    format!("Means of {runs} runs, with their confidence intervals at {percent} %."),
                    format!("{runs} 次运行的平均值及其 {percent} % 置信区间。")
                )) }
            }
            (table(&points, all.iter().filter(main), confidence))
            details {
                summary { (both("everything that was measured and is not zero", "全部非零的测量结果")) }
                (table(&points, all.iter(), confidence))
            }
        }
    }
}

fn table<'k>(
    points: &[&Point],
    keys: impl Iterator<Item = &'k MetricKey>,
    confidence: f64,
) -> Markup {
    html! {
        div class="wide" { table {
            thead { tr {
                th scope="col" { (both("metric", "指标")) }
                @for point in points { th scope="col" { (point.policy.name()) } }
            } }
            tbody { @for key in keys { tr {
                th scope="row" { @if let Some(name) = name(key.metric) { (name) " " } code { (key) } (unit(*key)) }
                @for point in points { td { (cell(point, *key, confidence)) } }
            } } }
        } }
    }
}

fn unit(key: MetricKey) -> String {
    match key.metric.unit().name() {
        "" => String::new(),
        unit => format!(" [{unit}]"),
    }
}

/// What a metric means, for those that are seen first.
fn name(metric: Metric) -> Option<Markup> {
    let (en, zh) = match metric {
        Metric::Counter(Counter::AppSpuriousAccepts) => (
            "accepted although no client wanted it",
            "被接受但没有客户端想要的连接",
        ),
        Metric::Counter(Counter::AppDuplicateBytes) => {
            ("bytes delivered a second time", "被重复交付的字节")
        }
        Metric::Class(Class::EmbryonicStale, Statistic::Area) => {
            ("stale entries in SYN-RECEIVED", "陈旧的 SYN-RECEIVED 条目")
        }
        Metric::Class(Class::Embryonic, Statistic::Area) => {
            ("entries in SYN-RECEIVED", "SYN-RECEIVED 条目")
        }
        Metric::Class(Class::OrphanEstablished, Statistic::Area) => (
            "orphans: one end waits, the other has nothing",
            "孤儿连接：一端在等待，另一端已无此连接",
        ),
        Metric::Class(Class::OrphanEstablished, Statistic::Final) => {
            ("orphans left at the end", "结束时仍存在的孤儿连接")
        }
        Metric::Class(Class::OrphanClosing, Statistic::Area) => {
            ("orphans that are closing", "正在关闭的孤儿连接")
        }
        Metric::Class(Class::TimeWait, Statistic::Area) => ("in TIME-WAIT", "处于 TIME-WAIT"),
        Metric::Counter(Counter::ConnectTimeMedian) => ("time to connect", "建立连接用时"),
        Metric::Counter(Counter::SynackSent) => ("SYN,ACKs sent", "发送的 SYN,ACK"),
        Metric::Counter(Counter::RstSent) => ("RSTs sent", "发送的 RST"),
        _ => return None,
    };
    Some(both(en, zh))
}
