//! What applications do, and whether the network can carry it.

use std::ops::Range;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, counted, suggestion};
use crate::quantity::Time;
use crate::spec::{
    ActiveOpenSpec, BytesSpec, CloseSpec, ConnectionSpec, EndSpec, FirstSpec, HowSpec,
    InitialSequenceSpec, LoadSpec, Named, Short, Spanned,
};

use super::super::{
    ActiveOpen, Close, Connection, End, First, Host, HostId, How, InitialSequence, Link, Load,
    Moment, Routes, Run, Send, Target, Transfer, TransferSize,
};
use super::{Findings, Names, arrivals, check_name, fault, flood, patience};

/// What a workload runs on.
pub(super) struct Topology<'a> {
    pub(super) names: &'a Names,
    pub(super) hosts: &'a [Host],
    pub(super) links: &'a [Link],
    pub(super) routes: &'a Routes,
    pub(super) run: &'a Run,
}

impl Topology<'_> {
    /// `HOST:PORT`.
    pub(super) fn socket(
        &self,
        text: &str,
        span: Range<usize>,
    ) -> Result<(HostId, u16), Diagnostic> {
        let form = || {
            Diagnostic::at(span.clone(), format!("`{text}` is no end of a connection"))
                .help("write HOST:PORT, for example \"server:80\"; ports are 1 to 65535")
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(form)?;
        let port = port
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(form)?;
        Ok((self.names.host(host, span)?, port))
    }

    /// The server of a connection or a load, which listens; `server:80` unless written.
    fn target(
        &self,
        written: Option<&Spanned<String>>,
        fallback: &Range<usize>,
    ) -> Result<Target, Diagnostic> {
        let (text, span) = match written {
            Some(text) => (text.get_ref().as_str(), text.span()),
            None => ("server:80", fallback.clone()),
        };
        let (host, port) = self.socket(text, span.clone())?;
        let listening = &self.hosts[host.0].passive_open;
        // A host that listens on nothing at all is there to refuse.
        if !listening.is_empty() && !listening.contains(&port) {
            let ports: Vec<String> = listening.iter().map(u16::to_string).collect();
            let name = &self.names.hosts[host.0];
            return Err(Diagnostic::at(
                span,
                format!("host `{name}` does not listen on port {port}"),
            )
            .consequence()
            .help(format!(
                "it listens on {}; `passive_open` lists the ports, and an empty list makes a \
                     host that refuses every connection",
                ports.join(", ")
            )));
        }
        Ok(Target { host, port })
    }

    /// Checks that segments can go both ways.
    fn check_path(&self, a: HostId, b: HostId, span: &Range<usize>) -> Result<(), Diagnostic> {
        if a == b {
            let title = format!("host `{}` cannot connect to itself", self.names.hosts[a.0]);
            return Err(Diagnostic::at(span.clone(), title));
        }
        for (from, to) in [(a, b), (b, a)] {
            if self.routes.first_link(from, to).is_none() {
                let (from, to) = (&self.names.hosts[from.0], &self.names.hosts[to.0]);
                let way = if self.hosts.iter().any(|host| host.forward) {
                    "path"
                } else {
                    "link"
                };
                let title = format!("no {way} leads from host `{from}` to host `{to}`");
                return Err(Diagnostic::at(span.clone(), title)
                    .consequence()
                    .help(format!(
                        "add a [link.NAME] with from = \"{from}\" and to = \"{to}\"; {}",
                        suggestion(
                            "",
                            self.names.links.iter().map(String::as_str),
                            "links of this file"
                        )
                    )));
            }
        }
        Ok(())
    }

    fn before_end(&self, time: Duration, span: Range<usize>, what: &str) -> Result<(), Diagnostic> {
        if time < self.run.until {
            return Ok(());
        }
        let until = Time(self.run.until);
        Err(
            Diagnostic::at(span, format!("{what} comes after the run has ended"))
                .help(format!("the run ends at {until} (`run.until`)")),
        )
    }
}

/// All scripted connections.
pub(super) fn connections(
    list: Vec<Spanned<ConnectionSpec>>,
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Vec<Connection> {
    let resolved = list.into_iter().map(|spec| {
        let connection = connection(spec, topology, findings);
        findings.take(connection)
    });
    resolved.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn connection(
    spec: Spanned<ConnectionSpec>,
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Result<Connection, Diagnostic> {
    let span = spec.span();
    let spec = spec.into_inner();
    let (from, from_port) = topology.socket(spec.from.get_ref(), spec.from.span())?;
    let to = topology.target(spec.to.as_ref(), &span)?;
    topology.check_path(from, to.host, &spec.to.as_ref().map_or(span, Spanned::span))?;
    let open = |time: &Spanned<Time>| {
        let opens = topology.before_end(time.get_ref().0, time.span(), "this OPEN");
        opens.map(|()| time.get_ref().0)
    };
    let active_open = active_open(spec.active_open.as_ref(), from, topology, findings)?;
    let server_open = spec.server_open.as_ref().map(open).transpose()?;
    let mut send = Vec::new();
    for call in spec.send {
        if *call.bytes.get_ref() == 0 {
            return Err(
                Diagnostic::at(call.bytes.span(), "sending 0 bytes does nothing")
                    .help("`bytes` is at least 1"),
            );
        }
        let after = call.after.unwrap_or_default().0;
        send.push(Send {
            from: end(call.from),
            bytes: call.bytes.into_inner(),
            after,
        });
    }
    let is_foreseen = matches!(active_open, ActiveOpen::At(_)) || server_open.is_some();
    let iss = initial_sequence(spec.iss.as_ref(), is_foreseen)?;
    let close = match &spec.close {
        None => None,
        Some(written) => close(written)?,
    };
    Ok(Connection {
        from,
        from_port,
        to,
        iss,
        active_open,
        server_open,
        send,
        close,
        connect_timeout: patience::connect_timeout(spec.connect_timeout.as_ref())?,
    })
}

/// The server's number is set before the SYN arrives, so its time must be foreseen.
fn initial_sequence(
    spec: Option<&InitialSequenceSpec>,
    is_foreseen: bool,
) -> Result<InitialSequence, Diagnostic> {
    let Some(InitialSequenceSpec { client, server }) = spec else {
        return Ok(InitialSequence::default());
    };
    if let Some(server) = server.as_ref().filter(|_| !is_foreseen) {
        let title = "the server cannot foresee an OPEN that follows an event";
        return Err(Diagnostic::at(server.span(), title)
            .help("delete `server`, or give `active_open` as a time"));
    }
    Ok(InitialSequence {
        client: *client,
        server: server.as_ref().map(|it| *it.get_ref()),
    })
}

fn active_open(
    spec: Option<&Spanned<Short<ActiveOpenSpec>>>,
    from: HostId,
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Result<ActiveOpen, Diagnostic> {
    let Some(spec) = spec else {
        return Ok(ActiveOpen::At(Duration::ZERO));
    };
    let span = spec.span();
    let Short(ActiveOpenSpec {
        plain,
        at,
        event,
        connection,
        plus,
    }) = spec.get_ref();
    if let Some(Time(at)) = *plain {
        topology.before_end(at, span, "this OPEN")?;
        return Ok(ActiveOpen::At(at));
    }
    let parts = fault::MomentParts {
        event,
        at,
        plus,
        span: span.clone(),
    };
    let moment = fault::moment(&parts, topology.names, None, findings)?;
    let connection = connection.as_ref();
    let connection = connection.map(|index| topology.names.connection(index));
    match moment {
        Moment::At(at) => {
            topology.before_end(at, span, "this OPEN")?;
            Ok(ActiveOpen::At(at))
        }
        Moment::Enters { host, phase, plus } if host == from => Ok(ActiveOpen::Enters {
            phase,
            connection: connection.transpose()?,
            plus,
        }),
        Moment::Enters { .. } | Moment::Fate { .. } => {
            let name = &topology.names.hosts[from.0];
            let title = format!("host `{name}` cannot know of this event");
            Err(Diagnostic::at(span, title).help(format!(
                "an OPEN follows a state of the client's own host: \"{name}.state == STATE\""
            )))
        }
    }
}

fn end(spec: EndSpec) -> End {
    match spec {
        EndSpec::Client => End::Client,
        EndSpec::Server => End::Server,
    }
}

/// The client closes at once, and the server at once after it, unless the file says otherwise;
/// `None`: nobody ever does.
fn close(written: &Spanned<Short<CloseSpec>>) -> Result<Option<Close>, Diagnostic> {
    let Short(spec) = written.get_ref();
    match spec.plain.as_deref() {
        None => {}
        Some("never") => return Ok(None),
        Some(word) => {
            let title = format!("`{word}` is no way to close");
            return Err(Diagnostic::at(written.span(), title).help(
                "write \"never\", or a table such as { first = \"client\", after = \"1s\" }",
            ));
        }
    }
    let first = match spec.first {
        None | Some(FirstSpec::Client) => First::One(End::Client),
        Some(FirstSpec::Server) => First::One(End::Server),
        Some(FirstSpec::Both) => First::Both,
    };
    let how = how(spec.how.as_ref());
    if let Some((key, span)) = second_keys(spec).next() {
        let reason = match (first, how) {
            (First::Both, _) => "nobody is the second to close if both are first",
            (First::One(_), How::Abort) => "nobody is the second to close after an ABORT",
            (First::One(_), How::Close) => "",
        };
        if !reason.is_empty() {
            let help = match first {
                First::Both => "each end closes `after` it entered ESTABLISHED",
                First::One(_) => "the other end is reset",
            };
            return Err(Diagnostic::at(span, reason).help(format!("delete `{key}`: {help}")));
        }
    }
    let second_after = spec.second_after.as_ref().map(|time| time.get_ref().0);
    Ok(Some(Close {
        first,
        after: spec.after.unwrap_or_default().0,
        how,
        second_after: second_after.unwrap_or_default(),
        second_how: self::how(spec.second_how.as_ref()),
    }))
}

/// The keys about the second closer that are written, and where.
fn second_keys(spec: &CloseSpec) -> impl Iterator<Item = (&'static str, Range<usize>)> {
    let after = spec.second_after.as_ref();
    let how = spec.second_how.as_ref();
    let keys = [
        after.map(|it| ("second_after", it.span())),
        how.map(|it| ("second_how", it.span())),
    ];
    keys.into_iter().flatten()
}

fn how(spec: Option<&Spanned<HowSpec>>) -> How {
    match spec.map(Spanned::get_ref) {
        None | Some(HowSpec::Close) => How::Close,
        Some(HowSpec::Abort) => How::Abort,
    }
}

/// All loads, by name.
pub(super) fn loads(
    table: Named<LoadSpec>,
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Vec<Load> {
    let resolved = table.into_iter().map(|(name, spec)| {
        let load = load(&name, &spec, topology, findings);
        findings.take(load)
    });
    resolved.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn load(
    name: &Spanned<String>,
    spec: &LoadSpec,
    topology: &Topology<'_>,
    findings: &mut Findings<'_>,
) -> Result<Load, Diagnostic> {
    let from = match &spec.from {
        Some(host) => topology.names.host(host.get_ref(), host.span())?,
        None => topology.names.host("client", name.span())?,
    };
    let to = topology.target(spec.to.as_ref(), &name.span())?;
    topology.check_path(
        from,
        to.host,
        &spec.to.as_ref().map_or(name.span(), Spanned::span),
    )?;
    let opening = flood::opening(spec, &topology.hosts[from.0], topology.hosts)?;
    let (start, stop) = duration_of_load(spec, topology)?;
    let clients = at_least_one(
        spec.clients.as_ref(),
        1,
        "a load without clients opens nothing",
    )?;
    let (first_port, port_pool) = ports(name, spec, &topology.hosts[from.0], clients)?;
    Ok(Load {
        name: check_name(name, "a load")?,
        from,
        to,
        opening,
        arrivals: arrivals::resolve(&spec.arrivals, findings)?,
        count: count(spec)?,
        start,
        stop,
        clients,
        port_pool,
        first_port,
        transfer: transfer(spec)?,
        close: match &spec.close {
            Some(written) => close(written)?,
            None => Some(Close::AT_ONCE),
        },
        connect_timeout: patience::connect_timeout(spec.connect_timeout.as_ref())?,
        retry: spec.retry.as_ref().map(patience::retry).transpose()?,
    })
}

fn duration_of_load(
    spec: &LoadSpec,
    topology: &Topology<'_>,
) -> Result<(Duration, Duration), Diagnostic> {
    let start = match &spec.start {
        None => Duration::ZERO,
        Some(time) => {
            topology.before_end(time.get_ref().0, time.span(), "the start of this load")?;
            time.get_ref().0
        }
    };
    let Some(stop) = &spec.stop else {
        return Ok((start, topology.run.until));
    };
    if stop.get_ref().0 <= start {
        return Err(
            Diagnostic::at(stop.span(), "this load stops before it starts")
                .help(format!("it starts at {}", Time(start))),
        );
    }
    Ok((start, stop.get_ref().0.min(topology.run.until)))
}

/// The first port of the first pool, and the number of ports in each: the clients that share an
/// address share the host's ephemeral ports, each with a pool of its own.
fn ports(
    name: &Spanned<String>,
    spec: &LoadSpec,
    host: &Host,
    clients: u32,
) -> Result<(u16, u16), Diagnostic> {
    let range = &host.config.ephemeral_ports;
    let available = u32::from(*range.end()) - u32::from(*range.start()) + 1;
    let addresses = u32::try_from(host.addresses.len()).unwrap_or(u32::MAX);
    let sharing = clients.div_ceil(addresses);
    let all = u16::try_from(available / sharing)
        .unwrap_or(u16::MAX)
        .max(1);
    let pool = at_least_one(
        spec.port_pool.as_ref(),
        all,
        "a client without ports opens nothing",
    )?;
    if u64::from(sharing) * u64::from(pool) <= u64::from(available) {
        return Ok((*range.start(), pool));
    }
    let place = spec.port_pool.as_ref().map(Spanned::span);
    let place = place
        .or(spec.clients.as_ref().map(Spanned::span))
        .unwrap_or(name.span());
    Err(Diagnostic::at(
        place,
        format!(
            "{} on each address with {} for each need more than the {} of host `{}`",
            counted(sharing.into(), "client"),
            counted(pool.into(), "port"),
            counted(available.into(), "ephemeral port"),
            host.name
        ),
    )
    .help("give the host more `addresses`, or the load fewer clients or a smaller pool"))
}

fn count(spec: &LoadSpec) -> Result<Option<u64>, Diagnostic> {
    let title = "a load of 0 connections opens nothing";
    let count = spec.count.as_ref();
    count.map(|_| at_least_one(count, 0, title)).transpose()
}

fn at_least_one<T: Copy + Default + PartialEq>(
    written: Option<&Spanned<T>>,
    fallback: T,
    title: &str,
) -> Result<T, Diagnostic> {
    match written {
        None => Ok(fallback),
        Some(value) if *value.get_ref() == T::default() => {
            Err(Diagnostic::at(value.span(), title).help("the least is 1"))
        }
        Some(value) => Ok(*value.get_ref()),
    }
}

fn transfer(spec: &LoadSpec) -> Result<Transfer, Diagnostic> {
    let first_sender = spec.first_sender.map_or(End::Client, end);
    let size = match &spec.transfer {
        None => TransferSize::Fixed(0),
        Some(transfer) => {
            let Short(BytesSpec { fixed, exponential }) = transfer.bytes.get_ref();
            match (fixed, exponential) {
                (_, Some(0)) => {
                    return Err(Diagnostic::at(
                        transfer.bytes.span(),
                        "a mean of 0 bytes means nothing",
                    )
                    .help("the least mean is 1; for no data at all delete `transfer`"));
                }
                (_, Some(mean)) => TransferSize::Exponential { mean: *mean },
                (Some(bytes), None) => TransferSize::Fixed(*bytes),
                (None, None) => {
                    return Err(Diagnostic::at(transfer.bytes.span(), "this says no size")
                        .help("write a number of bytes, or { exponential = MEAN }"));
                }
            }
        }
    };
    Ok(Transfer { first_sender, size })
}
