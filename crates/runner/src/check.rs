//! `runner check`: what was understood of an experiment, in a few lines.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use netsim::LinkConfig;
use tcp_core::Handshake;

use crate::catalogue;
use crate::cli::{CheckArguments, exit};
use crate::console::{Console, Stop};
use crate::describe;
use crate::diagnostic::{counted, render_notes};
use crate::experiment::Experiment;
use crate::overrides::Override;
use crate::plan::{Arrivals, Host, Load, Opening, Plan, PowerOff, Responds, Retry};
use crate::quantity::Time;

/// Checks every file; returns the exit code of the worst.
pub fn run(arguments: &CheckArguments, mut console: Console<'_>) -> u8 {
    let changes = arguments.changes.overrides();
    let color = arguments.color.color.is_on(&io::stderr());
    let mut code = exit::GOOD;
    for file in &arguments.files {
        let report = check(file, &changes, color);
        if !report.is_good {
            code = exit::USAGE;
        }
        console.tell(&report.messages);
        if let Err(Stop(stop)) = console.print(&report.summary) {
            return code.max(stop);
        }
    }
    code
}

/// What a check of one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// For standard output: what was understood. Empty if nothing was.
    pub summary: String,
    /// For standard error: everything that is wrong, or remarks.
    pub messages: String,
    /// Whether the experiment can be run.
    pub is_good: bool,
}

/// Reads a file and says what was understood, or what is wrong.
pub fn check(path: &Path, changes: &[Override], color: bool) -> Report {
    let read = |path: PathBuf| Experiment::read(&path, changes);
    match catalogue::locate(path).and_then(read) {
        Ok(experiment) => Report {
            summary: summary(&experiment),
            messages: render_notes(&experiment.sources, &experiment.notes, color),
            is_good: true,
        },
        Err(rejection) => Report {
            summary: String::new(),
            messages: rejection.render(color),
            is_good: false,
        },
    }
}

/// What an experiment does, in a few lines.
pub fn summary(experiment: &Experiment) -> String {
    let plan = &experiment.plan;
    let mut page = String::new();
    let mut line = |text: String| {
        // Writing to a String cannot fail.
        writeln!(page, "{text}").expect("a String takes any text");
    };
    line(format!("{}: {}", experiment.sources.name(), plan.title.en));
    if plan.title.zh != plan.title.en {
        line(format!("  {}", plan.title.zh));
    }
    let policies: Vec<&str> = plan
        .run
        .policies
        .iter()
        .map(|policy| policy.name())
        .collect();
    line(format!(
        "  runs      {}, {} each{}, until {}, seed {}",
        policies.join(" and "),
        counted(plan.run.replications.into(), "replication"),
        if plan.is_paired() {
            ", again without faults"
        } else {
            ""
        },
        Time(plan.run.until),
        plan.run.seed,
    ));
    let hosts: Vec<String> = plan.hosts.iter().map(host).collect();
    line(format!("  hosts     {}", hosts.join(", ")));
    for link in &plan.links {
        let (from, to) = (&plan.host(link.from).name, &plan.host(link.to).name);
        line(format!(
            "  link      {} from {from} to {to}: {}",
            link.name(),
            impairments(&link.config)
        ));
    }
    line(format!("  workload  {}", workload(plan)));
    for fault in &plan.faults {
        line(format!(
            "  fault     {}: {}",
            fault.id,
            describe::fault(plan, fault)
        ));
    }
    for injection in &plan.injections {
        line(format!(
            "  inject    {}: {}",
            injection.id,
            describe::injection(plan, injection)
        ));
    }
    line(format!("  expects   {}", expectations(plan)));
    page
}

fn host(host: &Host) -> String {
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
fn impairments(link: &LinkConfig) -> String {
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

fn workload(plan: &Plan) -> String {
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

fn expectations(plan: &Plan) -> String {
    if plan.expectations.is_empty() {
        return "nothing".to_owned();
    }
    let of_policy = |policy: &Handshake| {
        let own = plan
            .expectations
            .iter()
            .filter(|expectation| expectation.policy == *policy);
        let checks: usize = own.map(|expectation| expectation.checks.len()).sum();
        format!("{} of {}", counted(checks as u64, "check"), policy.name())
    };
    plan.run
        .policies
        .iter()
        .map(of_policy)
        .collect::<Vec<_>>()
        .join(", ")
}
