//! `delay TIME [JITTER [CORRELATION]] [distribution ...]`: how long a frame is under way.

use std::sync::Arc;
use std::time::Duration;

use crate::distribution::Distribution;
use crate::error::ConfigError;
use crate::link::correlation::Correlated;
use crate::probability::Probability;
use crate::rng::Stream;
use crate::sample::{self, TABLE_SCALE, Tail, normal_table, pareto_normal_table, pareto_table};
use crate::time::span_nanos;

/// Delay with variation.
///
/// Without correlation a frame's delay is its own. A sum that would be negative is zero. Deviation
/// from netem: the draw selects by its high bits, where netem takes a remainder, so that correlated
/// draws give correlated delays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DelayConfig {
    /// The mean.
    pub time: Duration,
    /// The deviation: half the width of the uniform distribution, else the scale.
    pub jitter: Duration,
    /// Correlation of the variation with that of the frame before.
    pub correlation: Option<Probability>,
    /// The shape of the variation.
    pub distribution: Distribution,
}

impl DelayConfig {
    /// A constant delay.
    pub fn constant(time: Duration) -> DelayConfig {
        DelayConfig {
            time,
            ..DelayConfig::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let fields = ("delay.time", "delay.jitter");
        Spread::check(fields, self.time, self.jitter, &self.distribution)
    }
}

/// # Errors
/// Beyond 292 years, where sums of two could leave the range of time.
pub(crate) fn check_span(field: &str, span: Duration) -> Result<(), ConfigError> {
    if i64::try_from(span.as_nanos()).is_err() {
        return Err(ConfigError::new(
            field,
            "at most 292 years",
            format!("{span:?}"),
        ));
    }
    Ok(())
}

/// Running state of [`DelayConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Delay {
    spread: Spread,
    draws: Correlated,
}

impl Delay {
    pub(crate) fn new(config: &DelayConfig, stream: Stream) -> Delay {
        Delay {
            spread: Spread::new(config.time, config.jitter, &config.distribution),
            draws: Correlated::new(stream, config.correlation.unwrap_or(Probability::ZERO)),
        }
    }

    /// The delay of the frame with this key, in nanoseconds.
    #[inline]
    pub(crate) fn sample(&mut self, key: u64) -> u64 {
        if let Some(constant) = self.spread.constant() {
            return constant;
        }
        self.spread.sample(self.draws.draw(key))
    }
}

/// A distribution of times, ready to be sampled.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    mean: u64,
    jitter: u64,
    sampler: Sampler,
}

#[derive(Clone, Debug)]
enum Sampler {
    Constant,
    Uniform,
    Table(Arc<[i16]>),
    Tail(Tail),
}

impl Spread {
    /// Whether times can be drawn; the fields are those of the mean and the jitter.
    ///
    /// # Errors
    /// A time is out of range, or a log-normal distribution has no mean.
    pub(crate) fn check(
        (mean_field, jitter_field): (&str, &str),
        mean: Duration,
        jitter: Duration,
        distribution: &Distribution,
    ) -> Result<(), ConfigError> {
        check_span(mean_field, mean)?;
        check_span(jitter_field, jitter)?;
        let is_log_normal = matches!(distribution, Distribution::LogNormal);
        if is_log_normal && mean.is_zero() && !jitter.is_zero() {
            let expected = "a time above 0, the mean of the log-normal distribution";
            return Err(ConfigError::new(mean_field, expected, "0"));
        }
        Ok(())
    }

    pub(crate) fn new(mean: Duration, jitter: Duration, distribution: &Distribution) -> Spread {
        let (mean, jitter) = (span_nanos(mean), span_nanos(jitter));
        let sampler = match distribution {
            _ if jitter == 0 => Sampler::Constant,
            Distribution::Uniform => Sampler::Uniform,
            Distribution::Normal => Sampler::Table(Arc::clone(normal_table())),
            Distribution::Pareto => Sampler::Table(Arc::clone(pareto_table())),
            Distribution::ParetoNormal => Sampler::Table(Arc::clone(pareto_normal_table())),
            Distribution::Table(table) => Sampler::Table(Arc::clone(table.values())),
            Distribution::Exponential => Sampler::Tail(Tail::exponential(mean, jitter)),
            Distribution::LogNormal => Sampler::Tail(Tail::log_normal(mean, jitter)),
            Distribution::Weibull { shape } => {
                Sampler::Tail(Tail::weibull(mean, jitter, shape.thousandths()))
            }
        };
        Spread {
            mean,
            jitter,
            sampler,
        }
    }

    fn constant(&self) -> Option<u64> {
        matches!(self.sampler, Sampler::Constant).then_some(self.mean)
    }

    /// The time that this uniform draw selects, in nanoseconds; never negative, at most `u64::MAX`.
    pub(crate) fn sample(&self, draw: u64) -> u64 {
        match &self.sampler {
            Sampler::Constant => self.mean,
            Sampler::Uniform => {
                let offset = sample::uniform(draw, self.jitter.saturating_mul(2));
                self.mean.saturating_add(offset).saturating_sub(self.jitter)
            }
            Sampler::Table(table) => {
                let entry = table[sample::uniform(draw, table.len() as u64) as usize];
                self.at_table_entry(i64::from(entry))
            }
            Sampler::Tail(tail) => tail.sample(draw),
        }
    }

    /// `mean + jitter * entry / 8192`, the product rounded to nearest, halves away from zero, as
    /// netem's `tabledist` does.
    fn at_table_entry(&self, entry: i64) -> u64 {
        let product = i128::from(self.jitter) * i128::from(entry);
        let half = i128::from(TABLE_SCALE / 2);
        let rounded = if product >= 0 {
            product + half
        } else {
            product - half
        };
        let time = i128::from(self.mean) + rounded / i128::from(TABLE_SCALE);
        u64::try_from(time.max(0)).unwrap_or(u64::MAX)
    }
}
