//! `erlang-b`: the share of first SYNs that a full SYN queue turns away.
//!
//! A queue of N places that turns away what finds it full, Poisson arrivals, and holding times that
//! do not depend on the queue: the M/G/N/N loss system (Erlang 1917; insensitive to the distribution
//! of the holding time, Sevastyanov 1957). Its blocking B(A, N) depends on the offered load A alone,
//! so that two classes, of clients that hold an entry for a round trip and of an attack that holds
//! it to the end, have one B with A = Σ rate · hold. By PASTA (Wolff 1982) every class meets the
//! same blocking, which is why only first SYNs are compared: repeated ones are no Poisson stream.

use std::iter;

use tcp_core::Handshake;

use super::schedule::Schedule;
use super::setting::{Listener, Reason, window};
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Counter, Metric, Plan};

/// Holding times that a run must be past: a queue that starts empty fills and empties in step with
/// a constant holding time for a while.
const SETTLES: f64 = 3.0;

/// Blocking probability of N places under an offered load, by Erlang's recursion
/// B(0) = 1, 1/B(n) = 1 + n / (A · B(n − 1)); 0 without load.
pub(super) fn blocking(offered: f64, places: u32) -> f64 {
    if offered <= 0.0 {
        return 0.0;
    }
    let inverse = (1..=places).fold(1.0, |inverse, n| 1.0 + f64::from(n) / offered * inverse);
    1.0 / inverse
}

/// The listener, if the model's assumptions hold under this policy.
pub(super) fn listener(plan: &Plan, policy: Handshake) -> Result<Listener<'_>, Reason> {
    if policy != Handshake::ThreeWay {
        return Err(Reason::new(
            "the policy does not simply turn away what finds the SYN queue full",
            "该策略并非简单地拒绝遇到 SYN 队列已满的报文段",
        ));
    }
    let listener = Listener::of(plan)?;
    listener.check_steady(plan)?;
    listener.check_unpruned()?;
    listener.check_distinct(plan)?;
    check_whole_periods(plan, listener.longest_hold())?;
    Ok(listener)
}

/// Measuring begins when the queue has settled, and lasts for whole holding times.
pub(super) fn check_whole_periods(plan: &Plan, hold: f64) -> Result<(), Reason> {
    let (warmup, length) = window(plan);
    if warmup < SETTLES * hold - 1e-9 {
        return Err(Reason::new(
            format!(
                "run.warmup is {warmup} s: from an empty start the queue swings with its holding \
                 time of {hold} s, of which three must pass"
            ),
            format!(
                "run.warmup 为 {warmup} s：队列从空开始，以保持时间 {hold} s 为周期振荡，须经过三个周期"
            ),
        ));
    }
    let periods = length / hold;
    if (periods - periods.round()).abs() > 0.01 || periods < 0.99 {
        return Err(Reason::new(
            format!(
                "the {length} s after run.warmup are not a whole multiple of the holding time of \
                 {hold} s"
            ),
            format!("run.warmup 之后的 {length} s 不是保持时间 {hold} s 的整数倍"),
        ));
    }
    Ok(())
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let listener = listener(plan, policy)?;
    let value = blocking(listener.offered(), listener.limit());
    let repeated = repeated_load(plan, &listener, value);
    let with_repeats = blocking(listener.offered() + repeated, listener.limit());
    let (_, length) = window(plan);
    let of = |is_of_clients: bool, metric, quantity| {
        let mut streams = listener.streams.iter();
        let rate: f64 = streams
            .by_ref()
            .filter(|stream| stream.is_of_clients() == is_of_clients)
            .map(|stream| stream.rate)
            .sum();
        (rate > 0.0).then(|| Prediction {
            margin: with_repeats - value,
            trials: Some(rate * length),
            // A full queue turns one arrival after the other away.
            cluster: rate * listener.longest_hold(),
            ..Prediction::exact(quantity, Estimator::Mean(metric), value)
        })
    };
    let both = [
        of(
            true,
            Metric::Counter(Counter::BacklogDropLegit),
            Quantity::new(
                "first SYNs of clients turned away",
                "被拒绝的客户端首个 SYN 的比例",
            ),
        ),
        of(
            false,
            Metric::Counter(Counter::BacklogDropAttack),
            Quantity::new("SYNs of the flood turned away", "被拒绝的洪泛 SYN 的比例"),
        ),
    ];
    Ok(both.into_iter().flatten().collect())
}

/// What repeated SYNs of clients add to the offered load at most: as much as if each were a new
/// arrival.
fn repeated_load(plan: &Plan, listener: &Listener<'_>, blocking: f64) -> f64 {
    let clients = listener.streams.iter();
    let each = clients
        .filter(|stream| stream.is_of_clients())
        .map(|stream| {
            let syn = Schedule::of_syn(&plan.host(stream.load.from).config);
            let repeats: f64 = powers(blocking).take(syn.repeats().count()).sum();
            stream.rate * stream.round_trip.unwrap_or(0.0) * repeats
        });
    each.sum()
}

/// x, x², x³, ...
fn powers(x: f64) -> impl Iterator<Item = f64> {
    iter::successors(Some(x), move |power| Some(power * x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 5e-5
    }

    #[test]
    fn blocking_is_that_of_the_tables() {
        // Any Erlang B table: 10 erlang on 10 lines, 5 on 10, 100 on 120.
        for (offered, places, expected) in [
            (10.0, 10, 0.2146),
            (5.0, 10, 0.0184),
            (100.0, 120, 0.0057),
            (1.0, 1, 0.5),
        ] {
            let found = blocking(offered, places);
            assert!(is_near(found, expected), "{offered} {places}: {found}");
        }
        assert!(is_near(blocking(0.0, 3), 0.0));
        assert!(is_near(blocking(7.0, 0), 1.0));
    }

    #[test]
    fn floods_of_linux_and_bsd_queues() {
        // T = 63 s (Linux), 75 s (4.4BSD); summed term by term with 60 digits elsewhere.
        for (rate, hold, places, expected) in [
            (1.0, 63.0, 128, 0.0),
            (2.0, 63.0, 128, 0.0584),
            (2.5, 63.0, 128, 0.2089),
            (10.0, 63.0, 128, 0.7972),
            (0.1, 75.0, 8, 0.2075),
            (1.0, 75.0, 8, 0.8949),
            (16.0, 63.0, 1024, 0.0157),
            (20.0, 63.0, 1024, 0.1906),
            (100.0, 63.0, 1024, 0.8375),
        ] {
            let found = blocking(rate * hold, places);
            assert!(is_near(found, expected), "{rate}/s, N = {places}: {found}");
        }
    }

    #[test]
    fn clients_that_hold_for_a_round_trip_change_little() {
        for (rate, expected) in [(1.0, 0.0), (2.0, 0.0606), (2.5, 0.2112), (10.0, 0.7974)] {
            let found = blocking(rate * 63.0 + 5.0 * 0.1, 128);
            assert!(is_near(found, expected), "{rate}/s: {found}");
        }
    }
}
