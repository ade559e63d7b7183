//! All connections of all hosts at a moment, with the columns of `ss -tno` (iproute2).

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tcp_core::{Instant, Observation, Phase, RunningTimer, TimerKind};

use crate::diagnostic::counted;
use crate::host::{Listener, Listing};
use crate::language::Language;
use crate::paint::columns;
use crate::plan::{Host, Plan};
use crate::quantity::Time;

/// Most connections of a host that are listed; the others are counted.
const MOST_ROWS: usize = 1000;

/// What the hosts have at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Virtual time. Everything that happens at it has happened.
    pub at: Duration,
    /// The hosts, in the order of the plan.
    pub hosts: Vec<Listing>,
}

/// Snapshots as text, in the order in which they were taken.
pub fn text(plan: &Plan, snapshots: &[Snapshot], language: Language) -> String {
    let pages = snapshots.iter().map(|one| page(plan, one, language));
    pages.collect::<Vec<_>>().join("\n")
}

fn page(plan: &Plan, snapshot: &Snapshot, language: Language) -> String {
    let mut page = String::new();
    let mut line = |text: &str| {
        // Writing to a String cannot fail.
        writeln!(page, "{}", text.trim_end()).expect("a String takes any text");
    };
    let at = Time(snapshot.at);
    line(&language.choose(format!("at {at}"), format!("时刻 {at}")));
    for (host, listing) in plan.hosts.iter().zip(&snapshot.hosts) {
        let name = &host.name;
        if !listing.has_power {
            line(&language.choose(
                format!("  {name}: without power"),
                format!("  {name}：断电"),
            ));
            continue;
        }
        let count = listing.entries.len();
        let connections = counted(count as u64, "connection");
        line(&language.choose(
            format!("  {name}: {connections}"),
            format!("  {name}：{count} 个连接"),
        ));
        for row in table(host, listing, language) {
            line(&format!("    {row}"));
        }
        if let Some(more @ 1..) = count.checked_sub(MOST_ROWS) {
            line(&language.choose(
                format!("    and {more} more"),
                format!("    另有 {more} 个"),
            ));
        }
    }
    page
}

/// State, Recv-Q, Send-Q, local end, peer, timer.
type Row = [String; 6];

/// The heading and the rows, each column as wide as its widest cell; nothing if there are no rows.
fn table(host: &Host, listing: &Listing, language: Language) -> Vec<String> {
    let listeners = listing.listening.iter().map(|it| of_listener(host, it));
    let entries = listing.entries.iter().take(MOST_ROWS);
    let rows: Vec<Row> = listeners
        .chain(entries.map(|entry| of_entry(entry, listing.now)))
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let heading = language.choose(
        [
            "State",
            "Recv-Q",
            "Send-Q",
            "Local Address:Port",
            "Peer Address:Port",
            "",
        ],
        [
            "状态",
            "接收队列",
            "发送队列",
            "本端地址:端口",
            "对端地址:端口",
            "",
        ],
    );
    let heading: Row = heading.map(str::to_owned);
    let all = || std::iter::once(&heading).chain(&rows);
    let widths: [usize; 6] = std::array::from_fn(|column| {
        let cells = all().map(|row| columns(&row[column]));
        cells.max().unwrap_or(0)
    });
    all().map(|row| aligned(row, &widths)).collect()
}

/// Queues stand to the right, all else to the left.
fn aligned(row: &Row, widths: &[usize; 6]) -> String {
    let mut line = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        let blank = " ".repeat(width.saturating_sub(columns(cell)));
        let is_number = matches!(index, 1 | 2);
        let (before, after) = if is_number {
            (blank.as_str(), "")
        } else {
            ("", blank.as_str())
        };
        line.extend([before, cell, after, "  "]);
    }
    line.trim_end().to_owned()
}

/// In LISTEN the queues are the accept queue: how many wait there, and how many there is room for.
fn of_listener(host: &Host, listener: &Listener) -> Row {
    let Listener {
        port,
        waiting,
        backlog,
    } = *listener;
    let local = match host.addresses.as_slice() {
        [only] => SocketAddr::new(*only, port).to_string(),
        [IpAddr::V6(_), ..] => format!("[::]:{port}"),
        _ => format!("0.0.0.0:{port}"),
    };
    let state = Phase::Listen.name().to_owned();
    let (waiting, backlog) = (waiting.to_string(), backlog.to_string());
    [
        state,
        waiting,
        backlog,
        local,
        "*".to_owned(),
        String::new(),
    ]
}

fn of_entry(entry: &Observation, now: Instant) -> Row {
    let mut timer = entry
        .timer
        .map_or_else(String::new, |it| countdown(it, now));
    if entry.backoff > 0 {
        let gap = if timer.is_empty() { "" } else { " " };
        timer = format!("{timer}{gap}backoff:{}", entry.backoff);
    }
    [
        entry.phase.name().to_owned(),
        entry.unread.to_string(),
        entry.unacknowledged.to_string(),
        entry.flow.local.to_string(),
        entry.flow.remote.to_string(),
        timer,
    ]
}

/// `timer:(on,1.5s,2)`: its name in `ss`, the time left, and how often it has run out in vain.
fn countdown(timer: RunningTimer, now: Instant) -> String {
    let name = match timer.kind {
        TimerKind::Retransmission => "on",
        TimerKind::Persist => "persist",
        TimerKind::KeepAlive => "keepalive",
        TimerKind::TimeWait => "timewait",
    };
    let left = timer.runs_out.since(now);
    format!("timer:({name},{},{})", Time(left), timer.tries)
}
