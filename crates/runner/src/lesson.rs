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
        .map(|point| View { point, period })
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

    fn sentence(&self) -> String {
        let spurious = self.number(Metric::Counter(Counter::AppSpuriousAccepts));
        let stale = self.class(Class::EmbryonicStale, Statistic::Area);
        let text = if spurious > 0 {
            self.deceived(spurious)
        } else if stale > 0 {
            self.undeceived(stale)
        } else {
            self.undisturbed()
        };
        let name = capital(self.point.policy.name());
        match self.point.replications.len() {
            1 => format!("{name}: {text}"),
            count => format!("{name}, on average over {count} runs: {text}"),
        }
    }

    /// The application was handed connections that nobody wanted.
    fn deceived(&self, spurious: Billionths) -> String {
        let area = self.class(Class::OrphanEstablished, Statistic::Area);
        let fate = match self.orphans() {
            0 => "all of that is over at the end".to_owned(),
            left => format!(
                "{} of them still {} for data when the run ends",
                rounded(left, 3),
                plural(left, "waits", "wait")
            ),
        };
        format!(
            "the server's application was handed {} {} that no client wanted; {} \
             connection-seconds were spent in waiting for their data, and {fate}.",
            rounded(spurious, 3),
            plural(spurious, "connection", "connections"),
            rounded(area, 3)
        )
    }

    /// Only entries of the SYN queue were wasted.
    fn undeceived(&self, stale: Billionths) -> String {
        let synacks = self.number(Metric::Counter(Counter::SynackSent));
        let left = self.class(Class::EmbryonicStale, Statistic::Final);
        let fate = if left == 0 {
            "nothing of that is left".to_owned()
        } else {
            format!(
                "{} of them {} left",
                rounded(left, 3),
                plural(left, "is", "are")
            )
        };
        format!(
            "no application was disturbed; stale SYNs cost {} connection-seconds in the SYN queue \
             ({} {} sent in that time), and {fate}.",
            rounded(stale, 3),
            rounded(synacks, 3),
            plural(synacks, "SYN,ACK was", "SYN,ACKs were")
        )
    }

    /// Nothing stale found a home.
    fn undisturbed(&self) -> String {
        if self.period == Period::AfterFault {
            return self.unmoved();
        }
        let embryonic = self.class(Class::Embryonic, Statistic::Area);
        let waiting = self.class(Class::TimeWait, Statistic::Area);
        let opened = match self.get(Metric::Counter(Counter::ConnectTimeMedian)) {
            Some(time) => format!(
                "the client is ESTABLISHED {} s after its SYN",
                rounded(time, 3)
            ),
            None => "no connection was established".to_owned(),
        };
        let received = if embryonic > 0 {
            let area = rounded(embryonic, 3);
            format!("the server spends {area} connection-seconds in SYN-RECEIVED")
        } else {
            "the server never waits in SYN-RECEIVED".to_owned()
        };
        let closed = if waiting > 0 {
            format!(
                "; TIME-WAIT takes {} connection-seconds",
                rounded(waiting, 3)
            )
        } else {
            String::new()
        };
        format!("{opened}, and {received}{closed}.")
    }

    /// Whatever came late was turned away without a trace.
    fn unmoved(&self) -> String {
        let segments = self.number(Metric::Counter(Counter::SegmentsSent));
        format!(
            "no application was disturbed, and the server kept nothing for what came late ({} {} \
             sent after the fault).",
            rounded(segments, 3),
            plural(segments, "segment was", "segments were")
        )
    }
}

/// The form of a word that goes with a number.
fn plural<'w>(value: Billionths, one: &'w str, many: &'w str) -> &'w str {
    if value == ONE { one } else { many }
}

/// One, in billionths.
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
