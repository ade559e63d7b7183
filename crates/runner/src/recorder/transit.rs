//! Frames that routers send on: each hop is a passage of its own to the network, and all of them
//! are one to whoever looks at the history of a connection.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netsim::{FrameId, LinkId};

use crate::plan::Plan;

/// See the module's documentation. Empty unless hosts forward.
#[derive(Clone, Debug, Default)]
pub(super) struct Transit {
    /// For each link that leads to a router, the router's own addresses.
    routers: BTreeMap<LinkId, Vec<IpAddr>>,
    /// The first passage of a frame that a router has sent on, by its present one.
    first: BTreeMap<FrameId, FrameId>,
    /// The first passage of the frame that a router has just taken.
    taken: Option<FrameId>,
}

impl Transit {
    pub(super) fn new(plan: &Plan) -> Transit {
        let links = plan.links.iter().enumerate();
        let routers = links.filter_map(|(index, link)| {
            let host = plan.host(link.to);
            let router = host.forward.then(|| host.addresses.clone())?;
            Some((LinkId(index as u32), router))
        });
        Transit {
            routers: routers.collect(),
            ..Transit::default()
        }
    }

    /// A frame has arrived; says whether only at a router on its way.
    pub(super) fn arrives(&mut self, link: LinkId, id: FrameId, target: IpAddr) -> bool {
        let addresses = self.routers.get(&link);
        let is_on_its_way = addresses.is_some_and(|own| !own.contains(&target));
        if is_on_its_way {
            self.taken = Some(self.first(id));
            self.first.remove(&id);
        }
        is_on_its_way
    }

    /// The router sends on what it has just taken, as a new passage.
    pub(super) fn leaves(&mut self, id: FrameId) {
        if let Some(first) = self.taken.take() {
            self.first.insert(id, first);
        }
    }

    /// The router does not send on what it has just taken: its first passage.
    pub(super) fn stays(&mut self) -> Option<FrameId> {
        self.taken.take()
    }

    /// The passage under which the history knows this one.
    pub(super) fn first(&self, id: FrameId) -> FrameId {
        self.first.get(&id).copied().unwrap_or(id)
    }

    /// A passage is over.
    pub(super) fn ends(&mut self, id: FrameId) -> FrameId {
        self.first.remove(&id).unwrap_or(id)
    }
}
