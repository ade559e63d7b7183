//! Segments as octets: the header of RFC 9293 section 3.1, the text, and the checksum over the
//! pseudo-header of IPv4 (RFC 9293) or IPv6 (RFC 8200 section 8.1).
//!
//! Nothing in a segment that passes the checksum is refused for what it says: every combination
//! of control bits is read, reserved bits are ignored, and options that cannot be parsed are kept
//! as octets, so that [`Options::iter`] can name their error.

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};

use crate::options::{Options, kind};
use crate::segment::{Flags, Packet, Segment, Tag, Text};
use crate::seq::SeqNum;

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;

/// TCP's number among the Internet protocols.
const PROTOCOL: u8 = 6;

/// Where the header has its checksum.
const CHECKSUM: core::ops::Range<usize> = 16..18;

/// Why a packet has no form on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// Source and target are not of one address family, so there is no pseudo-header.
    MixedFamilies,
    /// Header and text do not fit into one datagram.
    TooLong {
        /// Octets of header and text.
        len: u64,
        /// Octets for which the datagram has room: 65515 in IPv4, 65535 in IPv6.
        most: u32,
    },
}

/// Why octets are not a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Source and target are not of one address family, so there is no pseudo-header.
    MixedFamilies,
    /// Fewer octets than the shortest header has.
    TooShort {
        /// Octets that there are.
        len: usize,
    },
    /// More octets than fit into one datagram.
    TooLong {
        /// Octets that there are.
        len: usize,
    },
    /// The header claims to be shorter than 20 octets, or longer than the segment.
    BadDataOffset {
        /// The data offset field, in units of four octets.
        words: u8,
    },
    /// The checksum is wrong: at least one bit was changed on the way.
    BadChecksum {
        /// The checksum field.
        found: u16,
        /// The checksum that these octets should have.
        expected: u16,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::MixedFamilies => f.write_str(MIXED_FAMILIES),
            EncodeError::TooLong { len, most } => {
                write!(
                    f,
                    "segment of {len} octets, but a datagram holds at most {most}"
                )
            }
        }
    }
}

impl core::error::Error for EncodeError {}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::MixedFamilies => f.write_str(MIXED_FAMILIES),
            DecodeError::TooShort { len } => {
                write!(f, "{len} octets are too few for a header of {HEADER_LEN}")
            }
            DecodeError::TooLong { len } => write!(f, "{len} octets do not fit into one datagram"),
            DecodeError::BadDataOffset { words } => {
                write!(
                    f,
                    "data offset {words} is below 5 or beyond the end of the segment"
                )
            }
            DecodeError::BadChecksum { found, expected } => {
                write!(f, "checksum {found:#06x} should be {expected:#06x}")
            }
        }
    }
}

impl core::error::Error for DecodeError {}

const MIXED_FAMILIES: &str = "source and target are of different address families";

/// Appends the header and text of a packet to `out`, options padded with zeros to a multiple of
/// four, reserved bits zero.
///
/// # Errors
/// If the packet has no form on the wire; `out` is unchanged then.
pub fn encode(packet: &Packet, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let segment = &packet.segment;
    let addresses =
        Addresses::new(packet.source.ip(), packet.target.ip()).ok_or(EncodeError::MixedFamilies)?;
    let header_len = HEADER_LEN + segment.options.padded_len();
    let len = header_len as u64 + u64::from(segment.text.len);
    let most = addresses.longest_segment();
    if len > most as u64 {
        let most = most as u32;
        return Err(EncodeError::TooLong { len, most });
    }
    let start = out.len();
    out.reserve(len as usize);
    out.extend_from_slice(&header(packet, header_len));
    out.extend_from_slice(segment.options.as_bytes());
    // MUST-69: what follows the last option is zeros.
    out.resize(start + header_len, kind::END);
    out.extend(segment.text.octets());
    // The checksum is never optional (MUST-2).
    let checksum = addresses.checksum(&out[start..]);
    out[start..][CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
    Ok(())
}

/// The fixed part of the header, checksum zero.
fn header(packet: &Packet, header_len: usize) -> [u8; HEADER_LEN] {
    let segment = &packet.segment;
    let mut header = [0; HEADER_LEN];
    header[0..2].copy_from_slice(&packet.source.port().to_be_bytes());
    header[2..4].copy_from_slice(&packet.target.port().to_be_bytes());
    header[4..8].copy_from_slice(&segment.seq.0.to_be_bytes());
    header[8..12].copy_from_slice(&segment.ack.0.to_be_bytes());
    header[12] = ((header_len / 4) as u8) << 4;
    header[13] = segment.flags.bits();
    header[14..16].copy_from_slice(&segment.window.to_be_bytes());
    header[18..20].copy_from_slice(&segment.urgent.to_be_bytes());
    header
}

/// Reads the header and text that travelled between two addresses. The packet's text is of no
/// known stream; its octets are returned beside it.
///
/// Options are read whatever the segment is (MUST-5).
///
/// Padding behind the end of the option list is taken off. The acknowledgment number of a segment
/// without ACK means nothing and reads as zero. In everything else, encoding the packet gives the
/// same header again.
///
/// # Errors
/// If the octets are not a whole segment as it was sent. Structure is judged before the checksum,
/// as kernels do.
pub fn decode(
    source: IpAddr,
    target: IpAddr,
    tag: Tag,
    bytes: &[u8],
) -> Result<(Packet, &[u8]), DecodeError> {
    let addresses = Addresses::new(source, target).ok_or(DecodeError::MixedFamilies)?;
    let len = bytes.len();
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(DecodeError::TooShort { len });
    };
    if len > addresses.longest_segment() {
        return Err(DecodeError::TooLong { len });
    }
    let words = header[12] >> 4;
    let (options, text) = usize::from(words * 4)
        .checked_sub(HEADER_LEN)
        .and_then(|options_len| rest.split_at_checked(options_len))
        .ok_or(DecodeError::BadDataOffset { words })?;
    // Nothing behind this line has seen a segment with a wrong checksum (MUST-3).
    addresses.verify(bytes)?;

    let flags = Flags::from_bits(header[13]);
    let segment = Segment {
        seq: SeqNum(u32_at(header, 4)),
        ack: SeqNum(if flags.ack() { u32_at(header, 8) } else { 0 }),
        flags,
        window: u16_at(header, 14),
        urgent: u16_at(header, 18),
        options: read_options(options).ok_or(DecodeError::BadDataOffset { words })?,
        text: Text {
            len: text.len() as u32,
            offset: None,
        },
    };
    let packet = Packet {
        source: SocketAddr::new(source, u16_at(header, 0)),
        target: SocketAddr::new(target, u16_at(header, 2)),
        tag,
        segment,
    };
    Ok((packet, text))
}

fn u16_at(header: &[u8; HEADER_LEN], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

fn u32_at(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from(u16_at(header, at)) << 16 | u32::from(u16_at(header, at + 2))
}

/// The options without their padding: of a run of zeros from an end-of-list option to the end of
/// the header, as many as padding to a multiple of four puts there again. `None` if there are
/// more than 40 octets, which four bits of data offset cannot say.
fn read_options(padded: &[u8]) -> Option<Options> {
    let whole = Options::from_bytes(padded)?;
    let Some(end) = end_of_list(padded) else {
        return Some(whole);
    };
    let padding = &padded[end..];
    if padding.iter().any(|&octet| octet != kind::END) {
        return Some(whole);
    }
    let kept = padded.len() - padding.len().min(3);
    Options::from_bytes(&padded[..kept])
}

/// Where the first end-of-list option stands, if the options before it are well-formed enough to
/// be stepped over.
fn end_of_list(options: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match options[at..] {
            [kind::END, ..] => return Some(at),
            [kind::NOP, ..] => at += 1,
            [_, len, ..] if len >= 2 && at + usize::from(len) <= options.len() => {
                at += usize::from(len);
            }
            _ => return None,
        }
    }
}

/// Two addresses of one family.
#[derive(Clone, Copy, Debug)]
enum Addresses {
    V4([[u8; 4]; 2]),
    V6([[u8; 16]; 2]),
}

impl Addresses {
    fn new(source: IpAddr, target: IpAddr) -> Option<Addresses> {
        match (source, target) {
            (IpAddr::V4(source), IpAddr::V4(target)) => {
                Some(Addresses::V4([source.octets(), target.octets()]))
            }
            (IpAddr::V6(source), IpAddr::V6(target)) => {
                Some(Addresses::V6([source.octets(), target.octets()]))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        }
    }

    /// Octets of the longest segment: IPv4's length field counts its own header, which has at
    /// least 20 octets; IPv6's counts the payload only.
    fn longest_segment(self) -> usize {
        match self {
            Addresses::V4(_) => 65535 - 20,
            Addresses::V6(_) => 65535,
        }
    }

    /// The checksum of a segment whose checksum field is zero.
    fn checksum(self, segment: &[u8]) -> u16 {
        !fold(self.pseudo_header(segment.len()) + sum(segment))
    }

    fn verify(self, segment: &[u8]) -> Result<(), DecodeError> {
        let whole = self.pseudo_header(segment.len()) + sum(segment);
        if fold(whole) == u16::MAX {
            return Ok(());
        }
        let field = &segment[CHECKSUM];
        let found = u16::from_be_bytes([field[0], field[1]]);
        let expected = !fold(whole - u32::from(found));
        Err(DecodeError::BadChecksum { found, expected })
    }

    /// The sum over source, target, protocol and TCP length.
    fn pseudo_header(self, len: usize) -> u32 {
        let addresses = match self {
            Addresses::V4([source, target]) => sum(&source) + sum(&target),
            Addresses::V6([source, target]) => sum(&source) + sum(&target),
        };
        addresses + u32::from(PROTOCOL) + len as u32
    }
}

/// The sum of the 16-bit words, the last octet padded with a zero (RFC 1071). 65535 octets and
/// the pseudo-header stay below 2^32.
fn sum(bytes: &[u8]) -> u32 {
    let (words, odd) = bytes.as_chunks::<2>();
    let words: u32 = words
        .iter()
        .map(|&word| u32::from(u16::from_be_bytes(word)))
        .sum();
    words + odd.first().map_or(0, |&last| u32::from(last) << 8)
}

/// The ones' complement sum: carries out of 16 bits are added again.
fn fold(sum: u32) -> u16 {
    let once = (sum >> 16) + (sum & 0xffff);
    ((once >> 16) + (once & 0xffff)) as u16
}
