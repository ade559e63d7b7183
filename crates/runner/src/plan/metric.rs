//! The names of everything that a run is measured by.
//!
//! One list serves the file (an expectation names a metric), the tables and the JSON. A connection
//! is counted in exactly one [`Class`] at any time; "half-open" is never used unqualified.

use std::fmt;

use super::expectation::Period;

/// What a pair of ends is at a moment, decided by the two states alone.
///
/// `Embryonic*` with a suffix are parts of [`Class::Embryonic`]; the others exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The client waits in SYN-SENT and the server has nothing, or an end opened actively meets
    /// anything but an embryonic entry.
    Opening,
    /// The server has an entry in SYN-RECEIVED, whatever the client is.
    Embryonic,
    /// Embryonic, and the client has nothing of this incarnation.
    EmbryonicStale,
    /// Embryonic, and the client is in SYN-SENT.
    EmbryonicOpening,
    /// Embryonic, and the client is synchronised.
    EmbryonicClientOpen,
    /// One end waits in ESTABLISHED, FIN-WAIT-2 or CLOSE-WAIT, the other has nothing of this
    /// incarnation (RFC 9293 section 3.5.1 calls such a connection half-open).
    OrphanEstablished,
    /// The same for an end whose own FIN is not acknowledged.
    OrphanClosing,
    /// The client is synchronised, the server never was and has nothing.
    ClientOnly,
    /// Both ends are ESTABLISHED.
    Open,
    /// One direction is closed, the other is not: FIN-WAIT-2 against CLOSE-WAIT.
    HalfClosed,
    /// A FIN is on its way or waits for its acknowledgment.
    Closing,
    /// Only TIME-WAIT is left.
    TimeWait,
}

impl Class {
    /// Every class, in the order of tables.
    pub const ALL: [Class; 12] = [
        Class::Opening,
        Class::Embryonic,
        Class::EmbryonicStale,
        Class::EmbryonicOpening,
        Class::EmbryonicClientOpen,
        Class::Open,
        Class::ClientOnly,
        Class::HalfClosed,
        Class::Closing,
        Class::TimeWait,
        Class::OrphanEstablished,
        Class::OrphanClosing,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Opening => "opening",
            Class::Embryonic => "embryonic",
            Class::EmbryonicStale => "embryonic.stale",
            Class::EmbryonicOpening => "embryonic.opening",
            Class::EmbryonicClientOpen => "embryonic.client_open",
            Class::OrphanEstablished => "orphan_established",
            Class::OrphanClosing => "orphan_closing",
            Class::ClientOnly => "client_only",
            Class::Open => "open",
            Class::HalfClosed => "half_closed",
            Class::Closing => "closing",
            Class::TimeWait => "time_wait",
        }
    }
}

/// How the number N(t) of connections in a class is summed up over a period.
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
}

impl Statistic {
    /// Every statistic, in the order of tables.
    pub const ALL: [Statistic; 4] = [
        Statistic::Area,
        Statistic::Mean,
        Statistic::Max,
        Statistic::Final,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Statistic::Area => "area",
            Statistic::Mean => "mean",
            Statistic::Max => "max",
            Statistic::Final => "final",
        }
    }
}

/// What is counted or timed beside the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Segments sent by all hosts, retransmissions included, copies made by the network not.
    SegmentsSent,
    /// Segments with SYN and ACK among them.
    SynackSent,
    /// Segments with RST among them.
    RstSent,
    /// Segments with RST that arrived at a host.
    RstReceived,
    /// ACKs sent in answer to segments that were not acceptable.
    ChallengeAcks,
    /// Connections that a server's application was handed although no client of the same
    /// incarnation was there any more.
    AppSpuriousAccepts,
    /// Bytes handed to a server's application that an earlier incarnation had sent.
    AppDuplicateBytes,
    /// Errors told to an application about a connection that no peer wanted.
    AppSpuriousErrors,
    /// Spurious accepts that only a broken assumption made possible: the SYN was older than the
    /// policy takes a segment to become. Zero under policies without such an assumption.
    AssumptionViolations,
    /// The shortest time from an active OPEN to the client's entering ESTABLISHED.
    ConnectTimeMin,
    /// The median of these times.
    ConnectTimeMedian,
    /// The 99 % quantile of these times.
    ConnectTimeQ99,
    /// The longest of these times.
    ConnectTimeMax,
}

impl Counter {
    /// Every counter, in the order of tables.
    pub const ALL: [Counter; 13] = [
        Counter::SegmentsSent,
        Counter::SynackSent,
        Counter::RstSent,
        Counter::RstReceived,
        Counter::ChallengeAcks,
        Counter::AppSpuriousAccepts,
        Counter::AppDuplicateBytes,
        Counter::AppSpuriousErrors,
        Counter::AssumptionViolations,
        Counter::ConnectTimeMin,
        Counter::ConnectTimeMedian,
        Counter::ConnectTimeQ99,
        Counter::ConnectTimeMax,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Counter::SegmentsSent => "segments_sent",
            Counter::SynackSent => "synack_sent",
            Counter::RstSent => "rst_sent",
            Counter::RstReceived => "rst_received",
            Counter::ChallengeAcks => "challenge_acks",
            Counter::AppSpuriousAccepts => "app_spurious_accepts",
            Counter::AppDuplicateBytes => "app_duplicate_bytes",
            Counter::AppSpuriousErrors => "app_spurious_errors",
            Counter::AssumptionViolations => "assumption_violations",
            Counter::ConnectTimeMin => "connect_time.min",
            Counter::ConnectTimeMedian => "connect_time.q50",
            Counter::ConnectTimeQ99 => "connect_time.q99",
            Counter::ConnectTimeMax => "connect_time.max",
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
    /// A number of events.
    Events,
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
            Unit::Events => "events",
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
    /// How many connections are in a class.
    Class(Class, Statistic),
    /// What is counted or timed beside the classes.
    Counter(Counter),
}

impl Metric {
    /// Every metric, in the order of tables.
    pub fn all() -> impl Iterator<Item = Metric> {
        let of_class = |class| Statistic::ALL.map(|statistic| Metric::Class(class, statistic));
        let classes = Class::ALL.into_iter().flat_map(of_class);
        classes.chain(Counter::ALL.map(Metric::Counter))
    }

    /// The metric with this name, without a prefix for the period.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::all().find(|metric| metric.to_string() == name)
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Metric::Class(_, Statistic::Area) => Unit::ConnectionSeconds,
            Metric::Class(_, Statistic::Mean | Statistic::Max | Statistic::Final) => {
                Unit::Connections
            }
            Metric::Counter(counter) => match counter {
                Counter::SegmentsSent
                | Counter::SynackSent
                | Counter::RstSent
                | Counter::RstReceived
                | Counter::ChallengeAcks => Unit::Segments,
                Counter::AppSpuriousAccepts => Unit::Connections,
                Counter::AppDuplicateBytes => Unit::Bytes,
                Counter::AppSpuriousErrors | Counter::AssumptionViolations => Unit::Events,
                Counter::ConnectTimeMin
                | Counter::ConnectTimeMedian
                | Counter::ConnectTimeQ99
                | Counter::ConnectTimeMax => Unit::Seconds,
            },
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Class(class, statistic) => write!(f, "{}.{}", class.name(), statistic.name()),
            Metric::Counter(counter) => f.write_str(counter.name()),
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
        assert_eq!(Metric::all().count(), 12 * 4 + 13);
        assert_eq!(Metric::from_name("half_open"), None);
    }
}
