//! The lesson in plain words, from the numbers.

use tcp_core::KeepAlive;

use crate::campaign::{Campaign, Point};
use crate::metrics::{Billionths, rounded};
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Plan, Statistic};

/// What the run has shown: a sentence for each policy, and what the reader may take home.
pub fn sentences(plan: &Plan, campaign: &Campaign) -> Vec<String> {
    let period = if plan.has_time_after_fault() {
        Period::AfterFault
    } else {
        Period::WholeRun
    };
    let views: Vec<View<'_>> = campaign
        .points
        .iter()
        .map(|point| View {
            point,
            period,
            is_mean: plan.run.replications > 1,
        })
        .collect();
    let mut sentences: Vec<String> = views.iter().map(View::sentence).collect();
    if let Some(view) = views.iter().find(|view| view.orphans() > 0) {
        sentences.push(keep_alive(view, plan));
    }
    sentences
}

/// One policy's numbers.
struct View<'c> {
    point: &'c Point,
    period: Period,
    /// Whether the numbers are means of several runs.
    is_mean: bool,
}

impl View<'_> {
    fn get(&self, metric: Metric) -> Option<Billionths> {
        let period = self.period;
        let summary = self.point.summary(MetricKey { period, metric })?;
        Some(summary.mean())
    }

    fn number(&self, metric: Metric) -> Billionths {
        self.get(metric).unwrap_or(0)
    }

    fn class(&self, class: Class, statistic: Statistic) -> Billionths {
        self.number(Metric::Class(class, statistic))
    }

    fn orphans(&self) -> Billionths {
        self.class(Class::OrphanEstablished, Statistic::Final)
    }

    /// `1 connection`, `0.35 connections on average`.
    fn count(&self, value: Billionths, one: &str, many: &str) -> String {
        let noun = if value == ONE { one } else { many };
        let mean = if self.is_mean { " on average" } else { "" };
        format!("{} {noun}{mean}", rounded(value, 3))
    }

    fn sentence(&self) -> String {
        let policy = self.point.policy.name();
        let spurious = self.number(Metric::Counter(Counter::AppSpuriousAccepts));
        let stale = self.class(Class::EmbryonicStale, Statistic::Area);
        if spurious > 0 {
            return format!("{}: {}", capital(policy), self.deceived(spurious));
        }
        if stale > 0 {
            return format!("{}: {}", capital(policy), self.undeceived(stale));
        }
        format!("{}: {}", capital(policy), self.undisturbed())
    }

    /// The application was handed connections that nobody wanted.
    fn deceived(&self, spurious: Billionths) -> String {
        let accepted = self.count(spurious, "connection", "connections");
        let area = self.class(Class::OrphanEstablished, Statistic::Area);
        let fate = match self.orphans() {
            0 => "all of that is over at the end".to_owned(),
            left => format!(
                "{} still waits for data at the end of the run",
                self.count(left, "of them", "of them")
            ),
        };
        format!(
            "the server's application was handed {accepted} that no client wanted; orphaned \
             connections took {} connection-seconds, and {fate}.",
            rounded(area, 3)
        )
    }

    /// Only entries of the SYN queue were wasted.
    fn undeceived(&self, stale: Billionths) -> String {
        let synacks = self.number(Metric::Counter(Counter::SynackSent));
        let left = self.class(Class::EmbryonicStale, Statistic::Final);
        let fate = if left == 0 {
            "none of them is left".to_owned()
        } else {
            format!("{} left", self.count(left, "is", "are"))
        };
        format!(
            "no application was disturbed; stale SYNs cost {} connection-seconds in the SYN queue \
             ({} SYN,ACKs were sent in all), and {fate}.",
            rounded(stale, 3),
            rounded(synacks, 3)
        )
    }

    /// Nothing stale came.
    fn undisturbed(&self) -> String {
        let embryonic = self.class(Class::Embryonic, Statistic::Area);
        let mut text = match self.get(Metric::Counter(Counter::ConnectTimeMedian)) {
            Some(time) => format!(
                "the client is ESTABLISHED {} s after its SYN",
                rounded(time, 3)
            ),
            None => "no connection was established".to_owned(),
        };
        if embryonic > 0 {
            text += &format!(
                ", and the server spends {} connection-seconds in SYN-RECEIVED",
                rounded(embryonic, 3)
            );
        } else {
            text += ", and the server never waits in SYN-RECEIVED";
        }
        let closing = self.class(Class::TimeWait, Statistic::Area);
        if closing > 0 {
            text += &format!(
                "; TIME-WAIT takes {} connection-seconds",
                rounded(closing, 3)
            );
        }
        text + "."
    }
}

const ONE: Billionths = 1_000_000_000;

/// What would free an orphan: keep-alive, which is off unless asked for (RFC 9293 MUST-25).
fn keep_alive(view: &View<'_>, plan: &Plan) -> String {
    let KeepAlive {
        idle,
        interval,
        probes,
    } = KeepAlive::DEFAULT;
    let total = idle + interval * u32::from(probes);
    let until = plan.run.until;
    let wait = format!(
        "TCP's usual keep-alive ({} s + {probes} x {} s = {} s of silence)",
        idle.as_secs(),
        interval.as_secs(),
        total.as_secs()
    );
    let policy = view.point.policy.name();
    if plan
        .hosts
        .iter()
        .any(|host| host.config.keepalive.is_some())
    {
        format!(
            "What {policy} leaves over had not met its keep-alive limit after {} s.",
            until.as_secs()
        )
    } else {
        format!(
            "Nothing in TCP ever ends what {policy} leaves over: the run stops after {} s, and only \
             {wait}, which is off here as it is by default, would free it.",
            until.as_secs()
        )
    }
}

/// With a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
