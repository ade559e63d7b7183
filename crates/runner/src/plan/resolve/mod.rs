//! From what is written to what is meant: names become indices, defaults are filled in, and
//! everything that makes no sense is found.
//!
//! A problem is recorded and the rest is looked at all the same, so that one look shows them all.
//! Nothing is blamed twice: what depends on a faulty part is not judged.

mod arrivals;
mod check;
mod comparison;
mod consistency;
mod expectation;
mod fault;
mod flood;
mod host;
mod impairment;
mod inject;
mod output;
mod patience;
mod route;
mod settings;
mod workload;

use std::ops::Range;
use std::time::Duration;

use tcp_core::Handshake;

use crate::diagnostic::{Diagnostic, Sources, suggestion, visible};
use crate::quantity::Time;
use crate::spec::{Named, ProseSpec, RunSpec, Short, Spanned, Spec, TextFiles, WarmupSpec};

pub(crate) use check::Mute;

use super::{HostId, LinkId, Plan, Prose, Run, Warmup};

/// The names that the parts of a file call each other by.
struct Names {
    hosts: Vec<String>,
    links: Vec<String>,
    faults: Vec<String>,
    connections: usize,
}

impl Names {
    fn of(spec: &Spec) -> Names {
        let keys = |name: &Spanned<String>| name.get_ref().clone();
        let mut hosts: Vec<String> = spec.host.keys().map(keys).collect();
        hosts.extend(["client", "server"].map(str::to_owned));
        hosts.sort();
        hosts.dedup();
        Names {
            hosts,
            links: spec.link.keys().map(keys).collect(),
            faults: spec
                .fault
                .iter()
                .map(|fault| keys(&fault.get_ref().id))
                .collect(),
            connections: spec.connection.len(),
        }
    }

    fn host(&self, name: &str, span: Range<usize>) -> Result<HostId, Diagnostic> {
        find(&self.hosts, name, span, "host").map(HostId)
    }

    fn link(&self, name: &Spanned<String>) -> Result<LinkId, Diagnostic> {
        find(&self.links, name.get_ref(), name.span(), "link").map(LinkId)
    }

    fn connection(&self, index: &Spanned<usize>) -> Result<super::ConnectionId, Diagnostic> {
        let number = *index.get_ref();
        if number < self.connections {
            return Ok(super::ConnectionId(number));
        }
        let help = match self.connections {
            0 => "the file has no [[connection]]".to_owned(),
            count => format!("connections are counted from 0, and the file has {count}"),
        };
        Err(Diagnostic::at(index.span(), format!("there is no connection {number}")).help(help))
    }
}

fn find(known: &[String], name: &str, span: Range<usize>, what: &str) -> Result<usize, Diagnostic> {
    known
        .iter()
        .position(|candidate| candidate == name)
        .ok_or_else(|| {
            let list = known.iter().map(String::as_str);
            Diagnostic::at(span, format!("there is no {what} `{name}`"))
                .label(format!("unknown {what}"))
                .help(suggestion(name, list, &format!("{what}s of this file")))
        })
}

/// What is found on the way.
struct Findings<'a> {
    sources: &'a Sources,
    files: TextFiles,
    problems: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
    mute: Vec<Mute>,
}

impl Findings<'_> {
    /// Records the problem, if it is one.
    fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|problem| self.problem(problem)).ok()
    }

    /// The same words in another place are another problem, unless both have one cause.
    fn problem(&mut self, problem: Diagnostic) {
        let is_known = |known: &Diagnostic| {
            known.title == problem.title && (known.span == problem.span || problem.is_consequence)
        };
        if !self.problems.iter().any(is_known) {
            self.problems.push(problem);
        }
    }

    /// Reads a file that is named at this place. An error is the words after "cannot read ...:".
    fn read_named(&mut self, name: &str, span: &Range<usize>) -> Result<String, String> {
        self.files
            .read_named(&self.sources.seen_from_home(name, span))
    }

    fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// A plan, remarks about it, and the digest of all files that it was made from.
pub(crate) struct Resolved {
    pub(crate) plan: Plan,
    pub(crate) notes: Vec<Diagnostic>,
    /// Models that say nothing about it.
    pub(crate) mute: Vec<Mute>,
    pub(crate) digest: String,
    /// The names and texts of the files that it names.
    pub(crate) named: Vec<(String, String)>,
}

/// What a document means, or everything that is wrong with it.
pub(crate) fn resolve(
    spec: Spec,
    sources: &Sources,
    files: TextFiles,
) -> Result<Resolved, Vec<Diagnostic>> {
    let mut findings = Findings {
        sources,
        files,
        problems: Vec::new(),
        notes: Vec::new(),
        mute: Vec::new(),
    };
    let plan = resolve_spec(spec, &mut findings);
    let Findings {
        files,
        mut problems,
        notes,
        mute,
        ..
    } = findings;
    match plan {
        Some(plan) if problems.is_empty() => Ok(Resolved {
            plan,
            notes,
            named: files.named().to_vec(),
            mute,
            digest: files.digest(),
        }),
        _ => {
            problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
            Err(problems)
        }
    }
}

fn resolve_spec(mut spec: Spec, findings: &mut Findings<'_>) -> Option<Plan> {
    // Another version of the vocabulary: nothing else that could be said would be right.
    findings.take(check_schema(&spec.schema))?;
    let names = Names::of(&spec);
    let name = findings.take(check_name(&spec.name, "the experiment"));
    let places = consistency::Places::of(&spec);
    let policies_at = spec.run.policies.as_ref().map(Spanned::span);
    let syncookies = findings.take(policy_by_syncookies(&spec, findings.sources));
    let stop = spec.run.stop.take();
    let replications_at = spec.run.replications.as_ref().map(Spanned::span);
    let run = run(spec.run, syncookies.flatten(), findings);
    let hosts = host::resolve_all(&spec.host, &names, findings);
    let links = impairment::resolve_all(&spec.link, &names, findings);
    let (hosts, links) = (hosts?, links?);
    let run = run?;
    let routes = route::resolve_all(&spec.host, &hosts, &links, &names, findings);
    let topology = workload::Topology {
        routes: &routes,
        names: &names,
        hosts: &hosts,
        links: &links,
        run: &run,
    };
    let connections = workload::connections(spec.connection, &topology, findings);
    let loads = workload::loads(spec.load, &topology, findings);
    if findings.is_clean() {
        host::check_reached(&spec.host, &hosts, &links, findings);
    }
    let faults = fault::resolve_all(spec.fault, &names, findings);
    let injections = if findings.is_clean() {
        inject::resolve_all(spec.inject, &connections, &topology, findings)
    } else {
        Vec::new()
    };
    let output = output::resolve(spec.output, run.until, findings);
    let mut plan = Plan {
        name: name.unwrap_or_default(),
        title: one_line(prose(spec.title, spec.name.get_ref())),
        lesson: prose(spec.lesson, ""),
        refs: spec.refs,
        run,
        hosts,
        links,
        routes,
        connections,
        loads,
        faults,
        injections,
        expectations: Vec::new(),
        output,
        comparison: None,
        theory: None,
    };
    if findings.is_clean() {
        consistency::check(&plan, &places, findings);
        let sources = findings.sources;
        let is_overridden =
            |span: Option<Range<usize>>| span.is_some_and(|span| !sources.is_in_file(&span));
        let policies_overridden = is_overridden(policies_at);
        plan.expectations =
            expectation::resolve_all(spec.expect, &plan, &names, policies_overridden, findings);
        let compare = spec.compare.as_ref();
        if let Some(stop) = stop {
            let most_overridden = is_overridden(replications_at);
            plan.run.stop =
                comparison::stopping_rule(&stop, compare, &plan, most_overridden, findings);
        }
        plan.comparison = compare.and_then(|compare| {
            comparison::comparison(compare, &plan, policies_overridden, findings)
        });
        if let Some(check) = &spec.check {
            plan.theory = Some(check::resolve(check, findings));
            findings.mute = check::mute(check, &plan);
        }
    }
    Some(plan)
}

fn check_schema(schema: &Spanned<u64>) -> Result<(), Diagnostic> {
    match schema.get_ref() {
        1 => Ok(()),
        other => Err(
            Diagnostic::at(schema.span(), format!("schema {other} is not known"))
                .help("this program reads schema 1"),
        ),
    }
}

/// Names become parts of paths, of file names and of event expressions.
fn check_name(name: &Spanned<String>, what: &str) -> Result<String, Diagnostic> {
    let text = name.get_ref();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.len() <= 100 && text.chars().all(allowed) {
        return Ok(text.clone());
    }
    Err(Diagnostic::at(
        name.span(),
        format!("`{text}` cannot be the name of {what}"),
    )
    .help("a name has 1 to 100 letters, digits, hyphens and underscores"))
}

/// The names of a table's entries, checked.
fn check_names<T>(table: &Named<T>, what: &str, findings: &mut Findings<'_>) {
    for name in table.keys() {
        findings.take(check_name(name, what));
    }
}

/// A text in both languages; `absent` stands for one that is not written.
fn prose(spec: Option<Short<ProseSpec>>, absent: &str) -> Prose {
    let (en, zh) = match spec {
        Some(Short(ProseSpec { en, zh })) => (en, zh),
        None => (absent.to_owned(), None),
    };
    let zh = zh.unwrap_or_else(|| en.clone());
    Prose { en, zh }
}

/// A text for headings: whatever breaks a line, or does worse to a terminal, is made visible.
fn one_line(Prose { en, zh }: Prose) -> Prose {
    Prose {
        en: visible(&en),
        zh: visible(&zh),
    }
}

/// `syncookies` is Linux's name for three of the policies.
fn policy_by_syncookies(spec: &Spec, sources: &Sources) -> Result<Option<Handshake>, Diagnostic> {
    let mut chosen = None;
    let policies = spec.run.policies.as_ref().map(Spanned::span);
    for value in spec
        .host
        .values()
        .filter_map(|host| host.syncookies.as_ref())
    {
        let refuse = |title: &str| {
            Err(Diagnostic::at(value.span(), title).help(
                "`syncookies` 0, 1 and 2 are the policies three-way, cookies-on-overflow and cookies; \
                 `run.policies` compares several",
            ))
        };
        // Policies that the command line chooses replace whatever the file says.
        if policies
            .as_ref()
            .is_some_and(|span| sources.is_in_file(span))
        {
            return refuse("`run.policies` has chosen the policies already");
        }
        if chosen.is_some() {
            return refuse("two hosts choose the policy");
        }
        chosen = match value.get_ref() {
            0 => Some(Handshake::ThreeWay),
            1 => Some(Handshake::CookiesOnOverflow),
            2 => Some(Handshake::Cookies),
            _ => return refuse("there is no such value of `syncookies`"),
        };
    }
    Ok(chosen)
}

fn run(spec: RunSpec, syncookies: Option<Handshake>, findings: &mut Findings<'_>) -> Option<Run> {
    let until = spec.until.get_ref().0;
    if until.is_zero() {
        findings.problem(
            Diagnostic::at(spec.until.span(), "a run that ends at 0s shows nothing")
                .help("`until` is the virtual time at which a run ends, such as \"400s\""),
        );
    }
    let warmup = findings.take(warmup(spec.warmup.as_ref(), until));
    let replications = match spec.replications {
        None => 1,
        Some(count) if *count.get_ref() == 0 => {
            findings.problem(
                Diagnostic::at(count.span(), "no replication means no run")
                    .help("`replications` is at least 1"),
            );
            1
        }
        Some(count) => count.into_inner(),
    };
    let policies = match spec.policies {
        None => vec![syncookies.unwrap_or(Handshake::ThreeWay)],
        Some(list) => policies(list, findings)?,
    };
    Some(Run {
        seed: spec.seed,
        until,
        warmup: warmup.unwrap_or(Warmup::Time(Duration::ZERO)),
        replications,
        stop: None,
        policies,
        record: spec.record.unwrap_or(true),
    })
}

/// The time before which nothing is measured; none unless it is written.
fn warmup(written: Option<&Spanned<WarmupSpec>>, until: Duration) -> Result<Warmup, Diagnostic> {
    let Some(written) = written else {
        return Ok(Warmup::Time(Duration::ZERO));
    };
    match *written.get_ref() {
        WarmupSpec::Mser5 => Ok(Warmup::Mser5),
        WarmupSpec::Time(Time(time)) if time < until || until.is_zero() => Ok(Warmup::Time(time)),
        WarmupSpec::Time(_) => {
            let title = "the run ends before anything is measured";
            Err(Diagnostic::at(written.span(), title).help(
                "`warmup` is the virtual time at which measuring begins; it must be less than \
                 `until`",
            ))
        }
    }
}

fn policies(
    list: Spanned<Vec<Spanned<String>>>,
    findings: &mut Findings<'_>,
) -> Option<Vec<Handshake>> {
    let span = list.span();
    let mut policies = Vec::new();
    for name in list.into_inner() {
        match findings.take(policy(&name))? {
            policy if policies.contains(&policy) => {
                findings.problem(
                    Diagnostic::at(
                        name.span(),
                        format!("`{}` is in the list twice", policy.name()),
                    )
                    .help("each policy runs once; `replications` repeats all of them"),
                );
                return None;
            }
            policy => policies.push(policy),
        }
    }
    if policies.is_empty() {
        findings.problem(
            Diagnostic::at(span, "the list of policies is empty")
                .help(format!("policies: {}", policy_names().join(", "))),
        );
        return None;
    }
    Some(policies)
}

fn policy_names() -> [&'static str; Handshake::ALL.len()] {
    Handshake::ALL.map(|(_, name)| name)
}

fn policy(name: &Spanned<String>) -> Result<Handshake, Diagnostic> {
    Handshake::from_name(name.get_ref()).ok_or_else(|| {
        Diagnostic::at(
            name.span(),
            format!("there is no policy `{}`", name.get_ref()),
        )
        .label("unknown policy")
        .help(suggestion(name.get_ref(), policy_names(), "policies"))
    })
}
