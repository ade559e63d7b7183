//! `runner check`: what good files are understood as, and the one clear message for each kind of
//! bad file, with its exact text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use runner::diagnostic::render_notes;
use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::plan::{Check, Occurrence};
use tcp_core::Phase;

/// A valid experiment that every case below spoils in one place.
const GOOD: &str = r#"schema = 1
name = "spoiled"

[run]
seed = 1
until = "10s"
replications = 2
policies = ["two-way", "three-way"]

[host.client]
profile = "rfc9293"

[host.server]
profile = "linux-6"
backlog = 128

[link.c2s]
delay = { time = "50ms" }

[link.s2c]
delay = "50ms"

[[connection]]
from = "client:5555"
to = "server:80"
send = [{ from = "client", bytes = 10, after = "100ms" }]
close = { after = "300ms" }

[load.main]
arrivals = { poisson = "5/s" }

[[fault]]
id = "old-syn"
match = { link = "c2s", flags = "SYN", nth = 1 }
hold_until = { event = "client.state == CLOSED", plus = "1s" }

[[expect]]
policy = "three-way"
server_states = ["LISTEN", "1.05s SYN-RECEIVED"]
after_fault = { synack_sent = 1, segments = ["50ms s2c SYN,ACK seq=k2 ack=j+1"] }
whole_run = { "embryonic.area" = "0.1s" }
"#;

/// Every case: what is replaced in [`GOOD`], and by what.
const BAD: &[(&str, &str)] = &[
    // The shape of the file.
    ("schema = 1\n", ""),
    ("schema = 1", "schema = 2"),
    ("schema = 1", "schema = \"1\""),
    ("schema = 1", "schema = 1 1"),
    ("name = \"spoiled\"", "name = \"../elsewhere\""),
    ("name = \"spoiled\"", "name = \"\""),
    ("name = \"spoiled\"", "name = \"spoiled\"\nname = \"twice\""),
    ("name = \"spoiled\"", "name = \"spoiled\"\nnmae = \"twice\""),
    (
        "name = \"spoiled\"",
        "name = \"spoiled\"\ntitle = { zh = \"标题\" }",
    ),
    ("name = \"spoiled\"", "name = \"spoiled\"\ntitle = 3"),
    // [run]
    ("seed = 1\n", ""),
    ("seed = 1", "seed = -1"),
    ("seed = 1", "seed = 99999999999999999999"),
    ("until = \"10s\"", "until = \"0s\""),
    ("until = \"10s\"", "until = 10"),
    ("until = \"10s\"", "until = \"-10s\""),
    ("until = \"10s\"", "until = \"300000000000000h\""),
    ("until = \"10s\"", "until = \"ten\""),
    ("replications = 2", "replications = 0"),
    ("replications = 2", "replications = 4294967296"),
    ("replications = 2", "replications = 1.5"),
    ("\"two-way\", \"three-way\"]", "\"two-way\", \"tree-way\"]"),
    ("\"two-way\", \"three-way\"]", "\"two-way\", \"two-way\"]"),
    ("[\"two-way\", \"three-way\"]", "[]"),
    ("[\"two-way\", \"three-way\"]", "\"three-way\""),
    ("[\"two-way\", \"three-way\"]", "[\"two-way\"]"),
    // [host.NAME]
    ("[host.client]", "[host.\"the client\"]"),
    ("[host.client]", "[host.clinet]"),
    ("\"linux-6\"", "\"linux\""),
    ("backlog = 128", "backlog = -1"),
    ("profile = \"linux-6\"\nbacklog = 128", "backlog = 0"),
    ("backlog = 128", "addresses = 0"),
    ("backlog = 128", "addresses = []"),
    ("backlog = 128", "addresses = [\"10.0.0.256\"]"),
    ("backlog = 128", "addresses = [\"0.0.0.0\"]"),
    ("backlog = 128", "addresses = [\"255.255.255.255\"]"),
    ("backlog = 128", "addresses = [\"224.0.0.1\"]"),
    ("profile = \"rfc9293\"", "addresses = [\"::1\"]"),
    ("backlog = 128", "addresses = [\"10.1.0.1\"]"),
    ("backlog = 128", "addresses = [\"2001:db8::1\"]"),
    ("backlog = 128", "passive_open = [0, 80]"),
    ("backlog = 128", "passive_open = [80, 80]"),
    ("backlog = 128", "passive_open = [8080]"),
    ("backlog = 128", "ephemeral_ports = [60999, 32768]"),
    ("backlog = 128", "ephemeral_ports = 32768"),
    ("backlog = 128", "r2_syn = \"3min\"\nsyn_retries = 6"),
    ("backlog = 128", "syncookies = 1"),
    (
        "policies = [\"two-way\", \"three-way\"]\n\n[host.client]",
        "[host.client]\nsyncookies = 3",
    ),
    ("backlog = 128", "mss = 0"),
    ("backlog = 128", "window_scale = 15"),
    ("backlog = 128", "delayed_ack = \"1s\""),
    ("backlog = 128", "rto_max = \"10ms\""),
    ("backlog = 128", "keepalive = { idle = \"0s\" }"),
    ("backlog = 128", "keepalive = 5"),
    ("backlog = 128", "keepalive = \"on\""),
    ("backlog = 128", "fin_timeout = 60"),
    ("backlog = 128", "fin_timeout = \"0s\""),
    ("backlog = 128", "client_on_unexpected = \"reset\""),
    ("backlog = 128", "rfc5961 = \"yes\""),
    ("backlog = 128", "rfc5961 = { fin = true }"),
    ("backlog = 128", "power_off = {}"),
    (
        "backlog = 128",
        "power_off = { at = \"1s\", event = \"client.state == CLOSED\" }",
    ),
    (
        "backlog = 128",
        "power_off = { event = \"client.state == CLOSED\", connection = 7 }",
    ),
    ("backlog = 128", "[host.router]"),
    // [link.NAME]
    ("delay = \"50ms\"", "deley = \"50ms\""),
    ("delay = \"50ms\"", "delay = 50"),
    ("delay = \"50ms\"", "delay = true"),
    ("delay = \"50ms\"", "delay = { jitter = \"1ms\" }"),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", distribution = \"gauss\" }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", jitter = \"1ms\", distribution = { weibull = { shape = 1000 } } }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", correlation = \"150%\" }",
    ),
    ("delay = \"50ms\"", "loss.random = \"150%\""),
    ("delay = \"50ms\"", "loss.random = \"-1%\""),
    ("delay = \"50ms\"", "loss.random = 0.01"),
    ("delay = \"50ms\"", "loss = \"1\""),
    ("delay = \"50ms\"", "loss = {}"),
    (
        "delay = \"50ms\"",
        "loss = { random = \"1%\", gemodel = { p = \"1%\" } }",
    ),
    (
        "delay = \"50ms\"",
        "loss.gemodel = { p = \"1%\", h = \"10%\" }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", distribution = { table = \"none.dist\" } }",
    ),
    ("delay = \"50ms\"", "reorder = \"25%\""),
    ("delay = \"50ms\"", "rate = \"1mb\""),
    ("delay = \"50ms\"", "rate = \"0bit\""),
    ("delay = \"50ms\"", "limit = 0"),
    ("delay = \"50ms\"", "queue = { packets = 10 }"),
    ("delay = \"50ms\"", "slot = { packets = 10 }"),
    ("delay = \"50ms\"", "blackout = []"),
    (
        "delay = \"50ms\"",
        "blackout = [{ from = \"2s\", until = \"1s\" }]",
    ),
    ("[link.s2c]", "[link.back]"),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"server\"\nto = \"server\"",
    ),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"client\"\nto = \"server\"",
    ),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"server\"\nto = \"clint\"",
    ),
    ("[link.s2c]\ndelay = \"50ms\"", ""),
    // [[connection]] and [load.NAME]
    ("from = \"client:5555\"\n", ""),
    ("from = \"client:5555\"", "from = \"client\""),
    ("from = \"client:5555\"", "from = \"client:70000\""),
    ("from = \"client:5555\"", "from = \"cleint:5555\""),
    ("from = \"client:5555\"", "from = \"server:5555\""),
    ("to = \"server:80\"", "to = \"server:8080\""),
    ("to = \"server:80\"", "active_open = \"10s\""),
    ("to = \"server:80\"", "iss = { client = 4294967296 }"),
    ("bytes = 10", "bytes = 0"),
    ("from = \"client\", bytes", "from = \"attacker\", bytes"),
    ("\"5/s\"", "\"0/s\""),
    ("\"5/s\" }", "\"5/s\" }\ncount = 0"),
    ("\"5/s\" }", "\"5/s\" }\nsyn_flood = true"),
    ("\"5/s\" }", "\"5/s\" }\nsyn_flood = { spoofed = true }"),
    (
        "\"5/s\" }",
        "\"5/s\" }\nsyn_flood = { spoofed = false, responds = \"never\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nsyn_flood = { responds = \"always\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nclients = 2\nsyn_flood = { responds = \"never\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nclose = {}\nsyn_flood = { responds = \"rst\" }",
    ),
    (
        "backlog = 128",
        "addresses = [\"198.18.0.1\"]\n[load.flood]\narrivals = { constant = \"1/s\" }\n\
         syn_flood = { responds = \"never\" }",
    ),
    (
        "backlog = 128",
        "[load.flood]\nfrom = \"server\"\nto = \"client:1\"\narrivals = { constant = \"1/s\" }\n\
         syn_flood = { responds = \"rst\" }",
    ),
    ("\"5/s\"", "5"),
    (
        "{ poisson = \"5/s\" }",
        "{ poisson = \"5/s\", constant = \"5/s\" }",
    ),
    ("{ poisson = \"5/s\" }", "{}"),
    ("{ poisson = \"5/s\" }", "{ poison = \"5/s\" }"),
    ("\"5/s\" }", "\"5/s\" }\nclients = 0"),
    ("\"5/s\" }", "\"5/s\" }\nclients = 100\nport_pool = 1000"),
    ("\"5/s\" }", "\"5/s\" }\nstart = \"3s\"\nstop = \"2s\""),
    (
        "\"5/s\" }",
        "\"5/s\" }\ntransfer = { bytes = { exponential = 0 } }",
    ),
    // [[fault]]
    ("id = \"old-syn\"\n", ""),
    ("id = \"old-syn\"", "id = \"old syn\""),
    ("link = \"c2s\"", "link = \"c2x\""),
    ("link = \"c2s\"", "connection = 1"),
    ("flags = \"SYN\"", "flags = \"SYM\""),
    (
        "flags = \"SYN\"",
        "flags = { all = \"SYN\", none = \"SYN,ACK\" }",
    ),
    ("nth = 1", "nth = 0"),
    ("nth = 1", "nth = []"),
    ("nth = 1", "nth = [2, 2]"),
    ("nth = 1", "nth = \"first\""),
    ("nth = 1", "payload = { min = 2, max = 1 }"),
    ("nth = 1", "window = { from = \"2s\", until = \"2s\" }"),
    ("nth = 1", "probability = \"0%\""),
    ("nth = 1", "state = \"server is listening\""),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "",
    ),
    ("plus = \"1s\" }", "plus = \"1s\" }\ndrop = true"),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "drop = false",
    ),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "delay_by = \"0s\"",
    ),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "duplicate = 0",
    ),
    ("client.state == CLOSED", "client.state == CLOSD"),
    ("client.state == CLOSED", "client.state = CLOSED"),
    ("client.state == CLOSED", "atacker.state == CLOSED"),
    ("event = \"client.state == CLOSED\"", "at = \"3s\""),
    ("client.state == CLOSED", "old-syn lost"),
    ("client.state == CLOSED", "new-syn lost"),
    (
        "[[expect]]",
        "[[fault]]\nid = \"old-syn\"\ndrop = true\n\n[[expect]]",
    ),
    // Parts that do not go together.
    (
        "[link.c2s]",
        "[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \"server\"\nto = \
         \"bystander\"\n[host.bystander]\npower_off = { event = \"bystander.state == CLOSED\", \
         connection = 0 }\n[link.c2s]",
    ),
    (
        "[[expect]]",
        "[host.bystander]\n[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \
         \"server\"\nto = \"bystander\"\n[[fault]]\nid = \"idle\"\nmatch = { link = \"c2s\" }\nhold_until = { event = \
         \"bystander.state == CLOSED\" }\n\n[[expect]]",
    ),
    (
        "[[expect]]",
        "[host.bystander]\n[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \
         \"server\"\nto = \"bystander\"\n[[expect]]\nwhole_run = { segments = [\"b2s SYN\"] }\n\n[[expect]]",
    ),
    ("after = \"300ms\"", "after = \"0s\""),
    (
        "[load.main]",
        "[[connection]]\nfrom = \"client:5555\"\n\n[load.main]",
    ),
    // [[expect]]
    ("policy = \"three-way\"", "policy = \"four-way\""),
    ("policy = \"three-way\"", "conection = 0"),
    ("policy = \"three-way\"", "connection = 1"),
    ("\"1.05s SYN-RECEIVED\"", "\"1.05s SYN-RECIEVED\""),
    ("[\"LISTEN\", \"1.05s SYN-RECEIVED\"]", "[]"),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "drop = true",
    ),
    ("synack_sent = 1", "sinack_sent = 1"),
    ("synack_sent = 1", "half_open = 1"),
    ("synack_sent = 1", "synack_sent = \"1s\""),
    ("synack_sent = 1", "synack_sent = -1"),
    ("synack_sent = 1", "synack_sent = \"3..1\""),
    ("synack_sent = 1", "synack_sent = true"),
    ("\"embryonic.area\" = \"0.1s\"", "\"embryonic.area\" = 0.1"),
    ("\"embryonic.area\" = \"0.1s\"", "embryonic.area = \"0.1s\""),
    ("\"embryonic.area\" = \"0.1s\"", ""),
    ("s2c SYN,ACK seq=k2 ack=j+1", "SYN,ACK seq=k2 ack=j+1"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,ACK seq=x"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,ACK win=0"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,NAK"),
    ("[\"50ms s2c SYN,ACK seq=k2 ack=j+1\"]", "\"s2c SYN,ACK\""),
];

#[test]
fn the_unspoiled_file_is_good() {
    let experiment = Experiment::parse("good.toml", GOOD, &[]).expect("it is good");
    assert_eq!(experiment.notes, []);
}

#[test]
fn every_bad_file_gets_one_clear_message() {
    let mut page = String::new();
    for (good, bad) in BAD {
        assert!(GOOD.contains(good), "the table is out of date: {good}");
        let text = GOOD.replacen(good, bad, 1);
        let Err(rejection) = Experiment::parse("bad.toml", &text, &[]) else {
            panic!("accepted: {bad}");
        };
        let message = rejection.render(false);
        assert_eq!(rejection.diagnostics.len(), 1, "{bad}:\n{message}");
        writeln!(page, "### {good} -> {bad}\n{message}").expect("a String");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn problems_in_several_places_are_all_shown_in_the_order_of_the_text() {
    let text = GOOD
        .replace("\"10s\"", "\"0s\"")
        .replace("\"linux-6\"", "\"linux\"")
        .replace("flags = \"SYN\"", "flags = \"SIN\"");
    let rejection = Experiment::parse("bad.toml", &text, &[]).expect_err("three mistakes");
    // A file whose hosts are not understood is not looked at for what depends on them.
    let titles: Vec<&str> = rejection
        .diagnostics
        .iter()
        .map(|one| one.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "a run that ends at 0s shows nothing",
            "there is no profile `linux`"
        ]
    );
}

#[test]
fn the_same_mistake_in_two_places_is_shown_twice_and_its_consequences_once() {
    let count = |text: &str, title: &str| {
        let rejection = Experiment::parse("bad.toml", text, &[]).expect_err(title);
        let titles = rejection.diagnostics.iter().map(|one| one.title.as_str());
        titles.filter(|one| *one == title).count()
    };
    let twice = "[[fault]]\nid = \"a\"\nmatch = {}\ndelay_by = \"0s\"\n\
                 [[fault]]\nid = \"b\"\nmatch = {}\ndelay_by = \"0s\"\n";
    let text = GOOD.replace("[[expect]]", &format!("{twice}[[expect]]"));
    assert_eq!(count(&text, "a delay of 0s does nothing"), 2);
    // Both a connection and a load lead to the one port that is missing.
    let text = GOOD.replace("backlog = 128", "passive_open = [8080]");
    let title = "host `server` does not listen on port 80";
    assert_eq!(count(&text, title), 1);
}

/// Overrides that cannot be applied or that spoil the file.
const BAD_OVERRIDES: &[&str] = &[
    "",
    "=1",
    "run.seed",
    "run.seed=",
    "run..seed=1",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1",
    "\"run.seed=1",
    "run.seed=x",
    "run.seed.x=1",
    "run.sed=1",
    "runn.seed=1",
    "run.until=0s",
    "run.until=40",
    "run.policies=[\"two-way\"",
    "run.policies=[\"two-way\", \"tow-way\"]",
    "link.c2s.delay.time=50",
    "link.s2c.delay.jitter=1ms",
    "link.c2x.delay=1ms",
    "fault.old-sin.match.nth=2",
    "fault.3.match.nth=2",
    "fault.old-syn.match.nth=0",
    "fault.old-syn=2",
    "expect.0.after_fault.segments=[]x",
    "connection.0.from=\"客户端:1\"",
];

#[test]
fn every_bad_override_gets_one_clear_message() {
    let mut page = String::new();
    for assignment in BAD_OVERRIDES {
        let changes = [Override::set(*assignment)];
        let Err(rejection) = Experiment::parse("good.toml", GOOD, &changes) else {
            panic!("accepted: {assignment}");
        };
        let message = rejection.render(false);
        assert_eq!(rejection.diagnostics.len(), 1, "{assignment}:\n{message}");
        writeln!(page, "### --set {assignment}\n{message}").expect("a String");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn overrides_reach_every_kind_of_place() {
    let changes = [
        "run.seed = 0x10",
        "run.until=40s",
        "link.c2s.delay.jitter=\"1ms\"",
        "link.s2c.loss.random=1%",
        "fault.old-syn.match.nth=[1, 3]",
        "fault.0.id=renamed",
        "connection.0.send.0.bytes=20",
        "host.client.time_wait=0s",
        "expect.0.whole_run.\"embryonic.area\"=1s",
    ]
    .map(Override::set);
    let experiment = Experiment::parse("good.toml", GOOD, &changes).expect("all are good");
    let plan = &experiment.plan;
    assert_eq!(plan.run.seed, 16);
    assert_eq!(plan.run.until.as_secs(), 40);
    assert_eq!(
        plan.links[0]
            .config
            .delay
            .as_ref()
            .expect("set")
            .jitter
            .as_millis(),
        1
    );
    assert!(plan.links[1].config.loss.is_some());
    assert_eq!(plan.faults[0].nth, Occurrence::Listed(vec![1, 3]));
    assert_eq!(plan.faults[0].id, "renamed");
    assert_eq!(plan.connections[0].send[0].bytes, 20);
    assert!(plan.hosts[0].config.time_wait.is_zero());
    assert!(experiment.is_overridden);
    let unchanged = Experiment::parse("good.toml", GOOD, &[]).expect("it is good");
    assert_ne!(experiment.digest, unchanged.digest);
}

#[test]
fn an_expectation_of_a_policy_that_was_not_chosen_is_left_out_with_a_note() {
    let changes = [Override::option(
        "--policy",
        "run.policies",
        "[\"two-way\"]",
    )];
    let experiment = Experiment::parse("good.toml", GOOD, &changes).expect("it is good");
    assert!(experiment.plan.expectations.is_empty());
    assert_eq!(experiment.notes.len(), 1);
    insta::assert_snapshot!(render_notes(&experiment.sources, &experiment.notes, false));
}

#[test]
fn states_under_other_names_are_understood_with_a_note() {
    let text = GOOD
        .replace("SYN-RECEIVED", "SYN_RECV")
        .replace("== CLOSED", "== closed");
    let experiment = Experiment::parse("good.toml", &text, &[]).expect("it is good");
    let Check::States { states, .. } = &experiment.plan.expectations[0].checks[0] else {
        panic!("the first check is about states");
    };
    assert_eq!(states[1].phase, Phase::SynReceived);
    let notes: Vec<&str> = experiment
        .notes
        .iter()
        .map(|note| note.title.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "RFC 9293 spells the state `closed` as `CLOSED`",
            "RFC 9293 spells the state `SYN_RECV` as `SYN-RECEIVED`"
        ]
    );
}

#[test]
fn no_mutilated_file_makes_it_panic() {
    for end in 0..GOOD.len() {
        // Cut off anywhere, and with one byte replaced: most are errors, none may panic.
        let cut = Experiment::parse("cut.toml", &GOOD[..end], &[]);
        if let Err(rejection) = cut {
            assert!(!rejection.render(true).is_empty());
        }
        for replacement in ["", "\"", "é", "0", "]"] {
            let text = format!("{}{replacement}{}", &GOOD[..end], &GOOD[end + 1..]);
            if let Err(rejection) = Experiment::parse("bent.toml", &text, &[]) {
                assert!(rejection.render(false).starts_with("error: "));
            }
        }
    }
}

fn runner(arguments: &[&str], files: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(arguments)
        .args(files)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn files_that_are_none_are_told_apart_and_the_others_are_still_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let empty = file("empty.toml", b"");
    let blank = file("blank.toml", b" \n\n");
    let binary = file("binary.toml", b"\x7fELF\x02\x01\x01\0\0");
    let latin = file("latin.toml", b"name = \"caf\xe9\"");
    let good = file("good.toml", GOOD.as_bytes());
    let missing = folder.path().join("missing.toml");
    let all = [
        &empty,
        &blank,
        &binary,
        &latin,
        &missing,
        folder.path(),
        &good,
    ];
    let output = runner(&["check"], &all.map(AsRef::as_ref));
    assert_eq!(output.status.code(), Some(2));
    let messages = text(&output.stderr).replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(messages);
    let summary = text(&output.stdout).replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(summary);
}

#[test]
fn a_good_file_exits_with_0_and_a_wrong_command_line_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good.toml");
    std::fs::write(&good, GOOD).expect("written");
    let output = runner(
        &["check", "--seed", "0x10", "--policy", "three-way"],
        &[&good],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("three-way, 2 replications each, until 10s, seed 16"));
    assert_eq!(runner(&["check"], &[]).status.code(), Some(2));
    assert_eq!(runner(&["chek"], &[&good]).status.code(), Some(2));
}

#[test]
fn colours_are_used_only_when_they_are_wanted() {
    let missing = Path::new("missing.toml");
    let escape = |arguments: &[&str]| runner(arguments, &[missing]).stderr.contains(&0x1b);
    assert!(!escape(&["check"]));
    assert!(!escape(&["check", "--color", "never"]));
    assert!(escape(&["check", "--color", "always"]));
}

#[test]
fn a_table_of_delays_is_read_from_beside_the_experiment_and_counts_for_the_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("experiment.toml");
    let table = r#"delay = { time = "50ms", jitter = "5ms", distribution = { table = "t.dist" } }"#;
    let text = GOOD.replace("delay = \"50ms\"", table);
    let with_table = |values: &str| {
        std::fs::write(folder.path().join("t.dist"), values).expect("written");
        Experiment::parse(&path, &text, &[])
    };
    let one = with_table("# values\n-8192 0\n8192\n").expect("a good table");
    let other = with_table("-8192 0 8191\n").expect("another");
    assert_ne!(one.digest, other.digest);
    let rejection = with_table("-8192 x\n").expect_err("a word is no value");
    assert_eq!(
        rejection.diagnostics[0].title,
        "`t.dist` is no table of netem's: line 1: expected integers from -32768 to 32767, found \
         \"x\""
    );
}

#[test]
fn the_description_of_the_vocabulary_knows_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/VOCABULARY.md");
    let description = std::fs::read_to_string(path).expect("readable");
    let tables = [
        ("name = \"spoiled\"", "name = \"spoiled\"\nno_such_key = 1"),
        ("seed = 1", "seed = 1\nno_such_key = 1"),
        ("backlog = 128", "no_such_key = 1"),
        ("delay = \"50ms\"", "no_such_key = 1"),
        ("delay = \"50ms\"", "delay.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.state.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.gemodel.no_such_key = 1"),
        ("delay = \"50ms\"", "reorder.no_such_key = 1"),
        ("delay = \"50ms\"", "rate.no_such_key = 1"),
        ("delay = \"50ms\"", "slot.no_such_key = 1"),
        ("delay = \"50ms\"", "queue.no_such_key = 1"),
        ("from = \"client:5555\"", "no_such_key = 1"),
        ("bytes = 10", "no_such_key = 1"),
        ("close = { after", "close = { no_such_key = 1, after"),
        ("\"5/s\" }", "\"5/s\" }\nno_such_key = 1"),
        ("id = \"old-syn\"", "no_such_key = 1"),
        ("link = \"c2s\"", "no_such_key = 1"),
        ("plus = \"1s\"", "no_such_key = 1"),
        ("policy = \"three-way\"", "no_such_key = 1"),
    ];
    for (good, bad) in tables {
        let text = GOOD.replacen(good, bad, 1);
        let rejection = Experiment::parse("bad.toml", &text, &[]).expect_err(bad);
        let help = &rejection.diagnostics[0].help;
        let (_, keys) = help.split_once("known keys here: ").expect(bad);
        for key in keys.split(", ") {
            let is_known = description
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                .any(|word| word == key);
            assert!(is_known, "`{key}` is not described (found by {bad})");
        }
    }
}

#[test]
fn the_scenarios_of_this_project_are_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder exists");
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.expect("readable").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let experiment = Experiment::read(&path, &[])
                .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
            let stem = path.file_stem().expect("a file name");
            assert_eq!(
                stem,
                experiment.plan.name.as_str(),
                "name and file name differ"
            );
            assert_eq!(experiment.notes, []);
            assert!(
                experiment.plan.title.en != experiment.plan.title.zh,
                "{stem:?} lacks zh"
            );
            names.push(experiment.plan.name);
        }
    }
    assert!(names.len() >= 6, "only {names:?}");
}
