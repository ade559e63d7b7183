//! Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4).
//!
//! [`SeqNum`] refuses `Ord` on purpose. "Before" is not transitive on a circle, so a sorted
//! collection of sequence numbers would be a bug that compiles.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// A sequence number. Advance it with `seq + octets`; compare with the methods below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNum(pub u32);

impl SeqNum {
    /// `self < other` on the circle: `other` lies 1 to 2^31 - 1 ahead.
    pub const fn is_before(self, other: SeqNum) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() < 0
    }

    /// `self > other` on the circle.
    pub const fn is_after(self, other: SeqNum) -> bool {
        other.is_before(self)
    }

    /// `self <= other` on the circle.
    pub const fn is_at_or_before(self, other: SeqNum) -> bool {
        !other.is_before(self)
    }

    /// `self >= other` on the circle.
    pub const fn is_at_or_after(self, other: SeqNum) -> bool {
        !self.is_before(other)
    }

    /// `start <= self < start + length`.
    pub const fn is_within(self, start: SeqNum, length: u32) -> bool {
        self.0.wrapping_sub(start.0) < length
    }

    /// Octets from `earlier` forward to `self`, modulo 2^32.
    pub const fn distance_from(self, earlier: SeqNum) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// The later of two numbers that lie within 2^31 of each other.
    #[must_use]
    pub const fn later(self, other: SeqNum) -> SeqNum {
        if self.is_before(other) { other } else { self }
    }
}

impl Add<u32> for SeqNum {
    type Output = SeqNum;

    fn add(self, octets: u32) -> SeqNum {
        SeqNum(self.0.wrapping_add(octets))
    }
}

impl AddAssign<u32> for SeqNum {
    fn add_assign(&mut self, octets: u32) {
        *self = *self + octets;
    }
}

impl Sub<u32> for SeqNum {
    type Output = SeqNum;

    fn sub(self, octets: u32) -> SeqNum {
        SeqNum(self.0.wrapping_sub(octets))
    }
}

impl fmt::Display for SeqNum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::SeqNum;

    #[test]
    fn order_wraps_at_the_end_of_the_space() {
        let last = SeqNum(u32::MAX);
        assert!(last.is_before(last + 1));
        assert!((last + 1).is_after(last));
        assert!(last.is_at_or_before(last) && last.is_at_or_after(last));
        assert_eq!((last + 5).distance_from(last), 5);
        assert_eq!(last.later(SeqNum(3)), SeqNum(3));
    }

    #[test]
    fn a_window_may_straddle_zero() {
        let start = SeqNum(u32::MAX - 1);
        assert!(start.is_within(start, 4));
        assert!(SeqNum(1).is_within(start, 4));
        assert!(!SeqNum(2).is_within(start, 4));
        assert!(!start.is_within(start, 0));
    }
}
