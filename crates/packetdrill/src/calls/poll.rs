//! `poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, 1000) = 1`

use super::{Arguments, Decoded, Problem, Reply, Step, Waiting};
use crate::script::ExpressionKind;
use crate::sockets::Sockets;

/// One descriptor that `poll()` watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollEntry {
    fd: i64,
    events: i64,
    /// What the script expects back, if it says.
    expected: Option<i64>,
}

/// Errors, hang-ups and bad descriptors are reported whether asked for or not.
const ALWAYS: i64 = 8 | 16 | 32;

pub(super) fn begin(sockets: &mut Sockets, arguments: &Arguments<'_>, now: u64) -> Decoded<Step> {
    let list = arguments.get(0)?;
    let ExpressionKind::List(items) = &list.kind else {
        return Err(Problem::Invalid(
            list.span,
            "poll() needs an array such as [{fd=3, events=POLLIN, revents=POLLIN}]".to_owned(),
        ));
    };
    let mut entries = Vec::new();
    for item in items {
        let ExpressionKind::Fields(fields) = &item.kind else {
            return Err(Problem::Invalid(
                item.span,
                "write {fd=3, events=POLLIN, revents=POLLIN}".to_owned(),
            ));
        };
        let field = |name: &str| {
            fields
                .iter()
                .find(|field| field.0 == name)
                .map(|field| arguments.value(&field.1))
                .transpose()
        };
        let (Some(fd), Some(events)) = (field("fd")?, field("events")?) else {
            return Err(Problem::Invalid(
                item.span,
                "`fd` and `events` are needed".to_owned(),
            ));
        };
        entries.push(PollEntry {
            fd,
            events,
            expected: field("revents")?,
        });
    }
    let timeout = arguments.integer(2)?;
    // A negative timeout waits for ever.
    let deadline = u64::try_from(timeout)
        .ok()
        .map(|millis| now.saturating_add(millis.saturating_mul(1_000_000)));
    Ok(match resume(sockets, &entries, deadline, now) {
        Some(reply) => Step::Done(reply),
        None => Step::Blocked(Waiting::Poll { entries, deadline }),
    })
}

pub(super) fn resume(
    sockets: &Sockets,
    entries: &[PollEntry],
    deadline: Option<u64>,
    now: u64,
) -> Option<Reply> {
    let ready: Vec<i64> = entries
        .iter()
        .map(|entry| sockets.readiness(entry.fd) & (entry.events | ALWAYS))
        .collect();
    let count = ready.iter().filter(|&&bits| bits != 0).count();
    if count == 0 && deadline.is_none_or(|deadline| now < deadline) {
        return None;
    }
    let mismatches = entries
        .iter()
        .zip(&ready)
        .filter_map(|(entry, bits)| {
            let expected = entry.expected.filter(|expected| expected != bits)?;
            Some(format!(
                "revents of descriptor {} should be {expected:#x}, is {bits:#x}",
                entry.fd
            ))
        })
        .collect();
    Some(Reply {
        value: Ok(i64::try_from(count).unwrap_or(i64::MAX)),
        mismatches,
    })
}
