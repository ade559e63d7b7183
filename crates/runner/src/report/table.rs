//! The table of the policies side by side.

use crate::campaign::{Campaign, Point};
use crate::language::Language;
use crate::metrics::rounded;
use crate::paint::{Ink, Page, WIDTH, columns};
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Statistic, Unit};

/// Columns of the names of rows.
const NAMES: usize = 45;
/// Least columns of a policy.
const CELL: usize = 12;

/// What is counted for a table, with its name in both languages.
const COUNTERS: [(Counter, (&str, &str)); 11] = [
    (
        Counter::AppSpuriousAccepts,
        (
            "accepted although no client wanted it",
            "没有客户端想要却被接受",
        ),
    ),
    (
        Counter::AppDuplicateBytes,
        ("old bytes read as if they were new", "旧字节被当作新的读取"),
    ),
    (
        Counter::ConnectRefused,
        ("OPENs that were refused", "被拒绝的打开连接"),
    ),
    (
        Counter::ConnectTimedOut,
        ("OPENs that timed out", "超时的打开连接"),
    ),
    (
        Counter::ConnectAbandoned,
        ("OPENs that were given up", "被放弃的打开连接"),
    ),
    (
        Counter::ConnectFailureProbability,
        ("users who were not connected", "没有连接成功的用户"),
    ),
    (
        Counter::BacklogDropLegit,
        (
            "first SYNs of clients that were dropped",
            "客户端首个 SYN 被丢弃",
        ),
    ),
    (
        Counter::BacklogDropAttack,
        ("SYNs of floods that were dropped", "洪泛 SYN 被丢弃"),
    ),
    (Counter::SynackSent, ("SYN,ACKs sent", "发送的 SYN,ACK")),
    (Counter::RstSent, ("RSTs sent", "发送的 RST")),
    (Counter::SegmentsSent, ("segments sent", "发送的报文段")),
];

/// The comparison of the policies, in as many tables as the width needs.
pub(super) fn comparison(page: &mut Page, campaign: &Campaign, language: Language) {
    let names = campaign.points.iter().map(|point| point.policy.name());
    let width = names.map(|name| name.len() + 1).fold(CELL, usize::max);
    let fitting = ((WIDTH - NAMES) / (width + 1)).max(1);
    for points in campaign.points.chunks(fitting) {
        if points.len() < campaign.points.len() {
            page.end_line();
        }
        Table {
            all: &campaign.points,
            points,
            width,
            language,
        }
        .draw(page);
    }
}

/// Some policies side by side.
struct Table<'c> {
    /// Every policy: what occurs under any of them has a row in every table.
    all: &'c [Point],
    points: &'c [Point],
    width: usize,
    language: Language,
}

impl Table<'_> {
    fn draw(&self, page: &mut Page) {
        let title = match self.points[0].replications.len() {
            1 => String::new(),
            count => self.language.choose(
                format!("means of {count} runs"),
                format!("{count} 次运行的平均"),
            ),
        };
        self.row(page, Ink::Strong, &title, |point| {
            point.policy.name().to_owned()
        });
        let was_released = self.all.iter().any(Point::has_time_after_fault);
        let after = was_released.then_some(Period::AfterFault);
        for period in [Some(Period::WholeRun), after].into_iter().flatten() {
            let heading = match period {
                Period::WholeRun => self.language.choose("whole run", "整个运行"),
                Period::AfterFault => self.language.choose("after the fault", "故障之后"),
            };
            page.line(Ink::Faint, heading);
            self.counters(page, period);
            if period == Period::WholeRun {
                self.loss(page);
            }
            self.classes(page, period, Statistic::Area);
        }
        if self
            .occurring(Period::WholeRun, Statistic::Final)
            .is_empty()
        {
            let heading = (
                "nothing is left at the end of the run",
                "运行结束时没有任何残留",
            );
            page.line(Ink::Faint, self.language.choose(heading.0, heading.1));
        } else {
            let heading = ("left at the end of the run", "运行结束时的残留");
            page.line(Ink::Faint, self.language.choose(heading.0, heading.1));
            self.classes(page, Period::WholeRun, Statistic::Final);
        }
    }

    fn row(&self, page: &mut Page, ink: Ink, name: &str, cell: impl Fn(&Point) -> String) {
        let blank = " ".repeat(NAMES.saturating_sub(columns(name)));
        page.put(ink, &format!("{name}{blank}"));
        for point in self.points {
            let cell = cell(point);
            page.put(ink, &format!(" {cell:>width$}", width = self.width));
        }
        page.end_line();
    }

    fn counters(&self, page: &mut Page, period: Period) {
        // What hardly ever happens has a row only if it did.
        let always = [
            Counter::AppSpuriousAccepts,
            Counter::SynackSent,
            Counter::RstSent,
            Counter::SegmentsSent,
        ];
        for (counter, (en, zh)) in COUNTERS {
            let name = format!("  {}", self.language.choose(en, zh));
            let metric = Metric::Counter(counter);
            let key = MetricKey { period, metric };
            if always.contains(&counter) || self.occurs(key) {
                self.row(page, Ink::Plain, &name, |point| number(point, key));
            }
        }
    }

    /// What faults have cost, if it was asked for.
    fn loss(&self, page: &mut Page) {
        let metric = Metric::Counter(Counter::GoodputLoss);
        let period = Period::WholeRun;
        let key = MetricKey { period, metric };
        if self.all.iter().any(|point| point.summary(key).is_some()) {
            let (en, zh) = ("goodput lost by faults (%)", "故障损失的有效吞吐量（%）");
            let name = format!("  {}", self.language.choose(en, zh));
            self.row(page, Ink::Plain, &name, |point| number(point, key));
        }
    }

    /// Whether a metric is not 0 under some policy.
    fn occurs(&self, key: MetricKey) -> bool {
        let counts = |point: &Point| point.summary(key).is_some_and(|found| found.sum != 0);
        self.all.iter().any(counts)
    }

    /// The classes that occur under any policy.
    fn occurring(&self, period: Period, statistic: Statistic) -> Vec<(Class, MetricKey)> {
        let keys = Class::ALL.map(|class| {
            let metric = Metric::Class(class, statistic);
            (class, MetricKey { period, metric })
        });
        keys.into_iter()
            .filter(|(_, key)| self.occurs(*key))
            .collect()
    }

    /// A row for every class that occurs under any policy.
    fn classes(&self, page: &mut Page, period: Period, statistic: Statistic) {
        for (class, key) in self.occurring(period, statistic) {
            let indent = if class.name().contains('.') { 4 } else { 2 };
            let unit = match statistic {
                Statistic::Area => self.language.choose(", connection-seconds", "，连接·秒"),
                _ => "",
            };
            let name = format!("{:indent$}{}{unit}", "", class.name());
            self.row(page, Ink::Plain, &name, |point| number(point, key));
        }
    }
}

/// A mean; of a share in percent, as seldom events are otherwise all 0.
fn number(point: &Point, key: MetricKey) -> String {
    let summary = point.summary(key);
    summary.map_or_else(
        || "-".to_owned(),
        |found| match key.metric.unit() {
            Unit::Share => format!("{} %", rounded(found.mean() * 100, 3)),
            _ => rounded(found.mean(), 3),
        },
    )
}
