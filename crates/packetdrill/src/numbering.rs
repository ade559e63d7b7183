//! Between the numbers of a script and the numbers on the wire, for one connection.
//!
//! A script counts the stack's sequence numbers from the number that it writes in the stack's SYN.
//! The numbers of the script's own side travel as they are written. Timestamps of the stack are
//! likewise counted from the first one that a script mentions.

use crate::options;
use crate::script::{Flags, SegmentSpec, TcpOption};
use std::collections::BTreeMap;
use tcp_core::{Options, Segment, SeqNum, Text};

/// What a script's numbers mean for one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    /// The stack's initial sequence number: as the script writes it, as it is.
    isn: Option<(u32, u32)>,
    /// The first timestamp of the stack: as the script writes it, as it is.
    first_stamp: Option<(u32, u32)>,
    /// Every timestamp of the stack that the script mentioned.
    stamps: BTreeMap<u32, u32>,
}

impl Numbering {
    /// What a script's number of the stack is on the wire.
    fn to_wire(&self, number: u32) -> u32 {
        let (script, wire) = self.isn.unwrap_or((0, 0));
        number.wrapping_sub(script).wrapping_add(wire)
    }

    fn to_script(&self, number: u32) -> u32 {
        let (script, wire) = self.isn.unwrap_or((0, 0));
        number.wrapping_sub(wire).wrapping_add(script)
    }

    /// The segment to send to the stack.
    pub(crate) fn inject(&self, spec: &SegmentSpec) -> Segment {
        let listed: Vec<TcpOption> = spec
            .options
            .iter()
            .flatten()
            .map(|option| self.option_to_wire(option, spec.flags))
            .collect();
        let mut bytes = options::encode(&listed);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        Segment {
            seq: SeqNum(spec.seq),
            ack: SeqNum(if spec.flags.ack {
                self.to_wire(spec.ack.unwrap_or(0))
            } else {
                0
            }),
            flags: flags_to_wire(spec.flags),
            window: spec.window.unwrap_or(0),
            urgent: spec.urgent.unwrap_or(0),
            // The parser admits no more than 40 bytes.
            options: Options::from_bytes(&bytes).unwrap_or(Options::NONE),
            text: Text {
                len: u32::from(spec.len),
                offset: None,
            },
        }
    }

    fn option_to_wire(&self, option: &TcpOption, flags: Flags) -> TcpOption {
        match option {
            TcpOption::Sack(blocks) => TcpOption::Sack(
                blocks
                    .iter()
                    .map(|&(left, right)| (self.to_wire(left), self.to_wire(right)))
                    .collect(),
            ),
            TcpOption::Timestamp { value, echo } if flags.ack => {
                let exact = self.stamps.get(echo).copied();
                // A value that the script never saw is taken to lie as far from the first one as
                // the script says.
                let near = self
                    .first_stamp
                    .map(|(script, wire)| echo.wrapping_sub(script).wrapping_add(wire));
                TcpOption::Timestamp {
                    value: *value,
                    echo: exact.or(near).unwrap_or(*echo),
                }
            }
            other => other.clone(),
        }
    }

    /// A segment of the stack in the script's numbers. `expected` is what the script has at this
    /// place: its numbers are where counting starts if this is the first SYN or the first
    /// timestamp.
    pub(crate) fn observe(
        &mut self,
        segment: &Segment,
        expected: Option<&SegmentSpec>,
    ) -> SegmentSpec {
        let flags = flags_to_script(segment.flags);
        // Another initial number under the same addresses is another incarnation.
        if flags.syn && self.isn.is_none_or(|(_, wire)| wire != segment.seq.0) {
            let script = expected
                .filter(|spec| spec.flags.syn)
                .map_or(0, |spec| spec.seq);
            self.isn = Some((script, segment.seq.0));
        }
        let mut listed = options::decode(&segment.options);
        for option in &mut listed {
            self.option_to_script(option, expected);
        }
        // The RST,ACK of a connection that does not exist has the number zero itself (RFC 9293
        // section 3.10.7.1), unless the script counts just this far.
        let counted = self.to_script(segment.seq.0);
        let nowhere = flags.rst && flags.ack && segment.seq.0 == 0;
        let seq = match expected {
            Some(spec) if nowhere && spec.seq != counted => 0,
            None if nowhere => 0,
            _ => counted,
        };
        SegmentSpec {
            ports: None,
            ecn: None,
            flags,
            seq,
            len: u16::try_from(segment.text.len).unwrap_or(u16::MAX),
            ack: flags.ack.then_some(segment.ack.0),
            window: Some(segment.window),
            urgent: (segment.urgent != 0).then_some(segment.urgent),
            options: Some(listed),
        }
    }

    fn option_to_script(&mut self, option: &mut TcpOption, expected: Option<&SegmentSpec>) {
        let TcpOption::Timestamp { value, .. } = option else {
            return;
        };
        if let Some(script) = expected.and_then(timestamp) {
            self.first_stamp.get_or_insert((script, *value));
            self.stamps.insert(script, *value);
        }
        if let Some((script, wire)) = self.first_stamp {
            *value = value.wrapping_sub(wire).wrapping_add(script);
        }
    }
}

/// The timestamp value of a segment in a script.
pub(crate) fn timestamp(spec: &SegmentSpec) -> Option<u32> {
    spec.options
        .iter()
        .flatten()
        .find_map(|option| match option {
            TcpOption::Timestamp { value, .. } => Some(*value),
            _ => None,
        })
}

/// Where a letter of a script is kept.
type Letter = fn(&mut Flags) -> &mut bool;

/// Bits of the header and letters of a script.
const BITS: [(tcp_core::Flags, Letter); 8] = [
    (tcp_core::Flags::SYN, |flags| &mut flags.syn),
    (tcp_core::Flags::ACK, |flags| &mut flags.ack),
    (tcp_core::Flags::FIN, |flags| &mut flags.fin),
    (tcp_core::Flags::RST, |flags| &mut flags.rst),
    (tcp_core::Flags::PSH, |flags| &mut flags.psh),
    (tcp_core::Flags::URG, |flags| &mut flags.urg),
    (tcp_core::Flags::ECE, |flags| &mut flags.ece),
    (tcp_core::Flags::CWR, |flags| &mut flags.cwr),
];

fn flags_to_wire(mut flags: Flags) -> tcp_core::Flags {
    BITS.iter()
        .fold(tcp_core::Flags::NONE, |bits, (bit, field)| {
            if *field(&mut flags) {
                bits | *bit
            } else {
                bits
            }
        })
}

fn flags_to_script(bits: tcp_core::Flags) -> Flags {
    let mut flags = Flags::default();
    for (bit, field) in BITS {
        *field(&mut flags) = bits.contains(bit);
    }
    flags
}
