//! What a plan has where nothing is written: keys and values of an experiment, with their sources.

use std::time::Duration;

use tcp_core::Profile;

use crate::language::Language;
use crate::plan::{
    ActiveOpen, AfterRestart, Close, Connection, End, First, Host, HostId, How, Load, Moment,
    Opening, Plan, PowerOff, Responds, Send, TransferSize,
};
use crate::spec::{array, quoted};

use super::settings::{Settings, time_of};

/// The value of a key that need not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Default {
    /// Where it stands.
    pub(super) path: Vec<String>,
    /// As TOML has it.
    pub(super) toml: String,
    /// Where it comes from, in a few words.
    pub(super) origin: String,
}

/// All of a plan.
pub(super) fn of(plan: &Plan) -> Vec<Default> {
    let mut list = List::default();
    list.at(&[]).put("title", quoted(&plan.title.en));
    list.run(plan);
    for (index, host) in plan.hosts.iter().enumerate() {
        list.host(plan, HostId(index), host);
    }
    for link in &plan.links {
        let mut table = list.at(&["link", link.name()]);
        table.put("from", quoted(&plan.host(link.from).name));
        table.put("to", quoted(&plan.host(link.to).name));
    }
    for (index, connection) in plan.connections.iter().enumerate() {
        list.connection(plan, index, connection);
    }
    for load in &plan.loads {
        list.load(plan, load);
    }
    for (index, injection) in plan.injections.iter().enumerate() {
        let mut table = list.at(&["inject", &index.to_string()]);
        table.put("link", quoted(plan.link(injection.link).name()));
        table.put("window", injection.window.to_string());
        table.put("payload", injection.payload.to_string());
        table.put("count", injection.count.to_string());
        if injection.count > 1 {
            table.put("spacing", time_of(injection.spacing));
        }
    }
    list.output(plan);
    list.0
}

/// Values that may be written with less than they have: the calls of SEND.
pub(super) fn completions(plan: &Plan) -> Vec<Default> {
    let mut list = List::default();
    for (index, connection) in plan.connections.iter().enumerate() {
        let call = |send: &Send| {
            let (from, after) = (end_of(send.from), time_of(send.after));
            let bytes = send.bytes;
            format!("{{ from = {from}, bytes = {bytes}, after = {after} }}")
        };
        let calls: Vec<String> = connection.send.iter().map(call).collect();
        let mut table = list.at(&["connection", &index.to_string()]);
        table.put("send", array(&calls));
    }
    list.0
}

#[derive(Default)]
struct List(Vec<Default>);

/// A table whose keys are put into a list.
struct Table<'l> {
    list: &'l mut Vec<Default>,
    path: Vec<String>,
    origin: String,
}

impl Table<'_> {
    /// The value of a dotted key.
    fn put(&mut self, key: &str, toml: String) {
        let keys = key.split('.').map(str::to_owned);
        self.list.push(Default {
            path: self.path.iter().cloned().chain(keys).collect(),
            toml,
            origin: self.origin.clone(),
        });
    }

    fn close(&mut self, close: Option<Close>) {
        let Some(Close {
            first,
            after,
            how,
            second_after,
            second_how,
        }) = close
        else {
            return self.put("close", quoted("never"));
        };
        let word = |how| match how {
            How::Close => quoted("close"),
            How::Abort => quoted("abort"),
        };
        let (closer, has_second) = match first {
            First::One(end) => (end_of(end), how == How::Close),
            First::Both => (quoted("both"), false),
        };
        self.put("close.first", closer);
        self.put("close.after", time_of(after));
        self.put("close.how", word(how));
        if has_second {
            self.put("close.second_after", time_of(second_after));
            self.put("close.second_how", word(second_how));
        }
    }
}

impl List {
    fn at(&mut self, path: &[&str]) -> Table<'_> {
        Table {
            list: &mut self.0,
            path: path.iter().map(|&key| key.to_owned()).collect(),
            origin: "default".to_owned(),
        }
    }

    fn run(&mut self, plan: &Plan) {
        let run = &plan.run;
        let mut table = self.at(&["run"]);
        table.put("warmup", time_of(run.warmup.time()));
        table.put("replications", run.replications.to_string());
        let policies = run.policies.iter().map(|policy| policy.name().to_owned());
        table.put("policies", list_of(policies));
        table.put("record", run.record.to_string());
        if let Some(rule) = &run.stop {
            table.put("stop.min", rule.min.to_string());
            table.put("stop.confidence", format!("{:?}", rule.confidence));
            let metrics = rule.metrics.iter().map(ToString::to_string);
            table.put("stop.metrics", list_of(metrics));
        }
        if let Some(comparison) = &plan.comparison {
            let mut table = self.at(&["compare"]);
            table.put("baseline", quoted(comparison.baseline.name()));
        }
        if let Some(theory) = &plan.theory {
            let mut table = self.at(&["check"]);
            table.put("confidence", format!("{:?}", theory.confidence));
        }
    }

    /// A host that no link reaches is not written: it takes no part.
    fn host(&mut self, plan: &Plan, id: HostId, host: &Host) {
        if !plan.links.iter().any(|link| link.to == id) {
            return;
        }
        let mut table = self.at(&["host", &host.name]);
        table.put("profile", quoted(host.profile.name()));
        let addresses = host.addresses.iter().map(ToString::to_string);
        table.put("addresses", list_of(addresses));
        let ports: Vec<String> = host.passive_open.iter().map(u16::to_string).collect();
        table.put("passive_open", array(&ports));
        table.put("forward", host.forward.to_string());
        let unlimited = || "unlimited".to_owned();
        let rate = host.accept_rate.map_or_else(unlimited, |it| it.to_string());
        table.put("accept_rate", quoted(&rate));
        if let Some(cut) = &host.power_off {
            power_cut(&mut table, cut);
        }
        self.settings(host);
    }

    /// The settings of a host's TCP, each with the profile that it is from.
    fn settings(&mut self, host: &Host) {
        let of_profile = of_profile(host.profile);
        let mut table = self.at(&["host", &host.name]);
        for setting in Settings::of(&host.config, &host.listen).0 {
            // What the profile has otherwise follows from something that is written.
            table.origin = if of_profile.contains(&setting) {
                format!("profile {}", host.profile.name())
            } else {
                "from other settings".to_owned()
            };
            let (key, value) = setting;
            table.put(key, value);
        }
    }

    fn connection(&mut self, plan: &Plan, index: usize, connection: &Connection) {
        let mut table = self.at(&["connection", &index.to_string()]);
        let to = connection.to;
        table.put(
            "to",
            quoted(&format!("{}:{}", plan.host(to.host).name, to.port)),
        );
        match connection.active_open {
            ActiveOpen::At(at) => table.put("active_open", time_of(at)),
            ActiveOpen::Enters { plus, .. } => table.put("active_open.plus", time_of(plus)),
        }
        table.put("send", "[]".to_owned());
        table.close(connection.close);
    }

    fn load(&mut self, plan: &Plan, load: &Load) {
        let mut table = self.at(&["load", &load.name]);
        table.put("from", quoted(&plan.host(load.from).name));
        let to = format!("{}:{}", plan.host(load.to.host).name, load.to.port);
        table.put("to", quoted(&to));
        table.put("start", time_of(load.start));
        table.put("stop", time_of(load.stop));
        if load.opening != Opening::Flood(Responds::Never) {
            table.put("clients", load.clients.to_string());
            table.put("port_pool", load.port_pool.to_string());
        }
        match load.opening {
            Opening::Flood(_) => table.put("syn_flood.spoofed", "true".to_owned()),
            Opening::Connect => {
                match load.transfer.size {
                    TransferSize::Fixed(bytes) => table.put("transfer.bytes", bytes.to_string()),
                    TransferSize::Exponential { mean } => {
                        table.put("transfer.bytes.exponential", mean.to_string());
                    }
                }
                table.put("first_sender", end_of(load.transfer.first_sender));
                table.close(load.close);
            }
        }
    }

    fn output(&mut self, plan: &Plan) {
        let output = &plan.output;
        let forms = [("text", output.ladder.text), ("svg", output.ladder.svg)];
        let chosen = forms.iter().filter(|(_, is_chosen)| *is_chosen);
        let mut table = self.at(&["output"]);
        table.put(
            "ladder",
            list_of(chosen.map(|(name, _)| (*name).to_owned())),
        );
        table.put("snapshots", "[]".to_owned());
        table.put("pcapng", output.pcapng.to_string());
        table.put("parquet", output.parquet.to_string());
        table.put("events", output.events.to_string());
        table.put("report", quoted(if output.report { "html" } else { "off" }));
        let lang = match output.language {
            Language::En => "en",
            Language::Zh => "zh",
        };
        table.put("lang", quoted(lang));
    }
}

/// What a host has that is of its profile alone.
fn of_profile(profile: Profile) -> Vec<(&'static str, String)> {
    Settings::of(&profile.config(), &profile.listen_config()).0
}

/// What may be left out of `power_off` and `crash`.
fn power_cut(table: &mut Table<'_>, cut: &PowerOff) {
    let key = if cut.restart.is_some() {
        "crash"
    } else {
        "power_off"
    };
    if let Some(plus) = plus_of(&cut.moment) {
        table.put(&format!("{key}.plus"), time_of(plus));
    }
    if let Some(restart) = &cut.restart {
        table.put("crash.quiet_time", time_of(restart.quiet_time));
        let isn = match restart.isn {
            AfterRestart::Fresh => "fresh",
            AfterRestart::Reuse => "reuse",
        };
        table.put("crash.isn", quoted(isn));
    }
}

/// The time that passes after the event of a moment.
fn plus_of(moment: &Moment) -> Option<Duration> {
    match moment {
        Moment::At(_) => None,
        Moment::Enters { plus, .. } | Moment::Fate { plus, .. } => Some(*plus),
    }
}

fn end_of(end: End) -> String {
    match end {
        End::Client => quoted("client"),
        End::Server => quoted("server"),
    }
}

fn list_of(texts: impl Iterator<Item = String>) -> String {
    let each: Vec<String> = texts.map(|text| quoted(&text)).collect();
    array(&each)
}
