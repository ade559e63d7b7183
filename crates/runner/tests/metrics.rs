//! Every metric, by runs that are small enough to be reckoned by hand.

use runner::campaign::{Campaign, Replications};
use runner::census::{BINS, Survival};
use runner::experiment::Experiment;
use runner::metrics::decimal;
use runner::plan::{Class, Exit, Metric, MetricKey, Period, Statistic};

/// What comes before the loads and connections: a network of 50 ms each way.
const NETWORK: &str = "schema = 1\nname = \"x\"\n\
    link = { c2s = { delay = \"50ms\" }, s2c = { delay = \"50ms\" } }\n";

fn run(text: &str) -> Replications {
    campaign(text).points[0].replications.clone()
}

fn campaign(text: &str) -> Campaign {
    let text = format!("{NETWORK}{text}");
    let experiment = Experiment::parse("x.toml", &text, &[]).unwrap_or_else(|rejection| {
        panic!("{:?}", rejection.diagnostics);
    });
    Campaign::run(&experiment.plan, None, &|| ()).expect("it has an outcome")
}

fn value(run: &Replications, period: Period, name: &str) -> String {
    let metric = Metric::from_name(name).unwrap_or_else(|| panic!("no metric {name}"));
    let value = run.get(0, MetricKey { period, metric });
    value.map_or_else(|| "-".to_owned(), decimal)
}

#[track_caller]
fn expect(run: &Replications, period: Period, expected: &[(&str, &str)]) {
    let found: Vec<(&str, String)> = expected
        .iter()
        .map(|(name, _)| (*name, value(run, period, name)))
        .collect();
    let expected: Vec<(&str, String)> = expected
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    assert_eq!(found, expected);
}

/// One connection: opened at 0, ESTABLISHED at 100 ms (client) and 150 ms (server), 100 bytes, closed
/// by the client at 300 ms, by the server when it reads the FIN at 350 ms.
const ONE: &str = "run = { seed = 1, until = \"1s\" }\nhost = { client = { time_wait = \"200ms\" } }\n\
    [[connection]]\nfrom = \"client:5555\"\nsend = [{ from = \"client\", bytes = 100 }]\n\
    close = { first = \"client\", after = \"200ms\" }\n";

#[test]
fn one_connection_from_open_to_close() {
    let run = run(ONE);
    expect(
        &run,
        Period::WholeRun,
        &[
            // 50 ms with the client in SYN-SENT, 50 ms with it ESTABLISHED.
            ("embryonic.area", "0.1"),
            ("embryonic.mean", "0.1"),
            ("embryonic.max", "1"),
            ("embryonic.final", "0"),
            ("embryonic.entered", "1"),
            ("embryonic.reaped.ack", "1"),
            ("embryonic.reaped.censored", "0"),
            ("embryonic.lifetime.mean", "0.1"),
            ("embryonic.lifetime.q50", "0.1"),
            ("embryonic.lifetime.q99", "0.1"),
            ("embryonic.opening.area", "0.05"),
            ("embryonic.client_open.area", "0.05"),
            ("embryonic.stale.entered", "0"),
            ("embryonic.stale.lifetime.q50", "-"),
            // It is there for a tenth of the time.
            ("embryonic.q50", "0"),
            ("embryonic.q95", "1"),
            ("embryonic.q99", "1"),
            // The rfc9293 profile keeps 280 bytes for every entry.
            ("embryonic.bytes_area", "28"),
            ("opening.bytes_area", "14"),
            // From 150 ms to the client's CLOSE at 300 ms.
            ("open.area", "0.15"),
            ("open.reaped.close", "1"),
            ("open.bytes_area", "42"),
            // From the FIN at 300 ms to the ACK of the server's at 450 ms.
            ("closing.area", "0.15"),
            // The client is there from 400 ms to 600 ms; the server answered from LAST-ACK to 450 ms.
            ("time_wait.area", "0.15"),
            ("time_wait.reaped.expired", "1"),
            ("connections.opened", "1"),
            ("connections.established", "1"),
            ("connect_failure_probability", "0"),
            ("connect_time.q50", "0.1"),
            // SYN, SYN,ACK, ACK with the text, ACK, FIN, FIN, ACK.
            ("segments_sent", "7"),
            ("segments_per_connection", "7"),
            ("goodput", "100"),
            ("wasted_state_ratio", "0"),
            ("backlog_drop_probability.legit", "0"),
            ("backlog_drop_probability.legit_all", "0"),
            ("backlog_drop_probability.attack", "-"),
            ("amplification", "-"),
            ("time_to_recovery", "-"),
            ("synack_rexmit_per_stale_syn", "-"),
            ("client.ActiveOpens", "1"),
            ("server.PassiveOpens", "1"),
            ("server.InSegs", "4"),
            ("client.InSegs", "3"),
        ],
    );
    assert_eq!(value(&run, Period::AfterFault, "segments_sent"), "-");
}

#[test]
fn a_run_that_ends_first_cuts_stays_short() {
    let run = run(&ONE.replace("\"1s\"", "\"120ms\""));
    expect(
        &run,
        Period::WholeRun,
        &[
            ("embryonic.final", "1"),
            ("embryonic.entered", "1"),
            ("embryonic.reaped.ack", "0"),
            ("embryonic.reaped.censored", "1"),
            ("embryonic.lifetime.mean", "-"),
            ("embryonic.lifetime.q50", "-"),
            ("embryonic.area", "0.07"),
            // The SYN,ACK acknowledges.
            ("embryonic.opening.reaped.ack", "1"),
        ],
    );
}

/// Of OPENs at 0 s, 1 s, ... 9 s, the one at 2 s is the first that counts.
#[test]
fn what_happens_when_the_warm_up_ends_counts() {
    let load = "run = { seed = 1, until = \"9.5s\", warmup = \"2s\" }\n\
                load.main = { arrivals = { constant = \"1/s\" } }\n";
    expect(&run(load), Period::WholeRun, &[("connections.opened", "8")]);
}

#[test]
fn nothing_before_the_warm_up_counts() {
    let run = run(&ONE.replace("until = \"1s\"", "until = \"1s\", warmup = \"200ms\""));
    expect(
        &run,
        Period::WholeRun,
        &[
            ("embryonic.area", "0"),
            ("embryonic.max", "0"),
            ("embryonic.entered", "0"),
            ("embryonic.lifetime.q50", "-"),
            ("open.area", "0.1"),
            ("open.mean", "0.125"),
            // It had been there since 150 ms when it was closed.
            ("open.lifetime.mean", "0.15"),
            ("open.entered", "0"),
            ("open.reaped.close", "1"),
            ("connections.opened", "0"),
            ("connect_time.q50", "-"),
            ("server.PassiveOpens", "0"),
            // FIN, FIN,ACK, ACK; the ACK of the text was sent at 150 ms.
            ("segments_sent", "3"),
            ("server.InSegs", "2"),
        ],
    );
}

/// Ten forged SYNs, at 100 ms, 200 ms, ..., 1 s, for a SYN queue with room for four.
const FLOOD: &str = "host = { server = { backlog = 4, r2_synack = \"4s\" } }\n\
    [load.attack]\narrivals = { constant = \"10/s\" }\ncount = 10\n\
    syn_flood = { spoofed = true, responds = \"never\" }\n";

#[test]
fn a_flood_that_nobody_answers() {
    let run = run(&format!("run = {{ seed = 1, until = \"10s\" }}\n{FLOOD}"));
    expect(
        &run,
        Period::WholeRun,
        &[
            ("backlog_drop_probability.attack", "0.6"),
            ("backlog_drop_probability.attack_all", "0.6"),
            ("backlog_drop_probability.legit", "-"),
            ("embryonic.max", "4"),
            ("embryonic.stale.reaped.timeout", "4"),
            ("embryonic.stale.lifetime.q50", "4"),
            // SYN,ACKs again 1 s and 3 s after the first.
            ("synack_sent", "12"),
            ("synack_rexmit_per_stale_syn", "2"),
            // Ten SYNs of 40 bytes in, twelve SYN,ACKs of 44 (with the MSS option) out.
            ("amplification", "1.32"),
            ("wasted_state_ratio", "1"),
            ("segments_per_connection", "-"),
            // The last SYN leaves at 1 s, the last entry (made at 450 ms) goes at 4.45 s.
            ("time_to_recovery", "3.45"),
            ("connections.opened", "0"),
            ("server.ListenDrops", "6"),
            ("server.TCPReqQFullDrop", "6"),
            ("server.TCPTimeouts", "4"),
            ("server.RetransSegs", "8"),
            ("client.OutSegs", "0"),
        ],
    );
}

#[test]
fn a_server_that_has_not_recovered() {
    let run = run(&format!("run = {{ seed = 1, until = \"2s\" }}\n{FLOOD}"));
    assert_eq!(value(&run, Period::WholeRun, "time_to_recovery"), "-");
    assert_eq!(
        value(&run, Period::WholeRun, "embryonic.reaped.censored"),
        "4"
    );
}

#[test]
fn cookies_keep_nothing_to_recover_from() {
    let run = run(&format!(
        "run = {{ seed = 1, until = \"10s\", policies = [\"cookies\"] }}\n{FLOOD}"
    ));
    expect(
        &run,
        Period::WholeRun,
        &[
            ("backlog_drop_probability.attack", "0"),
            ("time_to_recovery", "0"),
            ("server.SyncookiesSent", "10"),
            ("server.TCPReqQFullDoCookies", "10"),
            ("amplification", "1.1"),
        ],
    );
}

#[test]
fn an_open_that_is_refused_has_failed() {
    let refused = "run = { seed = 1, until = \"1s\" }\nhost = { server = { passive_open = [] } }\n\
        [[connection]]\nfrom = \"client:5555\"\n";
    expect(
        &run(refused),
        Period::WholeRun,
        &[
            ("connect_failure_probability", "1"),
            ("connections.opened", "1"),
            ("connections.established", "0"),
            ("opening.reaped.rst", "1"),
            ("opening.lifetime.mean", "0.1"),
            ("client.AttemptFails", "1"),
            ("backlog_drop_probability.legit", "-"),
        ],
    );
}

/// The client's first SYN is held until its connection is gone; the server's answer is refused.
#[test]
fn after_the_fault_counts_from_the_release() {
    let stale = "run = { seed = 1, until = \"10s\" }\n\
        host = { client = { time_wait = \"0s\" } }\n\
        [[connection]]\nfrom = \"client:5555\"\nclose = { first = \"client\" }\n\
        [[fault]]\nid = \"old\"\nmatch = { link = \"c2s\", flags = \"SYN\", nth = 1 }\n\
        hold_until = { at = \"5s\" }\n";
    let run = run(stale);
    expect(
        &run,
        Period::AfterFault,
        &[
            ("embryonic.stale.area", "0.1"),
            ("embryonic.entered", "1"),
            ("embryonic.reaped.rst", "1"),
            ("embryonic.reaped.ack", "0"),
            ("embryonic.lifetime.q50", "0.1"),
            // 100 ms of 5 s.
            ("embryonic.mean", "0.02"),
            ("embryonic.q95", "0"),
            ("embryonic.q99", "1"),
            ("wasted_state_ratio", "1"),
            ("segments_sent", "2"),
            ("server.InSegs", "2"),
            ("server.PassiveOpens", "1"),
            ("client.OutRsts", "1"),
            ("client.ActiveOpens", "0"),
            ("connections.opened", "0"),
            ("synack_rexmit_per_stale_syn", "0"),
        ],
    );
    expect(
        &run,
        Period::WholeRun,
        &[
            ("embryonic.entered", "2"),
            ("embryonic.area", "0.2"),
            ("embryonic.reaped.rst", "1"),
            ("embryonic.reaped.ack", "1"),
            ("connections.opened", "1"),
            ("server.PassiveOpens", "2"),
        ],
    );
}

#[test]
fn series_and_lifetimes_are_those_of_the_metrics() {
    let campaign = campaign(&ONE.replace("seed = 1,", "seed = 1, replications = 2,"));
    let point = &campaign.points[0];
    let (runs, detail) = (&point.replications, &point.detail);
    for class in Class::ALL {
        let of = |statistic| {
            let metric = Metric::Class(class, statistic);
            let period = Period::WholeRun;
            runs.get(0, MetricKey { period, metric })
        };
        let series = detail.series(class).expect("it is kept");
        let area: u128 = (0..BINS).map(|part| series.area(part)).sum();
        assert_eq!(
            i128::try_from(area).ok(),
            of(Statistic::Area),
            "{}",
            class.name()
        );
        let max = (0..BINS).map(|part| series.max(part)).max();
        assert_eq!(
            max.map(|max| i128::from(max) * 1_000_000_000),
            of(Statistic::Max)
        );
        let lifetimes = detail.lifetimes(class).expect("they are kept");
        let median = Survival::of(&[lifetimes]).quantile(50);
        assert_eq!(median.map(i128::from), of(Statistic::LifetimeMedian));
    }
    let open = detail.series(Class::Open).expect("it is kept");
    let inside = (0..BINS)
        .filter(|&part| open.mean(part) == 1_000_000_000)
        .count();
    assert_eq!(inside, 76, "150 ms of a second in parts of 1/512 s");
}

/// The sizes of what each profile keeps, where the server is what counts.
#[test]
fn memory_is_that_of_the_servers_stack() {
    for (profile, embryonic, open) in [
        ("rfc9293", "28", "42"),
        ("linux-6", "30.4", "355.2"),
        ("freebsd", "16", "110.4"),
        ("lwip", "16.4", "24.6"),
    ] {
        let text = ONE.replace(
            "host = { client",
            &format!("host = {{ server = {{ profile = \"{profile}\" }}, client"),
        );
        let expected = [
            ("embryonic.bytes_area", embryonic),
            ("open.bytes_area", open),
            // Only the client's.
            ("opening.bytes_area", "14"),
        ];
        expect(&run(&text), Period::WholeRun, &expected);
    }
}

/// Early reuse of ports, a flood and a queue that is too small: whatever happens, the books of
/// every class agree.
#[test]
fn the_metrics_of_a_class_agree_with_each_other() {
    let run = run(
        "run = { seed = 7, until = \"60s\", policies = [\"syn-cache\"] }\n\
        [host.server]\nprofile = \"linux-6\"\nbacklog = 12\n\
        [host.client]\ntime_wait = \"1s\"\n\
        [load.legit]\narrivals = { poisson = \"20/s\" }\nclients = 10\nport_pool = 8\n\
        transfer = { bytes = 3000 }\n\
        [load.attack]\narrivals = { poisson = \"10/s\" }\nsyn_flood = { responds = \"never\" }\n",
    );
    let get = |metric| {
        let period = Period::WholeRun;
        run.get(0, MetricKey { period, metric }).unwrap_or_default()
    };
    let mut seen = 0;
    for class in Class::ALL {
        let of = |statistic| get(Metric::Class(class, statistic));
        let reaped: i128 = Exit::ALL
            .into_iter()
            .map(|exit| get(Metric::Reaped(class, exit)))
            .sum();
        let name = class.name();
        assert_eq!(reaped, of(Statistic::Entered), "{name}: all that came went");
        let censored = get(Metric::Reaped(class, Exit::Censored));
        assert_eq!(censored, of(Statistic::Final), "{name}: or are there");
        let quantiles = [
            Statistic::Median,
            Statistic::Q95,
            Statistic::Q99,
            Statistic::Max,
        ]
        .map(of);
        assert!(quantiles.is_sorted(), "{name}: {quantiles:?}");
        let difference = of(Statistic::Mean) * 60 - of(Statistic::Area);
        assert!(
            difference.abs() <= 30,
            "{name}: the mean is rounded to billionths"
        );
        seen += i128::from(reaped > 0);
    }
    assert!(seen >= 6, "the run is busy enough");
}

/// Whoever writes counts as whole numbers loses nothing.
#[test]
fn what_is_said_to_be_whole_is_whole() {
    let text = "run = { seed = 1, until = \"20s\", replications = 3, policies = [\"three-way\", \
        \"two-way\", \"cookies\", \"tfo\"] }\n\
        host = { server = { backlog = 4, accept_rate = \"3/s\" } }\n\
        load.main = { arrivals = { poisson = \"5/s\" }, transfer = { bytes = 100 } }\n\
        load.flood = { arrivals = { poisson = \"3/s\" }, \
        syn_flood = { spoofed = true, responds = \"never\" } }\n\
        [[fault]]\nid = \"loss\"\nmatch = { probability = \"20%\" }\ndrop = true\n\
        [[fault]]\nid = \"old\"\nmatch = { flags = \"SYN\", nth = 1 }\nreplay = { at = \"7s\" }\n";
    let mut seen = 0;
    for point in campaign(text).points {
        for (period, metric) in [Period::WholeRun, Period::AfterFault]
            .into_iter()
            .flat_map(|period| Metric::all().map(move |metric| (period, metric)))
            .filter(|(_, metric)| metric.is_whole())
        {
            let values = point.replications.values(MetricKey { period, metric });
            for value in values.flatten() {
                assert_eq!(value % 1_000_000_000, 0, "{metric}");
                seen += usize::from(value != 0);
            }
        }
    }
    assert!(seen > 500, "hardly anything occurs: {seen}");
}
