//! Models beside simulation: they agree where they should, notice where they should not, and say
//! when they have nothing to say.

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::theory::{Findings, examine};

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
        assert!(finding.held, "{finding:?}");
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
        assert!(
            erlang.iter().any(|finding| !finding.held),
            "{wrong}: {erlang:?}"
        );
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
    assert!(silent.into_iter().any(|it| it.reason.contains("prune")));
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
