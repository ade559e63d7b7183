//! `output.events`: everything that happens, line by line.

use std::collections::BTreeMap;

use runner::trial::Trial;
use serde_json::Value;
use tcp_core::Handshake;

use crate::lab::{CONNECTION, HEAD, experiment, run_text};

/// The events of the two hosts with `rest`, under three-way.
fn events(rest: &str) -> Vec<Value> {
    events_of(&format!("{HEAD}{rest}"))
}

fn events_of(text: &str) -> Vec<Value> {
    let plan = experiment(text).plan;
    let trial = Trial {
        policy: Handshake::ThreeWay,
        replication: 0,
    };
    let log = trial.events(&plan).expect("it runs");
    let text = String::from_utf8(log.into_text().expect("it is short")).expect("it is text");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

/// Milliseconds, the event, and these of its values.
fn told(events: &[Value], keys: &[&str]) -> Vec<String> {
    let line = |event: &Value| {
        let nanos = event["time_ns"].as_u64().expect("a time");
        assert_eq!(nanos % 1_000_000, 0, "{event}");
        let mut words = vec![(nanos / 1_000_000).to_string(), word(&event["event"])];
        let values = keys.iter().map(|key| &event[*key]);
        words.extend(values.filter(|value| !value.is_null()).map(word));
        words.join(" ")
    };
    events.iter().map(line).collect()
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn count(events: &[Value], is_such: impl Fn(&Value) -> bool) -> usize {
    events.iter().filter(|event| is_such(event)).count()
}

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|it| it["event"] == kind).collect()
}

#[test]
fn a_connection_is_told_from_open_to_time_wait() {
    let rest = format!(
        "{CONNECTION}close = {{ after = \"1s\" }}\n\
         send = [{{ from = \"client\", bytes = 9 }}]\n\
         [[fault]]\nid = \"gone\"\nmatch = {{ link = \"c2s\", flags = \"SYN\", nth = 1 }}\ndrop = true\n"
    );
    let keys = [
        "host",
        "frame",
        "flags",
        "seq",
        "ack",
        "len",
        "oldstate",
        "newstate",
        "reason",
        "fault",
        "bytes",
        "spurious",
        "outcome",
        "retransmission",
    ];
    let events = events(&rest);
    let events: Vec<Value> = events
        .into_iter()
        .filter(|it| it["event"] != "scheduled")
        .collect();
    assert_eq!(
        told(&events, &keys),
        [
            "0 open client",
            "0 state client CLOSED SYN-SENT open",
            "0 sent 0 SYN 100 0 false",
            "0 lost 0 SYN 100 0 fault gone",
            "1000 sent 1 SYN 100 0 true",
            "1050 arrived server 1 SYN 100 0",
            "1050 state server LISTEN SYN-RECEIVED syn",
            "1050 sent 2 SYN,ACK 300 101 0 false",
            "1100 arrived client 2 SYN,ACK 300 101 0",
            "1100 state client SYN-SENT ESTABLISHED ack",
            "1100 send client 9",
            "1100 sent 3 PSH,ACK 101 301 9 false",
            "1150 arrived server 3 PSH,ACK 101 301 9",
            "1150 state server SYN-RECEIVED ESTABLISHED ack",
            "1150 accept server false",
            "1150 read server 9",
            "1150 sent 4 ACK 301 110 0 false",
            "1200 arrived client 4 ACK 301 110 0",
            "2100 close client",
            "2100 state client ESTABLISHED FIN-WAIT-1 close",
            "2100 sent 5 FIN,ACK 110 301 0 false",
            "2150 arrived server 5 FIN,ACK 110 301 0",
            "2150 state server ESTABLISHED CLOSE-WAIT fin",
            "2150 peer_closed server",
            "2150 close server",
            "2150 state server CLOSE-WAIT LAST-ACK close",
            "2150 sent 6 FIN,ACK 301 111 0 false",
            "2200 arrived client 6 FIN,ACK 301 111 0",
            "2200 state client FIN-WAIT-1 FIN-WAIT-2 ack",
            "2200 state client FIN-WAIT-2 TIME-WAIT fin",
            "2200 sent 7 ACK 111 302 0 false",
            "2250 arrived server 7 ACK 111 302 0",
            "2250 state server LAST-ACK LISTEN ack",
        ]
    );
    let first = &events[2];
    assert_eq!(first["source"], "10.1.0.1:5555");
    assert_eq!(
        (&first["win"], &first["mss"]),
        (&65535.into(), &1460.into())
    );
    assert_eq!(first["ack"], Value::Null, "a SYN has none");
}

#[test]
fn what_faults_and_injections_do_has_their_names() {
    let fault = |id: &str, flags: &str, what: &str| {
        format!("[[fault]]\nid = \"{id}\"\nmatch = {{ flags = \"{flags}\", nth = 1 }}\n{what}\n")
    };
    let rest = [
        CONNECTION,
        "close = { after = \"1s\" }\nsend = [{ from = \"client\", bytes = 9 }]\n",
        &fault("twice", "SYN", "duplicate = 1"),
        &fault("late", "SYN,ACK", "delay_by = \"10ms\""),
        &fault("bit", "PSH,ACK", "corrupt = true"),
        &fault("small", "FIN", "rewrite = { window = 7 }"),
        "[[fault]]\nid = \"again\"\nmatch = { link = \"s2c\", flags = \"FIN\" }\nreplay = { at = \"9s\" }\n",
        "[[inject]]\nid = \"forged\"\nat = \"8s\"\nfrom = \"client:9\"\nto = \"server:80\"\n\
         flags = \"RST\"\nseq = 1\n",
    ];
    let events = events(&rest.concat());
    let such = [
        "held",
        "released",
        "corrupted",
        "rewritten",
        "duplicated",
        "replayed",
        "injected",
        "unheard",
    ];
    let touched: Vec<Value> = events
        .iter()
        .filter(|it| such.iter().any(|such| it["event"] == *such))
        .cloned()
        .collect();
    assert_eq!(
        told(&touched, &["flags", "win", "fault", "inject", "reason"]),
        [
            "0 duplicated SYN 65535 twice",
            "0 held SYN twice",
            "0 released SYN twice",
            "50 held SYN,ACK late",
            "60 released SYN,ACK late",
            "110 corrupted PSH,ACK bit",
            "160 unheard PSH,ACK damaged",
            "1110 rewritten FIN,PSH,ACK 7 small",
            "8000 injected RST 65535 forged",
            "9000 replayed FIN,ACK 65525 again",
        ],
    );
    let copy = &of(&events, "duplicated")[0];
    assert_eq!(copy["original"], of(&events, "sent")[0]["frame"]);
}

#[test]
fn a_router_and_hosts_without_power_are_told_of() {
    let rest = "[host.client]\npower_off = { at = \"1s\" }\n\
                [host.server]\ncrash = { at = \"2s\", restart_after = \"3s\" }\n";
    let events = events(&format!("{rest}{CONNECTION}"));
    let such = |it: &&Value| it["time_ns"].as_u64() >= Some(1_000_000_000);
    let late: Vec<Value> = events.iter().filter(such).cloned().collect();
    let keys = ["host", "oldstate", "newstate", "reason"];
    assert_eq!(
        told(&late, &keys),
        [
            "1000 power_off client",
            "1000 state client ESTABLISHED CLOSED power_off",
            "2000 power_off server",
            "2000 state server ESTABLISHED CLOSED power_off",
            "5000 restart server",
        ]
    );

    let text = "schema = 1\nname = \"small\"\n[run]\nseed = 1\nuntil = \"9s\"\n\
                [host.router]\nforward = true\n\
                [link.near]\nfrom = \"client\"\nto = \"router\"\ndelay = \"10ms\"\n\
                [link.far]\nfrom = \"router\"\nto = \"server\"\ndelay = \"10ms\"\n\
                [link.back]\nfrom = \"server\"\nto = \"client\"\ndelay = \"10ms\"\n\
                [[connection]]\nfrom = \"client:5555\"\n";
    let events = events_of(text);
    let sent = of(&events, "sent");
    assert_eq!(
        (&sent[0]["link"], &sent[0]["forwarded"]),
        (&"near".into(), &false.into())
    );
    assert_eq!(
        (&sent[1]["link"], &sent[1]["forwarded"]),
        (&"far".into(), &true.into())
    );
    assert_eq!(sent[1]["original"], sent[0]["frame"]);
    assert_eq!(of(&events, "arrived")[0]["host"], "router");
}

/// Many connections over a bad network, with a backlog that is too small.
const BUSY: &str = "schema = 1\nname = \"small\"\n[run]\nseed = 3\nuntil = \"40s\"\n\
    [host.server]\nbacklog = 2\naccept_rate = \"4/s\"\n\
    [host.client]\ntime_wait = \"1s\"\nmsl = \"1s\"\n\
    [link.c2s]\ndelay = { time = \"50ms\", jitter = \"20ms\" }\nloss.random = \"5%\"\n\
    duplicate = \"4%\"\ncorrupt = \"3%\"\n\
    [link.s2c]\ndelay = \"50ms\"\nloss.random = \"5%\"\n\
    [load.main]\narrivals.poisson = \"6/s\"\ntransfer.bytes = 3000\nport_pool = 40\n";

/// Everything that is counted in the run is in the log as often.
#[test]
fn the_log_agrees_with_what_is_counted() {
    let events = events_of(BUSY);
    let lab = run_text(BUSY);
    let number = |name: &str| lab.value(name).parse::<u64>().expect(name);
    let all = |kind: &str| of(&events, kind).len() as u64;
    for (metric, found) in [
        ("segments_sent", all("sent")),
        ("connections.opened", all("open")),
        ("server.ListenDrops", all("listener_drop")),
        (
            "app_spurious_accepts",
            count(&events, |it| it["spurious"] == true) as u64,
        ),
        (
            "rst_sent",
            count(&events, |it| {
                it["event"] == "sent" && word(&it["flags"]).contains("RST")
            }) as u64,
        ),
    ] {
        assert_eq!(number(metric), found, "{metric}");
        assert!(found > 0 || metric == "app_spurious_accepts", "{metric}");
    }
    for kind in ["lost", "duplicated", "corrupted", "unheard"] {
        assert!(all(kind) > 5, "{kind}: {}", all(kind));
    }
    passages_end_once(&events);
    states_follow_each_other(&events);
}

/// What comes onto a link arrives or is lost, once, or is on its way at the end.
fn passages_end_once(events: &[Value]) {
    let mut under_way = BTreeMap::new();
    let mut last = 0;
    for event in events {
        let now = event["time_ns"].as_u64().expect("a time");
        assert!(now >= last, "{event}");
        last = now;
        let frame = event["frame"].as_u64();
        match event["event"].as_str().expect("a word") {
            "sent" | "duplicated" => {
                assert_eq!(under_way.insert(frame, now), None, "{event}");
            }
            "arrived" | "lost" => {
                assert!(under_way.remove(&frame).is_some(), "{event}");
            }
            _ => {}
        }
    }
    assert!(under_way.values().all(|sent| last - sent < 100_000_000));
}

/// The old state of an entry is the one that it had entered.
fn states_follow_each_other(events: &[Value]) {
    let mut states = BTreeMap::new();
    for event in of(events, "state") {
        let is_client = event["role"] == "client";
        let entry = if is_client {
            0
        } else {
            event["entry"].as_u64().expect("a number")
        };
        let key = (event["connection"].as_u64(), entry);
        let none = if is_client { "CLOSED" } else { "LISTEN" };
        let old = states.insert(key, word(&event["newstate"]));
        assert_eq!(event["oldstate"], old.as_deref().unwrap_or(none), "{event}");
    }
    let open = states
        .values()
        .filter(|state| !matches!(state.as_str(), "CLOSED" | "LISTEN"));
    assert!(open.count() > 0, "some connections are there at the end");
}
