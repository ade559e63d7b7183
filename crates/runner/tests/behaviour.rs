//! What hosts, applications and faults do, seen from the numbers of small experiments.

use runner::campaign::{Campaign, Point};
use runner::experiment::Experiment;
use runner::ladder::{Ladder, draw};
use runner::language::Language;
use runner::metrics::decimal;
use runner::plan::{End, Metric, MetricKey, Period};
use runner::story::Story;
use runner::trace::What;
use tcp_core::Phase;

/// Two hosts 50 ms apart, one connection unless `rest` says more.
fn small(rest: &str) -> Experiment {
    let text = format!(
        "schema = 1\nname = \"small\"\n[run]\nseed = 1\nuntil = \"100s\"\n\
         [link.c2s]\ndelay = \"50ms\"\n[link.s2c]\ndelay = \"50ms\"\n{rest}"
    );
    match Experiment::parse("small.toml", &text, &[]) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

const CONNECTION: &str = "[[connection]]\nfrom = \"client:5555\"\n\
                          iss = { client = 100, server = 300 }\n";

fn run(experiment: &Experiment) -> Campaign {
    match Campaign::run(&experiment.plan, None, &|| {}) {
        Ok(campaign) => campaign,
        Err(error) => panic!("{error}"),
    }
}

/// The first policy's value of a metric, of one run, in its unit.
fn value(point: &Point, name: &str) -> String {
    let (period, name) = match name.strip_prefix("after_fault.") {
        Some(name) => (Period::AfterFault, name),
        None => (Period::WholeRun, name),
    };
    let metric = Metric::from_name(name).expect(name);
    let summary = point.summary(MetricKey { period, metric });
    summary.map_or_else(|| "-".to_owned(), |found| decimal(found.sum))
}

fn assert_values(campaign: &Campaign, expected: &[(&str, &str)]) {
    for (name, wanted) in expected {
        assert_eq!(value(&campaign.points[0], name), *wanted, "{name}");
    }
}

fn stays(experiment: &Experiment, campaign: &Campaign, end: End) -> Vec<(Phase, u64)> {
    let trace = &campaign.points[0].trace;
    let stories = Story::all(&experiment.plan, trace, &campaign.points[0].shown);
    let millis = |stay: &runner::story::Stay| stay.since.as_nanos() / 1_000_000;
    let list = stories[0].stays(end);
    list.iter().map(|stay| (stay.phase, millis(stay))).collect()
}

#[test]
fn a_host_without_power_has_no_connections() {
    let experiment = small(&format!(
        "[host.client]\npower_off = {{ at = \"1s\" }}\n{CONNECTION}"
    ));
    let campaign = run(&experiment);
    assert_values(
        &campaign,
        &[
            ("open.area", "0.85"),
            ("orphan_established.area", "99"),
            ("orphan_established.final", "1"),
        ],
    );
    let states = stays(&experiment, &campaign, End::Client);
    assert_eq!(states.last(), Some(&(Phase::Closed, 1000)));
}

#[test]
fn a_server_that_loses_power_leaves_the_client_alone() {
    let experiment = small(&format!(
        "[host.server]\npower_off = {{ event = \"client.state == ESTABLISHED\", plus = \"1s\" }}\n\
         {CONNECTION}send = [{{ from = \"client\", bytes = 10, after = \"2s\" }}]\n"
    ));
    let campaign = run(&experiment);
    // ESTABLISHED at 0.1 s; what is sent at 2.1 s is never acknowledged.
    assert_values(
        &campaign,
        &[
            ("orphan_established.area", "98.9"),
            ("rst_sent", "0"),
            ("synack_sent", "1"),
        ],
    );
    let unheard = campaign.points[0]
        .trace
        .entries
        .iter()
        .filter(|entry| matches!(entry.what, What::Unheard(_)))
        .count();
    assert!(unheard >= 5, "the client sends again and again");
}

#[test]
fn power_can_depend_on_what_becomes_of_a_segment() {
    let experiment = small(&format!(
        "[host.client]\npower_off = {{ event = \"first delivered\" }}\n{CONNECTION}\
         [[fault]]\nid = \"first\"\nmatch = {{ link = \"s2c\", flags = \"SYN,ACK\", nth = 1 }}\n\
         delay_by = \"200ms\"\n"
    ));
    // The SYN,ACK arrives at 0.3 s at a host that is off from that moment on.
    let campaign = run(&experiment);
    let states = stays(&experiment, &campaign, End::Client);
    assert_eq!(
        states,
        [
            (Phase::Closed, 0),
            (Phase::SynSent, 0),
            (Phase::Closed, 300)
        ]
    );
}

#[test]
fn a_damaged_segment_is_discarded_and_sent_again() {
    let campaign = run(&small(&format!(
        "{CONNECTION}[[fault]]\nid = \"flip\"\nmatch = {{ flags = \"SYN\", nth = 1 }}\n\
         corrupt = true\n"
    )));
    assert_values(
        &campaign,
        &[("connect_time.max", "1.1"), ("synack_sent", "1")],
    );
}

#[test]
fn a_replayed_syn_meets_nobody() {
    let campaign = run(&small(&format!(
        "[host.client]\ntime_wait = \"0s\"\n{CONNECTION}close = {{ after = \"100ms\" }}\n\
         [[fault]]\nid = \"again\"\nmatch = {{ flags = \"SYN\", nth = 1 }}\n\
         replay = {{ event = \"client.state == CLOSED\", plus = \"1s\" }}\n"
    )));
    assert_values(
        &campaign,
        &[
            ("after_fault.embryonic.stale.area", "0.1"),
            ("after_fault.synack_sent", "1"),
            ("after_fault.segments_sent", "2"),
        ],
    );
    assert!(campaign.points[0].unmatched.is_empty());
}

#[test]
fn copies_are_no_release_and_a_fault_that_holds_for_ever_is_named() {
    let experiment = small(&format!(
        "{CONNECTION}[[fault]]\nid = \"copies\"\nmatch = {{ flags = \"SYN\", nth = 1 }}\n\
         duplicate = {{ copies = 2, spacing = \"100ms\" }}\n\
         [[fault]]\nid = \"hold\"\nmatch = {{ flags = \"SYN,ACK\", nth = 1 }}\n\
         hold_until = {{ event = \"server.state == CLOSE-WAIT\" }}\n"
    ));
    let campaign = run(&experiment);
    let point = &campaign.points[0];
    assert!(!point.has_time_after_fault());
    assert_eq!(point.holding, ["hold"]);
    assert_eq!(value(point, "after_fault.synack_sent"), "-");
}

#[test]
fn a_fault_can_depend_on_the_state_of_an_end() {
    // Only what the client sends while its server is in CLOSE-WAIT is dropped: nothing, for the
    // server leaves that state at once; and while it is ESTABLISHED: the FIN, once. `FIN` alone is
    // as good a name for it.
    for (flags, state, segments) in [
        ("FIN,ACK", "CLOSE-WAIT", 6),
        ("FIN,ACK", "ESTABLISHED", 7),
        ("FIN", "ESTABLISHED", 7),
        ("FIN,PSH", "ESTABLISHED", 6),
    ] {
        let campaign = run(&small(&format!(
            "{CONNECTION}close = {{ after = \"300ms\" }}\n[[fault]]\nid = \"cut\"\n\
             match = {{ link = \"c2s\", flags = \"{flags}\", state = \"server.state == {state}\", \
             nth = 1 }}\ndrop = true\n"
        )));
        assert_values(&campaign, &[("segments_sent", &segments.to_string())]);
    }
}

#[test]
fn a_middlebox_that_rewrites_makes_a_reset_of_a_syn_ack() {
    // The client's SYN is answered with what reads RST,ACK: it is refused, and says nothing more.
    // The server keeps its entry and its timer, until a SYN,ACK meets a client that is CLOSED.
    let campaign = run(&small(&format!(
        "{CONNECTION}[[fault]]\nid = \"box\"\nmatch = {{ flags = \"SYN,ACK\", nth = 1 }}\n\
         rewrite = {{ flags = \"RST,ACK\", seq = 0 }}\n"
    )));
    assert_values(
        &campaign,
        &[
            ("synack_sent", "2"),
            ("rst_sent", "1"),
            ("embryonic.area", "1.1"),
        ],
    );
}

#[test]
fn both_ends_talk_half_close_and_close() {
    let experiment = small(&format!(
        "{CONNECTION}send = [{{ from = \"client\", bytes = 10 }}, \
         {{ from = \"server\", bytes = 20000, after = \"500ms\" }}]\n\
         close = {{ first = \"client\", after = \"200ms\", second_after = \"1s\" }}\n"
    ));
    let campaign = run(&experiment);
    let states = stays(&experiment, &campaign, End::Server);
    let phases: Vec<Phase> = states.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(
        phases,
        [
            Phase::Listen,
            Phase::SynReceived,
            Phase::Established,
            Phase::CloseWait,
            Phase::LastAck,
            Phase::Listen
        ]
    );
    // The client closes at 0.3 s; the server reads that at 0.35 s and closes 1 s later.
    assert_eq!(states[4], (Phase::LastAck, 1350));
    assert_values(
        &campaign,
        &[("rst_sent", "0"), ("app_duplicate_bytes", "0")],
    );
}

#[test]
fn two_connections_of_one_four_tuple_have_their_own_numbers() {
    let experiment = small(&format!(
        "[host.client]\ntime_wait = \"0s\"\n{CONNECTION}close = {{ after = \"100ms\" }}\n\
         [[connection]]\nfrom = \"client:5555\"\niss = {{ client = 7000, server = 9000 }}\n\
         active_open = \"10s\"\n"
    ));
    let campaign = run(&experiment);
    let trace = &campaign.points[0].trace;
    let stories = Story::all(&experiment.plan, trace, &campaign.points[0].shown);
    assert_eq!(stories.len(), 1);
    assert_eq!(stories[0].origins(End::Client), [100, 7000]);
    assert_eq!(stories[0].origins(End::Server), [300, 9000]);
    assert_eq!(
        stories[0].relative(End::Client, 7011).as_deref(),
        Some("j2+11")
    );
    assert_eq!(stories[0].relative(End::Client, 99), None);
    assert_values(&campaign, &[("open.final", "1")]);
}

#[test]
fn a_load_opens_evenly_and_waits_for_no_port() {
    // Two ports a client and one connection a second, each of which stays in TIME-WAIT for ever:
    // after two OPENs no port is left.
    let load = |pool: u32| {
        small(&format!(
            "[host.client]\ntime_wait = \"1000s\"\n[load.main]\n\
             arrivals = {{ constant = \"1/s\" }}\nstop = \"10s\"\nclients = 1\n\
             port_pool = {pool}\ntransfer = {{ bytes = 3000 }}\nfirst_sender = \"server\"\n"
        ))
    };
    assert_values(
        &run(&load(2)),
        &[("time_wait.final", "2"), ("synack_sent", "2")],
    );
    let many = run(&load(20));
    assert_values(
        &many,
        &[("time_wait.final", "9"), ("connect_time.max", "0.1")],
    );
}

#[test]
fn a_ghost_that_reads_old_text_counts_its_bytes() {
    // The first SYN and the first text come again, one after the other, when the connection is
    // over. Under RFC 793's rule a two-way server takes the old text for new: the ACK in it is
    // older than the server's new number, as clock-driven numbers make it, and is ignored.
    let experiment = small(
        "[host.client]\ntime_wait = \"0s\"\n[host.server]\nrfc5961 = false\n\
         [[connection]]\nfrom = \"client:5555\"\n\
         send = [{ from = \"client\", bytes = 10 }]\nclose = { after = \"300ms\" }\n\
         [[fault]]\nid = \"syn\"\nmatch = { flags = \"SYN\", nth = 1 }\n\
         replay = { event = \"client.state == CLOSED\", plus = \"1s\" }\n\
         [[fault]]\nid = \"text\"\nmatch = { link = \"c2s\", payload = 10, nth = 1 }\n\
         replay = { event = \"client.state == CLOSED\", plus = \"1010ms\" }\n",
    );
    let mut plan = experiment.plan;
    for (policy, bytes, accepts) in [("two-way", "10", "1"), ("three-way", "0", "0")] {
        plan.run.policies = vec![tcp_core::Handshake::from_name(policy).expect("a policy")];
        let campaign = Campaign::run(&plan, None, &|| {}).expect("a good plan");
        assert_values(
            &campaign,
            &[
                ("app_duplicate_bytes", bytes),
                ("app_spurious_accepts", accepts),
            ],
        );
    }
}

/// The time at the left margin of a ladder's row and the one at the right, if there are any.
fn margins(row: &str) -> [Option<f64>; 2] {
    let left = row.split('│').next().unwrap_or_default();
    let right = row.rsplit('│').next().unwrap_or_default();
    let times = [
        left.split(' ').find(|word| !word.is_empty()),
        right.split(' ').next_back(),
    ];
    times.map(|time| time.and_then(|text| text.parse().ok()))
}

#[test]
fn time_runs_downwards_at_both_margins_of_every_ladder() {
    let mut crossings = 0;
    for seed in 0..40 {
        let mut experiment = small(&format!(
            "{CONNECTION}send = [{{ from = \"client\", bytes = 9000 }}, \
             {{ from = \"server\", bytes = 9000 }}]\n\
             close = {{ after = \"150ms\", second_after = \"90ms\" }}\n\
             [[fault]]\nid = \"late\"\nmatch = {{ link = \"c2s\", nth = [2, 5] }}\n\
             delay_by = \"700ms\"\n"
        ));
        experiment.plan.run.seed = seed;
        for link in &mut experiment.plan.links {
            link.config.delay = Some(netsim::DelayConfig {
                jitter: std::time::Duration::from_millis(40),
                ..netsim::DelayConfig::constant(std::time::Duration::from_millis(50))
            });
        }
        let campaign = run(&experiment);
        let trace = &campaign.points[0].trace;
        let stories = Story::all(&experiment.plan, trace, &campaign.points[0].shown);
        let page = draw(
            &Ladder::new(&experiment.plan, &stories[0]),
            Language::En,
            false,
        );
        let mut last = [0.0; 2];
        for row in page.lines().skip(2) {
            for (last, now) in last.iter_mut().zip(margins(row)) {
                let now = now.unwrap_or(*last);
                assert!(*last <= now, "seed {seed}: {row}\n{page}");
                *last = now;
            }
            crossings += usize::from(row.contains('┄'));
        }
        assert!(
            last[0] > 99.0 && last[1] > 99.0,
            "the end is shown:\n{page}"
        );
    }
    assert!(crossings > 0, "no two segments ever crossed");
}

#[test]
fn policies_meet_the_same_weather() {
    // Loss hits the same segments under both policies: with a loss that takes the client's SYNs
    // only, the two runs send the same number of them.
    let experiment = small(
        "[load.main]\narrivals = { poisson = \"20/s\" }\nstop = \"50s\"\nclients = 50\n\
         transfer = { bytes = 100 }\n",
    );
    let mut plan = experiment.plan;
    plan.links[0].config.loss = Some(netsim::LossConfig::Random {
        percent: netsim::Probability::percent(20).expect("a percentage"),
        correlation: netsim::Probability::ZERO,
    });
    let mut times = Vec::new();
    for policy in ["two-way", "three-way"] {
        plan.run.policies = vec![tcp_core::Handshake::from_name(policy).expect("a policy")];
        let campaign = Campaign::run(&plan, None, &|| {}).expect("a good plan");
        let point = &campaign.points[0];
        times.push((
            value(point, "connect_time.q50"),
            value(point, "connect_time.q99"),
        ));
    }
    assert_eq!(times[0], times[1]);
}

/// A client of Fast Open hands its text over with OPEN. That closes nothing before it is
/// ESTABLISHED, and the text is delivered once.
#[test]
fn a_load_of_fast_open_puts_its_text_into_the_syn_and_closes_when_it_is_open() {
    let text = "schema = 1\nname = \"x\"\n[run]\nseed = 1\nuntil = \"100s\"\npolicies = [\"tfo\"]\n\
                [link.c2s]\ndelay = \"50ms\"\n[link.s2c]\ndelay = \"50ms\"\n\
                [load.main]\narrivals = { constant = \"1/s\" }\ncount = 3\n\
                transfer = { bytes = 100 }\n[host.client]\ntime_wait = \"0s\"\n";
    let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
    let campaign = run(&experiment);
    assert_values(
        &campaign,
        &[
            ("connect_time.max", "0.1"),
            // SYN, SYN,ACK, FIN with the text if that was not in the SYN, FIN, ACK.
            ("segments_sent", "15"),
            ("app_duplicate_bytes", "0"),
            ("app_spurious_accepts", "0"),
            ("open.final", "0"),
            ("opening.final", "0"),
        ],
    );
}
