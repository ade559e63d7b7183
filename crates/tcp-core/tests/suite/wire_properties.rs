//! Segments as octets: properties of any packet, and agreement with etherparse.

use core::net::{IpAddr, SocketAddr};

use etherparse::{TcpHeader, TcpHeaderSlice};
use proptest::prelude::*;
use tcp_core::wire::{DecodeError, decode};
use tcp_core::{Flags, Options, Packet, Segment, SeqNum, Tag, Text};

use crate::wire::{V4, V6, anonymous, decoded, encoded, packet};

/// Well-formed options that fill at most 40 octets, without an end-of-list option of their own.
fn well_formed_options() -> impl Strategy<Value = Options> {
    let one = prop_oneof![
        Just(vec![1]),
        any::<[u8; 2]>().prop_map(|mss| [&[2, 4][..], &mss].concat()),
        any::<u8>().prop_map(|shift| vec![3, 3, shift]),
        Just(vec![4, 2]),
        any::<[u8; 8]>().prop_map(|block| [&[5, 10][..], &block].concat()),
        any::<[u8; 8]>().prop_map(|stamps| [&[8, 10][..], &stamps].concat()),
        (9u8.., prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, data)| [
            &[kind, data.len() as u8 + 2][..],
            &data
        ]
        .concat()),
    ];
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let mut options = Options::NONE;
        for bytes in all {
            if !options.append(&bytes) {
                break;
            }
        }
        options
    })
}

fn any_options() -> impl Strategy<Value = Options> {
    prop::collection::vec(any::<u8>(), 0..=40)
        .prop_map(|bytes| Options::from_bytes(&bytes).unwrap())
}

prop_compose! {
    fn segments(options: impl Strategy<Value = Options>)(
        (seq, ack, flags) in any::<(u32, u32, u8)>(),
        (window, urgent) in any::<(u16, u16)>(),
        options in options,
        text in prop_oneof![Just(Text::EMPTY), (any::<u32>(), 0u32..1500).prop_map(|(at, len)| Text::at(at, len))],
    ) -> Segment {
        let flags = Flags::from_bits(flags);
        let ack = SeqNum(if flags.ack() { ack } else { 0 });
        Segment { seq: SeqNum(seq), ack, flags, window, urgent, options, text }
    }
}

fn packets(options: impl Strategy<Value = Options>) -> impl Strategy<Value = Packet> {
    let addresses = prop_oneof![
        any::<([u8; 4], [u8; 4])>().prop_map(|(a, b)| (IpAddr::from(a), IpAddr::from(b))),
        any::<([u8; 16], [u8; 16])>().prop_map(|(a, b)| (IpAddr::from(a), IpAddr::from(b))),
    ];
    (addresses, any::<(u16, u16)>(), segments(options)).prop_map(|(ips, ports, segment)| Packet {
        source: SocketAddr::new(ips.0, ports.0),
        target: SocketAddr::new(ips.1, ports.1),
        tag: Tag(7),
        segment,
    })
}

fn read(packet: &Packet, bytes: &[u8]) -> (Packet, Vec<u8>) {
    let (read, text) = decode(packet.source.ip(), packet.target.ip(), Tag(7), bytes).unwrap();
    (read, text.to_vec())
}

fn etherparse_checksum(packet: &Packet, header: &TcpHeader, text: &[u8]) -> u16 {
    match (packet.source.ip(), packet.target.ip()) {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            header.calc_checksum_ipv4_raw(source.octets(), target.octets(), text)
        }
        (IpAddr::V6(source), IpAddr::V6(target)) => {
            header.calc_checksum_ipv6_raw(source.octets(), target.octets(), text)
        }
        _ => unreachable!("the strategy makes pairs of one family"),
    }
    .unwrap()
}

/// The header as etherparse represents it, checksum zero.
fn etherparse_header(packet: &Packet) -> TcpHeader {
    let segment = &packet.segment;
    let has = |flag| segment.flags.contains(flag);
    let mut header = TcpHeader::new(
        packet.source.port(),
        packet.target.port(),
        segment.seq.0,
        segment.window,
    );
    header.acknowledgment_number = segment.ack.0;
    header.urgent_pointer = segment.urgent;
    (header.fin, header.syn, header.rst, header.psh) = (
        has(Flags::FIN),
        has(Flags::SYN),
        has(Flags::RST),
        has(Flags::PSH),
    );
    (header.ack, header.urg, header.ece, header.cwr) = (
        has(Flags::ACK),
        has(Flags::URG),
        has(Flags::ECE),
        has(Flags::CWR),
    );
    header.set_options_raw(segment.options.as_bytes()).unwrap();
    header
}

/// Both directions: etherparse reads what this crate writes, and writes the same octets, which
/// this crate reads.
fn agrees_with_etherparse(packet: &Packet) {
    let bytes = encoded(packet);
    let text: Vec<u8> = packet.segment.text.octets().collect();
    let (read_header, read_text) = TcpHeader::from_slice(&bytes).unwrap();
    assert_eq!(read_text, text);
    let mut header = etherparse_header(packet);
    header.checksum = etherparse_checksum(packet, &header, &text);
    assert_eq!(read_header, header);
    let theirs = [&header.to_bytes()[..], &text].concat();
    assert_eq!(theirs, bytes);
    let (ours, our_text) = read(packet, &theirs);
    assert_eq!(our_text, text);
    assert_eq!(
        ours.segment.options.padded_len(),
        header.options.len(),
        "options occupy the same octets"
    );
    let comparable = |mut packet: Packet| {
        packet.segment.options = Options::NONE;
        anonymous(packet)
    };
    assert_eq!(comparable(ours), comparable(*packet));
}

#[test]
fn etherparse_agrees_on_all_flags_lengths_and_families() {
    for names in [V4, V6] {
        for bits in 0..=255u8 {
            let flags = Flags::from_bits(bits);
            let options = vec![1; usize::from(bits) % 41];
            let segment = Segment {
                seq: SeqNum(u32::from(bits) << 24),
                ack: SeqNum(if flags.ack() { 0xffff_fff0 } else { 0 }),
                flags,
                window: 4096,
                urgent: u16::from(bits),
                options: Options::from_bytes(&options).unwrap(),
                text: Text::at(u32::from(bits), u32::from(bits % 7)),
            };
            agrees_with_etherparse(&packet(names, [1000, 80], segment));
        }
    }
}

proptest! {
    #[test]
    fn a_packet_survives_the_wire(packet in packets(well_formed_options())) {
        let bytes = encoded(&packet);
        prop_assert_eq!(bytes.len(), packet.segment.wire_len() as usize);
        let (read, text) = read(&packet, &bytes);
        prop_assert_eq!(read, anonymous(packet));
        prop_assert!(text.into_iter().eq(packet.segment.text.octets()));
    }

    #[test]
    fn whatever_the_options_the_header_can_be_written_again(packet in packets(any_options())) {
        let bytes = encoded(&packet);
        let (mut read, _) = read(&packet, &bytes);
        read.segment.text = packet.segment.text;
        prop_assert_eq!(encoded(&read), bytes);
    }

    #[test]
    fn etherparse_agrees(packet in packets(any_options())) {
        agrees_with_etherparse(&packet);
    }

    #[test]
    fn etherparse_and_this_crate_refuse_the_same_structure(
        bytes in prop::collection::vec(any::<u8>(), 0..80)
    ) {
        let structural = match decoded(V4, &bytes) {
            Ok(_) | Err(DecodeError::BadChecksum { .. }) => false,
            Err(_) => true,
        };
        prop_assert_eq!(TcpHeaderSlice::from_slice(&bytes).is_err(), structural);
    }
}
