//! What each handshake policy does with SYNs, old ones among them.

use std::time::Duration;

use tcp_core::{
    Counters, Event, Flags, Flow, Handshake, ListenConfig, Open, Packet, Phase, Profile, Segment,
    SeqNum, Tag, Text,
};

use super::duet::{Duet, Solo, Words, ack, client_address, fin, rst, server_address, syn};

fn listening(policy: Handshake) -> Solo {
    with_backlog(policy, 128)
}

fn with_backlog(policy: Handshake, backlog: u32) -> Solo {
    let listen = ListenConfig {
        policy,
        backlog,
        ..Profile::Rfc9293.listen_config()
    };
    Solo::new(Profile::Rfc9293.config()).listen(listen, 300)
}

fn flags_of(segments: &[Segment]) -> Vec<String> {
    segments.iter().map(ToString::to_string).collect()
}

/// Opens with the peer's ISN, closes from the peer's side, and leaves nothing behind.
fn opens_and_closes(solo: &mut Solo, isn: u32, iss: u32) {
    solo.gets(syn(isn));
    solo.gets(ack(isn + 1, iss + 1));
    assert_eq!(solo.phase(), Phase::Established);
    solo.gets(fin(isn + 1, iss + 1));
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    solo.gets(ack(isn + 2, iss + 2));
    assert_eq!(solo.phase(), Phase::Listen);
    solo.id = None;
}

#[test]
fn three_way_waits_for_the_ack() {
    let mut solo = listening(Handshake::ThreeWay);
    assert_eq!(
        flags_of(&solo.gets(syn(100))),
        ["<SEQ=300><ACK=101><CTL=SYN,ACK>"]
    );
    assert_eq!(solo.phase(), Phase::SynReceived);
    assert_eq!(solo.events, []);
    assert!(solo.gets(rst(101)).is_empty());
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(solo.events, [], "the user need not be informed");
}

#[test]
fn two_way_wakes_the_user_at_once_and_never_repeats_itself() {
    let mut solo = listening(Handshake::TwoWay);
    assert_eq!(
        flags_of(&solo.gets(syn(100))),
        ["<SEQ=300><ACK=101><CTL=SYN,ACK>"]
    );
    assert_eq!(solo.phase(), Phase::Established);
    assert!(matches!(solo.events[..], [Event::Acceptable(_)]));
    assert_eq!(solo.waits(Duration::from_secs(10_000)), []);
    assert_eq!(solo.phase(), Phase::Established, "for ever");
}

#[test]
fn two_way_answers_a_repeated_syn_until_its_own_is_acknowledged() {
    let mut solo = listening(Handshake::TwoWay);
    solo.gets(syn(100));
    solo.waits(Duration::from_secs(1));
    assert_eq!(
        flags_of(&solo.gets(syn(100))),
        ["<SEQ=300><ACK=101><CTL=SYN,ACK>"]
    );
    solo.gets(ack(101, 301));
    solo.waits(Duration::from_secs(1));
    assert_eq!(
        flags_of(&solo.gets(syn(100))),
        ["<SEQ=301><ACK=101><CTL=ACK>"]
    );
}

/// The SYN's window counts, wherever the peer's numbers lie: else text waits for the persist timer.
#[test]
fn two_way_may_send_at_once() {
    for isn in [100, 3_000_000_000] {
        let mut solo = listening(Handshake::TwoWay);
        solo.gets(syn(isn));
        let sent = solo.calls(|endpoint, now, id| {
            endpoint.send(now, id, 5).unwrap();
        });
        assert_eq!(sent.len(), 1, "ISN {isn}");
        assert_eq!(sent[0].text.len, 5);
    }
}

#[test]
fn two_way_memory_knows_an_old_syn_and_takes_a_newer_one() {
    let mut solo = listening(Handshake::TwoWayMemory);
    opens_and_closes(&mut solo, 100, 300);
    solo.waits(Duration::from_secs(1_000_000));
    assert_eq!(solo.gets(syn(100)), []);
    assert_eq!(solo.gets(syn(99)), []);
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(solo.endpoint.counters().StaleSynsDropped, 2);
    assert_eq!(solo.gets(syn(101)).len(), 1);
    assert_eq!(solo.phase(), Phase::Established);
}

#[test]
fn two_way_mpl_rejects_everything_for_one_msl_and_then_anything_goes() {
    let mut solo = listening(Handshake::TwoWayMpl);
    opens_and_closes(&mut solo, 100, 300);
    solo.waits(Duration::from_secs(119));
    assert_eq!(solo.gets(syn(100)), []);
    assert_eq!(solo.gets(syn(5000)), [], "a new SYN has to wait too");
    solo.waits(Duration::from_secs(1));
    assert_eq!(solo.gets(syn(100)).len(), 1);
    assert_eq!(
        solo.phase(),
        Phase::Established,
        "it was older than the MSL permits"
    );
}

#[test]
fn delta_t_remembers_the_isn_for_twice_delta_t() {
    let mut solo = listening(Handshake::DeltaT);
    opens_and_closes(&mut solo, 100, 300);
    // Delta-t = MPL 120 s + R 100 s + A 0.
    solo.waits(Duration::from_secs(439));
    assert_eq!(solo.gets(syn(100)), []);
    solo.waits(Duration::from_secs(1));
    assert_eq!(solo.gets(syn(100)).len(), 1);
    assert_eq!(solo.phase(), Phase::Established);
}

#[test]
fn cookies_keep_nothing_until_the_ack_comes() {
    let mut solo = listening(Handshake::Cookies);
    let replies = solo.gets(syn(100));
    assert_eq!(replies[0].flags, Flags::SYN | Flags::ACK);
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(solo.waits(Duration::from_secs(30)), []);
    let cookie = replies[0].seq.0;
    let wrong = solo.gets(ack(101, cookie.wrapping_add(9)));
    assert_eq!(wrong[0].flags, Flags::RST);
    assert_eq!(solo.phase(), Phase::Listen);
    assert_eq!(
        solo.gets(ack(101, cookie.wrapping_add(1)).text(7))[0].ack.0,
        108
    );
    assert_eq!(solo.phase(), Phase::Established);
    assert!(
        matches!(solo.events[..], [Event::Acceptable(_), Event::Readable(_)]),
        "{:?}",
        solo.events
    );
}

/// The old third segment alone makes a connection: cookies are not safe against old segments.
#[test]
fn a_cookie_can_be_replayed_within_its_life() {
    let mut solo = listening(Handshake::Cookies);
    let cookie = solo.gets(syn(100))[0].seq.0;
    let third = ack(101, cookie.wrapping_add(1));
    solo.gets(third);
    solo.gets(rst(101));
    assert_eq!(solo.phase(), Phase::Listen);
    solo.waits(Duration::from_secs(110));
    solo.gets(third);
    assert_eq!(solo.phase(), Phase::Established, "a ghost from nothing");
    solo.gets(rst(101));
    solo.waits(Duration::from_secs(15));
    assert_eq!(solo.gets(third)[0].flags, Flags::RST, "125 s: too old");
}

/// A SYN flood from many ports, then what was counted and how many entries there are.
fn flood(policy: Handshake, listen: ListenConfig, syns: u16) -> (usize, Counters) {
    let mut solo =
        Solo::new(Profile::Linux6.config()).listen(ListenConfig { policy, ..listen }, 300);
    for port in 0..syns {
        solo.remote.set_port(10_000 + port);
        solo.gets(syn(100));
    }
    (solo.endpoint.observe().len(), *solo.endpoint.counters())
}

/// Measured on Linux 6.18: 300 SYNs, nobody answers.
#[test]
fn linux_queue_limits() {
    let linux = |backlog, max| ListenConfig {
        backlog,
        max_syn_backlog: Some(max),
        ..Profile::Linux6.listen_config()
    };
    let (entries, counters) = flood(Handshake::ThreeWay, linux(128, 64), 300);
    assert_eq!((entries, counters.ListenDrops), (49, 251));
    let (entries, counters) = flood(Handshake::ThreeWay, linux(16, 2048), 300);
    assert_eq!((entries, counters.TCPReqQFullDrop), (17, 283));
    let (entries, counters) = flood(Handshake::CookiesOnOverflow, linux(128, 64), 300);
    assert_eq!((entries, counters.SyncookiesSent), (129, 171));
    let (entries, counters) = flood(Handshake::CookiesOnOverflow, linux(16, 2048), 300);
    assert_eq!((entries, counters.SyncookiesSent), (17, 283));
}

/// Measured on Linux 6.18: a burst on a backlog of 16 leaves 17 entries; 9 are given up at the
/// third timeout, 8 live to the end.
#[test]
fn linux_prunes_a_crowded_syn_queue() {
    let listen = ListenConfig {
        backlog: 16,
        max_syn_backlog: Some(2048),
        ..Profile::Linux6.listen_config()
    };
    let mut solo = Solo::new(Profile::Linux6.config()).listen(listen, 300);
    for port in 0..300 {
        solo.remote.set_port(10_000 + port);
        solo.gets(syn(100));
    }
    let mut alive = |secs| {
        solo.waits(Duration::from_secs(secs));
        solo.endpoint.observe().len()
    };
    assert_eq!(alive(6), 17);
    assert_eq!(alive(1), 8);
    assert_eq!(alive(55), 8);
    assert_eq!(alive(1), 0);
}

#[test]
fn cookies_are_only_believed_after_an_overflow() {
    let mut solo = with_backlog(Handshake::CookiesOnOverflow, 1);
    solo.remote.set_port(1);
    solo.gets(syn(100));
    solo.remote.set_port(2);
    let cookie = solo.gets(syn(100))[0].seq.0;
    assert_eq!(solo.phase(), Phase::Listen);
    solo.gets(ack(101, cookie.wrapping_add(1)));
    assert_eq!(solo.phase(), Phase::Established);
    // Without overflow the very same ACK is as bad as any.
    let mut calm = with_backlog(Handshake::CookiesOnOverflow, 1);
    calm.remote.set_port(2);
    assert_eq!(
        calm.gets(ack(101, cookie.wrapping_add(1)))[0].flags,
        Flags::RST
    );
}

#[test]
fn syn_cache_evicts_the_oldest() {
    let mut solo = with_backlog(Handshake::SynCache, 3);
    let phases = |solo: &mut Solo, ports: [u16; 5]| {
        ports.map(|port| {
            solo.remote.set_port(port);
            solo.phase()
        })
    };
    for port in 1..=3 {
        solo.remote.set_port(port);
        solo.gets(syn(100));
        solo.waits(Duration::from_millis(400)); // The first has had its timeout by now.
    }
    for port in 4..=5 {
        solo.remote.set_port(port);
        solo.gets(syn(100));
    }
    let (gone, kept) = (Phase::Listen, Phase::SynReceived);
    assert_eq!(
        phases(&mut solo, [1, 2, 3, 4, 5]),
        [gone, gone, kept, kept, kept]
    );
}

#[test]
fn random_drop_evicts_every_entry_equally_often() {
    let mut survived = [0; 8];
    for round in 0..800 {
        let mut solo = with_backlog(Handshake::RandomDrop, 8);
        for port in 1..=8 {
            solo.remote.set_port(port);
            solo.gets(syn(100));
        }
        solo.remote.set_port(1000);
        solo.gets(syn(round));
        for (count, port) in survived.iter_mut().zip(1..) {
            solo.remote.set_port(port);
            *count += u32::from(solo.phase() == Phase::SynReceived);
        }
    }
    assert_eq!(survived.iter().sum::<u32>(), 800 * 7);
    // Binomial: 700 expected, standard deviation 9.4.
    assert!(
        survived.iter().all(|&count| (660..=740).contains(&count)),
        "{survived:?}"
    );
}

#[test]
fn fast_open_delivers_with_the_second_syn_and_replays_with_a_stale_one() {
    let config = Profile::Rfc9293.config();
    let mut duet = Duet::with_config(config);
    duet.b_listens(Handshake::FastOpen, 300);
    let open = |iss| Open {
        iss: Some(SeqNum(iss)),
        fast_open: true,
        ..Open::tagged(Tag(1))
    };
    let flow = |port| Flow {
        local: (client_address().ip(), port).into(),
        remote: server_address(),
    };
    // The first SYN asks for a cookie; the text goes after the handshake.
    let id = duet.a.connect(duet.now, flow(5555), open(100)).unwrap();
    duet.a.send(duet.now, id, 10).unwrap();
    duet.settle();
    duet.run(Duration::from_secs(1));
    let first = duet.id_b.take().unwrap();
    assert_eq!(duet.b.receive(duet.now, first, 99), Ok(10));
    // The second carries it, and text: accepted before the handshake is over.
    let id = duet.a.connect(duet.now, flow(5556), open(100)).unwrap();
    duet.a.send(duet.now, id, 10).unwrap();
    duet.settle();
    duet.run(Duration::from_millis(60));
    let second = duet.id_b.take().expect(&duet.ladder);
    assert_eq!(duet.b.receive(duet.now, second, 99), Ok(10));
    assert_eq!(duet.b.status(second).unwrap().phase, Phase::SynReceived);
    duet.run(Duration::from_secs(1));
    assert_eq!(
        duet.b.status(second).expect(&duet.ladder).phase,
        Phase::Established
    );
    assert_eq!(duet.a.status(id).unwrap().queued, 0);
    // The same SYN once more, after the connection has gone: the request is executed again.
    duet.b.abort(duet.now, second);
    let cookie = tcp_core::cookie::fast_open(tcp_core::Secret([2; 16]), client_address().ip());
    let mut stale = syn(100).text(10);
    stale.options = stale.options.with_fast_open(&cookie);
    let packet = Packet {
        source: (client_address().ip(), 5556).into(),
        target: server_address(),
        tag: Tag(1),
        segment: stale,
    };
    duet.b.on_packet(duet.now, &packet);
    duet.settle();
    let third = duet.id_b.take().unwrap();
    assert_eq!(duet.b.receive(duet.now, third, 99), Ok(10));
}

#[test]
fn fast_open_falls_back_beyond_its_limit() {
    let listen = ListenConfig {
        policy: Handshake::FastOpen,
        fast_open_limit: 1,
        ..Profile::Rfc9293.listen_config()
    };
    let mut solo = Solo::new(Profile::Rfc9293.config()).listen(listen, 300);
    let cookie = tcp_core::cookie::fast_open(tcp_core::Secret([7; 16]), client_address().ip());
    let mut early = syn(100);
    early.text = Text::at(0, 10);
    early.options = early.options.with_fast_open(&cookie);
    solo.remote.set_port(1);
    let reply = solo.gets(early)[0];
    assert_eq!(reply.ack.0, 111, "the text is taken");
    solo.remote.set_port(2);
    assert_eq!(solo.gets(early)[0].ack.0, 101, "only the SYN is");
    solo.remote.set_port(1);
    solo.gets(ack(111, reply.seq.0.wrapping_add(1)));
    solo.remote.set_port(3);
    assert_eq!(solo.gets(early)[0].ack.0, 111, "there is room again");
}
