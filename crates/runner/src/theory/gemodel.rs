//! `gemodel`: how much a Gilbert-Elliott link loses, and in what bursts.
//!
//! The chain goes from good to bad with p and back with r, so it is bad for a share p/(p + r) of the
//! segments and for 1/r in a row, and the mean loss is (p · (1−h) + r · (1−k))/(p + r) with netem's
//! loss probabilities. Bursts show in the spread of the number of losses from run to run: the
//! correlation of two losses k segments apart falls with (1 − p − r)ᵏ, which adds its sum to the
//! variance (Elliott 1963; the variance of a stationary chain is in any textbook).

use netsim::{LinkConfig, LossConfig, Probability};
use tcp_core::Handshake;

use super::setting::{self, Reason};
use super::{Estimator, LEAST_SPREAD, Prediction, Quantity, Term};
use crate::plan::{Arrivals, Counter, Link, Load, Metric, Opening, Plan, Responds};

/// The chain of a link.
#[derive(Clone, Copy, Debug)]
struct Chain {
    /// From good to bad.
    p: f64,
    /// From bad to good.
    r: f64,
    bad_loss: f64,
    good_loss: f64,
}

impl Chain {
    /// The share of segments that meet the bad state.
    fn bad(self) -> f64 {
        self.p / (self.p + self.r)
    }

    /// The share of segments that is lost.
    fn mean_loss(self) -> f64 {
        self.bad() * self.bad_loss + (1.0 - self.bad()) * self.good_loss
    }

    /// Variance of the number of losses for each segment, in a long run.
    fn variance(self) -> f64 {
        let mean = self.mean_loss();
        let memory = 1.0 - self.p - self.r;
        let apart = self.bad_loss - self.good_loss;
        let between = apart * apart * self.bad() * (1.0 - self.bad());
        mean * (1.0 - mean) + 2.0 * between * memory / (1.0 - memory)
    }

    /// Losses that are missing because the chain starts in the good state.
    fn missing(self) -> f64 {
        ((self.bad_loss - self.good_loss) * self.bad() / (self.p + self.r)).abs()
    }
}

/// What the segments are, and the chain that they meet.
pub(super) struct Setting {
    chain: Chain,
    /// Segments in a run, on average.
    segments: f64,
    /// Whether it is the same number in every run.
    is_constant: bool,
}

/// The link, if the model's assumptions hold.
pub(super) fn assume(plan: &Plan, _policy: Handshake) -> Result<Setting, Reason> {
    let host = setting::only_target(plan)?;
    let [load] = plan.loads.as_slice() else {
        return Err(setting::several_loads());
    };
    if load.opening != Opening::Flood(Responds::Never) {
        let name = &load.name;
        return Err(Reason::new(
            format!(
                "load `{name}` is no flood without answers: other segments would meet the chain too"
            ),
            format!("负载 `{name}` 不是无应答的洪泛：其他报文段也会影响该链"),
        ));
    }
    let link = plan.link_between(load.from, load.to.host);
    let link = link.map(|id| plan.link(id)).ok_or_else(|| {
        let name = &host.name;
        Reason::new(
            format!("no link leads directly to `{name}`"),
            format!("没有链路直接通向 `{name}`"),
        )
    })?;
    let chain = chain(link)?;
    check_end(plan, load, link)?;
    let (rate, is_constant) = match load.arrivals {
        Arrivals::Constant(rate) => (rate, true),
        Arrivals::Poisson(rate) => (rate, false),
        Arrivals::Trace(_) | Arrivals::Burst(_) => {
            let name = &load.name;
            return Err(Reason::new(
                format!("load `{name}` has no rate of arrivals"),
                format!("负载 `{name}` 没有到达速率"),
            ));
        }
    };
    let seconds = load.stop.saturating_sub(load.start).as_secs_f64();
    let segments = seconds / rate.mean_interval().as_secs_f64();
    Ok(Setting {
        chain,
        segments,
        is_constant,
    })
}

fn chain(link: &Link) -> Result<Chain, Reason> {
    let config = &link.config;
    let name = link.name();
    let Some(LossConfig::GilbertElliott {
        p,
        r,
        bad_loss,
        good_loss,
    }) = &config.loss
    else {
        return Err(Reason::new(
            format!("link `{name}` has no gemodel"),
            format!("链路 `{name}` 没有 gemodel"),
        ));
    };
    let known = LinkConfig {
        seed: config.seed,
        delay: config.delay.clone(),
        loss: config.loss.clone(),
        ..LinkConfig::new(config.name.clone(), config.from, config.to)
    };
    if *config != known {
        return Err(setting::does_more(name));
    }
    let chain = Chain {
        p: p.as_f64(),
        r: r.as_f64(),
        bad_loss: Probability::as_f64(*bad_loss),
        good_loss: good_loss.as_f64(),
    };
    if chain.p <= 0.0 || chain.r <= 0.0 {
        return Err(Reason::new(
            format!("the chain of link `{name}` never changes"),
            format!("链路 `{name}` 的链从不改变状态"),
        ));
    }
    Ok(chain)
}

/// Everything that is sent has arrived, or not, before the run ends, and all of it counts.
fn check_end(plan: &Plan, load: &Load, link: &Link) -> Result<(), Reason> {
    if !plan.run.warmup.time().is_zero() {
        return Err(Reason::new(
            "run.warmup leaves a part of the segments out",
            "run.warmup 去掉了一部分报文段",
        ));
    }
    let longest = match &link.config.delay {
        None => std::time::Duration::ZERO,
        Some(delay) if delay.jitter.is_zero() => delay.time,
        Some(_) => return Err(setting::delay_varies(link.name())),
    };
    if load.stop + longest > plan.run.until {
        let (name, before) = (&load.name, longest.as_secs_f64());
        return Err(Reason::new(
            format!(
                "load `{name}` must stop {before} s before the run's end, or segments are still \
                 under way then"
            ),
            format!("负载 `{name}` 须在运行结束前 {before} s 停止，否则那时仍有报文段在途"),
        ));
    }
    Ok(())
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let Setting {
        chain,
        segments,
        is_constant,
    } = assume(plan, policy)?;
    let arrived = Metric::from_name("server.InSegs")
        .ok_or_else(|| Reason::new("arrivals are not counted", "没有统计到达数"))?;
    let minus = |counter| (-1, Metric::Counter(counter)) as Term;
    // What is sent to the server: all but its answers.
    let sent = vec![
        (1, Metric::Counter(Counter::SegmentsSent)),
        minus(Counter::SynackSent),
        minus(Counter::RstSent),
    ];
    let mut lost = sent.clone();
    lost.push((-1, arrived));
    let mut all = vec![Prediction {
        margin: chain.missing() / segments,
        ..Prediction::exact(
            Quantity::new("share of segments lost", "丢失的报文段比例"),
            Estimator::Ratio {
                of: lost,
                per: sent,
            },
            chain.mean_loss(),
        )
    }];
    if is_constant && plan.run.replications >= LEAST_SPREAD {
        let mean = segments * (1.0 - chain.mean_loss());
        all.push(Prediction::exact(
            Quantity::new(
                "variance of the number that arrives, by its mean",
                "到达数的方差与均值之比",
            ),
            Estimator::Spread {
                metric: arrived,
                mean,
            },
            chain.variance() / (1.0 - chain.mean_loss()),
        ));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_loss_is_that_of_the_formula() {
        let chain = Chain {
            p: 0.01,
            r: 0.3,
            bad_loss: 0.8,
            good_loss: 0.0,
        };
        assert!((chain.mean_loss() - 0.008 / 0.31).abs() < 1e-12);
        assert!((chain.bad() - 0.01 / 0.31).abs() < 1e-12);
    }

    #[test]
    fn a_chain_without_memory_has_the_variance_of_a_coin() {
        let coin = Chain {
            p: 0.2,
            r: 0.8,
            bad_loss: 1.0,
            good_loss: 0.0,
        };
        assert!((coin.variance() - 0.2 * 0.8).abs() < 1e-12);
        // The longer the bursts the more it varies: renewal theory for alternating sojourns
        // gives 2 p r (2 - p - r) / (p + r)^3 / 2 + ... = p r (2 - p - r) / (p + r)^3.
        let bursts = Chain {
            p: 0.02,
            r: 0.1,
            ..coin
        };
        let expected = 0.02 * 0.1 * (2.0 - 0.12) / (0.12 * 0.12 * 0.12);
        assert!((bursts.variance() - expected).abs() < 1e-12);
    }
}
