//! SYN floods: loads that send SYNs and open nothing.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::flood::is_forged;
use crate::spec::{LoadSpec, RespondsSpec};

use super::super::{Host, Opening, Responds};

/// How a load of this host opens.
pub(super) fn opening(spec: &LoadSpec, from: &Host, hosts: &[Host]) -> Result<Opening, Diagnostic> {
    let Some(flood) = &spec.syn_flood else {
        return Ok(Opening::Connect);
    };
    let span = flood.span();
    let flood = flood.get_ref();
    if let Some(spoofed) = flood.spoofed.as_ref().filter(|it| !*it.get_ref()) {
        let title = "a flood from true addresses is no flood of SYNs alone";
        return Err(Diagnostic::at(spoofed.span(), title)
            .help("delete `syn_flood`: a load without it opens whole connections"));
    }
    check_keys(spec, flood.responds, &span)?;
    match flood.responds {
        RespondsSpec::Never => {
            check_addresses(hosts, span)?;
            Ok(Opening::Flood(Responds::Never))
        }
        RespondsSpec::Rst if from.passive_open.is_empty() => Ok(Opening::Flood(Responds::Rst)),
        RespondsSpec::Rst => {
            let title = format!("host `{}` listens, so it does not only reset", from.name);
            Err(Diagnostic::at(span, title)
                .help("a flood comes from a host without `passive_open`"))
        }
    }
}

/// What a flood does not do cannot be set.
fn check_keys(
    spec: &LoadSpec,
    responds: RespondsSpec,
    span: &Range<usize>,
) -> Result<(), Diagnostic> {
    let is_nowhere = matches!(responds, RespondsSpec::Never);
    let foreign = [
        ("transfer", spec.transfer.is_some()),
        ("first_sender", spec.first_sender.is_some()),
        ("close", spec.close.is_some()),
        ("connect_timeout", spec.connect_timeout.is_some()),
        ("retry", spec.retry.is_some()),
        ("clients", is_nowhere && spec.clients.is_some()),
        ("port_pool", is_nowhere && spec.port_pool.is_some()),
    ];
    let Some((key, _)) = foreign.into_iter().find(|(_, is_set)| *is_set) else {
        return Ok(());
    };
    let reason = match key {
        "clients" | "port_pool" => "no two SYNs have the same source",
        _ => "it opens no connection",
    };
    let title = format!("a flood has no `{key}`");
    Err(Diagnostic::at(span.clone(), title).help(format!("{reason}; delete `{key}`")))
}

/// Nobody may be at the addresses that are forged.
fn check_addresses(hosts: &[Host], span: Range<usize>) -> Result<(), Diagnostic> {
    let squatter = hosts.iter().find_map(|host| {
        let address = host.addresses.iter().find(|it| is_forged(**it))?;
        Some((host, address))
    });
    let Some((host, address)) = squatter else {
        return Ok(());
    };
    let title = format!("the flood forges addresses of the block of {address}");
    Err(Diagnostic::at(span, title).help(format!(
        "give host `{}` addresses outside of 198.18.0.0/15 and 2001:2::/48",
        host.name
    )))
}
