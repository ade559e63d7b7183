//! Models beside simulation: they agree where they should, notice where they should not, and say
//! when they have nothing to say.

use std::collections::{BTreeMap, BTreeSet};

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::language::Language;
use runner::theory::{Findings, Outcome, examine};

/// A flood of a short queue without pruning, in small.
const FLOOD: &str = r#"
schema = 1
name = "flood"
[run]
seed = 1
until = "378s"
warmup = "189s"
replications = 12
policies = ["three-way", "cookies-on-overflow"]
[host.server]
profile = "linux-6"
backlog = 15
syn_queue_prune = false
[load.legit]
arrivals = { poisson = "2/s" }
[load.attack]
arrivals = { poisson = "0.5/s" }
syn_flood = { spoofed = true, responds = "never" }
[link.c2s]
delay = "50ms"
[link.s2c]
delay = "50ms"
[check]
analytic = ["erlang-b", "little"]
"#;

fn read(text: &str) -> Experiment {
    match Experiment::parse("flood.toml", text, &[]) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

fn measure(experiment: &Experiment) -> Campaign {
    Campaign::sweep(&experiment.points, None, &|| ()).expect("it runs")
}

fn refused(text: &str) -> String {
    match Experiment::parse("flood.toml", text, &[]) {
        Ok(_) => panic!("it was understood"),
        Err(rejection) => rejection.render(false),
    }
}

fn of_model<'f>(findings: &'f Findings, name: &str) -> Vec<&'f runner::theory::Finding> {
    let all = findings.all.iter();
    all.filter(|finding| finding.model.name() == name).collect()
}

#[test]
fn a_flood_blocks_as_erlang_says() {
    let campaign = measure(&read(FLOOD));
    let erlang = of_model(&campaign.theory, "erlang-b");
    assert_eq!(erlang.len(), 2, "clients and flood, under three-way alone");
    for finding in erlang {
        assert_eq!(finding.outcome, Outcome::Held, "{finding:?}");
        let (low, high) = finding.interval.expect("an interval");
        assert!(
            0.3 < low && high < 0.8,
            "the interval says something: {finding:?}"
        );
    }
    assert!(campaign.is_as_expected());
    let left_out = &campaign.theory.unchecked;
    assert!(
        left_out
            .iter()
            .any(|it| it.policy.name() == "cookies-on-overflow"),
        "{left_out:?}"
    );
}

#[test]
fn a_model_of_something_else_is_noticed() {
    let campaign = measure(&read(FLOOD));
    for (right, wrong) in [
        ("backlog = 15", "backlog = 23"),
        ("0.5/s", "0.9/s"),
        ("linux-6\"\n", "linux-6\"\nsynack_retries = 4\n"),
    ] {
        let text = FLOOD
            .replace(right, wrong)
            .replace("until = \"378s\"", "until = \"372s\"");
        let text = if wrong.contains("retries") {
            text.replace("189s", "186s")
        } else {
            text.replace("372s", "378s")
        };
        let other = read(&text);
        let findings = examine(&other.points, &campaign.points);
        let erlang = of_model(&findings, "erlang-b");
        assert!(!erlang.is_empty(), "{wrong}: {findings:?}");
        assert!(findings.failed() > 0, "{wrong}: {erlang:?}");
        assert!(!findings.hold());
    }
}

#[test]
fn intervals_are_wider_the_more_there_are() {
    let campaign = measure(&read(FLOOD));
    let count = u32::try_from(campaign.theory.all.len()).expect("few");
    assert!(count > 2);
    let each = campaign.theory.each;
    let together = (1.0 - each) * f64::from(count);
    assert!((together - 0.01).abs() < 1e-12, "{each}");
}

#[test]
fn a_model_that_says_nothing_is_an_error_with_the_reason() {
    for (right, wrong, reason) in [
        ("syn_queue_prune = false", "", "syn_queue_prune"),
        (
            "\"378s\"",
            "\"300s\"",
            "whole multiple of the holding time of 63 s",
        ),
        ("warmup = \"189s\"\n", "", "of which three must pass"),
        ("[\"three-way\", ", "[", "does not simply turn away"),
        (
            "poisson = \"0.5/s\"",
            "constant = \"0.5/s\"",
            "`attack` does not arrive as a Poisson",
        ),
        (
            "[link.s2c]",
            "[link.s2c]\nloss = \"1%\"",
            "`s2c` loses segments",
        ),
        (
            "replications = 12",
            "replications = 1",
            "one replication has no interval",
        ),
    ] {
        let text = FLOOD.replace(right, wrong);
        assert_ne!(text, FLOOD, "{right}");
        let text = refused(&text);
        assert!(
            text.contains("`erlang-b` says nothing about this experiment"),
            "{text}"
        );
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

#[test]
fn a_model_may_be_silent_at_some_points() {
    let text = FLOOD.replace("replications = 12", "replications = 2")
        + "[sweep]\n\"host.server.syn_queue_prune\" = [true, false]\n";
    let campaign = measure(&read(&text));
    let erlang = of_model(&campaign.theory, "erlang-b");
    assert!(erlang.iter().all(|finding| finding.at.0 == 1), "{erlang:?}");
    let silent = campaign.theory.unchecked.iter();
    let silent = silent.filter(|it| it.policy.name() == "three-way");
    assert!(silent.into_iter().any(|it| it.reason.en.contains("prune")));
}

/// What a quiet run says of a campaign that is not as expected.
fn failures(experiment: &Experiment, campaign: &Campaign) -> String {
    assert!(!campaign.is_as_expected(), "{:?}", campaign.theory);
    let text = runner::report::failures(experiment, campaign, false);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_check_that_compares_nothing_fails_and_says_what_would_help() {
    // TIME-WAIT outlasts the run, and all that it shortens, so that no class has a mean stay.
    let text = "schema = 1\nname = \"short\"\n[run]\nseed = 1\nuntil = \"60s\"\nreplications = 5\n\
                [host.client]\ntime_wait = \"300s\"\n[load.main]\narrivals = { poisson = \"5/s\" }\n\
                close = \"never\"\n[link.c2s]\ndelay = \"40s\"\n[link.s2c]\ndelay = \"50ms\"\n\
                [check]\nanalytic = [\"little\"]\n";
    let experiment = read(text);
    let campaign = measure(&experiment);
    assert!(campaign.theory.all.is_empty(), "{:?}", campaign.theory);
    let told = failures(&experiment, &campaign);
    for part in [
        "not checked: little under three-way, because every stay is cut off too far",
        "a longer run.until cuts off less",
        "NOT held short: little was compared with nothing, as told above",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let page = runner::report::human(&experiment, &campaign, Language::En, false);
    assert!(
        page.contains("NOT held  little was compared with nothing"),
        "{page}"
    );
    let page = runner::report::human(&experiment, &campaign, Language::Zh, false);
    assert!(page.contains("不成立  little 没有可对照的结果"), "{page}");
    let page = runner::report::page(&experiment, &campaign);
    assert!(page.contains("little was compared with nothing"));
    let summary = runner::report::summary(&experiment, &campaign);
    assert!(
        summary.contains("\"compared_with_nothing\":[\"little\"]"),
        "{summary}"
    );
}

/// A class that is left at the instant of entering it has L = 0 and W = 0, which is no comparison.
#[test]
fn nothing_beside_nothing_is_no_check() {
    let text = "schema = 1\nname = \"two-way\"\n[run]\nseed = 1\nuntil = \"40s\"\nreplications = 5\n\
                policies = [\"two-way\"]\n[load.main]\narrivals = { poisson = \"1/s\" }\n\
                [link.c2s]\ndelay = \"50ms\"\n[link.s2c]\ndelay = \"50ms\"\n\
                [check]\nanalytic = [\"little\"]\n";
    let campaign = measure(&read(text));
    assert!(!campaign.theory.all.is_empty(), "{:?}", campaign.theory);
    for finding in &campaign.theory.all {
        assert!(finding.value > 0.0 || finding.estimate > 0.0, "{finding:?}");
    }
}

/// With two replications the interval of a probability is all there is between 0 and 1.
#[test]
fn an_interval_that_excludes_nothing_is_no_check() {
    let few = FLOOD.replace("replications = 12", "replications = 2");
    let experiment = read(&few);
    let campaign = measure(&experiment);
    for finding in of_model(&campaign.theory, "erlang-b") {
        assert_eq!(finding.outcome, Outcome::Uninformative, "{finding:?}");
    }
    assert_eq!(campaign.theory.failed(), 0);
    let told = failures(&experiment, &campaign);
    for part in [
        "no check flood, three-way: erlang-b: first SYNs of clients turned away",
        "in [0, 1]",
        "tells nothing: more replications",
        "NOT held flood: erlang-b was compared with nothing",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let rows = rows(&experiment, &campaign);
    let idle = rows.iter().filter(|row| row["verdict"] == "tells nothing");
    assert!(idle.clone().count() >= 2, "{rows:?}");
    for row in idle {
        assert_eq!(row["reason"], "tells nothing: more replications");
    }
}

#[test]
fn names_and_levels_are_checked() {
    for (wrong, reason) in [
        ("[\"erlang-c\"]", "there is no model `erlang-c`"),
        ("[]", "the list of models is empty"),
        ("[\"little\", \"little\"]", "`little` is in the list twice"),
        (
            "[\"little\"]\nconfidence = 1.0",
            "a confidence level lies between 0 and 1",
        ),
    ] {
        let text = refused(&FLOOD.replace("[\"erlang-b\", \"little\"]", wrong));
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

/// The rows of `theory.csv`, each by the names of its columns.
fn rows(experiment: &Experiment, campaign: &Campaign) -> Vec<BTreeMap<String, String>> {
    let files = runner::results::files(experiment, campaign).expect("files");
    let mut reader = csv::Reader::from_reader(files["theory.csv"].as_slice());
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row of text")).collect()
}

/// A flood at two lengths of the backlog, and at one where entries are given up early.
fn swept() -> Experiment {
    read(&format!(
        "{}{}",
        FLOOD.replace("replications = 12", "replications = 6"),
        "[sweep]\npoints = [\n\
         { \"host.server.backlog\" = 15, \"host.server.syn_queue_prune\" = false },\n\
         { \"host.server.backlog\" = 23, \"host.server.syn_queue_prune\" = false },\n\
         { \"host.server.backlog\" = 31, \"host.server.syn_queue_prune\" = true }]\n"
    ))
}

#[test]
fn every_finding_has_a_row() {
    let experiment = swept();
    let campaign = measure(&experiment);
    let rows = rows(&experiment, &campaign);
    let findings = &campaign.theory;
    let skipped: usize = findings.unchecked.iter().map(|it| it.points.len()).sum();
    assert_eq!(rows.len(), findings.all.len() + skipped);
    for (row, finding) in rows.iter().zip(&findings.all) {
        let number = |name: &str| row[name].parse::<f64>().expect(name);
        let (low, high) = finding.interval.expect("several runs");
        for (name, value) in [
            ("predicted", finding.value),
            ("margin", finding.margin),
            ("observed", finding.estimate),
            ("low", low),
            ("high", high),
            ("confidence", findings.each),
        ] {
            assert!((number(name) - value).abs() < 1e-8, "{name}: {row:?}");
        }
        assert_eq!(finding.outcome, Outcome::Held);
        assert_eq!(row["verdict"], "held");
        assert_eq!(row["quantity"], finding.quantity.en);
        assert_eq!(row["reason"], "");
    }
    let of = |model: &str, backlog: &str| {
        let is = |row: &&BTreeMap<String, String>| {
            let found = [&row["model"], &row["policy"], &row["host.server.backlog"]];
            found == [model, "three-way", backlog]
        };
        rows.iter().filter(is).collect::<Vec<_>>()
    };
    assert_eq!(of("erlang-b", "15").len(), 2, "clients and flood");
    let silent = of("erlang-b", "31");
    let [silent] = silent.as_slice() else {
        panic!("one row for what a model does not speak of: {silent:?}")
    };
    assert_eq!(silent["verdict"], "skipped");
    assert_eq!(
        (silent["predicted"].as_str(), silent["quantity"].as_str()),
        ("", "")
    );
    assert!(silent["reason"].contains("syn_queue_prune"), "{silent:?}");
}

#[test]
fn a_model_that_fails_has_a_row_that_says_so() {
    let campaign = measure(&read(FLOOD));
    let other = read(&FLOOD.replace("backlog = 15", "backlog = 23"));
    let findings = examine(&other.points, &campaign.points);
    let wrong = Campaign {
        theory: findings,
        ..campaign
    };
    let rows = rows(&other, &wrong);
    let failed = rows.iter().filter(|row| row["verdict"] == "failed").count();
    assert_eq!(failed, wrong.theory.failed());
    assert!(failed > 0);
}

#[test]
fn the_report_has_the_table_and_over_a_sweep_the_lines() {
    let experiment = swept();
    let campaign = measure(&experiment);
    let page = runner::report::page(&experiment, &campaign);
    let (_, section) = page
        .split_once("Theory beside simulation")
        .expect("a section");
    let (section, _) = section.split_once("</section>").expect("its end");
    for part in [
        "erlang-b under three-way: first SYNs of clients turned away",
        "three-way 下的 erlang-b：被拒绝的客户端首个 SYN 的比例",
        "not checked: erlang-b under three-way at",
        "未检验：three-way 下的 erlang-b",
        "<td>backlog = 23, syn_queue_prune = false</td>",
        "simulated",
    ] {
        assert!(section.contains(part), "{part}");
    }
    let charts = section.matches("role=\"img\"").count();
    let blocks: BTreeSet<_> = campaign
        .theory
        .all
        .iter()
        .map(|it| (it.model, it.policy, it.quantity))
        .collect();
    assert!(charts > 2 && charts <= blocks.len(), "{charts}");
    // Of a single point there is nothing to draw a line through, but the table.
    let experiment = read(FLOOD);
    let page = runner::report::page(&experiment, &measure(&experiment));
    let (_, section) = page
        .split_once("Theory beside simulation")
        .expect("a section");
    let (section, _) = section.split_once("</section>").expect("its end");
    assert!(!section.contains("role=\"img\"") && section.contains("<td>three-way</td>"));
}
