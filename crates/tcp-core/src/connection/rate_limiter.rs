//! How many ACKs a connection sends for segments that it cannot accept (RFC 5961 section 7).

use crate::config::Config;
use crate::time::Instant;

/// So many ACKs for unacceptable segments in so much time (RFC 5961 section 7), in four octets: the
/// start of the current interval in milliseconds, rounded up, above the number of ACKs sent in it;
/// zero is "none yet". The milliseconds go round in 74 hours, after which such ACKs may be kept
/// back needlessly for one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RateLimiter(u32);

impl RateLimiter {
    const COUNT: u32 = 0x0f;
    const CLOCK: u32 = u32::MAX >> 4;

    /// The four octets.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// Whether another ACK may be sent now; if so, notes that it is.
    pub(crate) fn admit(&mut self, now: Instant, config: &Config) -> bool {
        let Some(interval) = config.ack_rate_limit else {
            return true;
        };
        let millis = |at: u64| (at & u64::from(RateLimiter::CLOCK)) as u32;
        let (start, count) = (self.0 >> 4, self.0 & RateLimiter::COUNT);
        let passed = millis(now.as_nanos() / 1_000_000).wrapping_sub(start) & RateLimiter::CLOCK;
        // Rounding up can put the start a millisecond into the future.
        let is_over = u128::from(passed) >= interval.as_millis() && passed != RateLimiter::CLOCK;
        if count == 0 || is_over {
            self.0 = millis(now.as_nanos().div_ceil(1_000_000)) << 4 | 1;
        } else if count < u32::from(config.ack_burst) {
            self.0 += 1;
        } else {
            return false;
        }
        true
    }
}
