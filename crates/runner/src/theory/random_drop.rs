//! `random-drop`: the share of entries of clients that survive random eviction.
//!
//! A full queue of N entries in which each arrival evicts one of the N at random: an entry survives
//! k arrivals with (1 − 1/N)^k, so a round trip with exp(−λ · RTT / N) (Ricciulli, Lincoln and
//! Kakkar 1999). λ counts the arrivals that find the queue full: those that take the place of an
//! entry whose ACK came evict nobody.

use tcp_core::Handshake;

use super::setting::{Listener, Reason, window};
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Class, Exit, Metric, Plan};

/// The share of entries that may reach their first timeout without disturbing the rule.
const NEGLIGIBLE: f64 = 1e-3;

/// Steps of the iteration, which contracts: each comes nearer by more than the share of clients
/// among the arrivals.
const STEPS: u32 = 100;

/// The listener and the round trip of its clients, if the assumptions of eviction hold.
pub(super) fn evicting(plan: &Plan) -> Result<(Listener<'_>, f64), Reason> {
    let listener = Listener::of(plan)?;
    listener.check_steady(plan)?;
    let mut trips = listener
        .streams
        .iter()
        .filter(|stream| stream.is_of_clients())
        .filter_map(|stream| stream.round_trip);
    let nobody = || Reason::new("no load opens connections", "没有负载建立连接");
    let round_trip = trips.next().ok_or_else(nobody)?;
    if trips.any(|other| other.to_bits() != round_trip.to_bits()) {
        return Err(Reason::new(
            "the clients have several round-trip times",
            "各客户端的往返时间不同",
        ));
    }
    if listener
        .streams
        .iter()
        .any(|stream| !stream.is_of_clients() && stream.round_trip.is_some())
    {
        return Err(Reason::new("sources of the flood answer", "洪泛的源会应答"));
    }
    let full_after = f64::from(listener.limit()) / listener.rate();
    let (warmup, _) = window(plan);
    if warmup < 2.0 * full_after {
        return Err(Reason::new(
            format!(
                "run.warmup is {warmup} s, and the SYN queue is full only after about \
                 {full_after:.2} s"
            ),
            format!("run.warmup 为 {warmup} s，而 SYN 队列约 {full_after:.2} s 之后才满"),
        ));
    }
    Ok((listener, round_trip))
}

/// The listener and the round trip, if the model's assumptions hold under this policy.
pub(super) fn assume(plan: &Plan, policy: Handshake) -> Result<(Listener<'_>, f64), Reason> {
    if policy != Handshake::RandomDrop {
        return Err(Reason::new(
            "the policy does not evict entries at random",
            "该策略不随机淘汰条目",
        ));
    }
    let (listener, round_trip) = evicting(plan)?;
    let life = f64::from(listener.limit()) / listener.rate();
    let first_wait = listener.schedule.repeats().next();
    let first_wait = first_wait.unwrap_or(listener.schedule.gives_up);
    if libm::exp(-first_wait / life) > NEGLIGIBLE {
        return Err(Reason::new(
            format!(
                "the flood is too slow: an entry lives for {life:.2} s on average, and may see the \
                 timeout of its SYN,ACK after {first_wait} s"
            ),
            format!(
                "洪泛太慢：条目平均存在 {life:.2} s，可能等到 {first_wait} s 之后其 SYN,ACK 超时"
            ),
        ));
    }
    Ok((listener, round_trip))
}

/// The share of clients' entries that survive, with `attack` and `clients` arrivals per second.
fn survival(attack: f64, clients: f64, round_trip: f64, places: u32) -> f64 {
    (0..STEPS).fold(1.0, |survives, _| {
        let evicting = attack + clients * (1.0 - survives);
        libm::exp(-evicting * round_trip / f64::from(places))
    })
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let (listener, round_trip) = assume(plan, policy)?;
    let streams = || listener.streams.iter();
    let clients: f64 = streams()
        .filter(|stream| stream.is_of_clients())
        .map(|stream| stream.rate)
        .sum();
    let attack = listener.rate() - clients;
    let value = survival(attack, clients, round_trip, listener.limit());
    Ok(vec![surviving(plan, clients, value)])
}

/// The prediction about clients' entries, with `clients` arrivals per second.
pub(super) fn surviving(plan: &Plan, clients: f64, value: f64) -> Prediction {
    let answered = Metric::Reaped(Class::EmbryonicClientOpen, Exit::Ack);
    let evicted = [Class::EmbryonicOpening, Class::EmbryonicClientOpen]
        .map(|class| Metric::Reaped(class, Exit::Evicted));
    let all = [answered, evicted[0], evicted[1]].map(|metric| (1, metric));
    let (_, length) = window(plan);
    Prediction {
        trials: Some(clients * length),
        ..Prediction::exact(
            Quantity::new(
                "entries of clients that live to see the ACK",
                "等到 ACK 的客户端条目的比例",
            ),
            Estimator::Ratio {
                of: vec![(1, answered)],
                per: all.to_vec(),
            },
            value,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survival_is_that_of_the_formula() {
        for (rate, places, expected) in [(10_000.0, 1024, 0.3766), (1_000.0, 128, 0.4578)] {
            let found = survival(rate, 0.0, 0.1, places);
            assert!((found - expected).abs() < 5e-5, "{found}");
        }
    }

    #[test]
    fn entries_that_complete_make_room() {
        let alone = survival(1_000.0, 0.0, 0.1, 128);
        let found = survival(900.0, 100.0, 0.1, 128);
        assert!(found > alone && found < survival(900.0, 0.0, 0.1, 128));
        // It is a fixed point.
        let evicting = 900.0 + 100.0 * (1.0 - found);
        assert!((found - libm::exp(-evicting * 0.1 / 128.0)).abs() < 1e-12);
    }
}
