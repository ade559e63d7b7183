//! `rate RATE [PACKETOVERHEAD [CELLSIZE [CELLOVERHEAD]]]` and the drop-tail queue before the
//! transmitter.

use std::collections::VecDeque;

use crate::error::ConfigError;
use crate::time::Instant;

/// Serialisation at a bit rate, as netem does it: a frame that is due out of the delay stage waits
/// for the transmitter, which sends one frame at a time in the order in which frames entered the
/// link.
///
/// A frame's time depends on the frames before it, never on random draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateConfig {
    /// Bits per second; at least 1.
    pub bits_per_second: u64,
    /// Bytes added to each frame; negative to subtract a header that the frame counts.
    pub packet_overhead: i32,
    /// Payload bytes of a link-layer cell (48 for ATM); 0 for none.
    pub cell_size: u32,
    /// Bytes added to each cell (5 for ATM); may be negative, less than the cell's size.
    pub cell_overhead: i32,
}

/// A limit on what waits for the transmitter, the frame being sent included (drop-tail, `bfifo` and
/// `pfifo`). It requires a rate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueConfig {
    /// Most bytes, as [`Frame::wire_len`](crate::Frame::wire_len) counts them.
    pub bytes: Option<u64>,
    /// Most frames.
    pub packets: Option<u32>,
}

impl RateConfig {
    /// A plain rate, without overheads.
    pub fn new(bits_per_second: u64) -> RateConfig {
        RateConfig {
            bits_per_second,
            packet_overhead: 0,
            cell_size: 0,
            cell_overhead: 0,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.bits_per_second == 0 {
            return Err(ConfigError::new(
                "rate.rate",
                "at least 1 bit per second",
                "0",
            ));
        }
        if self.cell_size == 0 && self.cell_overhead != 0 {
            return Err(ConfigError::new(
                "rate.celloverhead",
                "a cell size beside it",
                self.cell_overhead.to_string(),
            ));
        }
        if i64::from(self.cell_size) + i64::from(self.cell_overhead) <= 0 && self.cell_size != 0 {
            return Err(ConfigError::new(
                "rate.celloverhead",
                format!("more than -{}, so that a cell has a length", self.cell_size),
                self.cell_overhead.to_string(),
            ));
        }
        Ok(())
    }

    /// Bits that a frame of this length occupies, overheads and whole cells included.
    fn bits(&self, wire_len: u32) -> u64 {
        let length = i64::from(wire_len) + i64::from(self.packet_overhead);
        let mut length = u64::try_from(length).unwrap_or(0);
        if self.cell_size > 0 {
            let cell = i64::from(self.cell_size) + i64::from(self.cell_overhead);
            length = length.div_ceil(u64::from(self.cell_size)) * u64::try_from(cell).unwrap_or(0);
        }
        length.saturating_mul(8)
    }
}

impl QueueConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let none = self.bytes.is_none() && self.packets.is_none();
        if none || self.bytes == Some(0) || self.packets == Some(0) {
            return Err(ConfigError::new(
                "queue",
                "a limit of at least 1 in bytes or packets",
                format!("bytes {:?}, packets {:?}", self.bytes, self.packets),
            ));
        }
        Ok(())
    }
}

/// Running state of [`RateConfig`] and [`QueueConfig`].
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    config: RateConfig,
    queue: Option<QueueConfig>,
    /// When the transmitter has sent everything accepted so far.
    free_at: Instant,
    /// What integer division left of that time, in units of 1 ns / (bits per second).
    remainder: u64,
    /// End of transmission and length of what has been accepted, where a queue limit counts it.
    waiting: VecDeque<(Instant, u32)>,
    waiting_bytes: u64,
}

impl Rate {
    pub(crate) fn new(config: &RateConfig, queue: Option<&QueueConfig>) -> Rate {
        Rate {
            config: config.clone(),
            queue: queue.cloned(),
            free_at: Instant::ZERO,
            remainder: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// Whether the queue has room for a frame of this length at `now`.
    pub(crate) fn has_room(&mut self, now: Instant, wire_len: u32) -> bool {
        let Some(queue) = &self.queue else {
            return true;
        };
        while let Some((_, length)) = self.waiting.pop_front_if(|&mut (end, _)| end <= now) {
            self.waiting_bytes -= u64::from(length);
        }
        let bytes = self.waiting_bytes.saturating_add(u64::from(wire_len));
        queue.bytes.is_none_or(|most| bytes <= most)
            && queue
                .packets
                .is_none_or(|most| self.waiting.len() < most as usize)
    }

    /// The end of transmission of a frame that is ready at `ready`.
    pub(crate) fn transmit(&mut self, ready: Instant, wire_len: u32) -> Instant {
        if ready > self.free_at {
            self.free_at = ready;
            self.remainder = 0;
        }
        let rate = u128::from(self.config.bits_per_second);
        let scaled =
            u128::from(self.config.bits(wire_len)) * 1_000_000_000 + u128::from(self.remainder);
        self.remainder = (scaled % rate) as u64;
        let nanos = u64::try_from(scaled / rate).unwrap_or(u64::MAX);
        self.free_at = self.free_at.saturating_add_nanos(nanos);
        if self.queue.is_some() {
            self.waiting.push_back((self.free_at, wire_len));
            self.waiting_bytes += u64::from(wire_len);
        }
        self.free_at
    }
}
