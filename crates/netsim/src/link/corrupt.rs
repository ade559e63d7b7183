//! `corrupt PERCENT [CORRELATION]`: one bit of the frame is flipped.

use crate::link::correlation::Correlated;
use crate::probability::{Probability, Threshold};
use crate::rng::Stream;

/// Corruption of single bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptConfig {
    /// Share of frames that are corrupted.
    pub percent: Probability,
    /// Correlation with the frame before; 0 keeps fates independent.
    pub correlation: Probability,
}

/// Running state of [`CorruptConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Corrupt {
    threshold: Threshold,
    draws: Correlated,
    bits: Stream,
}

impl Corrupt {
    pub(crate) fn new(config: &CorruptConfig, stream: Stream) -> Corrupt {
        Corrupt {
            threshold: config.percent.threshold(),
            draws: Correlated::new(stream, config.correlation),
            bits: stream,
        }
    }

    /// The draw that chooses the bit, if the frame is corrupted.
    #[inline]
    pub(crate) fn strikes(&mut self, key: u64) -> Option<u64> {
        // Ordinal 1, because ordinal 0 decided whether: a bit chosen by a draw known to be small
        // would always be among the first.
        self.threshold
            .admits(self.draws.draw(key))
            .then(|| self.bits.draw(key, 1))
    }
}
