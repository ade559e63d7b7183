//! SYN cookies and Fast Open cookies, as pure functions.
//!
//! A SYN cookie is an ISS that proves, when it comes back acknowledged, that this end sent it a
//! short while ago to this very four-tuple. It has the layout that Bernstein proposed and Linux
//! uses: eight bits of time and twenty-four of a keyed hash with the MSS folded in.

use core::net::IpAddr;
use core::time::Duration;

use crate::isn::{Secret, keyed_hash};
use crate::segment::Flow;
use crate::seq::SeqNum;
use crate::time::Instant;

/// How long a cookie is issued before the clock ticks.
pub const SLOT: Duration = Duration::from_mins(1);

/// A cookie is good in the slot in which it was issued and in so many after it. Counted from its
/// issue it is good for 60 to 120 s, by where in its slot it was issued.
pub const MAX_AGE: u32 = 1;

/// The MSS values that a cookie can remember, octets (Linux's table for IPv4).
const MSS: [u16; 4] = [536, 1300, 1440, 1460];

/// The ISS for a SYN from `flow.remote` with initial sequence number `irs` and this MSS.
pub fn encode(secret: Secret, flow: Flow, irs: SeqNum, mss: u16, now: Instant) -> SeqNum {
    let index = MSS.iter().rposition(|&known| known <= mss).unwrap_or(0) as u32;
    let slot = slot(now);
    base(secret, flow, irs)
        + (slot << 24)
        + (mark(secret, flow, irs, slot).wrapping_add(index) & LOW)
}

/// The MSS that `cookie` remembers, if it was issued to this four-tuple and `irs` and is not too
/// old.
pub fn verify(
    secret: Secret,
    flow: Flow,
    irs: SeqNum,
    cookie: SeqNum,
    now: Instant,
) -> Option<u16> {
    let rest = cookie.distance_from(base(secret, flow, irs));
    let age = slot(now).wrapping_sub(rest >> 24) & 0xff;
    if age > MAX_AGE {
        return None;
    }
    let issued = slot(now).wrapping_sub(age);
    let index = rest.wrapping_sub(mark(secret, flow, irs, issued)) & LOW;
    MSS.get(index as usize).copied()
}

/// The Fast Open cookie of a client: a MAC over its address (RFC 7413 section 4.1.2).
pub fn fast_open(secret: Secret, client: IpAddr) -> [u8; 8] {
    let flow = Flow {
        local: (client, 0).into(),
        remote: (client, 0).into(),
    };
    keyed_hash(secret, flow, b"fast open").to_be_bytes()
}

const LOW: u32 = 0x00ff_ffff;

fn slot(now: Instant) -> u32 {
    (now.as_nanos() / SLOT.as_nanos() as u64) as u32
}

fn base(secret: Secret, flow: Flow, irs: SeqNum) -> SeqNum {
    irs + keyed_hash(secret, flow, b"cookie") as u32
}

fn mark(secret: Secret, flow: Flow, irs: SeqNum, slot: u32) -> u32 {
    let mut purpose = [0; 8];
    purpose[..4].copy_from_slice(&slot.to_be_bytes());
    purpose[4..].copy_from_slice(&irs.0.to_be_bytes());
    keyed_hash(secret, flow, &purpose) as u32
}

#[cfg(test)]
mod tests {
    use super::{encode, verify};
    use crate::isn::Secret;
    use crate::segment::Flow;
    use crate::seq::SeqNum;
    use crate::time::Instant;

    const SECRET: Secret = Secret([9; 16]);
    const IRS: SeqNum = SeqNum(0xffff_fff0);

    fn flow() -> Flow {
        Flow {
            local: ([10, 0, 0, 1], 80).into(),
            remote: ([10, 0, 0, 2], 5555).into(),
        }
    }

    #[test]
    fn a_cookie_lives_to_the_end_of_the_next_minute() {
        let at = |secs| encode(SECRET, flow(), IRS, 1460, Instant::from_secs(secs));
        let good = |cookie, secs| {
            verify(SECRET, flow(), IRS, cookie, Instant::from_secs(secs)) == Some(1460)
        };
        // Issued at the start of a slot: 120 s. Issued at its end: 61 s.
        assert!(good(at(60), 60) && good(at(60), 179) && !good(at(60), 180));
        assert!(good(at(119), 179) && !good(at(119), 180));
        assert!(!good(at(120), 119), "a cookie of the future");
        assert!(
            good(at(60 * 256), 60 * 256 + 1),
            "the eight bits of time go round"
        );
    }

    #[test]
    fn a_cookie_is_good_for_its_four_tuple_and_isn_only() {
        let now = Instant::from_secs(1);
        let cookie = encode(SECRET, flow(), IRS, 1460, now);
        let other = Flow {
            remote: ([10, 0, 0, 2], 5556).into(),
            ..flow()
        };
        assert_eq!(verify(SECRET, other, IRS, cookie, now), None);
        assert_eq!(verify(SECRET, flow(), IRS + 1, cookie, now), None);
        assert_eq!(verify(SECRET, flow(), IRS, cookie + 4, now), None);
        assert_eq!(verify(Secret([8; 16]), flow(), IRS, cookie, now), None);
    }

    #[test]
    fn the_mss_is_rounded_down_to_one_of_four() {
        let now = Instant::from_secs(1);
        for (mss, kept) in [
            (100, 536),
            (536, 536),
            (1299, 536),
            (1459, 1440),
            (9000, 1460),
        ] {
            let cookie = encode(SECRET, flow(), IRS, mss, now);
            assert_eq!(verify(SECRET, flow(), IRS, cookie, now), Some(kept));
        }
    }
}
