//! Every frame of a run, as it was on the wire and as each host saw it.
//!
//! A capture is made by a run of its own, which is the same run again: who does not ask for one
//! pays nothing.

mod file;
mod tap;

use netsim::Instant;

use crate::host::Datagram;
use crate::passage::Passages;
use crate::plan::Plan;
use crate::trial::TrialError;

pub use tap::Tap;
pub(crate) use tap::Tapped;

/// Most frames of a capture: what would be a gigabyte is better looked at in a shorter run.
const MOST_FRAMES: u64 = 1_000_000;

/// Who saw a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The wire, whichever link it is.
    Wire,
    /// The host that sent it.
    Sender,
    /// The host that it reached.
    Receiver,
}

/// One frame at one place.
#[derive(Clone, Copy, Debug)]
struct Sight {
    at: Instant,
    place: Place,
    id: netsim::FrameId,
    /// As it was there; on the wire, as it is when the network has done with it.
    frame: Datagram,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    passages: Passages,
    sights: Vec<Sight>,
    frames: u64,
}

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The run failed.
    #[error(transparent)]
    Trial(#[from] Box<TrialError>),
    /// The run is too long for a file that anybody could open.
    #[error(
        "a capture has at most {MOST_FRAMES} frames, and this run has {0}; a shorter `run.until` \
         or fewer connections make fewer, and `output.pcapng = false` does without"
    )]
    TooMany(u64),
    /// The runs of a sweep are too many for what a folder, and the memory, should hold.
    #[error(
        "the captures of an experiment have at most {0} frames together; a shorter `run.until`, \
         fewer connections or fewer points make fewer, and `output.pcapng = false` does without"
    )]
    TooManyTogether(u64),
    /// A segment has no form on the wire.
    #[error("cannot capture a segment of connection {0}, which fits into no IP datagram")]
    TooLong(u32),
    /// The format has no room for something.
    #[error("cannot write the capture: {0}")]
    Format(String),
}

impl Capture {
    /// How many frames there were on the wire.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The capture as a file in the format pcapng (draft-ietf-opsawg-pcapng): interface 0 is the
    /// wire, the others are the hosts in the order of the plan.
    ///
    /// # Errors
    /// If there are too many frames, or one has no form on the wire.
    pub fn to_pcapng(&self, plan: &Plan) -> Result<Vec<u8>, CaptureError> {
        if self.frames > MOST_FRAMES {
            return Err(CaptureError::TooMany(self.frames));
        }
        file::write(self, plan)
    }
}
