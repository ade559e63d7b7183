//! A recorder that keeps a log of everything.

use netsim::{FrameId, Instant};

use super::Recorder;
use crate::events::Log;
use crate::plan::Plan;

impl Recorder {
    /// The record of a run of this plan with a log of it.
    pub fn with_log(plan: &Plan) -> Recorder {
        Recorder {
            log: Some(Box::new(Log::new(plan))),
            ..Recorder::new(plan, Vec::new())
        }
    }

    /// Whether there is a log. Only such a recorder need be told what it does not count.
    pub fn has_log(&self) -> bool {
        self.log.is_some()
    }

    /// The log, if there is one, when everything before this moment is in it: a host loses power
    /// without anybody noticing at once.
    pub fn log(&mut self, now: Instant) -> Option<&mut Log> {
        if self.log.is_some() {
            self.cut_power(now);
        }
        self.log.as_deref_mut()
    }

    /// Takes the log of a run that is over.
    pub fn take_log(&mut self) -> Option<Log> {
        self.log.take().map(|log| *log)
    }

    /// The first passage of a frame that routers have sent on.
    pub fn first_passage(&self, id: FrameId) -> FrameId {
        self.transit.first(id)
    }
}
