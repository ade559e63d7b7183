//! A segment arrives in CLOSED: there is neither connection nor listener (RFC 9293 section
//! 3.10.7.1).

use super::Endpoint;
use crate::config::Unexpected;
use crate::mutant::mutated;
use crate::segment::{Flags, Kind, Packet, Segment, Transmit};
use crate::seq::SeqNum;

impl Endpoint {
    pub(super) fn arrives_in_closed(&mut self, packet: &Packet) {
        let ignores = self.configs[0].client_on_unexpected == Unexpected::Ignore;
        if packet.segment.flags.ack() && ignores {
            return;
        }
        let is_syn_ack = packet.segment.flags.contains(Flags::SYN | Flags::ACK);
        if is_syn_ack && mutated!(self.configs[0], NoResetForSynAck) {
            return;
        }
        self.reset_stray(packet);
    }

    /// The reset for a segment that belongs to nothing: `<SEQ=SEG.ACK><CTL=RST>`, or
    /// `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>` if it has no ACK. None for a RST.
    pub(super) fn reset_stray(&mut self, packet: &Packet) {
        let segment = &packet.segment;
        if segment.flags.rst() {
            return;
        }
        let reset = if segment.flags.ack() {
            Segment {
                seq: segment.ack,
                flags: Flags::RST,
                ..Segment::default()
            }
        } else {
            let flags = Flags::RST | Flags::ACK;
            Segment {
                seq: SeqNum(0),
                ack: segment.end(),
                flags,
                ..Segment::default()
            }
        };
        self.send_stateless(packet, Kind::Rst, reset);
    }

    /// Sends an answer that no entry keeps track of.
    pub(super) fn send_stateless(&mut self, to: &Packet, kind: Kind, segment: Segment) {
        let packet = Packet {
            source: to.target,
            target: to.source,
            tag: to.tag,
            segment,
        };
        self.io.send(Transmit {
            packet,
            kind,
            ordinal: None,
        });
    }
}
