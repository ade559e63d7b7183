//! Opening and ending connections.

use std::time::Duration;

use tcp_core::options::Timestamps;
use tcp_core::{
    ConfigId, Endpoint, Event, Flags, Flow, Instant, ListenConfig, ListenError, Open, Options,
    Outcome, Phase, Profile, Secret, Segment, SeqNum, Tag, initial_sequence_number,
};

use super::super::duet::{Solo, Words, ack, client_address, fin, rst, server_address, syn};
use super::{opened, rfc9293, syn_ack};

fn with(options: Options, segment: Segment) -> Segment {
    Segment { options, ..segment }
}

/// MUST-9, SHLD-1: of the sum of a clock and a keyed function, whoever does not know the key sees
/// nothing but the clock.
#[test]
fn an_initial_sequence_number_depends_on_key_and_four_tuple() {
    let flow = |port: u16| Flow {
        local: ([192, 0, 2, 2], port).into(),
        remote: client_address(),
    };
    let isn = |key: u8, port: u16, now| {
        initial_sequence_number(Secret([key; 16]), flow(port), Instant::from_secs(now), 32)
    };
    let gap = |key, port| isn(key, port, 0).0.wrapping_sub(isn(1, 80, 0).0);
    let (other_port, other_key) = (gap(1, 81), gap(2, 80));
    assert_ne!(other_port, 0);
    assert_ne!(other_key, 0);
    assert_ne!(
        other_port,
        isn(2, 81, 0).0.wrapping_sub(isn(2, 80, 0).0),
        "what one host does tells nothing of another"
    );
    assert_eq!(isn(1, 80, 4), isn(1, 80, 0) + 1_000_000);
}

/// MUST-11: a RST takes SYN-RECEIVED back to LISTEN without a word after a passive OPEN, and to
/// CLOSED with a word after an active one.
#[test]
fn syn_received_knows_where_it_came_from() {
    let mut passive = Solo::new(rfc9293()).listen(Profile::Rfc9293.listen_config(), 300);
    passive.gets(syn(100));
    passive.gets(rst(101));
    assert_eq!((passive.phase(), passive.events), (Phase::Listen, vec![]));

    let mut active = Solo::new(rfc9293());
    active.connects(300);
    active.gets(syn(100));
    assert_eq!(active.phase(), Phase::SynReceived);
    active.gets(rst(101));
    assert_eq!(active.phase(), Phase::Closed);
    let id = active.id.unwrap();
    assert_eq!(active.events, [Event::Closed(id, Outcome::Refused)]);
}

/// MUST-12: a FIN and a RST are told apart.
#[test]
fn the_user_learns_how_a_connection_ended() {
    let mut closed = opened(rfc9293());
    let id = closed.id.unwrap();
    closed.gets(fin(101, 301));
    assert_eq!(closed.events, [Event::PeerClosed(id)]);
    closed.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    closed.gets(ack(102, 302));
    assert_eq!(closed.events[1..], [Event::Closed(id, Outcome::Finished)]);

    let mut reset = opened(rfc9293());
    reset.gets(rst(101));
    let id = reset.id.unwrap();
    assert_eq!(reset.events, [Event::Closed(id, Outcome::Reset)]);
}

/// MUST-14, MUST-65, SHLD-5, MAY-3: every SYN has the MSS option, nothing else has, and the
/// peer's is believed.
#[test]
fn the_mss_is_said_in_syns_only_and_heeded() {
    let mut solo = Solo::new(rfc9293()).listen(Profile::Rfc9293.listen_config(), 300);
    let sent = solo.gets(with(Options::NONE.with_mss(1000), syn(100)));
    assert_eq!(sent[0].options.mss(), Some(1460));
    solo.gets(ack(101, 301));
    let sent = solo.sends(1500);
    assert_eq!(sent[0].text.len, 1000);
    let acks = solo.gets(ack(101, 301).text(1));
    assert!(
        sent.iter()
            .chain(&acks)
            .all(|segment| segment.options.mss().is_none())
    );

    let mut active = Solo::new(rfc9293());
    assert_eq!(active.connects(300)[0].options.mss(), Some(1460));
    let sent = active.gets(syn_ack(100, 301));
    assert_eq!(sent[0].options, Options::NONE);
}

/// MUST-15: without an option, the peer's MSS is IPv4's default.
#[test]
fn the_default_mss_is_536() {
    let mut solo = opened(rfc9293());
    assert_eq!(solo.status().mss, 536);
    assert_eq!(solo.sends(1000)[0].text.len, 536);
}

/// MUST-16: neither the peer's MSS nor the own is exceeded, and options take their room from it.
#[test]
fn the_effective_mss_is_the_smaller_one_less_options() {
    let mut config = rfc9293();
    config.timestamps = true;
    config.mss = 1400;
    let mut solo = Solo::new(config).listen(Profile::Rfc9293.listen_config(), 300);
    let stamps = Options::NONE.with_timestamps(Timestamps { value: 1, echo: 0 });
    solo.gets(with(stamps.with_mss(9000), syn(100)));
    solo.gets(with(stamps, ack(101, 301)));
    let sent = solo.sends(3000);
    assert_eq!(sent[0].text.len, 1400 - 12);
    assert_eq!(sent[0].wire_len(), 20 + 1400);
}

/// MUST-41: a second passive OPEN of an address fails and leaves the first one and its connections
/// as they were.
#[test]
fn a_passive_open_changes_no_other() {
    let mut solo = opened(rfc9293());
    let again = solo.endpoint.listen(
        server_address(),
        Profile::Linux6.listen_config(),
        ConfigId::DEFAULT,
    );
    assert_eq!(again, Err(ListenError::AddressInUse));
    let elsewhere = solo.endpoint.listen(
        ([0, 0, 0, 0], 80).into(),
        Profile::Linux6.listen_config(),
        ConfigId::DEFAULT,
    );
    assert!(elsewhere.is_ok());
    assert_eq!(solo.phase(), Phase::Established);
    assert_eq!(solo.gets(ack(101, 301).text(5)).len(), 1);
    solo.remote.set_port(6666);
    solo.gets(syn(100));
    solo.gets(rst(101));
    assert_eq!(solo.phase(), Phase::Listen);
}

/// MUST-42: a port can be listened on while a connection of it is being opened.
#[test]
fn a_port_in_use_can_be_listened_on() {
    for opening in [Phase::SynSent, Phase::SynReceived] {
        let mut solo = Solo::new(rfc9293());
        solo.connects(300);
        if opening == Phase::SynReceived {
            solo.gets(syn(100));
        }
        assert_eq!(solo.phase(), opening);
        let mut solo = solo.listen(Profile::Rfc9293.listen_config(), 500);
        assert_eq!(solo.phase(), opening);
        solo.remote.set_port(6666);
        assert_eq!(solo.gets(syn(7)).len(), 1);
        assert_eq!(solo.phase(), Phase::SynReceived);
    }
}

/// MUST-43, MUST-45: the address that OPEN names is the one that is listened on, and the source of
/// everything that is sent.
#[test]
fn a_connection_keeps_its_local_address() {
    let addresses = [[192, 0, 2, 2], [192, 0, 2, 3]];
    let mut endpoint = Endpoint::new(rfc9293(), Secret([7; 16])).unwrap();
    for address in addresses {
        let flow = Flow {
            local: (address, 80).into(),
            remote: client_address(),
        };
        endpoint
            .connect(Instant::ZERO, flow, Open::tagged(Tag(1)))
            .unwrap();
        let sent = endpoint.poll_packet(Instant::ZERO).unwrap();
        assert_eq!(sent.packet.source, flow.local);
        endpoint.on_deadline(Instant::from_secs(1));
        let again = endpoint.poll_packet(Instant::from_secs(1)).unwrap();
        assert_eq!(again.packet.source, flow.local);
    }
    let mut solo = Solo::new(rfc9293()).listen(Profile::Rfc9293.listen_config(), 300);
    solo.local.set_ip([192, 0, 2, 3].into());
    assert!(
        solo.gets(syn(100))[0].flags.rst(),
        "nobody listens at the other address"
    );
}

/// MUST-13: TIME-WAIT of the end that closed first lasts for 2 MSL, not less and not more.
#[test]
fn time_wait_lasts_for_twice_the_segment_lifetime() {
    let mut solo = opened(rfc9293());
    let sent = solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    assert!(sent[0].flags.fin());
    solo.gets(fin(101, 302));
    let twice_msl = 2 * rfc9293().msl;
    solo.waits(twice_msl.checked_sub(Duration::from_nanos(1)).unwrap());
    assert_eq!(solo.phase(), Phase::TimeWait);
    solo.waits(Duration::from_nanos(1));
    assert_eq!(solo.phase(), Phase::Listen);
}

/// Brings a connection to TIME-WAIT, RCV.NXT = 102, with a timestamp of 1000 as the latest.
fn in_time_wait(config: tcp_core::Config) -> Solo {
    let stamps = |value| Options::NONE.with_timestamps(Timestamps { value, echo: 0 });
    let mut solo = Solo::new(config).listen(Profile::Rfc9293.listen_config(), 300);
    solo.gets(with(stamps(1000), syn(100)));
    solo.gets(with(stamps(1000), ack(101, 301)));
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    solo.gets(with(stamps(1000), fin(101, 302)));
    assert_eq!(solo.phase(), Phase::TimeWait);
    solo
}

/// MAY-2, SHLD-4: a SYN reopens a connection from TIME-WAIT if it lies beyond what was received,
/// or its timestamp does; the new numbers lie beyond the old ones.
#[test]
fn a_newer_syn_ends_time_wait() {
    let stamps = |value| Options::NONE.with_timestamps(Timestamps { value, echo: 0 });
    let mut config = rfc9293();
    config.timestamps = true;
    for (by_timestamp, seq, stamp, reopens) in [
        (false, 102, 1000, false),
        (false, 103, 1000, true),
        (true, 50, 1001, true),
        (true, 50, 1000, false),
        (true, 103, 1000, true),
        (true, 103, 999, false),
    ] {
        config.time_wait_reuse_by_timestamp = by_timestamp;
        let mut solo = in_time_wait(config.clone());
        let sent = solo.gets(with(stamps(stamp), syn(seq)));
        let phase = if reopens {
            Phase::SynReceived
        } else {
            Phase::TimeWait
        };
        assert_eq!(solo.phase(), phase, "{by_timestamp} {seq} {stamp}");
        if reopens {
            assert_eq!(sent[0].ack, SeqNum(seq + 1));
            assert!(sent[0].seq.is_after(SeqNum(302)));
        }
    }
}

/// Linux up to 4.11 with `tcp_tw_recycle`: for a minute after a connection of a host has entered
/// TIME-WAIT, no connection of that host may have an older clock, whatever its port.
#[test]
fn with_tw_recycle_a_host_has_one_clock() {
    let stamps = |value| Options::NONE.with_timestamps(Timestamps { value, echo: 0 });
    let mut config = rfc9293();
    config.timestamps = true;
    for (recycles, stamp, later, is_answered) in [
        (true, 1000, 0, true),
        (true, 999, 0, true),
        (true, 998, 0, false),
        (true, 998, 59, false),
        (true, 998, 60, true),
        (false, 998, 0, true),
    ] {
        config.tw_recycle = recycles;
        let mut solo = in_time_wait(config.clone());
        solo.waits(Duration::from_secs(later));
        solo.remote.set_port(9999);
        let sent = solo.gets(with(stamps(stamp), syn(50)));
        assert_eq!(!sent.is_empty(), is_answered, "{stamp} {later}");
        let counters = solo.endpoint.counters();
        assert_eq!(counters.StaleSynsDropped, u64::from(!is_answered));
        assert_eq!(counters.ListenDrops, u64::from(!is_answered));
        // One without a timestamp cannot show that it is new.
        solo.remote.set_port(9998);
        let is_judged = recycles && later < 60;
        assert_eq!(solo.gets(syn(50)).is_empty(), is_judged);
    }
}

/// SHLD-2: the text of a RST does not take its force.
#[test]
fn a_reset_may_carry_text() {
    let mut solo = opened(rfc9293());
    assert_eq!(solo.gets(rst(101).text(20)), []);
    assert_eq!(solo.phase(), Phase::Listen);
}

/// MAY-1, SHLD-3: whoever lets go reads no more; text that is lost resets the peer, be it unread
/// or yet to come.
#[test]
fn letting_go_with_text_to_come_resets_the_peer() {
    let mut unread = opened(rfc9293());
    unread.gets(ack(101, 301).text(5));
    let sent = unread.calls(Endpoint::release);
    assert_eq!((sent.len(), sent[0].flags), (1, Flags::RST));

    let mut later = opened(rfc9293());
    let sent = later.calls(Endpoint::release);
    assert!(sent[0].flags.fin());
    let sent = later.gets(ack(101, 302).text(5));
    assert_eq!((sent.len(), sent[0].flags), (1, Flags::RST));
    assert_eq!(later.phase(), Phase::Listen);
}

/// MUST-12 where the user has closed: a RST that destroys queued text is no normal end.
#[test]
fn a_reset_after_close_is_reported() {
    let mut solo = opened(rfc9293());
    solo.gets(fin(101, 301));
    solo.sends(5);
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    assert_eq!(solo.phase(), Phase::LastAck);
    solo.events.clear();
    solo.gets(rst(102));
    let id = solo.id.unwrap();
    assert_eq!(solo.events, [Event::Closed(id, Outcome::Reset)]);
}

/// MUST-13: a SYN that finds no room leaves TIME-WAIT as it was.
#[test]
fn a_syn_without_room_does_not_end_time_wait() {
    let listen = ListenConfig {
        backlog: 1,
        ..Profile::Rfc9293.listen_config()
    };
    let mut solo = Solo::new(rfc9293()).listen(listen, 300);
    solo.gets(syn(100));
    solo.gets(ack(101, 301));
    solo.calls(|endpoint, now, id| endpoint.close(now, id).unwrap());
    solo.gets(fin(101, 302));
    let old = solo.remote;
    solo.remote.set_port(6666);
    solo.endpoint.script_iss(solo.flow(), SeqNum(900));
    solo.gets(syn(7));
    solo.gets(ack(8, 901));
    solo.remote = old;
    assert_eq!(solo.gets(syn(5000)), []);
    assert_eq!(solo.phase(), Phase::TimeWait);
    assert_eq!(solo.endpoint.counters().ListenOverflows, 1);
    let waiting = solo.endpoint.accept(solo.listener.unwrap());
    assert!(waiting.is_some());
    assert_eq!(solo.gets(syn(5000)).len(), 1);
    assert_eq!(solo.phase(), Phase::SynReceived);
}
