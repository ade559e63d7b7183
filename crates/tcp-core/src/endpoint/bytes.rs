//! A segment arrives as octets: what corruption has left of it decides whether it is one.

use core::net::IpAddr;

use super::Endpoint;
use crate::segment::Tag;
use crate::time::Instant;
use crate::wire::{self, DecodeError};

impl Endpoint {
    /// [`on_packet`](Endpoint::on_packet) for the header and text that a datagram from `source`
    /// to `target` brought. Octets that are not a segment are counted and discarded, as RFC 9293
    /// section 3.1 asks for a wrong checksum (MUST-3).
    pub fn on_bytes(
        &mut self,
        now: Instant,
        source: IpAddr,
        target: IpAddr,
        tag: Tag,
        bytes: &[u8],
    ) {
        match wire::decode(source, target, tag, bytes) {
            Ok((packet, _)) => self.on_packet(now, &packet),
            Err(error) => {
                let counters = &mut self.io.counters;
                counters.InSegs += 1;
                counters.InErrs += 1;
                counters.InCsumErrors +=
                    u64::from(matches!(error, DecodeError::BadChecksum { .. }));
            }
        }
    }
}
