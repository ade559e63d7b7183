//! Hosts that crash and restart, and what is opened again.

use runner::plan::End;
use tcp_core::Phase;

use crate::lab::{CONNECTION, HEAD, mistake, run, run_text};

/// The client forgets the connection at 1 s and is up again at 2 s.
const CRASH: &str = "[host.client]\ncrash = { at = \"1s\", restart_after = \"1s\" }\n";

#[test]
fn a_reconnect_from_the_same_port_finds_the_old_connection_out() {
    // RFC 9293 figure 9: the SYN meets ESTABLISHED, its ACK is reset, the next SYN opens.
    let lab = run(&format!(
        "{CRASH}{CONNECTION}[[connection]]\nfrom = \"client:5555\"\nactive_open = \"3s\"\n\
         iss = {{ client = 400 }}\n"
    ));
    assert_eq!(
        lab.stays(End::Server),
        [
            (Phase::Listen, 0),
            (Phase::SynReceived, 50),
            (Phase::Established, 150),
            (Phase::Listen, 3150),
            (Phase::SynReceived, 4050),
            (Phase::Established, 4150),
        ],
        "{}",
        lab.ladder()
    );
    lab.assert_values(&[
        ("connect_time.max", "1.1"),
        ("rst_sent", "1"),
        // From the crash to the reset, the second client opening meanwhile.
        ("open.final", "1"),
        ("orphan_established.area", "2.15"),
    ]);
    let ladder = lab.ladder();
    assert!(
        ladder.contains("power off") && ladder.contains("up again"),
        "{ladder}"
    );
}

#[test]
fn what_the_peer_sends_is_reset_by_a_host_that_has_forgotten() {
    // RFC 9293 figure 10.
    let lab = run(&format!(
        "{CRASH}{CONNECTION}send = [{{ from = \"server\", bytes = 10, after = \"5s\" }}]\n"
    ));
    // Sent at 5.15 s, answered at 5.2 s.
    assert_eq!(lab.stays(End::Server).last(), Some(&(Phase::Listen, 5250)));
    lab.assert_values(&[("rst_sent", "1"), ("orphan_established.area", "4.25")]);
}

#[test]
fn a_host_that_is_down_hears_nothing_and_opens_nothing() {
    let lab = run(&format!(
        "[host.server]\ncrash = {{ event = \"client.state == ESTABLISHED\", restart_after = \"9.9s\" }}\n\
         [host.client]\ncrash = {{ at = \"2s\", restart_after = \"1s\" }}\n\
         {CONNECTION}[[connection]]\nfrom = \"client:1\"\nactive_open = \"2.5s\"\n\
         [[connection]]\nfrom = \"client:2\"\nactive_open = \"8s\"\n"
    ));
    // The server is down from 0.1 s to 10 s: SYNs at 8, 9 and 11 s.
    lab.assert_values(&[("connect_time.max", "3.1"), ("synack_sent", "2")]);
}

#[test]
fn a_load_goes_on_when_the_host_is_up_again() {
    let lab = run(
        "[host.client]\ncrash = { at = \"10.5s\", restart_after = \"10s\" }\n\
         [load.main]\narrivals = { constant = \"1/s\" }\n",
    );
    // One each second from 1 s to 99 s, but for those from 11 s to 20 s.
    assert_eq!(lab.campaign.effort.connections, 99 - 10);
}

/// The server restarts within 1 s while a segment of the old connection is still under way, and
/// the same four-tuple is opened again.
fn restart(how: &str) -> crate::lab::Lab {
    run(&format!(
        "[host.client]\ncrash = {{ at = \"1s\", restart_after = \"1s\", {how} }}\n\
         [[connection]]\nfrom = \"client:5555\"\n\
         [[connection]]\nfrom = \"client:5555\"\nactive_open = \"2.5s\"\n"
    ))
}

#[test]
fn initial_numbers_are_reused_only_if_asked_for_and_quiet_time_is_kept() {
    let numbers = |how: &str| restart(how).stories()[0].origins(End::Client).to_vec();
    let fresh = numbers("isn = \"fresh\"");
    assert_eq!(fresh.len(), 2);
    // The clock counts from the restart: 0.5 s of 4 us are 125000.
    let reused = numbers("isn = \"reuse\"");
    assert_eq!(reused[1].wrapping_sub(reused[0]), 125_000);
    assert_ne!(fresh[1].wrapping_sub(fresh[0]), 625_000, "another secret");
    // In the quiet time nothing is opened; at its end it is.
    let opened = |how: &str| {
        let lab = restart(how);
        let stays = lab.stays(End::Client);
        stays.last().map(|stay| stay.1)
    };
    assert_eq!(opened("quiet_time = \"0s\""), Some(3600));
    assert_eq!(opened("quiet_time = \"10s\""), Some(13100));
}

#[test]
fn an_open_can_follow_a_state() {
    let lab = run(&format!(
        "[host.client]\ntime_wait = \"5s\"\n{CONNECTION}close = {{ after = \"1s\" }}\n\
         [[connection]]\nfrom = \"client:5555\"\n\
         active_open = {{ event = \"client.state == CLOSED\", connection = 0, plus = \"2s\" }}\n"
    ));
    // FIN at 1.1 s, TIME-WAIT at 1.2 s.
    let syn_sent: Vec<u64> = lab
        .stays(End::Client)
        .into_iter()
        .filter_map(|(phase, at)| (phase == Phase::SynSent).then_some(at))
        .collect();
    assert_eq!(syn_sent, [0, 8200]);
    // In TIME-WAIT the four-tuple is taken: connection exists.
    let lab = run(&format!(
        "[host.client]\ntime_wait = \"5s\"\n{CONNECTION}close = {{ after = \"1s\" }}\n\
         [[connection]]\nfrom = \"client:5555\"\nactive_open = {{ event = \"client.state == TIME-WAIT\" }}\n"
    ));
    assert_eq!(lab.campaign.effort.connections, 1);
}

#[test]
fn bad_crashes_and_opens_are_told() {
    for (rest, title) in [
        (
            "[host.client]\ncrash = { at = \"1s\" }\n",
            "missing key `restart_after`",
        ),
        (
            "[host.client]\ncrash = { at = \"1s\", restart_after = \"0s\" }\n",
            "a restart takes some time",
        ),
        (
            "[host.client]\npower_off = { at = \"1s\" }\ncrash = { at = \"1s\", restart_after = \"1s\" }\n",
            "a host either loses power for good or crashes and restarts",
        ),
    ] {
        assert_eq!(mistake(&format!("{rest}{CONNECTION}")), title);
    }
    let open = |when: &str| format!("[[connection]]\nfrom = \"client:1\"\nactive_open = {when}\n");
    for (when, title) in [
        (
            "{ event = \"server.state == CLOSED\" }",
            "host `client` cannot know of this event",
        ),
        ("{ plus = \"1s\" }", "a moment needs `event` or `at`"),
        ("\"200s\"", "this OPEN comes after the run has ended"),
    ] {
        assert_eq!(mistake(&open(when)), title);
    }
}

#[test]
fn what_a_host_has_counted_before_a_crash_belongs_to_the_period_in_which_it_was_counted() {
    let rest = format!(
        "{CRASH}{CONNECTION}[[connection]]\nfrom = \"client:5556\"\nactive_open = \"3s\"\n"
    );
    for (warmup, opens) in [("0s", "2"), ("500ms", "1"), ("1500ms", "1"), ("5s", "0")] {
        let head = HEAD.replace("until", &format!("warmup = \"{warmup}\"\nuntil"));
        let lab = run_text(&format!("{head}{rest}"));
        lab.assert_values(&[("client.ActiveOpens", opens)]);
    }
}
