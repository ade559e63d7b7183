//! RFC 9293 Figures 6 to 13, as ladders. The states are those at the moment of sending.

use std::time::Duration;

use insta::assert_snapshot;
use tcp_core::{Endpoint, Handshake, Phase, Profile, Secret};

use super::duet::{Duet, syn};

fn opened() -> Duet {
    let mut duet = Duet::new(Profile::Rfc9293);
    duet.b_listens(Handshake::ThreeWay, 300);
    duet.a_connects(100);
    duet.run(Duration::from_secs(1));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Established);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Established);
    duet
}

/// Figure 6: basic three-way handshake, and data after it.
#[test]
fn figure_6_three_way_handshake() {
    let mut duet = opened();
    let id = duet.id_a.unwrap();
    duet.a.send(duet.now, id, 5).unwrap();
    duet.settle();
    duet.run(Duration::from_secs(1));
    assert_snapshot!(duet.ladder, @r"
      1.  0.000 SYN-SENT     --> <SEQ=100><CTL=SYN>                             --> LISTEN
      2.  0.050 SYN-SENT     <-- <SEQ=300><ACK=101><CTL=SYN,ACK>                <-- SYN-RECEIVED
      3.  0.100 ESTABLISHED  --> <SEQ=101><ACK=301><CTL=ACK>                    --> SYN-RECEIVED
      4.  1.000 ESTABLISHED  --> <SEQ=101><ACK=301><DATA=5><CTL=PSH,ACK>        --> ESTABLISHED
      5.  1.050 ESTABLISHED  <-- <SEQ=301><ACK=106><CTL=ACK>                    <-- ESTABLISHED
    ");
}

/// Figure 7: simultaneous connection synchronization (MUST-10).
#[test]
fn figure_7_simultaneous_open() {
    let mut duet = Duet::new(Profile::Rfc9293);
    duet.a_connects(100);
    duet.b_connects(300);
    duet.run(Duration::from_secs(1));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Established);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Established);
    assert_snapshot!(duet.ladder, @r"
      1.  0.000 SYN-SENT     --> <SEQ=100><CTL=SYN>                             --> CLOSED
      2.  0.000 SYN-SENT     <-- <SEQ=300><CTL=SYN>                             <-- SYN-SENT
      3.  0.050 SYN-SENT     <-- <SEQ=300><ACK=101><CTL=SYN,ACK>                <-- SYN-RECEIVED
      4.  0.050 SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK>                --> SYN-RECEIVED
    ");
}

/// Figure 8: recovery from an old duplicate SYN.
#[test]
fn figure_8_old_duplicate_syn() {
    let mut duet = Duet::new(Profile::Rfc9293);
    duet.b_listens(Handshake::ThreeWay, 300);
    duet.old_duplicate_to_b(syn(90));
    duet.delay = Duration::from_millis(200);
    duet.a_connects(100);
    duet.delay = Duration::from_millis(50);
    duet.run(Duration::from_secs(3));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Established);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Established);
    assert_snapshot!(duet.ladder, @r"
      1.  0.000 CLOSED       --> <SEQ=90><CTL=SYN>                              --> LISTEN (old duplicate)
      2.  0.000 SYN-SENT     --> <SEQ=100><CTL=SYN>                             --> LISTEN
      3.  0.050 SYN-SENT     <-- <SEQ=300><ACK=91><CTL=SYN,ACK>                 <-- SYN-RECEIVED
      4.  0.100 SYN-SENT     --> <SEQ=91><CTL=RST>                              --> SYN-RECEIVED
      5.  0.200 SYN-SENT     <-- <SEQ=1652844396><ACK=101><CTL=SYN,ACK>         <-- SYN-RECEIVED
      6.  0.250 ESTABLISHED  --> <SEQ=101><ACK=1652844397><CTL=ACK>             --> SYN-RECEIVED
    ");
}

/// Figure 9: half-open connection discovery. A has lost its memory and opens again.
#[test]
fn figure_9_half_open_discovery() {
    let mut duet = opened();
    duet.a = Endpoint::new(Profile::Rfc9293.config(), Secret([1; 16])).unwrap();
    duet.ladder.clear();
    duet.a_connects(400);
    duet.run(Duration::from_secs(3));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Established);
    assert_snapshot!(duet.ladder, @r"
      4.  1.000 SYN-SENT     --> <SEQ=400><CTL=SYN>                             --> ESTABLISHED
      5.  1.050 SYN-SENT     <-- <SEQ=301><ACK=101><CTL=ACK>                    <-- ESTABLISHED
      6.  1.100 SYN-SENT     --> <SEQ=101><CTL=RST>                             --> ESTABLISHED
      7.  2.000 SYN-SENT     --> <SEQ=400><CTL=SYN>                             --> LISTEN
      8.  2.050 SYN-SENT     <-- <SEQ=1653306896><ACK=401><CTL=SYN,ACK>         <-- SYN-RECEIVED
      9.  2.100 ESTABLISHED  --> <SEQ=401><ACK=1653306897><CTL=ACK>             --> SYN-RECEIVED
    ");
}

/// Figure 10: the active side causes half-open connection discovery.
#[test]
fn figure_10_active_side_discovers() {
    let mut duet = opened();
    duet.a = Endpoint::new(Profile::Rfc9293.config(), Secret([1; 16])).unwrap();
    duet.ladder.clear();
    let id = duet.id_b.unwrap();
    duet.b.send(duet.now, id, 10).unwrap();
    duet.settle();
    duet.run(Duration::from_secs(3));
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Listen);
    assert_snapshot!(duet.ladder, @r"
      4.  1.000 CLOSED       <-- <SEQ=301><ACK=101><DATA=10><CTL=PSH,ACK>       <-- ESTABLISHED
      5.  1.050 CLOSED       --> <SEQ=101><CTL=RST>                             --> ESTABLISHED
    ");
}

/// Figure 11: an old duplicate SYN initiates a reset on two passive sockets.
#[test]
fn figure_11_two_passive_sockets() {
    let mut duet = Duet::new(Profile::Rfc9293);
    duet.b_listens(Handshake::ThreeWay, 300);
    let config = Profile::Rfc9293.listen_config();
    duet.a
        .listen(
            super::duet::client_address(),
            config,
            tcp_core::ConfigId::DEFAULT,
        )
        .unwrap();
    duet.old_duplicate_to_b(syn(90));
    duet.run(Duration::from_secs(3));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Listen);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Listen);
    assert_snapshot!(duet.ladder, @r"
      1.  0.000 LISTEN       --> <SEQ=90><CTL=SYN>                              --> LISTEN (old duplicate)
      2.  0.050 LISTEN       <-- <SEQ=300><ACK=91><CTL=SYN,ACK>                 <-- SYN-RECEIVED
      3.  0.100 LISTEN       --> <SEQ=91><CTL=RST>                              --> SYN-RECEIVED
    ");
}

/// Figure 12: normal close sequence.
#[test]
fn figure_12_normal_close() {
    let mut duet = opened();
    duet.ladder.clear();
    let id = duet.id_a.unwrap();
    duet.a.close(duet.now, id).unwrap();
    duet.settle();
    duet.run(Duration::from_millis(300));
    let id = duet.id_b.unwrap();
    duet.b.close(duet.now, id).unwrap();
    duet.settle();
    duet.run(Duration::from_millis(300));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::TimeWait);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::Listen);
    duet.run(Duration::from_mins(4));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::Closed);
    assert_snapshot!(duet.ladder, @r"
      4.  1.000 FIN-WAIT-1   --> <SEQ=101><ACK=301><CTL=FIN,ACK>                --> ESTABLISHED
      5.  1.050 FIN-WAIT-1   <-- <SEQ=301><ACK=102><CTL=ACK>                    <-- CLOSE-WAIT
      6.  1.300 FIN-WAIT-2   <-- <SEQ=301><ACK=102><CTL=FIN,ACK>                <-- LAST-ACK
      7.  1.350 TIME-WAIT    --> <SEQ=102><ACK=302><CTL=ACK>                    --> LAST-ACK
    ");
}

/// Figure 13: simultaneous close sequence.
#[test]
fn figure_13_simultaneous_close() {
    let mut duet = opened();
    duet.ladder.clear();
    let (a, b) = (duet.id_a.unwrap(), duet.id_b.unwrap());
    duet.a.close(duet.now, a).unwrap();
    duet.b.close(duet.now, b).unwrap();
    duet.settle();
    duet.run(Duration::from_millis(300));
    assert_eq!(duet.a.phase(duet.flow_a()), Phase::TimeWait);
    assert_eq!(duet.b.phase(duet.flow_b()), Phase::TimeWait);
    assert_snapshot!(duet.ladder, @r"
      4.  1.000 FIN-WAIT-1   --> <SEQ=101><ACK=301><CTL=FIN,ACK>                --> FIN-WAIT-1
      5.  1.000 FIN-WAIT-1   <-- <SEQ=301><ACK=101><CTL=FIN,ACK>                <-- FIN-WAIT-1
      6.  1.050 FIN-WAIT-1   <-- <SEQ=302><ACK=102><CTL=ACK>                    <-- CLOSING
      7.  1.050 CLOSING      --> <SEQ=102><ACK=302><CTL=ACK>                    --> CLOSING
    ");
}
