//! Captures: what is in them, read back with other people's code.

use std::borrow::Cow;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use netsim::DropReason;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use runner::experiment::Experiment;
use runner::overrides::Override;
use runner::trial::Trial;

/// One packet of a capture.
struct Packet {
    interface: u32,
    nanos: u128,
    comment: String,
    is_sound: bool,
    is_v6: bool,
}

/// Whether the checksums of an IP datagram with a TCP segment are right, and whether it is IPv6.
fn judge(octets: &[u8]) -> (bool, bool) {
    let packet = SlicedPacket::from_ip(octets).expect("an IP datagram");
    let (ip, addresses): (bool, [IpAddr; 2]) = match packet.net.expect("it has a header") {
        NetSlice::Ipv4(ip) => {
            let header = ip.header().to_header();
            let is_sound = header.header_checksum == header.calc_header_checksum();
            (is_sound, [header.source.into(), header.destination.into()])
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let ends = [
                header.source_addr().into(),
                header.destination_addr().into(),
            ];
            (true, ends)
        }
        NetSlice::Arp(_) => panic!("no ARP is sent"),
    };
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else {
        panic!("not TCP: {octets:02x?}")
    };
    let expected = match addresses {
        [IpAddr::V4(source), IpAddr::V4(target)] => {
            tcp.calc_checksum_ipv4(source.octets(), target.octets())
        }
        [IpAddr::V6(source), IpAddr::V6(target)] => {
            tcp.calc_checksum_ipv6(source.octets(), target.octets())
        }
        _ => panic!("mixed families"),
    };
    let is_sound = ip && expected.expect("it fits") == tcp.checksum();
    (is_sound, addresses[0].is_ipv6())
}

fn read(bytes: &[u8]) -> Vec<Packet> {
    let mut packets = Vec::new();
    for block in PcapNgReader::new(bytes).expect("a capture") {
        let Block::EnhancedPacket(block) = block.expect("a whole block") else {
            continue;
        };
        let comments = block.options.iter().filter_map(|option| match option {
            EnhancedPacketOption::Common(CommonOption::Comment(text)) => Some(Cow::clone(text)),
            _ => None,
        });
        let comment = comments.collect::<Vec<_>>().join("; ");
        // A flipped data offset leaves no TCP header to look at.
        let (is_sound, is_v6) = if comment.contains("damaged") {
            (false, false)
        } else {
            judge(&block.data)
        };
        packets.push(Packet {
            interface: block.interface_id,
            nanos: block.timestamp.as_nanos(),
            comment,
            is_sound,
            is_v6,
        });
    }
    packets
}

fn scenario(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    folder.join(format!("{name}.toml"))
}

/// The capture of the first replication under each policy, checked against the books.
fn captures(name: &str, changes: &[&str]) -> Vec<Vec<Packet>> {
    let changes: Vec<Override> = changes.iter().map(|set| Override::set(*set)).collect();
    let experiment = Experiment::read(&scenario(name), &changes).expect("it is good");
    let plan = &experiment.plan;
    let mut all = Vec::new();
    for &policy in &plan.run.policies {
        let trial = Trial {
            policy,
            replication: 0,
        };
        let books = trial.run(plan, &[]).expect("it runs").conservation;
        let capture = trial.capture(plan).expect("it runs");
        let packets = read(&capture.to_pcapng(plan).expect("it can be written"));
        let on = |interface: u32| {
            packets
                .iter()
                .filter(|it| it.interface == interface)
                .count()
        };
        let wire = books.sent + books.injected + books.duplicates;
        assert_eq!(on(0) as u64, wire, "{name}: {books}");
        assert_eq!(capture.frames(), wire);
        let hosts: usize = (1..=plan.hosts.len() as u32).map(on).sum();
        // What has no route leaves through no interface.
        let left = books.sent - books.dropped(DropReason::NoRoute);
        assert_eq!(hosts as u64, left + books.delivered, "{name}: {books}");
        let said = |words: &[&str]| {
            let is_meant = |part: &str| words.iter().any(|word| part.starts_with(word));
            let on_wire = packets.iter().filter(|it| it.interface == 0);
            on_wire
                .filter(|it| it.comment.split(", ").any(is_meant))
                .count() as u64
        };
        let made = said(&["copy made", "replayed", "forged"]);
        assert_eq!(made, books.duplicates + books.injected, "{name}: {books}");
        let lost = said(&["lost", "dropped by"]);
        assert_eq!(lost, books.dropped_total(), "{name}: {books}");
        assert!(packets.is_sorted_by_key(|packet| packet.nanos), "{name}");
        for packet in &packets {
            assert_eq!(
                packet.is_sound,
                !packet.comment.contains("damaged"),
                "{name}"
            );
        }
        all.push(packets);
    }
    all
}

#[test]
fn frames_equal_the_books_in_every_small_scenario() {
    let mut count = 0;
    for entry in fs::read_dir(scenario("x").parent().expect("a folder")).expect("scenarios") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("UTF-8");
        if let Some(name) = name.strip_suffix(".toml")
            && name.starts_with(['s', 'h', 'f'])
            && !name.contains("random")
        {
            captures(name, &[]);
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} scenarios were found");
}

#[test]
fn a_stale_segment_is_called_so_and_a_damaged_one_has_a_wrong_checksum() {
    let two_way = captures("s01-stale-syn-client-closed", &[]).swap_remove(0);
    let stale: Vec<&Packet> = two_way
        .iter()
        .filter(|packet| packet.comment.contains("stale original: retransmission 1"))
        .collect();
    let places: Vec<u32> = stale.iter().map(|packet| packet.interface).collect();
    assert_eq!(places, [0, 2], "on the wire and at the server");
    assert!(
        stale[0]
            .comment
            .contains("held by old-syn, for 1.700000000 s")
    );
    assert_eq!(stale[1].nanos, 1_750_000_000);
    let noisy = [
        "link.c2s.corrupt=30%",
        "link.c2s.duplicate=30%",
        "link.s2c.loss=20%",
    ];
    let packets: Vec<Packet> = captures("stale-syn-random", &noisy)
        .into_iter()
        .flatten()
        .collect();
    for word in ["damaged", "copy made", "lost"] {
        let is_there = packets.iter().any(|packet| packet.comment.contains(word));
        assert!(is_there, "nothing was {word}");
    }
}

/// The answers to a flood from addresses of nobody have no route.
#[test]
fn what_has_no_route_is_seen_by_no_host() {
    let short = ["run.until=20s"];
    for packets in captures("b01-flood-no-defence", &short) {
        let nowhere = packets.iter().filter(|it| it.comment.contains("no-route"));
        assert!(nowhere.count() > 0);
    }
}

#[test]
fn both_versions_of_ip_are_written() {
    let six = [
        "host.client.addresses=[\"2001:db8::1\"]",
        "host.server.addresses=[\"2001:db8::2\"]",
    ];
    for (changes, is_v6) in [(&[][..], false), (&six[..], true)] {
        for packets in captures("h01-three-way", changes) {
            assert!(!packets.is_empty());
            assert!(packets.iter().all(|packet| packet.is_v6 == is_v6));
        }
    }
}
