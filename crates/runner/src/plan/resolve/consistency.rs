//! What every part allows by itself and the parts together do not: faults and expectations that
//! could never have an effect, calls that could only fail.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::spec::{FaultSpec, HostSpec, Spanned, Spec};

use super::super::{Action, Check, ConnectionId, Fault, HostId, Moment, Plan, PowerOff, Send};
use super::Findings;

/// Where the parts stand in the file.
pub(super) struct Places {
    /// The tables of the scripted connections.
    connections: Vec<Range<usize>>,
    /// The ids of the faults.
    faults: Vec<Range<usize>>,
    /// The values of `power_off` and `crash`, by the name of the host.
    power_offs: Vec<Range<usize>>,
}

impl Places {
    pub(super) fn of(spec: &Spec) -> Places {
        let power_off = |host: &HostSpec| {
            let cut = host.power_off.as_ref().map(Spanned::span);
            cut.or(host.crash.as_ref().map(Spanned::span))
        };
        let id = |fault: &Spanned<FaultSpec>| fault.get_ref().id.span();
        Places {
            connections: spec.connection.iter().map(Spanned::span).collect(),
            faults: spec.fault.iter().map(id).collect(),
            power_offs: spec.host.values().filter_map(power_off).collect(),
        }
    }
}

/// Checks a plan whose parts are all good by themselves.
pub(super) fn check(plan: &Plan, places: &Places, findings: &mut Findings<'_>) {
    if plan.connections.is_empty() && plan.loads.is_empty() && plan.injections.is_empty() {
        findings.problem(
            Diagnostic::new("nothing happens in this experiment")
                .help("add a [[connection]], a [load.NAME] or an [[inject]]"),
        );
    }
    let power_offs = plan.hosts.iter().filter_map(|host| host.power_off.as_ref());
    for (power_off, place) in power_offs.zip(&places.power_offs) {
        findings.take(check_power_off(plan, power_off, place));
    }
    check_connections(plan, places, findings);
    for (fault, place) in plan.faults.iter().zip(&places.faults) {
        findings.take(check_fault(plan, fault, place));
    }
}

fn check_connections(plan: &Plan, places: &Places, findings: &mut Findings<'_>) {
    for (index, connection) in plan.connections.iter().enumerate() {
        let place = &places.connections[index];
        let twin = plan.connections[..index].iter().position(|other| {
            (other.from, other.from_port, other.to)
                == (connection.from, connection.from_port, connection.to)
                && other.active_open == connection.active_open
        });
        if let Some(twin) = twin {
            findings.problem(
                Diagnostic::at(
                    place.clone(),
                    format!("connections {twin} and {index} open the same ports at the same time"),
                )
                .help("give one of them another port or another `active_open`"),
            );
        }
        let Some(close) = connection.close else {
            continue;
        };
        let late = |send: &&Send| close.first.includes(send.from) && send.after > close.after;
        if connection.send.iter().any(|send| late(&send)) {
            findings.problem(
                Diagnostic::at(
                    place.clone(),
                    format!("connection {index} sends after the same end has closed it"),
                )
                .help("close later (`close.after`), or send earlier (`after`)"),
            );
        }
    }
}

/// A condition on a host that has no part in the segments that a fault looks at is never met.
fn check_fault(plan: &Plan, fault: &Fault, place: &Range<usize>) -> Result<(), Diagnostic> {
    let event = match &fault.action {
        Action::HoldUntil(Moment::Enters { host, .. })
        | Action::Replay(Moment::Enters { host, .. }) => Some(*host),
        Action::HoldUntil(_)
        | Action::Replay(_)
        | Action::Drop
        | Action::DelayBy(_)
        | Action::Duplicate { .. }
        | Action::Corrupt(_)
        | Action::Rewrite(_) => None,
    };
    let condition = fault.pattern.state.map(|state| state.host);
    for host in [event, condition].into_iter().flatten() {
        let name = &plan.host(host).name;
        let blame = |what: String| {
            let title = format!(
                "fault `{}` looks at host `{name}`, which is no end of {what}",
                fault.id
            );
            Err(Diagnostic::at(place.clone(), title)
                .help("the states that count are those of the segment's own connection"))
        };
        if let Some(id) = fault.pattern.connection
            && !ends(plan, id).contains(&host)
        {
            return blame(format!("connection {}", id.0));
        }
        if let Some(id) = fault.pattern.link {
            let link = plan.link(id);
            let ends = [link.from, link.to];
            // Over a router anybody's segments may pass.
            let is_open = ends.iter().any(|end| plan.host(*end).forward);
            if !is_open && !ends.contains(&host) {
                return blame(format!("link `{}`", link.name()));
            }
        }
    }
    Ok(())
}

fn check_power_off(
    plan: &Plan,
    power_off: &PowerOff,
    place: &Range<usize>,
) -> Result<(), Diagnostic> {
    match (&power_off.moment, power_off.connection) {
        (Moment::Enters { host, .. }, Some(id)) if !ends(plan, id).contains(host) => {
            let (name, number) = (&plan.host(*host).name, id.0);
            let title = format!("host `{name}` is no end of connection {number}");
            Err(Diagnostic::at(place.clone(), title))
        }
        _ => Ok(()),
    }
}

fn ends(plan: &Plan, id: ConnectionId) -> [HostId; 2] {
    let connection = &plan.connections[id.0];
    [connection.from, connection.to.host]
}

/// Checks that the segments that are expected of a connection travel on links between its ends.
pub(super) fn check_segments(
    plan: &Plan,
    checks: &[Check],
    place: &Range<usize>,
) -> Result<(), Diagnostic> {
    for check in checks {
        let Check::Segments {
            connection,
            segments,
            ..
        } = check
        else {
            continue;
        };
        let ends = ends(plan, *connection);
        for segment in segments {
            let link = plan.link(segment.link);
            let leads_on = plan.host(link.to).forward;
            if !ends.contains(&link.from) || !(ends.contains(&link.to) || leads_on) {
                let title = format!(
                    "`{}` is expected of connection {}, which does not use link `{}`",
                    segment.written,
                    connection.0,
                    link.name()
                );
                return Err(Diagnostic::at(place.clone(), title));
            }
        }
    }
    Ok(())
}
