//! Virtual time: nanoseconds since the start of the run, and nothing that reads a clock.

use std::fmt;
use std::time::Duration;

/// A moment of virtual time, in nanoseconds since the start of the run.
///
/// A `u64` holds 584 years. Arithmetic never wraps: sums saturate at [`Instant::MAX`], which stands
/// for "after every run", so that a frame whose arrival lies beyond the representable range simply
/// stays in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The start of the run.
    pub const ZERO: Instant = Instant(0);
    /// The end of time (584 years), which no run reaches.
    pub const MAX: Instant = Instant(u64::MAX);

    /// The moment `nanos` nanoseconds after the start of the run.
    pub const fn from_nanos(nanos: u64) -> Instant {
        Instant(nanos)
    }

    /// Nanoseconds since the start of the run.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// `self + span`, or `None` beyond [`Instant::MAX`].
    pub fn checked_add(self, span: Duration) -> Option<Instant> {
        let nanos = u64::try_from(span.as_nanos()).ok()?;
        self.0.checked_add(nanos).map(Instant)
    }

    /// `self + span`, at most [`Instant::MAX`].
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Instant {
        self.checked_add(span).unwrap_or(Instant::MAX)
    }

    /// `self + nanos` nanoseconds, at most [`Instant::MAX`].
    #[must_use]
    pub const fn saturating_add_nanos(self, nanos: u64) -> Instant {
        Instant(self.0.saturating_add(nanos))
    }

    /// The span from `earlier` to `self`; zero if `earlier` is later.
    pub const fn saturating_duration_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Seconds with nine decimals, as in `1.500000000s`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}s",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

/// A span in whole nanoseconds, at most `u64::MAX` of them.
pub(crate) fn span_nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// A half-open window of virtual time, `from <= t < until`; without `until` it never closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First moment inside.
    pub from: Instant,
    /// First moment outside again.
    pub until: Option<Instant>,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Window = Window {
        from: Instant::ZERO,
        until: None,
    };

    /// Whether `now` lies inside.
    pub fn contains(self, now: Instant) -> bool {
        self.from <= now && !self.is_over(now)
    }

    /// Whether the window has closed by `now`.
    pub fn is_over(self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether the window holds no moment at all.
    pub fn is_empty(self) -> bool {
        self.until.is_some_and(|until| until <= self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_instead_of_wrapping() {
        let late = Instant::from_nanos(u64::MAX - 1);
        assert_eq!(late.checked_add(Duration::from_nanos(2)), None);
        assert_eq!(late.saturating_add(Duration::MAX), Instant::MAX);
        assert_eq!(late.saturating_add_nanos(1), Instant::MAX);
        assert_eq!(
            Instant::ZERO.saturating_duration_since(late),
            Duration::ZERO
        );
        assert_eq!(
            Instant::from_nanos(1_500_000_000).to_string(),
            "1.500000000s"
        );
    }

    #[test]
    fn windows_are_half_open() {
        let window = Window {
            from: Instant::from_nanos(10),
            until: Some(Instant::from_nanos(20)),
        };
        assert!(!window.contains(Instant::from_nanos(9)));
        assert!(window.contains(Instant::from_nanos(10)));
        assert!(!window.contains(Instant::from_nanos(20)));
        assert!(Window::ALWAYS.contains(Instant::MAX));
    }
}
