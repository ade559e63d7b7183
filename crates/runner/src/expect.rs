//! Expectations: held or not, and what was observed instead.

use std::time::Duration;

use netsim::Instant;
use serde::{Deserialize, Serialize};
use tcp_core::{Flags, Handshake};

use crate::campaign::Replications;
use crate::host::Datagram;
use crate::metrics::decimal;
use crate::plan::{Bound, Check, End, MetricKey, Period, Plan, Reached, SegmentPattern};
use crate::quantity::Time;
use crate::recorder::Recorder;
use crate::story::{Stay, Story};
use crate::trace::What;

/// What became of one expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was expected, in the words of the file.
    pub what: String,
    /// Whether it held.
    pub held: bool,
    /// What happened.
    pub observed: String,
    /// Whether it is about a metric.
    pub is_number: bool,
}

/// The checks of one policy, in the order of the plan.
fn checks(plan: &Plan, policy: Handshake) -> impl Iterator<Item = &Check> {
    let own = plan
        .expectations
        .iter()
        .filter(move |expectation| expectation.policy == policy);
    own.flat_map(|expectation| &expectation.checks)
}

/// Whether some expectation of this policy is about states or segments of scripted connections.
pub fn look_at_histories(plan: &Plan, policy: Handshake) -> bool {
    checks(plan, policy).any(|check| !matches!(check, Check::Metric { .. }))
}

/// The verdicts on everything that is expected of the history of a single run, in the order of
/// the plan.
pub fn judge_history(plan: &Plan, policy: Handshake, recorder: &Recorder) -> Vec<Verdict> {
    let story = |connection| Story::of_scripted(plan, connection, recorder.trace());
    let judge = |check: &Check| match check {
        Check::States {
            connection,
            end,
            states,
        } => {
            let what = states_expected(*end, states);
            Some(match story(*connection) {
                Some(story) => judge_states(what, &story, *end, states),
                None => no_history(what),
            })
        }
        Check::Segments {
            connection,
            period,
            segments,
        } => {
            let what = segments_expected(*period, segments);
            Some(match story(*connection) {
                Some(story) => judge_segments(what, plan, &story, (*period, segments), recorder),
                None => no_history(what),
            })
        }
        Check::Metric { .. } => None,
    };
    let mut verdicts: Vec<Verdict> = checks(plan, policy).filter_map(judge).collect();
    if recorder.trace().is_cut {
        for verdict in &mut verdicts {
            verdict.held = false;
            "more than is kept of a history: shorten the run".clone_into(&mut verdict.observed);
        }
    }
    verdicts
}

/// An expectation of states, in the words of the file.
fn states_expected(end: End, expected: &[Reached]) -> String {
    let name = match end {
        End::Client => "client_states",
        End::Server => "server_states",
    };
    let wanted = expected.iter().map(|reached| match reached.at {
        None => reached.phase.name().to_owned(),
        Some(at) => format!("{} {}", Time(at), reached.phase.name()),
    });
    format!("{name}: {}", wanted.collect::<Vec<_>>().join(", "))
}

/// An expectation of segments, in the words of the file.
fn segments_expected(period: Period, expected: &[SegmentPattern]) -> String {
    let written: Vec<&str> = expected
        .iter()
        .map(|pattern| pattern.written.as_str())
        .collect();
    let name = match period {
        Period::WholeRun => "whole_run.segments",
        Period::AfterFault => "after_fault.segments",
    };
    format!("{name}: {}", or_none(&written.join("; ")))
}

fn judge_states(what: String, story: &Story<'_>, end: End, expected: &[Reached]) -> Verdict {
    let stays = story.stays(end);
    let fits = |(stay, reached): (&Stay, &Reached)| {
        let moment = |at: Duration| Instant::ZERO.saturating_add(at);
        stay.phase == reached.phase && reached.at.is_none_or(|at| moment(at) == stay.since)
    };
    // Times are shown where the file gives them, and where it might have meant them.
    let has_times = expected.iter().any(|reached| reached.at.is_some());
    let seen = stays.iter().enumerate().map(|(index, stay)| {
        if index > 0 && has_times {
            format!("{} {}", time(stay.since), stay.phase.name())
        } else {
            stay.phase.name().to_owned()
        }
    });
    Verdict {
        held: stays.len() == expected.len() && stays.iter().zip(expected).all(fits),
        what,
        observed: seen.collect::<Vec<_>>().join(", "),
        is_number: false,
    }
}

fn judge_segments(
    what: String,
    plan: &Plan,
    story: &Story<'_>,
    (period, expected): (Period, &[SegmentPattern]),
    recorder: &Recorder,
) -> Verdict {
    let (start, position) = match period {
        Period::WholeRun => (Instant::ZERO, 0),
        Period::AfterFault => match recorder.release_position() {
            Some(found) => found,
            None => return never_released(what),
        },
    };
    let sent: Vec<Sent> = story
        .entries_from(position)
        .filter_map(|entry| match entry.what {
            What::Sent(link, _, frame) => Some(Sent {
                after: entry.at.saturating_duration_since(start),
                link: link.0 as usize,
                frame,
            }),
            _ => None,
        })
        .collect();
    let fits = |(sent, pattern): (&Sent, &SegmentPattern)| sent.fits(story, pattern);
    let seen: Vec<String> = sent.iter().map(|sent| sent.describe(plan, story)).collect();
    Verdict {
        held: sent.len() == expected.len() && sent.iter().zip(expected).all(fits),
        what,
        observed: or_none(&seen.join("; ")).to_owned(),
        is_number: false,
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn never_released(what: String) -> Verdict {
    Verdict {
        what,
        held: false,
        observed: "no held segment was released".to_owned(),
        is_number: false,
    }
}

fn no_history(what: String) -> Verdict {
    Verdict {
        what,
        held: false,
        observed: "the connection has no history".to_owned(),
        is_number: false,
    }
}

/// A segment that was sent.
struct Sent {
    after: Duration,
    link: usize,
    frame: Datagram,
}

impl Sent {
    fn fits(&self, story: &Story<'_>, pattern: &SegmentPattern) -> bool {
        let segment = &self.frame.packet.segment;
        let significant = if pattern.flags.contains(Flags::PSH) {
            segment.flags
        } else {
            segment.flags.without(Flags::PSH)
        };
        let is = |wanted, number: u32| story.resolve(wanted) == Some(number);
        self.link == pattern.link.0
            && significant == pattern.flags
            && pattern.at.is_none_or(|at| at == self.after)
            && pattern.seq.is_none_or(|seq| is(seq, segment.seq.0))
            && pattern
                .ack
                .is_none_or(|ack| segment.flags.ack() && is(ack, segment.ack.0))
            && pattern.len.is_none_or(|len| len == segment.text.len)
    }

    fn describe(&self, plan: &Plan, story: &Story<'_>) -> String {
        let segment = &self.frame.packet.segment;
        let is_from_client = self.frame.packet.source == story.flow.local;
        let (own, peer) = if is_from_client {
            (End::Client, End::Server)
        } else {
            (End::Server, End::Client)
        };
        let number = |end, number: u32| {
            let relative = story.relative(end, number);
            relative.unwrap_or_else(|| number.to_string())
        };
        let link = plan
            .links
            .get(self.link)
            .map_or("nowhere", |link| link.name());
        let seq = number(own, segment.seq.0);
        let mut words = vec![format!(
            "{} {link} {} seq={seq}",
            Time(self.after),
            segment.flags
        )];
        if segment.flags.ack() {
            words.push(format!("ack={}", number(peer, segment.ack.0)));
        }
        if !segment.text.is_empty() {
            words.push(format!("len={}", segment.text.len));
        }
        words.join(" ")
    }
}

fn time(at: Instant) -> Time {
    Time(at.saturating_duration_since(Instant::ZERO))
}

/// The verdicts of several replications on one check of their histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    first: Verdict,
    /// The first replication in which it did not hold, and the verdict there.
    failed: Option<(u32, Verdict)>,
}

impl Repeated {
    /// The verdict in the first replication.
    pub fn new(first: Verdict) -> Repeated {
        let failed = (!first.held).then(|| (0, first.clone()));
        Repeated { first, failed }
    }

    /// The verdict in a later one; they come in their order.
    pub fn repeat(&mut self, replication: u32, verdict: &Verdict) {
        if !verdict.held && self.failed.is_none() {
            self.failed = Some((replication, verdict.clone()));
        }
    }

    /// Forgets all replications but the first ones.
    pub fn truncate(&mut self, count: u32) {
        self.failed = self.failed.take().filter(|(number, _)| *number < count);
    }

    /// One verdict on `count` replications: the first that does not hold speaks for all.
    pub fn together(&self, count: u32) -> Verdict {
        let Some((replication, failed)) = &self.failed else {
            return self.first.clone();
        };
        let mut verdict = failed.clone();
        if count > 1 {
            // People count runs from 1; the number in files, from 0, is the one that keys the draws.
            let run = replication + 1;
            verdict.observed = format!("in run {run} of {count}: {}", verdict.observed);
        }
        verdict
    }
}

/// The verdicts on everything that is expected of a policy, in the order of the plan, given what
/// its replications measured and the verdicts on their histories.
pub fn judge(
    plan: &Plan,
    policy: Handshake,
    replications: &Replications,
    histories: Vec<Verdict>,
) -> Vec<Verdict> {
    let mut histories = histories.into_iter();
    let mut verdicts = Vec::new();
    for check in checks(plan, policy) {
        if let Check::Metric {
            period,
            metric,
            bound,
        } = check
        {
            let (period, metric) = (*period, *metric);
            let key = MetricKey { period, metric };
            verdicts.push(judge_metric(key, bound, replications));
        } else {
            verdicts.extend(histories.next());
        }
    }
    verdicts
}

fn judge_metric(key: MetricKey, bound: &Bound, replications: &Replications) -> Verdict {
    let what = format!("{key}: {}", bound.written);
    let runs = replications.len();
    let unfinished = replications.unfinished(key).filter(|it| *it).count() as u32;
    let Some(summary) = replications.summary(key) else {
        let has_begun = match key.period {
            Period::WholeRun => true,
            Period::AfterFault => replications.has_time_after_fault(),
        };
        if !has_begun {
            return never_released(what);
        }
        let observed = match unfinished {
            0 => "nothing was measured".to_owned(),
            count => not_finished(count, runs),
        };
        return Verdict {
            what,
            held: false,
            observed,
            is_number: true,
        };
    };
    let suffix = if key.metric.unit().is_time() { "s" } else { "" };
    let show = |value| format!("{}{suffix}", decimal(value));
    let observed = if runs > 1 {
        let mut parts = vec![format!(
            "mean {} (from {} to {})",
            show(summary.mean()),
            show(summary.min),
            show(summary.max)
        )];
        if summary.count < runs {
            parts.push(format!(" in {} of {runs} runs", summary.count));
        }
        if unfinished > 0 {
            parts.push(format!("; {}", not_finished(unfinished, runs)));
        }
        parts.concat()
    } else {
        show(summary.sum)
    };
    // Of those that were not over nothing is known but that they take longer.
    let is_known = unfinished == 0 || bound.greatest.is_none();
    Verdict {
        what,
        held: is_known && bound.admits_mean(summary.sum, summary.count),
        observed,
        is_number: true,
    }
}

/// In how many runs the end of what is measured was not seen.
fn not_finished(count: u32, runs: u32) -> String {
    if runs == 1 {
        "not recovered when the run ended".to_owned()
    } else {
        format!("not recovered in {count} of {runs} runs")
    }
}

impl Verdict {
    /// Whether what was observed is not what was written in the file: a bound was met by some
    /// value.
    pub fn observed_says_more(&self) -> bool {
        self.is_number && !self.what.ends_with(&self.observed)
    }
}
