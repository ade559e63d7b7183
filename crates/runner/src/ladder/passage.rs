//! One segment's way over the network, from leaving to arriving or whatever befell it.

use std::collections::BTreeMap;

use netsim::{DropReason, FrameId, Instant};

use crate::host::Datagram;
use crate::plan::End;
use crate::story::Story;
use crate::trace::{Deafness, What};

/// Where a passage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A host sent it.
    Host,
    /// The network copied another.
    Copy,
    /// A fault played it again.
    Replay,
    /// Nobody sent it.
    Forgery,
}

/// One passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) from: End,
    pub(super) source: Source,
    pub(super) frame: Datagram,
    pub(super) left: Instant,
    /// When a fault caught it, and the fault's index.
    pub(super) held: Option<(Instant, Option<usize>)>,
    pub(super) released: Option<Instant>,
    pub(super) arrived: Option<Instant>,
    pub(super) dropped: Option<(Instant, DropReason, Option<usize>)>,
    pub(super) is_damaged: bool,
    /// The fault that changed its header.
    pub(super) rewritten: Option<usize>,
    pub(super) unheard: Option<Deafness>,
}

impl Passage {
    /// The end that it goes to.
    pub(super) fn to(&self) -> End {
        match self.from {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }

    /// Whether a fault caught it.
    pub(super) fn was_held(&self) -> bool {
        self.held.is_some()
    }
}

/// Every passage of a story.
pub(super) fn collect(story: &Story<'_>) -> BTreeMap<FrameId, Passage> {
    let mut passages = BTreeMap::new();
    let mut last_delivered = None;
    for entry in story.entries() {
        let mut start = |id: &FrameId, source, frame: &Datagram| {
            let is_from_client = frame.packet.source == story.flow.local;
            let passage = Passage {
                from: if is_from_client {
                    End::Client
                } else {
                    End::Server
                },
                source,
                frame: *frame,
                left: entry.at,
                held: None,
                released: None,
                arrived: None,
                dropped: None,
                is_damaged: false,
                rewritten: None,
                unheard: None,
            };
            passages.insert(*id, passage);
        };
        match &entry.what {
            What::Sent(_, id, frame) => start(id, Source::Host, frame),
            What::Copied(_, _, id, frame) => start(id, Source::Copy, frame),
            What::Replayed(_, id, frame) => start(id, Source::Replay, frame),
            What::Forged(_, id, frame) => start(id, Source::Forgery, frame),
            What::Held(id, fault) => change(&mut passages, *id, |passage| {
                passage.held = Some((entry.at, *fault));
            }),
            What::Released(id) => change(&mut passages, *id, |passage| {
                passage.released = Some(entry.at);
            }),
            What::Damaged(id) => change(&mut passages, *id, |passage| passage.is_damaged = true),
            What::Rewritten(id, fault) => change(&mut passages, *id, |passage| {
                passage.rewritten = Some(*fault);
            }),
            What::Dropped(id, reason, fault) => change(&mut passages, *id, |passage| {
                passage.dropped = Some((entry.at, *reason, *fault));
            }),
            What::Delivered(id) => {
                last_delivered = Some(*id);
                change(&mut passages, *id, |passage| {
                    passage.arrived = Some(entry.at);
                });
            }
            What::Unheard(deafness) => {
                if let Some(id) = last_delivered {
                    change(&mut passages, id, |passage| {
                        passage.unheard = Some(*deafness);
                    });
                }
            }
            What::Changed(_)
            | What::Accepted { .. }
            | What::SpuriousError(_)
            | What::PowerOff(_) => {}
        }
    }
    passages
}

fn change(passages: &mut BTreeMap<FrameId, Passage>, id: FrameId, act: impl FnOnce(&mut Passage)) {
    if let Some(passage) = passages.get_mut(&id) {
        act(passage);
    }
}
