//! The retransmission timeout (RFC 6298), in whole microseconds.

use core::time::Duration;

use crate::config::Config;

/// Smoothed round-trip time and its variation. All zero before the first measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Rtt {
    /// SRTT, microseconds.
    srtt: u32,
    /// RTTVAR, microseconds.
    rttvar: u32,
}

impl Rtt {
    /// Takes a measurement (rules 2.2 and 2.3). The caller leaves out retransmitted segments
    /// (Karn's algorithm, section 3).
    pub(crate) fn measure(&mut self, sample: Duration) {
        let r = u32::try_from(sample.as_micros()).unwrap_or(u32::MAX).max(1);
        if self.srtt == 0 {
            self.srtt = r;
            self.rttvar = r / 2;
        } else {
            // RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R|; SRTT <- 7/8 SRTT + 1/8 R, in this order.
            let deviation = self.srtt.abs_diff(r);
            self.rttvar = self.rttvar - self.rttvar / 4 + deviation / 4;
            self.srtt = (self.srtt - self.srtt / 8 + r / 8).max(1);
        }
    }

    /// RTO <- SRTT + max(G, 4 RTTVAR) (RFC 9293 MUST-18), within the configured bounds; the initial
    /// value before any measurement.
    pub(crate) fn timeout(self, config: &Config) -> Duration {
        if self.srtt == 0 {
            return config.rto_initial;
        }
        let variation = Duration::from_micros(4 * u64::from(self.rttvar)).max(config.rto_slack);
        let rto = Duration::from_micros(u64::from(self.srtt)).saturating_add(variation);
        let rto = rto.max(config.rto_min);
        config.rto_max.map_or(rto, |max| rto.min(max))
    }

    /// The smoothed round-trip time, if there was a measurement.
    pub(crate) fn smoothed(self) -> Option<Duration> {
        (self.srtt > 0).then(|| Duration::from_micros(u64::from(self.srtt)))
    }
}

/// `rto` doubled `times` times (RFC 9293 MUST-19), at most `max` (rule 5.5), never overflowing.
pub(crate) fn backed_off(rto: Duration, times: u32, max: Option<Duration>) -> Duration {
    let factor = 1u32.checked_shl(times).unwrap_or(u32::MAX);
    let waited = rto.saturating_mul(factor);
    max.map_or(waited, |max| waited.min(max))
}

#[cfg(test)]
mod tests {
    use super::{Rtt, backed_off};
    use crate::profile::Profile;
    use core::time::Duration;

    #[test]
    fn the_first_two_samples_follow_the_rules_of_the_rfc() {
        let mut config = Profile::Rfc9293.config();
        config.rto_min = Duration::from_millis(1);
        let mut rtt = Rtt::default();
        assert_eq!(rtt.timeout(&config), Duration::from_secs(1));
        rtt.measure(Duration::from_millis(100));
        // SRTT = R, RTTVAR = R/2, RTO = R + 4 R/2.
        assert_eq!(rtt.timeout(&config), Duration::from_millis(300));
        rtt.measure(Duration::from_millis(200));
        // RTTVAR = 3/4 * 50 + 1/4 * 100 = 62.5; SRTT = 112.5.
        assert_eq!(
            rtt.timeout(&config),
            Duration::from_micros(112_500 + 4 * 62_500)
        );
    }

    #[test]
    fn bounds_hold_and_backoff_saturates() {
        let config = Profile::Rfc9293.config();
        let mut rtt = Rtt::default();
        rtt.measure(Duration::from_micros(3));
        assert_eq!(rtt.timeout(&config), config.rto_min);
        assert_eq!(
            backed_off(Duration::from_secs(1), 7, None),
            Duration::from_secs(128)
        );
        let max = Some(Duration::from_mins(2));
        assert_eq!(
            backed_off(Duration::from_secs(1), 7, max),
            Duration::from_mins(2)
        );
        assert!(backed_off(Duration::from_secs(1), 200, None) > Duration::from_secs(1 << 31));
    }
}
