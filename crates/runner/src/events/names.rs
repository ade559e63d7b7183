//! Words for what happens, and for why.

use netsim::LinkId;
use tcp_core::{Outcome, Reason};

use super::Refusal;
use crate::plan::{Action, End, Exit, HostId, Plan};
use crate::trace::Deafness;

/// The name of a host.
pub(super) fn host(plan: &Plan, host: HostId) -> &str {
    &plan.host(host).name
}

/// The name of a link; a frame without a route is on none.
pub(super) fn link(plan: &Plan, link: LinkId) -> &str {
    let found = plan.links.get(link.0 as usize);
    found.map_or("", |link| link.name())
}

/// The name of the host that a link leads to.
pub(super) fn target(plan: &Plan, link: LinkId) -> &str {
    let found = plan.links.get(link.0 as usize);
    found.map_or("", |link| host(plan, link.to))
}

/// The name of a fault, if what it does is of this kind.
pub(super) fn fault(
    plan: &Plan,
    index: Option<usize>,
    is_such: fn(&Action) -> bool,
) -> Option<&str> {
    let fault = plan.faults.get(index?)?;
    is_such(&fault.action).then_some(fault.id.as_str())
}

pub(super) fn role(end: End) -> &'static str {
    match end {
        End::Client => "client",
        End::Server => "server",
    }
}

/// Why a state was left: in the words of metrics, which count an OPEN with the SYN that it sends.
pub(super) fn reason(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::Open) => "open",
        reason => Exit::by(reason).name(),
    }
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Finished => "finished",
        Outcome::Refused => "refused",
        Outcome::Reset => "reset",
        Outcome::TimedOut => "timed_out",
        Outcome::Aborted => "aborted",
    }
}

pub(super) fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::SynQueueFull => "syn_queue_full",
        Refusal::AcceptQueueFull => "accept_queue_full",
        Refusal::StaleSyn => "stale_syn",
        Refusal::Other => "other",
    }
}

pub(super) fn deafness(why: Deafness) -> &'static str {
    match why {
        Deafness::PowerOff => "power_off",
        Deafness::Damaged => "damaged",
    }
}
