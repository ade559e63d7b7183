//! netem's correlated draws: each is a blend of a fresh one and of the one before (`get_crandom`).

use crate::probability::Probability;
use crate::rng::Stream;

/// The state of one correlated sequence.
///
/// Without correlation a draw depends on the frame alone. With it, on every frame that asked
/// before: the chain advances by arrival, as netem's does. As in netem the blend narrows the
/// distribution (variance (1 - r) / (1 + r) of a uniform one), so a correlated loss of 1 % loses
/// less than 1 %.
#[derive(Clone, Debug)]
pub(crate) struct Correlated {
    stream: Stream,
    /// netem's `rho`: the correlation as a fraction of 2^32.
    rho: u32,
    last: u32,
}

impl Correlated {
    pub(crate) fn new(stream: Stream, correlation: Probability) -> Correlated {
        let last = (stream.initial() >> 32) as u32;
        Correlated {
            stream,
            rho: correlation.as_u32(),
            last,
        }
    }

    /// A draw for the frame with this key: 64 bits where it is independent, 32 (as netem has) in
    /// the upper half where it is correlated.
    #[inline]
    pub(crate) fn draw(&mut self, key: u64) -> u64 {
        let fresh = self.stream.draw(key, 0);
        if self.rho == 0 {
            return fresh;
        }
        let rho = u64::from(self.rho) + 1;
        let blend = u128::from(fresh >> 32) * u128::from((1 << 32) - rho)
            + u128::from(self.last) * u128::from(rho);
        self.last = (blend >> 32) as u32;
        u64::from(self.last) << 32
    }
}
