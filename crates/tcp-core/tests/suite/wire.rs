//! Segments as octets: against a kernel, against tables, and against every flipped bit.

use core::net::{IpAddr, SocketAddr};

use tcp_core::options::{OptionError, Timestamps};
use tcp_core::wire::{DecodeError, EncodeError, decode, encode};
use tcp_core::{
    Endpoint, Flags, Flow, Instant, Kind, Options, Packet, Phase, Profile, Secret, Segment, SeqNum,
    Tag, Text,
};

pub(crate) const V4: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
pub(crate) const V6: [&str; 2] = ["2001:db8::1", "2001:db8::2"];

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

fn ips(names: [&str; 2]) -> [IpAddr; 2] {
    names.map(|name| name.parse().unwrap())
}

pub(crate) fn packet(names: [&str; 2], ports: [u16; 2], segment: Segment) -> Packet {
    let [source, target] = ips(names);
    Packet {
        source: SocketAddr::new(source, ports[0]),
        target: SocketAddr::new(target, ports[1]),
        tag: Tag(7),
        segment,
    }
}

pub(crate) fn encoded(packet: &Packet) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(packet, &mut bytes).unwrap();
    bytes
}

pub(crate) fn decoded<'a>(
    names: [&str; 2],
    bytes: &'a [u8],
) -> Result<(Packet, &'a [u8]), DecodeError> {
    let [source, target] = ips(names);
    decode(source, target, Tag(7), bytes)
}

/// The same packet with text of no known stream, as decoding returns it.
pub(crate) fn anonymous(mut packet: Packet) -> Packet {
    packet.segment.text.offset = None;
    packet
}

/// What a Linux 6.18 kernel wrote to a TUN device (TCP header and text, checksum included), with
/// what it says.
fn kernel_segments() -> [([&'static str; 2], &'static str, Packet, &'static [u8]); 4] {
    let syn_options = |mss, value| {
        Options::NONE
            .with_mss(mss)
            .with_sack_permitted()
            .with_timestamps(Timestamps { value, echo: 0 })
            .with_nops(1)
            .with_window_scale(10)
    };
    let syn = |seq, window, options| Segment {
        seq: SeqNum(seq),
        flags: Flags::SYN,
        window,
        options,
        ..Segment::default()
    };
    let text = |seq, window| Segment {
        seq: SeqNum(seq),
        ack: SeqNum(1001),
        flags: Flags::PSH | Flags::ACK,
        window,
        text: Text {
            len: 3,
            offset: None,
        },
        ..Segment::default()
    };
    let (four, six) = ([0x96aa, 80], [0x8344, 80]);
    [
        (
            V4,
            "96aa0050 2b2c400d 00000000 a002faf0 e6110000 020405b4 0402080a 811b5fa7 00000000 0103030a",
            packet(
                V4,
                four,
                syn(0x2b2c_400d, 0xfaf0, syn_options(1460, 0x811b_5fa7)),
            ),
            b"",
        ),
        (
            V4,
            "96aa0050 2b2c400e 000003e9 5018faf0 57520000 6f6464",
            packet(V4, four, text(0x2b2c_400e, 0xfaf0)),
            b"odd",
        ),
        (
            V6,
            "83440050 da73af96 00000000 a002fd20 c2080000 020405a0 0402080a 2534fa9f 00000000 0103030a",
            packet(
                V6,
                six,
                syn(0xda73_af96, 0xfd20, syn_options(1440, 0x2534_fa9f)),
            ),
            b"",
        ),
        (
            V6,
            "83440050 da73af97 000003e9 5018fd20 72460000 6f6464",
            packet(V6, six, text(0xda73_af97, 0xfd20)),
            b"odd",
        ),
    ]
}

#[test]
fn what_a_kernel_sent_is_read() {
    for (names, bytes, expected, text) in kernel_segments() {
        let bytes = hex(bytes);
        assert_eq!(decoded(names, &bytes), Ok((expected, text)));
    }
}

/// MUST-2, MUST-68, MUST-69: checksum, option lengths and padding are the kernel's.
#[test]
fn a_header_is_written_as_a_kernel_writes_it() {
    for (_, bytes, packet, text) in kernel_segments() {
        // The text of a packet is a pattern, so only segments without text can be compared whole.
        let (expected, ours) = (hex(bytes), encoded(&packet));
        let checksum = 16..18;
        assert_eq!(ours[..16], expected[..16]);
        assert_eq!(ours.len(), expected.len());
        if text.is_empty() {
            assert_eq!(ours[checksum], expected[16..18]);
            assert_eq!(ours[18..], expected[18..]);
        }
    }
}

#[test]
fn text_is_the_pattern_of_its_stream() {
    let segment = Segment {
        flags: Flags::PSH | Flags::ACK,
        text: Text::at(u32::MAX, 3),
        ..Segment::default()
    };
    let bytes = encoded(&packet(V4, [1, 2], segment));
    let expected: Vec<u8> = [u32::MAX, 0, 1].map(Text::octet).to_vec();
    assert_eq!(decoded(V4, &bytes).unwrap().1, expected);
}

#[test]
fn a_packet_is_appended_to_what_the_caller_has() {
    let packet = packet(V6, [1, 2], Segment::default());
    let mut bytes = vec![0x60, 0xff];
    encode(&packet, &mut bytes).unwrap();
    assert_eq!(bytes[..2], [0x60, 0xff]);
    assert_eq!(decoded(V6, &bytes[2..]), Ok((packet, &[][..])));
}

#[test]
fn what_has_no_form_on_the_wire_is_refused_and_nothing_is_written() {
    let mixed = packet(["192.0.2.1", "2001:db8::2"], [1, 2], Segment::default());
    let long = |names, len| {
        let segment = Segment {
            text: Text::at(0, len),
            ..Segment::default()
        };
        packet(names, [1, 2], segment)
    };
    let cases = [
        (mixed, Err(EncodeError::MixedFamilies)),
        (long(V4, 65495), Ok(65515)),
        (
            long(V4, 65496),
            Err(EncodeError::TooLong {
                len: 65516,
                most: 65515,
            }),
        ),
        (long(V6, 65515), Ok(65535)),
        (
            long(V6, u32::MAX),
            Err(EncodeError::TooLong {
                len: 20 + u64::from(u32::MAX),
                most: 65535,
            }),
        ),
    ];
    for (packet, expected) in cases {
        let mut bytes = Vec::new();
        let result = encode(&packet, &mut bytes).map(|()| bytes.len());
        assert_eq!(result, expected);
        assert_eq!(bytes.len(), expected.unwrap_or(0));
    }
}

#[test]
fn what_is_no_segment_is_refused_by_name() {
    let whole = encoded(&packet(V4, [1, 2], Segment::default()));
    let with = |at: usize, octet: u8| {
        let mut bytes = whole.clone();
        bytes[at] = octet;
        bytes
    };
    let (found, expected) = (
        u16::from_be_bytes([whole[16], whole[17]]),
        u16::from_be_bytes([whole[16], whole[17]]).wrapping_sub(0x0100),
    );
    let cases = [
        (whole[..0].to_vec(), DecodeError::TooShort { len: 0 }),
        (whole[..19].to_vec(), DecodeError::TooShort { len: 19 }),
        (vec![0; 65516], DecodeError::TooLong { len: 65516 }),
        (with(12, 0x4f), DecodeError::BadDataOffset { words: 4 }),
        (with(12, 0x60), DecodeError::BadDataOffset { words: 6 }),
        (with(12, 0xf0), DecodeError::BadDataOffset { words: 15 }),
        (with(4, 1), DecodeError::BadChecksum { found, expected }),
    ];
    for (bytes, error) in cases {
        assert_eq!(decoded(V4, &bytes), Err(error));
    }
    let mixed = decoded(["192.0.2.1", "2001:db8::2"], &whole);
    assert_eq!(mixed, Err(DecodeError::MixedFamilies));
    // The pseudo-header is part of the checksum, but has no room for ports.
    assert!(matches!(
        decoded(["192.0.2.1", "192.0.2.3"], &whole),
        Err(DecodeError::BadChecksum { .. })
    ));
}

#[test]
fn every_error_says_what_is_wrong() {
    let cases = [
        (
            DecodeError::TooShort { len: 3 }.to_string(),
            "3 octets are too few for a header of 20",
        ),
        (
            DecodeError::BadChecksum {
                found: 1,
                expected: 0xabcd,
            }
            .to_string(),
            "checksum 0x0001 should be 0xabcd",
        ),
        (
            DecodeError::BadDataOffset { words: 4 }.to_string(),
            "data offset 4 is below 5 or beyond the end of the segment",
        ),
        (
            EncodeError::TooLong {
                len: 65516,
                most: 65515,
            }
            .to_string(),
            "segment of 65516 octets, but a datagram holds at most 65515",
        ),
        (
            DecodeError::TooLong { len: 65516 }.to_string(),
            "65516 octets do not fit into one datagram",
        ),
        (
            DecodeError::MixedFamilies.to_string(),
            "source and target are of different address families",
        ),
        (
            EncodeError::MixedFamilies.to_string(),
            "source and target are of different address families",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn malformed_options_travel_and_keep_their_error() {
    let options = Options::from_bytes(&[2, 4, 5, 180, 8, 1, 7, 7]).unwrap();
    let segment = Segment {
        options,
        ..Segment::default()
    };
    let bytes = encoded(&packet(V4, [1, 2], segment));
    let (read, _) = decoded(V4, &bytes).unwrap();
    assert_eq!(read.segment.options, options);
    assert_eq!(
        read.segment.options.iter().last(),
        Some(Err(OptionError::BadLength { kind: 8, len: 1 }))
    );
}

#[test]
fn padding_is_taken_off_and_nothing_else() {
    let cases: [(&[u8], &[u8]); 7] = [
        // Sent, then read back.
        (&[2, 4, 5, 180, 1], &[2, 4, 5, 180, 1]),
        (
            &[8, 10, 1, 2, 3, 4, 0, 0, 0, 0],
            &[8, 10, 1, 2, 3, 4, 0, 0, 0, 0],
        ),
        (&[1, 1, 1, 0], &[1, 1, 1]),
        (&[0, 0, 0, 0], &[0]),
        (&[1, 0, 0, 0, 0, 0, 0, 0], &[1, 0, 0, 0, 0]),
        (&[1, 0, 0, 9], &[1, 0, 0, 9]),
        // The last octet is a kind without length; padding lends it one, of zero.
        (&[1, 9], &[1, 9, 0, 0]),
    ];
    for (sent, expected) in cases {
        let segment = Segment {
            options: Options::from_bytes(sent).unwrap(),
            ..Segment::default()
        };
        let bytes = encoded(&packet(V4, [1, 2], segment));
        let (read, _) = decoded(V4, &bytes).unwrap();
        assert_eq!(read.segment.options.as_bytes(), expected, "{sent:?}");
        assert_eq!(encoded(&read), bytes, "{sent:?}");
    }
}

#[test]
fn reserved_bits_and_an_acknowledgment_without_ack_mean_nothing() {
    let segment = Segment {
        flags: Flags::RST,
        ack: SeqNum(0x0102_0304),
        ..Segment::default()
    };
    let mut bytes = encoded(&packet(V4, [1, 2], segment));
    bytes[12] |= 0x0f;
    let checksum = u16::from_be_bytes([bytes[16], bytes[17]]) - 0x0f00;
    bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    let (read, _) = decoded(V4, &bytes).unwrap();
    let expected = Segment {
        ack: SeqNum(0),
        ..segment
    };
    assert_eq!(read.segment, expected);
}

/// MUST-3.
#[test]
fn every_flipped_bit_is_noticed() {
    let segments = [
        Segment::default(),
        Segment {
            flags: Flags::SYN,
            options: Options::NONE.with_mss(1460).with_window_scale(7),
            text: Text::at(0, 33),
            ..Segment::default()
        },
        Segment {
            seq: SeqNum(u32::MAX),
            ack: SeqNum(u32::MAX),
            flags: Flags::from_bits(0xff),
            window: u16::MAX,
            urgent: u16::MAX,
            options: Options::from_bytes(&[0xff; 40]).unwrap(),
            text: Text::at(0, 1460),
        },
    ];
    for names in [V4, V6] {
        for segment in segments {
            let bytes = encoded(&packet(names, [1, 65535], segment));
            for bit in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 0x80 >> (bit % 8);
                let error = decoded(names, &damaged).expect_err("one bit is wrong");
                let structural = matches!(error, DecodeError::BadDataOffset { .. });
                let in_data_offset = (96..100).contains(&bit);
                assert!(
                    matches!(error, DecodeError::BadChecksum { .. })
                        || (structural && in_data_offset),
                    "bit {bit}: {error}"
                );
            }
        }
    }
}

#[test]
fn an_endpoint_counts_what_it_cannot_read_and_answers_the_rest() {
    let mut endpoint = Endpoint::new(Profile::Rfc9293.config(), Secret([7; 16])).unwrap();
    let segment = Segment {
        seq: SeqNum(300),
        flags: Flags::SYN,
        ..Segment::default()
    };
    let whole = encoded(&packet(V4, [5555, 80], segment));
    let mut flipped = whole.clone();
    flipped[5] ^= 1;
    let [source, target] = ips(V4);
    for bytes in [&flipped[..], &whole[..12], &whole[..]] {
        endpoint.on_bytes(Instant::ZERO, source, target, Tag(7), bytes);
    }
    let counters = *endpoint.counters();
    assert_eq!(
        (counters.InSegs, counters.InErrs, counters.InCsumErrors),
        (3, 2, 1)
    );
    let reply = endpoint.poll_packet(Instant::ZERO).unwrap();
    assert_eq!((reply.kind, reply.packet.tag), (Kind::Rst, Tag(7)));
    assert_eq!(
        reply.packet.segment.to_string(),
        "<SEQ=0><ACK=301><CTL=RST,ACK>"
    );
    assert_eq!(endpoint.poll_packet(Instant::ZERO), None);
    let flow = Flow {
        local: reply.packet.source,
        remote: reply.packet.target,
    };
    assert_eq!(endpoint.phase(flow), Phase::Closed);
}
