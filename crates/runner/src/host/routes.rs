//! Over which link a host sends to each address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netsim::LinkId;

use crate::plan::{HostId, Plan};

/// The outgoing link to each address that a path leads to.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    /// In ascending order of addresses.
    links: Vec<(Bits, LinkId)>,
}

/// An address as numbers, which compare faster: whether it is of IPv6, and its bits.
type Bits = (bool, u128);

fn bits(address: IpAddr) -> Bits {
    match address {
        IpAddr::V4(address) => (false, u128::from(address.to_bits())),
        IpAddr::V6(address) => (true, address.to_bits()),
    }
}

impl Routes {
    /// The routes of a host.
    pub(super) fn new(plan: &Plan, from: HostId) -> Routes {
        let mut links = BTreeMap::new();
        for (index, host) in plan.hosts.iter().enumerate() {
            if let Some(link) = plan.routes.first_link(from, HostId(index)) {
                for &address in &host.addresses {
                    links.insert(bits(address), LinkId(link.0 as u32));
                }
            }
        }
        Routes {
            links: links.into_iter().collect(),
        }
    }

    /// The link that leads to an address; the simulator drops what names no link, and counts it.
    pub(super) fn to(&self, target: IpAddr) -> LinkId {
        let target = bits(target);
        let found = self.links.binary_search_by_key(&target, |(bits, _)| *bits);
        found.map_or(LinkId(u32::MAX), |index| self.links[index].1)
    }
}
