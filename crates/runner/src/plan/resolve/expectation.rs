//! Expectations: states, segments, metrics and the bounds on them.

use std::ops::Range;
use std::time::Duration;

use tcp_core::{Handshake, Phase};

use crate::diagnostic::{Diagnostic, suggestion};
use crate::quantity::{self, Time};
use crate::spec::{ExpectSpec, ExpectedValue, PeriodSpec, PolicyNames, Spanned};

use super::super::{
    Bound, Check, ConnectionId, End, Expectation, Metric, MetricKey, Period, Plan, Reached,
    SegmentPattern, SequenceExpression, SequenceOrigin, Unit,
};
use super::{Findings, Names, consistency, fault, policy};

/// All expectations, each for one policy, in the order of the file. `plan` has everything else.
pub(super) fn resolve_all(
    list: Vec<Spanned<ExpectSpec>>,
    plan: &Plan,
    names: &Names,
    policies_overridden: bool,
    findings: &mut Findings<'_>,
) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for spec in list {
        let policies = policies_of(&spec, plan, policies_overridden, findings);
        let Some(policies) = findings.take(policies) else {
            continue;
        };
        let before = findings.problems.len();
        let checks = checks(&spec, plan, names, findings);
        let consistent = consistency::check_segments(plan, &checks, &spec.span());
        findings.take(consistent);
        if checks.is_empty() && findings.problems.len() == before {
            findings.problem(Diagnostic::at(spec.span(), "this expectation expects nothing").help(
                "add client_states, server_states, whole_run = { ... } or after_fault = { ... }",
            ));
        }
        let each = policies.into_iter();
        expectations.extend(each.map(|policy| Expectation {
            policy,
            checks: checks.clone(),
        }));
    }
    expectations
}

/// The policies that an expectation is about: those that it names, or all that run.
fn policies_of(
    spec: &Spanned<ExpectSpec>,
    plan: &Plan,
    policies_overridden: bool,
    findings: &mut Findings<'_>,
) -> Result<Vec<Handshake>, Diagnostic> {
    let Some(written) = &spec.get_ref().policy else {
        return Ok(plan.run.policies.clone());
    };
    let names = match written.get_ref() {
        PolicyNames::One(name) => &vec![Spanned::new(written.span(), name.clone())],
        PolicyNames::Several(names) => names,
    };
    if names.is_empty() {
        let empty = Diagnostic::at(written.span(), "a list of policies names at least one");
        return Err(empty.help("leave the key out for every policy that runs"));
    }
    let mut policies = Vec::new();
    for name in names {
        let wanted = policy(name)?;
        if policies.contains(&wanted) {
            let title = format!("policy `{}` is named twice", wanted.name());
            return Err(Diagnostic::at(name.span(), title).help("once is enough"));
        }
        if plan.run.policies.contains(&wanted) {
            policies.push(wanted);
            continue;
        }
        let title = format!(
            "policy `{}` does not run, so nothing can be expected of it",
            wanted.name()
        );
        if !policies_overridden {
            return Err(Diagnostic::at(name.span(), title).help("add it to `run.policies`"));
        }
        let note = Diagnostic::at(name.span(), title);
        let note = note.label("not checked, because policies were chosen");
        findings.notes.push(note);
    }
    Ok(policies)
}

fn checks(
    spec: &Spanned<ExpectSpec>,
    plan: &Plan,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Vec<Check> {
    let ExpectSpec {
        policy: _,
        connection,
        client_states,
        server_states,
        whole_run,
        after_fault,
        ..
    } = spec.get_ref();
    let connection = match connection {
        None => ConnectionId(0),
        Some(index) => match findings.take(names.connection(index)) {
            Some(connection) => connection,
            None => return Vec::new(),
        },
    };
    let mut checks = Vec::new();
    for (end, list) in [(End::Client, client_states), (End::Server, server_states)] {
        let Some(list) = list else { continue };
        let states = needs_connection(plan, list.span()).and_then(|()| states(list, findings));
        if let Some(states) = findings.take(states) {
            checks.push(Check::States {
                connection,
                end,
                states,
            });
        }
    }
    for (period, table) in [
        (Period::WholeRun, whole_run),
        (Period::AfterFault, after_fault),
    ] {
        let Some(table) = table else { continue };
        if period == Period::AfterFault && !plan.has_time_after_fault() {
            findings.problem(
                Diagnostic::at(
                    table.span(),
                    "no fault of this file ends, so nothing comes after it",
                )
                .help(
                    "`after_fault` counts from the release of a segment: a fault needs \
                         hold_until, delay_by or replay, or there is an [[inject]]; use \
                         `whole_run` otherwise",
                ),
            );
            continue;
        }
        period_checks(
            period,
            table,
            connection,
            plan,
            names,
            findings,
            &mut checks,
        );
    }
    checks
}

fn needs_connection(plan: &Plan, span: Range<usize>) -> Result<(), Diagnostic> {
    if plan.connections.is_empty() {
        return Err(Diagnostic::at(
            span,
            "the file has no [[connection]] that this could be about",
        )
        .help("states and segments are expected of scripted connections, metrics of any"));
    }
    Ok(())
}

fn states(
    list: &Spanned<Vec<Spanned<String>>>,
    findings: &mut Findings<'_>,
) -> Result<Vec<Reached>, Diagnostic> {
    if list.get_ref().is_empty() {
        return Err(Diagnostic::at(list.span(), "the list of states is empty")
            .help("its first state is the one at the start, such as \"CLOSED\" or \"LISTEN\""));
    }
    let mut states = Vec::new();
    for text in list.get_ref() {
        let (at, rest) = leading_time(text.get_ref());
        let (phase, note) = phase(rest, text.span())?;
        findings.notes.extend(note);
        states.push(Reached { phase, at });
    }
    Ok(states)
}

/// Splits `100ms ESTABLISHED` into its time, if it begins with one, and the rest.
fn leading_time(text: &str) -> (Option<Duration>, &str) {
    let text = text.trim();
    if let Some((first, rest)) = text.split_once(' ')
        && let Ok(time) = first.parse::<Time>()
    {
        return (Some(time.0), rest.trim_start());
    }
    (None, text)
}

/// Names of states that are common although RFC 9293 spells them differently.
const ALIASES: [(&str, Phase); 6] = [
    ("SYN-SEND", Phase::SynSent),
    ("SYN-RECV", Phase::SynReceived),
    ("SYN-RCVD", Phase::SynReceived),
    ("FIN-WAIT", Phase::FinWait1),
    ("FIN-WAIT1", Phase::FinWait1),
    ("FIN-WAIT2", Phase::FinWait2),
];

/// A state under its name in RFC 9293, or under an alias, with a remark about it.
pub(super) fn phase(
    text: &str,
    span: Range<usize>,
) -> Result<(Phase, Option<Diagnostic>), Diagnostic> {
    if let Some(phase) = Phase::from_name(text) {
        return Ok((phase, None));
    }
    let normal = text.to_ascii_uppercase().replace('_', "-");
    let alias = ALIASES
        .into_iter()
        .find(|(name, _)| *name == normal)
        .map(|(_, phase)| phase);
    if let Some(phase) = Phase::from_name(&normal).or(alias) {
        let title = format!("RFC 9293 spells the state `{text}` as `{phase}`");
        return Ok((phase, Some(Diagnostic::at(span, title))));
    }
    let known = Phase::ALL.map(|(_, name)| name);
    let help = suggestion(&normal, known, "states");
    Err(Diagnostic::at(span, format!("`{text}` is no state of a connection")).help(help))
}

fn period_checks(
    period: Period,
    table: &Spanned<PeriodSpec>,
    connection: ConnectionId,
    plan: &Plan,
    names: &Names,
    findings: &mut Findings<'_>,
    checks: &mut Vec<Check>,
) {
    if table.get_ref().is_empty() {
        findings.problem(
            Diagnostic::at(table.span(), "this table expects nothing")
                .help("name metrics in it, such as \"embryonic.area\" = \"0.1s\", or `segments`"),
        );
    }
    // Keys are sorted by name; reports follow the file.
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let check = if key.get_ref() == "segments" {
            segments(value, plan, names).map(|segments| Check::Segments {
                connection,
                period,
                segments,
            })
        } else {
            metric(period, key, value).map(|(metric, bound)| Check::Metric {
                period,
                metric,
                bound,
            })
        };
        checks.extend(findings.take(check));
    }
}

/// The metric that a name in the file means, with `after_fault.` for that period.
pub(super) fn metric_key(name: &Spanned<String>) -> Result<MetricKey, Diagnostic> {
    let (period, rest) = match name.get_ref().strip_prefix("after_fault.") {
        Some(rest) => (Period::AfterFault, rest),
        None => (Period::WholeRun, name.get_ref().as_str()),
    };
    let metric = named_metric(rest, name.span())?;
    check_period(period, metric, name.span())?;
    Ok(MetricKey { period, metric })
}

/// Some metrics are of whole runs.
fn check_period(period: Period, metric: Metric, span: Range<usize>) -> Result<(), Diagnostic> {
    if period == Period::AfterFault && metric.is_of_whole_run() {
        let title = format!("`{metric}` is measured over whole runs only");
        return Err(Diagnostic::at(span, title)
            .help("move it to `whole_run`, or name it without `after_fault.`"));
    }
    Ok(())
}

fn named_metric(name: &str, span: Range<usize>) -> Result<Metric, Diagnostic> {
    Metric::from_name(name).ok_or_else(|| {
        let all: Vec<String> = Metric::all().map(|metric| metric.to_string()).collect();
        let near = crate::diagnostic::nearest(name, all.iter().map(String::as_str));
        let meant = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        Diagnostic::at(span, format!("there is no metric `{name}`"))
            .label("unknown metric")
            .help(format!(
                "{meant}metrics: a class of connections with a statistic (such as \"embryonic.area\", \
                 .mean, .max, .final, .q99, .lifetime.mean, .reaped.rst), or a counter such as \
                 synack_sent or server.ListenDrops; `segments` lists segments"
            ))
    })
}

fn metric(
    period: Period,
    key: &Spanned<String>,
    value: &Spanned<ExpectedValue>,
) -> Result<(Metric, Bound), Diagnostic> {
    let metric = named_metric(key.get_ref(), key.span())?;
    check_period(period, metric, key.span())?;
    let bound = bound(value.get_ref(), metric.unit()).map_err(|why| {
        let form = if metric.unit().is_time() {
            "a time such as \"0.1s\", or a bound such as \"<= 0.1s\" or \"1s..2s\""
        } else {
            "a number such as 1, or a bound such as \">= 1\" or \"1..3\""
        };
        let title = format!("`{metric}` cannot be compared with this: {why}");
        Diagnostic::at(value.span(), title).help(format!("write {form}"))
    })?;
    Ok((metric, bound))
}

/// `1`, `"0.1s"`, `">= 1"`, `"> 1"`, `"<= 1"`, `"< 1"`, or `"1..3"` with both ends inside.
fn bound(value: &ExpectedValue, unit: Unit) -> Result<Bound, String> {
    let written = match value {
        ExpectedValue::Number(number) => number.clone(),
        ExpectedValue::Text(text) => text.trim().to_owned(),
        ExpectedValue::List(_) => return Err("it is a list".to_owned()),
    };
    let amount = |text: &str| amount(text.trim(), unit);
    // One part is the smallest difference, so a strict bound is an inclusive one further in.
    let (least, greatest) = if let Some((least, greatest)) = written.split_once("..") {
        let (least, greatest) = (amount(least)?, amount(greatest)?);
        if least > greatest {
            return Err(format!("`{written}` begins after its end"));
        }
        (Some(least), Some(greatest))
    } else if let Some(text) = written.strip_prefix(">=") {
        (Some(amount(text)?), None)
    } else if let Some(text) = written.strip_prefix("<=") {
        (None, Some(amount(text)?))
    } else if let Some(text) = written.strip_prefix('>') {
        (Some(amount(text)? + 1), None)
    } else if let Some(text) = written.strip_prefix('<') {
        (None, Some(amount(text)? - 1))
    } else {
        let exactly = amount(&written)?;
        (Some(exactly), Some(exactly))
    };
    Ok(Bound {
        written,
        least,
        greatest,
    })
}

/// A quantity in billionths of the metric's unit.
fn amount(text: &str, unit: Unit) -> Result<i128, String> {
    if unit.is_time() {
        let time: Time = text
            .parse()
            .map_err(|error: quantity::QuantityError| error.to_string())?;
        return Ok(i128::try_from(time.0.as_nanos()).unwrap_or(i128::MAX));
    }
    let is_negative = unit == Unit::Percent && text.starts_with('-');
    let magnitude = text.strip_prefix('-').filter(|_| is_negative);
    let billionths = quantity::billionths(magnitude.unwrap_or(text));
    let billionths = billionths.map_err(|error| error.to_string())?;
    let billionths = i128::try_from(billionths).unwrap_or(i128::MAX);
    Ok(if is_negative { -billionths } else { billionths })
}

fn segments(
    value: &Spanned<ExpectedValue>,
    plan: &Plan,
    names: &Names,
) -> Result<Vec<SegmentPattern>, Diagnostic> {
    needs_connection(plan, value.span())?;
    match value.get_ref() {
        ExpectedValue::List(list) => list.iter().map(|text| segment(text, names)).collect(),
        _ => Err(Diagnostic::at(value.span(), "`segments` is a list").help(SEGMENT_FORM)),
    }
}

const SEGMENT_FORM: &str = "a segment is written as [TIME] LINK FLAGS [seq=N] [ack=N] [len=N], for \
                            example \"100ms c2s ACK seq=j+1 ack=k+1\"";

fn segment(text: &Spanned<String>, names: &Names) -> Result<SegmentPattern, Diagnostic> {
    let refuse = |title: String| Diagnostic::at(text.span(), title).help(SEGMENT_FORM);
    let (at, rest) = leading_time(text.get_ref());
    let mut words = rest.split_whitespace();
    let (Some(link), Some(flags)) = (words.next(), words.next()) else {
        return Err(refuse(format!("`{}` is no segment", text.get_ref())));
    };
    let link = names.link(&Spanned::new(text.span(), link.to_owned()))?;
    let flags = fault::flags(flags, text.span())?;
    let mut pattern = SegmentPattern {
        written: text.get_ref().clone(),
        at,
        link,
        flags,
        seq: None,
        ack: None,
        len: None,
    };
    for word in words {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| refuse(format!("`{word}` is no part of a segment")))?;
        let number = || {
            sequence(value).ok_or_else(|| {
                refuse(format!("`{value}` is no sequence number")).label(
                    "a number, or an initial sequence number such as j, k or k2 plus an offset",
                )
            })
        };
        match key {
            "seq" => pattern.seq = Some(number()?),
            "ack" => pattern.ack = Some(number()?),
            "len" => {
                let len = value.parse();
                let len = len.map_err(|_| refuse(format!("`{value}` is no number of bytes")))?;
                pattern.len = Some(len);
            }
            _ => return Err(refuse(format!("a segment has no `{key}`"))),
        }
    }
    Ok(pattern)
}

/// `1001`, `j+1`, `k2+11`.
pub(super) fn sequence(text: &str) -> Option<SequenceExpression> {
    let (origin, offset) = match text.split_once('+') {
        Some((origin, offset)) => (origin, offset.parse().ok()?),
        None => match text.parse() {
            Ok(number) => {
                return Some(SequenceExpression {
                    origin: SequenceOrigin::Zero,
                    offset: number,
                });
            }
            Err(_) => (text, 0),
        },
    };
    let ordinal = |digits: &str| match digits {
        "" => Some(1),
        _ => digits.parse::<u32>().ok().filter(|ordinal| *ordinal > 0),
    };
    let origin = match origin.split_at_checked(1)? {
        ("j", digits) => SequenceOrigin::Client(ordinal(digits)?),
        ("k", digits) => SequenceOrigin::Server(ordinal(digits)?),
        _ => return None,
    };
    Some(SequenceExpression { origin, offset })
}
