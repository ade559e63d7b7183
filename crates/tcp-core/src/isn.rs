//! Initial sequence numbers (RFC 6528), as a pure function.

use core::net::IpAddr;

use siphasher::sip::SipHasher24;

use crate::segment::Flow;
use crate::seq::SeqNum;
use crate::time::Instant;

/// The secret key of an endpoint: of its initial sequence numbers, its cookies and its look-up
/// table. Give each host its own, from the seed of the experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Secret(pub [u8; 16]);

/// `ISN = M + F(localip, localport, remoteip, remoteport, secretkey)`, RFC 6528 section 3 (RFC 9293
/// SHLD-1).
///
/// M is a clock of 4 microseconds (MUST-8), so the numbers of one four-tuple go once around the
/// space in 2^32 * 4 us = 4 h 46 min; F is SipHash-2-4 under the endpoint's key, without which
/// nobody can compute it (MUST-9). If `bits` is below 32, the number is drawn from `2^bits` values
/// instead, anew every 4 microseconds: that is not a TCP that anyone should use, but the one that
/// shows what a small space costs.
pub fn initial_sequence_number(secret: Secret, flow: Flow, now: Instant, bits: u8) -> SeqNum {
    let clock = now.as_nanos() / 4_000;
    if bits < 32 {
        let draw = keyed_hash(secret, flow, &clock.to_be_bytes());
        return SeqNum(draw as u32 & ((1 << bits) - 1));
    }
    SeqNum((clock as u32).wrapping_add(keyed_hash(secret, flow, b"isn") as u32))
}

/// SipHash-2-4 over a four-tuple and `purpose`, keyed by the endpoint's secret.
pub(crate) fn keyed_hash<const N: usize>(secret: Secret, flow: Flow, purpose: &[u8; N]) -> u64 {
    const { assert!(2 * (16 + 2) + N <= LONGEST, "two ends and a purpose fit") }
    // In one piece, because each piece costs the hasher about as much as the whole.
    let mut message = [0; LONGEST];
    let mut len = 0;
    let mut add = |octets: &[u8]| {
        message[len..len + octets.len()].copy_from_slice(octets);
        len += octets.len();
    };
    for end in [flow.local, flow.remote] {
        match end.ip() {
            IpAddr::V4(ip) => add(&ip.octets()),
            IpAddr::V6(ip) => add(&ip.octets()),
        }
        add(&end.port().to_be_bytes());
    }
    add(purpose);
    SipHasher24::new_with_key(&secret.0).hash(&message[..len])
}

/// Most octets that are hashed at once.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::{Secret, initial_sequence_number};
    use crate::segment::Flow;
    use crate::seq::SeqNum;
    use crate::time::Instant;

    const SECRET: Secret = Secret(*b"sixteen octets!!");

    fn flow(port: u16) -> Flow {
        Flow {
            local: ([10, 0, 0, 1], port).into(),
            remote: ([10, 0, 0, 2], 80).into(),
        }
    }

    /// MUST-8.
    #[test]
    fn the_clock_ticks_every_four_microseconds() {
        let at = |nanos| initial_sequence_number(SECRET, flow(1), Instant::from_nanos(nanos), 32);
        assert_eq!(at(3_999), at(0));
        assert_eq!(at(4_000), at(0) + 1);
        // Once around: 2^32 * 4 us = 17179.869184 s.
        assert_eq!(at(17_179_869_184_000), at(0));
    }

    #[test]
    fn known_answer() {
        // Pins the function: a change of it would move every recorded sequence number.
        let isn = initial_sequence_number(SECRET, flow(5555), Instant::from_secs(1), 32);
        assert_eq!(isn, SeqNum(KNOWN));
        assert_ne!(
            isn,
            initial_sequence_number(SECRET, flow(5556), Instant::from_secs(1), 32)
        );
    }

    /// Computed with a SipHash-2-4 written from its paper.
    const KNOWN: u32 = 169_282_439;

    #[test]
    fn narrow_spaces_stay_narrow() {
        for tick in 0..1000 {
            let now = Instant::from_nanos(tick * 4_000);
            assert!(initial_sequence_number(SECRET, flow(1), now, 4).0 < 16);
        }
    }
}
