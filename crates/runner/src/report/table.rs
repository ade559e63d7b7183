//! Tables: policies side by side, and replications one below the other.

use super::json::keys;
use crate::campaign::{Campaign, Point};
use crate::metrics::{decimal, rounded};
use crate::paint::{Ink, Page};
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Plan, Statistic};

/// Columns of the names of rows.
const NAMES: usize = 46;
/// Least columns of a policy.
const CELL: usize = 12;

/// The comparison of the policies.
pub(super) fn comparison(page: &mut Page, plan: &Plan, campaign: &Campaign) {
    let title = match plan.run.replications {
        1 => String::new(),
        count => format!("means of {count} runs"),
    };
    let table = Table {
        campaign,
        width: campaign
            .points
            .iter()
            .map(|point| point.policy.name().len() + 2)
            .fold(CELL, usize::max),
    };
    table.row(page, Ink::Strong, &title, |point| {
        point.policy.name().to_owned()
    });
    let periods: &[Period] = if plan.has_time_after_fault() {
        &[Period::WholeRun, Period::AfterFault]
    } else {
        &[Period::WholeRun]
    };
    for &period in periods {
        let heading = match period {
            Period::WholeRun => "whole run",
            Period::AfterFault => "after the fault",
        };
        page.line(Ink::Faint, heading);
        table.counters(page, period);
        table.areas(page, period);
    }
    page.line(Ink::Faint, "end of the run");
    table.row(page, Ink::Plain, "  left over", leftover);
}

struct Table<'c> {
    campaign: &'c Campaign,
    width: usize,
}

impl Table<'_> {
    fn row(&self, page: &mut Page, ink: Ink, name: &str, cell: impl Fn(&Point) -> String) {
        page.put(ink, &format!("{name:<NAMES$}"));
        for point in &self.campaign.points {
            let cell = cell(point);
            page.put(ink, &format!(" {cell:>width$}", width = self.width));
        }
        page.end_line();
    }

    fn counters(&self, page: &mut Page, period: Period) {
        let rows = [
            (
                Counter::AppSpuriousAccepts,
                "  accepted although no client wanted it",
            ),
            (Counter::SynackSent, "  SYN,ACKs sent"),
            (Counter::RstSent, "  RSTs sent"),
            (Counter::SegmentsSent, "  segments sent"),
        ];
        for (counter, name) in rows {
            let metric = Metric::Counter(counter);
            let key = MetricKey { period, metric };
            self.row(page, Ink::Plain, name, |point| number(point, key));
        }
    }

    /// Connection-seconds in every class that occurs under any policy.
    fn areas(&self, page: &mut Page, period: Period) {
        for class in Class::ALL {
            let metric = Metric::Class(class, Statistic::Area);
            let key = MetricKey { period, metric };
            let occurs = |point: &Point| point.summary(key).is_some_and(|found| found.sum != 0);
            if !self.campaign.points.iter().any(occurs) {
                continue;
            }
            let indent = if class.name().contains('.') {
                "    "
            } else {
                "  "
            };
            let name = format!("{indent}{}, connection-seconds", class.name());
            self.row(page, Ink::Plain, &name, |point| number(point, key));
        }
    }
}

fn number(point: &Point, key: MetricKey) -> String {
    let summary = point.summary(key);
    summary.map_or_else(|| "-".to_owned(), |found| rounded(found.mean(), 3))
}

/// What is left at the end of the run, in words.
fn leftover(point: &Point) -> String {
    let parts = Class::ALL.into_iter().filter_map(|class| {
        let metric = Metric::Class(class, Statistic::Final);
        let period = Period::WholeRun;
        let found = point.summary(MetricKey { period, metric })?;
        let is_part = class.name().contains('.');
        (found.sum > 0 && !is_part)
            .then(|| format!("{} {}", rounded(found.mean(), 3), class.name()))
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Every metric of every replication, as comma-separated values (RFC 4180 without quotes: no
/// value needs them). What was not measured is empty.
pub fn replications(plan: &Plan, campaign: &Campaign) -> String {
    let mut text = String::from("policy,replication");
    for key in keys(plan) {
        text.push(',');
        text.push_str(&key.to_string());
    }
    text.push('\n');
    for point in &campaign.points {
        for (replication, measured) in point.replications.iter().enumerate() {
            text.push_str(point.policy.name());
            text.push(',');
            text.push_str(&replication.to_string());
            for key in keys(plan) {
                text.push(',');
                text.push_str(&measured.get(key).map(decimal).unwrap_or_default());
            }
            text.push('\n');
        }
    }
    text
}
