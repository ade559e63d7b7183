//! SYNs without anything behind them, and the addresses that nobody has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tcp_core::{Flags, Flow, Kind, Packet, Segment, SeqNum, Tag, Transmit};

/// The first address of the block for benchmarks, 198.18.0.0/15 (RFC 2544 appendix C.2.2): the
/// Internet does not route it, and neither does this network.
const BLOCK_4: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
/// Length of its prefix.
const PREFIX_4: u32 = 15;
/// The same for IPv6, `2001:2::/48` (RFC 5180 section 8).
const BLOCK_6: Ipv6Addr = Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0);
/// Length of its prefix.
const PREFIX_6: u32 = 48;

/// Addresses that are used in turn; all that the IPv4 block has.
const ADDRESSES: u64 = 1 << (32 - PREFIX_4);
/// The ports of each: those above the well-known ones.
const FIRST_PORT: u64 = 1024;
/// How many.
const PORTS: u64 = 65_536 - FIRST_PORT;

/// The source of SYN number `number` (from 0) of a flood towards `target`. The address changes
/// with each SYN, and no source comes twice within eight thousand million.
pub fn forged_source(target: IpAddr, number: u64) -> SocketAddr {
    let host = number % ADDRESSES;
    let port = (FIRST_PORT + number / ADDRESSES % PORTS) as u16;
    let address = match target {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(BLOCK_4.to_bits() + host as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(BLOCK_6.to_bits() + u128::from(host))),
    };
    SocketAddr::new(address, port)
}

/// Whether floods may use this address as a source.
pub fn is_forged(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => (address.to_bits() ^ BLOCK_4.to_bits()) >> (32 - PREFIX_4) == 0,
        IpAddr::V6(address) => (address.to_bits() ^ BLOCK_6.to_bits()) >> (128 - PREFIX_6) == 0,
    }
}

/// The SYN that a flood sends on a flow: without options, as the usual tools send it.
pub fn syn(flow: Flow, tag: Tag, iss: SeqNum) -> Transmit {
    Transmit {
        packet: Packet {
            source: flow.local,
            target: flow.remote,
            tag,
            segment: Segment {
                seq: iss,
                flags: Flags::SYN,
                window: u16::MAX,
                ..Segment::default()
            },
        },
        kind: Kind::Syn,
        ordinal: Some(1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sources_differ_and_nobody_has_them() {
        for target in ["10.0.0.1", "2001:db8::1"] {
            let target: IpAddr = target.parse().expect("an address");
            let numbers = (0..1000).chain(ADDRESSES - 10..ADDRESSES + 10);
            let sources: BTreeSet<SocketAddr> = numbers
                .map(|number| forged_source(target, number))
                .collect();
            assert_eq!(sources.len(), 1020);
            assert!(sources.iter().all(|source| is_forged(source.ip())));
            assert!(sources.iter().all(|source| source.port() >= 1024));
            assert_eq!(
                forged_source(target, 5),
                forged_source(target, 5 + ADDRESSES * PORTS),
                "the last source is followed by the first"
            );
        }
    }

    #[test]
    fn only_the_two_blocks_are_forged() {
        for (text, expected) in [
            ("198.18.0.0", true),
            ("198.19.255.255", true),
            ("198.17.255.255", false),
            ("198.20.0.0", false),
            ("2001:2::ffff", true),
            ("2001:2:1::", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(
                is_forged(text.parse().expect("an address")),
                expected,
                "{text}"
            );
        }
    }
}
