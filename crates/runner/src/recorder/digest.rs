//! A running SHA-256 over everything that happens, in a fixed binary form.

use netsim::{FrameId, Instant};
use sha2::{Digest as _, Sha256};

use crate::host::Datagram;

/// Bytes that are gathered before they are hashed.
const BLOCK: usize = 4096;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    hash: Sha256,
    pending: Vec<u8>,
}

impl Default for Digest {
    fn default() -> Digest {
        Digest {
            hash: Sha256::new(),
            pending: Vec::with_capacity(BLOCK + 64),
        }
    }
}

/// What an event is, in the binary form.
#[derive(Clone, Copy)]
pub(super) enum Code {
    Sent = 1,
    Replayed,
    Copied,
    Released,
    Dropped,
    Delivered,
    Damaged,
    Changed,
    Accepted,
    PowerOff,
}

impl Digest {
    /// Adds an event: its code, its time, up to two numbers.
    pub(super) fn event(&mut self, code: Code, at: Instant, numbers: (u64, u64)) {
        self.pending.push(code as u8);
        self.pending.extend(at.as_nanos().to_le_bytes());
        self.pending.extend(numbers.0.to_le_bytes());
        self.pending.extend(numbers.1.to_le_bytes());
        if self.pending.len() >= BLOCK {
            self.flush();
        }
    }

    /// Adds an event in which a segment appears.
    pub(super) fn frame(&mut self, code: Code, at: Instant, id: FrameId, frame: &Datagram) {
        let segment = &frame.packet.segment;
        let incarnation = u64::from(frame.tag().0) << 32 | u64::from(frame.entry);
        self.event(code, at, (id.0, incarnation));
        self.pending.extend(segment.seq.0.to_le_bytes());
        self.pending.extend(segment.ack.0.to_le_bytes());
        self.pending.push(segment.flags.bits());
        self.pending.extend(segment.window.to_le_bytes());
        self.pending.extend(segment.text.len.to_le_bytes());
    }

    fn flush(&mut self) {
        self.hash.update(&self.pending);
        self.pending.clear();
    }

    /// The digest of everything so far.
    pub(super) fn finish(&mut self) -> [u8; 32] {
        self.flush();
        self.hash.clone().finalize().into()
    }
}
