//! `[link.NAME]`: what the network does by itself, in the vocabulary of tc-netem.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::{BitRate, Percent, Time};

use super::{Short, Shorthand, Spanned};

/// `[link.NAME]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSpec {
    /// Host where segments enter; implied by the names `c2s` and `s2c`.
    pub(crate) from: Option<Spanned<String>>,
    /// Host where they come out.
    pub(crate) to: Option<Spanned<String>>,
    /// How long a segment takes.
    pub(crate) delay: Option<Spanned<Short<DelaySpec>>>,
    /// Which segments are lost.
    pub(crate) loss: Option<Spanned<Short<LossSpec>>>,
    /// Whether segments that may be are marked, not lost.
    pub(crate) ecn: Option<Spanned<bool>>,
    /// Which segments arrive twice.
    pub(crate) duplicate: Option<Short<ShareSpec>>,
    /// In which segments a bit is flipped.
    pub(crate) corrupt: Option<Short<ShareSpec>>,
    /// Which segments skip the delay.
    pub(crate) reorder: Option<Spanned<Short<ReorderSpec>>>,
    /// How fast segments leave.
    pub(crate) rate: Option<Spanned<Short<RateSpec>>>,
    /// When segments that wait are sent together.
    pub(crate) slot: Option<Spanned<SlotSpec>>,
    /// How many segments are under way at most, as in netem.
    pub(crate) limit: Option<Spanned<u32>>,
    /// What may wait for the transmitter; the rest is lost.
    pub(crate) queue: Option<Spanned<QueueSpec>>,
    /// When what enters is lost.
    pub(crate) blackout: Option<Spanned<Vec<Spanned<OutageSpec>>>>,
    /// When what enters is lost, and what is under way too.
    pub(crate) partition: Option<Spanned<Vec<Spanned<OutageSpec>>>>,
    /// Whether nothing overtakes.
    pub(crate) fifo: Option<Spanned<bool>>,
    /// What is older is dropped.
    pub(crate) max_lifetime: Option<Spanned<Time>>,
}

/// `delay = "50ms"`, or `{ time, jitter, correlation, distribution }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelaySpec {
    /// Its mean.
    pub(crate) time: Time,
    /// How much it varies.
    pub(crate) jitter: Option<Time>,
    /// How much each draw depends on the last.
    pub(crate) correlation: Option<Percent>,
    /// The shape of the variation.
    pub(crate) distribution: Option<Spanned<DistributionSpec>>,
}

impl Shorthand for DelaySpec {
    type Plain = Time;
    const EXPECTED: &'static str = "a time such as \"100ms\", or a table with `time`";

    fn from_plain(time: Time) -> DelaySpec {
        DelaySpec {
            time,
            jitter: None,
            correlation: None,
            distribution: None,
        }
    }
}

/// The shape of a variation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DistributionSpec {
    Uniform,
    Normal,
    Pareto,
    ParetoNormal,
    Exponential,
    LogNormal,
    Weibull {
        shape: f64,
    },
    /// A file in netem's format, relative to the experiment's.
    Table(String),
}

/// One model of loss; a plain percentage is the first, as in tc.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LossSpec {
    /// Each segment by itself.
    pub(crate) random: Option<Short<ShareSpec>>,
    /// A Markov chain of four states.
    pub(crate) state: Option<StateSpec>,
    /// A Gilbert-Elliott chain.
    pub(crate) gemodel: Option<GilbertElliottSpec>,
}

impl Shorthand for LossSpec {
    type Plain = Percent;
    const EXPECTED: &'static str =
        "a percentage such as \"1%\", or a table with `random`, `state` or `gemodel`";

    fn from_plain(percent: Percent) -> LossSpec {
        let random = Some(Short(ShareSpec::from_plain(percent)));
        LossSpec {
            random,
            state: None,
            gemodel: None,
        }
    }
}

/// `"1%"`, or `{ percent = "1%", correlation = "25%" }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareSpec {
    /// Which share of the segments.
    pub(crate) percent: Percent,
    /// How much each draw depends on the last.
    pub(crate) correlation: Option<Percent>,
}

impl Shorthand for ShareSpec {
    type Plain = Percent;
    const EXPECTED: &'static str = "a percentage such as \"1%\", or a table with `percent`";

    fn from_plain(percent: Percent) -> ShareSpec {
        ShareSpec {
            percent,
            correlation: None,
        }
    }
}

/// The four-state Markov chain: `{ p13, p31, p32, p23, p14 }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSpec {
    /// From good reception to loss in a burst.
    pub(crate) p13: Percent,
    /// From loss in a burst to good reception.
    pub(crate) p31: Option<Percent>,
    /// From loss in a burst to reception in a burst.
    pub(crate) p32: Option<Percent>,
    /// From reception in a burst to loss in it.
    pub(crate) p23: Option<Percent>,
    /// From good reception to the loss of one segment.
    pub(crate) p14: Option<Percent>,
}

/// The Gilbert-Elliott chain: `{ p, r, 1-h, 1-k }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GilbertElliottSpec {
    /// From the good state to the bad one.
    pub(crate) p: Percent,
    /// From the bad state to the good one.
    pub(crate) r: Option<Percent>,
    /// Loss in the bad state.
    #[serde(rename = "1-h")]
    pub(crate) bad_loss: Option<Percent>,
    /// Loss in the good state.
    #[serde(rename = "1-k")]
    pub(crate) good_loss: Option<Percent>,
}

/// `"25%"`, or `{ percent, correlation, gap }`: the chosen segment skips the delay.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReorderSpec {
    /// Which share of the segments.
    pub(crate) percent: Percent,
    /// How much each draw depends on the last.
    pub(crate) correlation: Option<Percent>,
    /// Every how many segments one may be chosen.
    pub(crate) gap: Option<u32>,
}

impl Shorthand for ReorderSpec {
    type Plain = Percent;
    const EXPECTED: &'static str = "a percentage such as \"25%\", or a table with `percent`";

    fn from_plain(percent: Percent) -> ReorderSpec {
        ReorderSpec {
            percent,
            correlation: None,
            gap: None,
        }
    }
}

/// `"1mbit"`, or `{ rate, packetoverhead, cellsize, celloverhead }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateSpec {
    /// Bits in a second.
    pub(crate) rate: BitRate,
    /// Bytes more for each segment.
    pub(crate) packetoverhead: Option<i32>,
    /// Bytes of a cell.
    pub(crate) cellsize: Option<u32>,
    /// Bytes more for each cell.
    pub(crate) celloverhead: Option<i32>,
}

impl Shorthand for RateSpec {
    type Plain = BitRate;
    const EXPECTED: &'static str = "a rate such as \"1mbit\", or a table with `rate`";

    fn from_plain(rate: BitRate) -> RateSpec {
        RateSpec {
            rate,
            packetoverhead: None,
            cellsize: None,
            celloverhead: None,
        }
    }
}

/// `{ min_delay, max_delay, packets, bytes }`, or with `delay`, `jitter` and `distribution` in place
/// of the two bounds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlotSpec {
    /// Least time between slots.
    pub(crate) min_delay: Option<Time>,
    /// Most time between slots.
    pub(crate) max_delay: Option<Time>,
    /// Mean time between slots.
    pub(crate) delay: Option<Time>,
    /// How much it varies.
    pub(crate) jitter: Option<Time>,
    /// The shape of the variation.
    pub(crate) distribution: Option<Spanned<DistributionSpec>>,
    /// Most segments in a slot.
    pub(crate) packets: Option<u32>,
    /// Most bytes in a slot.
    pub(crate) bytes: Option<u64>,
}

/// `{ packets = 100 }`, `{ bytes = 65536 }`: what may wait for the transmitter.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueSpec {
    /// Most bytes.
    pub(crate) bytes: Option<u64>,
    /// Most segments.
    pub(crate) packets: Option<u32>,
}

/// `{ from = "1s", until = "2s" }`: the link does not work from `from` until just before `until`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutageSpec {
    /// The first instant; the start.
    pub(crate) from: Option<Time>,
    /// The first instant after it; never.
    pub(crate) until: Option<Time>,
}
