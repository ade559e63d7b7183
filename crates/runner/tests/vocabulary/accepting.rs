//! Servers that accept slowly.

use crate::lab::{mistake, run};

const LOAD: &str = "[load.main]\narrivals = { constant = \"2/s\" }\ncount = 20\n\
                    transfer = { bytes = 10 }\n";

#[test]
fn a_slow_server_reads_late_and_closes_late() {
    let slow = run(&format!("[host.server]\naccept_rate = \"1/s\"\n{LOAD}"));
    let quick = run(&format!(
        "[host.server]\naccept_rate = \"unlimited\"\n{LOAD}"
    ));
    let absent = run(LOAD);
    assert_eq!(quick.campaign.digest, absent.campaign.digest);
    // All are opened at once by TCP, and ended: the n-th waits n half seconds.
    for lab in [&slow, &quick] {
        lab.assert_values(&[("connect_time.max", "0.1"), ("half_closed.final", "0")]);
    }
    quick.assert_values(&[("half_closed.area", "0")]);
    assert_ne!(slow.value("half_closed.area"), "0");
}

#[test]
fn a_full_accept_queue_leaves_the_client_ahead_of_an_embryonic_entry() {
    let lab = run(&format!(
        "[host.server]\nprofile = \"linux-6\"\nbacklog = 1\naccept_rate = \"0.1/s\"\n{LOAD}"
    ));
    // The client is ESTABLISHED, its ACK was dropped.
    assert_ne!(
        lab.value("embryonic.client_open.area"),
        "0",
        "{}",
        lab.ladder()
    );
    let quick = run(&format!(
        "[host.server]\nprofile = \"linux-6\"\nbacklog = 1\n{LOAD}"
    ));
    // An ACK under way is no overflow.
    assert_eq!(quick.value("embryonic.client_open.max"), "1");
    assert_ne!(lab.value("embryonic.client_open.max"), "1");
}

#[test]
fn a_bad_rate_is_told() {
    let title = mistake("[host.server]\naccept_rate = \"slow\"\n");
    assert!(title.contains("unlimited"), "{title}");
}
