//! Properties of a pair of endpoints over a network that loses, copies, delays and reorders:
//! whatever it did, once it stops, a willing pair opens, transfers and closes.

mod pair;

use core::time::Duration;

use proptest::prelude::*;
use tcp_core::{Flags, Handshake, Instant, Phase, Profile, Segment, SeqNum};

use self::pair::{Fate, Pair, Plan};
use crate::duet::{Solo, syn};

/// Policies that take every SYN of a willing client. The others may refuse one for good reasons of
/// their own.
const POLICIES: [Handshake; 7] = [
    Handshake::ThreeWay,
    Handshake::TwoWay,
    Handshake::Cookies,
    Handshake::CookiesOnOverflow,
    Handshake::SynCache,
    Handshake::RandomDrop,
    Handshake::FastOpen,
];

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Deliver),
        3 => Just(Fate::Lose),
        2 => (0u64..3000).prop_map(Fate::Delay),
        1 => (3000u64..200_000).prop_map(Fate::Delay),
        2 => (1u64..100_000).prop_map(Fate::Copy),
    ]
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(Profile::ALL.map(|(profile, _)| profile).to_vec())
}

prop_compose! {
    fn plan()(
        profiles in (profile(), profile()),
        policy in prop::sample::select(POLICIES.to_vec()),
        octets in (0u32..6000, 0u32..6000),
        buffer in prop::sample::select(vec![400u32, 3000, 65535]),
        appetite in prop::sample::select(vec![100u32, 2000, u32::MAX]),
        server_closes_first in any::<bool>(),
        iss in prop_oneof![Just(None), any::<u32>().prop_map(Some), Just(Some(u32::MAX - 3))],
        rounds in 1usize..4,
        fates in prop::collection::vec(fate(), 0..60),
    ) -> Plan {
        Plan {
            profiles: [profiles.0, profiles.1],
            policy,
            buffer,
            octets: [octets.0, octets.1],
            appetite,
            server_closes_first,
            iss: iss.map(SeqNum),
            isn_bits: 32,
            rounds,
            fates,
        }
    }
}

proptest! {
    /// The client gets through in the end, both sides have every octet, and nothing goes on
    /// afterwards: no timer is left once TIME-WAIT is over.
    #[test]
    fn a_willing_pair_finishes(plan in plan()) {
        let mut pair = Pair::new(&plan);
        pair.run();
        pair.check_finished();
        pair.check_quiet();
    }

    /// With a three-way handshake and initial sequence numbers of RFC 6528, what an old incarnation
    /// sent is never taken for text of a new one, however late it comes.
    #[test]
    fn incarnations_stay_apart(plan in plan()) {
        let mut pair = Pair::new(&Plan { policy: Handshake::ThreeWay, iss: None, ..plan });
        pair.run();
        prop_assert_eq!(pair.alien_octets(), 0, "{}", pair.log.join("\n"));
    }

    /// A clone that gets the same gives the same, from any moment on.
    #[test]
    fn a_clone_does_the_same(plan in plan(), moment in 0usize..200) {
        let mut pair = Pair::new(&plan);
        for _ in 0..moment {
            pair.step();
        }
        let mut clone = pair.clone();
        pair.run();
        clone.run();
        prop_assert_eq!(&pair.log, &clone.log);
        prop_assert!(pair.ends_equal(&clone));
    }

    /// Every embryonic entry is freed within R2 of the last segment that arrived for it.
    #[test]
    fn embryonic_entries_are_freed(
        profile in profile(),
        arrivals in prop::collection::vec((0u16..8, 0u64..5000, 0u8..6), 1..60),
    ) {
        let r2 = match profile {
            Profile::Rfc9293 => 180,
            Profile::Linux6 => 63,
            Profile::FreeBsd => 15,
            Profile::Lwip => 20,
        };
        let mut solo = Solo::new(profile.config()).listen(profile.listen_config(), 300);
        for (port, wait, kind) in arrivals {
            solo.remote.set_port(1000 + port);
            let iss = solo.gets(syn(100)).first().map_or(SeqNum(0), |sent| sent.seq);
            solo.gets(stray(kind, iss));
            solo.waits(Duration::from_millis(wait));
        }
        solo.waits(Duration::from_secs(r2) + Duration::from_millis(1));
        let left = solo.endpoint.observe();
        prop_assert!(left.iter().all(|seen| seen.phase != Phase::SynReceived), "{:?}", left);
    }
}

/// Segments that do not complete a handshake, or do.
fn stray(kind: u8, iss: SeqNum) -> Segment {
    let (flags, seq, ack) = match kind {
        0 => (Flags::SYN, 100, SeqNum(0)),
        1 => (Flags::ACK, 101, iss),
        2 => (Flags::ACK, 5, iss + 1),
        3 => (Flags::RST, 101, SeqNum(0)),
        4 => (Flags::SYN, 90_000, SeqNum(0)),
        _ => (Flags::ACK, 101, iss + 1),
    };
    Segment {
        flags,
        seq: SeqNum(seq),
        ack,
        window: 1000,
        ..Segment::default()
    }
}

/// The network of the properties does harm: without it the tests above would prove little.
#[test]
fn the_network_does_harm() {
    let plan = |fates| Plan {
        profiles: [Profile::Rfc9293; 2],
        policy: Handshake::ThreeWay,
        buffer: 65535,
        octets: [3000, 3000],
        appetite: u32::MAX,
        server_closes_first: false,
        iss: None,
        isn_bits: 32,
        rounds: 1,
        fates,
    };
    let run = |fates| {
        let mut pair = Pair::new(&plan(fates));
        pair.run();
        pair.check_finished();
        pair
    };
    let clean = run(vec![]);
    let lossy = run(vec![Fate::Lose; 6]);
    assert!(clean.finished_at() < Instant::from_secs(2));
    assert!(lossy.finished_at() > Instant::from_secs(30));
    let reordered = run([Fate::Delay(1500), Fate::Deliver].repeat(15));
    assert!(reordered.log.len() > clean.log.len());
}

/// The octets of incarnations are told apart by the breadth of the sequence space, and the test
/// above would notice if they were not: with initial sequence numbers of four bits they mix.
#[test]
fn a_small_sequence_space_mixes_incarnations() {
    let alien = |isn_bits| {
        // Some of the copies arrive while the next connection transfers.
        let runs = (2000..4000).step_by(10).map(|delay| {
            let mut pair = Pair::new(&Plan {
                profiles: [Profile::Rfc9293; 2],
                policy: Handshake::ThreeWay,
                buffer: 65535,
                octets: [3000, 3000],
                appetite: u32::MAX,
                server_closes_first: true,
                iss: None,
                isn_bits,
                rounds: 3,
                fates: vec![Fate::Copy(delay); 60],
            });
            pair.run();
            pair.alien_octets()
        });
        runs.sum::<u64>()
    };
    assert!(alien(4) > 0);
    assert_eq!(alien(32), 0);
}
