//! Everything that is known of a run, gathered while it goes on: the network and the hosts tell,
//! nobody is asked.

mod attack;
mod digest;
mod logging;
mod network;
mod origins;
mod power;
mod shared;
mod totals;
mod transit;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netsim::{Ending, FrameId, Instant};
use tcp_core::{Phase, Profile, Reason, Tag};

use crate::census::{Census, Change};
use crate::events::Log;
use crate::host::Datagram;
use crate::plan::{Class, ConnectionId, End, HostId, Plan, SequenceExpression};
use crate::trace::{Move, Trace, What};

use attack::Attack;
use digest::{Code, Digest};
use origins::Origins;
pub use power::Cut;
use power::Power;
use totals::COUNTS;
use transit::Transit;
use wishes::Wishes;

pub use shared::SharedRecorder;
pub use totals::{Count, Totals};

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

/// A moment from which something is measured, and what there was up to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// When.
    pub at: Instant,
    /// Everything that only grows, up to then.
    pub totals: Totals,
}

/// The moment from which "after the fault" counts.
#[derive(Clone, Copy, Debug)]
struct Release {
    at: Instant,
    /// From when on it is measured: then, or from the end of the warm-up if that is later.
    measured: Mark,
    /// How long the trace was.
    position: usize,
}

/// How often each period of measuring has begun anew. Hosts look at it to remember what their
/// endpoints had counted by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginnings {
    /// The whole run: once more after the warm-up.
    pub whole_run: u32,
    /// The time after the fault.
    pub after_fault: u32,
}

/// The record of one run.
#[derive(Clone, Debug)]
pub struct Recorder {
    census: Census,
    counts: [u64; COUNTS],
    /// From a user's first OPEN to the client's ESTABLISHED, in nanoseconds, in order of success.
    connect_times: Vec<u64>,
    wishes: Wishes,
    /// Where measuring the whole run began.
    start: Mark,
    release: Option<Release>,
    beginnings: Beginnings,
    attack: Attack,
    /// The profile of each host.
    profiles: Vec<Profile>,
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
    /// Everything that happens, if that is asked for.
    log: Option<Box<Log>>,
}

impl Recorder {
    /// The record of a run of this plan that keeps the history of these incarnations.
    pub fn new(plan: &Plan, chosen: Vec<Tag>) -> Recorder {
        Recorder::with_census(plan, chosen, Census::default())
    }

    /// The same, that also keeps the series of all classes.
    pub fn with_series(plan: &Plan, chosen: Vec<Tag>) -> Recorder {
        let until = Instant::ZERO.saturating_add(plan.run.until);
        Recorder::with_census(plan, chosen, Census::with_series(until))
    }

    fn with_census(plan: &Plan, chosen: Vec<Tag>, census: Census) -> Recorder {
        Recorder {
            census,
            counts: [0; COUNTS],
            connect_times: Vec::new(),
            wishes: Wishes::new(plan),
            start: Mark::default(),
            release: None,
            beginnings: Beginnings::default(),
            attack: Attack::new(plan),
            profiles: plan.hosts.iter().map(|host| host.profile).collect(),
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
            log: None,
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

    /// Where measuring the whole run began: at zero, or when the warm-up was over.
    pub fn start(&self) -> &Mark {
        &self.start
    }

    /// Where measuring "after the fault" began, if a held segment was released.
    pub fn after_fault(&self) -> Option<&Mark> {
        self.release.as_ref().map(|found| &found.measured)
    }

    /// How often each period has begun.
    pub fn beginnings(&self) -> Beginnings {
        self.beginnings
    }

    /// Whether a SYN of a flood was sent.
    pub fn was_flooded(&self) -> bool {
        self.attack.has_begun()
    }

    /// From the last SYN of a flood until the number of embryonic connections was back where it
    /// had been before the first; `None` if there was no flood or it is not.
    pub fn recovery(&self) -> Option<Duration> {
        self.attack.recovery()
    }

    /// When the last held segment was released, if one was, and the position in the trace.
    pub fn release_position(&self) -> Option<(Instant, usize)> {
        self.release
            .as_ref()
            .map(|found| (found.at, found.position))
    }

    /// From a user's first OPEN to the client's ESTABLISHED, in nanoseconds, in order of success.
    pub fn connect_times(&self) -> &[u64] {
        &self.connect_times
    }

    /// Everything that only grows, up to now.
    pub fn totals(&self, now: Instant) -> Totals {
        Totals {
            census: self.census.sums(now),
            counts: self.counts,
            connects: self.connect_times.len(),
        }
    }

    /// Lets time pass to the end of the run and closes the digest.
    pub fn finish(&mut self, end: Instant) -> [u8; 32] {
        self.cut_power(end.saturating_add_nanos(1));
        self.census.close(end);
        self.digest.finish()
    }

    /// The warm-up is over: what was before counts nowhere. Expectations about segments still
    /// look at the whole history.
    pub fn begin_measuring(&mut self, now: Instant) {
        self.cut_power(now.saturating_add_nanos(1));
        self.census.restart(now);
        self.start = Mark {
            at: now,
            totals: self.totals(now),
        };
        self.beginnings.whole_run += 1;
        if let Some(release) = &mut self.release {
            release.measured = self.start;
            self.beginnings.after_fault += 1;
        }
    }

    /// Counts something.
    pub fn count(&mut self, what: Count, by: u64) {
        self.counts[what as usize] += by;
    }

    /// Whether the host is without power now.
    pub fn is_off(&self, now: Instant, host: HostId) -> bool {
        let cut = self.power.cut(now, host);
        cut.is_some_and(|cut| cut.back_at.is_none_or(|back_at| now < back_at))
    }

    /// The loss of power that the host has suffered by now, if it has; its connections are gone
    /// then.
    pub fn power_cut(&mut self, now: Instant, host: HostId) -> Option<Cut> {
        if self.power.is_reliable() {
            return None;
        }
        let cut = self.power.cut(now, host)?;
        self.cut_power(now.saturating_add_nanos(1));
        Some(cut)
    }

    /// A host is up again, before it does anything.
    pub fn power_returned(&mut self, now: Instant) {
        self.cut_power(now.saturating_add_nanos(1));
    }

    /// Takes away the connections of every host that lost power before this moment, and notes
    /// which are up again.
    #[inline]
    fn cut_power(&mut self, before: Instant) {
        if !self.power.is_reliable() {
            self.switch_power(before);
        }
    }

    /// The same where hosts do lose power.
    #[cold]
    fn switch_power(&mut self, before: Instant) {
        while let Some((at, host, is_back)) = self.power.next_switch(before) {
            if let Some(log) = &mut self.log {
                log.switched(at, host, is_back);
            }
            if is_back {
                self.digest.event(Code::Restart, at, (host.0 as u64, 0));
                self.trace.note_for_all(at, What::Restart(host));
                continue;
            }
            self.digest.event(Code::PowerOff, at, (host.0 as u64, 0));
            self.trace.note_for_all(at, What::PowerOff(host));
            for index in 0..self.homes.len() {
                let tag = Tag(index as u32);
                let (client, server) = self.census.phases(tag);
                for (end, phase) in [(End::Client, client), (End::Server, server)] {
                    if let Some(from) = phase
                        && self.homes[index][end as usize] == host
                    {
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
                            reason: None,
                            profile: self.profiles[host.0],
                        };
                        self.apply(at, &change);
                        if let Some(log) = &mut self.log {
                            log.forgotten(at, (tag, entry), host, end, from);
                        }
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
            self.count(Count::StaleEntries, 1);
        }
        let noted = Change {
            tag,
            end: change.end,
            entry,
            from,
            to,
            reason: change.reason,
            profile: self.profiles[change.host.0],
        };
        self.apply(now, &noted);
        self.origins.note(tag, change.end, change.iss);
        if change.end == End::Client {
            self.time_opening(now, tag, &change);
        }
        self.trace.note(now, tag, What::Changed(change));
        if let Some(log) = &mut self.log {
            log.changed(now, tag, entry, &change);
        }
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

    /// Tells the census, and with it whether a flood is over.
    fn apply(&mut self, now: Instant, change: &Change) {
        let before = self.census.count(Class::Embryonic);
        self.census.apply(now, change);
        let after = self.census.count(Class::Embryonic);
        if before != after {
            self.attack.on_embryonic(now, change.tag, before, after);
        }
    }

    /// Counts what becomes of an OPEN, and of the wish behind it.
    fn time_opening(&mut self, now: Instant, tag: Tag, change: &Move) {
        if change.reason == Some(Reason::Open) {
            let is_retry = self.wishes.open(now, tag);
            self.count(Count::Opens, 1);
            self.count(Count::Retries, u64::from(is_retry));
        } else if change.to == Phase::Established {
            self.count(Count::EstablishedOpens, 1);
            self.connect_times.extend(self.wishes.fulfil(now, tag));
        } else if change.to == Phase::Closed
            && matches!(change.from, Phase::SynSent | Phase::SynReceived)
        {
            match change.reason {
                Some(Reason::Rst) => self.count(Count::RefusedOpens, 1),
                Some(Reason::Timeout) => self.count(Count::TimedOutOpens, 1),
                Some(Reason::Abort | Reason::Close) => self.count(Count::AbandonedOpens, 1),
                _ => {}
            }
            self.cannot_open(tag);
        }
    }

    /// An OPEN has failed, or could not even be called.
    pub fn cannot_open(&mut self, tag: Tag) {
        let is_in_vain = self.wishes.is_in_vain(tag);
        self.count(Count::FailedWishes, u64::from(is_in_vain));
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
        if let Some(log) = &mut self.log {
            log.hit(id, fault);
        }
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
        self.census.mark(now);
        self.beginnings.after_fault += 1;
        self.release = Some(Release {
            at: now,
            measured: Mark {
                at: now,
                totals: self.totals(now),
            },
            position: self.trace.entries.len(),
        });
    }
}
