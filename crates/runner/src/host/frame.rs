//! What travels in a run: a TCP packet, and what the simulation knows about it.

use std::net::IpAddr;

use netsim::Instant;
use tcp_core::{Kind, Packet, Tag, Transmit, wire};

/// Octets of an IPv4 header without options (RFC 791 section 3.1).
const IPV4_HEADER: u32 = 20;
/// Octets of an IPv6 header (RFC 8200 section 3).
const IPV6_HEADER: u32 = 40;

/// A packet on its way, with the identity that keys its random draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The packet.
    pub packet: Packet,
    /// What it is for.
    pub kind: Kind,
    /// Which entry of its incarnation sent it: 0 for the client, n for the n-th entry that the
    /// incarnation's SYNs made at the server.
    pub entry: u32,
    /// When its sender sent it. A copy is as old as its original.
    pub sent: Instant,
    /// Whether it is a retransmission: not the first of its kind that its entry sent.
    pub is_repeated: bool,
    /// Whether the network made it, as a copy of another.
    pub is_copy: bool,
    /// Whether a router has sent it on.
    pub is_forwarded: bool,
    /// The bits of TCP header and text that were flipped on the way, numbered from the first octet's
    /// lowest. A scripted fault flips one and the link another at most.
    flipped: [Option<u32>; 2],
    key: u64,
}

impl Datagram {
    /// What an endpoint sends now. `identity` names the incarnation; `provoked_by` is the key of
    /// the packet that it has just processed, which names the replies that no entry counts.
    pub fn new(
        now: Instant,
        transmit: &Transmit,
        identity: u64,
        entry: u32,
        provoked_by: u64,
    ) -> Datagram {
        let Transmit {
            packet,
            kind,
            ordinal,
        } = *transmit;
        let key = match ordinal {
            Some(ordinal) => {
                let own = mix(identity, u64::from(entry));
                mix(mix(own, kind as u64), u64::from(ordinal))
            }
            None => mix(provoked_by, REPLY | kind as u64),
        };
        Datagram {
            packet,
            kind,
            entry,
            sent: now,
            is_repeated: ordinal.is_some_and(|ordinal| ordinal > 1),
            is_copy: false,
            is_forwarded: false,
            flipped: [None; 2],
            key,
        }
    }

    /// The same as a router sends it on: damaged or not, and of one identity with what arrived.
    #[must_use]
    pub fn forwarded(self) -> Datagram {
        Datagram {
            is_forwarded: true,
            ..self
        }
    }

    /// The incarnation that it belongs to.
    pub fn tag(&self) -> Tag {
        self.packet.tag
    }

    /// Whether bits were flipped on the way: it arrives as [`octets`](Self::octets), not as a packet.
    pub fn is_damaged(&self) -> bool {
        self.flipped != [None; 2]
    }

    /// TCP header and text as they arrive; `None` for a packet that fits into no IP datagram.
    pub fn octets(&self) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        wire::encode(&self.packet, &mut octets).ok()?;
        for bit in self.flipped.into_iter().flatten() {
            if let Some(octet) = octets.get_mut((bit / 8) as usize) {
                *octet ^= 1 << (bit % 8);
            }
        }
        Some(octets)
    }
}

/// Keeps the keys of replies apart from those of counted segments.
const REPLY: u64 = 1 << 63;

/// One step of a 64-bit hash: `SplitMix64`'s finalizer (Steele, Lea, Flood 2014) over the sum.
fn mix(state: u64, value: u64) -> u64 {
    let mut hash = state
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(value)
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

impl netsim::Frame for Datagram {
    fn wire_len(&self) -> u32 {
        let header = match self.packet.source.ip() {
            IpAddr::V4(_) => IPV4_HEADER,
            IpAddr::V6(_) => IPV6_HEADER,
        };
        header + self.packet.segment.wire_len()
    }

    fn key(&self) -> u64 {
        self.key
    }

    fn subject(&self) -> u32 {
        self.packet.tag.0
    }

    fn copied(&self, copy: u32) -> Datagram {
        Datagram {
            key: mix(self.key, u64::from(copy)),
            is_copy: true,
            ..*self
        }
    }

    /// Flips a bit of the TCP header or text, as they stand on the wire.
    fn corrupt(&mut self, draw: u64) {
        let bits = u64::from(self.packet.segment.wire_len()) * 8;
        if let Some(free) = self.flipped.iter_mut().find(|bit| bit.is_none()) {
            *free = Some((draw % bits) as u32);
        }
    }

    fn mark_congestion(&mut self) -> bool {
        // This TCP does not negotiate ECN (RFC 3168), so its packets are not ECN-capable.
        false
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use netsim::Frame as _;
    use tcp_core::Segment;

    use super::*;

    fn transmit(tag: u32, kind: Kind, ordinal: Option<u32>) -> Transmit {
        let any = SocketAddr::from(([10, 0, 0, 1], 1));
        let segment = Segment::default();
        Transmit {
            packet: Packet {
                source: any,
                target: any,
                tag: Tag(tag),
                segment,
            },
            kind,
            ordinal,
        }
    }

    #[test]
    fn keys_tell_all_segments_apart() {
        let mut keys = Vec::new();
        for tag in 0..3 {
            for entry in 0..3 {
                for kind in [Kind::Syn, Kind::SynAck, Kind::Ack, Kind::Rst] {
                    for ordinal in 1..4 {
                        let frame = Datagram::new(
                            Instant::ZERO,
                            &transmit(tag, kind, Some(ordinal)),
                            u64::from(tag),
                            entry,
                            0,
                        );
                        let reply = transmit(tag, Kind::Rst, None);
                        let provoked_by = frame.key();
                        let reply = Datagram::new(
                            Instant::ZERO,
                            &reply,
                            u64::from(tag),
                            entry,
                            provoked_by,
                        );
                        keys.push(reply.key());
                        keys.push(frame.copied(1).key());
                        keys.push(frame.copied(2).key());
                        keys.push(frame.key());
                    }
                }
            }
        }
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        let clean = Datagram::new(Instant::ZERO, &transmit(1, Kind::Syn, Some(1)), 1, 0, 0);
        for bit in 0..160 {
            let mut frame = clean;
            frame.corrupt(bit);
            assert!(frame.is_damaged(), "bit {bit}");
            let octets = frame.octets().expect("it has a wire form");
            let source = frame.packet.source.ip();
            assert!(
                wire::decode(source, source, frame.tag(), &octets).is_err(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn the_second_flip_counts_and_may_undo_the_first() {
        let clean = Datagram::new(Instant::ZERO, &transmit(1, Kind::Syn, Some(1)), 1, 0, 0);
        let flipped = |draws: [u64; 2]| {
            let mut frame = clean;
            for draw in draws {
                frame.corrupt(draw);
            }
            frame.octets()
        };
        assert_eq!(flipped([7, 7]), clean.octets());
        let mut twice = clean.octets().expect("it has a wire form");
        twice[0] ^= 1 << 7;
        twice[2] ^= 1;
        assert_eq!(flipped([7, 16]), Some(twice));
    }

    #[test]
    fn the_length_counts_the_ip_header() {
        let mut frame = Datagram::new(Instant::ZERO, &transmit(0, Kind::Ack, Some(1)), 0, 0, 0);
        assert_eq!(frame.wire_len(), 40);
        frame.packet.source = "[fd00::1]:1".parse().expect("an address");
        assert_eq!(frame.wire_len(), 60);
    }
}
