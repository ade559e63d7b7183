//! What happened to chosen connections, as data: what ladders are drawn from and expectations
//! are compared with.

use std::collections::BTreeSet;

use netsim::{DropReason, FrameId, Instant, LinkId};
use tcp_core::{Flow, Phase, Reason, Tag};

use crate::host::Datagram;
use crate::plan::{End, HostId};

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// To which incarnation.
    pub tag: Tag,
    /// What.
    pub what: What,
}

/// The kinds of things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An end changed its state.
    Changed(Move),
    /// A host gave a segment to its link.
    Sent(LinkId, FrameId, Datagram),
    /// A fault put a copy of an earlier segment on the link.
    Replayed(LinkId, FrameId, Datagram),
    /// A segment entered a link that no host has sent.
    Forged(LinkId, FrameId, Datagram),
    /// The network copied a segment: the original, the copy.
    Copied(LinkId, FrameId, FrameId, Datagram),
    /// A fault holds or delays it; the fault's index, if known.
    Held(FrameId, Option<usize>),
    /// It goes on.
    Released(FrameId),
    /// A bit of it was flipped.
    Damaged(FrameId),
    /// A fault, of this index, changed its header.
    Rewritten(FrameId, usize),
    /// It is lost; the index of the fault, if one did it.
    Dropped(FrameId, DropReason, Option<usize>),
    /// It arrived.
    Delivered(FrameId),
    /// It arrived at a host that could not read it or had no power, just after `Delivered`.
    Unheard(Deafness),
    /// A server's application accepted the connection; whether no client wanted it.
    Accepted {
        /// The server.
        host: HostId,
        /// No client of the incarnation was there.
        is_spurious: bool,
    },
    /// An application was told that a connection, which no client had wanted, has failed.
    SpuriousError(HostId),
    /// The host lost power.
    PowerOff(HostId),
    /// The host is up again.
    Restart(HostId),
}

/// Why a host did not hear a segment that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deafness {
    /// The host has no power.
    PowerOff,
    /// A checksum was wrong.
    Damaged,
}

/// A change of one end's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where.
    pub host: HostId,
    /// Which end.
    pub end: End,
    /// The four-tuple as the host sees it.
    pub flow: Flow,
    /// The own initial sequence number, if the change made the entry.
    pub iss: Option<u32>,
    /// The state that was left: at a server LISTEN if there was no entry, at a client CLOSED.
    pub from: Phase,
    /// The state that was entered.
    pub to: Phase,
    /// Why; `None` if the host lost power.
    pub reason: Option<Reason>,
}

/// The history of chosen incarnations, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    chosen: Vec<Tag>,
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Whether more happened than is kept.
    pub is_cut: bool,
}

/// Most entries that are kept.
const MOST_ENTRIES: usize = 200_000;

impl Trace {
    /// An empty history of these incarnations.
    pub fn of(mut chosen: Vec<Tag>) -> Trace {
        chosen.sort_unstable();
        Trace {
            chosen,
            ..Trace::default()
        }
    }

    /// Whether this incarnation's history is kept.
    pub fn follows(&self, tag: Tag) -> bool {
        let is_possible = self.chosen.last().is_some_and(|last| tag <= *last);
        is_possible && self.chosen.binary_search(&tag).is_ok()
    }

    /// Forgets all incarnations but one.
    pub fn keep(&mut self, tag: Tag) {
        self.chosen.retain(|chosen| *chosen == tag);
        self.entries.retain(|entry| entry.tag == tag);
    }

    /// Adds an entry, if its incarnation is chosen.
    pub fn note(&mut self, at: Instant, tag: Tag, what: What) {
        if self.follows(tag) {
            self.push(Entry { at, tag, what });
        }
    }

    /// Adds an entry about all incarnations.
    pub fn note_for_all(&mut self, at: Instant, what: What) {
        for tag in self.chosen.clone() {
            self.push(Entry { at, tag, what });
        }
    }

    /// Frames of the chosen incarnations that have neither arrived nor been lost.
    pub fn frames_under_way(&self) -> usize {
        self.entries
            .iter()
            .fold(0, |count, entry| match entry.what {
                What::Sent(..) | What::Replayed(..) | What::Forged(..) | What::Copied(..) => {
                    count + 1
                }
                What::Delivered(_) | What::Dropped(..) => count.saturating_sub(1),
                _ => count,
            })
    }

    /// Whether something was let go or put into the network by a script, and all of that was lost.
    pub fn is_late_lost(&self) -> bool {
        let mut late = BTreeSet::new();
        let mut is_any = false;
        for entry in &self.entries {
            match &entry.what {
                What::Released(id) | What::Replayed(_, id, _) | What::Forged(_, id, _) => {
                    late.insert(*id);
                    is_any = true;
                }
                What::Dropped(id, ..) => {
                    late.remove(id);
                }
                _ => {}
            }
        }
        is_any && late.is_empty()
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push(entry);
        } else {
            self.is_cut = true;
        }
    }
}
