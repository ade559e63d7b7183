//! Hosts: addresses, listening ports, and what befalls the machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use tcp_core::Profile;

use crate::diagnostic::{Diagnostic, suggestion};
use crate::spec::{
    AddressesSpec, CrashSpec, HostSpec, Named, PowerOffSpec, RestartIsnSpec, Spanned,
};

use super::super::{AfterRestart, Host, HostId, Link, PowerOff, Restart};
use super::{Findings, Names, check_names, fault, settings};

/// Addresses in a host's own block, 10.N.0.1 to 10.N.255.254.
const MOST_ADDRESSES: u32 = 65_534;

/// All hosts of the file and the two that always exist, in the order of `names`.
pub(super) fn resolve_all(
    table: &Named<HostSpec>,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Option<Vec<Host>> {
    check_names(table, "a host", findings);
    if names.hosts.len() > 250 {
        findings.problem(Diagnostic::new("there are more than 250 hosts"));
        return None;
    }
    let absent = HostSpec::default();
    let mut taken = BTreeMap::new();
    let mut blocks = 3..;
    let hosts: Vec<Option<Host>> = names
        .hosts
        .iter()
        .map(|name| {
            let spec = table.iter().find(|(key, _)| key.get_ref() == name);
            // The two usual hosts keep their blocks when others are added.
            let block = match name.as_str() {
                "client" => 1,
                "server" => 2,
                _ => blocks.next().unwrap_or(u8::MAX),
            };
            let spec = spec.map_or(&absent, |(_, spec)| spec);
            let host = resolve_one(name, block, spec, names, findings)?;
            claim(&host, spec, &mut taken, findings);
            Some(host)
        })
        .collect();
    hosts.into_iter().collect()
}

fn resolve_one(
    name: &str,
    block: u8,
    spec: &HostSpec,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Option<Host> {
    let profile = findings.take(profile(spec.profile.as_ref()));
    let addresses = findings.take(addresses(block, spec.addresses.as_ref()));
    let passive_open = match &spec.passive_open {
        Some(ports) => findings.take(ports_of(ports)),
        None if name == "server" => Some(vec![80]),
        None => Some(Vec::new()),
    };
    let power_off = power_off(spec, names, findings);
    let power_off = findings.take(power_off)?;
    let profile = profile?;
    let (config, listen) = findings.take(settings::resolve(profile, spec))?;
    Some(Host {
        name: name.to_owned(),
        profile,
        addresses: addresses?,
        config,
        listen,
        passive_open: passive_open?,
        accept_rate: spec.accept_rate.and_then(|rate| rate.0),
        forward: spec.forward.unwrap_or(false),
        power_off,
    })
}

fn profile(name: Option<&Spanned<String>>) -> Result<Profile, Diagnostic> {
    let Some(name) = name else {
        return Ok(Profile::Rfc9293);
    };
    Profile::from_name(name.get_ref()).ok_or_else(|| {
        let known = Profile::ALL.map(|(_, name)| name);
        Diagnostic::at(
            name.span(),
            format!("there is no profile `{}`", name.get_ref()),
        )
        .label("unknown profile")
        .help(suggestion(name.get_ref(), known, "profiles"))
    })
}

fn addresses(block: u8, spec: Option<&Spanned<AddressesSpec>>) -> Result<Vec<IpAddr>, Diagnostic> {
    let Some(spec) = spec else {
        return Ok(block_of(block, 1));
    };
    match spec.get_ref() {
        AddressesSpec::Count(count @ 1..=MOST_ADDRESSES) => Ok(block_of(block, *count)),
        AddressesSpec::Count(count) => Err(Diagnostic::at(
            spec.span(),
            format!("a host cannot have {count} addresses"),
        )
        .help(format!("it has 1 to {MOST_ADDRESSES}"))),
        AddressesSpec::Listed(list) if list.is_empty() => Err(Diagnostic::at(
            spec.span(),
            "a host without addresses cannot be reached",
        )
        .help("delete the key for one address of its own")),
        AddressesSpec::Listed(list) if list.len() > MOST_ADDRESSES as usize => Err(Diagnostic::at(
            spec.span(),
            format!("a host cannot have {} addresses", list.len()),
        )
        .help(format!("it has 1 to {MOST_ADDRESSES}"))),
        AddressesSpec::Listed(list) => list.iter().map(address).collect(),
    }
}

fn address(text: &Spanned<String>) -> Result<IpAddr, Diagnostic> {
    let refuse = |title: String| {
        Err(Diagnostic::at(text.span(), title)
            .help("an address is one host's, such as \"10.0.0.1\" or \"2001:db8::1\""))
    };
    match text.get_ref().parse::<IpAddr>() {
        Ok(address) if !is_of_one_host(address) => {
            refuse(format!("`{address}` is not the address of one host"))
        }
        Ok(address) => Ok(address),
        Err(_) => refuse(format!("`{}` is no IP address", text.get_ref())),
    }
}

/// Whether an address can be a host's: nobody is at the unspecified one, and a group of hosts, or
/// all of them, cannot be an end of a connection (RFC 9293 section 3.9.2.3, MUST-46 and MUST-57).
fn is_of_one_host(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !address.is_unspecified() && !address.is_multicast() && !is_broadcast
}

/// The first addresses of block 10.N.
fn block_of(block: u8, count: u32) -> Vec<IpAddr> {
    let first = u32::from(Ipv4Addr::new(10, block, 0, 1));
    (first..first + count)
        .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
        .collect()
}

/// Who has an address, and where that is written, if it is.
#[derive(Clone)]
struct Claim {
    host: String,
    place: Option<Range<usize>>,
}

/// Records a host's addresses; two hosts cannot share one, and all are of one family.
fn claim(
    host: &Host,
    spec: &HostSpec,
    taken: &mut BTreeMap<IpAddr, Claim>,
    findings: &mut Findings<'_>,
) {
    for (index, address) in host.addresses.iter().enumerate() {
        let place = || match spec
            .addresses
            .as_ref()
            .map(|listed| (listed.get_ref(), listed.span()))
        {
            Some((AddressesSpec::Listed(list), _)) => list.get(index).map(Spanned::span),
            Some((AddressesSpec::Count(_), span)) => Some(span),
            None => None,
        };
        let claim = Claim {
            host: host.name.clone(),
            place: place(),
        };
        let other_family = taken
            .iter()
            .find(|(known, _)| known.is_ipv4() != address.is_ipv4())
            .map(|(known, claim)| (*known, claim.clone()));
        if let Some(Claim { host: other, .. }) = taken.insert(*address, claim) {
            let title = if other == host.name {
                format!("host `{other}` has the address {address} twice")
            } else {
                format!(
                    "hosts `{other}` and `{}` both have the address {address}",
                    host.name
                )
            };
            findings.problem(Diagnostic {
                span: place(),
                ..Diagnostic::new(title)
            });
            return;
        }
        if let Some((first, owner)) = other_family {
            let title = format!(
                "host `{}` has the address {address}, host `{}` has {first}: TCP does not \
                 translate between IPv4 and IPv6",
                host.name, owner.host
            );
            findings.problem(
                Diagnostic {
                    // An address that nobody wrote is not to blame.
                    span: place().or(owner.place),
                    ..Diagnostic::new(title)
                }
                .help("give every host addresses of the same family"),
            );
            return;
        }
    }
}

fn ports_of(ports: &Spanned<Vec<u16>>) -> Result<Vec<u16>, Diagnostic> {
    let mut sorted = ports.get_ref().clone();
    sorted.sort_unstable();
    if sorted.first() == Some(&0) {
        return Err(Diagnostic::at(ports.span(), "port 0 cannot be listened on")
            .help("ports are 1 to 65535"));
    }
    if let Some([twice, _]) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        let title = format!("port {twice} is in the list twice");
        return Err(Diagnostic::at(ports.span(), title));
    }
    Ok(sorted)
}

/// When the host loses power, for good (`power_off`) or for a time (`crash`).
fn power_off(
    spec: &HostSpec,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Option<PowerOff>, Diagnostic> {
    let (parts, connection, restart) = match (&spec.power_off, &spec.crash) {
        (None, None) => return Ok(None),
        (Some(_), Some(crash)) => {
            return Err(Diagnostic::at(
                crash.span(),
                "a host either loses power for good or crashes and restarts",
            )
            .help("delete `power_off` or `crash`"));
        }
        (Some(power_off), None) => {
            let PowerOffSpec {
                event,
                connection,
                at,
                plus,
            } = power_off.get_ref();
            let span = power_off.span();
            let parts = fault::MomentParts {
                event,
                at,
                plus,
                span,
            };
            (parts, connection, None)
        }
        (None, Some(crash)) => {
            let CrashSpec {
                event,
                connection,
                at,
                plus,
                ..
            } = crash.get_ref();
            let span = crash.span();
            let parts = fault::MomentParts {
                event,
                at,
                plus,
                span,
            };
            (parts, connection, Some(restart(crash.get_ref())?))
        }
    };
    let connection = connection
        .as_ref()
        .map(|index| names.connection(index))
        .transpose()?;
    Ok(Some(PowerOff {
        moment: fault::moment(&parts, names, None, findings)?,
        connection,
        restart,
    }))
}

fn restart(spec: &CrashSpec) -> Result<Restart, Diagnostic> {
    let after = spec.restart_after.get_ref().0;
    if after.is_zero() {
        return Err(
            Diagnostic::at(spec.restart_after.span(), "a restart takes some time")
                .help("`restart_after` is more than 0s"),
        );
    }
    Ok(Restart {
        after,
        quiet_time: spec.quiet_time.unwrap_or_default().0,
        isn: match spec.isn {
            None | Some(RestartIsnSpec::Fresh) => AfterRestart::Fresh,
            Some(RestartIsnSpec::Reuse) => AfterRestart::Reuse,
        },
    })
}

/// Finds hosts that are written down and that nothing can reach.
pub(super) fn check_reached(
    table: &Named<HostSpec>,
    hosts: &[Host],
    links: &[Link],
    findings: &mut Findings<'_>,
) {
    for (index, host) in hosts.iter().enumerate() {
        let written: Option<Range<usize>> = table
            .keys()
            .find(|key| *key.get_ref() == host.name)
            .map(Spanned::span);
        let Some(span) = written else { continue };
        if links.iter().any(|link| link.to == HostId(index)) {
            continue;
        }
        let reached = links.iter().map(|link| hosts[link.to.0].name.as_str());
        let mut reached: Vec<&str> = reached.collect();
        reached.sort_unstable();
        reached.dedup();
        findings.problem(
            Diagnostic::at(span, format!("no link reaches host `{}`", host.name)).help(format!(
                "add a [link.NAME] with to = \"{}\"; {}",
                host.name,
                suggestion(&host.name, reached, "hosts that links reach")
            )),
        );
    }
}
