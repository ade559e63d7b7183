//! The lesson in plain words, from the numbers.

mod chinese;
mod failing;

use std::time::Duration;

use tcp_core::KeepAlive;

use self::failing::Failing;
use crate::campaign::{Campaign, Point};
use crate::language::Language;
use crate::metrics::{Billionths, decimal, rounded};
use crate::plan::{Class, Counter, Metric, MetricKey, Opening, Period, Plan, Statistic};

/// What the run has shown: a sentence for each policy, and what the reader may take home.
pub fn sentences(plan: &Plan, campaign: &Campaign, language: Language) -> Vec<String> {
    let view = |point| View::of(plan, point);
    let views: Vec<View<'_>> = campaign.points.iter().map(view).collect();
    let mut sentences: Vec<String> = views.iter().map(|view| view.sentence(language)).collect();
    let leaving = views.iter().filter(|view| view.orphans() > 0);
    let leaving: Vec<&str> = leaving.map(|view| view.point.policy.name()).collect();
    if !leaving.is_empty() {
        sentences.push(match language {
            Language::En => keep_alive(&leaving, plan),
            Language::Zh => chinese::keep_alive(&leaving, plan),
        });
    }
    sentences
}

/// One policy's numbers.
struct View<'c> {
    plan: &'c Plan,
    point: &'c Point,
    period: Period,
}

impl<'c> View<'c> {
    fn of(plan: &'c Plan, point: &'c Point) -> View<'c> {
        let accepts = |period| {
            let metric = Metric::Counter(Counter::AppSpuriousAccepts);
            point
                .summary(MetricKey { period, metric })
                .map(|found| found.sum)
        };
        // Where several segments are late, what the first of them did is part of the story.
        let (after, whole) = (accepts(Period::AfterFault), accepts(Period::WholeRun));
        let period = if point.has_time_after_fault() && after == whole {
            Period::AfterFault
        } else {
            Period::WholeRun
        };
        View {
            plan,
            point,
            period,
        }
    }

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

    fn sentence(&self, language: Language) -> String {
        match language {
            Language::En => self.english(),
            Language::Zh => chinese::sentence(self),
        }
    }

    fn english(&self) -> String {
        let spurious = self.number(Metric::Counter(Counter::AppSpuriousAccepts));
        let alien = self.number(Metric::Counter(Counter::AppDuplicateBytes));
        let stale = self.class(Class::EmbryonicStale, Statistic::Area);
        let text = if spurious > 0 {
            let assumption = self.broken_assumption().unwrap_or_default();
            let mixed_up = match alien {
                0 => String::new(),
                _ => format!(" {}", mixed_up(alien)),
            };
            format!("{assumption}{}{mixed_up}", self.deceived(spurious))
        } else if alien > 0 {
            mixed_up(alien)
        } else if stale > 0 {
            self.undeceived(stale)
        } else if !self.has_opened() {
            self.unopened()
        } else if self.period == Period::AfterFault {
            self.unmoved()
        } else if self.plan.has_time_after_fault() {
            self.unreleased()
        } else {
            self.undisturbed()
        };
        let name = capital(self.point.policy.name());
        let failing = Failing::of(self).sentence(Language::En);
        match self.point.replications.len() {
            1 => format!("{name}: {text}{failing}"),
            count => format!("{name}, on average over {count} runs: {text}{failing}"),
        }
    }

    /// Whether any client ever became ESTABLISHED.
    fn has_opened(&self) -> bool {
        let metric = Metric::Counter(Counter::ConnectTimeMedian);
        let period = Period::WholeRun;
        self.point.summary(MetricKey { period, metric }).is_some()
    }

    /// Whether nothing of what a fault let go, or the script put into the network, reached a host.
    /// Only of a single run the history tells.
    fn is_late_lost(&self) -> bool {
        self.point.replications.len() == 1 && self.point.trace.is_late_lost()
    }

    /// What made entries that no client wanted: a flood's SYNs are not stale.
    fn has_flood(&self) -> bool {
        let mut loads = self.plan.loads.iter();
        loads.any(|load| matches!(load.opening, Opening::Flood(_)))
    }

    /// What a policy cannot be blamed for.
    fn broken_assumption(&self) -> Option<String> {
        let violations = self.number(Metric::Counter(Counter::AssumptionViolations));
        if violations == 0 {
            return None;
        }
        let policy = self.point.policy;
        let listening = self.plan.hosts.iter();
        let mut limits: Vec<Duration> = listening
            .filter(|host| !host.passive_open.is_empty())
            .filter_map(|host| policy.assumed_lifetime(&host.config))
            .collect();
        limits.sort_unstable();
        limits.dedup();
        // Servers with different settings have no common number.
        let limit = match limits.as_slice() {
            [only] => format!(
                "{} s",
                decimal(i128::try_from(only.as_nanos()).unwrap_or(i128::MAX))
            ),
            _ => "its server's limit".to_owned(),
        };
        Some(format!(
            "assumption broken: {} {} than {limit}, and {} is right only while none is; ",
            rounded(violations, 3),
            plural(violations, "SYN was older", "SYNs were older"),
            policy.name()
        ))
    }

    /// The application was handed connections that nobody wanted.
    fn deceived(&self, spurious: Billionths) -> String {
        let area = self.class(Class::OrphanEstablished, Statistic::Area);
        let fate = match self.orphans() {
            0 => "all of that is over at the end".to_owned(),
            ONE if spurious == ONE => "it still waits for data when the run ends".to_owned(),
            left => format!(
                "{} of them still {} for data when the run ends",
                rounded(left, 3),
                plural(left, "waits", "wait")
            ),
        };
        format!(
            "the server's application was handed {} {} that no client wanted; {} spent in waiting \
             for {} data, and {fate}.",
            rounded(spurious, 3),
            plural(spurious, "connection", "connections"),
            seconds_were(area),
            plural(spurious, "its", "their")
        )
    }

    /// That no application got what it should not. Whose OPEN fails, or takes longer because its
    /// SYN is dropped, is disturbed all the same.
    fn calm(&self, language: Language) -> &'static str {
        if Failing::of(self).is_felt() {
            language.choose(
                "no connection was accepted that no client wanted",
                "没有接受任何客户端不想要的连接",
            )
        } else {
            language.choose("no application was disturbed", "应用程序未受打扰")
        }
    }

    /// Only entries of the SYN queue were wasted.
    fn undeceived(&self, stale: Billionths) -> String {
        // Of a whole run these would be the answers to wanted SYNs as well.
        let answers = if self.period == Period::AfterFault {
            let synacks = self.number(Metric::Counter(Counter::SynackSent));
            format!(
                " ({} {} sent in that time)",
                rounded(synacks, 3),
                plural(synacks, "SYN,ACK was", "SYN,ACKs were")
            )
        } else {
            String::new()
        };
        let fate = match self.class(Class::EmbryonicStale, Statistic::Final) {
            0 => "nothing of that is left".to_owned(),
            left => format!(
                "{} {} left",
                rounded(left, 3),
                plural(left, "such entry is", "such entries are")
            ),
        };
        let cause = if self.has_flood() {
            "SYNs with no client behind them"
        } else {
            "stale SYNs"
        };
        format!(
            "{}; {cause} cost {} in the SYN queue{answers}, and {fate}.",
            self.calm(Language::En),
            seconds(stale)
        )
    }

    /// Nothing came late, and nothing was meant to.
    fn undisturbed(&self) -> String {
        let embryonic = self.class(Class::Embryonic, Statistic::Area);
        let waiting = self.class(Class::TimeWait, Statistic::Area);
        let time = self.number(Metric::Counter(Counter::ConnectTimeMedian));
        let time = rounded(time, 3);
        let is_single = self.plan.loads.is_empty() && self.plan.connections.len() == 1;
        let opened = if is_single && self.point.replications.len() == 1 {
            format!("the client is ESTABLISHED {time} s after its SYN")
        } else {
            format!("of the clients that get through, half are ESTABLISHED within {time} s")
        };
        let received = if embryonic > 0 {
            format!("the server spends {} in SYN-RECEIVED", seconds(embryonic))
        } else {
            "the server never waits in SYN-RECEIVED".to_owned()
        };
        let closed = if waiting > 0 {
            format!("; TIME-WAIT takes {}", seconds(waiting))
        } else {
            String::new()
        };
        format!("{opened}, and {received}{closed}.")
    }

    /// Whatever came late was turned away without a trace.
    fn unmoved(&self) -> String {
        if self.is_late_lost() {
            return "nothing came late, as what the fault let go was lost on its way; there is \
                    nothing to learn from this run."
                .to_owned();
        }
        let segments = self.number(Metric::Counter(Counter::SegmentsSent));
        format!(
            "{}, and the server kept nothing for what came late ({} {} sent after the fault).",
            self.calm(Language::En),
            rounded(segments, 3),
            plural(segments, "segment was", "segments were")
        )
    }

    /// No client became ESTABLISHED, so nothing could come late.
    fn unopened(&self) -> String {
        let embryonic = self.class(Class::Embryonic, Statistic::Area);
        let received = if embryonic > 0 {
            format!("the server spends {} in SYN-RECEIVED", seconds(embryonic))
        } else {
            "the server keeps nothing".to_owned()
        };
        format!("no connection was established, and {received}.")
    }

    /// Something was meant to come late, and did not.
    fn unreleased(&self) -> String {
        let why = if self.point.holding.is_empty() {
            "no segment met the fault"
        } else {
            "the run ends before the held segment is released"
        };
        format!("nothing came late, as {why}; there is nothing to learn from this run.")
    }
}

/// An application got old text for new.
fn mixed_up(alien: Billionths) -> String {
    format!(
        "{} {} of an earlier incarnation {} read as if {} new.",
        rounded(alien, 3),
        plural(alien, "byte", "bytes"),
        plural(alien, "was", "were"),
        plural(alien, "it were", "they were")
    )
}

/// The form of a word that goes with a number.
fn plural<'w>(value: Billionths, one: &'w str, many: &'w str) -> &'w str {
    if value == ONE { one } else { many }
}

/// For example `0.1 connection-seconds`.
fn seconds(area: Billionths) -> String {
    let unit = plural(area, "connection-second", "connection-seconds");
    format!("{} {unit}", rounded(area, 3))
}

/// For example `0.1 connection-seconds were`.
fn seconds_were(area: Billionths) -> String {
    format!("{} {}", seconds(area), plural(area, "was", "were"))
}

/// One, in billionths.
const ONE: Billionths = 1_000_000_000;

/// What would free an orphan: keep-alive, which is off unless asked for (RFC 9293 MUST-25).
fn keep_alive(leaving: &[&str], plan: &Plan) -> String {
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
    let (policies, leave, their) = match leaving {
        [only] => ((*only).to_owned(), "leaves", "its"),
        [first @ .., last] => (format!("{} and {last}", first.join(", ")), "leave", "their"),
        [] => return String::new(),
    };
    if plan
        .hosts
        .iter()
        .any(|host| host.config.keepalive.is_some())
    {
        format!(
            "What {policies} {leave} over had not met {their} keep-alive limit after {} s.",
            until.as_secs()
        )
    } else {
        format!(
            "Nothing in TCP ever ends what {policies} {leave} over: the run stops after {} s, and only \
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::overrides::Override;

    /// The first sentence about a stale SYN under these changes.
    fn lesson(changes: &[&str]) -> String {
        let text = include_str!("../../../scenarios/s01-stale-syn-client-closed.toml");
        let changes: Vec<Override> = changes.iter().map(|&set| Override::set(set)).collect();
        let experiment = Experiment::parse("x.toml", text, &changes).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        sentences(&experiment.plan, &campaign, Language::En).swap_remove(0)
    }

    #[test]
    fn a_policy_is_not_blamed_for_a_broken_assumption() {
        let late = "fault.old-syn.hold_until.plus=1000s";
        let text = lesson(&["run.policies=[\"two-way-mpl\"]", "run.until=3000s", late]);
        let expected = "Two-way-mpl: assumption broken: 1 SYN was older than 30 s, and two-way-mpl \
                        is right only while none is; the server's application was handed 1 \
                        connection";
        assert!(text.starts_with(expected), "{text}");
        let text = lesson(&["run.policies=[\"two-way\"]", "run.until=3000s", late]);
        assert!(!text.contains("assumption"), "{text}");
        let text = lesson(&["run.policies=[\"two-way-mpl\"]"]);
        assert!(text.contains("no application was disturbed"), "{text}");
    }

    #[test]
    fn a_run_in_which_nothing_came_late_teaches_nothing() {
        for (change, why) in [
            ("run.until=1400ms", "the run ends before the held segment"),
            ("fault.old-syn.match.nth=9", "no segment met the fault"),
        ] {
            let text = lesson(&[change]);
            assert!(text.contains("nothing came late"), "{text}");
            assert!(text.contains(why), "{text}");
        }
        let text = lesson(&["link.c2s.max_lifetime=1500ms"]);
        assert!(text.contains("was lost on its way"), "{text}");
        let text = lesson(&["link.c2s.loss.random=100%", "link.s2c.loss.random=100%"]);
        assert!(text.contains("no connection was established"), "{text}");
    }

    #[test]
    fn whoever_leaves_something_over_is_named() {
        let text = include_str!("../../../scenarios/o03-silent-death-idle.toml");
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        for (language, expected) in [
            (Language::En, "what two-way and three-way leave over"),
            (Language::Zh, "two-way、three-way 留下的连接"),
        ] {
            let sentences = sentences(&experiment.plan, &campaign, language);
            let last = sentences.last().expect("a sentence");
            assert!(last.contains(expected), "{last}");
        }
    }

    /// Old text that took the place of new is no small thing, even if no connection was too many.
    #[test]
    fn old_text_is_told_of() {
        let text = include_str!("../../../scenarios/t06-tw-off-old-data.toml");
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        let expected = [
            "Three-way: 10 bytes of an earlier incarnation were read as if they were new.",
            "three-way：应用程序把以前的连接的 10 个字节当作新的读取了。",
        ];
        let found = [Language::En, Language::Zh]
            .map(|language| sentences(&experiment.plan, &campaign, language).swap_remove(0));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_flood_is_not_stale() {
        let text = "schema = 1\nname = \"x\"\n[run]\nseed = 1\nuntil = \"10s\"\n\
                    [link.c2s]\ndelay = \"50ms\"\n[link.s2c]\ndelay = \"50ms\"\n\
                    [[connection]]\nfrom = \"client:5555\"\n\
                    [load.main]\narrivals = { constant = \"1/s\" }\ncount = 2\n\
                    syn_flood = { spoofed = true, responds = \"never\" }\n";
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        for (language, words) in [
            (Language::En, "SYNs with no client behind them cost"),
            (Language::Zh, "背后没有客户端的 SYN"),
        ] {
            let text = sentences(&experiment.plan, &campaign, language).swap_remove(0);
            assert!(text.contains(words), "{text}");
        }
    }

    /// A flood that fills the queue turns clients away, which is no quiet run.
    #[test]
    fn clients_that_are_turned_away_are_told_of() {
        let text = "schema = 1\nname = \"x\"\n[run]\nseed = 1\nuntil = \"100s\"\n\
                    [host.server]\nbacklog = 2\nr2_synack = \"7s\"\n\
                    [host.client]\ntime_wait = \"0s\"\nr2_syn = \"3s\"\n\
                    [link.c2s]\ndelay = \"100ms\"\n[link.s2c]\ndelay = \"200ms\"\n\
                    [load.legit]\narrivals = { constant = \"0.5/s\" }\nstart = \"10s\"\ncount = 4\n\
                    [load.attack]\narrivals = { burst = 2 }\nstart = \"10s\"\n\
                    syn_flood = { spoofed = true, responds = \"never\" }\n";
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        for (language, calm, words) in [
            (
                Language::En,
                "no application was disturbed",
                "3 OPENs timed out, and 75 % of the users were not connected; 75 % of the clients' first \
                 SYNs were dropped.",
            ),
            (
                Language::Zh,
                "应用程序未受打扰",
                "3 次打开连接超时，75 % 的用户没有连接成功；客户端的首个 SYN 有 75 % 被丢弃。",
            ),
        ] {
            let text = sentences(&experiment.plan, &campaign, language).swap_remove(0);
            assert!(text.ends_with(words) && !text.contains(calm), "{text}");
        }
        let text = include_str!("../../../scenarios/h06-refused.toml");
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it runs");
        let text = sentences(&experiment.plan, &campaign, Language::En).swap_remove(0);
        assert!(text.ends_with(" The OPEN was refused."), "{text}");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(seconds_were(ONE), "1 connection-second was");
        assert_eq!(seconds_were(ONE / 10), "0.1 connection-seconds were");
        let ignore = "host.client.client_on_unexpected=ignore";
        let text = lesson(&[ignore]);
        assert!(
            text.contains("waiting for its data, and it still waits"),
            "{text}"
        );
    }
}
