//! What experiment files mean: defaults, settings and names as the plan has them.

use std::net::IpAddr;
use std::time::Duration;

use netsim::{Distribution, LossConfig, Probability};
use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::{
    Action, ActiveOpen, Arrivals, Check, Close, End, First, FlagPattern, HostId, LinkId, Metric,
    Moment, Occurrence, Period, Plan, SequenceExpression, SequenceOrigin, TransferSize,
};
use tcp_core::{Flags, GiveUp, Handshake, KeepAlive, Phase, Unexpected};

/// The least that can be run, and then `rest`.
fn plan(rest: &str) -> Plan {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"100s\" }}\n{rest}\n\
         [link.c2s]\n[link.s2c]\n[[connection]]\nfrom = \"client:5555\"\n"
    );
    match Experiment::parse("x.toml", &text, &[]) {
        Ok(experiment) => experiment.plan,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

/// The plan with these settings of the server.
fn server(settings: &str) -> Plan {
    plan(&format!("[host.server]\n{settings}"))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn percent(count: u64) -> Probability {
    Probability::percent(count).expect("at most 100")
}

#[test]
fn what_is_not_written_has_its_default() {
    let plan = plan("");
    assert_eq!(plan.title.en, "x");
    assert_eq!(plan.title.zh, "x");
    assert_eq!(plan.lesson.en, "");
    assert_eq!(plan.run.replications, 1);
    assert_eq!(plan.run.policies, [Handshake::ThreeWay]);
    let [client, server] = plan.hosts.as_slice() else {
        panic!("two hosts")
    };
    assert_eq!(
        (client.name.as_str(), server.name.as_str()),
        ("client", "server")
    );
    assert_eq!(
        client.addresses,
        ["10.1.0.1".parse::<IpAddr>().expect("valid")]
    );
    assert_eq!(
        server.addresses,
        ["10.2.0.1".parse::<IpAddr>().expect("valid")]
    );
    assert_eq!(server.config, tcp_core::Profile::Rfc9293.config());
    assert_eq!(server.listen, tcp_core::Profile::Rfc9293.listen_config());
    assert!(client.passive_open.is_empty());
    assert_eq!(server.passive_open, [80]);
    assert!(server.power_off.is_none());
    assert_eq!(plan.link_between(HostId(0), HostId(1)), Some(LinkId(0)));
    assert_eq!(plan.link_between(HostId(1), HostId(0)), Some(LinkId(1)));
    assert_eq!(plan.link_between(HostId(1), HostId(1)), None);
    let [connection] = plan.connections.as_slice() else {
        panic!("one connection")
    };
    assert_eq!((connection.to.host, connection.to.port), (HostId(1), 80));
    assert_eq!(connection.active_open, ActiveOpen::At(Duration::ZERO));
    assert_eq!(connection.close, None);
    assert!(!plan.has_time_after_fault());
}

#[test]
fn names_of_settings_are_those_of_rfc_and_linux() {
    let config = |settings: &str| server(settings).hosts[1].config.clone();
    assert_eq!(config("rcv_wnd = 1000").receive_buffer, 1000);
    assert_eq!(config("window_scale = 7").window_scale, Some(7));
    assert_eq!(
        config("profile = \"linux-6\"\nwindow_scale = \"off\"").window_scale,
        None
    );
    assert_eq!(
        config("synack_retries = 2").give_up_synack,
        GiveUp::Retries(2)
    );
    assert_eq!(
        config("r2_synack = \"9s\"").give_up_synack,
        GiveUp::After(seconds(9))
    );
    assert_eq!(config("retries2 = 8").give_up_data, GiveUp::Retries(8));
    assert_eq!(
        config("orphan_retries = 1").give_up_orphan,
        GiveUp::Retries(1)
    );
    assert_eq!(
        config("user_timeout = \"5s\"").user_timeout,
        Some(seconds(5))
    );
    assert_eq!(config("fin_timeout = \"off\"").fin_timeout, None);
    assert_eq!(
        config("client_on_unexpected = \"ignore\"").client_on_unexpected,
        Unexpected::Ignore
    );
    assert!(config("tw_reuse = true").time_wait_reuse_by_timestamp);
    assert_eq!(
        config("ephemeral_ports = [1000, 1999]").ephemeral_ports,
        1000..=1999
    );
    let blind = config("rfc5961 = false").blind_attack;
    assert!(!blind.rst && !blind.syn && !blind.ack);
    let blind = config("rfc5961 = { ack = false }").blind_attack;
    assert!(blind.rst && blind.syn && !blind.ack);
    let plan = server("profile = \"linux-6\"\nbacklog = 7\nmax_syn_backlog = \"off\"");
    let listen = &plan.hosts[1].listen;
    assert_eq!((listen.backlog, listen.max_syn_backlog), (7, None));
}

#[test]
fn linux_counts_the_retries_of_a_syn_without_the_linear_ones() {
    // The core adds the linear ones; the file must not add them too.
    for settings in ["profile = \"linux-6\"\nsyn_linear_timeouts = 3", ""] {
        let plan = server(&format!("{settings}\nsyn_retries = 2"));
        assert_eq!(plan.hosts[1].config.give_up_syn, GiveUp::Retries(2));
    }
}

#[test]
fn syncookies_choose_the_policy() {
    let policies = |value: u8| server(&format!("syncookies = {value}")).run.policies;
    assert_eq!(policies(0), [Handshake::ThreeWay]);
    assert_eq!(policies(1), [Handshake::CookiesOnOverflow]);
    assert_eq!(policies(2), [Handshake::Cookies]);
    let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n[link.c2s]\n[link.s2c]\n\
                [host.server]\nsyncookies = 2\n[[connection]]\nfrom = \"client:1\"\n";
    let chosen = [Override::option(
        "--policy",
        "run.policies",
        "[\"two-way\"]",
    )];
    let plan = Experiment::parse("x.toml", text, &chosen)
        .expect("it is good")
        .plan;
    assert_eq!(plan.run.policies, [Handshake::TwoWay]);
}

#[test]
fn time_wait_follows_the_segment_lifetime_unless_it_is_set() {
    let time_wait = |settings: &str| server(settings).hosts[1].config.time_wait;
    assert_eq!(time_wait("msl = \"10s\""), seconds(20));
    assert_eq!(
        time_wait("msl = \"10s\"\ntime_wait = \"0s\""),
        Duration::ZERO
    );
}

#[test]
fn keepalive_may_be_written_in_part() {
    let keepalive = |settings: &str| server(settings).hosts[1].config.keepalive;
    assert_eq!(keepalive(""), None);
    assert_eq!(keepalive("keepalive = {}"), Some(KeepAlive::DEFAULT));
    let expected = KeepAlive {
        probes: 2,
        ..KeepAlive::DEFAULT
    };
    assert_eq!(keepalive("keepalive = { probes = 2 }"), Some(expected));
    assert_eq!(keepalive("keepalive = \"off\""), None);
}

#[test]
fn addresses_come_from_a_block_of_the_host_and_other_hosts_do_not_move_them() {
    let more = "[host.a]\n[host.client]\naddresses = 300\n[link.x]\nfrom = \"client\"\nto = \"a\"";
    let plan = plan(more);
    let client = plan
        .hosts
        .iter()
        .find(|host| host.name == "client")
        .expect("always there");
    assert_eq!(client.addresses.len(), 300);
    assert_eq!(client.addresses[0].to_string(), "10.1.0.1");
    assert_eq!(client.addresses[299].to_string(), "10.1.1.44");
    assert_eq!(plan.hosts[0].addresses[0].to_string(), "10.3.0.1");
}

#[test]
fn a_host_that_listens_on_nothing_can_be_connected_to() {
    assert!(server("passive_open = []").hosts[1].passive_open.is_empty());
}

#[test]
fn impairments_are_those_of_netem() {
    let link = |settings: &str| {
        let text = format!(
            "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"9s\" }}\n[link.s2c]\n[link.c2s]\n\
             {settings}\n[[connection]]\nfrom = \"client:5555\"\n"
        );
        let experiment = Experiment::parse("x.toml", &text, &[]).expect("it is good");
        experiment.plan.links[0].config.clone()
    };
    let plain = link("delay = \"50ms\"").delay.expect("set");
    assert_eq!(
        (plain.time, plain.jitter),
        (Duration::from_millis(50), Duration::ZERO)
    );
    let shaped = "delay = { time = \"50ms\", jitter = \"5ms\", correlation = \"25%\", distribution = \
                  { weibull = { shape = 0.5 } } }";
    let shaped = link(shaped).delay.expect("set");
    assert_eq!(shaped.correlation, Some(percent(25)));
    assert!(matches!(shaped.distribution, Distribution::Weibull { .. }));
    assert_eq!(
        link("loss = \"1%\"").loss,
        Some(LossConfig::random(percent(1)))
    );
    assert_eq!(
        link("loss.random = \"1%\"").loss,
        Some(LossConfig::random(percent(1)))
    );
    let chain =
        link("loss.gemodel = { p = \"1%\", r = \"30%\", 1-h = \"80%\", 1-k = \"0%\" }").loss;
    let expected = LossConfig::gilbert_elliott(
        percent(1),
        Some(percent(30)),
        Some(percent(80)),
        Some(Probability::ZERO),
    );
    assert_eq!(chain, Some(expected));
    let rate = link("rate = { rate = \"1mbit\", packetoverhead = -14 }")
        .rate
        .expect("set");
    assert_eq!(
        (rate.bits_per_second, rate.packet_overhead),
        (1_000_000, -14)
    );
    let reorder = link("delay = \"1ms\"\nreorder = { percent = \"25%\", gap = 5 }").reorder;
    assert_eq!(reorder.expect("set").gap, 5);
    let duplicate = link("duplicate = \"0.5%\"").duplicate.expect("set");
    assert_eq!(duplicate.percent, Probability::new(5, 1000).expect("valid"));
    let outages =
        link("blackout = [{ from = \"1s\", until = \"2s\" }, { from = \"5s\" }]").blackout;
    assert_eq!(outages.len(), 2);
    assert_eq!(outages[1].until, None);
    assert!(link("fifo = true").fifo);
    assert_eq!(
        link("max_lifetime = \"2min\"").max_lifetime,
        Some(seconds(120))
    );
}

#[test]
fn loads_deal_their_clients_out_over_addresses_and_ports() {
    let plan = plan(
        "[host.client]\naddresses = 2\n[load.main]\narrivals = { poisson = \"5/s\" }\nclients = 5\n\
         port_pool = 10\nstop = \"500s\"\ntransfer = { bytes = { exponential = 2000 } }\n\
         first_sender = \"server\"\nclose = { first = \"server\", second_after = \"1s\" }",
    );
    let [load] = plan.loads.as_slice() else {
        panic!("one load")
    };
    assert!(matches!(load.arrivals, Arrivals::Poisson(_)));
    assert_eq!((load.start, load.stop), (Duration::ZERO, seconds(100)));
    assert_eq!(load.transfer.first_sender, End::Server);
    assert_eq!(load.transfer.size, TransferSize::Exponential { mean: 2000 });
    let close = Close {
        first: First::One(End::Server),
        second_after: Duration::from_secs(1),
        ..Close::AT_ONCE
    };
    assert_eq!(load.close, Some(close));
    // Clients 0, 2 and 4 share the first address: pools of 10 from the first ephemeral port on.
    let first = *plan.hosts[0].config.ephemeral_ports.start();
    assert_eq!(load.first_port, first);
    assert_eq!(load.port(0, 0, 2), first);
    assert_eq!(load.port(0, 9, 2), first + 9);
    assert_eq!(load.port(0, 10, 2), first);
    assert_eq!(load.port(1, 0, 2), first);
    assert_eq!(load.port(2, 0, 2), first + 10);
    assert_eq!(load.port(4, 3, 2), first + 23);
}

#[test]
fn flags_mean_a_kind_of_segment_or_single_bits() {
    let pattern = |flags: &str| {
        let fault = format!("[[fault]]\nid = \"f\"\nmatch = {{ flags = {flags} }}\ndrop = true");
        plan(&fault).faults[0].pattern.flags
    };
    let syn = pattern("\"SYN\"");
    assert!(syn.matches(Flags::SYN) && syn.matches(Flags::SYN | Flags::ECE | Flags::CWR));
    assert!(!syn.matches(Flags::SYN | Flags::ACK) && !syn.matches(Flags::NONE));
    let ack = pattern("\"ACK\"");
    assert!(ack.matches(Flags::ACK | Flags::PSH) && !ack.matches(Flags::ACK | Flags::FIN));
    let some = pattern("{ all = \"ACK\", none = \"SYN\" }");
    assert!(some.matches(Flags::ACK | Flags::FIN) && !some.matches(Flags::ACK | Flags::SYN));
    assert_eq!(
        plan("[[fault]]\nid = \"f\"\ndrop = true").faults[0]
            .pattern
            .flags,
        FlagPattern::ANY
    );
}

#[test]
fn faults_wait_for_times_states_and_each_other() {
    let plan = plan(
        "[[fault]]\nid = \"a\"\nmatch = { link = \"s2c\", nth = [3, 1] }\nhold_until = { at = \"5s\" }\n\
         [[fault]]\nid = \"b\"\nreplay = { event = \"server.state == LAST-ACK\", plus = \"1s\" }\n\
         [[fault]]\nid = \"c\"\nhold_until = { event = \"a lost\" }",
    );
    assert_eq!(plan.faults[0].nth, Occurrence::Listed(vec![1, 3]));
    assert_eq!(plan.faults[0].pattern.link, Some(LinkId(1)));
    assert_eq!(
        plan.faults[0].action,
        Action::HoldUntil(Moment::At(seconds(5)))
    );
    let (host, phase, plus) = (HostId(1), Phase::LastAck, seconds(1));
    assert_eq!(
        plan.faults[1].action,
        Action::Replay(Moment::Enters { host, phase, plus })
    );
    let (fault, ending, plus) = (0, netsim::Ending::Lost, Duration::ZERO);
    assert_eq!(
        plan.faults[2].action,
        Action::HoldUntil(Moment::Fate {
            fault,
            ending,
            plus
        })
    );
    assert!(plan.has_time_after_fault());
}

/// The checks of the only expectation, which has this body.
fn checks(body: &str) -> Vec<Check> {
    let plan = plan(&format!("[[expect]]\n{body}"));
    let [expectation] = plan.expectations.as_slice() else {
        panic!("one expectation")
    };
    assert_eq!(expectation.policy, Handshake::ThreeWay);
    expectation.checks.clone()
}

#[test]
fn bounds_are_exact() {
    let bound = |text: &str| {
        let checks = checks(&format!("whole_run = {{ {text} }}"));
        let [
            Check::Metric {
                period: Period::WholeRun,
                metric,
                bound,
            },
        ] = checks.as_slice()
        else {
            panic!("one metric");
        };
        (*metric, bound.least, bound.greatest)
    };
    let one = 1_000_000_000;
    let synacks = Metric::from_name("synack_sent").expect("known");
    let area = Metric::from_name("embryonic.area").expect("known");
    assert_eq!(bound("synack_sent = 1"), (synacks, Some(one), Some(one)));
    assert_eq!(
        bound("synack_sent = \">= 2\""),
        (synacks, Some(2 * one), None)
    );
    assert_eq!(
        bound("synack_sent = \"> 2\""),
        (synacks, Some(2 * one + 1), None)
    );
    assert_eq!(
        bound("synack_sent = \"< 2\""),
        (synacks, None, Some(2 * one - 1))
    );
    assert_eq!(
        bound("synack_sent = \"1..3\""),
        (synacks, Some(one), Some(3 * one))
    );
    assert_eq!(
        bound("\"embryonic.area\" = \"0.1s\""),
        (area, Some(one / 10), Some(one / 10))
    );
    assert_eq!(
        bound("\"embryonic.area\" = \"1ms..1s\""),
        (area, Some(one / 1000), Some(one))
    );
    let mean = bound("\"embryonic.mean\" = 0.061");
    assert_eq!((mean.1, mean.2), (Some(61_000_000), Some(61_000_000)));
}

#[test]
fn a_mean_is_compared_without_division() {
    let checks = checks("whole_run = { synack_sent = \"0.3..0.4\" }");
    let [Check::Metric { bound, .. }] = checks.as_slice() else {
        panic!("one metric")
    };
    assert!(
        bound.admits_mean(1_000_000_000, 3),
        "a third lies between 0.3 and 0.4"
    );
    assert!(!bound.admits_mean(1_000_000_000, 4));
    assert!(bound.admits(300_000_000) && !bound.admits(299_999_999));
}

#[test]
fn segments_are_read_with_times_links_and_symbols() {
    let checks = checks(
        "whole_run = { segments = [\"1.05s s2c SYN,ACK seq=k2 ack=j+1\", \"c2s PSH,ACK seq=1001 \
         len=10\"] }",
    );
    let [Check::Segments { segments, .. }] = checks.as_slice() else {
        panic!("segments")
    };
    let [first, second] = segments.as_slice() else {
        panic!("two")
    };
    assert_eq!(first.at, Some(Duration::from_millis(1050)));
    assert_eq!(
        (first.link, first.flags),
        (LinkId(1), Flags::SYN | Flags::ACK)
    );
    let symbol = |origin, offset| Some(SequenceExpression { origin, offset });
    assert_eq!(first.seq, symbol(SequenceOrigin::Server(2), 0));
    assert_eq!(first.ack, symbol(SequenceOrigin::Client(1), 1));
    assert_eq!((second.at, second.link), (None, LinkId(0)));
    assert_eq!(second.seq, symbol(SequenceOrigin::Zero, 1001));
    assert_eq!((second.ack, second.len), (None, Some(10)));
}

#[test]
fn checks_keep_the_order_of_the_file() {
    let checks = checks(
        "client_states = [\"CLOSED\"]\nwhole_run = { synack_sent = 1, \"embryonic.max\" = 1, rst_sent = 0 }",
    );
    let names: Vec<String> = checks
        .iter()
        .map(|check| match check {
            Check::Metric { metric, .. } => metric.to_string(),
            Check::States { .. } => "states".to_owned(),
            Check::Segments { .. } => "segments".to_owned(),
        })
        .collect();
    assert_eq!(
        names,
        ["states", "synack_sent", "embryonic.max", "rst_sent"]
    );
}

#[test]
fn an_expectation_without_a_policy_is_about_each() {
    let text = "schema = 1\nname = \"x\"\n[run]\nseed = 1\nuntil = \"9s\"\npolicies = [\"two-way\", \
                \"three-way\"]\n[link.c2s]\n[link.s2c]\n[[connection]]\nfrom = \"client:1\"\n\
                [[expect]]\nwhole_run = { rst_sent = 0 }\n";
    let plan = Experiment::parse("x.toml", text, &[])
        .expect("it is good")
        .plan;
    let policies: Vec<Handshake> = plan.expectations.iter().map(|one| one.policy).collect();
    assert_eq!(policies, [Handshake::TwoWay, Handshake::ThreeWay]);
}

#[test]
fn an_expectation_is_about_the_policies_that_it_names() {
    let parse = |names: &str| {
        let text = format!(
            "schema = 1\nname = \"x\"\n[run]\nseed = 1\nuntil = \"9s\"\npolicies = [\"two-way\", \
             \"three-way\", \"cookies\"]\n[link.c2s]\n[link.s2c]\n[[connection]]\nfrom = \"client:1\"\n\
             [[expect]]\npolicy = {names}\nwhole_run = {{ rst_sent = 0 }}\n"
        );
        Experiment::parse("x.toml", &text, &[])
    };
    let plan = parse("[\"cookies\", \"two-way\"]")
        .expect("it is good")
        .plan;
    let policies: Vec<Handshake> = plan.expectations.iter().map(|one| one.policy).collect();
    assert_eq!(policies, [Handshake::Cookies, Handshake::TwoWay]);
    for (names, title) in [
        ("[]", "a list of policies names at least one"),
        (
            "[\"tfo\"]",
            "policy `tfo` does not run, so nothing can be expected of it",
        ),
        (
            "[\"cookies\", \"cookies\"]",
            "policy `cookies` is named twice",
        ),
        (
            "3",
            "expected the name of a policy, or a list of names, found integer `3`",
        ),
    ] {
        let rejection = parse(names).expect_err(names);
        assert_eq!(rejection.diagnostics[0].title, title);
    }
}
