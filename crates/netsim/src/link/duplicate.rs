//! `duplicate PERCENT [CORRELATION]`: the frame enters the link twice.

use crate::link::correlation::Correlated;
use crate::probability::{Probability, Threshold};
use crate::rng::Stream;

/// Duplication of frames at the entry of the link.
///
/// The copy passes all later impairments by itself, with draws of its own: it may be lost where the
/// original is not, and has its own delay. It is never duplicated again. Deviation from netem:
/// there a loss cancels the duplicate and spares the original; here each of the two meets the loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateConfig {
    /// Share of frames that are duplicated.
    pub percent: Probability,
    /// Correlation with the frame before; 0 keeps fates independent.
    pub correlation: Probability,
}

/// Running state of [`DuplicateConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Duplicate {
    threshold: Threshold,
    draws: Correlated,
}

impl Duplicate {
    pub(crate) fn new(config: &DuplicateConfig, stream: Stream) -> Duplicate {
        Duplicate {
            threshold: config.percent.threshold(),
            draws: Correlated::new(stream, config.correlation),
        }
    }

    #[inline]
    pub(crate) fn strikes(&mut self, key: u64) -> bool {
        self.threshold.admits(self.draws.draw(key))
    }
}
