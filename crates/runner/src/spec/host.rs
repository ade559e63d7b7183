//! `[host.NAME]`: addresses, and every setting of its TCP under the name that RFC 9293 or Linux
//! gives it. A setting that is not written keeps the value of the profile.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};
use toml::Spanned;

use crate::quantity::{ArrivalRate, Time};

use super::{Named, Short, Shorthand, Switchable};

/// `[host.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostSpec {
    pub(crate) profile: Option<Spanned<String>>,
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
    pub(crate) power_off: Option<Spanned<PowerOffSpec>>,
    pub(crate) crash: Option<Spanned<CrashSpec>>,

    // Listener.
    pub(crate) backlog: Option<Spanned<u32>>,
    pub(crate) max_syn_backlog: Option<Spanned<Switchable<u32>>>,
    pub(crate) syn_queue_prune: Option<bool>,
    pub(crate) abort_on_overflow: Option<bool>,
    pub(crate) fast_open_limit: Option<u32>,
    /// Linux's way to choose the policy.
    pub(crate) syncookies: Option<Spanned<u8>>,

    // Segments and buffers.
    pub(crate) options: Option<bool>,
    pub(crate) option_layout: Option<OptionLayoutSpec>,
    pub(crate) mss: Option<Spanned<u16>>,
    pub(crate) mss_default: Option<Spanned<u16>>,
    pub(crate) rcv_wnd: Option<Spanned<u32>>,
    pub(crate) window_edge: Option<WindowEdgeSpec>,
    pub(crate) send_buffer: Option<Spanned<u32>>,
    pub(crate) window_scale: Option<Spanned<Switchable<u8>>>,
    pub(crate) timestamps: Option<bool>,
    pub(crate) sack_permitted: Option<bool>,
    pub(crate) nagle: Option<bool>,
    pub(crate) delayed_ack: Option<Spanned<Time>>,
    pub(crate) initial_window: Option<Spanned<u16>>,

    // Timers.
    pub(crate) rto_initial: Option<Spanned<Time>>,
    pub(crate) rto_min: Option<Spanned<Time>>,
    pub(crate) rto_slack: Option<Spanned<Time>>,
    pub(crate) rto_max: Option<Spanned<Switchable<Time>>>,
    pub(crate) syn_linear_timeouts: Option<Spanned<u8>>,
    pub(crate) r2_syn: Option<Spanned<Time>>,
    pub(crate) syn_retries: Option<Spanned<u8>>,
    pub(crate) r2_synack: Option<Spanned<Time>>,
    pub(crate) synack_retries: Option<Spanned<u8>>,
    pub(crate) r2: Option<Spanned<Time>>,
    pub(crate) retries2: Option<Spanned<u8>>,
    pub(crate) r2_orphan: Option<Spanned<Time>>,
    pub(crate) orphan_retries: Option<Spanned<u8>>,
    pub(crate) r1: Option<Spanned<u8>>,
    pub(crate) user_timeout: Option<Spanned<Switchable<Time>>>,
    pub(crate) msl: Option<Spanned<Time>>,
    pub(crate) time_wait: Option<Spanned<Time>>,
    pub(crate) fin_timeout: Option<Spanned<Switchable<Time>>>,
    pub(crate) keepalive: Option<Spanned<Switchable<KeepAliveSpec>>>,

    // Rules.
    pub(crate) client_on_unexpected: Option<UnexpectedSpec>,
    pub(crate) rfc5961: Option<Short<BlindAttackSpec>>,
    pub(crate) ack_rate_limit: Option<Spanned<Switchable<Time>>>,
    pub(crate) ack_burst: Option<Spanned<u8>>,
    pub(crate) rfc1337: Option<bool>,
    pub(crate) time_wait_restart: Option<TimeWaitRestartSpec>,
    pub(crate) time_wait_reuse: Option<bool>,
    pub(crate) tw_reuse: Option<bool>,
    pub(crate) old_segments: Option<OldSegmentsSpec>,
    pub(crate) repeated_syn: Option<RepeatedSynSpec>,
    pub(crate) new_syn: Option<NewSynSpec>,
    pub(crate) crossed_syn_ack: Option<CrossedSynAckSpec>,
    pub(crate) syn_after_reset: Option<Spanned<Switchable<Time>>>,
    pub(crate) drop_syn_fin: Option<bool>,
    pub(crate) reset_on_unread: Option<bool>,
    pub(crate) abort: Option<AbortSpec>,
    pub(crate) acks_repeat_control: Option<bool>,
    pub(crate) delete_in_syn_received: Option<bool>,
    pub(crate) listen_drops_syn_ack: Option<bool>,
    pub(crate) reset_on_keepalive: Option<bool>,
    pub(crate) reset_on_timeout: Option<bool>,
    pub(crate) isn_bits: Option<Spanned<u8>>,
    /// A bug put in on purpose; only where the program was built with them.
    pub(crate) mutant: Option<Spanned<String>>,
}

/// `addresses = 4`, or a list of addresses.
#[derive(Debug)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerOffSpec {
    pub(crate) event: Option<Spanned<String>>,
    pub(crate) connection: Option<Spanned<usize>>,
    pub(crate) at: Option<Spanned<Time>>,
    pub(crate) plus: Option<Spanned<Time>>,
}

/// `{ at = "5s", restart_after = "10s" }`, or with an event as above.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrashSpec {
    pub(crate) event: Option<Spanned<String>>,
    pub(crate) connection: Option<Spanned<usize>>,
    pub(crate) at: Option<Spanned<Time>>,
    pub(crate) plus: Option<Spanned<Time>>,
    pub(crate) restart_after: Spanned<Time>,
    /// How long TCP keeps quiet after the restart.
    pub(crate) quiet_time: Option<Time>,
    pub(crate) isn: Option<RestartIsnSpec>,
}

/// Which initial sequence numbers a restarted host chooses.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RestartIsnSpec {
    Fresh,
    Reuse,
}

/// `accept_rate = "10/s"` or `"unlimited"`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcceptRateSpec(pub(crate) Option<ArrivalRate>);

impl<'de> Deserialize<'de> for AcceptRateSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AcceptRateSpec, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "unlimited" {
            return Ok(AcceptRateSpec(None));
        }
        let rate = text.parse().map_err(|error| {
            de::Error::custom(format!("{error}; the other choice is \"unlimited\""))
        })?;
        Ok(AcceptRateSpec(Some(rate)))
    }
}

/// `keepalive = { idle = "2h", interval = "75s", probes = 9 }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepAliveSpec {
    pub(crate) idle: Option<Time>,
    pub(crate) interval: Option<Time>,
    pub(crate) probes: Option<u8>,
}

/// `rfc5961 = true`, or each of its three rules by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlindAttackSpec {
    pub(crate) rst: Option<bool>,
    pub(crate) syn: Option<bool>,
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnexpectedSpec {
    Rst,
    Ignore,
}

/// How the receive buffer becomes a window.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WindowEdgeSpec {
    Buffer,
    RoundedToMss,
}

/// Which segments start TIME-WAIT anew.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeWaitRestartSpec {
    Fin,
    AnyAck,
}

/// How SYN-RECEIVED answers a copy of the SYN that made the entry.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RepeatedSynSpec {
    Ack,
    SynAck,
}

/// What is done with a segment that lies wholly left of the window.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OldSegmentsSpec {
    Discard,
    Trim,
}

/// How SYN-RECEIVED takes a different SYN.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NewSynSpec {
    Listen,
    Reset,
    SynAck,
}

/// How simultaneous open takes the SYN,ACK that answers its SYN.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CrossedSynAckSpec {
    Trim,
    TrimAndAck,
}

/// The RST of ABORT.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AbortSpec {
    Bare,
    WithAck,
    WithAckInEveryState,
}

/// In which order and with which padding options are written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OptionLayoutSpec {
    Packed,
    Words,
}
