//! Routes: over which link a host sends what goes to another.

use super::host::HostId;
use super::link::{Link, LinkId};

/// The first link from each host to each other host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// By the host that is meant, then by the host that sends.
    next: Vec<Vec<Option<LinkId>>>,
}

impl Routes {
    /// The shortest paths, counted in links, over hosts that forward. Of several as short the one
    /// whose first link comes first in `links` is taken.
    pub(super) fn shortest(links: &[Link], forwards: &[bool]) -> Routes {
        let count = forwards.len();
        let mut next = vec![vec![None; count]; count];
        for (target, row) in next.iter_mut().enumerate() {
            let distances = distances(links, forwards, target);
            for (index, link) in links.iter().enumerate() {
                let (HostId(from), HostId(to)) = (link.from, link.to);
                let is_on_the_way = to == target || forwards[to];
                let is_shortest = match (distances[from], distances[to]) {
                    (Some(here), Some(there)) => here == there + 1,
                    _ => false,
                };
                if from != target && is_on_the_way && is_shortest && row[from].is_none() {
                    row[from] = Some(LinkId(index));
                }
            }
        }
        Routes { next }
    }

    /// Sends what goes from this host to `to` over this link, whatever the shortest path is.
    pub(super) fn set(&mut self, from: HostId, to: HostId, link: LinkId) {
        self.next[to.0][from.0] = Some(link);
    }

    /// The link over which a host sends what goes to another; `None` if no path leads there.
    pub fn first_link(&self, from: HostId, to: HostId) -> Option<LinkId> {
        *self.next.get(to.0)?.get(from.0)?
    }

    /// The links from one host to another; `None` if no path leads there. A path that goes in a
    /// circle ends where it closes.
    pub(super) fn path(&self, links: &[Link], from: HostId, to: HostId) -> Option<Vec<LinkId>> {
        let mut path = Vec::new();
        let mut at = from;
        while at != to && path.len() <= self.next.len() {
            let link = self.first_link(at, to)?;
            path.push(link);
            at = links[link.0].to;
        }
        Some(path)
    }
}

/// The number of links from each host to this one.
fn distances(links: &[Link], forwards: &[bool], target: usize) -> Vec<Option<usize>> {
    let mut distances = vec![None; forwards.len()];
    distances[target] = Some(0);
    let mut frontier = vec![target];
    while !frontier.is_empty() {
        let mut further = Vec::new();
        for link in links {
            let (HostId(from), HostId(to)) = (link.from, link.to);
            let is_on_the_way = to == target || forwards[to];
            if frontier.contains(&to) && is_on_the_way && distances[from].is_none() {
                distances[from] = distances[to].map(|there: usize| there + 1);
                further.push(from);
            }
        }
        frontier = further;
    }
    distances
}
