//! All connections of all hosts at a moment, as `ss` would list them.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tcp_core::Phase;

use crate::diagnostic::counted;
use crate::host::Listing;
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
pub fn text(plan: &Plan, snapshots: &[Snapshot]) -> String {
    let pages: Vec<String> = snapshots.iter().map(|one| page(plan, one)).collect();
    pages.join("\n")
}

fn page(plan: &Plan, snapshot: &Snapshot) -> String {
    let mut page = String::new();
    let mut line = |text: &str| {
        // Writing to a String cannot fail.
        writeln!(page, "{}", text.trim_end()).expect("a String takes any text");
    };
    line(&format!("at {}", Time(snapshot.at)));
    for (host, listing) in plan.hosts.iter().zip(&snapshot.hosts) {
        if !listing.has_power {
            line(&format!("  {}: without power", host.name));
            continue;
        }
        let count = listing.entries.len();
        let connections = counted(count as u64, "connection");
        line(&format!("  {}: {connections}", host.name));
        for row in rows(host, listing) {
            line(&format!("    {row}"));
        }
        if let Some(more @ 1..) = count.checked_sub(MOST_ROWS) {
            line(&format!("    and {more} more"));
        }
    }
    page
}

/// State, local end, peer: as wide as the widest of each.
fn rows(host: &Host, listing: &Listing) -> Vec<String> {
    let listeners = listing.listening.iter().map(|&port| {
        let local = match host.addresses.as_slice() {
            [only] => SocketAddr::new(*only, port).to_string(),
            [IpAddr::V6(_), ..] => format!("[::]:{port}"),
            _ => format!("0.0.0.0:{port}"),
        };
        (Phase::Listen, local, "*".to_owned())
    });
    let entries = listing.entries.iter().take(MOST_ROWS).map(|entry| {
        let (local, peer) = (entry.flow.local, entry.flow.remote);
        (entry.phase, local.to_string(), peer.to_string())
    });
    let all: Vec<(Phase, String, String)> = listeners.chain(entries).collect();
    let width = all.iter().map(|(_, local, _)| local.len()).max();
    let width = width.unwrap_or(0);
    all.into_iter()
        .map(|(phase, local, peer)| format!("{:<12}  {local:<width$}  {peer}", phase.name()))
        .collect()
}
