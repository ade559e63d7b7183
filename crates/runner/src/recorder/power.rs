//! Hosts that lose power: at a time, or when something happens anywhere in the network.

use netsim::{Ending, Instant};
use tcp_core::{Phase, Tag};

use crate::plan::{HostId, Moment, Plan};

/// The hosts that may lose power in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Power {
    switches: Vec<Switch>,
}

/// One host's fate.
#[derive(Clone, Debug)]
struct Switch {
    host: HostId,
    moment: Moment,
    /// The incarnation whose states count; `None` for any.
    tag: Option<Tag>,
    off_at: Option<Instant>,
    is_applied: bool,
}

impl Power {
    pub(super) fn new(plan: &Plan) -> Power {
        let switches = plan.hosts.iter().enumerate().filter_map(|(index, host)| {
            let power_off = host.power_off.as_ref()?;
            let off_at = match power_off.moment {
                Moment::At(at) => Some(Instant::ZERO.saturating_add(at)),
                Moment::Enters { .. } | Moment::Fate { .. } => None,
            };
            Some(Switch {
                host: HostId(index),
                moment: power_off.moment.clone(),
                // The incarnations of scripted connections have the first tags.
                tag: power_off
                    .connection
                    .map(|connection| Tag(connection.0 as u32)),
                off_at,
                is_applied: false,
            })
        });
        Power {
            switches: switches.collect(),
        }
    }

    /// Whether no host ever loses power.
    pub(super) fn is_reliable(&self) -> bool {
        self.switches.is_empty()
    }

    /// Whether the host is without power from this moment on.
    pub(super) fn is_off(&self, now: Instant, host: HostId) -> bool {
        let gone = |switch: &Switch| switch.off_at.is_some_and(|off_at| off_at <= now);
        self.switches
            .iter()
            .any(|switch| switch.host == host && gone(switch))
    }

    /// A connection's end at a host has entered a state.
    pub(super) fn on_phase(&mut self, now: Instant, at: HostId, tag: Tag, entered: Phase) {
        for switch in &mut self.switches {
            if let Moment::Enters { host, phase, plus } = switch.moment
                && (host, phase) == (at, entered)
                && switch.tag.is_none_or(|wanted| wanted == tag)
                && switch.off_at.is_none()
            {
                switch.off_at = Some(now.saturating_add(plus));
            }
        }
    }

    /// A segment that a fault had hit has arrived or is lost.
    pub(super) fn on_fate(&mut self, now: Instant, hit_by: usize, ended: Ending) {
        for switch in &mut self.switches {
            if let Moment::Fate {
                fault,
                ending,
                plus,
            } = switch.moment
                && fault == hit_by
                && (ending == ended || ending == Ending::Either)
                && switch.off_at.is_none()
            {
                switch.off_at = Some(now.saturating_add(plus));
            }
        }
    }

    /// The next host, if any, that has lost power before this moment and whose connections are
    /// not gone yet; they are from now on.
    pub(super) fn next_cut(&mut self, before: Instant) -> Option<(Instant, HostId)> {
        let due = |switch: &&mut Switch| {
            !switch.is_applied && switch.off_at.is_some_and(|off_at| off_at < before)
        };
        let switches = self.switches.iter_mut().filter(due);
        let switch = switches.min_by_key(|switch| switch.off_at)?;
        switch.is_applied = true;
        switch.off_at.map(|off_at| (off_at, switch.host))
    }
}
