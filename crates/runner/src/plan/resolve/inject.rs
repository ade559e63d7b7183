//! Forged segments.

use std::net::SocketAddr;
use std::ops::Range;

use tcp_core::Flags;

use crate::diagnostic::Diagnostic;
use crate::spec::{InjectSpec, NumberSpec, Spanned};
use crate::workload::Workload;

use super::super::{
    Connection, ConnectionId, HostId, Injection, LinkId, SequenceExpression, SequenceOrigin,
};
use super::workload::Topology;
use super::{Findings, check_name, expectation, fault};

/// Most segments of one injection.
const MOST: u32 = 65_535;
/// Most bytes of text that fit into an IP datagram behind the two headers.
const LONGEST: u32 = 65_535 - 40;

/// All injections, in the order of the file.
pub(super) fn resolve_all(
    list: Vec<Spanned<InjectSpec>>,
    connections: &[Connection],
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Vec<Injection> {
    let mut injections: Vec<Injection> = Vec::new();
    for spec in list {
        let injection = resolve_one(&spec.into_inner(), connections, topology, findings);
        let unique = injection.and_then(|(injection, place)| {
            if injections.iter().any(|known| known.id == injection.id) {
                let title = format!("there are two injections `{}`", injection.id);
                return Err(Diagnostic::at(place, title)
                    .help("reports call an injection by its `id`, so each needs its own"));
            }
            Ok(injection)
        });
        injections.extend(findings.take(unique));
    }
    injections
}

/// The injection, and where its id stands.
fn resolve_one(
    spec: &InjectSpec,
    connections: &[Connection],
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Result<(Injection, Range<usize>), Diagnostic> {
    let id = check_name(&spec.id, "an injection")?;
    if topology.names.faults.contains(&id) {
        let title = format!("there is a fault `{id}` already");
        return Err(Diagnostic::at(spec.id.span(), title)
            .help("faults and injections have names of their own"));
    }
    let parts = fault::MomentParts {
        event: &spec.event,
        at: &spec.at,
        plus: &spec.plus,
        span: spec.id.span(),
    };
    let moment = fault::moment(&parts, topology.names, None, findings)?;
    let (from, source) = endpoint(&spec.from, topology)?;
    let (to, target) = endpoint(&spec.to, topology)?;
    if from.is_ipv4() != to.is_ipv4() {
        let title = format!("{from} and {to} are of two families");
        return Err(Diagnostic::at(spec.from.span(), title));
    }
    let Some(target) = target else {
        return Err(
            Diagnostic::at(spec.to.span(), format!("no host has the address of {to}"))
                .help("a forged segment goes to a host; its source may be anybody"),
        );
    };
    let connection = match &spec.connection {
        Some(index) => Some(topology.names.connection(index)?),
        None => of_four_tuple(from, to, connections, topology),
    };
    let flags = fault::flags(spec.flags.get_ref(), spec.flags.span())?;
    let (count, spacing) = repetition(spec)?;
    let injection = Injection {
        id,
        moment,
        connection,
        link: link(spec, source, target, topology)?,
        from,
        to,
        flags,
        seq: number(&spec.seq, connection)?,
        ack: acknowledgment(spec, flags, connection)?,
        window: spec.window.unwrap_or(u16::MAX),
        payload: payload(spec)?,
        count,
        spacing,
    };
    Ok((injection, spec.id.span()))
}

/// `HOST:PORT` or `ADDRESS:PORT`, and whose address it is.
fn endpoint(
    text: &Spanned<String>,
    topology: &Topology<'_>,
) -> Result<(SocketAddr, Option<HostId>), Diagnostic> {
    if let Ok(socket) = text.get_ref().parse::<SocketAddr>() {
        let owner = topology
            .hosts
            .iter()
            .position(|host| host.addresses.contains(&socket.ip()));
        return Ok((socket, owner.map(HostId)));
    }
    let (host, port) = topology.socket(text.get_ref(), text.span())?;
    let address = topology.hosts[host.0].addresses.first();
    let address = address.ok_or_else(|| {
        let title = format!("host `{}` has no address", topology.hosts[host.0].name);
        Diagnostic::at(text.span(), title)
    })?;
    Ok((SocketAddr::new(*address, port), Some(host)))
}

/// The first scripted connection between these two.
fn of_four_tuple(
    from: SocketAddr,
    to: SocketAddr,
    connections: &[Connection],
    topology: &Topology<'_>,
) -> Option<ConnectionId> {
    let is_between = |connection: &Connection| {
        let flow = Workload::flow_between(topology.hosts, connection);
        flow.is_some_and(|flow| [(from, to), (to, from)].contains(&(flow.local, flow.remote)))
    };
    connections.iter().position(is_between).map(ConnectionId)
}

fn link(
    spec: &InjectSpec,
    source: Option<HostId>,
    target: HostId,
    topology: &Topology<'_>,
) -> Result<LinkId, Diagnostic> {
    if let Some(name) = &spec.link {
        let link = topology.names.link(name)?;
        let leads_to = topology.links[link.0].to;
        let is_sent_on = topology.hosts[leads_to.0].forward
            && topology.routes.first_link(leads_to, target).is_some();
        if leads_to == target || is_sent_on {
            return Ok(link);
        }
        let title = format!(
            "link `{}` does not lead to host `{}`",
            name.get_ref(),
            topology.hosts[target.0].name
        );
        return Err(Diagnostic::at(name.span(), title));
    }
    if let Some(source) = source {
        let first = topology.routes.first_link(source, target);
        return first.ok_or_else(|| {
            Diagnostic::at(spec.from.span(), "no path leads from here to there")
                .help("name the link that the segment enters: link = \"c2s\"")
        });
    }
    let links = topology.links.iter();
    let mut leading = links.enumerate().filter(|(_, link)| link.to == target);
    match (leading.next(), leading.next()) {
        (Some((only, _)), None) => Ok(LinkId(only)),
        _ => Err(
            Diagnostic::at(spec.from.span(), "the link that it enters is not clear")
                .help("name it: link = \"c2s\""),
        ),
    }
}

/// How often it enters, and how far apart.
fn repetition(spec: &InjectSpec) -> Result<(u32, std::time::Duration), Diagnostic> {
    let spacing = spec.spacing.unwrap_or_default().0;
    let Some(count) = &spec.count else {
        return Ok((1, spacing));
    };
    match *count.get_ref() {
        number @ 1..=MOST => Ok((number, spacing)),
        number => Err(Diagnostic::at(
            count.span(),
            format!("a segment cannot be injected {number} times"),
        )
        .help(format!("`count` is 1 to {MOST}"))),
    }
}

fn payload(spec: &InjectSpec) -> Result<u32, Diagnostic> {
    match &spec.payload {
        None => Ok(0),
        Some(bytes) if *bytes.get_ref() <= LONGEST => Ok(*bytes.get_ref()),
        Some(bytes) => {
            let title = format!("no segment has {} bytes of text", bytes.get_ref());
            Err(Diagnostic::at(bytes.span(), title)
                .help(format!("an IP datagram has room for {LONGEST}")))
        }
    }
}

/// SEG.ACK is there if the bit is.
fn acknowledgment(
    spec: &InjectSpec,
    flags: Flags,
    connection: Option<ConnectionId>,
) -> Result<Option<SequenceExpression>, Diagnostic> {
    match &spec.ack {
        Some(ack) if flags.ack() => number(ack, connection).map(Some),
        Some(ack) => Err(
            Diagnostic::at(ack.span(), "without ACK the number means nothing")
                .help("add ACK to `flags`, or delete `ack`"),
        ),
        None if flags.ack() => Err(Diagnostic::at(
            spec.flags.span(),
            "a segment with ACK acknowledges a number",
        )
        .help("add it: ack = \"k+1\"")),
        None => Ok(None),
    }
}

fn number(
    spec: &Spanned<NumberSpec>,
    connection: Option<ConnectionId>,
) -> Result<SequenceExpression, Diagnostic> {
    let text = match spec.get_ref() {
        NumberSpec::Plain(offset) => {
            return Ok(SequenceExpression {
                origin: SequenceOrigin::Zero,
                offset: *offset,
            });
        }
        NumberSpec::Expression(text) => text,
    };
    let expression = expectation::sequence(text).ok_or_else(|| {
        Diagnostic::at(spec.span(), format!("`{text}` is no sequence number"))
            .help("write a number, or an initial sequence number such as j, k or k2 plus an offset")
    })?;
    if expression.origin != SequenceOrigin::Zero && connection.is_none() {
        let title = format!("`{text}` is a number of no connection");
        return Err(Diagnostic::at(spec.span(), title).help(
            "no [[connection]] has this four-tuple; `connection` names the one that is meant",
        ));
    }
    Ok(expression)
}
