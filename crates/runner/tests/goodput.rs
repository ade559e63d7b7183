//! `goodput_loss`: every run against the same one without faults.

use std::fs;
use std::process::Command;

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::metrics::decimal;
use runner::plan::{Metric, MetricKey, Period, Plan};
use runner::trial::Trial;

fn parse(text: &str) -> Plan {
    let experiment = Experiment::parse("x.toml", text, &[])
        .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
    experiment.plan
}

const NAMED: &str = "[compare]\nmetrics = [\"goodput_loss\"]\n";

/// The value in the first replication of the first policy.
fn loss(text: &str) -> String {
    let plan = parse(&format!("{text}{NAMED}"));
    let campaign = Campaign::run(&plan, None, &|| ()).expect("it has an outcome");
    let metric = Metric::from_name("goodput_loss").expect("there is one");
    let period = Period::WholeRun;
    let key = MetricKey { period, metric };
    let value = campaign.points[0].replications.get(0, key);
    value.map_or_else(|| "-".to_owned(), decimal)
}

/// 50 ms each way; 100 bytes at 0.1 s, 300 at 0.3 s, of which the server reads the last at 0.35 s.
const ONE: &str = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"1s\" }\n\
    link = { c2s = { delay = \"50ms\" }, s2c = { delay = \"50ms\" } }\n\
    [[connection]]\nfrom = \"client:5555\"\n\
    send = [{ from = \"client\", bytes = 100 }, { from = \"client\", bytes = 300, after = \"200ms\" }]\n";

#[test]
fn what_a_fault_delays_beyond_the_end_is_lost() {
    let late = |nth: u32, by: &str| {
        format!(
            "{ONE}[[fault]]\nid = \"late\"\nmatch = {{ link = \"c2s\", payload = {{ min = 1 }}, \
             nth = {nth} }}\ndelay_by = \"{by}\"\n"
        )
    };
    assert_eq!(loss(&late(2, "10s")), "75", "300 of 400 bytes");
    assert_eq!(loss(&late(1, "10s")), "100", "nothing is read in order");
    assert_eq!(loss(&late(2, "500ms")), "0", "in time after all");
}

#[test]
fn without_faults_nothing_is_lost() {
    assert_eq!(loss(ONE), "0");
    let population = "schema = 1\nname = \"x\"\nrun = { seed = 7, until = \"20s\" }\n\
        [link.c2s]\ndelay = { time = \"50ms\", jitter = \"20ms\" }\nloss = \"0%\"\nrate = \"100kbit\"\n\
        queue = { packets = 20 }\n[link.s2c]\ndelay = \"50ms\"\nmax_lifetime = \"1s\"\n\
        [load.main]\narrivals = { poisson = \"30/s\" }\ntransfer = { bytes = { exponential = 900 } }\n";
    assert_eq!(loss(population), "0", "queues that are full are no fault");
}

#[test]
fn a_share_of_nothing_is_not_measured() {
    let silent = ONE.replace("send = [", "send = [] # ");
    assert_eq!(loss(&silent), "-");
}

/// Two clients, one place in the SYN queue: the one whose SYN comes first has 10 bytes to say, the
/// other 20.
#[test]
fn a_fault_may_be_a_gain() {
    let two = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"1s\" }\n\
        host = { server = { backlog = 1 } }\n\
        link = { c2s = { delay = \"50ms\" }, s2c = { delay = \"50ms\" } }\n\
        [[connection]]\nfrom = \"client:5555\"\nsend = [{ from = \"client\", bytes = 10 }]\n\
        [[connection]]\nfrom = \"client:5556\"\nactive_open = \"10ms\"\n\
        send = [{ from = \"client\", bytes = 20 }]\n\
        [[fault]]\nid = \"first\"\nmatch = { link = \"c2s\", connection = 0, flags = \"SYN\", nth = 1 }\n\
        drop = true\n";
    assert_eq!(loss(two), "-100");
    let expected = "[[expect]]\nwhole_run = { goodput_loss = \"-100..-99.5\" }\n";
    let plan = parse(&format!("{two}{expected}"));
    let campaign = Campaign::run(&plan, None, &|| ()).expect("it has an outcome");
    assert!(campaign.is_as_expected());
}

/// The flood takes the only place for longer than the run; without it the client gets it.
#[test]
fn a_flood_is_a_fault() {
    let flood = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"10s\" }\n\
        host = { server = { backlog = 1 }, attacker = {} }\n\
        link.c2s = { delay = \"50ms\" }\nlink.s2c = { delay = \"50ms\" }\n\
        link.a2s = { from = \"attacker\", to = \"server\", delay = \"10ms\" }\n\
        link.s2a = { from = \"server\", to = \"attacker\", delay = \"10ms\" }\n\
        [load.attack]\nfrom = \"attacker\"\narrivals = { burst = 3 }\n\
        syn_flood = { spoofed = true, responds = \"never\" }\n\
        [load.main]\narrivals = { constant = \"1/s\" }\ncount = 1\ntransfer = { bytes = 100 }\n";
    assert_eq!(loss(flood), "100");
}

/// Without its faults a plan gives, segment by segment, what it gives if none was ever written.
#[test]
fn each_kind_of_fault_is_left_out() {
    let base = "schema = 1\nname = \"x\"\nrun = { seed = 5, until = \"60s\" }\n\
        [host.client]\nprofile = \"linux-6\"\nC\n[host.server]\nprofile = \"linux-6\"\n\
        [link.c2s]\ndelay = { time = \"40ms\", jitter = \"20ms\" }\nL\n[link.s2c]\ndelay = \"50ms\"\n\
        [[connection]]\nfrom = \"client:5555\"\nactive_open = \"1s\"\n\
        send = [{ from = \"client\", bytes = 5000 }]\n\
        [load.main]\narrivals = { poisson = \"5/s\" }\nstop = \"30s\"\ntransfer = { bytes = 3000 }\n";
    let flood = "[load.attack]\narrivals = { constant = \"50/s\" }\n\
                 syn_flood = { spoofed = true, responds = \"never\" }\n";
    let fault = "[[fault]]\nid = \"f\"\nmatch = { link = \"c2s\", nth = 3 }\ndrop = true\n";
    let run = |host: &str, link: &str, rest: &str| {
        let text = base.replace("\nC\n", &format!("\n{host}\n"));
        let plan = parse(&format!(
            "{}{rest}",
            text.replace("\nL\n", &format!("\n{link}\n"))
        ));
        let trial = Trial {
            policy: plan.run.policies[0],
            replication: 0,
        };
        let digest = |plan: &Plan| trial.run(plan, &[]).expect("it has an outcome").digest;
        (digest(&plan), digest(&plan.without_faults()))
    };
    let (clean, _) = run("", "", "");
    for (host, link, rest) in [
        ("", "", ""),
        ("", "loss = \"10%\"", ""),
        ("", "loss = \"10%\"\necn = true", ""),
        ("", "loss.gemodel = { p = \"1%\", r = \"10%\" }", ""),
        ("", "duplicate = \"10%\"", ""),
        ("", "corrupt = \"10%\"", ""),
        ("", "reorder = \"25%\"", ""),
        ("", "blackout = [{ from = \"2s\", until = \"9s\" }]", ""),
        ("", "partition = [{ from = \"2s\", until = \"9s\" }]", ""),
        ("power_off = { at = \"5s\" }", "", ""),
        ("crash = { at = \"5s\", restart_after = \"1s\" }", "", ""),
        ("", "", flood),
        ("", "", fault),
    ] {
        let (faulty, faultless) = run(host, link, rest);
        assert_eq!(faultless, clean, "{host}{link}{rest}");
        let is_fault = !(host.is_empty() && link.is_empty() && rest.is_empty());
        assert_eq!(faulty != clean, is_fault, "{host}{link}{rest}");
    }
}

#[test]
fn a_forged_segment_is_left_out() {
    let forged = format!(
        "{ONE}[[inject]]\nid = \"rst\"\nat = \"200ms\"\nfrom = \"client:5555\"\nto = \"server:80\"\n\
         flags = \"RST\"\nseq = \"j+101\"\n"
    );
    assert_eq!(
        loss(&forged),
        "75",
        "the connection is reset between the two calls"
    );
}

#[test]
fn it_costs_a_second_run_only_if_it_is_named() {
    let effort = |text: &str| {
        let campaign = Campaign::run(&parse(text), None, &|| ()).expect("it has an outcome");
        campaign.effort
    };
    let (once, twice) = (effort(ONE), effort(&format!("{ONE}{NAMED}")));
    assert_eq!(twice.connections, 2 * once.connections);
    assert_eq!(twice.events, 2 * once.events);
    let summary = |text: &str| {
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        runner::check::summary(&experiment)
    };
    assert!(summary(&format!("{ONE}{NAMED}")).contains("1 replication each, again without faults"));
    assert!(!summary(ONE).contains("again"));
}

#[test]
fn it_is_of_whole_runs() {
    let after = format!(
        "{ONE}[[inject]]\nid = \"syn\"\nat = \"200ms\"\nfrom = \"client:5556\"\nto = \"server:80\"\n\
         flags = \"SYN\"\nseq = 1\n[[expect]]\nafter_fault = {{ goodput_loss = 0 }}\n"
    );
    let rejection = Experiment::parse("x.toml", &after, &[]).expect_err("it is not measured");
    let told = rejection.render(false);
    assert!(
        told.contains("`goodput_loss` is measured over whole runs only"),
        "{told}"
    );
    assert!(told.contains("x.toml:16:"), "{told}");
}

/// Losses, two policies, a sweep; in one piece, on several threads, and in shards.
#[test]
fn threads_and_shards_change_no_byte() {
    let text = "schema = 1\nname = \"lossy\"\n\
        run = { seed = 3, until = \"15s\", replications = 6, policies = [\"three-way\", \"two-way\"] }\n\
        [link.c2s]\ndelay = \"50ms\"\nloss = \"10%\"\n[link.s2c]\ndelay = \"50ms\"\nloss = \"10%\"\n\
        [load.main]\narrivals = { poisson = \"2/s\" }\nstop = \"10s\"\ntransfer = { bytes = 100 }\n\
        [sweep]\n\"link.c2s.loss\" = [\"0%\", \"30%\"]\n[compare]\nmetrics = [\"goodput_loss\"]\n";
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("x.toml"), text).expect("writable");
    let program = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_runner"))
            .current_dir(home.path())
            .args(arguments)
            .output()
            .expect("the program starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}");
    };
    let written = |folder: &str| {
        let names = [
            "summary.json",
            "replications.csv",
            "points.csv",
            "comparison.csv",
        ];
        names.map(|name| {
            let path = home.path().join(folder).join("lossy").join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
    };
    program(&["run", "x.toml", "--jobs", "1", "--out", "one"]);
    program(&["run", "x.toml", "--jobs", "3", "--out", "three"]);
    for shard in ["1/2", "0/2"] {
        program(&["run", "x.toml", "--shard", shard, "--out", "parts"]);
    }
    program(&["merge", "parts", "--out", "merged"]);
    let one = written("one");
    assert_eq!(one, written("three"));
    assert_eq!(one, written("merged"));
    let [summary, replications, points, comparison] = one;
    assert!(summary.contains("\"goodput_loss\":"), "{summary}");
    let heading = replications.lines().next().unwrap_or_default();
    assert!(
        heading.split(',').any(|name| name == "goodput_loss"),
        "{heading}"
    );
    assert!(points.contains(",goodput_loss,%,6,"), "{points}");
    assert!(
        comparison.starts_with("link.c2s.loss,link.c2s.loss [share],metric,unit,"),
        "{comparison}"
    );
}
