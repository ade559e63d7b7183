//! Samplers: from uniform 64-bit draws to distributions, by inverse transform over `libm`, which
//! gives the same bits on every machine. The one place where floats decide anything.

#![expect(clippy::float_arithmetic, reason = "samplers are the one place for it")]

mod quantile;
mod tables;
mod tail;

use quantile::quantile_normal;
pub(crate) use tables::{TABLE_SCALE, normal_table, pareto_normal_table, pareto_table};
pub(crate) use tail::Tail;

/// The midpoint of the draw's cell in (0, 1): never 0, never 1.
#[inline]
#[expect(
    clippy::cast_precision_loss,
    reason = "the top 53 bits are exact in an f64"
)]
pub fn unit(draw: u64) -> f64 {
    // 2^-53; adding half a cell to 52 bits keeps the sum exact.
    ((draw >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
}

/// A uniform integer in `0..bound`, by multiplication (Lemire); 0 if `bound` is 0. The bias is
/// below `bound` / 2^64.
#[inline]
pub fn uniform(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// An exponential variable with mean 1.
#[inline]
pub fn exponential(draw: u64) -> f64 {
    -libm::log(unit(draw))
}

/// An exponential time with this mean, in nanoseconds, rounded to the nearest.
pub fn exponential_nanos(draw: u64, mean_nanos: u64) -> u64 {
    round_nanos(exponential(draw) * nanos_as_f64(mean_nanos))
}

/// A Weibull variable with scale 1: the exponential to the power of 1 / shape.
pub fn weibull(draw: u64, shape: f64) -> f64 {
    libm::pow(exponential(draw), 1.0 / shape)
}

/// A standard normal variable.
pub fn normal(draw: u64) -> f64 {
    // Below one half both are mirrored, so that the far upper tail is as fine as the far lower one.
    if draw >> 63 == 0 {
        quantile_normal(unit(draw))
    } else {
        -quantile_normal(unit(!draw))
    }
}

/// Nanoseconds as a float: exact below 2^53 (104 days), else rounded.
#[expect(
    clippy::cast_precision_loss,
    reason = "times beyond 104 days lose less than a microsecond"
)]
pub(crate) fn nanos_as_f64(nanos: u64) -> f64 {
    nanos as f64
}

/// The nearest whole number of nanoseconds, clamped to `0..=u64::MAX`.
#[expect(
    clippy::cast_sign_loss,
    reason = "a float-to-integer cast saturates, at 0 for negatives"
)]
pub(crate) fn round_nanos(nanos: f64) -> u64 {
    libm::round(nanos) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_the_distribution_function() {
        for p in [1e-300, 1e-20, 1e-9, 0.01, 0.074, 0.3, 0.5, 0.9, 0.999_999] {
            let x = quantile_normal(p);
            let back = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
            assert!(
                (back / p - 1.0).abs() < 1e-12,
                "p = {p}, x = {x}, back = {back}"
            );
        }
        assert!(
            (normal(0) + normal(u64::MAX)).abs() < f64::EPSILON,
            "symmetric"
        );
        assert!(normal(0) < -8.0, "the tail is not cut at four deviations");
    }

    #[test]
    fn extremes_stay_finite() {
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(unit(draw) > 0.0 && unit(draw) < 1.0);
            assert!(exponential(draw).is_finite() && exponential(draw) >= 0.0);
        }
        assert_eq!(uniform(u64::MAX, 10), 9);
        assert_eq!(uniform(u64::MAX, 0), 0);
        assert_eq!(round_nanos(-1.0), 0);
        assert_eq!(round_nanos(1e300), u64::MAX);
    }
}
