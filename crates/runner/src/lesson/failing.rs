//! Clients that were not served: OPENs that failed, and first SYNs that a listener dropped.

use super::{ONE, View, plural};
use crate::language::Language;
use crate::metrics::{Billionths, rounded};
use crate::plan::{Counter, Metric, MetricKey, Period};

/// What of a run went wrong for its clients, on average over the replications.
pub(super) struct Failing {
    /// OPENs that failed, by how: refused, timed out, given up.
    opens: [Billionths; 3],
    /// Which share of the users was not connected, if the outcome of any is known.
    users: Option<Billionths>,
    /// Which share of the clients' first SYNs was dropped.
    dropped: Billionths,
    /// Whether there is one OPEN only.
    is_single: bool,
}

impl Failing {
    /// Counts of the whole run: who is turned away before a fault ends is turned away as well.
    pub(super) fn of(view: &View<'_>) -> Failing {
        let period = Period::WholeRun;
        let get = |counter| {
            let metric = Metric::Counter(counter);
            let summary = view.point.summary(MetricKey { period, metric });
            summary.map(|found| found.mean())
        };
        let count = |counter| get(counter).unwrap_or(0);
        Failing {
            opens: [
                count(Counter::ConnectRefused),
                count(Counter::ConnectTimedOut),
                count(Counter::ConnectAbandoned),
            ],
            users: get(Counter::ConnectFailureProbability),
            dropped: count(Counter::BacklogDropLegit),
            is_single: view.point.replications.len() == 1
                && count(Counter::ConnectionsOpened) == ONE,
        }
    }

    /// Whether an application was told that its OPEN failed, or could have been.
    pub(super) fn is_felt(&self) -> bool {
        self.total() > 0 || self.dropped > 0
    }

    fn total(&self) -> Billionths {
        self.opens.iter().sum()
    }

    /// A sentence about them; empty if every client was served at once.
    pub(super) fn sentence(&self, language: Language) -> String {
        let opens = self.failed_opens(language);
        let dropped = (self.dropped > 0).then(|| {
            let share = percent(self.dropped);
            language.choose(
                format!("{share} of the clients' first SYNs were dropped"),
                format!("客户端的首个 SYN 有 {share} 被丢弃"),
            )
        });
        let parts: Vec<String> = opens.into_iter().chain(dropped).collect();
        if parts.is_empty() {
            return String::new();
        }
        let joined = parts.join(language.choose("; ", "；"));
        language.choose(format!(" {joined}."), format!("{joined}。"))
    }

    fn failed_opens(&self, language: Language) -> Option<String> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let ways = match language {
            Language::En => self.ways([
                ["was refused", "were refused"],
                ["timed out"; 2],
                ["was given up", "were given up"],
            ]),
            Language::Zh => self.ways([["被拒绝"; 2], ["超时"; 2], ["被放弃"; 2]]),
        };
        let failed = match &ways[..] {
            [(_, way)] if self.is_single => {
                return Some(language.choose(format!("The OPEN {way}"), format!("打开连接{way}")));
            }
            [(number, way)] => language.choose(
                format!("{number} {} {way}", plural(total, "OPEN", "OPENs")),
                format!("{number} 次打开连接{way}"),
            ),
            several => {
                let each = several.iter().map(|(number, way)| {
                    language.choose(format!("{number} {way}"), format!("{number} 次{way}"))
                });
                let each: Vec<String> = each.collect();
                let (each, number) = (each.join(language.choose(", ", "，")), rounded(total, 3));
                language.choose(
                    format!("{number} OPENs failed ({each})"),
                    format!("{number} 次打开连接失败（{each}）"),
                )
            }
        };
        Some(failed + &self.unconnected(language))
    }

    /// The ways in which OPENs failed that occur, each with its number.
    fn ways(&self, words: [[&'static str; 2]; 3]) -> Vec<(String, &'static str)> {
        let ways = self.opens.into_iter().zip(words);
        let found = ways.filter(|(number, _)| *number > 0);
        found
            .map(|(number, [one, many])| (rounded(number, 3), plural(number, one, many)))
            .collect()
    }

    /// What that meant for the users, who may have tried again.
    fn unconnected(&self, language: Language) -> String {
        match self.users {
            None => String::new(),
            Some(0) => language
                .choose(
                    ", and every user whose outcome is known was connected in the end",
                    "，而结果已知的用户最终都连接成功",
                )
                .to_owned(),
            Some(share) => {
                let share = percent(share);
                language.choose(
                    format!(", and {share} of the users were not connected"),
                    format!("，{share} 的用户没有连接成功"),
                )
            }
        }
    }
}

/// A share as a number of percent.
fn percent(share: Billionths) -> String {
    format!("{} %", rounded(share * 100, 3))
}
