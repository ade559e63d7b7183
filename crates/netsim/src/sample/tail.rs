//! Distributions of time whose tail is not cut.

use super::{exponential, nanos_as_f64, normal, round_nanos, weibull};

/// A distribution, ready to be sampled; times are in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) enum Tail {
    /// Mean `deviation` above `least`, which may be negative.
    Exponential { least: f64, deviation: f64 },
    /// The exponential of a normal variable.
    LogNormal { mu: f64, sigma: f64 },
    /// `scale` times a Weibull variable, above `least`, which may be negative.
    Weibull { shape: f64, least: f64, scale: f64 },
}

impl Tail {
    pub(crate) fn exponential(mean: u64, deviation: u64) -> Tail {
        let deviation = nanos_as_f64(deviation);
        Tail::Exponential {
            least: nanos_as_f64(mean) - deviation,
            deviation,
        }
    }

    /// `mean` must be above 0.
    pub(crate) fn log_normal(mean: u64, deviation: u64) -> Tail {
        let mean = nanos_as_f64(mean);
        let ratio = nanos_as_f64(deviation) / mean;
        let variance = libm::log1p(ratio * ratio);
        Tail::LogNormal {
            mu: libm::log(mean) - variance / 2.0,
            sigma: libm::sqrt(variance),
        }
    }

    pub(crate) fn weibull(mean: u64, deviation: u64, shape_thousandths: u32) -> Tail {
        let shape = f64::from(shape_thousandths) / 1000.0;
        let standard_mean = libm::tgamma(1.0 + 1.0 / shape);
        let second_moment = libm::tgamma(1.0 + 2.0 / shape);
        let standard_deviation = libm::sqrt(second_moment - standard_mean * standard_mean);
        let scale = nanos_as_f64(deviation) / standard_deviation;
        Tail::Weibull {
            shape,
            least: nanos_as_f64(mean) - scale * standard_mean,
            scale,
        }
    }

    /// The time that this uniform draw selects; negative ones are 0.
    pub(crate) fn sample(&self, draw: u64) -> u64 {
        round_nanos(match *self {
            Tail::Exponential { least, deviation } => least + deviation * exponential(draw),
            Tail::LogNormal { mu, sigma } => libm::exp(mu + sigma * normal(draw)),
            Tail::Weibull {
                shape,
                least,
                scale,
            } => least + scale * weibull(draw, shape),
        })
    }
}
