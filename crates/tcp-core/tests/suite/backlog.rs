//! The accept queue, the end of a listener, and what the calls say when something is wrong.

use std::time::Duration;

use tcp_core::{
    ConfigId, ConnectError, Flags, ListenConfig, ListenError, Open, Phase, Profile, Reason, SeqNum,
    Tag,
};

use super::duet::{Solo, Words, ack, fin, rst, syn};

/// A listener whose queues hold `backlog` entries, and whose user accepts nothing.
fn sleepy(backlog: u32, abort_on_overflow: bool) -> Solo {
    let listen = ListenConfig {
        backlog,
        abort_on_overflow,
        ..Profile::Rfc9293.listen_config()
    };
    let mut solo = Solo::new(Profile::Rfc9293.config()).listen(listen, 300);
    // The scene accepts only while it has no connection of its own.
    solo.remote.set_port(9);
    let other = solo
        .endpoint
        .connect(solo.now, solo.flow(), Open::tagged(Tag(0)))
        .unwrap();
    solo.id = Some(other);
    solo.drain();
    solo
}

/// Sends a SYN from this port; returns the ISS of the SYN,ACK.
fn knock(solo: &mut Solo, port: u16) -> Option<SeqNum> {
    solo.remote.set_port(port);
    solo.gets(syn(100)).first().map(|reply| reply.seq)
}

fn complete(solo: &mut Solo, port: u16, iss: SeqNum) -> Vec<tcp_core::Segment> {
    solo.remote.set_port(port);
    solo.gets(ack(101, (iss + 1).0))
}

#[test]
fn a_full_accept_queue_drops_syns_and_keeps_entries_waiting() {
    let mut solo = sleepy(1, false);
    let first = knock(&mut solo, 1000).unwrap();
    complete(&mut solo, 1000, first);
    assert_eq!(solo.phase(), Phase::Established);
    assert_eq!(knock(&mut solo, 1001), None);
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(solo.endpoint.counters().ListenOverflows, 1);
    // Once the user accepts, there is room again.
    let listener = solo.listener.unwrap();
    assert!(solo.endpoint.accept(listener).is_some());
    assert!(knock(&mut solo, 1001).is_some());
}

/// The SYN was in time, the ACK finds the queue full.
fn late_ack(abort_on_overflow: bool) -> (Solo, Vec<tcp_core::Segment>) {
    let mut solo = sleepy(2, abort_on_overflow);
    let isns = [1000, 1001].map(|port| (port, knock(&mut solo, port).unwrap()));
    complete(&mut solo, isns[0].0, isns[0].1);
    let third = knock(&mut solo, 1002).unwrap();
    complete(&mut solo, 1002, third);
    let answer = complete(&mut solo, isns[1].0, isns[1].1);
    (solo, answer)
}

#[test]
fn an_ack_that_finds_the_accept_queue_full_is_dropped_and_the_entry_stays() {
    let (mut solo, answer) = late_ack(false);
    assert_eq!(answer, []);
    assert_eq!(solo.phase(), Phase::SynReceived);
    // The client believes that it is open; the SYN,ACK comes again, and its answer fits in then.
    let listener = solo.listener.unwrap();
    solo.endpoint.accept(listener).unwrap();
    let again = solo.waits(Duration::from_secs(1));
    let repeated = again
        .iter()
        .find(|(_, sent)| sent.flags == Flags::SYN | Flags::ACK)
        .unwrap();
    complete(&mut solo, 1001, repeated.1.seq);
    assert_eq!(solo.phase(), Phase::Established);
}

#[test]
fn with_abort_on_overflow_the_client_is_told() {
    let (solo, answer) = late_ack(true);
    assert_eq!(answer[0].flags, Flags::RST | Flags::ACK);
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(solo.endpoint.counters().ListenOverflows, 1);
}

#[test]
fn a_connection_that_died_in_the_queue_is_skipped() {
    let mut solo = sleepy(8, false);
    for port in [1000, 1001] {
        let iss = knock(&mut solo, port).unwrap();
        complete(&mut solo, port, iss);
    }
    solo.remote.set_port(1000);
    solo.gets(rst(101));
    let listener = solo.listener.unwrap();
    let accepted = solo.endpoint.accept(listener).unwrap();
    assert_eq!(solo.endpoint.flow(accepted).unwrap().remote.port(), 1001);
    assert_eq!(solo.endpoint.accept(listener), None);
}

#[test]
fn a_listener_that_closes_takes_its_queues_along() {
    let mut solo = sleepy(8, false);
    let iss = knock(&mut solo, 1000).unwrap();
    complete(&mut solo, 1000, iss);
    knock(&mut solo, 1001).unwrap();
    solo.endpoint
        .close_listener(solo.now, solo.listener.unwrap());
    let last = std::iter::from_fn(|| solo.endpoint.poll_transition())
        .last()
        .unwrap();
    assert_eq!(
        (last.from, last.reason),
        (Phase::Established, Reason::Abort)
    );
    assert_eq!(
        solo.drain().len(),
        1,
        "one RST, for the connection that nobody had accepted"
    );
    for port in [1000, 1001] {
        solo.remote.set_port(port);
        assert_eq!(solo.phase(), Phase::Closed);
    }
    assert_eq!(
        knock(&mut solo, 1002),
        Some(SeqNum(0)),
        "the RST,ACK of a closed port"
    );
}

#[test]
fn calls_say_what_is_wrong() {
    let mut solo = sleepy(1, false);
    let listen = Profile::Rfc9293.listen_config();
    let taken = solo.endpoint.listen(solo.local, listen, ConfigId::DEFAULT);
    assert_eq!(taken, Err(ListenError::AddressInUse));
    let none = ListenConfig {
        backlog: 0,
        ..listen
    };
    let refused = solo
        .endpoint
        .listen(([192, 0, 2, 2], 81).into(), none, ConfigId::DEFAULT);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "backlog must be at least 1"
    );
    solo.remote.set_port(9);
    let again = solo
        .endpoint
        .connect(solo.now, solo.flow(), Open::tagged(Tag(0)));
    assert_eq!(again, Err(ConnectError::AlreadyExists));
}

#[test]
fn phases_are_found_by_their_names() {
    for (phase, name) in Phase::ALL {
        assert_eq!(Phase::from_name(name), Some(phase));
        assert_eq!(phase.to_string(), name);
    }
    assert_eq!(Phase::from_name("SYN_RCVD"), None);
}

/// Only single hosts have connections (MUST-46, MUST-57, MUST-63).
#[test]
fn no_connection_with_a_crowd() {
    for crowd in [
        "255.255.255.255:9",
        "224.0.0.1:9",
        "0.0.0.0:9",
        "[ff02::1]:9",
        "[::]:9",
    ] {
        let mut solo = sleepy(1, false);
        solo.remote = crowd.parse().unwrap();
        let refused = solo
            .endpoint
            .connect(solo.now, solo.flow(), Open::tagged(Tag(0)));
        assert_eq!(refused, Err(ConnectError::InvalidAddress), "{crowd}");
        assert_eq!(solo.gets(syn(100)), [], "{crowd}");
        assert_eq!(solo.phase(), Phase::Listen, "{crowd}");
    }
}

/// Text that was not received before TIME-WAIT neither prolongs it nor is lost in it.
#[test]
fn reading_late_does_not_prolong_time_wait() {
    let listen = Profile::Rfc9293.listen_config();
    let mut solo = Solo::new(Profile::Rfc9293.config()).listen(listen, 300);
    solo.gets(syn(100));
    solo.gets(ack(101, 301));
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    solo.gets(ack(101, 302));
    solo.gets(fin(101, 302).text(7));
    assert_eq!(solo.phase(), Phase::TimeWait);
    solo.waits(Duration::from_secs(239));
    let id = solo.id.unwrap();
    assert_eq!(solo.endpoint.receive(solo.now, id, 99), Ok(7));
    solo.waits(Duration::from_millis(999));
    assert_eq!(solo.phase(), Phase::TimeWait);
    solo.waits(Duration::from_millis(1));
    assert_eq!(solo.phase(), Phase::Listen);
}
