//! `oldest-drop`: the share of entries of clients that survive eviction of the oldest.
//!
//! In a full queue of N entries that evicts the oldest for each arrival an entry goes with the N-th
//! arrival after its own: it survives its round trip if fewer than N come in it, a Poisson number
//! with mean λ · RTT (the SYN cache of Lemon 2002 with a single bucket). Entries that complete
//! change nothing: each leaves one place to an arrival, and there is one less that is older.

use statrs::distribution::{DiscreteCDF as _, Poisson};
use tcp_core::Handshake;

use super::Prediction;
use super::random_drop::{evicting, surviving};
use super::setting::{Listener, Reason};
use crate::plan::Plan;

/// The listener and the round trip, if the model's assumptions hold under this policy.
pub(super) fn assume(plan: &Plan, policy: Handshake) -> Result<(Listener<'_>, f64), Reason> {
    if policy != Handshake::SynCache {
        return Err(Reason::new(
            "the policy does not evict the oldest entry",
            "该策略不淘汰最旧的条目",
        ));
    }
    let (listener, round_trip) = evicting(plan)?;
    let life = f64::from(listener.limit()) / listener.rate();
    let first_wait = listener.schedule.repeats().next();
    let first_wait = first_wait.unwrap_or(listener.schedule.gives_up);
    // Ten standard deviations of the time that N arrivals take.
    let longest = life * (1.0 + 10.0 / f64::from(listener.limit()).sqrt());
    if longest > first_wait {
        return Err(Reason::new(
            format!(
                "the flood is too slow: an entry lives for about {life:.2} s, and may see the \
                 timeout of its SYN,ACK after {first_wait} s"
            ),
            format!(
                "洪泛太慢：条目约存在 {life:.2} s，可能等到 {first_wait} s 之后其 SYN,ACK 超时"
            ),
        ));
    }
    Ok((listener, round_trip))
}

/// The probability that a Poisson number with this mean is less than `limit`.
fn fewer_than(limit: u32, mean: f64) -> f64 {
    match (Poisson::new(mean), limit) {
        (_, 0) => 0.0,
        (Ok(arrivals), limit) => arrivals.cdf(u64::from(limit) - 1),
        // There is no distribution with mean 0: nothing arrives.
        (Err(_), _) => 1.0,
    }
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let (listener, round_trip) = assume(plan, policy)?;
    let streams = listener.streams.iter();
    let clients: f64 = streams
        .filter(|stream| stream.is_of_clients())
        .map(|stream| stream.rate)
        .sum();
    let value = fewer_than(listener.limit(), listener.rate() * round_trip);
    Ok(vec![surviving(plan, clients, value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_tails_are_those_of_r() {
        // ppois(3, 2), ppois(0, 5), ppois(99, 100).
        for (limit, mean, expected) in [
            (4, 2.0, 0.857_123_5),
            (1, 5.0, 0.006_737_9),
            (100, 100.0, 0.486_701_2),
        ] {
            let found = fewer_than(limit, mean);
            assert!((found - expected).abs() < 1e-6, "{limit} {mean}: {found}");
        }
        assert!(fewer_than(0, 3.0) < 1e-12);
        assert!(fewer_than(3, 0.0) > 1.0 - 1e-12);
    }

    #[test]
    fn survival_is_that_of_the_formula() {
        for (rate, places, expected) in [
            (10_000.0, 1024, 0.772),
            (12_000.0, 1024, 0.0),
            (1_000.0, 128, 0.996),
        ] {
            let found = fewer_than(places, rate * 0.1);
            assert!(
                (found - expected).abs() < 1e-3,
                "{rate}/s, N = {places}: {found}"
            );
        }
    }
}
