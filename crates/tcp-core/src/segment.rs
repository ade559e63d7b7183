//! What travels between two TCP endpoints: control bits, segments, packets.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::ops::BitOr;

use crate::options::Options;
use crate::seq::SeqNum;

/// The eight control bits of a TCP header (RFC 9293 section 3.1), as a set.
///
/// Any combination can be written down, SYN+FIN+RST included: scripts and attackers send them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No control bit.
    pub const NONE: Flags = Flags(0);
    /// No more data from sender.
    pub const FIN: Flags = Flags(0x01);
    /// Synchronize sequence numbers.
    pub const SYN: Flags = Flags(0x02);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x04);
    /// Push function.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgment field is significant.
    pub const ACK: Flags = Flags(0x10);
    /// The urgent pointer field is significant.
    pub const URG: Flags = Flags(0x20);
    /// ECN-Echo (RFC 3168).
    pub const ECE: Flags = Flags(0x40);
    /// Congestion window reduced (RFC 3168).
    pub const CWR: Flags = Flags(0x80);

    /// Every bit with the name that ladders print, in the order in which they print it.
    pub const NAMES: [(Flags, &'static str); 8] = [
        (Flags::SYN, "SYN"),
        (Flags::FIN, "FIN"),
        (Flags::RST, "RST"),
        (Flags::PSH, "PSH"),
        (Flags::URG, "URG"),
        (Flags::ECE, "ECE"),
        (Flags::CWR, "CWR"),
        (Flags::ACK, "ACK"),
    ];

    /// The set with these header bits (byte 13 of the TCP header).
    pub const fn from_bits(bits: u8) -> Flags {
        Flags(bits)
    }

    /// The header bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether every bit of `other` is in the set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is in the set.
    pub const fn intersects(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// The set without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Whether SYN is set.
    pub const fn syn(self) -> bool {
        self.contains(Flags::SYN)
    }

    /// Whether ACK is set.
    pub const fn ack(self) -> bool {
        self.contains(Flags::ACK)
    }

    /// Whether RST is set.
    pub const fn rst(self) -> bool {
        self.contains(Flags::RST)
    }

    /// Whether FIN is set.
    pub const fn fin(self) -> bool {
        self.contains(Flags::FIN)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    /// `SYN,ACK`; `-` for the empty set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("-");
        }
        let mut separator = "";
        for (flag, name) in Flags::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

/// The text of a segment, as a slice of a fixed pattern instead of a buffer.
///
/// The octet at offset `n` of every stream is `Text::octet(n)`, so a segment carries no
/// allocation and the receiver can still tell whether each octet is the right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// Number of octets.
    pub len: u32,
    /// Where in the sender's stream the first octet lies (0 is the octet after the SYN), modulo
    /// 2^32. `None` when the octets came from a wire image and belong to no known stream.
    pub offset: Option<u32>,
}

impl Text {
    /// No text.
    pub const EMPTY: Text = Text {
        len: 0,
        offset: None,
    };

    /// `len` octets of a stream from `offset` on.
    pub const fn at(offset: u32, len: u32) -> Text {
        Text {
            len,
            offset: Some(offset),
        }
    }

    /// The octet at `offset` of every stream: the printable ASCII characters in turn, so that
    /// captures can be read.
    pub const fn octet(offset: u32) -> u8 {
        b' ' + (offset % 95) as u8
    }

    /// Whether there is no text.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The octets, in order. Text of no known stream reads as zeros.
    pub fn octets(self) -> impl Iterator<Item = u8> {
        (0..self.len).map(move |n| self.offset.map_or(0, |at| Text::octet(at.wrapping_add(n))))
    }

    /// The text without its first `skip` octets, at most `keep` of the rest.
    #[must_use]
    pub fn slice(self, skip: u32, keep: u32) -> Text {
        let skip = skip.min(self.len);
        let len = (self.len - skip).min(keep);
        Text {
            len,
            offset: self.offset.map(|at| at.wrapping_add(skip)),
        }
    }
}

/// A TCP segment: the header of RFC 9293 section 3.1 and the text. Ports are in [`Packet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Segment {
    /// SEG.SEQ.
    pub seq: SeqNum,
    /// SEG.ACK; means something only if [`Flags::ACK`] is set, and is zero otherwise.
    pub ack: SeqNum,
    /// The control bits.
    pub flags: Flags,
    /// SEG.WND as it stands in the header, before scaling; unsigned (RFC 9293 MUST-1).
    pub window: u16,
    /// SEG.UP, the urgent pointer.
    pub urgent: u16,
    /// The options.
    pub options: Options,
    /// The text.
    pub text: Text,
}

impl Segment {
    /// SEG.LEN: octets of sequence space that the segment occupies; SYN and FIN count. Modulo 2^32,
    /// as everything about sequence numbers.
    pub fn len(&self) -> u32 {
        let controls = u32::from(self.flags.syn()) + u32::from(self.flags.fin());
        self.text.len.wrapping_add(controls)
    }

    /// Whether the segment occupies no sequence space.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sequence number after the segment: SEG.SEQ + SEG.LEN.
    pub fn end(&self) -> SeqNum {
        self.seq + self.len()
    }

    /// Octets of the TCP header (with padded options) and text.
    pub fn wire_len(&self) -> u32 {
        (20 + self.options.padded_len() as u32).saturating_add(self.text.len)
    }
}

impl fmt::Display for Segment {
    /// The RFC's own notation, for example `<SEQ=300><ACK=101><CTL=SYN,ACK>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<SEQ={}>", self.seq)?;
        if self.flags.ack() {
            write!(f, "<ACK={}>", self.ack)?;
        }
        if !self.text.is_empty() {
            write!(f, "<DATA={}>", self.text.len)?;
        }
        write!(f, "<CTL={}>", self.flags)
    }
}

/// A four-tuple, seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

/// Whether an address can be one host's: not unspecified, not multicast, not the limited broadcast.
pub(crate) fn is_unicast(ip: IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast
}

/// The incarnation that a segment belongs to: a number that the driver gives to each OPEN.
///
/// An entry keeps the tag of the SYN that made it and echoes it in everything that it sends.
/// Tags never influence what TCP does; they let an observer say which connection a segment that
/// was delayed for minutes once belonged to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u32);

/// A segment with its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Where it comes from.
    pub source: SocketAddr,
    /// Where it goes.
    pub target: SocketAddr,
    /// The incarnation that it belongs to.
    pub tag: Tag,
    /// The segment.
    pub segment: Segment,
}

/// What a segment is for: with the ordinal, a name for "the second SYN of this connection".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// SYN without ACK.
    Syn,
    /// SYN,ACK.
    SynAck,
    /// An acknowledgment without text, SYN or FIN.
    Ack,
    /// Text, with or without FIN.
    Data,
    /// FIN without text.
    Fin,
    /// RST, with or without ACK.
    Rst,
    /// A keep-alive or zero-window probe.
    Probe,
}

/// A packet that leaves an endpoint, with what the sender knows about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The packet.
    pub packet: Packet,
    /// What it is for.
    pub kind: Kind,
    /// It is the n-th transmission of this kind in this direction by this entry, from 1.
    /// `None` for a reply from CLOSED (or a stateless SYN,ACK), which no entry counts.
    pub ordinal: Option<u32>,
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{Flags, Segment, Text};
    use crate::options::Options;
    use crate::seq::SeqNum;

    #[test]
    fn syn_and_fin_take_sequence_space() {
        let segment = Segment {
            seq: SeqNum(u32::MAX),
            flags: Flags::SYN | Flags::FIN,
            text: Text::at(0, 3),
            ..Segment::default()
        };
        assert_eq!(segment.len(), 5);
        assert_eq!(segment.end(), SeqNum(4));
    }

    #[test]
    fn display_is_the_notation_of_the_rfc() {
        let segment = Segment {
            seq: SeqNum(300),
            ack: SeqNum(101),
            flags: Flags::SYN | Flags::ACK,
            options: Options::default(),
            ..Segment::default()
        };
        assert_eq!(segment.to_string(), "<SEQ=300><ACK=101><CTL=SYN,ACK>");
        assert_eq!(Flags::NONE.to_string(), "-");
    }

    #[test]
    fn a_slice_keeps_its_place_in_the_stream() {
        let text = Text::at(100, 10).slice(3, 4);
        assert_eq!(text, Text::at(103, 4));
        assert_eq!(text.octets().next(), Some(Text::octet(103)));
        assert_eq!(Text::at(0, 2).slice(5, 5).len, 0);
    }
}
