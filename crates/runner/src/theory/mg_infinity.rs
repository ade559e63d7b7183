//! `mg-infinity`: how many entries a SYN queue holds that turns nothing away.
//!
//! The M/G/∞ queue: after the longest holding time since an empty start the number of entries is
//! Poisson with mean Σ rate · hold, whatever the distribution of the holding time (Takács 1962,
//! chapter 3; for SYN floods Nissanke and Sun 2008).

use tcp_core::Handshake;

use super::erlang_b::blocking;
use super::setting::{Listener, Reason, window};
use super::{Estimator, LEAST_SPREAD, Prediction, Quantity};
use crate::plan::{Class, Metric, Plan, Statistic};

/// A queue that turns away less than this share is as good as endless.
const NEGLIGIBLE: f64 = 1e-6;

/// The listener, if the model's assumptions hold under this policy.
pub(super) fn listener(plan: &Plan, policy: Handshake) -> Result<Listener<'_>, Reason> {
    match policy {
        Handshake::ThreeWay
        | Handshake::CookiesOnOverflow
        | Handshake::SynCache
        | Handshake::RandomDrop => {}
        _ => {
            return Err(Reason::new(
                "the policy does not keep every SYN in a SYN queue",
                "该策略并不把每个 SYN 都保留在 SYN 队列中",
            ));
        }
    }
    let listener = Listener::of(plan)?;
    listener.check_steady(plan)?;
    listener.check_distinct(plan)?;
    let half = listener.host.listen.backlog.max(8) / 2;
    let places = match listener.check_unpruned() {
        Ok(()) => listener.limit(),
        // Below half of the queue nothing is pruned.
        Err(_) => half.min(listener.limit()),
    };
    let lost = blocking(listener.offered(), places);
    if lost > NEGLIGIBLE {
        let (limit, offered) = (listener.limit(), listener.offered());
        return Err(Reason::new(
            format!("a SYN queue of {limit} entries is too short for {offered:.1} on average"),
            format!("容纳 {limit} 个条目的 SYN 队列对平均 {offered:.1} 个来说太短"),
        ));
    }
    let (warmup, _) = window(plan);
    let hold = listener.longest_hold();
    if warmup < hold - 1e-9 {
        return Err(Reason::new(
            format!("run.warmup is {warmup} s, and an entry may be there for {hold} s"),
            format!("run.warmup 为 {warmup} s，而条目可能存在 {hold} s"),
        ));
    }
    Ok(listener)
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let mean = listener(plan, policy)?.offered();
    let metric = |statistic| Metric::Class(Class::Embryonic, statistic);
    let mut all = vec![Prediction::exact(
        Quantity::new("mean number of entries", "条目的平均数"),
        Estimator::Mean(metric(Statistic::Mean)),
        mean,
    )];
    if plan.run.replications >= LEAST_SPREAD {
        let at_the_end = Estimator::Spread {
            metric: metric(Statistic::Final),
            mean,
        };
        let quantity = Quantity::new(
            "variance of the number at the end, by its mean",
            "结束时数目的方差与均值之比",
        );
        all.push(Prediction::exact(quantity, at_the_end, 1.0));
    }
    Ok(all)
}
