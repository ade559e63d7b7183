//! `slot MIN [MAX] | slot distribution ... [packets N] [bytes N]`: frames leave in bunches, as from
//! a medium that is granted in turns.

use std::time::Duration;

use crate::distribution::Distribution;
use crate::error::ConfigError;
use crate::link::delay::{Spread, check_span};
use crate::rng::Stream;
use crate::sample;
use crate::time::{Instant, span_nanos};

/// Delivery in slots.
///
/// A slot is open at time zero. A frame that has served its delay and rate waits for a slot to
/// open. Once one has opened while nothing was ready, the next opens a spacing after the next frame
/// is ready. A slot passes at most `packets` frames and `bytes` bytes, the one that reaches the
/// limit included; what is left waits for the slot after. Spacings are drawn by the number of the
/// slot, so a frame's time depends on the frames before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotConfig {
    /// The time between slots.
    pub spacing: SlotSpacing,
    /// Most frames in a slot.
    pub packets: Option<u32>,
    /// Most bytes in a slot; the frame that reaches it still passes.
    pub bytes: Option<u64>,
}

/// The time from one slot to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotSpacing {
    /// Uniform between two bounds.
    Uniform {
        /// The least.
        min_delay: Duration,
        /// The most.
        max_delay: Duration,
    },
    /// By a distribution, as for delays.
    Distribution {
        /// The mean.
        delay: Duration,
        /// The deviation.
        jitter: Duration,
        /// The shape.
        distribution: Distribution,
    },
}

impl SlotConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match &self.spacing {
            SlotSpacing::Uniform {
                min_delay,
                max_delay,
            } => {
                check_span("slot.max_delay", *max_delay)?;
                if min_delay > max_delay {
                    let expected = format!("at most max_delay, {max_delay:?}");
                    return Err(ConfigError::new(
                        "slot.min_delay",
                        expected,
                        format!("{min_delay:?}"),
                    ));
                }
            }
            SlotSpacing::Distribution {
                delay,
                jitter,
                distribution,
            } => Spread::check(("slot.delay", "slot.jitter"), *delay, *jitter, distribution)?,
        }
        for (field, is_zero) in [
            ("slot.packets", self.packets == Some(0)),
            ("slot.bytes", self.bytes == Some(0)),
        ] {
            if is_zero {
                return Err(ConfigError::new(field, "at least 1", "0"));
            }
        }
        Ok(())
    }
}

/// Running state of [`SlotConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    spacing: Spacing,
    stream: Stream,
    packets: u32,
    bytes: u64,
    /// When the current slot opens or opened.
    opens: Instant,
    /// How many slots there have been: the entity of the next spacing's draw.
    count: u64,
    packets_left: u32,
    bytes_left: u64,
}

#[derive(Clone, Debug)]
enum Spacing {
    Uniform { least: u64, width: u64 },
    Spread(Spread),
}

impl Slot {
    pub(crate) fn new(config: &SlotConfig, stream: Stream) -> Slot {
        let spacing = match &config.spacing {
            SlotSpacing::Uniform {
                min_delay,
                max_delay,
            } => {
                let least = span_nanos(*min_delay);
                Spacing::Uniform {
                    least,
                    width: span_nanos(*max_delay) - least,
                }
            }
            SlotSpacing::Distribution {
                delay,
                jitter,
                distribution,
            } => Spacing::Spread(Spread::new(*delay, *jitter, distribution)),
        };
        let (packets, bytes) = (
            config.packets.unwrap_or(u32::MAX),
            config.bytes.unwrap_or(u64::MAX),
        );
        Slot {
            spacing,
            stream,
            packets,
            bytes,
            opens: Instant::ZERO,
            count: 0,
            packets_left: packets,
            bytes_left: bytes,
        }
    }

    /// When a frame leaves that is ready at `ready`. Calls come in order of `ready`.
    pub(crate) fn leave(&mut self, ready: Instant, wire_len: u32) -> Instant {
        if self.opens < ready {
            self.open_after(ready);
        }
        let leaves = self.opens;
        self.packets_left -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(u64::from(wire_len));
        if self.packets_left == 0 || self.bytes_left == 0 {
            self.open_after(leaves);
        }
        leaves
    }

    fn open_after(&mut self, now: Instant) {
        let draw = self.stream.draw(self.count, 0);
        self.count += 1;
        let spacing = match &self.spacing {
            Spacing::Uniform { least, width } => {
                least.saturating_add(sample::uniform(draw, width.saturating_add(1)))
            }
            Spacing::Spread(spread) => spread.sample(draw),
        };
        self.opens = now.saturating_add_nanos(spacing);
        self.packets_left = self.packets;
        self.bytes_left = self.bytes;
    }
}
