//! Links: one direction each, with everything that the network does to a segment by itself.

use netsim::LinkConfig;

use super::host::HostId;

/// Index of a link in [`Plan::links`](super::Plan::links).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub usize);

/// One direction of a path between two hosts.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where segments enter.
    pub from: HostId,
    /// Where they come out; never the same host.
    pub to: HostId,
    /// Its name, which keys its random draws, and its impairments. The nodes in it are the indices
    /// of the hosts.
    pub config: LinkConfig,
}

impl Link {
    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.config.name
    }
}
