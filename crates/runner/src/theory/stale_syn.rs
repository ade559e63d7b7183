//! `stale-syn`: what an old SYN costs a server whose client is closed and answers with RST.
//!
//! Each SYN,ACK and each RST is lost by itself, so an attempt ends the entry with probability
//! s = (1 − p)(1 − q). With the SYN,ACKs sent at t₀ … tₙ and the entry given up at T, three-way
//! holds it for E\[H\] = Σ s(1 − s)ⁱ(tᵢ + RTT) + (1 − s)ⁿ⁺¹ T on average. A two-way server sends one
//! SYN,ACK and has nothing that would end the connection: with probability 1 − s it stays for ever.

use std::iter;

use tcp_core::{Handshake, Unexpected};

use super::schedule::Schedule;
use super::setting::{self, Reason};
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Class, Counter, Exit, Host, Load, Metric, Opening, Plan, Responds, Statistic};

/// A population of stale SYNs.
pub(super) struct Setting {
    schedule: Schedule,
    /// The probability that one SYN,ACK ends an entry.
    success: f64,
    round_trip: f64,
    /// SYNs that come to the server in one run.
    arrivals: f64,
}

/// The population, if the model's assumptions hold under this policy.
pub(super) fn assume(plan: &Plan, policy: Handshake) -> Result<Setting, Reason> {
    if !matches!(policy, Handshake::ThreeWay | Handshake::TwoWay) {
        return Err(Reason::new(
            "the formula is that of three-way and two-way",
            "该公式只适用于 three-way 和 two-way",
        ));
    }
    let host = setting::only_target(plan)?;
    let [load] = plan.loads.as_slice() else {
        return Err(setting::several_loads());
    };
    if load.opening != Opening::Flood(Responds::Rst) {
        let name = &load.name;
        return Err(Reason::new(
            format!("load `{name}` is no flood of SYNs whose sources answer with RST"),
            format!("负载 `{name}` 不是源以 RST 应答的 SYN 洪泛"),
        ));
    }
    if plan.host(load.from).config.client_on_unexpected != Unexpected::Reset {
        let host = &plan.host(load.from).name;
        return Err(Reason::new(
            format!("host `{host}` does not reset what it did not open"),
            format!("主机 `{host}` 不复位并非由它建立的连接"),
        ));
    }
    let rate = setting::poisson_rate(load)?;
    let (there, lost_there) = setting::independent_loss(plan, load.from, load.to.host)?;
    let (back, lost_back) = setting::independent_loss(plan, load.to.host, load.from)?;
    let setting = Setting {
        schedule: Schedule::of_syn_ack(&host.config),
        success: (1.0 - lost_there) * (1.0 - lost_back),
        round_trip: there + back,
        arrivals: rate * load.stop.saturating_sub(load.start).as_secs_f64() * (1.0 - lost_there),
    };
    check_ends(plan, load, &setting)?;
    let sent = rate * load.stop.saturating_sub(load.start).as_secs_f64();
    let clients = f64::from(load.clients);
    setting::check_ports(plan, load, sent + 6.0 * (sent * clients).sqrt())?;
    if policy == Handshake::ThreeWay {
        check_room(host, rate * setting.hold())?;
    }
    Ok(setting)
}

/// Every entry ends before the run does, and all are counted.
fn check_ends(plan: &Plan, load: &Load, setting: &Setting) -> Result<(), Reason> {
    if !plan.run.warmup.time().is_zero() {
        return Err(Reason::new(
            "run.warmup leaves a part of the entries out",
            "run.warmup 去掉了一部分条目",
        ));
    }
    let end = load.stop.as_secs_f64() + setting.schedule.gives_up + setting.round_trip;
    if end > plan.run.until.as_secs_f64() {
        let (name, before) = (&load.name, setting.schedule.gives_up + setting.round_trip);
        return Err(Reason::new(
            format!("entries outlive the run: load `{name}` must stop {before} s before its end"),
            format!("有条目比运行更长久：负载 `{name}` 须在运行结束前 {before} s 停止"),
        ));
    }
    Ok(())
}

/// The SYN queue is so long that nothing is turned away or given up early.
fn check_room(host: &Host, entries: f64) -> Result<(), Reason> {
    let places = (host.listen.backlog / 2).min(setting::limit(&host.listen));
    let most = entries + 10.0 * entries.sqrt() + 10.0;
    if f64::from(places) < most {
        let (name, wanted) = (&host.name, 2.0 * most);
        return Err(Reason::new(
            format!(
                "the SYN queue of `{name}` may become half full: its backlog must be {wanted:.0} \
                 at least"
            ),
            format!("`{name}` 的 SYN 队列可能半满：其 backlog 至少须为 {wanted:.0}"),
        ));
    }
    Ok(())
}

impl Setting {
    /// When each SYN,ACK is sent, and the probability that the entry is still there.
    fn tries(&self) -> impl Iterator<Item = (f64, f64)> {
        let fails = 1.0 - self.success;
        let reached = iter::successors(Some(1.0), move |all: &f64| Some(all * fails));
        self.schedule.sent.iter().copied().zip(reached)
    }

    /// How long an entry lasts on average, in seconds: E\[H\].
    fn hold(&self) -> f64 {
        let answered: f64 = self
            .tries()
            .map(|(at, reached)| reached * self.success * (at + self.round_trip))
            .sum();
        answered + self.given_up() * self.schedule.gives_up
    }

    /// The probability that every SYN,ACK or its RST is lost.
    fn given_up(&self) -> f64 {
        self.tries().map(|_| 1.0 - self.success).product()
    }

    /// SYN,ACKs that an entry sends on average.
    fn syn_acks(&self) -> f64 {
        self.tries().map(|(_, reached)| reached).sum()
    }
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let setting = assume(plan, policy)?;
    let stale = |statistic| Metric::Class(Class::EmbryonicStale, statistic);
    let share = |of: Metric, per: Metric| Estimator::Ratio {
        of: vec![(1, of)],
        per: vec![(1, per)],
    };
    if policy == Handshake::TwoWay {
        let ghost = |statistic| Metric::Class(Class::OrphanEstablished, statistic);
        return Ok(vec![Prediction {
            trials: Some(setting.arrivals),
            ..Prediction::exact(
                Quantity::new("connections that nobody ends", "无人终止的连接的比例"),
                share(ghost(Statistic::Final), ghost(Statistic::Entered)),
                1.0 - setting.success,
            )
        }]);
    }
    let entered = stale(Statistic::Entered);
    Ok(vec![
        Prediction::exact(
            Quantity::new("mean life of an entry, s", "条目的平均寿命（s）"),
            Estimator::Mean(stale(Statistic::LifetimeMean)),
            setting.hold(),
        ),
        Prediction {
            trials: Some(setting.arrivals),
            ..Prediction::exact(
                Quantity::new(
                    "entries that only their last timeout ends",
                    "直到最后一次超时才结束的条目的比例",
                ),
                share(
                    Metric::Reaped(Class::EmbryonicStale, Exit::Timeout),
                    entered,
                ),
                setting.given_up(),
            )
        },
        Prediction::exact(
            Quantity::new("SYN,ACKs for each entry", "每个条目的 SYN,ACK 数"),
            share(Metric::Counter(Counter::SynackSent), entered),
            setting.syn_acks(),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use tcp_core::Profile;

    use super::*;

    fn setting(profile: Profile, loss: f64) -> Setting {
        Setting {
            schedule: Schedule::of_syn_ack(&profile.config()),
            success: (1.0 - loss) * (1.0 - loss),
            round_trip: 0.1,
            arrivals: 1.0,
        }
    }

    #[test]
    fn lives_are_those_of_the_formula() {
        for (profile, loss, expected) in [
            (Profile::Linux6, 0.0, 0.1),
            (Profile::Linux6, 0.01, 0.1207),
            (Profile::Linux6, 0.05, 0.2211),
            (Profile::Linux6, 0.1, 0.4055),
            (Profile::Linux6, 0.3, 3.3154),
            (Profile::Linux6, 0.5, 15.6681),
            (Profile::Rfc9293, 0.1, 0.4062),
            (Profile::Rfc9293, 0.3, 4.1336),
            (Profile::Rfc9293, 0.5, 29.5249),
        ] {
            let found = setting(profile, loss).hold();
            assert!((found - expected).abs() < 5e-5, "{loss}: {found}");
        }
    }

    #[test]
    fn timeouts_and_repetitions_are_those_of_the_formula() {
        let linux = |loss| setting(Profile::Linux6, loss);
        assert!((linux(0.1).given_up() - 4.7046e-5).abs() < 1e-9);
        assert!((linux(0.5).given_up() - 0.177_978_5).abs() < 1e-6);
        assert!((linux(0.1).syn_acks() - 1.234_51).abs() < 1e-5);
    }
}
