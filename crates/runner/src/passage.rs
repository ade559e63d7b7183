//! One segment's way over the network, from leaving to arriving or whatever befell it.

use std::collections::BTreeMap;

use netsim::{DropReason, FrameId, Instant, LinkId};
use tcp_core::Kind;

use crate::host::Datagram;
use crate::trace::Deafness;

/// Where a passage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
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
pub struct Passage {
    /// The link.
    pub link: LinkId,
    /// Who put it there.
    pub source: Source,
    /// The segment.
    pub frame: Datagram,
    /// When it was put on the link.
    pub left: Instant,
    /// When a fault caught it, and the fault's index.
    pub held: Option<(Instant, Option<usize>)>,
    /// When it went on.
    pub released: Option<Instant>,
    /// When it reached the host at the end of the link.
    pub arrived: Option<Instant>,
    /// When and why it was lost; the index of the fault, if one did it.
    pub dropped: Option<(Instant, DropReason, Option<usize>)>,
    /// Whether bits were flipped.
    pub is_damaged: bool,
    /// The fault that changed its header.
    pub rewritten: Option<usize>,
    /// Why the host did not hear it.
    pub unheard: Option<Deafness>,
    /// Set if a segment with SYN, FIN or text is late: what it carries had already arrived with a
    /// later transmission.
    pub stale: Option<Overtaken>,
}

/// What a stale segment is, by the number of times that its sender had sent the same before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtaken {
    /// The number of the transmission that is late; 0 for the original.
    pub own: u32,
    /// The number of the later transmission that arrived before it.
    pub by: u32,
}

impl Passage {
    /// The beginning of a passage.
    pub fn new(left: Instant, link: LinkId, source: Source, frame: Datagram) -> Passage {
        Passage {
            link,
            source,
            frame,
            left,
            held: None,
            released: None,
            arrived: None,
            dropped: None,
            is_damaged: false,
            rewritten: None,
            unheard: None,
            stale: None,
        }
    }

    /// Whether a fault caught it.
    pub fn was_held(&self) -> bool {
        self.held.is_some()
    }

    /// How long a fault held it, if it was let go.
    pub fn held_nanos(&self) -> Option<u64> {
        let ((caught, _), released) = (self.held?, self.released?);
        Some(released.as_nanos() - caught.as_nanos())
    }

    /// What it shares with the other transmissions of the same; `None` for segments that take up
    /// no sequence numbers, which are never retransmitted.
    fn content(&self) -> Option<Content> {
        let packet = &self.frame.packet;
        let is_sent_again = matches!(
            self.frame.kind,
            Kind::Syn | Kind::SynAck | Kind::Data | Kind::Fin
        );
        is_sent_again.then_some(Content {
            link: self.link,
            tag: packet.tag.0,
            entry: self.frame.entry,
            kind: self.frame.kind,
            seq: packet.segment.seq.0,
        })
    }
}

/// What retransmissions of a segment have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Content {
    link: LinkId,
    tag: u32,
    entry: u32,
    kind: Kind,
    seq: u32,
}

/// Passages by the identity of their frames, which is also the order in which they began.
pub type Passages = BTreeMap<FrameId, Passage>;

/// Marks the passages that are stale.
pub fn mark_stale(passages: &mut Passages) {
    let mut sendings: BTreeMap<Content, Vec<Instant>> = BTreeMap::new();
    let mut arrivals: BTreeMap<Content, Vec<(Instant, Instant)>> = BTreeMap::new();
    for passage in passages.values() {
        let Some(content) = passage.content() else {
            continue;
        };
        let sent = passage.frame.sent;
        let known = sendings.entry(content).or_default();
        if !known.contains(&sent) {
            known.push(sent);
        }
        if let Some(arrived) = passage.arrived {
            arrivals.entry(content).or_default().push((arrived, sent));
        }
    }
    for passage in passages.values_mut() {
        let (Some(content), Some(arrived)) = (passage.content(), passage.arrived) else {
            continue;
        };
        let sent = passage.frame.sent;
        let (Some(sendings), Some(arrivals)) = (sendings.get(&content), arrivals.get(&content))
        else {
            continue;
        };
        let number = |sent: Instant| sendings.iter().filter(|other| **other < sent).count() as u32;
        let later = arrivals
            .iter()
            .filter(|(at, of)| *at < arrived && *of > sent);
        passage.stale = later.min().map(|(_, of)| Overtaken {
            own: number(sent),
            by: number(*of),
        });
    }
}
