//! `time-wait-ports`: how many connections a second a client can open to one server.
//!
//! Each connection keeps its port until TIME-WAIT is over, so the ports are a loss system: P places,
//! each held for the life of a connection and TIME-WAIT, and an OPEN that finds none is refused.
//! Under Poisson OPENs the share that is refused is Erlang's B; the most that can be had is P by the
//! holding time: 28 232 ports and 60 s make 470.5 connections a second. The holding time is constant,
//! and a client that starts with all its ports free uses them in step with it for a long time, so
//! that fewer of them idle than later on: what is opened lies between the two.

use tcp_core::Handshake;

use super::erlang_b::{blocking, check_whole_periods};
use super::setting::{self, Reason, window};
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Counter, End, First, How, Load, Metric, Opening, Plan, TransferSize};

/// A SYN queue that turns away less than this share disturbs nothing.
const NEGLIGIBLE: f64 = 1e-6;

/// Clients and their ports.
pub(super) struct Setting {
    /// OPENs of each client per second.
    rate: f64,
    clients: u32,
    ports: u32,
    /// From an OPEN until the port is free again, in seconds.
    hold: f64,
}

/// The clients, if the model's assumptions hold under this policy.
pub(super) fn assume(plan: &Plan, policy: Handshake) -> Result<Setting, Reason> {
    match policy {
        Handshake::ThreeWay
        | Handshake::TwoWay
        | Handshake::Cookies
        | Handshake::CookiesOnOverflow
        | Handshake::SynCache
        | Handshake::RandomDrop => {}
        _ => {
            return Err(Reason::new(
                "the policy may refuse a port that is used again",
                "该策略可能拒绝再次使用的端口",
            ));
        }
    }
    let server = setting::only_target(plan)?;
    let [load] = plan.loads.as_slice() else {
        return Err(setting::several_loads());
    };
    let rate = setting::poisson_rate(load)?;
    if !load.start.is_zero() || load.stop != plan.run.until {
        return Err(setting::is_not_steady(load));
    }
    let client = &plan.host(load.from).config;
    if client.time_wait_reuse_by_timestamp {
        return Err(Reason::new(
            "the client takes ports over from TIME-WAIT (tw_reuse)",
            "客户端会重用处于 TIME-WAIT 的端口（tw_reuse）",
        ));
    }
    let round_trip = setting::constant_delay(plan, load.from, load.to.host)?
        + setting::constant_delay(plan, load.to.host, load.from)?;
    let entries = rate * round_trip;
    if blocking(
        entries,
        setting::limit(&server.listen).min(server.listen.backlog / 2),
    ) > NEGLIGIBLE
    {
        let name = &server.name;
        return Err(Reason::new(
            format!("the SYN queue of `{name}` may overflow"),
            format!("`{name}` 的 SYN 队列可能溢出"),
        ));
    }
    let setting = Setting {
        rate: rate / f64::from(load.clients),
        clients: load.clients,
        ports: u32::from(load.port_pool),
        hold: life(load, round_trip)? + client.time_wait.as_secs_f64(),
    };
    check_whole_periods(plan, setting.hold)?;
    Ok(setting)
}

/// From an OPEN until TIME-WAIT begins, in seconds: a round trip to open, one to close, and the
/// pauses of the applications.
fn life(load: &Load, round_trip: f64) -> Result<f64, Reason> {
    let is_empty = load.opening == Opening::Connect && load.transfer.size == TransferSize::Fixed(0);
    let close = load.close.filter(|close| {
        let is_by_client = close.first == First::One(End::Client);
        is_empty && is_by_client && (close.how, close.second_how) == (How::Close, How::Close)
    });
    let close = close.ok_or_else(|| {
        let name = &load.name;
        Reason::new(
            format!("load `{name}` does more than open connections and close them at the client"),
            format!("负载 `{name}` 不只是建立连接并由客户端关闭"),
        )
    })?;
    let pauses = close.after + close.second_after;
    Ok(2.0 * round_trip + pauses.as_secs_f64())
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let Setting {
        rate,
        clients,
        ports,
        hold,
    } = assume(plan, policy)?;
    let opened = rate * (1.0 - blocking(rate * hold, ports)) * f64::from(clients);
    let most = rate.min(f64::from(ports) / hold) * f64::from(clients);
    let (_, seconds) = window(plan);
    let metric = Metric::Counter(Counter::ConnectionsOpened);
    let estimator = Estimator::Rate { metric, seconds };
    Ok(vec![Prediction {
        margin: most - opened,
        ..Prediction::exact(
            Quantity::new("connections opened, 1/s", "每秒建立的连接数"),
            estimator,
            opened,
        )
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_ports_by_holding_time() {
        for (ports, hold, limit) in [(28_232, 60.0, 470.5), (28_232, 240.0, 117.6)] {
            // Far beyond the limit every port is always taken.
            let offered = 20.0 * limit;
            let opened = offered * (1.0 - blocking(offered * hold, ports));
            assert!((opened - limit).abs() < 0.05, "{opened}");
            let few = 0.9 * limit;
            let opened = few * (1.0 - blocking(few * hold, ports));
            assert!((opened - few).abs() < 1e-6, "{opened}");
        }
    }
}
