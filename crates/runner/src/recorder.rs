//! Everything that is known of a run, gathered while it goes on: the network and the hosts tell,
//! nobody is asked.

mod digest;
mod origins;
mod power;
mod transit;

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use netsim::{DropReason, Ending, FrameId, Instant, LinkId, Observer};
use tcp_core::{Flags, Phase, Reason, Tag};

use crate::census::{Areas, Census, Change};
use crate::host::Datagram;
use crate::plan::{ConnectionId, End, HostId, Plan, SequenceExpression};
use crate::trace::{Move, Trace, What};

use digest::{Code, Digest};
use origins::Origins;
use power::Power;
use transit::Transit;

/// What is counted one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Segments sent.
    Segments,
    /// Of these, with SYN and ACK.
    SynAcks,
    /// Of these, with RST.
    Resets,
    /// Segments with RST that a host heard.
    ResetsHeard,
    /// Challenge ACKs sent.
    ChallengeAcks,
    /// Connections accepted that no client wanted.
    SpuriousAccepts,
    /// Bytes delivered to a server's application a second time.
    DuplicateBytes,
    /// Errors told about connections that no client wanted.
    SpuriousErrors,
    /// Spurious accepts whose SYN was older than the policy takes a segment to become.
    AssumptionViolations,
}

/// Number of [`Count`]s.
const COUNTS: usize = Count::AssumptionViolations as usize + 1;

/// Everything that only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connection-nanoseconds in each class.
    pub areas: Areas,
    counts: [u64; COUNTS],
    /// Number of OPENs that have succeeded.
    pub connects: usize,
}

impl Totals {
    /// One count.
    pub fn count(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Totals) -> Totals {
        Totals {
            areas: self.areas.since(&earlier.areas),
            counts: std::array::from_fn(|index| self.counts[index] - earlier.counts[index]),
            connects: self.connects - earlier.connects,
        }
    }
}

/// The first connections that something befell, by how telling that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// A SYN made an entry although its client was gone.
    stale: Option<Tag>,
    /// A scripted fault touched a segment.
    fault: Option<Tag>,
    /// The network lost, copied or damaged a segment.
    network: Option<Tag>,
}

impl Troubles {
    /// The connection whose story is worth telling.
    pub fn most_telling(&self) -> Option<Tag> {
        self.stale.or(self.fault).or(self.network)
    }
}

/// The moment from which "after the fault" counts.
#[derive(Clone, Copy, Debug)]
struct Release {
    at: Instant,
    totals: Totals,
    /// How long the trace was.
    position: usize,
}

/// The record of one run.
#[derive(Clone, Debug)]
pub struct Recorder {
    census: Census,
    counts: [u64; COUNTS],
    /// From OPEN to the client's ESTABLISHED, in nanoseconds, in order of success.
    connect_times: Vec<u64>,
    /// When each incarnation was opened, by tag.
    opened: Vec<Instant>,
    release: Option<Release>,
    digest: Digest,
    trace: Trace,
    troubles: Troubles,
    power: Power,
    origins: Origins,
    transit: Transit,
    /// The host of each incarnation's client and server, by tag; kept only if hosts lose power.
    homes: Vec<[HostId; 2]>,
    /// Which fault acted on a frame that has not ended yet.
    hit: BTreeMap<FrameId, usize>,
    /// Copies that a script made and that wait: their release is not that of a held segment.
    waiting_copies: BTreeSet<FrameId>,
    last_copy: Option<FrameId>,
}

impl Recorder {
    /// The record of a run of this plan that keeps the history of these incarnations.
    pub fn new(plan: &Plan, chosen: Vec<Tag>) -> Recorder {
        Recorder {
            census: Census::default(),
            counts: [0; COUNTS],
            connect_times: Vec::new(),
            opened: Vec::new(),
            release: None,
            digest: Digest::default(),
            trace: Trace::of(chosen),
            troubles: Troubles::default(),
            power: Power::new(plan),
            origins: Origins::new(plan),
            transit: Transit::new(plan),
            homes: Vec::new(),
            hit: BTreeMap::new(),
            waiting_copies: BTreeSet::new(),
            last_copy: None,
        }
    }

    /// The census.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// The history of the chosen incarnations.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The connections that something befell.
    pub fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// When the last held segment was released, if one was, and the totals at that moment.
    pub fn last_release(&self) -> Option<(Instant, &Totals)> {
        self.release.as_ref().map(|found| (found.at, &found.totals))
    }

    /// When the last held segment was released, if one was, and the position in the trace.
    pub fn release_position(&self) -> Option<(Instant, usize)> {
        self.release
            .as_ref()
            .map(|found| (found.at, found.position))
    }

    /// From OPEN to the client's ESTABLISHED, in nanoseconds, in order of success.
    pub fn connect_times(&self) -> &[u64] {
        &self.connect_times
    }

    /// Everything that only grows, up to now.
    pub fn totals(&self, now: Instant) -> Totals {
        Totals {
            areas: self.census.areas(now),
            counts: self.counts,
            connects: self.connect_times.len(),
        }
    }

    /// Lets time pass to the end of the run and closes the digest.
    pub fn finish(&mut self, end: Instant) -> [u8; 32] {
        self.cut_power(end.saturating_add_nanos(1));
        self.digest.finish()
    }

    /// Counts something.
    pub fn count(&mut self, what: Count, by: u64) {
        self.counts[what as usize] += by;
    }

    /// Whether the host has lost power by now; if so, its connections are gone.
    pub fn is_off(&mut self, now: Instant, host: HostId) -> bool {
        if self.power.is_reliable() || !self.power.is_off(now, host) {
            return false;
        }
        self.cut_power(now.saturating_add_nanos(1));
        true
    }

    /// Takes away the connections of every host that lost power before this moment.
    fn cut_power(&mut self, before: Instant) {
        while let Some((at, host)) = self.power.next_cut(before) {
            self.digest.event(Code::PowerOff, at, (host.0 as u64, 0));
            self.trace.note_for_all(at, What::PowerOff(host));
            for index in 0..self.homes.len() {
                let tag = Tag(index as u32);
                let (client, server) = self.census.phases(tag);
                for (end, phase) in [(End::Client, client), (End::Server, server)] {
                    if phase.is_some() && self.homes[index][end as usize] == host {
                        let entry = match end {
                            End::Client => 0,
                            End::Server => self.census.newest_entry(tag),
                        };
                        let change = Change {
                            tag,
                            end,
                            entry,
                            from: phase,
                            to: None,
                        };
                        self.census.apply(at, &change);
                    }
                }
            }
        }
    }

    /// An end has changed its state. `entry` is as in [`Change::entry`].
    pub fn changed(&mut self, now: Instant, tag: Tag, entry: u32, change: Move) {
        if !self.power.is_reliable() {
            self.cut_power(now);
            self.power.on_phase(now, change.host, tag, change.to);
            self.settle_home(tag, change.end, change.host);
        }
        let numbers = (
            u64::from(tag.0) << 32 | u64::from(entry),
            (change.end as u64) << 16 | (change.from as u64) << 8 | change.to as u64,
        );
        self.digest.event(Code::Changed, now, numbers);
        let present = |phase| (!matches!(phase, Phase::Closed | Phase::Listen)).then_some(phase);
        let (from, to) = (present(change.from), present(change.to));
        let by_syn = from.is_none() && change.reason != Some(Reason::Open);
        if change.end == End::Server && by_syn && !self.census.wants(tag, entry) {
            self.troubles.stale.get_or_insert(tag);
        }
        self.census.apply(
            now,
            &Change {
                tag,
                end: change.end,
                entry,
                from,
                to,
            },
        );
        self.origins.note(tag, change.end, change.iss);
        if change.end == End::Client {
            self.time_opening(now, tag, &change);
        }
        self.trace.note(now, tag, What::Changed(change));
    }

    /// What a sequence number of this connection stands for now; `None` if it counts from an
    /// initial one that nobody has chosen yet.
    pub fn sequence_number(
        &self,
        connection: Option<ConnectionId>,
        expression: SequenceExpression,
    ) -> Option<u32> {
        self.origins.resolve(connection, expression)
    }

    /// Measures the time from OPEN to ESTABLISHED.
    fn time_opening(&mut self, now: Instant, tag: Tag, change: &Move) {
        let index = tag.0 as usize;
        if change.reason == Some(Reason::Open) {
            if self.opened.len() <= index {
                self.opened.resize(index + 1, Instant::ZERO);
            }
            self.opened[index] = now;
        } else if change.to == Phase::Established
            && let Some(&opened) = self.opened.get(index)
        {
            self.connect_times.push(now.as_nanos() - opened.as_nanos());
        }
    }

    fn settle_home(&mut self, tag: Tag, end: End, host: HostId) {
        let index = tag.0 as usize;
        if self.homes.len() <= index {
            self.homes.resize(index + 1, [HostId(usize::MAX); 2]);
        }
        self.homes[index][end as usize] = host;
    }

    /// A server's application accepts a connection; says whether no client wants it.
    pub fn accepted(&mut self, now: Instant, host: HostId, tag: Tag, entry: u32) -> bool {
        let is_spurious = !self.census.wants(tag, entry);
        self.count(Count::SpuriousAccepts, u64::from(is_spurious));
        let numbers = (u64::from(tag.0), u64::from(is_spurious));
        self.digest.event(Code::Accepted, now, numbers);
        self.trace
            .note(now, tag, What::Accepted { host, is_spurious });
        is_spurious
    }

    /// An application is told that a connection, which no client had wanted, has failed.
    pub fn spurious_error(&mut self, now: Instant, host: HostId, tag: Tag) {
        self.count(Count::SpuriousErrors, 1);
        self.trace.note(now, tag, What::SpuriousError(host));
    }

    /// A segment that a host has heard.
    pub fn heard(&mut self, frame: &Datagram) {
        let is_reset = frame.packet.segment.flags.rst();
        self.count(Count::ResetsHeard, u64::from(is_reset));
    }

    /// A segment has arrived at a host that did not hear it.
    pub fn unheard(&mut self, now: Instant, tag: Tag, what: What) {
        if let Some(first) = self.transit.stays() {
            self.trace.note(now, tag, What::Delivered(first));
        }
        self.trace.note(now, tag, what);
    }

    /// A scripted fault has acted on a frame.
    pub fn hit(&mut self, id: FrameId, fault: usize, frame: &Datagram) {
        self.hit.insert(id, fault);
        self.troubles.fault.get_or_insert(frame.tag());
    }

    /// The fault that acted on a frame which has not ended yet, by its index.
    pub fn fault_of(&self, id: FrameId) -> Option<usize> {
        self.hit.get(&id).copied()
    }

    /// A fault changed the header of a frame.
    pub fn rewritten(&mut self, now: Instant, id: FrameId, fault: usize, frame: &Datagram) {
        let first = self.transit.first(id);
        self.trace
            .note(now, frame.tag(), What::Rewritten(first, fault));
    }

    /// The end of a frame's passage.
    fn ended(&mut self, now: Instant, id: FrameId, ending: Ending) -> Option<usize> {
        if self.hit.is_empty() {
            return None;
        }
        let fault = self.hit.remove(&id)?;
        self.power.on_fate(now, fault, ending);
        Some(fault)
    }

    /// From now on counts what is "after the fault".
    fn fault_is_over(&mut self, now: Instant) {
        self.census.forget_recent_maxima(now);
        let totals = self.totals(now);
        self.release = Some(Release {
            at: now,
            totals,
            position: self.trace.entries.len(),
        });
    }
}

impl Observer<Datagram> for Recorder {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        if frame.is_forwarded {
            self.digest.event(Code::Forwarded, now, (id.0, 0));
            return self.transit.leaves(id);
        }
        let flags = frame.packet.segment.flags;
        self.count(Count::Segments, 1);
        self.count(
            Count::SynAcks,
            u64::from(flags.contains(Flags::SYN | Flags::ACK)),
        );
        self.count(Count::Resets, u64::from(flags.rst()));
        self.digest.frame(Code::Sent, now, id, frame);
        if self.trace.follows(frame.tag()) {
            self.trace
                .note(now, frame.tag(), What::Sent(link, id, *frame));
        }
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        self.cut_power(now);
        self.fault_is_over(now);
        let (code, what) = if original.is_some() {
            (Code::Replayed, What::Replayed(link, id, *frame))
        } else {
            self.troubles.fault.get_or_insert(frame.tag());
            (Code::Forged, What::Forged(link, id, *frame))
        };
        self.digest.frame(code, now, id, frame);
        self.trace.note(now, frame.tag(), what);
    }

    fn held(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        if self.last_copy == Some(id) {
            self.waiting_copies.insert(id);
        }
        let fault = self.hit.get(&id).copied();
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Held(first, fault));
    }

    fn released(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        if !self.waiting_copies.remove(&id) {
            self.fault_is_over(now);
        }
        self.digest.event(Code::Released, now, (id.0, 0));
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Released(first));
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        self.last_copy = Some(copy);
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.frame(Code::Copied, now, copy, frame);
        let first = self.transit.first(original);
        self.trace
            .note(now, frame.tag(), What::Copied(link, first, copy, *frame));
    }

    fn corrupted(&mut self, now: Instant, _link: LinkId, id: FrameId, frame: &Datagram) {
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.event(Code::Damaged, now, (id.0, 0));
        let first = self.transit.first(id);
        self.trace.note(now, frame.tag(), What::Damaged(first));
    }

    fn dropped(
        &mut self,
        now: Instant,
        _link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        let fault = self.ended(now, id, Ending::Lost);
        self.troubles.network.get_or_insert(frame.tag());
        self.digest.event(Code::Dropped, now, (id.0, reason as u64));
        let first = self.transit.ends(id);
        self.trace
            .note(now, frame.tag(), What::Dropped(first, reason, fault));
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.cut_power(now);
        self.ended(now, id, Ending::Delivered);
        self.digest.event(Code::Delivered, now, (id.0, 0));
        if !self.transit.arrives(link, id, frame.packet.target.ip()) {
            let first = self.transit.ends(id);
            self.trace.note(now, frame.tag(), What::Delivered(first));
        }
    }
}

/// A recorder that the simulator and every host write to.
#[derive(Clone, Debug)]
pub struct SharedRecorder(Rc<RefCell<Recorder>>);

impl SharedRecorder {
    /// Shares a recorder.
    pub fn new(recorder: Recorder) -> SharedRecorder {
        SharedRecorder(Rc::new(RefCell::new(recorder)))
    }

    /// The recorder, to be written to; given back before anyone else is called.
    pub fn borrow(&self) -> RefMut<'_, Recorder> {
        self.0.borrow_mut()
    }
}

/// Passes on what the simulator tells.
impl Observer<Datagram> for SharedRecorder {
    fn sent(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().sent(now, link, id, frame);
    }

    fn injected(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        original: Option<FrameId>,
        frame: &Datagram,
    ) {
        self.borrow().injected(now, link, id, original, frame);
    }

    fn held(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().held(now, link, id, frame);
    }

    fn released(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().released(now, link, id, frame);
    }

    fn duplicated(
        &mut self,
        now: Instant,
        link: LinkId,
        original: FrameId,
        copy: FrameId,
        frame: &Datagram,
    ) {
        self.borrow().duplicated(now, link, original, copy, frame);
    }

    fn corrupted(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().corrupted(now, link, id, frame);
    }

    fn dropped(
        &mut self,
        now: Instant,
        link: LinkId,
        id: FrameId,
        reason: DropReason,
        frame: &Datagram,
    ) {
        self.borrow().dropped(now, link, id, reason, frame);
    }

    fn delivered(&mut self, now: Instant, link: LinkId, id: FrameId, frame: &Datagram) {
        self.borrow().delivered(now, link, id, frame);
    }
}
