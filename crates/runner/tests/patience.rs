//! Users who give an OPEN up and try again, by runs that are small enough to be reckoned by hand.

use runner::campaign::{Campaign, Replications};
use runner::experiment::Experiment;
use runner::metrics::decimal;
use runner::plan::{Metric, MetricKey, Period};

/// A network of 50 ms each way.
const NETWORK: &str = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"20s\" }\n\
    link.s2c = { delay = \"50ms\" }\n";

const CLEAR: &str = "link.c2s = { delay = \"50ms\" }\n";

/// One user, who wants a connection at 1 s.
const USER: &str = "[load.user]\narrivals = { constant = \"1/s\" }\ncount = 1\n";

fn refused(text: &str) -> String {
    let rejection = Experiment::parse("x.toml", &format!("{NETWORK}{text}"), &[]);
    rejection.expect_err("it makes no sense").render(false)
}

fn run(text: &str) -> Replications {
    let experiment = Experiment::parse("x.toml", &format!("{NETWORK}{text}"), &[])
        .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
    let campaign = Campaign::run(&experiment.plan, None, &|| ()).expect("it has an outcome");
    let wrong: Vec<_> = campaign.points[0]
        .verdicts
        .iter()
        .filter(|it| !it.held)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    campaign.points[0].replications.clone()
}

fn value(run: &Replications, metric: Metric) -> String {
    let period = Period::WholeRun;
    let value = run.get(0, MetricKey { period, metric });
    value.map_or_else(|| "-".to_owned(), decimal)
}

#[track_caller]
fn expect(text: &str, expected: &[(&str, &str)]) {
    let run = run(text);
    let found = expected.iter().map(|(name, _)| {
        let metric = Metric::from_name(name).unwrap_or_else(|| panic!("no metric {name}"));
        (*name, value(&run, metric))
    });
    let expected = expected
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// A scripted client whose SYNs, at 0 s and 1 s, are lost, and one that opens when it is done.
#[test]
fn a_scripted_open_is_given_up() {
    let text = "link.c2s = { delay = \"50ms\", blackout = [{ from = \"0s\", until = \"2s\" }] }\n\
        [[connection]]\nfrom = \"client:5555\"\nconnect_timeout = \"2.5s\"\n\
        [[connection]]\nfrom = \"client:5556\"\nconnect_timeout = \"2.5s\"\n\
        active_open = { event = \"client.state == CLOSED\", connection = 0, plus = \"1s\" }\n\
        [[expect]]\nclient_states = [\"CLOSED\", \"0s SYN-SENT\", \"2.5s CLOSED\"]\n\
        whole_run = { segments = [\"0s c2s SYN\", \"1s c2s SYN\"] }\n\
        [[expect]]\nconnection = 1\n\
        client_states = [\"CLOSED\", \"3.5s SYN-SENT\", \"3.6s ESTABLISHED\"]\n";
    expect(
        text,
        &[
            ("connections.opened", "2"),
            ("connections.established", "1"),
            ("connect_abandoned", "1"),
            ("connect_timed_out", "0"),
            ("connect_retries", "0"),
            ("connect_failure_probability", "0.5"),
            ("opening.reaped.abort", "1"),
            ("client.AttemptFails", "1"),
        ],
    );
}

/// ESTABLISHED after 100 ms: who waits as long is in time. Who does not leaves an entry behind, which
/// the RST that answers the SYN,ACK removes after a round trip.
#[test]
fn what_was_given_up_leaves_an_entry_for_a_round_trip() {
    let text = |timeout: &str| {
        format!("{CLEAR}[[connection]]\nfrom = \"client:5555\"\nconnect_timeout = \"{timeout}\"\n")
    };
    for timeout in ["100ms", "5s"] {
        expect(
            &text(timeout),
            &[
                ("connect_abandoned", "0"),
                ("open.final", "1"),
                ("segments_sent", "3"),
            ],
        );
    }
    expect(
        &text("99ms"),
        &[
            ("connect_abandoned", "1"),
            ("rst_sent", "1"),
            ("embryonic.area", "0.1"),
            ("embryonic.opening.area", "0.049"),
            ("embryonic.stale.area", "0.051"),
            ("open.entered", "0"),
        ],
    );
}

/// OPENs at 1, 2, 3 and 4 s, the last of which meets a network that works again.
#[test]
fn a_user_tries_again_until_it_works() {
    let text = format!(
        "link.c2s = {{ delay = \"50ms\", blackout = [{{ from = \"0s\", until = \"3.9s\" }}] }}\n\
         {USER}connect_timeout = \"400ms\"\nretry = {{ max = 9, after = \"600ms\" }}\n\
         transfer = {{ bytes = 80 }}\n"
    );
    expect(
        &text,
        &[
            ("connections.opened", "4"),
            ("connections.established", "1"),
            ("connect_abandoned", "3"),
            ("connect_retries", "3"),
            // Of one user, who was connected.
            ("connect_failure_probability", "0"),
            ("connect_time.min", "3.1"),
            ("connect_time.max", "3.1"),
            // To the census these are four: three times 400 ms, and 50 ms to the SYN's arrival.
            ("opening.entered", "4"),
            ("opening.reaped.abort", "3"),
            ("opening.area", "1.25"),
            ("goodput", "4"),
            ("server.PassiveOpens", "1"),
        ],
    );
    let experiment = Experiment::parse("x.toml", &format!("{NETWORK}{text}"), &[]);
    let summary = runner::check::summary(&experiment.expect("it is good"));
    let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let patience = "1 client, gives up after 400ms, tries 9 more times 600ms later)";
    assert!(summary.contains(patience), "{summary}");
    let fewer = text.replace("max = 9", "max = 2");
    expect(
        &fewer,
        &[
            ("connections.opened", "3"),
            ("connect_failure_probability", "1"),
            ("connect_time.min", "-"),
        ],
    );
    let ended = text.replace("max = 9", "max = 200").replace("3.9s", "30s");
    expect(
        &ended,
        &[
            // At 1 s, ..., 20 s; nobody knows what becomes of it.
            ("connections.opened", "20"),
            ("connect_failure_probability", "-"),
        ],
    );
}

/// Refused at 1.1, 2.2 and 3.3 s.
#[test]
fn a_user_who_is_refused_asks_again() {
    let text = format!(
        "{CLEAR}host.server.passive_open = []\n{USER}retry = {{ max = 2, after = \"1s\" }}\n"
    );
    expect(
        &text,
        &[
            ("connections.opened", "3"),
            ("connect_refused", "3"),
            ("connect_retries", "2"),
            ("connect_failure_probability", "1"),
            ("opening.area", "0.3"),
            ("opening.lifetime.mean", "0.1"),
        ],
    );
    expect(
        &text.replace("max = 2", "max = 0"),
        &[("connections.opened", "1"), ("connect_retries", "0")],
    );
}

/// TCP gives up after SYNs at 1, 2 and 4 s, at 8 s; then 1 s later the same again.
#[test]
fn tcp_gives_up_too() {
    let text = format!(
        "link.c2s = {{ delay = \"50ms\", loss = \"100%\" }}\n\
         host.client = {{ profile = \"linux-6\", syn_linear_timeouts = 0, syn_retries = 2 }}\n\
         {USER}retry = {{ max = 1, after = \"1s\" }}\n"
    );
    expect(
        &text,
        &[
            ("connections.opened", "2"),
            ("connect_timed_out", "2"),
            ("connect_abandoned", "0"),
            ("connect_failure_probability", "1"),
            ("segments_sent", "6"),
            ("opening.area", "14"),
        ],
    );
}

/// The first text of the server becomes a RST. The user is told, and asks again from another port.
#[test]
fn a_user_whose_connection_is_reset_asks_again() {
    let text = format!(
        "{CLEAR}{USER}retry = {{ max = 5, after = \"1s\" }}\nfirst_sender = \"server\"\n\
         transfer = {{ bytes = 100 }}\n\
         [[fault]]\nid = \"rst\"\nmatch = {{ link = \"s2c\", payload = {{ min = 1 }}, nth = 1 }}\n\
         rewrite = {{ flags = \"RST\" }}\n"
    );
    expect(
        &text,
        &[
            ("connections.opened", "2"),
            ("connections.established", "2"),
            ("connect_retries", "1"),
            ("connect_refused", "0"),
            // He was connected before, and that is what is timed.
            ("connect_time.min", "0.1"),
            ("connect_time.max", "0.1"),
            ("connect_failure_probability", "0"),
            ("goodput", "5"),
        ],
    );
}

/// The only port is in TIME-WAIT when the second user comes at 2 s, and 1 s and 2 s later.
#[test]
fn a_user_who_finds_no_port_fails_in_the_end() {
    let text = format!(
        "{CLEAR}{}port_pool = 1\nretry = {{ max = 2, after = \"1s\" }}\n",
        USER.replace("count = 1", "count = 2")
    );
    expect(
        &text,
        &[
            ("connections.opened", "1"),
            ("time_wait.final", "1"),
            ("connect_failure_probability", "0.5"),
        ],
    );
    let quick = text.replace(
        "port_pool = 1\n",
        "port_pool = 1\nclose = { first = \"server\" }\n",
    );
    expect(
        &format!("host.server.time_wait = \"0s\"\n{quick}"),
        &[
            ("connections.opened", "2"),
            ("connect_failure_probability", "0"),
        ],
    );
}

/// A client's crash ends what its users had in mind.
#[test]
fn users_do_not_outlive_their_host() {
    let text = format!(
        "{CLEAR}host.server.passive_open = []\n\
         host.client.crash = {{ at = \"2s\", restart_after = \"1s\" }}\n\
         {USER}retry = {{ max = 5, after = \"2s\" }}\n"
    );
    expect(
        &text,
        &[
            ("connections.opened", "1"),
            ("connect_failure_probability", "-"),
        ],
    );
}

/// Users who could try again, and need not, meet the same weather as others.
#[test]
fn a_retry_that_is_not_needed_changes_nothing() {
    let text = |more: &str| {
        format!(
            "link.c2s = {{ delay = {{ time = \"50ms\", jitter = \"30ms\" }}, loss = \"10%\" }}\n\
             [load.a]\narrivals = {{ poisson = \"3/s\" }}\nstop = \"15s\"\n\
             transfer = {{ bytes = {{ exponential = 3000 }} }}\nclients = 5\n{more}\n\
             [load.b]\narrivals = {{ burst = 30 }}\nclients = 7\n"
        )
    };
    let (without, with) = (
        run(&text("")),
        run(&text("retry = { max = 3, after = \"1s\" }")),
    );
    for metric in Metric::all() {
        assert_eq!(value(&with, metric), value(&without, metric), "{metric}");
    }
    let opened = Metric::from_name("connections.opened").expect("there is one");
    assert_ne!(value(&with, opened), "0");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (keys, told) in [
        (
            "connect_timeout = \"0s\"",
            "an OPEN that is given up at once connects nobody",
        ),
        (
            "retry = { max = 256, after = \"1s\" }",
            "`max` is at most 255",
        ),
        ("retry = { max = 2 }", "missing key `after`"),
        (
            "retry = { max = 2, after = \"1s\" }\nsyn_flood = { responds = \"never\" }",
            "a flood has no `retry`",
        ),
        (
            "connect_timeout = \"1s\"\nsyn_flood = { responds = \"never\" }",
            "a flood has no `connect_timeout`",
        ),
    ] {
        let message = refused(&format!("{CLEAR}{USER}{keys}\n"));
        assert!(message.contains(told), "{message}");
        assert!(message.contains("x.toml:"), "{message}");
    }
}

#[test]
fn users_who_try_again_are_no_poisson_process() {
    let text = format!(
        "{NETWORK}{CLEAR}[load.user]\narrivals = {{ poisson = \"1/s\" }}\n\
         retry = {{ max = 2, after = \"1s\" }}\n[check]\nanalytic = [\"erlang-b\"]\n"
    );
    let text = text.replace("until = \"20s\"", "until = \"20s\", replications = 2");
    let told = |text: &str| match Experiment::parse("x.toml", text, &[]) {
        Ok(_) => String::new(),
        Err(rejection) => rejection.render(false),
    };
    let reason = "try again, so that their SYNs are no Poisson process";
    assert!(told(&text).contains(reason), "{}", told(&text));
    let once = text.replace("max = 2", "max = 0");
    assert!(!told(&once).contains(reason), "{}", told(&once));
}
