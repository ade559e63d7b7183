//! `reorder PERCENT [CORRELATION] [gap DISTANCE]`: the chosen frame skips the delay and so
//! overtakes others.

use crate::error::ConfigError;
use crate::link::correlation::Correlated;
use crate::probability::{Probability, Threshold};
use crate::rng::Stream;

/// Overtaking as netem means it: of frames after the first `gap - 1` since the last reordered one,
/// this share leaves at once, past delay, rate and slot. It requires a delay.
///
/// With `gap` = 1 and no correlation each frame's fate is its own; with a larger gap it depends on
/// how many frames passed since the last reordered one. The share of reordered frames is `percent /
/// (1 + (gap - 1) percent)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReorderConfig {
    /// Share of candidates that skip the delay.
    pub percent: Probability,
    /// Correlation with the candidate before.
    pub correlation: Probability,
    /// Every `gap`-th frame is a candidate; at least 1.
    pub gap: u32,
}

impl ReorderConfig {
    /// # Errors
    /// If the gap is 0, which in netem means "no reordering" whatever the percentage.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.gap == 0 {
            return Err(ConfigError::new(
                "reorder.gap",
                "a distance of at least 1",
                "0",
            ));
        }
        Ok(())
    }
}

/// Running state of [`ReorderConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Reorder {
    threshold: Threshold,
    draws: Correlated,
    gap: u32,
    /// Frames delayed since the last reordered one.
    delayed: u32,
}

impl Reorder {
    pub(crate) fn new(config: &ReorderConfig, stream: Stream) -> Reorder {
        Reorder {
            threshold: config.percent.threshold(),
            draws: Correlated::new(stream, config.correlation),
            gap: config.gap,
            delayed: 0,
        }
    }

    #[inline]
    pub(crate) fn strikes(&mut self, key: u64) -> bool {
        let candidate = self.delayed >= self.gap - 1;
        if candidate && self.threshold.admits(self.draws.draw(key)) {
            self.delayed = 0;
            return true;
        }
        self.delayed = self.delayed.saturating_add(1);
        false
    }
}
