//! A digest of everything that happens, in a fixed binary form: SHA-256 over the XXH3-128 of each
//! block.
//!
//! Nobody forges histories, so what the blocks need is a hash that no accident gets past, and that
//! is fast on every processor: on one without instructions for it, SHA-256 of the blocks
//! themselves would take as long as the rest of a run.

use netsim::{FrameId, Instant};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_128;

use crate::host::Datagram;

/// Bytes that are gathered before they are hashed.
const BLOCK: usize = 4096;
/// Most bytes of one event.
const LONGEST: usize = 64;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    hash: Sha256,
    pending: Box<[u8; BLOCK + LONGEST]>,
    len: usize,
}

impl Default for Digest {
    fn default() -> Digest {
        Digest {
            hash: Sha256::new(),
            pending: Box::new([0; BLOCK + LONGEST]),
            len: 0,
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
    Forged,
    Forwarded,
    Restart,
}

impl Digest {
    /// Adds an event: its code, its time, up to two numbers.
    pub(super) fn event(&mut self, code: Code, at: Instant, numbers: (u64, u64)) {
        let mut bytes = [0; 25];
        bytes[0] = code as u8;
        bytes[1..9].copy_from_slice(&at.as_nanos().to_le_bytes());
        bytes[9..17].copy_from_slice(&numbers.0.to_le_bytes());
        bytes[17..].copy_from_slice(&numbers.1.to_le_bytes());
        self.append(bytes);
        if self.len >= BLOCK {
            self.flush();
        }
    }

    /// Adds an event in which a segment appears.
    pub(super) fn frame(&mut self, code: Code, at: Instant, id: FrameId, frame: &Datagram) {
        let segment = &frame.packet.segment;
        let incarnation = u64::from(frame.tag().0) << 32 | u64::from(frame.entry);
        self.event(code, at, (id.0, incarnation));
        let mut bytes = [0; 15];
        bytes[..4].copy_from_slice(&segment.seq.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&segment.ack.0.to_le_bytes());
        bytes[8] = segment.flags.bits();
        bytes[9..11].copy_from_slice(&segment.window.to_le_bytes());
        bytes[11..].copy_from_slice(&segment.text.len.to_le_bytes());
        self.append(bytes);
    }

    /// Appends bytes; there is room for those of one event beyond a full block.
    fn append<const N: usize>(&mut self, bytes: [u8; N]) {
        self.pending[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
    }

    fn flush(&mut self) {
        let block = XxHash3_128::oneshot(&self.pending[..self.len]);
        self.hash.update(block.to_le_bytes());
        self.len = 0;
    }

    /// The digest of everything so far.
    pub(super) fn finish(&mut self) -> [u8; 32] {
        self.flush();
        self.hash.clone().finalize().into()
    }
}
