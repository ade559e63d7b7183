//! What is counted or timed beside the classes.

use super::{Trials, Unit};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $unit:ident;)+) => {
        /// What is counted or timed beside the classes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Counter {
            /// Every counter, in the order of tables.
            pub const ALL: &[Counter] = &[$(Counter::$name),+];

            /// Its name in files and tables.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Counter::$name => $text,)+
                }
            }

            /// What it is measured in.
            pub const fn unit(self) -> Unit {
                match self {
                    $(Counter::$name => Unit::$unit,)+
                }
            }
        }
    };
}

counters! {
    /// Segments sent by all hosts, retransmissions included, copies made by the network not.
    SegmentsSent = "segments_sent", Segments;
    /// Segments with SYN and ACK among them.
    SynackSent = "synack_sent", Segments;
    /// Segments with RST among them.
    RstSent = "rst_sent", Segments;
    /// Segments with RST that arrived at a host.
    RstReceived = "rst_received", Segments;
    /// Challenge ACKs (RFC 5961): answers to a SYN in a synchronized state, to a RST in the window
    /// that is not exact, and to an ACK that is too old. An ACK that RFC 9293's first step sends to
    /// another segment outside of the window, such as an old SYN in SYN-RECEIVED, is not one.
    ChallengeAcks = "challenge_acks", Segments;
    /// Connections that a server's application was handed although no client of the same
    /// incarnation was there any more.
    AppSpuriousAccepts = "app_spurious_accepts", Connections;
    /// Bytes handed to a server's application that an earlier incarnation had sent.
    AppDuplicateBytes = "app_duplicate_bytes", Bytes;
    /// Errors told to an application about a connection that no peer wanted.
    AppSpuriousErrors = "app_spurious_errors", Events;
    /// Spurious accepts that only a broken assumption made possible: the SYN was older than the
    /// policy takes a segment to become. Zero under policies without such an assumption.
    AssumptionViolations = "assumption_violations", Events;
    /// The shortest time from an active OPEN to the client's entering ESTABLISHED, for the first time,
    /// and from the first OPEN where the user tries again.
    ConnectTimeMin = "connect_time.min", Seconds;
    /// The median of these times.
    ConnectTimeMedian = "connect_time.q50", Seconds;
    /// The 99 % quantile of these times.
    ConnectTimeQ99 = "connect_time.q99", Seconds;
    /// The longest of these times.
    ConnectTimeMax = "connect_time.max", Seconds;
    /// OPENs that applications called with success, retries among them; floods call none.
    ConnectionsOpened = "connections.opened", Connections;
    /// OPENs after which the client became ESTABLISHED.
    ConnectionsEstablished = "connections.established", Connections;
    /// OPENs that failed because a RST answered the SYN.
    ConnectRefused = "connect_refused", Connections;
    /// OPENs that failed because TCP gave up: R2, or the number of retries of the SYN, was reached.
    ConnectTimedOut = "connect_timed_out", Connections;
    /// OPENs that the application gave up: it closed or aborted before the client was ESTABLISHED.
    ConnectAbandoned = "connect_abandoned", Connections;
    /// OPENs that users called again after a failure.
    ConnectRetries = "connect_retries", Connections;
    /// The share of users who were not connected, of those whose outcome is known: their OPEN was
    /// refused, timed out or was given up before the client was ESTABLISHED, and so were all their
    /// retries. Who still tries at the end counts for neither.
    ConnectFailureProbability = "connect_failure_probability", Share;
    /// How many they are: those whose outcome is known, failed or not.
    ConnectOutcomes = "connect_outcomes", Connections;
    /// SYN,ACKs sent again by entries that a stale SYN had made (no client of its incarnation was
    /// there, as with every SYN of a flood), for each such SYN.
    SynackRexmitPerStaleSyn = "synack_rexmit_per_stale_syn", Segments;
    /// The share of first SYNs, of clients that stand behind them, that a listener dropped. Only first
    /// SYNs arrive as the load does, so that this is what formulas of queues speak of (PASTA).
    BacklogDropLegit = "backlog_drop_probability.legit", Share;
    /// The same of the SYNs of floods.
    BacklogDropAttack = "backlog_drop_probability.attack", Share;
    /// The same of all SYNs of clients, with those sent again and the network's copies.
    BacklogDropLegitAll = "backlog_drop_probability.legit_all", Share;
    /// The same of the SYNs of floods and the network's copies of them.
    BacklogDropAttackAll = "backlog_drop_probability.attack_all", Share;
    /// First SYNs of clients that a listener was offered, dropped or not.
    BacklogOfferedLegit = "backlog_offered.legit", Segments;
    /// The same of the SYNs of floods.
    BacklogOfferedAttack = "backlog_offered.attack", Segments;
    /// All SYNs of clients that a listener was offered.
    BacklogOfferedLegitAll = "backlog_offered.legit_all", Segments;
    /// All SYNs of floods that a listener was offered.
    BacklogOfferedAttackAll = "backlog_offered.attack_all", Segments;
    /// SYNs and final ACKs that found the accept queue full.
    AcceptOverflow = "accept_overflow", Events;
    /// Bytes that applications read and that nobody had delivered before, for each second.
    Goodput = "goodput", BytesPerSecond;
    /// What faults take from the goodput, of the goodput of the same replication without them: 100
    /// (1 - goodput / goodput there). Negative where there is more with faults than without. Not measured
    /// if nothing is read without faults either; only for the whole run, and only if the experiment names
    /// it, because it costs a second run. See
    /// [`Plan::without_faults`](crate::plan::Plan::without_faults).
    GoodputLoss = "goodput_loss", Percent;
    /// Bytes sent towards the sources of floods for each byte that came from them, IP headers
    /// included.
    Amplification = "amplification", Ratio;
    /// Segments sent on connections that an application opened, for each OPEN.
    SegmentsPerConnection = "segments_per_connection", Segments;
    /// Of what servers hold, in connection-seconds without TIME-WAIT, the share whose client has
    /// nothing of it.
    WastedStateRatio = "wasted_state_ratio", Share;
    /// Whether the number of embryonic connections is back when the run ends, as `time_to_recovery`
    /// means it: 1 if it is, 0 if not. Not measured without a flood; only for the whole run.
    Recovered = "recovered", Share;
    /// From the last SYN of a flood until the number of embryonic connections is, and while that SYN's
    /// like are under way stays, at most what it ever was before the first. Not measured if it is
    /// greater when the run ends: see `recovered`; only for the whole run.
    TimeToRecovery = "time_to_recovery", Seconds;
}

impl Counter {
    /// Whether it counts something, and is no share, time or quotient.
    pub(super) const fn is_whole(self) -> bool {
        let is_quotient = matches!(
            self,
            Counter::SynackRexmitPerStaleSyn | Counter::SegmentsPerConnection
        );
        let is_count = matches!(
            self.unit(),
            Unit::Connections | Unit::Segments | Unit::Bytes | Unit::Events
        );
        is_count && !is_quotient
    }

    /// What it is the share of, if it is one of countable trials.
    pub(super) const fn trials(self) -> Option<Trials> {
        match self {
            Counter::ConnectFailureProbability => Some(Trials::Counted(Counter::ConnectOutcomes)),
            Counter::BacklogDropLegit => Some(Trials::Counted(Counter::BacklogOfferedLegit)),
            Counter::BacklogDropAttack => Some(Trials::Counted(Counter::BacklogOfferedAttack)),
            Counter::BacklogDropLegitAll => Some(Trials::Counted(Counter::BacklogOfferedLegitAll)),
            Counter::BacklogDropAttackAll => {
                Some(Trials::Counted(Counter::BacklogOfferedAttackAll))
            }
            Counter::Recovered => Some(Trials::Runs),
            _ => None,
        }
    }
}
