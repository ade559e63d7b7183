//! What hosts have at a moment.

use runner::snapshot;
use runner::trial::Trial;
use tcp_core::Handshake;

use crate::lab::HEAD;
use crate::lab::{CONNECTION, experiment, mistake};

fn snapshots(rest: &str) -> String {
    let plan = experiment(&format!("{HEAD}{rest}")).plan;
    let trial = Trial {
        policy: Handshake::ThreeWay,
        replication: 0,
    };
    let snapshots = trial.snapshots(&plan).expect("it runs");
    snapshot::text(&plan, &snapshots)
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
    SYN-SENT      10.1.0.1:5555  10.2.0.1:80
  server: 0 connections
    LISTEN        10.2.0.1:80  *

at 75ms
  client: 1 connection
    SYN-SENT      10.1.0.1:5555  10.2.0.1:80
  server: 1 connection
    LISTEN        10.2.0.1:80  *
    SYN-RECEIVED  10.2.0.1:80  10.1.0.1:5555

at 2s
  client: 1 connection
    TIME-WAIT     10.1.0.1:5555  10.2.0.1:80
  server: 0 connections
    LISTEN        10.2.0.1:80  *

at 100s
  client: 1 connection
    TIME-WAIT     10.1.0.1:5555  10.2.0.1:80
  server: 0 connections
    LISTEN        10.2.0.1:80  *
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
        .filter(|line| !line.contains("client") && !line.contains(":5555  "))
        .collect();
    assert_eq!(
        server,
        [
            "  server: 1 connection",
            "    LISTEN        10.2.0.1:80  *",
            "    ESTABLISHED   10.2.0.1:80  10.1.0.1:5555",
            "",
            "at 1.5s",
            "  server: without power",
            "",
            "at 3s",
            "  server: 0 connections",
            "    LISTEN        10.2.0.1:80  *",
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
