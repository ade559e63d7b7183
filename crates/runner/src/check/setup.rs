//! What is simulated: hosts, links and who opens.

use netsim::LinkConfig;

use crate::diagnostic::counted;
use crate::plan::{Arrivals, Host, Load, Opening, Plan, PowerOff, Responds, Retry};
use crate::quantity::Time;

/// A host with its addresses, its part and its fate.
pub(super) fn host(host: &Host) -> String {
    let addresses = match host.addresses.as_slice() {
        [only] => only.to_string(),
        several => format!("{} addresses", several.len()),
    };
    let ports: Vec<String> = host
        .passive_open
        .iter()
        .map(|port| format!(", listens on {port}"))
        .collect();
    let role = if host.forward { ", forwards" } else { "" };
    let fate = match &host.power_off {
        None => "",
        Some(PowerOff { restart: None, .. }) => ", loses power",
        Some(_) => ", crashes and restarts",
    };
    format!(
        "{} ({}, {addresses}{}{role}{fate})",
        host.name,
        host.profile.name(),
        ports.concat()
    )
}

/// The keys of a link that have an effect, and the delay, which every reader wants to know.
pub(super) fn impairments(link: &LinkConfig) -> String {
    let LinkConfig {
        loss,
        ecn,
        duplicate,
        corrupt,
        reorder,
        rate,
        slot,
        limit,
        queue,
        ..
    } = link;
    let delay = link.delay.as_ref().map(|delay| {
        let (time, jitter) = (Time(delay.time), Time(delay.jitter));
        if delay.jitter.is_zero() {
            format!("delay {time}")
        } else {
            format!("delay {time} with jitter {jitter}")
        }
    });
    let others = [
        (loss.is_some(), "loss"),
        (*ecn, "ecn"),
        (duplicate.is_some(), "duplicate"),
        (corrupt.is_some(), "corrupt"),
        (reorder.is_some(), "reorder"),
        (rate.is_some(), "rate"),
        (slot.is_some(), "slot"),
        (limit.is_some(), "limit"),
        (queue.is_some(), "queue"),
        (!link.blackout.is_empty(), "blackout"),
        (!link.partition.is_empty(), "partition"),
        (link.fifo, "fifo"),
        (link.max_lifetime.is_some(), "max_lifetime"),
    ];
    let set = others
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, name)| name.to_owned());
    let all: Vec<String> = delay.into_iter().chain(set).collect();
    if all.is_empty() {
        "delivers at once".to_owned()
    } else {
        all.join(", ")
    }
}

/// Who opens connections.
pub(super) fn workload(plan: &Plan) -> String {
    let scripted = plan.connections.len();
    let scripted = (scripted > 0).then(|| counted(scripted as u64, "scripted connection"));
    let loads = plan.loads.iter().map(load);
    let all: Vec<String> = scripted.into_iter().chain(loads).collect();
    if all.is_empty() {
        return "nobody opens".to_owned();
    }
    all.join(", ")
}

fn load(load: &Load) -> String {
    let arrivals = match &load.arrivals {
        Arrivals::Poisson(rate) => format!("Poisson {rate}"),
        Arrivals::Constant(rate) => format!("evenly {rate}"),
        Arrivals::Trace(times) => format!("{} in a file", counted(times.len() as u64, "time")),
        Arrivals::Burst(size) => format!("{size} at once"),
    };
    let most = load
        .count
        .map_or_else(String::new, |most| format!(", at most {most}"));
    let (kind, clients) = match load.opening {
        Opening::Connect => ("load", counted(load.clients.into(), "client")),
        Opening::Flood(Responds::Never) => ("SYN flood", "nobody answers".to_owned()),
        Opening::Flood(Responds::Rst) => ("SYN flood", "answered by RST".to_owned()),
    };
    let patience = patience(load);
    format!(
        "{kind} {} ({arrivals}{most}, {clients}{patience})",
        load.name
    )
}

/// How long the users of a load wait, and how often they try again.
fn patience(load: &Load) -> String {
    let timeout = load.connect_timeout.map_or_else(String::new, |time| {
        format!(", gives up after {}", Time(time))
    });
    let retries = match load.retry {
        Some(Retry { max, after }) if max > 0 => {
            let times = counted(max.into(), "more time");
            format!(", tries {times} {} later", Time(after))
        }
        _ => String::new(),
    };
    timeout + &retries
}
