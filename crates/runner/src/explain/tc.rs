//! The links of an experiment as commands for Linux.

use std::fmt::Write as _;

use crate::describe;
use crate::plan::{Link, Plan};

/// A shell script that sets the links up, a device for each, with what tc cannot express as
/// comments.
pub fn as_tc(plan: &Plan) -> String {
    let mut page = format!("# {}: {}\n", plan.name, plan.title.en);
    if plan.links.is_empty() {
        page += "# it has no links\n";
    }
    for link in &plan.links {
        page += "\n";
        page += &of_link(plan, link);
    }
    let events = beyond_links(plan);
    if !events.is_empty() {
        page += "\n# tc cannot express:\n";
        page += &events;
    }
    page
}

fn of_link(plan: &Plan, link: &Link) -> String {
    let (from, to) = (&plan.host(link.from).name, &plan.host(link.to).name);
    let name = link.name();
    let tc = link.config.as_tc(name);
    format!("# on {from}, whose device {name} leads to {to}\n{tc}\n")
}

/// Faults and power cuts, which have no place in a qdisc.
fn beyond_links(plan: &Plan) -> String {
    let mut lines = String::new();
    for fault in &plan.faults {
        // Writing to a String cannot fail.
        writeln!(
            lines,
            "# fault {}: {}",
            fault.id,
            describe::fault(plan, fault)
        )
        .expect("a String takes any text");
    }
    for injection in &plan.injections {
        let words = describe::injection(plan, injection);
        writeln!(lines, "# inject {}: {words}", injection.id).expect("a String takes any text");
    }
    for host in plan.hosts.iter().filter(|host| host.power_off.is_some()) {
        let cut = host.power_off.as_ref();
        let is_crash = cut.is_some_and(|cut| cut.restart.is_some());
        let key = if is_crash { "crash" } else { "power_off" };
        writeln!(lines, "# host {}: {key}", host.name).expect("a String takes any text");
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::experiment::Experiment;

    fn explained(rest: &str) -> String {
        let text = format!(
            "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"9s\" }}\n\
             [[connection]]\nfrom = \"client:1\"\n{rest}"
        );
        let experiment = Experiment::parse("x.toml", &text, &[]).expect("it is good");
        super::as_tc(&experiment.plan)
    }

    #[test]
    fn each_link_has_a_command_and_its_caveats() {
        let links = "[link.c2s]\ndelay = { time = \"50ms\", jitter = \"5ms\" }\nloss.random = \"1%\"\n\
                     fifo = true\n[link.s2c]\nrate = \"1mbit\"\n";
        assert_eq!(
            explained(links),
            "# x: x\n\n\
             # on client, whose device c2s leads to server\n\
             tc qdisc add dev c2s root netem limit 4294967295 delay 50ms 5ms loss random 1%\n\
             # fifo: netem's jitter reorders, unless there is a rate\n\n\
             # on server, whose device s2c leads to client\n\
             tc qdisc add dev s2c root netem limit 4294967295 rate 1000000bit\n"
        );
    }

    #[test]
    fn what_is_aimed_at_a_segment_is_beyond_tc() {
        let rest = "[link.c2s]\n[link.s2c]\n[host.server]\npower_off = { at = \"1s\" }\n\
                    [[fault]]\nid = \"f\"\nmatch = { flags = \"SYN\", nth = 1 }\ndrop = true\n";
        let text = explained(rest);
        let (_, beyond) = text
            .split_once("# tc cannot express:\n")
            .expect("it says so");
        assert_eq!(
            beyond,
            "# fault f: drops SYN number 1\n# host server: power_off\n"
        );
    }
}
