//! When a SYN or a SYN,ACK that nobody answers is repeated, and when its sender gives up.
//!
//! Read off the settings alone (RFC 6298 section 5.5: the timeout doubles), so that a model does not
//! take over a mistake of the endpoint.

use tcp_core::{Config, GiveUp};

/// Longest list of repetitions; an interval has doubled sixty times before.
const MOST: usize = 64;

/// The life of a segment that nobody answers, in seconds since it was sent first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule {
    /// When it is sent: at 0 for the first time.
    pub(super) sent: Vec<f64>,
    /// When its sender gives up.
    pub(super) gives_up: f64,
}

impl Schedule {
    /// Of a SYN,ACK, since its SYN came.
    pub(super) fn of_syn_ack(config: &Config) -> Schedule {
        Schedule::of(config, 0, config.give_up_synack)
    }

    /// Of a SYN.
    pub(super) fn of_syn(config: &Config) -> Schedule {
        Schedule::of(config, config.syn_linear_timeouts, config.give_up_syn)
    }

    /// The first `linear` repetitions come without backoff, and on top of those that are counted.
    fn of(config: &Config, linear: u8, give_up: GiveUp) -> Schedule {
        let longest = config
            .rto_max
            .map_or(f64::INFINITY, |max| max.as_secs_f64());
        let (linear, mut wait) = (usize::from(linear), config.rto_initial.as_secs_f64());
        let (mut at, mut sent) = (0.0, Vec::new());
        loop {
            sent.push(at);
            at += wait.min(longest);
            if sent.len() > linear {
                wait *= 2.0;
            }
            let is_last = match give_up {
                GiveUp::Retries(retries) => sent.len() > linear + usize::from(retries),
                GiveUp::After(limit) => at >= limit.as_secs_f64(),
            };
            if is_last || sent.len() == MOST {
                break;
            }
        }
        let gives_up = match give_up {
            GiveUp::Retries(_) => at,
            GiveUp::After(limit) => limit.as_secs_f64(),
        };
        Schedule { sent, gives_up }
    }

    /// When the SYN,ACK is repeated.
    pub(super) fn repeats(&self) -> impl Iterator<Item = f64> {
        self.sent.iter().copied().skip(1)
    }
}

#[cfg(test)]
mod tests {
    use tcp_core::Profile;

    use super::*;

    /// Equal, as sums of whole seconds are.
    fn is(found: f64, expected: f64) -> bool {
        found.to_bits() == expected.to_bits()
    }

    #[test]
    fn the_profiles_have_their_known_schedules() {
        // Linux, ip-sysctl.rst: the last repetition after 31 s, the end after 63 s.
        let linux = Schedule::of_syn_ack(&Profile::Linux6.config());
        assert_eq!(linux.sent, [0.0, 1.0, 3.0, 7.0, 15.0, 31.0]);
        assert!(is(linux.gives_up, 63.0));
        // RFC 9293 section 3.8.3: R2 of a SYN is at least three minutes.
        let rfc = Schedule::of_syn_ack(&Profile::Rfc9293.config());
        assert_eq!(rfc.sent, [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 127.0]);
        assert!(is(rfc.gives_up, 180.0));
        assert_eq!(rfc.repeats().next(), Some(1.0));
    }

    #[test]
    fn linux_repeats_its_syn_without_backoff_at_first() {
        // Linux, ip-sysctl.rst: tcp_syn_retries 6 and tcp_syn_linear_timeouts 4.
        let linux = Schedule::of_syn(&Profile::Linux6.config());
        let times = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0, 35.0, 67.0];
        assert_eq!(linux.sent, times);
        assert!(is(linux.gives_up, 131.0));
    }

    #[test]
    fn a_longest_timeout_is_kept() {
        let mut config = Profile::Linux6.config();
        config.rto_max = Some(std::time::Duration::from_secs(4));
        let schedule = Schedule::of_syn_ack(&config);
        assert_eq!(schedule.sent, [0.0, 1.0, 3.0, 7.0, 11.0, 15.0]);
        assert!(is(schedule.gives_up, 19.0));
    }
}
