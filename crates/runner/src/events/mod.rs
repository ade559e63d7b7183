//! Everything that happens in a run, in order, one JSON object in each line: `events.jsonl`.
//!
//! A log is kept by a run of its own, which is the same run again: who does not ask for one pays
//! nothing.

mod line;
mod names;
mod network;

use std::collections::BTreeMap;

use netsim::{FrameId, Instant, LinkId};
use serde::Serialize;
use tcp_core::{Flow, Outcome, Phase, Tag};

use crate::host::Datagram;
use crate::plan::{End, HostId, Plan};
use crate::trace::{Deafness, Move};

use line::{AtHost, ByApplication, Line, OfHost, OnLink, StateChange};
pub(crate) use network::Logged;

/// Most events of a log: what would be some hundred megabytes is better looked at in a shorter run.
const MOST_EVENTS: u64 = 1_000_000;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The run is too long for a file that anybody could read.
    #[error(
        "a log has at most {MOST_EVENTS} events, and this run has {0}; a shorter `run.until` or \
         fewer connections make fewer, and `output.events = false` does without"
    )]
    TooMany(u64),
    /// The logs of several policies and points are too much for the memory.
    #[error(
        "the logs of an experiment have at most {0} events together; a shorter `run.until`, fewer \
         connections, policies or points make fewer, and `output.events = false` does without"
    )]
    TooManyTogether(u64),
}

/// What an application does, or is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It calls OPEN, and there is a connection now.
    Open,
    /// It calls OPEN, and the four-tuple is in use.
    OpenFailed,
    /// It gets a connection from a listener; whether no client wants it any more.
    Accept {
        /// No client of the incarnation was there.
        is_spurious: bool,
    },
    /// The send buffer takes so many bytes.
    Send(u64),
    /// It reads so many bytes.
    Read(u64),
    /// It learns that the other end has closed.
    PeerClosed,
    /// It calls CLOSE.
    Close,
    /// It calls ABORT.
    Abort,
    /// It is warned that deliveries fail again and again.
    Struggling,
    /// It is told that the connection is over.
    Ended(Outcome),
}

/// Why a listener dropped a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The SYN queue had no room.
    SynQueueFull,
    /// The accept queue had no room.
    AcceptQueueFull,
    /// The SYN was taken for an old one.
    StaleSyn,
    /// Something else, such as `max_syn_backlog`.
    Other,
}

/// The log of one run.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Lines,
    plan: Box<Plan>,
    /// Which fault acted on a frame.
    hits: BTreeMap<FrameId, usize>,
    /// The passage that has just ended at a host.
    arrived: Option<(LinkId, FrameId)>,
}

#[derive(Clone, Debug, Default)]
struct Lines {
    text: Vec<u8>,
    /// How many events there were; beyond the most that are kept they are only counted.
    count: u64,
}

impl Lines {
    fn put(&mut self, at: Instant, event: &'static str, what: impl Serialize) {
        self.count += 1;
        if self.count > MOST_EVENTS {
            return;
        }
        let time_ns = at.as_nanos();
        let line = Line {
            time_ns,
            event,
            what,
        };
        // Strings and numbers always have a representation in JSON.
        self.text
            .extend(serde_json::to_vec(&line).unwrap_or_default());
        self.text.push(b'\n');
    }
}

impl Log {
    /// An empty log of a run of this plan.
    pub fn new(plan: &Plan) -> Log {
        Log {
            lines: Lines::default(),
            plan: Box::new(plan.clone()),
            hits: BTreeMap::new(),
            arrived: None,
        }
    }

    /// How many events there were.
    pub fn count(&self) -> u64 {
        self.lines.count
    }

    /// The file.
    ///
    /// # Errors
    /// If there are too many events.
    pub fn into_text(self) -> Result<Vec<u8>, EventsError> {
        if self.lines.count > MOST_EVENTS {
            return Err(EventsError::TooMany(self.lines.count));
        }
        Ok(self.lines.text)
    }

    /// A scripted fault has acted on a frame.
    pub fn hit(&mut self, id: FrameId, fault: usize) {
        self.hits.insert(id, fault);
    }

    /// An end has changed its state; `entry` is 0 at the client, and the number of the server's
    /// entry among the incarnation's.
    pub fn changed(&mut self, now: Instant, tag: Tag, entry: u32, change: &Move) {
        let line = StateChange {
            host: names::host(&self.plan, change.host),
            role: names::role(change.end),
            connection: tag.0,
            entry,
            local: Some(change.flow.local),
            remote: Some(change.flow.remote),
            oldstate: change.from.name(),
            newstate: change.to.name(),
            reason: names::reason(change.reason),
            iss: change.iss,
        };
        self.lines.put(now, "state", line);
    }

    /// A host has lost power, and with it what one end was.
    pub fn forgotten(
        &mut self,
        now: Instant,
        (tag, entry): (Tag, u32),
        host: HostId,
        end: End,
        from: Phase,
    ) {
        let line = StateChange {
            host: names::host(&self.plan, host),
            role: names::role(end),
            connection: tag.0,
            entry,
            local: None,
            remote: None,
            oldstate: from.name(),
            newstate: Phase::Closed.name(),
            reason: names::reason(None),
            iss: None,
        };
        self.lines.put(now, "state", line);
    }

    /// A host has lost power, or has it again.
    pub fn switched(&mut self, now: Instant, host: HostId, is_back: bool) {
        let event = if is_back { "restart" } else { "power_off" };
        let host = names::host(&self.plan, host);
        self.lines.put(now, event, OfHost { host });
    }

    /// An application has done something, or was told something.
    pub fn acted(
        &mut self,
        now: Instant,
        host: HostId,
        (tag, end): (Tag, End),
        flow: Option<Flow>,
        act: Act,
    ) {
        let mut line = ByApplication {
            host: names::host(&self.plan, host),
            role: names::role(end),
            connection: tag.0,
            local: flow.map(|flow| flow.local),
            remote: flow.map(|flow| flow.remote),
            bytes: None,
            spurious: None,
            outcome: None,
        };
        let event = match act {
            Act::Open => "open",
            Act::OpenFailed => "open_failed",
            Act::Accept { is_spurious } => {
                line.spurious = Some(is_spurious);
                "accept"
            }
            Act::Send(bytes) => {
                line.bytes = Some(bytes);
                "send"
            }
            Act::Read(bytes) => {
                line.bytes = Some(bytes);
                "read"
            }
            Act::PeerClosed => "peer_closed",
            Act::Close => "close",
            Act::Abort => "abort",
            Act::Struggling => "struggling",
            Act::Ended(outcome) => {
                line.outcome = Some(names::outcome(outcome));
                "ended"
            }
        };
        self.lines.put(now, event, line);
    }

    /// A listener has dropped the segment that has just arrived.
    pub fn refused(&mut self, now: Instant, host: HostId, frame: &Datagram, why: Refusal) {
        let Some((link, id)) = self.arrived else {
            return;
        };
        let line = AtHost {
            host: names::host(&self.plan, host),
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            reason: Some(names::refusal(why)),
        };
        self.lines.put(now, "listener_drop", line);
    }

    /// A host does not hear the segment that has just arrived.
    pub fn unheard(&mut self, now: Instant, host: HostId, frame: &Datagram, why: Deafness) {
        let Some((link, id)) = self.arrived else {
            return;
        };
        let line = AtHost {
            host: names::host(&self.plan, host),
            on: OnLink::new(names::link(&self.plan, link), id, frame),
            reason: Some(names::deafness(why)),
        };
        self.lines.put(now, "unheard", line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    #[test]
    fn a_log_that_is_too_long_is_refused_with_its_length() {
        let text = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"9s\" }\n[link.c2s]\n\
                    [link.s2c]\n[[connection]]\nfrom = \"client:5555\"\n";
        let experiment = Experiment::parse("x.toml", text, &[]).expect("it is good");
        let mut log = Log::new(&experiment.plan);
        log.lines.count = MOST_EVENTS - 1;
        log.switched(Instant::ZERO, HostId(0), false);
        let kept = log.lines.text.clone();
        assert!(log.clone().into_text().is_ok());
        log.switched(Instant::ZERO, HostId(0), true);
        assert_eq!(log.lines.text, kept);
        let error = log.into_text().expect_err("one too many").to_string();
        assert!(error.contains("this run has 1000001"), "{error}");
    }
}
