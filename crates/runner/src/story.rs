//! The history of one four-tuple: its entries, and what its sequence numbers count from.

use netsim::Instant;
use tcp_core::{Flow, Phase, Tag};

use crate::host::Datagram;
use crate::plan::{
    Connection, ConnectionId, End, HostId, Plan, SequenceExpression, SequenceOrigin,
};
use crate::trace::{Entry, Trace, What};
use crate::workload::Workload;

/// Everything that happened to the incarnations of one four-tuple.
#[derive(Clone, Debug)]
pub struct Story<'t> {
    /// The entries, in order, with their positions in the trace.
    entries: Vec<(usize, &'t Entry)>,
    /// The four-tuple as the client sees it.
    pub flow: Flow,
    /// The client's host and the server's.
    pub hosts: [HostId; 2],
    /// Initial sequence numbers of the client's entries and of the server's, in order of
    /// appearance, each once.
    origins: [Vec<u32>; 2],
    /// Whether the server listens on the port.
    is_listened_on: bool,
}

/// An end's state from some moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The state.
    pub phase: Phase,
    /// When it was entered.
    pub since: Instant,
}

impl<'t> Story<'t> {
    /// The story of a four-tuple, given as the client sees it, whose incarnations have these tags.
    pub fn new(
        plan: &Plan,
        trace: &'t Trace,
        flow: Flow,
        hosts: [HostId; 2],
        tags: &[Tag],
    ) -> Story<'t> {
        let own = |entry: &Entry| tags.contains(&entry.tag);
        let mut entries: Vec<(usize, &Entry)> = trace
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| own(entry))
            .collect();
        // What befalls a host is noted for each incarnation; the four-tuple has it once.
        entries.dedup_by(|(_, next), (_, last)| {
            let of_host = matches!(next.what, What::PowerOff(_) | What::Restart(_));
            of_host && (next.at, next.what) == (last.at, last.what)
        });
        let mut origins = [Vec::new(), Vec::new()];
        for (_, entry) in &entries {
            if let What::Changed(change) = &entry.what
                && let Some(iss) = change.iss
            {
                let known = &mut origins[change.end as usize];
                if !known.contains(&iss) {
                    known.push(iss);
                }
            }
        }
        Story {
            entries,
            flow,
            hosts,
            origins,
            is_listened_on: plan
                .host(hosts[1])
                .passive_open
                .contains(&flow.remote.port()),
        }
    }

    /// The story of a scripted connection's four-tuple: that of every scripted connection on it, and
    /// of what was forged.
    pub fn of_scripted(
        plan: &Plan,
        connection: ConnectionId,
        trace: &'t Trace,
    ) -> Option<Story<'t>> {
        let wanted = plan.connections.get(connection.0)?;
        let same = |other: &Connection| {
            (other.from, other.from_port, other.to) == (wanted.from, wanted.from_port, wanted.to)
        };
        let flow = Workload::scripted_flow(plan, wanted)?;
        let scripted = (0..plan.connections.len()).filter(|&index| same(&plan.connections[index]));
        let forged = plan
            .injections
            .iter()
            .enumerate()
            .filter_map(|(index, injection)| {
                let is_part = injection.is_between(flow.local, flow.remote);
                is_part.then_some(plan.connections.len() + index)
            });
        let tags: Vec<_> = scripted.chain(forged).map(Workload::scripted_tag).collect();
        let hosts = [wanted.from, wanted.to.host];
        Some(Story::new(plan, trace, flow, hosts, &tags))
    }

    /// The entries from a position of the trace on, in order.
    pub fn entries_from(&self, position: usize) -> impl Iterator<Item = &'t Entry> {
        let from = self.entries.partition_point(|(at, _)| *at < position);
        self.entries[from..].iter().map(|(_, entry)| *entry)
    }

    /// The entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = &'t Entry> {
        self.entries_from(0)
    }

    /// The host of one end.
    pub fn host(&self, end: End) -> HostId {
        self.hosts[end as usize]
    }

    /// The initial sequence numbers of one end's entries, in order of appearance.
    pub fn origins(&self, end: End) -> &[u32] {
        &self.origins[end as usize]
    }

    /// What an expression stands for; `None` if there was no such entry.
    pub fn resolve(&self, expression: SequenceExpression) -> Option<u32> {
        let origin = match expression.origin {
            SequenceOrigin::Zero => 0,
            SequenceOrigin::Client(number) => self.origin(End::Client, number)?,
            SequenceOrigin::Server(number) => self.origin(End::Server, number)?,
        };
        Some(origin.wrapping_add(expression.offset))
    }

    fn origin(&self, end: End, number: u32) -> Option<u32> {
        let index = (number as usize).checked_sub(1)?;
        self.origins(end).get(index).copied()
    }

    /// A sequence number of one end's stream as `j`, `j+1`, `k2+11`: counted from the nearest
    /// initial sequence number at or before it. `None` if there is none in half the space.
    pub fn relative(&self, end: End, number: u32) -> Option<String> {
        let letter = match end {
            End::Client => 'j',
            End::Server => 'k',
        };
        let candidates = self.origins(end).iter().enumerate();
        let (offset, index) = candidates
            .map(|(index, origin)| (number.wrapping_sub(*origin), index))
            .min()?;
        if offset >= 1 << 31 {
            return None;
        }
        let count = if index == 0 {
            String::new()
        } else {
            (index + 1).to_string()
        };
        Some(match offset {
            0 => format!("{letter}{count}"),
            _ => format!("{letter}{count}+{offset}"),
        })
    }

    /// The state of an end without an entry.
    pub fn absent(&self, end: End) -> Phase {
        match end {
            End::Server if self.is_listened_on => Phase::Listen,
            End::Client | End::Server => Phase::Closed,
        }
    }

    /// The states that one end of the four-tuple went through, from the start of the run.
    pub fn stays(&self, end: End) -> Vec<Stay> {
        let absent = self.absent(end);
        let mut stays = vec![Stay {
            phase: absent,
            since: Instant::ZERO,
        }];
        for entry in self.entries() {
            let entered = match &entry.what {
                What::Changed(change) if change.end == end => change.to,
                What::PowerOff(host) if *host == self.host(end) => absent,
                _ => continue,
            };
            if stays.last().is_none_or(|last| last.phase != entered) {
                stays.push(Stay {
                    phase: entered,
                    since: entry.at,
                });
            }
        }
        stays
    }
}

/// Whether two four-tuples are one, seen from either end.
fn is_same(one: Flow, other: Flow) -> bool {
    one == other || (one.local, one.remote) == (other.remote, other.local)
}

impl<'t> Story<'t> {
    /// The stories of the incarnations whose history was kept: one for each four-tuple, in the
    /// order of the tags.
    pub fn all(plan: &Plan, trace: &'t Trace, tags: &[Tag]) -> Vec<Story<'t>> {
        let mut stories: Vec<Story<'t>> = Vec::new();
        for &tag in tags {
            let index = tag.0 as usize;
            let story = if index < plan.connections.len() {
                Story::of_scripted(plan, ConnectionId(index), trace)
            } else {
                Story::of_load(plan, tag, trace)
            };
            if let Some(story) = story
                && stories.iter().all(|known| !is_same(known.flow, story.flow))
            {
                stories.push(story);
            }
        }
        stories
    }

    /// The story of one incarnation of a load, found by its own OPEN, or in a flood, which has
    /// none, by its SYN, or that of a forged segment; `None` if there is none of these.
    fn of_load(plan: &Plan, tag: Tag, trace: &'t Trace) -> Option<Story<'t>> {
        let mut own = trace.entries.iter().filter(|entry| entry.tag == tag);
        let (flow, client) = own.find_map(|entry| match entry.what {
            What::Changed(change) if change.end == End::Client => Some((change.flow, change.host)),
            What::Sent(link, _, Datagram { packet, .. })
            | What::Forged(link, _, Datagram { packet, .. }) => {
                let flow = Flow {
                    local: packet.source,
                    remote: packet.target,
                };
                Some((flow, plan.links.get(link.0 as usize)?.from))
            }
            _ => None,
        })?;
        let server = plan.hosts.iter().position(|host| {
            let address = flow.remote.ip();
            host.addresses.contains(&address)
        })?;
        Some(Story::new(
            plan,
            trace,
            flow,
            [client, HostId(server)],
            &[tag],
        ))
    }
}
