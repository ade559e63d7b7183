//! Every choice that a TCP has, as plain data. The named sets of choices are in
//! [`Profile`](crate::Profile).

use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

/// When to stop retransmitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GiveUp {
    /// So long after the first transmission, R2 as a time (RFC 9293 section 3.8.3).
    After(Duration),
    /// When the timer runs out that follows this many retransmissions, as Linux counts.
    Retries(u8),
}

/// Keep-alive probing of an idle connection (RFC 9293 section 3.8.4, MAY-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeepAlive {
    /// Silence before the first probe (MUST-27).
    pub idle: Duration,
    /// Time between probes.
    pub interval: Duration,
    /// Unanswered probes after which the connection is given up.
    pub probes: u8,
}

impl KeepAlive {
    /// Two hours, 75 s, 9 probes: an idle dead peer is noticed after 7875 s (RFC 9293 MUST-28 for
    /// the two hours; 4.4BSD and Linux for the rest).
    pub const DEFAULT: KeepAlive = KeepAlive {
        idle: Duration::from_hours(2),
        interval: Duration::from_secs(75),
        probes: 9,
    };
}

/// What an active end does with a segment that belongs to no connection of its own: no TCB, or
/// an unacceptable ACK in SYN-SENT (RFC 9293 sections 3.10.7.1 and 3.10.7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unexpected {
    /// Send the RST that the RFC asks for.
    Reset,
    /// Send nothing: the client of many textbooks, and a host behind a firewall.
    Ignore,
}

/// RFC 5961's three mitigations of blind in-window attacks; `false` restores RFC 793's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlindAttackRules {
    /// Section 3.2: a RST is obeyed only at exactly RCV.NXT, elsewhere in the window it draws a
    /// challenge ACK.
    pub rst: bool,
    /// Section 4.2: a SYN in a synchronized state draws a challenge ACK, wherever it lies.
    pub syn: bool,
    /// Section 5.2: an ACK older than SND.UNA - MAX.SND.WND draws a challenge ACK.
    pub ack: bool,
}

impl BlindAttackRules {
    /// All three on.
    pub const RFC5961: BlindAttackRules = BlindAttackRules {
        rst: true,
        syn: true,
        ack: true,
    };
    /// All three off.
    pub const RFC793: BlindAttackRules = BlindAttackRules {
        rst: false,
        syn: false,
        ack: false,
    };
}

/// How SYN-RECEIVED answers a copy of the SYN that made the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RepeatedSyn {
    /// RFC 9293 section 3.10.7.4, first step: it is not acceptable, so an ACK is sent.
    Ack,
    /// Linux and FreeBSD: the SYN,ACK again, and its timer starts anew.
    SynAck,
}

/// How SYN-RECEIVED (from LISTEN) takes a different SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NewSyn {
    /// RFC 9293 section 3.10.7.4, fourth step: back to LISTEN, without a word.
    Listen,
    /// Linux: the entry goes, and a RST,ACK for the new SYN is sent.
    Reset,
    /// FreeBSD: the SYN,ACK of the old SYN again, wherever the new one lies.
    SynAck,
}

/// Which segments start TIME-WAIT anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeWaitRestart {
    /// Only a retransmission of the peer's FIN (RFC 9293 section 3.10.7.4).
    Fin,
    /// Any segment with ACK that does not reopen the connection, as Linux does.
    AnyAck,
}

/// How simultaneous open takes the SYN,ACK that answers its SYN (RFC 9293 Figure 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrossedSynAck {
    /// The old SYN is trimmed and the ACK processed, as Figure 7 shows it.
    Trim,
    /// The ACK is processed and acknowledged once more (Linux).
    TrimAndAck,
}

/// What the first step does with a segment that lies wholly left of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OldSegments {
    /// An ACK is sent and the segment dropped (RFC 9293 section 3.10.7.4).
    Discard,
    /// An ACK is owed, text and FIN are cut off, and the ACK field is still processed (FreeBSD).
    Trim,
}

/// The RST of ABORT (RFC 9293 section 3.10.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AbortReset {
    /// `<SEQ=SND.NXT><CTL=RST>`, in the states that the RFC names.
    Bare,
    /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>` with a window, in the same states (Linux).
    WithAck,
    /// The same with a window of zero, in CLOSING and LAST-ACK too (FreeBSD).
    WithAckInEveryState,
}

/// In which order and with which padding options are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionLayout {
    /// MSS, window scale, SACK-permitted, timestamps, as close together as alignment permits
    /// (FreeBSD).
    Packed,
    /// MSS, SACK-permitted, timestamps, window scale, NOPs filling up to words (Linux).
    Words,
}

/// How the right edge of the receive window follows from the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowEdge {
    /// The buffer's size.
    Buffer,
    /// The buffer rounded up to whole segments once the MSS is known (FreeBSD): 65536 octets
    /// become 65700 at an MSS of 1460. The header still cannot say more than 65535.
    RoundedToMss,
}

/// Everything about a TCP that is a choice. Plain data; see the field for unit and source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that a stack has"
)]
pub struct Config {
    /// Whether SYNs carry options, and the peer's are read (off: BSD's `TCP_NOOPT`).
    pub options: bool,
    /// How options are laid out.
    pub option_layout: OptionLayout,
    /// MSS option sent, octets (RFC 9293 section 3.7.1): 1 to 65495, which is what the largest
    /// IPv4 datagram holds.
    pub mss: u16,
    /// MSS assumed if the peer sends no option, octets, over IPv4 (RFC 9293 MUST-15: 536). Over IPv6
    /// it is never below 1220.
    pub mss_default: u16,
    /// Receive buffer, octets: the window offered while nothing waits to be read.
    pub receive_buffer: u32,
    /// How the buffer becomes a window.
    pub window_edge: WindowEdge,
    /// Send buffer, octets.
    pub send_buffer: u32,
    /// Shift count offered (RFC 7323), at most 14; `None` offers no scaling.
    pub window_scale: Option<u8>,
    /// Whether timestamps are offered and accepted (RFC 7323).
    pub timestamps: bool,
    /// Whether SACK-permitted is offered and accepted (RFC 2018). Negotiation only.
    pub sack_permitted: bool,
    /// Nagle's algorithm (RFC 9293 section 3.7.4, SHLD-7); off for one connection by its own set of
    /// choices (MUST-17).
    pub nagle: bool,
    /// How long an ACK may wait for company; zero sends it at once. Below 0.5 s (RFC 9293
    /// MUST-40).
    pub delayed_ack: Duration,
    /// Initial congestion window, segments (RFC 5681: 2 to 4; RFC 6928: 10).
    pub initial_window: u16,

    /// Retransmission timeout before any measurement (RFC 6298 section 2: 1 s).
    pub rto_initial: Duration,
    /// Lower bound of the retransmission timeout (RFC 6298: 1 s; Linux: 0.2 s).
    pub rto_min: Duration,
    /// Lower bound of the variation term: RFC 6298's clock granularity G, `RTO = SRTT +
    /// max(G, 4 RTTVAR)` (Linux, FreeBSD: 0.2 s).
    pub rto_slack: Duration,
    /// Upper bound, of backed-off values too (RFC 6298: at least 60 s, if any).
    pub rto_max: Option<Duration>,
    /// Retransmissions of a SYN that come `rto_initial` apart before backoff begins (Linux's
    /// `tcp_syn_linear_timeouts`).
    pub syn_linear_timeouts: u8,
    /// R2 for a SYN; retries come on top of the linear ones.
    pub give_up_syn: GiveUp,
    /// R2 for a SYN,ACK of a passive open.
    pub give_up_synack: GiveUp,
    /// R2 for text and FIN, for one connection by its own set of choices (RFC 9293 MUST-21).
    pub give_up_data: GiveUp,
    /// R2 once the user has let go of the connection (Linux's `tcp_orphan_retries`).
    pub give_up_orphan: GiveUp,
    /// Retransmissions after which the user is warned (R1, RFC 9293 SHLD-10: at least 3).
    pub r1: u8,
    /// User timeout (RFC 5482): how long text or FIN may stay unacknowledged. `None` leaves it
    /// to R2.
    pub user_timeout: Option<Duration>,
    /// Maximum segment lifetime (RFC 9293 section 3.4.2: 2 minutes).
    pub msl: Duration,
    /// How long TIME-WAIT lasts (RFC 9293: 2 MSL). Zero skips the state.
    pub time_wait: Duration,
    /// How long FIN-WAIT-2 lasts once the user has let go; `None` for ever, as in the RFC.
    pub fin_timeout: Option<Duration>,
    /// Keep-alive; `None` is off, the default that RFC 9293 MUST-25 asks for.
    pub keepalive: Option<KeepAlive>,

    /// RFC 5961's rules, or RFC 793's.
    pub blind_attack: BlindAttackRules,
    /// The time in which one connection sends at most `ack_burst` ACKs for unacceptable segments,
    /// challenge ACKs among them (RFC 5961 section 7). `None` does not limit: then two ends of
    /// different incarnations may answer each other for ever. Counted in whole milliseconds.
    pub ack_rate_limit: Option<Duration>,
    /// How many such ACKs are sent in that time, 1 to 15.
    pub ack_burst: u8,
    /// Whether a RST is ignored in TIME-WAIT (RFC 1337 fix 1).
    pub rfc1337: bool,
    /// Which segments start TIME-WAIT anew.
    pub time_wait_restart: TimeWaitRestart,
    /// Whether a SYN beyond the old sequence space may reopen a TIME-WAIT entry (RFC 9293
    /// section 3.6.1 MAY-2).
    pub time_wait_reuse: bool,
    /// Whether timestamps decide about that too (RFC 6191), and whether an own active OPEN may
    /// take over a TIME-WAIT entry that is at least one second old (Linux's `tcp_tw_reuse`).
    pub time_wait_reuse_by_timestamp: bool,
    /// Whether a SYN is dropped whose timestamp is missing or behind the last one of its host, if a
    /// connection with that host has entered TIME-WAIT less than 60 s ago (`tcp_tw_recycle` of Linux
    /// up to 4.11). What else that did, ending TIME-WAIT after 3.5 RTO, is `time_wait`.
    pub tw_recycle: bool,
    /// Answer to a copy of the SYN in SYN-RECEIVED.
    pub repeated_syn: RepeatedSyn,
    /// Answer to another SYN in the window of SYN-RECEIVED.
    pub new_syn: NewSyn,
    /// Simultaneous open.
    pub crossed_syn_ack: CrossedSynAck,
    /// How soon SYN-SENT sends its first SYN again after it saw an unacceptable ACK (Linux: two
    /// clock ticks). `None` leaves the SYN to its timer.
    pub syn_after_reset: Option<Duration>,
    /// Whether a SYN with FIN is dropped in LISTEN (FreeBSD's `drop_synfin`; Linux always). RFC
    /// 9293 takes it as a SYN and ignores the FIN.
    pub drop_syn_fin: bool,
    /// What an active end does with segments that belong to none of its connections.
    pub client_on_unexpected: Unexpected,
    /// Whether closing with unread text resets the connection (RFC 9293 section 3.6.1 SHLD-3,
    /// RFC 2525 section 2.17).
    pub reset_on_unread: bool,
    /// The RST of ABORT.
    pub abort: AbortReset,
    /// Whether a connection that keep-alive gives up sends a RST (Linux, FreeBSD).
    pub reset_on_keepalive: bool,
    /// Whether a connection that R2 gives up sends a RST (FreeBSD).
    pub reset_on_timeout: bool,
    /// Segments left of the window.
    pub old_segments: OldSegments,
    /// Whether each ordinary ACK carries the own SYN or FIN again while that is unacknowledged
    /// (FreeBSD), instead of following it.
    pub acks_repeat_control: bool,
    /// Whether letting go of a connection in SYN-RECEIVED deletes it without a word (FreeBSD).
    /// RFC 9293 section 3.10.4 sends a FIN.
    pub delete_in_syn_received: bool,
    /// Whether a SYN,ACK in LISTEN is dropped (FreeBSD) instead of drawing the RST of RFC 9293
    /// section 3.10.7.2.
    pub listen_drops_syn_ack: bool,
    /// Ports that an active OPEN without a port may get (RFC 6335: 49152 to 65535; Linux: 32768 to
    /// 60999). Read from the endpoint's default configuration only.
    pub ephemeral_ports: RangeInclusive<u16>,
    /// Width of initial sequence numbers, bits, 1 to 32. Below 32 only for the experiment that
    /// shows why the space must be large.
    pub isn_bits: u8,
    /// A bug put in on purpose, to see whether it is noticed.
    #[cfg(feature = "mutants")]
    pub mutant: Option<crate::Mutant>,
}

/// A configuration that cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field of [`Config`] (or of a listener's configuration).
    pub field: &'static str,
    /// What would be accepted.
    pub expected: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field, self.expected)
    }
}

impl core::error::Error for ConfigError {}

impl Config {
    /// The MSS to assume of a peer that names none (MUST-15), octets.
    pub(crate) fn assumed_mss(&self, is_ipv6: bool) -> u16 {
        if is_ipv6 {
            self.mss_default.max(1220)
        } else {
            self.mss_default
        }
    }

    /// Checks the ranges that the fields name.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let half_second = Duration::from_millis(500);
        let longest = Duration::from_secs(1 << 32);
        let rules = [
            ("mss", "1 to 65495", (1..=65495).contains(&self.mss)),
            ("mss_default", "at least 1", self.mss_default >= 1),
            (
                "receive_buffer",
                "1 to 2^30 - 1 octets",
                (1..1 << 30).contains(&self.receive_buffer),
            ),
            (
                "send_buffer",
                "1 to 2^30 - 1 octets",
                (1..1 << 30).contains(&self.send_buffer),
            ),
            (
                "window_scale",
                "at most 14",
                self.window_scale.is_none_or(|shift| shift <= 14),
            ),
            ("delayed_ack", "below 0.5 s", self.delayed_ack < half_second),
            (
                "initial_window",
                "at least 1 segment",
                self.initial_window >= 1,
            ),
            ("rto_initial", "above zero", !self.rto_initial.is_zero()),
            ("rto_min", "above zero", !self.rto_min.is_zero()),
            (
                "rto_max",
                "at least rto_min and rto_initial",
                self.rto_max
                    .is_none_or(|max| max >= self.rto_min && max >= self.rto_initial),
            ),
            (
                "user_timeout",
                "above zero",
                self.user_timeout.is_none_or(|timeout| !timeout.is_zero()),
            ),
            (
                "fin_timeout",
                "above zero",
                self.fin_timeout.is_none_or(|timeout| !timeout.is_zero()),
            ),
            (
                "keepalive",
                "positive times and at least one probe",
                self.keepalive.is_none_or(|keep| {
                    !keep.idle.is_zero() && !keep.interval.is_zero() && keep.probes > 0
                }),
            ),
            (
                "ack_rate_limit",
                "1 ms to a day",
                self.ack_rate_limit.is_none_or(|interval| {
                    (Duration::from_millis(1)..=Duration::from_hours(24)).contains(&interval)
                }),
            ),
            ("ack_burst", "1 to 15", (1..=15).contains(&self.ack_burst)),
            ("msl", "at most 136 years", self.msl <= longest),
            ("time_wait", "at most 136 years", self.time_wait <= longest),
            (
                "ephemeral_ports",
                "a range of ports above 0",
                *self.ephemeral_ports.start() > 0 && !self.ephemeral_ports.is_empty(),
            ),
            ("isn_bits", "1 to 32", (1..=32).contains(&self.isn_bits)),
        ];
        match rules.into_iter().find(|(_, _, holds)| !holds) {
            Some((field, expected, _)) => Err(ConfigError { field, expected }),
            None => Ok(()),
        }
    }
}
