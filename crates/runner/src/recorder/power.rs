//! Hosts that lose power: at a time, or when something happens anywhere in the network.

use std::time::Duration;

use netsim::{Ending, Instant};
use tcp_core::{Phase, Tag};

use crate::plan::{HostId, Moment, Plan};

/// The hosts that may lose power in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Power {
    switches: Vec<Switch>,
}

/// A loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When the host is up again; `None` for never.
    pub back_at: Option<Instant>,
}

/// One host's fate.
#[derive(Clone, Debug)]
struct Switch {
    host: HostId,
    moment: Moment,
    /// The incarnation whose states count; `None` for any.
    tag: Option<Tag>,
    off_at: Option<Instant>,
    /// From losing power to being up again; `None` for never.
    down: Option<Duration>,
    /// Whether the loss has been taken note of.
    is_applied: bool,
    /// The same of the return.
    is_back: bool,
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
                down: power_off.restart.map(|restart| restart.down()),
                is_applied: false,
                is_back: false,
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

    /// The loss of power that the host has suffered by this moment.
    pub(super) fn cut(&self, now: Instant, host: HostId) -> Option<Cut> {
        let mut switches = self.switches.iter();
        let switch = switches.find(|switch| switch.host == host)?;
        switch.off_at.filter(|&off_at| off_at <= now)?;
        let back_at = switch.back_at();
        Some(Cut { back_at })
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

    /// The next host, if any, that has lost power before this moment, or (`true`) got it back, and
    /// of which this has not been told.
    pub(super) fn next_switch(&mut self, before: Instant) -> Option<(Instant, HostId, bool)> {
        let due = |switch: &Switch| switch.next().filter(|at| *at < before);
        let next = self
            .switches
            .iter_mut()
            .filter(|switch| due(switch).is_some());
        let switch = next.min_by_key(|switch| switch.next())?;
        let at = switch.next()?;
        let is_back = switch.is_applied;
        switch.is_applied = true;
        switch.is_back = is_back;
        Some((at, switch.host, is_back))
    }
}

impl Switch {
    fn back_at(&self) -> Option<Instant> {
        Some(self.off_at?.saturating_add(self.down?))
    }

    /// When it loses power or gets it back, whichever is the next to be told of.
    fn next(&self) -> Option<Instant> {
        match (self.is_applied, self.is_back) {
            (false, _) => self.off_at,
            (true, false) => self.back_at(),
            (true, true) => None,
        }
    }
}
