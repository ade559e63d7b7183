//! An observer of one endpoint who believes nothing: every transition, event, packet and status
//! is held against what was seen before.

use std::collections::{BTreeMap, BTreeSet};

use tcp_core::{
    ConnectionId, Endpoint, Event, Flow, Instant, Kind, Phase, Segment, SeqNum, Status, Tag,
    Transition, Transmit, wire,
};

/// What is known of a four-tuple.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The state that the last transition led to.
    pub(crate) phase: Phase,
    /// ISS and IRS as far as they were told.
    pub(crate) isns: (Option<SeqNum>, Option<SeqNum>),
    /// The last segment that was sent.
    pub(crate) sent: Segment,
}

impl Seen {
    const NOTHING: fn() -> Seen = || Seen {
        phase: Phase::Closed,
        isns: (None, None),
        sent: Segment::default(),
    };
}

/// The three marks of a connection that never go back.
#[derive(Clone, Copy, Debug)]
struct Marks {
    una: SeqNum,
    rcv_nxt: SeqNum,
    edge: SeqNum,
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Whether to print the history as it is lived, for a reader of a failing input.
    tells: bool,
    pub(crate) flows: BTreeMap<Flow, Seen>,
    /// Every connection that was ever named, in order.
    pub(crate) ids: Vec<ConnectionId>,
    closed: BTreeSet<ConnectionId>,
    released: BTreeSet<ConnectionId>,
    marks: BTreeMap<ConnectionId, Marks>,
    /// Octets that RECEIVE gave.
    received: BTreeMap<ConnectionId, u32>,
    packets: u64,
}

impl Watch {
    /// An observer who has seen nothing. With `TCP_CORE_HISTORY` in the environment it prints what
    /// it sees.
    pub(crate) fn new() -> Watch {
        Watch {
            tells: std::env::var_os("TCP_CORE_HISTORY").is_some(),
            ..Watch::default()
        }
    }

    /// Prints a line of the history.
    pub(crate) fn tell(&self, what: &dyn core::fmt::Debug) {
        if self.tells {
            eprintln!("{what:?}");
        }
    }

    /// What is known of a four-tuple, if anything.
    pub(crate) fn seen(&self, flow: Flow) -> Seen {
        self.flows.get(&flow).cloned().unwrap_or_else(Seen::NOTHING)
    }

    /// The user lets go of a connection: nothing more is to be heard of it.
    pub(crate) fn release(&mut self, id: ConnectionId) {
        self.released.insert(id);
    }

    /// RECEIVE gave the user so many octets.
    pub(crate) fn receive(&mut self, id: ConnectionId, octets: u32) {
        *self.received.entry(id).or_default() += octets;
    }

    /// A connection can be named.
    pub(crate) fn name(&mut self, id: ConnectionId) {
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    pub(crate) fn transition(&mut self, transition: Transition) {
        self.tell(&transition);
        let Transition { flow, from, to, .. } = transition;
        let seen = self.flows.entry(flow).or_insert_with(Seen::NOTHING);
        let absent = |phase| matches!(phase, Phase::Closed | Phase::Listen);
        assert!(
            seen.phase == from || (absent(seen.phase) && absent(from)),
            "{transition:?} leaves a state that it is not in: {:?}",
            seen.phase
        );
        assert!(is_legal(from, to), "{transition:?} is not in the diagram");
        if absent(from) {
            seen.isns = transition.isns;
        } else {
            seen.isns.0 = transition.isns.0.or(seen.isns.0);
            seen.isns.1 = transition.isns.1.or(seen.isns.1);
        }
        seen.phase = to;
        if let Some(id) = transition.id {
            self.name(id);
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.tell(&event);
        let id = match event {
            Event::Acceptable(_) => return,
            Event::Connected(id)
            | Event::Readable(id)
            | Event::Writable(id)
            | Event::PeerClosed(id)
            | Event::Struggling(id) => id,
            Event::Closed(id, _) => {
                assert!(self.closed.insert(id), "{event:?} for the second time");
                return;
            }
        };
        assert!(!self.closed.contains(&id), "{event:?} of a dead connection");
        assert!(!self.released.contains(&id), "{event:?} for nobody");
    }

    pub(crate) fn packet(&mut self, transmit: &Transmit) {
        self.tell(transmit);
        self.packets += 1;
        let packet = &transmit.packet;
        let segment = packet.segment;
        kind_fits(transmit);
        survives_the_wire(transmit);
        let flow = Flow {
            local: packet.source,
            remote: packet.target,
        };
        let Some(seen) = self.flows.get_mut(&flow) else {
            assert_eq!(transmit.ordinal, None, "{transmit:?} from nowhere");
            return;
        };
        if let (Some(offset), Some(iss)) = (segment.text.offset, seen.isns.0) {
            let first = segment.seq + u32::from(segment.flags.syn());
            assert_eq!(offset, first.distance_from(iss + 1), "{transmit:?}");
        }
        if transmit.kind != Kind::Rst {
            seen.sent = segment;
        }
    }

    /// Everything was drained: what the endpoint says of itself is what was seen.
    pub(crate) fn settled(&mut self, now: Instant, endpoint: &Endpoint) {
        let due = endpoint.next_deadline();
        assert!(
            due.is_none_or(|at| at > now),
            "at {now} the next deadline, {due:?}, is in the past"
        );
        assert_eq!(endpoint.counters().OutSegs, self.packets);
        let observed: Vec<_> = endpoint
            .observe()
            .into_iter()
            .map(|entry| (entry.flow, entry.phase))
            .collect();
        let expected: Vec<_> = self
            .flows
            .iter()
            .filter(|(_, seen)| !matches!(seen.phase, Phase::Closed | Phase::Listen))
            .map(|(&flow, seen)| (flow, seen.phase))
            .collect();
        assert_eq!(observed, expected, "entries and transitions differ");
        for &(flow, phase) in &observed {
            assert_eq!(endpoint.phase(flow), phase);
            assert!(endpoint.snd_nxt(flow).is_some());
        }
        for id in self.ids.clone() {
            self.status(endpoint, id);
        }
    }

    fn status(&mut self, endpoint: &Endpoint, id: ConnectionId) {
        let Some(status) = endpoint.status(id) else {
            return;
        };
        assert!(!self.closed.contains(&id), "{id:?} lives after Closed");
        let (una, nxt) = status.snd;
        assert!(!una.is_after(nxt), "SND.UNA beyond SND.NXT: {status:?}");
        let flow = endpoint.flow(id).expect("a live connection has one");
        assert_eq!(endpoint.snd_nxt(flow), Some(nxt));
        if status.phase == Phase::SynSent {
            return; // Nothing is known of the peer yet.
        }
        self.every_octet_is_accounted_for(endpoint, id, &status);
        let now = Marks {
            una,
            rcv_nxt: status.rcv_nxt,
            edge: status.rcv_nxt + status.rcv_wnd,
        };
        if let Some(before) = self.marks.insert(id, now) {
            let none_back = !now.una.is_before(before.una)
                && !now.rcv_nxt.is_before(before.rcv_nxt)
                && !now.edge.is_before(before.edge);
            assert!(none_back, "{before:?} went back: {status:?}");
        }
    }

    /// What lies between IRS and RCV.NXT was received by the user or waits for that.
    fn every_octet_is_accounted_for(&self, endpoint: &Endpoint, id: ConnectionId, status: &Status) {
        let irs = endpoint.flow(id).and_then(|flow| self.seen(flow).isns.1);
        let Some(irs) = irs.filter(|_| !self.released.contains(&id)) else {
            return;
        };
        let has_closed = matches!(
            status.phase,
            Phase::CloseWait | Phase::Closing | Phase::LastAck | Phase::TimeWait
        );
        let octets = status
            .rcv_nxt
            .distance_from(irs + 1 + u32::from(has_closed));
        let received = self.received.get(&id).copied().unwrap_or(0);
        assert_eq!(octets, received + status.unread, "{id:?}: {status:?}");
    }
}

/// The arrows of RFC 9293 Figure 5, with those that its text adds: any state may be aborted or
/// reset, a SYN,ACK may carry FIN, a listener may establish at once, TIME-WAIT may be left early.
fn is_legal(from: Phase, to: Phase) -> bool {
    use Phase::*;
    match from {
        Closed => matches!(to, SynSent),
        Listen => matches!(to, SynReceived | Established),
        SynSent => matches!(to, SynReceived | Established | Closed),
        SynReceived => matches!(to, Established | FinWait1 | CloseWait | Listen | Closed),
        Established => matches!(to, FinWait1 | CloseWait | Closed),
        FinWait1 => matches!(to, FinWait2 | Closing | TimeWait | Closed),
        FinWait2 => matches!(to, TimeWait | Closed),
        CloseWait => matches!(to, LastAck | Closed),
        Closing => matches!(to, TimeWait | Closed),
        LastAck => matches!(to, Closed),
        TimeWait => matches!(to, Listen | Closed),
    }
}

/// Whether flags and text are those of the kind.
fn kind_fits(transmit: &Transmit) {
    let segment = &transmit.packet.segment;
    let flags = segment.flags;
    let fits = match transmit.kind {
        Kind::Syn => flags.syn() && !flags.ack(),
        Kind::SynAck => flags.syn() && flags.ack(),
        Kind::Ack => flags.ack() && segment.is_empty(),
        Kind::Data => flags.ack() && !flags.syn() && !segment.text.is_empty(),
        Kind::Fin => flags.fin() && flags.ack() && segment.text.is_empty(),
        Kind::Rst => flags.rst() && segment.text.is_empty(),
        Kind::Probe => flags.ack() && !flags.syn(),
    };
    assert!(fits, "{transmit:?}");
    assert_eq!(flags.rst(), transmit.kind == Kind::Rst, "{transmit:?}");
    assert!(flags.ack() || segment.ack == SeqNum(0), "{transmit:?}");
}

/// Whether what is sent can be written and read back.
fn survives_the_wire(transmit: &Transmit) {
    let packet = &transmit.packet;
    let mut bytes = Vec::new();
    wire::encode(packet, &mut bytes).expect("what an endpoint sends fits");
    let (source, target) = (packet.source.ip(), packet.target.ip());
    let (mut read, _) = wire::decode(source, target, Tag(0), &bytes).expect("encode is decodable");
    assert_eq!(read.segment.text.len, packet.segment.text.len);
    (read.segment.text, read.tag) = (packet.segment.text, packet.tag);
    assert_eq!(&read, packet);
}
