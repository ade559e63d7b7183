//! Any octets as a segment: what `wire::decode` makes of them, judged by an arithmetic of its own.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tcp_core::wire::{self, DecodeError};
use tcp_core::{Flags, Options, Packet, SeqNum, Tag, Text};

/// The first octet chooses the address family and whether the checksum is repaired first; without
/// that, hardly any input would pass it. The rest is the segment. Returns whether it was one.
pub(crate) fn run(input: &[u8]) -> bool {
    let Some((&choice, rest)) = input.split_first() else {
        return false;
    };
    let (source, target): (IpAddr, IpAddr) = if choice & 1 == 0 {
        let (a, b) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
        (a.into(), b.into())
    } else {
        (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into())
    };
    let mut bytes = rest.to_vec();
    if choice & 2 != 0 {
        repair(source, target, &mut bytes);
    }
    let expected = judge(source, target, &bytes);
    match (wire::decode(source, target, Tag(1), &bytes), expected) {
        (Ok((packet, text)), Verdict::Whole { header_len }) => {
            assert_eq!(text, &bytes[header_len..]);
            says_the_same(&packet, &bytes, header_len);
            true
        }
        (Err(DecodeError::BadChecksum { found, expected }), Verdict::Damaged) => {
            assert_ne!(found, expected);
            bytes[16..18].copy_from_slice(&expected.to_be_bytes());
            assert!(
                wire::decode(source, target, Tag(1), &bytes).is_ok(),
                "the checksum that the error expects is not accepted"
            );
            false
        }
        (
            Err(
                DecodeError::TooShort { .. }
                | DecodeError::TooLong { .. }
                | DecodeError::BadDataOffset { .. },
            ),
            Verdict::NoSegment,
        ) => false,
        (result, expected) => panic!("{expected:?}, but decode gave {result:?}"),
    }
}

#[derive(Debug)]
enum Verdict {
    Whole { header_len: usize },
    Damaged,
    NoSegment,
}

fn judge(source: IpAddr, target: IpAddr, bytes: &[u8]) -> Verdict {
    let most = if source.is_ipv4() { 65515 } else { 65535 };
    if bytes.len() < 20 || bytes.len() > most {
        return Verdict::NoSegment;
    }
    let header_len = usize::from(bytes[12] / 16) * 4;
    if header_len < 20 || header_len > bytes.len() {
        Verdict::NoSegment
    } else if residue(source, target, bytes) == 0 {
        Verdict::Whole { header_len }
    } else {
        Verdict::Damaged
    }
}

/// The number that pseudo-header and segment are in base 65536, modulo 65535. A ones' complement
/// sum is all ones exactly if this is zero.
fn residue(source: IpAddr, target: IpAddr, bytes: &[u8]) -> u64 {
    let mut all = Vec::new();
    for address in [source, target] {
        match address {
            IpAddr::V4(address) => all.extend(address.octets()),
            IpAddr::V6(address) => all.extend(address.octets()),
        }
    }
    all.extend((bytes.len() as u32).to_be_bytes());
    all.extend([0, 0, 0, 6]);
    all.extend(bytes);
    if all.len() % 2 == 1 {
        all.push(0);
    }
    all.iter().fold(0, |residue, &octet| {
        (residue * 256 + u64::from(octet)) % 65535
    })
}

fn repair(source: IpAddr, target: IpAddr, bytes: &mut [u8]) {
    if bytes.len() >= 20 {
        bytes[16..18].fill(0);
        let checksum = (65535 - residue(source, target, bytes)) as u16;
        bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Whether the packet, written again, gives the header that it was read from.
fn says_the_same(packet: &Packet, bytes: &[u8], header_len: usize) {
    let segment = &packet.segment;
    assert_eq!(segment.wire_len() as usize, bytes.len());
    assert_eq!(segment.text.offset, None);
    read_options(&segment.options);
    let mut header = *packet;
    header.segment.text = Text::EMPTY;
    let mut again = Vec::new();
    wire::encode(&header, &mut again).expect("a header alone fits");
    let mut expected = bytes[..header_len].to_vec();
    expected[12] &= 0xf0;
    if !Flags::from_bits(bytes[13]).ack() {
        assert_eq!(segment.ack, SeqNum(0));
        expected[8..12].fill(0);
    }
    let checksum = 16..18;
    again[checksum.clone()].fill(0);
    expected[checksum].fill(0);
    assert_eq!(again, expected);
}

/// Reading options must end, must not panic, and must agree with itself.
fn read_options(options: &Options) {
    let listed = options.iter().count();
    assert!(listed <= options.as_bytes().len());
    let well_formed = options.iter().take_while(Result::is_ok).count();
    assert!(well_formed + 1 >= listed, "an error ends the list");
    if options.mss().is_some()
        || options.window_scale().is_some()
        || options.sack_permitted()
        || options.timestamps().is_some()
        || options.fast_open().is_some()
    {
        assert!(well_formed > 0);
    }
}
