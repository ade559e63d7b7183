//! From what a recorder knows of one period to the value of each metric.

use crate::census::{Span, Stays, Survival};
use crate::plan::{Class, Counter, Exit, KernelTotals, Metric, Statistic};
use crate::recorder::{Count, Recorder, Totals};

use super::{Billionths, NANO, divide};

/// What is known of one period.
pub(super) struct Measured<'r> {
    pub(super) recorder: &'r Recorder,
    pub(super) kernel: &'r KernelTotals,
    pub(super) part: Span,
    /// What was added in the period.
    pub(super) totals: Totals,
    /// Nanoseconds.
    pub(super) duration: i128,
    /// In ascending order.
    pub(super) connect_times: Vec<u64>,
    /// What applications read in the run without faults, if there was one and this is the whole run.
    pub(super) faultless_bytes: Option<u64>,
}

pub(super) fn sorted(times: &[u64]) -> Vec<u64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

/// The stays of one class in a period.
struct ClassLifetimes {
    by_exit: [Stays; Exit::ALL.len()],
    ended: Stays,
    survival: Survival,
}

/// The stays of every class, by class.
pub(super) struct LifetimeTable(Vec<ClassLifetimes>);

impl LifetimeTable {
    pub(super) fn of(measured: &Measured<'_>) -> LifetimeTable {
        let census = measured.recorder.census();
        let of_class = |class| {
            let parts = census.lifetimes(class, measured.part);
            let mut all = Stays::default();
            let mut by_exit = [Stays::default(); Exit::ALL.len()];
            for part in &parts {
                all.add(part.ended());
                for exit in Exit::ALL {
                    by_exit[exit as usize].add(part.of(exit));
                }
            }
            ClassLifetimes {
                by_exit,
                ended: all,
                survival: Survival::of(&parts),
            }
        };
        LifetimeTable(Class::ALL.into_iter().map(of_class).collect())
    }
}

/// A whole number in billionths.
fn number(count: u64) -> Billionths {
    i128::from(count) * NANO
}

/// The quotient of two numbers in billionths; `None` if the second is zero.
fn ratio(of: i128, by: i128) -> Option<Billionths> {
    (by > 0).then(|| divide(of.saturating_mul(NANO), by))
}

fn signed(area: u128) -> i128 {
    i128::try_from(area).unwrap_or(i128::MAX)
}

impl Measured<'_> {
    pub(super) fn value(&self, metric: Metric, lifetimes: &LifetimeTable) -> Option<Billionths> {
        match metric {
            Metric::Class(class, statistic) => {
                self.statistic(class, statistic, &lifetimes.0[class as usize])
            }
            Metric::Counter(counter) => self.counter(counter),
            Metric::Reaped(class, exit) => {
                let stays = lifetimes.0[class as usize].by_exit[exit as usize];
                Some(number(stays.count))
            }
            Metric::Kernel(role, counter) => Some(number(self.kernel.of(role, counter))),
        }
    }

    fn statistic(
        &self,
        class: Class,
        statistic: Statistic,
        lifetimes: &ClassLifetimes,
    ) -> Option<Billionths> {
        let census = self.recorder.census();
        // Connection-nanoseconds are billionths of a connection-second.
        let area = signed(self.totals.census.area(class));
        let quantile = |percent| census.quantile(class, self.part, percent).map(number);
        let outlived = |percent| lifetimes.survival.quantile(percent).map(i128::from);
        match statistic {
            Statistic::Area => Some(area),
            Statistic::Mean => ratio(area, self.duration),
            Statistic::Max => Some(number(census.max(class, self.part))),
            Statistic::Final => Some(number(census.count(class))),
            Statistic::Median => quantile(50),
            Statistic::Q95 => quantile(95),
            Statistic::Q99 => quantile(99),
            Statistic::BytesArea => Some(signed(self.totals.census.bytes_area(class))),
            Statistic::Entered => Some(number(self.totals.census.entered(class))),
            Statistic::LifetimeMean => {
                let ended = lifetimes.ended;
                (ended.count > 0).then(|| divide(signed(ended.sum), i128::from(ended.count)))
            }
            Statistic::LifetimeMedian => outlived(50),
            Statistic::LifetimeQ99 => outlived(99),
        }
    }

    fn counter(&self, counter: Counter) -> Option<Billionths> {
        let count = |what| self.totals.count(what);
        let opened = i128::from(count(Count::Opens));
        match counter {
            Counter::SegmentsSent => Some(number(count(Count::Segments))),
            Counter::SynackSent => Some(number(count(Count::SynAcks))),
            Counter::RstSent => Some(number(count(Count::Resets))),
            Counter::RstReceived => Some(number(count(Count::ResetsHeard))),
            Counter::ChallengeAcks => Some(number(count(Count::ChallengeAcks))),
            Counter::AppSpuriousAccepts => Some(number(count(Count::SpuriousAccepts))),
            Counter::AppDuplicateBytes => Some(number(count(Count::DuplicateBytes))),
            Counter::AppSpuriousErrors => Some(number(count(Count::SpuriousErrors))),
            Counter::AssumptionViolations => Some(number(count(Count::AssumptionViolations))),
            Counter::ConnectTimeMin => self.connect_time(0),
            Counter::ConnectTimeMedian => self.connect_time(50),
            Counter::ConnectTimeQ99 => self.connect_time(99),
            Counter::ConnectTimeMax => self.connect_time(100),
            Counter::ConnectionsOpened => Some(number(count(Count::Opens))),
            Counter::ConnectionsEstablished => Some(number(count(Count::EstablishedOpens))),
            Counter::ConnectRefused => Some(number(count(Count::RefusedOpens))),
            Counter::ConnectTimedOut => Some(number(count(Count::TimedOutOpens))),
            Counter::ConnectAbandoned => Some(number(count(Count::AbandonedOpens))),
            Counter::ConnectRetries => Some(number(count(Count::Retries))),
            Counter::ConnectFailureProbability => {
                let failed = i128::from(count(Count::FailedWishes));
                ratio(failed, failed + self.totals.connects as i128)
            }
            Counter::ConnectOutcomes => {
                let failed = count(Count::FailedWishes);
                Some(number(failed + self.totals.connects as u64))
            }
            Counter::SynackRexmitPerStaleSyn => {
                self.share(Count::StaleRepeats, Count::StaleEntries)
            }
            Counter::BacklogDropLegit => self.share(Count::LegitFirstDropped, Count::LegitFirst),
            Counter::BacklogDropAttack => self.share(Count::AttackFirstDropped, Count::AttackFirst),
            Counter::BacklogDropLegitAll => self.share(Count::LegitAllDropped, Count::LegitAll),
            Counter::BacklogDropAttackAll => self.share(Count::AttackAllDropped, Count::AttackAll),
            Counter::BacklogOfferedLegit => Some(number(count(Count::LegitFirst))),
            Counter::BacklogOfferedAttack => Some(number(count(Count::AttackFirst))),
            Counter::BacklogOfferedLegitAll => Some(number(count(Count::LegitAll))),
            Counter::BacklogOfferedAttackAll => Some(number(count(Count::AttackAll))),
            Counter::AcceptOverflow => Some(number(self.kernel.accept_overflows())),
            Counter::Goodput => {
                let useful = i128::from(self.totals.useful_bytes());
                ratio(useful * NANO, self.duration)
            }
            Counter::GoodputLoss => {
                let whole = i128::from(self.faultless_bytes?);
                let lost = whole - i128::from(self.totals.useful_bytes());
                ratio(100 * lost, whole)
            }
            Counter::Amplification => self.share(Count::ReflectedBytes, Count::FloodBytes),
            Counter::SegmentsPerConnection => {
                let own = count(Count::Segments) - count(Count::FloodSegments);
                ratio(i128::from(own), opened)
            }
            Counter::WastedStateRatio => {
                let sums = &self.totals.census;
                ratio(signed(sums.wasted_area), signed(sums.server_area))
            }
            Counter::Recovered => {
                let is_measured = self.recorder.was_flooded() && self.part == Span::Measured;
                is_measured.then(|| number(self.recorder.recovery().is_some().into()))
            }
            Counter::TimeToRecovery => {
                let recovery = self
                    .recorder
                    .recovery()
                    .filter(|_| self.part == Span::Measured);
                recovery.map(|time| signed(time.as_nanos()))
            }
        }
    }

    /// How many of the one there are for each of the other.
    fn share(&self, of: Count, by: Count) -> Option<Billionths> {
        let (of, by) = (self.totals.count(of), self.totals.count(by));
        ratio(i128::from(of), i128::from(by))
    }

    /// The smallest connect time that at least `percent` % of all do not exceed.
    fn connect_time(&self, percent: usize) -> Option<Billionths> {
        let count = self.connect_times.len();
        let rank = (count * percent).div_ceil(100).max(1);
        let time = self.connect_times.get(rank - 1)?;
        Some(i128::from(*time))
    }
}
