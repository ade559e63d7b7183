//! `[host.NAME]`: addresses, and every setting of its TCP under the name that RFC 9293 or Linux
//! gives it. A setting that is not written keeps the value of the profile.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};

use crate::quantity::{ArrivalRate, Time};

use super::{Named, Short, Shorthand, Spanned, Switchable};

/// `[host.NAME]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostSpec {
    /// Where the settings start from.
    pub(crate) profile: Option<Spanned<String>>,
    /// A number of addresses, or a list of them.
    pub(crate) addresses: Option<Spanned<AddressesSpec>>,
    /// Ports on which it listens; 80 on the host `server`, none elsewhere.
    pub(crate) passive_open: Option<Spanned<Vec<u16>>>,
    /// First and last port that a load's clients may use.
    pub(crate) ephemeral_ports: Option<Spanned<(u16, u16)>>,
    /// Whether it sends on what it gets for other hosts.
    pub(crate) forward: Option<bool>,
    /// How fast its applications accept connections.
    pub(crate) accept_rate: Option<AcceptRateSpec>,
    /// The link over which it sends to a host, where that is not the shortest path.
    #[serde(default)]
    pub(crate) routes: Named<Spanned<String>>,
    /// From when on it sends and hears nothing.
    pub(crate) power_off: Option<Spanned<PowerOffSpec>>,
    /// When it loses its connections, and when it is up again.
    pub(crate) crash: Option<Spanned<CrashSpec>>,

    // Listener.
    /// Entries that each of the two queues holds; `linux-6` admits one more.
    pub(crate) backlog: Option<Spanned<u32>>,
    /// Without cookies, the SYN queue takes no more once less than a quarter of this is left.
    pub(crate) max_syn_backlog: Option<Spanned<Switchable<u32>>>,
    /// A SYN queue that is more than half full gives up old entries early.
    pub(crate) syn_queue_prune: Option<bool>,
    /// An ACK that finds the accept queue full is answered by RST, not dropped.
    pub(crate) abort_on_overflow: Option<bool>,
    /// Connections opened by a Fast Open cookie that may wait for their ACK (RFC 7413).
    pub(crate) fast_open_limit: Option<u32>,
    /// Linux's way to choose the policy.
    pub(crate) syncookies: Option<Spanned<u8>>,

    // Segments and buffers.
    /// SYNs carry options, and the peer's are read.
    pub(crate) options: Option<bool>,
    /// Options follow each other, or each is padded to words of 32 bits.
    pub(crate) option_layout: Option<OptionLayoutSpec>,
    /// MSS option sent.
    pub(crate) mss: Option<Spanned<u16>>,
    /// MSS of a peer that names none; over IPv6 at least 1220.
    pub(crate) mss_default: Option<Spanned<u16>>,
    /// Receive buffer.
    pub(crate) rcv_wnd: Option<Spanned<u32>>,
    /// How the buffer becomes a window.
    pub(crate) window_edge: Option<WindowEdgeSpec>,
    /// Send buffer.
    pub(crate) send_buffer: Option<Spanned<u32>>,
    /// Shift count offered (RFC 7323).
    pub(crate) window_scale: Option<Spanned<Switchable<u8>>>,
    /// Timestamps are offered and accepted (RFC 7323).
    pub(crate) timestamps: Option<bool>,
    /// The option is offered and accepted; blocks are not sent.
    pub(crate) sack_permitted: Option<bool>,
    /// Nagle's algorithm.
    pub(crate) nagle: Option<bool>,
    /// How long an ACK may wait for company; below 0.5 s.
    pub(crate) delayed_ack: Option<Spanned<Time>>,
    /// Initial congestion window, in segments.
    pub(crate) initial_window: Option<Spanned<u16>>,

    // Timers.
    /// Retransmission timeout before any measurement.
    pub(crate) rto_initial: Option<Spanned<Time>>,
    /// Its lower bound.
    pub(crate) rto_min: Option<Spanned<Time>>,
    /// Lower bound of its variation term (G of RFC 6298).
    pub(crate) rto_slack: Option<Spanned<Time>>,
    /// Its upper bound, after backoff too.
    pub(crate) rto_max: Option<Spanned<Switchable<Time>>>,
    /// Retransmissions of a SYN before backoff begins.
    pub(crate) syn_linear_timeouts: Option<Spanned<u8>>,
    /// When a SYN is given up.
    pub(crate) r2_syn: Option<Spanned<Time>>,
    /// The same as retransmissions, after the linear ones.
    pub(crate) syn_retries: Option<Spanned<u8>>,
    /// When an entry in SYN-RECEIVED is given up.
    pub(crate) r2_synack: Option<Spanned<Time>>,
    /// The same as retransmissions.
    pub(crate) synack_retries: Option<Spanned<u8>>,
    /// When text and FIN are given up.
    pub(crate) r2: Option<Spanned<Time>>,
    /// The same as retransmissions.
    pub(crate) retries2: Option<Spanned<u8>>,
    /// The same once the application has let go.
    pub(crate) r2_orphan: Option<Spanned<Time>>,
    /// The same as retransmissions.
    pub(crate) orphan_retries: Option<Spanned<u8>>,
    /// Retransmissions after which the application is warned.
    pub(crate) r1: Option<Spanned<u8>>,
    /// How long text or FIN may stay unacknowledged (RFC 5482).
    pub(crate) user_timeout: Option<Spanned<Switchable<Time>>>,
    /// Maximum segment lifetime; sets `time_wait` to twice as much.
    pub(crate) msl: Option<Spanned<Time>>,
    /// How long TIME-WAIT lasts; `"0s"` skips it.
    pub(crate) time_wait: Option<Spanned<Time>>,
    /// How long FIN-WAIT-2 lasts once the application has let go.
    pub(crate) fin_timeout: Option<Spanned<Switchable<Time>>>,
    /// What is not written is 2 h, 75 s, 9 or the profile's. With `probes = 1` one lost probe ends a
    /// connection that is alive, which RFC 9293 MUST-29 forbids: use two or more.
    pub(crate) keepalive: Option<Spanned<Switchable<KeepAliveSpec>>>,

    // Rules.
    /// What a host does with a segment that belongs to none of the connections that it opened.
    pub(crate) client_on_unexpected: Option<UnexpectedSpec>,
    /// Blind attacks on RST, SYN and ACK are met as in RFC 5961, else as in RFC 793.
    pub(crate) rfc5961: Option<Short<BlindAttackSpec>>,
    /// The time in which a connection sends at most `ack_burst` ACKs for unacceptable segments.
    pub(crate) ack_rate_limit: Option<Spanned<Switchable<Time>>>,
    /// See `ack_rate_limit`.
    pub(crate) ack_burst: Option<Spanned<u8>>,
    /// A RST is ignored in TIME-WAIT.
    pub(crate) rfc1337: Option<bool>,
    /// Which segments start TIME-WAIT anew.
    pub(crate) time_wait_restart: Option<TimeWaitRestartSpec>,
    /// A SYN beyond the old sequence numbers may reopen a connection in TIME-WAIT.
    pub(crate) time_wait_reuse: Option<bool>,
    /// Timestamps decide about that too, and an own OPEN may take the four-tuple over after one
    /// second.
    pub(crate) tw_reuse: Option<bool>,
    /// For 60 s after a connection of a host has entered TIME-WAIT, SYNs of that host with an older
    /// timestamp or none are dropped (Linux up to 4.11).
    pub(crate) tw_recycle: Option<bool>,
    /// What is done with segments left of the window.
    pub(crate) old_segments: Option<OldSegmentsSpec>,
    /// The answer to a copy of the SYN in SYN-RECEIVED.
    pub(crate) repeated_syn: Option<RepeatedSynSpec>,
    /// The answer to another SYN there.
    pub(crate) new_syn: Option<NewSynSpec>,
    /// How a simultaneous open takes the SYN,ACK.
    pub(crate) crossed_syn_ack: Option<CrossedSynAckSpec>,
    /// How soon SYN-SENT sends its SYN again after an unacceptable ACK.
    pub(crate) syn_after_reset: Option<Spanned<Switchable<Time>>>,
    /// LISTEN drops a SYN with FIN.
    pub(crate) drop_syn_fin: Option<bool>,
    /// Closing with unread text resets the connection.
    pub(crate) reset_on_unread: Option<bool>,
    /// The RST of ABORT.
    pub(crate) abort: Option<AbortSpec>,
    /// Each ACK carries the own SYN or FIN again until that is acknowledged.
    pub(crate) acks_repeat_control: Option<bool>,
    /// Closing in SYN-RECEIVED deletes the connection without a word.
    pub(crate) delete_in_syn_received: Option<bool>,
    /// A SYN,ACK in LISTEN is dropped, not reset.
    pub(crate) listen_drops_syn_ack: Option<bool>,
    /// A connection that keep-alive gives up sends a RST.
    pub(crate) reset_on_keepalive: Option<bool>,
    /// So does one that R2 gives up.
    pub(crate) reset_on_timeout: Option<bool>,
    /// Width of initial sequence numbers.
    pub(crate) isn_bits: Option<Spanned<u8>>,
    /// A bug put in on purpose; only where the program was built with them.
    pub(crate) mutant: Option<Spanned<String>>,
}

/// `addresses = 4`, or a list of addresses.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum AddressesSpec {
    /// So many consecutive addresses of the host's own block.
    Count(u32),
    /// These.
    Listed(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for AddressesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AddressesSpec, D::Error> {
        deserializer.deserialize_any(AddressesVisitor)
    }
}

struct AddressesVisitor;

impl<'de> Visitor<'de> for AddressesVisitor {
    type Value = AddressesSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of addresses, or a list such as [\"10.0.0.1\"]")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<AddressesSpec, E> {
        u32::try_from(count)
            .map(AddressesSpec::Count)
            .map_err(|_| E::invalid_value(Unexpected::Signed(count), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AddressesSpec, A::Error> {
        let mut addresses = Vec::new();
        while let Some(address) = list.next_element()? {
            addresses.push(address);
        }
        Ok(AddressesSpec::Listed(addresses))
    }
}

/// `{ event = "client.state == CLOSED", connection = 0, plus = "0s" }` or `{ at = "5s" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerOffSpec {
    /// What must happen: `"HOST.state == STATE"`.
    pub(crate) event: Option<Spanned<String>>,
    /// The scripted connection whose states count, from 0; any.
    pub(crate) connection: Option<Spanned<usize>>,
    /// Virtual time.
    pub(crate) at: Option<Spanned<Time>>,
    /// Time from the event on.
    pub(crate) plus: Option<Spanned<Time>>,
}

/// `{ at = "5s", restart_after = "10s" }`, or with an event as above.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrashSpec {
    /// What must happen: `"HOST.state == STATE"`.
    pub(crate) event: Option<Spanned<String>>,
    /// The scripted connection whose states count, from 0; any.
    pub(crate) connection: Option<Spanned<usize>>,
    /// Virtual time.
    pub(crate) at: Option<Spanned<Time>>,
    /// Time from the event on.
    pub(crate) plus: Option<Spanned<Time>>,
    /// How long it is down.
    pub(crate) restart_after: Spanned<Time>,
    /// How long TCP keeps quiet after the restart.
    pub(crate) quiet_time: Option<Time>,
    /// Which initial sequence numbers it chooses then.
    pub(crate) isn: Option<RestartIsnSpec>,
}

/// Which initial sequence numbers a restarted host chooses.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RestartIsnSpec {
    Fresh,
    Reuse,
}

/// `accept_rate = "10/s"` or `"unlimited"`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(with = "UnlimitedSpec")]
pub(crate) struct AcceptRateSpec(pub(crate) Option<ArrivalRate>);

/// The two forms of [`AcceptRateSpec`], for its JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged, rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its shape is of interest")]
enum UnlimitedSpec {
    Rate(ArrivalRate),
    Word(UnlimitedWord),
}

/// `"unlimited"`.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its shape is of interest")]
enum UnlimitedWord {
    Unlimited,
}

impl<'de> Deserialize<'de> for AcceptRateSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AcceptRateSpec, D::Error> {
        deserializer.deserialize_any(AcceptRateVisitor)
    }
}

struct AcceptRateVisitor;

impl Visitor<'_> for AcceptRateVisitor {
    type Value = AcceptRateSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an arrival rate such as \"5/s\", or \"unlimited\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<AcceptRateSpec, E> {
        if text == "unlimited" {
            return Ok(AcceptRateSpec(None));
        }
        let rate = text
            .parse()
            .map_err(|error| E::custom(format!("{error}; the other choice is \"unlimited\"")))?;
        Ok(AcceptRateSpec(Some(rate)))
    }

    // A number without a unit fails in the parser's own words, which name the remedy.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<AcceptRateSpec, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<AcceptRateSpec, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<AcceptRateSpec, E> {
        self.visit_str(&number.to_string())
    }
}

/// `keepalive = { idle = "2h", interval = "75s", probes = 9 }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepAliveSpec {
    /// Silence before the first probe.
    pub(crate) idle: Option<Time>,
    /// Time between probes.
    pub(crate) interval: Option<Time>,
    /// Probes without an answer that end the connection.
    pub(crate) probes: Option<u8>,
}

/// `rfc5961 = true`, or each of its three rules by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlindAttackSpec {
    /// A RST in the window must have the very next number.
    pub(crate) rst: Option<bool>,
    /// A SYN is answered by a challenge ACK.
    pub(crate) syn: Option<bool>,
    /// An ACK of what is long acknowledged is not taken.
    pub(crate) ack: Option<bool>,
}

impl Shorthand for BlindAttackSpec {
    type Plain = bool;
    const EXPECTED: &'static str = "true, false, or a table with `rst`, `syn` and `ack`";

    fn from_plain(all: bool) -> BlindAttackSpec {
        BlindAttackSpec {
            rst: Some(all),
            syn: Some(all),
            ack: Some(all),
        }
    }
}

/// What an active end does with a segment that belongs to none of its connections.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnexpectedSpec {
    Rst,
    Ignore,
}

/// How the receive buffer becomes a window.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WindowEdgeSpec {
    Buffer,
    RoundedToMss,
}

/// Which segments start TIME-WAIT anew.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeWaitRestartSpec {
    Fin,
    AnyAck,
}

/// How SYN-RECEIVED answers a copy of the SYN that made the entry.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RepeatedSynSpec {
    Ack,
    SynAck,
}

/// What is done with a segment that lies wholly left of the window.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OldSegmentsSpec {
    Discard,
    Trim,
}

/// How SYN-RECEIVED takes a different SYN.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NewSynSpec {
    Listen,
    Reset,
    SynAck,
}

/// How simultaneous open takes the SYN,ACK that answers its SYN.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CrossedSynAckSpec {
    Trim,
    TrimAndAck,
}

/// The RST of ABORT.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AbortSpec {
    Bare,
    WithAck,
    WithAckInEveryState,
}

/// In which order and with which padding options are written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OptionLayoutSpec {
    Packed,
    Words,
}
