//! What hosts have at a moment.

use runner::language::Language;
use runner::snapshot;
use runner::trial::Trial;
use tcp_core::Handshake;

use crate::lab::HEAD;
use crate::lab::{CONNECTION, experiment, mistake};

fn snapshots(rest: &str) -> String {
    snapshots_in(Language::En, rest)
}

fn snapshots_in(language: Language, rest: &str) -> String {
    let plan = experiment(&format!("{HEAD}{rest}")).plan;
    let trial = Trial {
        policy: Handshake::ThreeWay,
        replication: 0,
    };
    let snapshots = trial.snapshots(&plan).expect("it runs");
    snapshot::text(&plan, &snapshots, language)
}

#[test]
fn snapshots_list_listeners_and_connections_in_the_order_of_time() {
    let rest = format!(
        "{CONNECTION}close = {{ after = \"1s\" }}\n\
         [output]\nsnapshots = [\"2s\", \"0s\", \"75ms\", \"100s\"]\n"
    );
    assert_eq!(
        snapshots(&rest),
        "\
at 0s
  client: 1 connection
    State     Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    SYN-SENT       0       1  10.1.0.1:5555       10.2.0.1:80        timer:(on,1s,0)
  server: 0 connections
    State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    LISTEN       0     128  10.2.0.1:80         *

at 75ms
  client: 1 connection
    State     Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    SYN-SENT       0       1  10.1.0.1:5555       10.2.0.1:80        timer:(on,925ms,0)
  server: 1 connection
    State         Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    LISTEN             0     128  10.2.0.1:80         *
    SYN-RECEIVED       0       0  10.2.0.1:80         10.1.0.1:5555      timer:(on,975ms,0)

at 2s
  client: 1 connection
    State      Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    TIME-WAIT       0       0  10.1.0.1:5555       10.2.0.1:80        timer:(timewait,239.2s,0)
  server: 0 connections
    State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    LISTEN       0     128  10.2.0.1:80         *

at 100s
  client: 1 connection
    State      Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    TIME-WAIT       0       0  10.1.0.1:5555       10.2.0.1:80        timer:(timewait,141.2s,0)
  server: 0 connections
    State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
    LISTEN       0     128  10.2.0.1:80         *
"
    );
}

/// State, queues and timer of each connection of a host, in order.
fn timers(text: &str, host: &str) -> Vec<String> {
    let mut is_own = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [name, _, _] | [name, _] if name.ends_with(':') => is_own = *name == format!("{host}:"),
            [state, received, sent, _, peer, timer @ ..]
                if is_own && *peer != "*" && *state != "State" =>
            {
                found.push(format!("{state} {received} {sent} {}", timer.join(" ")));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn timers_and_queues_are_those_of_the_moment() {
    // Every SYN,ACK is lost: both ends try again. The server's entry is 50 ms younger, and is not
    // made younger by the SYNs that come again, which it answers by an ACK.
    let lost = "[[fault]]\nid = \"lost\"\nmatch = { link = \"s2c\" }\ndrop = true\n";
    let text = snapshots(&format!(
        "{CONNECTION}{lost}[output]\nsnapshots = [\"500ms\", \"5s\"]\n"
    ));
    assert_eq!(
        timers(&text, "client"),
        [
            "SYN-SENT 0 1 timer:(on,500ms,0)",
            "SYN-SENT 0 1 timer:(on,2s,2) backoff:2"
        ]
    );
    assert_eq!(
        timers(&text, "server"),
        [
            "SYN-RECEIVED 0 0 timer:(on,550ms,0)",
            "SYN-RECEIVED 0 0 timer:(on,2.05s,2) backoff:2"
        ]
    );
    // Keep-alive towards a client without power; text that waits for its ACK comes before it.
    let silent = format!(
        "[host.server]\nkeepalive = {{ idle = \"10s\", interval = \"2s\", probes = 3 }}\n\
         [host.client]\npower_off = {{ at = \"5s\" }}\n{CONNECTION}"
    );
    let text = snapshots(&format!(
        "{silent}[output]\nsnapshots = [\"4s\", \"11s\"]\n"
    ));
    assert_eq!(
        timers(&text, "server"),
        [
            "ESTABLISHED 0 0 timer:(keepalive,6.15s,0)",
            "ESTABLISHED 0 0 timer:(keepalive,1.15s,1)"
        ]
    );
    let text = snapshots(&format!(
        "{silent}send = [{{ from = \"server\", bytes = 10, after = \"6s\" }}]\n\
         [output]\nsnapshots = [\"7s\", \"10s\"]\n"
    ));
    // Sent at 6.15 s, and again after 1 s, 2 s, 4 s.
    assert_eq!(
        timers(&text, "server"),
        [
            "ESTABLISHED 0 10 timer:(on,150ms,0)",
            "ESTABLISHED 0 10 timer:(on,3.15s,2) backoff:2"
        ]
    );
    // The FIN-WAIT-2 of Linux, whose server keeps the connection.
    let text = snapshots(&format!(
        "[host.client]\nprofile = \"linux-6\"\n{CONNECTION}\
         close = {{ after = \"1s\", second_after = \"90s\" }}\n\
         [output]\nsnapshots = [\"1.15s\", \"11.2s\"]\n"
    ));
    // The round trip of 100 ms makes an RTO of 300 ms: SRTT, and Linux's least variation of 200 ms.
    assert_eq!(
        timers(&text, "client"),
        [
            "FIN-WAIT-1 0 1 timer:(on,250ms,0)",
            "FIN-WAIT-2 0 0 timer:(timewait,50s,0)"
        ]
    );
}

/// A server whose application accepts nothing: connections wait, and what they bring is unread. The
/// window is shut in the end, and the client probes it.
#[test]
fn queues_that_nobody_empties() {
    let rest = "[host.server]\naccept_rate = \"1/min\"\nbacklog = 5\nrcv_wnd = 1000\n\
                [load.crowd]\narrivals = { burst = 4 }\ntransfer = { bytes = 1500 }\n\
                [output]\nsnapshots = [\"1s\"]\n";
    let text = snapshots(rest);
    let listener = text.lines().find(|line| line.contains("LISTEN"));
    let listener: Vec<&str> = listener.expect(&text).split_whitespace().collect();
    // One was accepted at once.
    assert_eq!(listener[..3], ["LISTEN", "3", "5"], "{text}");
    let server = timers(&text, "server");
    let waiting = server
        .iter()
        .filter(|row| row.starts_with("ESTABLISHED 1000 0"));
    assert_eq!(waiting.count(), 3, "{text}");
    let client = timers(&text, "client");
    let probing = client.iter().filter(|row| row.contains(" timer:(persist,"));
    assert_eq!(probing.count(), 3, "{text}");
}

#[test]
fn headings_are_in_the_language_that_is_asked_for() {
    let rest = format!("{CONNECTION}[output]\nsnapshots = [\"75ms\"]\n");
    assert_eq!(
        snapshots_in(Language::Zh, &rest),
        "\
时刻 75ms
  client：1 个连接
    状态      接收队列  发送队列  本端地址:端口  对端地址:端口
    SYN-SENT         0         1  10.1.0.1:5555  10.2.0.1:80    timer:(on,925ms,0)
  server：1 个连接
    状态          接收队列  发送队列  本端地址:端口  对端地址:端口
    LISTEN               0       128  10.2.0.1:80    *
    SYN-RECEIVED         0         0  10.2.0.1:80    10.1.0.1:5555  timer:(on,975ms,0)
"
    );
}

#[test]
fn a_host_without_power_has_nothing_and_one_that_is_up_again_listens() {
    let rest = format!(
        "[host.server]\ncrash = {{ at = \"1s\", restart_after = \"1s\" }}\n{CONNECTION}\
         [output]\nsnapshots = [\"500ms\", \"1500ms\", \"3s\"]\n"
    );
    let text = snapshots(&rest);
    let server: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("  server"))
        .filter(|line| {
            let others = ["client", "Local Address", ":5555  "];
            !others.iter().any(|part| line.contains(part))
        })
        .collect();
    assert_eq!(
        server,
        [
            "  server: 1 connection",
            "    LISTEN            0     128  10.2.0.1:80         *",
            "    ESTABLISHED       0       0  10.2.0.1:80         10.1.0.1:5555",
            "",
            "at 1.5s",
            "  server: without power",
            "",
            "at 3s",
            "  server: 0 connections",
            "    LISTEN       0     128  10.2.0.1:80         *",
        ],
        "{text}"
    );
}

#[test]
fn many_connections_are_counted_not_listed() {
    let load = "[host.server]\nbacklog = 2000\n[load.crowd]\narrivals = { burst = 1500 }\nclose = \"never\"\n\
                [output]\nsnapshots = [\"1s\"]\n";
    let text = snapshots(load);
    assert!(text.contains("  server: 1500 connections\n"), "{text}");
    assert_eq!(text.matches("and 500 more").count(), 2);
    assert_eq!(text.matches("ESTABLISHED").count(), 2000);
}

#[test]
fn a_snapshot_is_taken_once_and_during_the_run() {
    let with = |list: &str| format!("{CONNECTION}[output]\nsnapshots = {list}\n");
    let title = "this snapshot comes after the run has ended";
    assert_eq!(mistake(&with("[\"101s\"]")), title);
    assert_eq!(
        mistake(&with("[\"1s\", \"1000ms\"]")),
        "`1s` is in the list twice"
    );
}
