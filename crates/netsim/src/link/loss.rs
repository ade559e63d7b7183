//! `loss random | state | gemodel`: three models of losing frames.

use crate::error::ConfigError;
use crate::link::correlation::Correlated;
use crate::probability::{Probability, Threshold};
use crate::rng::Stream;

/// A loss model, with netem's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LossConfig {
    /// Each frame is lost with probability `percent`. Without correlation its fate is its own. With
    /// correlation losses cluster and, as in netem, are rarer than `percent`: blended draws are
    /// seldom small (10 % with a correlation of 25 % loses 1.8 %). For bursts of a known rate take
    /// the chains.
    Random {
        /// Share of frames lost.
        percent: Probability,
        /// Correlation with the frame before.
        correlation: Probability,
    },
    /// The four-state Markov chain of Salsano and others ("Definition of a general and intuitive
    /// loss model for packet networks and its implementation in the Netem module in the Linux
    /// kernel", 2012). It advances by arrival: a frame's fate depends on how many came before.
    State {
        /// From good reception to loss in a burst.
        p13: Probability,
        /// From loss in a burst to good reception; netem's default is 1 - p13.
        p31: Probability,
        /// From loss in a burst to reception within the burst; default 0.
        p32: Probability,
        /// From reception within a burst to loss in it; default 1.
        p23: Probability,
        /// From good reception to an isolated loss; default 0.
        p14: Probability,
    },
    /// The Gilbert-Elliott chain, which starts in the good state and advances by arrival: a frame's
    /// fate depends on how many came before. As in netem the state before the transition decides
    /// the frame's loss.
    GilbertElliott {
        /// From good to bad.
        p: Probability,
        /// From bad to good; netem's default is 1 - p.
        r: Probability,
        /// Loss in the bad state (1 - h); default 1.
        bad_loss: Probability,
        /// Loss in the good state (1 - k); default 0.
        good_loss: Probability,
    },
}

impl LossConfig {
    /// Independent loss with this probability.
    pub fn random(percent: Probability) -> LossConfig {
        LossConfig::Random {
            percent,
            correlation: Probability::ZERO,
        }
    }

    /// The four-state chain with netem's defaults for whatever is `None`.
    pub fn state(
        p13: Probability,
        p31: Option<Probability>,
        p32: Option<Probability>,
        p23: Option<Probability>,
        p14: Option<Probability>,
    ) -> LossConfig {
        LossConfig::State {
            p13,
            p31: p31.unwrap_or(p13.complement()),
            p32: p32.unwrap_or(Probability::ZERO),
            p23: p23.unwrap_or(Probability::ONE),
            p14: p14.unwrap_or(Probability::ZERO),
        }
    }

    /// The Gilbert-Elliott chain with netem's defaults for whatever is `None`.
    pub fn gilbert_elliott(
        p: Probability,
        r: Option<Probability>,
        bad_loss: Option<Probability>,
        good_loss: Option<Probability>,
    ) -> LossConfig {
        LossConfig::GilbertElliott {
            p,
            r: r.unwrap_or(p.complement()),
            bad_loss: bad_loss.unwrap_or(Probability::ONE),
            good_loss: good_loss.unwrap_or(Probability::ZERO),
        }
    }

    /// # Errors
    /// If the ways out of one state sum to more than 1.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let LossConfig::State {
            p13, p31, p32, p14, ..
        } = self
        else {
            return Ok(());
        };
        for (field, a, b) in [("loss.state.p14", p13, p14), ("loss.state.p32", p31, p32)] {
            if b.exceeds(a.complement()) {
                return Err(ConfigError::new(
                    field,
                    format!("at most {}, what the other way out leaves", a.complement()),
                    b.to_string(),
                ));
            }
        }
        Ok(())
    }
}

/// Running state of [`LossConfig`].
#[derive(Clone, Debug)]
pub(crate) enum Loss {
    Random {
        threshold: Threshold,
        draws: Correlated,
    },
    State(FourState),
    GilbertElliott(GilbertElliott),
}

impl Loss {
    pub(crate) fn new(config: &LossConfig, stream: Stream) -> Loss {
        match *config {
            LossConfig::Random {
                percent,
                correlation,
            } => Loss::Random {
                threshold: percent.threshold(),
                draws: Correlated::new(stream, correlation),
            },
            LossConfig::State {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => Loss::State(FourState {
                stream,
                state: State::Good,
                isolated: p14.threshold(),
                burst_begins: p14.threshold().or_else(p13.threshold()),
                gap_in_burst: p32.threshold(),
                burst_ends: p32.threshold().or_else(p31.threshold()),
                burst_resumes: p23.threshold(),
            }),
            LossConfig::GilbertElliott {
                p,
                r,
                bad_loss,
                good_loss,
            } => Loss::GilbertElliott(GilbertElliott {
                stream,
                is_bad: false,
                worsens: p.threshold(),
                mends: r.threshold(),
                bad_loss: bad_loss.threshold(),
                good_loss: good_loss.threshold(),
            }),
        }
    }

    /// Whether the frame with this key is lost; advances the chain.
    #[inline]
    pub(crate) fn strikes(&mut self, key: u64) -> bool {
        match self {
            Loss::Random { threshold, draws } => threshold.admits(draws.draw(key)),
            Loss::State(chain) => chain.strikes(key),
            Loss::GilbertElliott(chain) => chain.strikes(key),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// 1: reception in a gap.
    Good,
    /// 2: reception within a burst.
    GapInBurst,
    /// 3: loss in a burst.
    Burst,
    /// 4: an isolated loss.
    Isolated,
}

#[derive(Clone, Debug)]
pub(crate) struct FourState {
    stream: Stream,
    state: State,
    isolated: Threshold,
    burst_begins: Threshold,
    gap_in_burst: Threshold,
    burst_ends: Threshold,
    burst_resumes: Threshold,
}

impl FourState {
    fn strikes(&mut self, key: u64) -> bool {
        let draw = self.stream.draw(key, 0);
        self.state = match self.state {
            State::Good if self.isolated.admits(draw) => State::Isolated,
            State::Good if self.burst_begins.admits(draw) => State::Burst,
            State::GapInBurst if self.burst_resumes.admits(draw) => State::Burst,
            State::GapInBurst => State::GapInBurst,
            State::Burst if self.gap_in_burst.admits(draw) => State::GapInBurst,
            State::Burst if self.burst_ends.admits(draw) => State::Good,
            State::Burst => State::Burst,
            State::Good | State::Isolated => State::Good,
        };
        matches!(self.state, State::Burst | State::Isolated)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct GilbertElliott {
    stream: Stream,
    is_bad: bool,
    worsens: Threshold,
    mends: Threshold,
    bad_loss: Threshold,
    good_loss: Threshold,
}

impl GilbertElliott {
    fn strikes(&mut self, key: u64) -> bool {
        let (transition, loss) = self.stream.draw_pair(key, 0);
        if self.is_bad {
            self.is_bad = !self.mends.admits(transition);
            self.bad_loss.admits(loss)
        } else {
            self.is_bad = self.worsens.admits(transition);
            self.good_loss.admits(loss)
        }
    }
}
