//! `[link.NAME]`: what the network does by itself, in the vocabulary of tc-netem.

use serde::Deserialize;
use toml::Spanned;

use crate::quantity::{BitRate, Percent, Time};

use super::{Short, Shorthand};

/// `[link.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSpec {
    /// Host where segments enter; implied by the names `c2s` and `s2c`.
    pub(crate) from: Option<Spanned<String>>,
    /// Host where they come out.
    pub(crate) to: Option<Spanned<String>>,
    pub(crate) delay: Option<Spanned<Short<DelaySpec>>>,
    pub(crate) loss: Option<Spanned<Short<LossSpec>>>,
    pub(crate) ecn: Option<Spanned<bool>>,
    pub(crate) duplicate: Option<Short<ShareSpec>>,
    pub(crate) corrupt: Option<Short<ShareSpec>>,
    pub(crate) reorder: Option<Spanned<Short<ReorderSpec>>>,
    pub(crate) rate: Option<Spanned<Short<RateSpec>>>,
    pub(crate) slot: Option<Spanned<SlotSpec>>,
    pub(crate) limit: Option<Spanned<u32>>,
    pub(crate) queue: Option<Spanned<QueueSpec>>,
    pub(crate) blackout: Option<Spanned<Vec<Spanned<OutageSpec>>>>,
    pub(crate) partition: Option<Spanned<Vec<Spanned<OutageSpec>>>>,
    pub(crate) fifo: Option<Spanned<bool>>,
    pub(crate) max_lifetime: Option<Spanned<Time>>,
}

/// `delay = "50ms"`, or `{ time, jitter, correlation, distribution }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelaySpec {
    pub(crate) time: Time,
    pub(crate) jitter: Option<Time>,
    pub(crate) correlation: Option<Percent>,
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
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LossSpec {
    pub(crate) random: Option<Short<ShareSpec>>,
    pub(crate) state: Option<StateSpec>,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareSpec {
    pub(crate) percent: Percent,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSpec {
    pub(crate) p13: Percent,
    pub(crate) p31: Option<Percent>,
    pub(crate) p32: Option<Percent>,
    pub(crate) p23: Option<Percent>,
    pub(crate) p14: Option<Percent>,
}

/// The Gilbert-Elliott chain: `{ p, r, 1-h, 1-k }`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GilbertElliottSpec {
    pub(crate) p: Percent,
    pub(crate) r: Option<Percent>,
    #[serde(rename = "1-h")]
    pub(crate) bad_loss: Option<Percent>,
    #[serde(rename = "1-k")]
    pub(crate) good_loss: Option<Percent>,
}

/// `"25%"`, or `{ percent, correlation, gap }`: the chosen segment skips the delay.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReorderSpec {
    pub(crate) percent: Percent,
    pub(crate) correlation: Option<Percent>,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateSpec {
    pub(crate) rate: BitRate,
    pub(crate) packetoverhead: Option<i32>,
    pub(crate) cellsize: Option<u32>,
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlotSpec {
    pub(crate) min_delay: Option<Time>,
    pub(crate) max_delay: Option<Time>,
    pub(crate) delay: Option<Time>,
    pub(crate) jitter: Option<Time>,
    pub(crate) distribution: Option<Spanned<DistributionSpec>>,
    pub(crate) packets: Option<u32>,
    pub(crate) bytes: Option<u64>,
}

/// `{ packets = 100 }`, `{ bytes = 65536 }`: what may wait for the transmitter.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueSpec {
    pub(crate) bytes: Option<u64>,
    pub(crate) packets: Option<u32>,
}

/// `{ from = "1s", until = "2s" }`: the link does not work from `from` until just before `until`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutageSpec {
    pub(crate) from: Option<Time>,
    pub(crate) until: Option<Time>,
}
