//! The names of everything that a run is measured by.
//!
//! One list serves the file (an expectation names a metric), the tables and the JSON. A connection
//! is counted in exactly one [`Class`] at any time; "half-open" is never used unqualified.

mod class;
mod counter;
mod kernel;

pub use class::{Class, Exit};
pub use counter::Counter;
pub use kernel::{KernelCounter, KernelTotals, Role};

use std::fmt;

use super::expectation::Period;
use crate::language::Language;

/// How the connections in a class are summed up over a period; N(t) is their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// The integral of N(t): connection-seconds.
    Area,
    /// The time-weighted mean of N(t).
    Mean,
    /// The greatest N(t).
    Max,
    /// N at the end of the run.
    Final,
    /// The median of N(t) over time.
    Median,
    /// The 95 % quantile of N(t) over time.
    Q95,
    /// The 99 % quantile of N(t) over time.
    Q99,
    /// The integral of the memory that they take: byte-seconds. Of each connection the server's
    /// entry counts, or the client's where the server has none; see
    /// [`Footprint`](super::Footprint).
    BytesArea,
    /// Connections that entered the class.
    Entered,
    /// The mean of the stays that ended.
    LifetimeMean,
    /// The median of all stays by the estimator of Kaplan and Meier: those that had not ended count
    /// as longer than they were seen. Not measured if too many had not.
    LifetimeMedian,
    /// The 99 % quantile, likewise.
    LifetimeQ99,
}

impl Statistic {
    /// Every statistic, in the order of tables.
    pub const ALL: [Statistic; 12] = [
        Statistic::Area,
        Statistic::Mean,
        Statistic::Max,
        Statistic::Final,
        Statistic::Median,
        Statistic::Q95,
        Statistic::Q99,
        Statistic::BytesArea,
        Statistic::Entered,
        Statistic::LifetimeMean,
        Statistic::LifetimeMedian,
        Statistic::LifetimeQ99,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Statistic::Area => "area",
            Statistic::Mean => "mean",
            Statistic::Max => "max",
            Statistic::Final => "final",
            Statistic::Median => "q50",
            Statistic::Q95 => "q95",
            Statistic::Q99 => "q99",
            Statistic::BytesArea => "bytes_area",
            Statistic::Entered => "entered",
            Statistic::LifetimeMean => "lifetime.mean",
            Statistic::LifetimeMedian => "lifetime.q50",
            Statistic::LifetimeQ99 => "lifetime.q99",
        }
    }

    /// Whether it is a whole number of connections.
    const fn is_whole(self) -> bool {
        matches!(
            self,
            Statistic::Max
                | Statistic::Final
                | Statistic::Median
                | Statistic::Q95
                | Statistic::Q99
                | Statistic::Entered
        )
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Statistic::Area => Unit::ConnectionSeconds,
            Statistic::BytesArea => Unit::ByteSeconds,
            Statistic::LifetimeMean | Statistic::LifetimeMedian | Statistic::LifetimeQ99 => {
                Unit::Seconds
            }
            Statistic::Mean
            | Statistic::Max
            | Statistic::Final
            | Statistic::Median
            | Statistic::Q95
            | Statistic::Q99
            | Statistic::Entered => Unit::Connections,
        }
    }
}

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of connections.
    Connections,
    /// Connections times seconds.
    ConnectionSeconds,
    /// Seconds.
    Seconds,
    /// A number of segments.
    Segments,
    /// Bytes.
    Bytes,
    /// Bytes times seconds.
    ByteSeconds,
    /// Bytes for each second.
    BytesPerSecond,
    /// A number of events.
    Events,
    /// A part of a whole, 0 to 1.
    Share,
    /// The quotient of two numbers of one unit.
    Ratio,
    /// A hundredth of a whole. The number may be negative.
    Percent,
}

impl Unit {
    /// Its name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Connections => "connections",
            Unit::ConnectionSeconds => "connection seconds",
            Unit::Seconds => "s",
            Unit::Segments => "segments",
            Unit::Bytes => "bytes",
            Unit::ByteSeconds => "byte seconds",
            Unit::BytesPerSecond => "bytes/s",
            Unit::Events => "events",
            Unit::Share => "share",
            Unit::Ratio => "ratio",
            Unit::Percent => "%",
        }
    }

    /// Its name in a table for people.
    pub const fn in_language(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::En, _) | (_, Unit::Seconds | Unit::Percent) => self.name(),
            (Language::Zh, Unit::Connections) => "个连接",
            (Language::Zh, Unit::ConnectionSeconds) => "连接·秒",
            (Language::Zh, Unit::Segments) => "个报文段",
            (Language::Zh, Unit::Bytes) => "字节",
            (Language::Zh, Unit::ByteSeconds) => "字节·秒",
            (Language::Zh, Unit::BytesPerSecond) => "字节/秒",
            (Language::Zh, Unit::Events) => "次",
            (Language::Zh, Unit::Share) => "比例",
            (Language::Zh, Unit::Ratio) => "比值",
        }
    }

    /// The least and the greatest value that is possible, in billionths; `None` where there is no
    /// limit.
    pub const fn range(self) -> (Option<i128>, Option<i128>) {
        match self {
            Unit::Percent => (None, None),
            Unit::Share => (Some(0), Some(1_000_000_000)),
            _ => (Some(0), None),
        }
    }

    /// Whether a value is written as a time, such as `"0.1s"`.
    pub const fn is_time(self) -> bool {
        matches!(self, Unit::ConnectionSeconds | Unit::Seconds)
    }
}

/// One number that a run is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// How many connections are in a class, and for how long.
    Class(Class, Statistic),
    /// What is counted or timed beside the classes.
    Counter(Counter),
    /// How many stays in a class ended in a way.
    Reaped(Class, Exit),
    /// A counter of the kernel's, summed over the hosts of a role.
    Kernel(Role, KernelCounter),
}

/// What a metric is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trials {
    /// Of as many as this counter says, in each run.
    Counted(Counter),
    /// Of runs: each has it or not.
    Runs,
}

/// Where each kind of metric begins in the order of [`Metric::all`].
const COUNTERS_AT: usize = Class::ALL.len() * Statistic::ALL.len();
const REAPED_AT: usize = COUNTERS_AT + Counter::ALL.len();
const KERNEL_AT: usize = REAPED_AT + Class::ALL.len() * Exit::ALL.len();

impl Metric {
    /// The number of metrics.
    pub const COUNT: usize = KERNEL_AT + Role::ALL.len() * KernelCounter::COUNT;

    /// Every metric, in the order of tables.
    pub fn all() -> impl Iterator<Item = Metric> {
        let of_class = |class| Statistic::ALL.map(|statistic| Metric::Class(class, statistic));
        let exits = |class| Exit::ALL.map(|exit| Metric::Reaped(class, exit));
        let of_role = |role| KernelCounter::all().map(move |counter| Metric::Kernel(role, counter));
        let classes = Class::ALL.into_iter().flat_map(of_class);
        classes
            .chain(Counter::ALL.iter().copied().map(Metric::Counter))
            .chain(Class::ALL.into_iter().flat_map(exits))
            .chain(Role::ALL.into_iter().flat_map(of_role))
    }

    /// Its place in the order of [`Metric::all`].
    pub const fn index(self) -> usize {
        match self {
            Metric::Class(class, statistic) => {
                class as usize * Statistic::ALL.len() + statistic as usize
            }
            Metric::Counter(counter) => COUNTERS_AT + counter as usize,
            Metric::Reaped(class, exit) => {
                REAPED_AT + class as usize * Exit::ALL.len() + exit as usize
            }
            Metric::Kernel(role, counter) => {
                KERNEL_AT + role as usize * KernelCounter::COUNT + counter.index()
            }
        }
    }

    /// The metric with this name, without a prefix for the period.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::all().find(|metric| metric.to_string() == name)
    }

    /// Whether it is measured over whole runs only.
    pub const fn is_of_whole_run(self) -> bool {
        matches!(
            self,
            Metric::Counter(Counter::GoodputLoss | Counter::Recovered | Counter::TimeToRecovery)
        )
    }

    /// Whether every value of a run is a whole number: what is counted, but no mean and no time.
    pub const fn is_whole(self) -> bool {
        match self {
            Metric::Class(_, statistic) => statistic.is_whole(),
            Metric::Counter(counter) => counter.is_whole(),
            Metric::Reaped(..) | Metric::Kernel(..) => true,
        }
    }

    /// What it is the share of, if it is one of countable trials.
    pub const fn trials(self) -> Option<Trials> {
        match self {
            Metric::Counter(counter) => counter.trials(),
            Metric::Class(..) | Metric::Reaped(..) | Metric::Kernel(..) => None,
        }
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Metric::Class(_, statistic) => statistic.unit(),
            Metric::Counter(counter) => counter.unit(),
            Metric::Reaped(..) => Unit::Connections,
            Metric::Kernel(..) => Unit::Events,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Class(class, statistic) => write!(f, "{}.{}", class.name(), statistic.name()),
            Metric::Counter(counter) => f.write_str(counter.name()),
            Metric::Reaped(class, exit) => write!(f, "{}.reaped.{}", class.name(), exit.name()),
            Metric::Kernel(role, counter) => write!(f, "{}.{}", role.name(), counter.name()),
        }
    }
}

/// A metric with the period in which it is measured: the key of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricKey {
    /// When.
    pub period: Period,
    /// What.
    pub metric: Metric,
}

impl MetricKey {
    /// The metric that is 1 if a run has seen the end of what this one measures, and 0 if the run was
    /// over first; `None` if no run can be.
    pub fn finished(self) -> Option<MetricKey> {
        let is_time_until = self.metric == Metric::Counter(Counter::TimeToRecovery);
        is_time_until.then_some(MetricKey {
            metric: Metric::Counter(Counter::Recovered),
            ..self
        })
    }
}

impl fmt::Display for MetricKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period {
            Period::WholeRun => write!(f, "{}", self.metric),
            Period::AfterFault => write!(f, "after_fault.{}", self.metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_again() {
        for metric in Metric::all() {
            assert_eq!(Metric::from_name(&metric.to_string()), Some(metric));
        }
        assert_eq!(Metric::from_name("half_open"), None);
    }

    #[test]
    fn every_metric_is_at_its_index() {
        for (index, metric) in Metric::all().enumerate() {
            assert_eq!(metric.index(), index, "{metric}");
        }
        assert_eq!(Metric::all().count(), Metric::COUNT);
    }
}
