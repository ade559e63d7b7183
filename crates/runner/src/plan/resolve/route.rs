//! Routes: the shortest paths, and those that the file prescribes.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::spec::{HostSpec, Named, Spanned};

use super::super::{Host, HostId, Link, LinkId, Routes};
use super::{Findings, Names};

/// A route that the file prescribes, and where.
struct Prescribed {
    at: HostId,
    to: HostId,
    link: LinkId,
    place: Range<usize>,
}

/// The routes of all hosts, each of which leads to its target.
pub(super) fn resolve_all(
    table: &Named<HostSpec>,
    hosts: &[Host],
    links: &[Link],
    names: &Names,
    findings: &mut Findings<'_>,
) -> Routes {
    let forwards: Vec<bool> = hosts.iter().map(|host| host.forward).collect();
    let mut routes = Routes::shortest(links, &forwards);
    let mut prescribed = Vec::new();
    for (name, spec) in table {
        for (target, link) in &spec.routes {
            let route = resolve_one(name, target, link, links, names);
            prescribed.extend(findings.take(route));
        }
    }
    for route in &prescribed {
        routes.set(route.at, route.to, route.link);
    }
    for route in &prescribed {
        findings.take(check(route, &routes, hosts, links));
    }
    routes
}

fn resolve_one(
    name: &Spanned<String>,
    target: &Spanned<String>,
    link: &Spanned<String>,
    links: &[Link],
    names: &Names,
) -> Result<Prescribed, Diagnostic> {
    let at = names.host(name.get_ref(), name.span())?;
    let to = names.host(target.get_ref(), target.span())?;
    let id = names.link(link)?;
    if at == to {
        let title = format!("host `{}` needs no route to itself", name.get_ref());
        return Err(Diagnostic::at(target.span(), title));
    }
    if links[id.0].from != at {
        let title = format!(
            "link `{}` does not start at host `{}`",
            link.get_ref(),
            name.get_ref()
        );
        return Err(Diagnostic::at(link.span(), title)
            .help("a route names the link on which the host itself sends"));
    }
    Ok(Prescribed {
        at,
        to,
        link: id,
        place: link.span(),
    })
}

/// Follows a prescribed route to its end.
fn check(
    route: &Prescribed,
    routes: &Routes,
    hosts: &[Host],
    links: &[Link],
) -> Result<(), Diagnostic> {
    let target = &hosts[route.to.0].name;
    let refuse = |title: String| Err(Diagnostic::at(route.place.clone(), title));
    let Some(path) = routes.path(links, route.at, route.to) else {
        return refuse(format!(
            "from host `{}` no path leads to host `{target}`",
            hosts[links[route.link.0].to.0].name
        ));
    };
    let stops: Vec<HostId> = path.iter().map(|link| links[link.0].to).collect();
    if stops.last() != Some(&route.to) {
        let names: Vec<&str> = stops
            .iter()
            .map(|host| hosts[host.0].name.as_str())
            .collect();
        return refuse(format!(
            "what goes to host `{target}` goes round in circles: {}",
            names.join(", ")
        ));
    }
    let idle = stops
        .iter()
        .find(|&&host| host != route.to && !hosts[host.0].forward);
    match idle {
        Some(host) => {
            let name = &hosts[host.0].name;
            Err(Diagnostic::at(
                route.place.clone(),
                format!("host `{name}` does not forward"),
            )
            .help(format!("set `forward = true` in [host.{name}]")))
        }
        None => Ok(()),
    }
}
