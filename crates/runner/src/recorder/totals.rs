//! What only grows while a run goes on: counts and sums.

use crate::census::Sums;

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
    /// OPENs that succeeded as calls.
    Opens,
    /// Of these, the ones that followed a failure.
    Retries,
    /// OPENs after which the client became ESTABLISHED.
    EstablishedOpens,
    /// OPENs that a RST answered.
    RefusedOpens,
    /// OPENs that TCP gave up.
    TimedOutOpens,
    /// OPENs that the application gave up.
    AbandonedOpens,
    /// Users whose last OPEN failed, and who were never connected.
    FailedWishes,
    /// Bytes that applications read.
    BytesRead,
    /// Entries at servers that a SYN made whose client was gone.
    StaleEntries,
    /// SYN,ACKs sent again by such entries.
    StaleRepeats,
    /// First SYNs of clients that arrived at a listener's port.
    LegitFirst,
    /// Of these, the ones that the listener dropped.
    LegitFirstDropped,
    /// All SYNs of clients that arrived there.
    LegitAll,
    /// Of these, the ones that the listener dropped.
    LegitAllDropped,
    /// First SYNs of floods that arrived there.
    AttackFirst,
    /// Of these, the ones that the listener dropped.
    AttackFirstDropped,
    /// All SYNs of floods that arrived there.
    AttackAll,
    /// Of these, the ones that the listener dropped.
    AttackAllDropped,
    /// Segments sent by the sources of floods, or to them.
    FloodSegments,
    /// Bytes that the sources of floods sent.
    FloodBytes,
    /// Bytes sent to the sources of floods.
    ReflectedBytes,
}

/// Number of [`Count`]s.
pub(super) const COUNTS: usize = Count::ReflectedBytes as usize + 1;

/// Everything that only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What the census sums up.
    pub census: Sums,
    pub(super) counts: [u64; COUNTS],
    /// Number of users who were connected.
    pub connects: usize,
}

impl Totals {
    /// One count.
    pub fn count(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// Bytes that applications read and that nobody had delivered before.
    pub fn useful_bytes(&self) -> u64 {
        let read = self.count(Count::BytesRead);
        read.saturating_sub(self.count(Count::DuplicateBytes))
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Totals) -> Totals {
        Totals {
            census: self.census.since(&earlier.census),
            counts: std::array::from_fn(|index| self.counts[index] - earlier.counts[index]),
            connects: self.connects - earlier.connects,
        }
    }
}
