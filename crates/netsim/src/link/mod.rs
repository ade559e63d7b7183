//! A link: one direction of a cable, as a fixed sequence of impairments.

pub(crate) mod correlation;
pub(crate) mod corrupt;
pub(crate) mod delay;
pub(crate) mod duplicate;
pub(crate) mod loss;
mod outage;
pub(crate) mod rate;
pub(crate) mod reorder;
pub(crate) mod slot;

use std::time::Duration;

use crate::error::ConfigError;
use crate::frame::NodeId;
use crate::observer::DropReason;
use crate::rng::{Seed, Streams, fnv1a};
use crate::time::{Instant, Window, span_nanos};

use corrupt::{Corrupt, CorruptConfig};
use delay::{Delay, DelayConfig, check_span};
use duplicate::{Duplicate, DuplicateConfig};
use loss::{Loss, LossConfig};
use outage::Outage;
use rate::{QueueConfig, Rate, RateConfig};
use reorder::{Reorder, ReorderConfig};
use slot::{Slot, SlotConfig};

/// What was configured for one direction of a cable; [`LinkConfig::new`] has no impairments.
///
/// Order of operations, for a frame that enters: scripted faults (outside this module), blackout,
/// duplicate, loss, ecn, corrupt, limit and queue, then delay or reorder, rate, slot, and last
/// fifo, partition and maximum lifetime. A duplicate passes everything after duplication by itself.
/// As in netem the rate comes after the delay.
///
/// | impairment | a frame's fate depends on |
/// |---|---|
/// | duplicate, random loss, corrupt, delay, reorder with gap 1; no correlation | the frame alone |
/// | blackout, partition, maximum lifetime | the frame's own times |
/// | any correlation, gemodel, state, reorder with a gap | how many frames came before |
/// | limit, rate, queue, slot, fifo | when the frames before it came |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// The name, which keys the link's randomness: renaming a link changes its weather.
    pub name: String,
    /// The node that sends.
    pub from: NodeId,
    /// The node that receives.
    pub to: NodeId,
    /// Root seed of this link's randomness in place of the run's; each replication still differs.
    pub seed: Option<u64>,
    /// Duplication.
    pub duplicate: Option<DuplicateConfig>,
    /// Loss.
    pub loss: Option<LossConfig>,
    /// Mark in place of losing, where the frame allows.
    pub ecn: bool,
    /// Bit errors.
    pub corrupt: Option<CorruptConfig>,
    /// Most frames in the link at once, those being delayed included; without it there is no limit
    /// (netem's default is 1000).
    pub limit: Option<u32>,
    /// Delay.
    pub delay: Option<DelayConfig>,
    /// Overtaking by skipping the delay.
    pub reorder: Option<ReorderConfig>,
    /// Serialisation.
    pub rate: Option<RateConfig>,
    /// Drop-tail limit before the transmitter.
    pub queue: Option<QueueConfig>,
    /// Delivery in bunches.
    pub slot: Option<SlotConfig>,
    /// Windows in which entering frames are lost.
    pub blackout: Vec<Window>,
    /// Windows in which entering frames and those under way are lost.
    pub partition: Vec<Window>,
    /// Nothing overtakes: a frame arrives no earlier than those that entered before it.
    pub fifo: bool,
    /// Frames older than this since they were sent, time held by a script included, are dropped: no
    /// delay or hold can make one arrive later.
    pub max_lifetime: Option<Duration>,
}

impl LinkConfig {
    /// A link that delivers at once and unchanged.
    pub fn new(name: impl Into<String>, from: NodeId, to: NodeId) -> LinkConfig {
        LinkConfig {
            name: name.into(),
            from,
            to,
            seed: None,
            duplicate: None,
            loss: None,
            ecn: false,
            corrupt: None,
            limit: None,
            delay: None,
            reorder: None,
            rate: None,
            queue: None,
            slot: None,
            blackout: Vec::new(),
            partition: Vec::new(),
            fifo: false,
            max_lifetime: None,
        }
    }

    /// Whether the settings mean something together.
    /// [`Simulator::add_link`](crate::Simulator::add_link) checks as well.
    ///
    /// # Errors
    /// At the first field that does not, named from the link's table downwards (`delay.jitter`).
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.name.is_empty() {
            return Err(ConfigError::new("name", "a name", "an empty one"));
        }
        self.loss.as_ref().map_or(Ok(()), LossConfig::check)?;
        self.delay.as_ref().map_or(Ok(()), DelayConfig::check)?;
        self.reorder.as_ref().map_or(Ok(()), ReorderConfig::check)?;
        self.rate.as_ref().map_or(Ok(()), RateConfig::check)?;
        self.queue.as_ref().map_or(Ok(()), QueueConfig::check)?;
        self.slot.as_ref().map_or(Ok(()), SlotConfig::check)?;
        outage::check("blackout", &self.blackout)?;
        outage::check("partition", &self.partition)?;
        if self.limit == Some(0) {
            return Err(ConfigError::new("limit", "at least 1 frame", "0"));
        }
        if let Some(lifetime) = self.max_lifetime {
            check_span("max_lifetime", lifetime)?;
        }
        self.check_combination()
    }

    fn check_combination(&self) -> Result<(), ConfigError> {
        let contradictions = [
            (
                self.reorder.is_some() && self.delay.is_none(),
                "reorder",
                "a delay to skip",
                "none",
            ),
            (
                self.reorder.is_some() && self.fifo,
                "reorder",
                "fifo = false",
                "fifo = true",
            ),
            (
                self.queue.is_some() && self.rate.is_none(),
                "queue",
                "a rate to wait for",
                "none",
            ),
            (
                self.ecn && self.loss.is_none(),
                "ecn",
                "a loss model to replace by marks",
                "none",
            ),
        ];
        match contradictions
            .into_iter()
            .find(|(is_contradiction, ..)| *is_contradiction)
        {
            Some((_, field, expected, found)) => Err(ConfigError::new(field, expected, found)),
            None => Ok(()),
        }
    }
}

/// Where a frame is going when it has passed the impairments that can lose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Gone at once.
    Dropped(DropReason),
    /// At the far end at this time.
    Arrives(Instant),
    /// Ready for a slot at this time.
    AwaitsSlot(Instant),
    /// Gone at this time.
    Lost(Instant, DropReason),
}

/// Running state of [`LinkConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) ecn: bool,
    duplicate: Option<Duplicate>,
    copy_number: u32,
    loss: Option<Loss>,
    corrupt: Option<Corrupt>,
    limit: u32,
    occupancy: u32,
    delay: Option<Delay>,
    reorder: Option<Reorder>,
    rate: Option<Rate>,
    slot: Option<Slot>,
    blackout: Outage,
    partition: Outage,
    fifo: bool,
    last_arrival: Instant,
    max_lifetime: u64,
}

impl Link {
    pub(crate) fn new(config: &LinkConfig, streams: &mut Streams) -> Result<Link, ConfigError> {
        config.check()?;
        let seed = Seed {
            root: config.seed.unwrap_or(streams.seed().root),
            ..streams.seed()
        };
        let mut stream = |purpose| {
            let name = format!("link {} / {purpose}", config.name);
            streams.stream(&name).map(|_| seed.stream(&name))
        };
        let (duplicate, loss, corrupt) =
            (stream("duplicate")?, stream("loss")?, stream("corrupt")?);
        let (delay, reorder, slot) = (stream("delay")?, stream("reorder")?, stream("slot")?);
        Ok(Link {
            from: config.from,
            to: config.to,
            ecn: config.ecn,
            duplicate: config
                .duplicate
                .as_ref()
                .map(|config| Duplicate::new(config, duplicate)),
            copy_number: fnv1a(&config.name) as u32 | LINK_COPY,
            loss: config.loss.as_ref().map(|config| Loss::new(config, loss)),
            corrupt: config
                .corrupt
                .as_ref()
                .map(|config| Corrupt::new(config, corrupt)),
            limit: config.limit.unwrap_or(u32::MAX),
            occupancy: 0,
            delay: config
                .delay
                .as_ref()
                .map(|config| Delay::new(config, delay)),
            reorder: config
                .reorder
                .as_ref()
                .map(|config| Reorder::new(config, reorder)),
            rate: config
                .rate
                .as_ref()
                .map(|rate| Rate::new(rate, config.queue.as_ref())),
            slot: config.slot.as_ref().map(|config| Slot::new(config, slot)),
            blackout: Outage::new(&config.blackout),
            partition: Outage::new(&config.partition),
            fifo: config.fifo,
            last_arrival: Instant::ZERO,
            max_lifetime: config.max_lifetime.map_or(u64::MAX, span_nanos),
        })
    }

    #[inline]
    pub(crate) fn is_dark(&mut self, now: Instant) -> bool {
        self.blackout.first_within(now, now).is_some()
    }

    /// The number of the copy to make, if the frame is duplicated.
    #[inline]
    pub(crate) fn duplicates(&mut self, key: u64) -> Option<u32> {
        let number = self.copy_number;
        self.duplicate.as_mut()?.strikes(key).then_some(number)
    }

    #[inline]
    pub(crate) fn loses(&mut self, key: u64) -> bool {
        self.loss.as_mut().is_some_and(|loss| loss.strikes(key))
    }

    /// The draw that chooses the bit to flip, if the frame is corrupted.
    #[inline]
    pub(crate) fn corrupts(&mut self, key: u64) -> Option<u64> {
        self.corrupt.as_mut()?.strikes(key)
    }

    /// Limit, queue, delay or reorder, rate: what happens to a frame that the loss model spared.
    /// Unless it is dropped, it counts towards the limit until [`Link::forget`].
    #[inline]
    pub(crate) fn schedule(
        &mut self,
        now: Instant,
        sent_at: Instant,
        key: u64,
        wire_len: u32,
    ) -> Passage {
        if self.occupancy >= self.limit {
            return Passage::Dropped(DropReason::Limit);
        }
        if let Some(reorder) = &mut self.reorder
            && reorder.strikes(key)
        {
            self.occupancy += 1;
            return self.finish(now, now, sent_at);
        }
        if let Some(rate) = &mut self.rate
            && !rate.has_room(now, wire_len)
        {
            return Passage::Dropped(DropReason::Queue);
        }
        self.occupancy += 1;
        let delay = self.delay.as_mut().map_or(0, |delay| delay.sample(key));
        let mut ready = now.saturating_add_nanos(delay);
        if let Some(rate) = &mut self.rate {
            ready = rate.transmit(ready, wire_len);
        }
        if self.slot.is_none() {
            return self.finish(now, ready, sent_at);
        }
        match self.partition.first_within(now, ready) {
            Some(cut) => Passage::Lost(cut, DropReason::Partition),
            None => Passage::AwaitsSlot(ready),
        }
    }

    /// A frame that was sent to wait for a slot is ready now.
    pub(crate) fn leave_slot(&mut self, now: Instant, sent_at: Instant, wire_len: u32) -> Passage {
        let leaves = self
            .slot
            .as_mut()
            .map_or(now, |slot| slot.leave(now, wire_len));
        self.finish(now, leaves, sent_at)
    }

    /// Fifo, partition and maximum lifetime, for a frame under way from `now` to `arrival`.
    #[inline]
    fn finish(&mut self, now: Instant, mut arrival: Instant, sent_at: Instant) -> Passage {
        if self.fifo {
            arrival = arrival.max(self.last_arrival);
            self.last_arrival = arrival;
        }
        let expiry = sent_at.saturating_add_nanos(self.max_lifetime);
        let cut = self.partition.first_within(now, arrival);
        match cut {
            Some(cut) if cut <= expiry => Passage::Lost(cut, DropReason::Partition),
            _ if expiry < arrival => Passage::Lost(expiry.max(now), DropReason::Expired),
            _ => Passage::Arrives(arrival),
        }
    }

    /// A scheduled frame has arrived or is lost.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.occupancy -= 1;
    }
}

/// Set in the numbers of copies that links make, so that they differ from those that scripts make.
pub(crate) const LINK_COPY: u32 = 1 << 31;
