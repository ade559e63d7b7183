//! SYN floods as the recorder sees them: which segments are theirs, and when the server is rid of what
//! they left.

use std::time::Duration;

use netsim::{Instant, LinkId};
use tcp_core::Tag;

use super::totals::Count;
use crate::census::{Census, Span};
use crate::host::Datagram;
use crate::plan::{Class, HostId, Opening, Plan};
use crate::workload::Workload;

/// The floods of a run.
#[derive(Clone, Debug)]
pub(super) struct Attack {
    /// The first tag of a load's incarnation.
    first: u32,
    /// For each load the host that it floods, if it is a flood. Empty if none is.
    targets: Vec<Option<HostId>>,
    /// The host at which each link begins.
    origins: Vec<HostId>,
    /// What there was before the first SYN.
    normal: Option<u64>,
    /// When the last SYN so far was sent.
    last: Instant,
    /// Since when the number of embryonic connections is at most what it was.
    recovered: Option<Instant>,
}

impl Attack {
    pub(super) fn new(plan: &Plan) -> Attack {
        let target = |load: &crate::plan::Load| match load.opening {
            Opening::Flood(_) => Some(load.to.host),
            Opening::Connect => None,
        };
        let targets: Vec<Option<HostId>> = plan.loads.iter().map(target).collect();
        let any = targets.iter().any(Option::is_some);
        Attack {
            first: Workload::singles(plan) as u32,
            targets: if any { targets } else { Vec::new() },
            origins: plan.links.iter().map(|link| link.from).collect(),
            normal: None,
            last: Instant::ZERO,
            recovered: None,
        }
    }

    /// The host that an incarnation floods, if it belongs to a flood. The incarnations of loads are
    /// dealt out in turn.
    fn target(&self, tag: Tag) -> Option<HostId> {
        let loads = self.targets.len() as u32;
        let number = tag.0.checked_sub(self.first)?;
        *self.targets.get(number.checked_rem(loads)? as usize)?
    }

    /// Whether an incarnation belongs to a flood.
    fn is_part(&self, tag: Tag) -> bool {
        self.target(tag).is_some()
    }

    /// A segment was sent; says what its bytes count as if it is a flood's.
    pub(super) fn on_sent(
        &mut self,
        now: Instant,
        link: LinkId,
        frame: &Datagram,
        census: &Census,
    ) -> Option<Count> {
        let target = self.target(frame.tag())?;
        // No link leads to forged addresses, so what has none is an answer to them.
        let origin = self.origins.get(link.0 as usize).copied();
        if origin.is_none_or(|origin| origin == target) {
            return Some(Count::ReflectedBytes);
        }
        if frame.packet.segment.flags.syn() {
            let count = census.count(Class::Embryonic);
            let normal = *self
                .normal
                .get_or_insert_with(|| census.max(Class::Embryonic, Span::Measured));
            self.last = now;
            self.recovered = (count <= normal).then_some(now);
        }
        Some(Count::FloodBytes)
    }

    /// The number of embryonic connections has changed. Once it is back, only a SYN of the flood
    /// that arrives late undoes that: more connections of clients are no part of the attack.
    pub(super) fn on_embryonic(&mut self, now: Instant, tag: Tag, before: u64, after: u64) {
        let Some(normal) = self.normal else { return };
        if after > before && after > normal && self.is_part(tag) {
            self.recovered = None;
        } else if after <= normal && self.recovered.is_none() {
            self.recovered = Some(now);
        }
    }

    /// Whether a SYN was sent.
    pub(super) fn has_begun(&self) -> bool {
        self.normal.is_some()
    }

    /// From the last SYN until the number of embryonic connections was back; `None` if there was no
    /// SYN or it is not.
    pub(super) fn recovery(&self) -> Option<Duration> {
        self.normal?;
        let nanos = self.recovered?.as_nanos() - self.last.as_nanos();
        Some(Duration::from_nanos(nanos))
    }
}
