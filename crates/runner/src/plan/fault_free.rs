//! The same experiment without its faults: what a fault costs is the difference between the two.

use netsim::LinkConfig;

use super::{Opening, Plan};

impl Plan {
    /// The plan in which nothing goes wrong. Links keep their delay and jitter, their rate and their
    /// limits, but lose, copy, damage, mark and reorder nothing and are never cut; nothing is scripted or
    /// forged, every host keeps its power, and nobody floods.
    ///
    /// Applications do the same as before under the same seed, and what befell nothing travels as
    /// it did, because draws are keyed by names: by those of the loads that are left and of the links'
    /// impairments. Nothing is expected, compared or drawn of it.
    #[must_use]
    pub fn without_faults(&self) -> Plan {
        let mut plan = self.clone();
        for link in &mut plan.links {
            link.config = faultless(&link.config);
        }
        for host in &mut plan.hosts {
            host.power_off = None;
        }
        plan.loads
            .retain(|load| matches!(load.opening, Opening::Connect));
        plan.faults.clear();
        plan.injections.clear();
        plan.expectations.clear();
        plan.comparison = None;
        plan.run.stop = None;
        plan.theory = None;
        plan
    }
}

/// The link without what befalls single frames and without outages. How long a frame may live is a
/// limit of the network, as the length of its queues is.
fn faultless(link: &LinkConfig) -> LinkConfig {
    LinkConfig {
        duplicate: None,
        loss: None,
        ecn: false,
        corrupt: None,
        reorder: None,
        blackout: Vec::new(),
        partition: Vec::new(),
        ..link.clone()
    }
}
