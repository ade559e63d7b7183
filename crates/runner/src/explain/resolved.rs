//! An experiment with every value spelled out, and where each comes from: an experiment itself, of
//! which the same plan is made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tcp_core::Handshake;
use unicode_width::UnicodeWidthStr as _;

use crate::experiment::Experiment;
use crate::plan::Plan;
use crate::spec::{Written, array, key_of, quoted};

use super::defaults::{self, Default};

/// The column of remarks, if what stands before them is shorter.
const REMARKS: usize = 48;

/// The tables that have tables with names.
const NAMED: [&str; 3] = ["host", "link", "load"];

/// The tables in the order in which they are shown; keys without a table come first.
const ORDER: [&str; 13] = [
    "run",
    "host",
    "link",
    "connection",
    "load",
    "fault",
    "inject",
    "expect",
    "compare",
    "check",
    "sweep",
    "regress",
    "output",
];

/// Keys without a default, which are told to be absent.
const OPTIONAL: [(&str, &[&str]); 4] = [
    ("host", &["routes", "power_off", "crash"]),
    (
        "link",
        &[
            "delay",
            "loss",
            "ecn",
            "duplicate",
            "corrupt",
            "reorder",
            "rate",
            "slot",
            "limit",
            "queue",
            "blackout",
            "partition",
            "fifo",
            "max_lifetime",
        ],
    ),
    ("connection", &["server_open", "iss", "connect_timeout"]),
    ("load", &["count", "syn_flood", "connect_timeout", "retry"]),
];

/// The whole experiment as TOML. What depends on the point of a sweep, or on whether the smaller
/// version of `[regress]` is meant, stands in remarks with its value at the first point.
pub fn resolved(experiment: &Experiment) -> String {
    let mut document = experiment.written.clone();
    let plan = &experiment.plan;
    let mut page = Page::default();
    page.text += "# Every value spelled out. Behind it stands where it comes from: the line of the \
                  experiment,\n# the command line, the host's profile or the default.\n\n";
    let depending = fill(&mut document, experiment);
    keep_to_policies(&mut document, plan);
    let Written::Table(entries) = &document else {
        return page.text;
    };
    for (key, value) in entries {
        if matches!(value, Written::Value { .. }) || !ORDER.contains(&key.as_str()) {
            page.entry("", key, value);
        }
    }
    for name in ORDER {
        if let Some(value) = document.get(name) {
            page.section(name, value, &depending);
        }
    }
    page.text
}

/// Puts the defaults in. Returns those that do not hold everywhere.
fn fill(document: &mut Written, experiment: &Experiment) -> Vec<Default> {
    let chooses_policies = has_syncookies(document);
    let (everywhere, elsewhere) = split(experiment, defaults::of);
    let mut depending = elsewhere;
    for Default { path, toml, origin } in everywhere {
        if chooses_policies && path == ["run", "policies"] {
            depending.push(Default { path, toml, origin });
        } else {
            document.fill(&path, Written::Value { toml, origin });
        }
    }
    depending.retain(|default| !document.has(&default.path));
    for Default { path, toml, .. } in split(experiment, defaults::completions).0 {
        document.reword(&path, toml);
    }
    depending
}

/// What the plan of the first point has, split into what all other plans of the experiment have,
/// too, and the rest.
fn split(experiment: &Experiment, of: fn(&Plan) -> Vec<Default>) -> (Vec<Default>, Vec<Default>) {
    let further = experiment.points.iter().skip(1);
    let further: Vec<BTreeMap<Vec<String>, String>> = further
        .chain(&experiment.regression)
        .map(|point| {
            let values = of(&point.plan).into_iter();
            values.map(|it| (it.path, it.toml)).collect()
        })
        .collect();
    of(&experiment.plan).into_iter().partition(|default| {
        let mut others = further.iter();
        others.all(|other| other.get(&default.path) == Some(&default.toml))
    })
}

/// Whether a host's `syncookies` chooses the policy, which `run.policies` then must not.
fn has_syncookies(document: &Written) -> bool {
    match document.get("host") {
        Some(Written::Table(hosts)) => hosts
            .iter()
            .any(|(_, host)| host.get("syncookies").is_some()),
        _ => false,
    }
}

/// If an option has chosen the policies, what the file says of others is left out, as it is when
/// the experiment is run.
fn keep_to_policies(document: &mut Written, plan: &Plan) {
    let runs = |name: &str| {
        let found = Handshake::from_name(name);
        found.is_some_and(|policy| plan.run.policies.contains(&policy))
    };
    if let Some(Written::List(expectations)) = document.get_mut("expect") {
        expectations.retain_mut(|expectation| match expectation.get_mut("policy") {
            Some(Written::Value { toml, .. }) => {
                let names = strings(toml);
                let running: Vec<&String> = names.iter().filter(|name| runs(name)).collect();
                if running.len() < names.len() {
                    let list: Vec<String> = running.iter().map(|name| quoted(name)).collect();
                    *toml = array(&list);
                }
                !running.is_empty()
            }
            _ => true,
        });
    }
    if plan.comparison.is_none()
        && let Written::Table(entries) = document
    {
        entries.retain(|(key, _)| key != "compare");
    }
    if let Some(rule) = &plan.run.stop
        && let Some(Written::Value { toml, .. }) = document
            .get_mut("run")
            .and_then(|run| run.get_mut("stop"))
            .and_then(|stop| stop.get_mut("min"))
    {
        // Fewer replications from the command line are fewer than the file's least number.
        *toml = rule.min.to_string();
    }
}

/// The string, or the strings of the list, that a value in TOML is.
fn strings(toml: &str) -> Vec<String> {
    let text = |value: &toml::Value| value.as_str().map(str::to_owned);
    match toml.parse::<toml::Value>() {
        Ok(toml::Value::Array(list)) => list.iter().filter_map(text).collect(),
        Ok(value) => text(&value).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

/// What is written so far.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// A top-level table, or all tables of one kind.
    fn section(&mut self, name: &str, value: &Written, depending: &[Default]) {
        match value {
            Written::Table(tables) if NAMED.contains(&name) => {
                for (own, table) in tables {
                    let heading = format!("[{name}.{}]", key_of(own));
                    self.table(&heading, &[name, own], table, depending);
                }
            }
            Written::List(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    let path = [name, &index.to_string()];
                    self.table(&format!("[[{name}]]"), &path, table, depending);
                }
            }
            Written::Table(_) => self.table(&format!("[{name}]"), &[name], value, depending),
            Written::Value { .. } => {}
        }
    }

    fn table(&mut self, heading: &str, path: &[&str], value: &Written, depending: &[Default]) {
        self.text.extend(["\n", heading, "\n"]);
        if let Written::Table(entries) = value {
            for (key, value) in entries {
                self.entry("", key, value);
            }
        }
        for default in depending {
            if let Some(below) = default.path.strip_prefix(path_of(path).as_slice()) {
                let key: Vec<String> = below.iter().map(|key| key_of(key)).collect();
                let line = format!("# {} = {}", key.join("."), default.toml);
                self.line(&line, "depends on what varies; so at the first point");
            }
        }
        self.absent(path[0], value);
    }

    /// A key with its value, tables as dotted keys.
    fn entry(&mut self, above: &str, key: &str, value: &Written) {
        let key = format!("{above}{}", key_of(key));
        match value {
            Written::Value { toml, origin } => self.line(&format!("{key} = {toml}"), origin),
            Written::Table(entries) if entries.is_empty() => {
                self.text.extend([&key, " = {}\n"]);
            }
            Written::Table(entries) => {
                for (below, value) in entries {
                    self.entry(&format!("{key}."), below, value);
                }
            }
            // Only at the top level, where `section` takes them.
            Written::List(_) => {}
        }
    }

    /// Which keys are not set, where there is no default to be shown.
    fn absent(&mut self, section: &str, value: &Written) {
        for (_, keys) in OPTIONAL.iter().filter(|(name, _)| *name == section) {
            let absent = keys.iter().filter(|key| value.get(key).is_none());
            let absent: Vec<&str> = absent.copied().collect();
            if !absent.is_empty() {
                self.text.extend(["# not set: ", &absent.join(", "), "\n"]);
            }
        }
    }

    fn line(&mut self, line: &str, remark: &str) {
        // The last line of a text over several lines is what the remark stands behind.
        let width = line.lines().last().unwrap_or_default().width();
        let gap = " ".repeat(REMARKS.saturating_sub(width).max(2));
        // Writing to a String cannot fail.
        writeln!(self.text, "{line}{gap}# {remark}").expect("a String takes any text");
    }
}

fn path_of(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|&key| key.to_owned()).collect()
}
