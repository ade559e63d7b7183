//! Sysctls of FreeBSD and Linux and what they mean for the stack, in one table.

/// A property of the stack that a sysctl sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    /// Offer the window scale option (RFC 7323).
    WindowScaling(bool),
    /// Offer timestamps (RFC 7323).
    Timestamps(bool),
    /// Offer selective acknowledgments (RFC 2018).
    Sack(bool),
    /// Any RST in the window resets (RFC 793 instead of RFC 5961 §3).
    InsecureRst(bool),
    /// A SYN in the window resets (RFC 793 instead of RFC 5961 §4).
    InsecureSyn(bool),
    /// An ACK older than the largest window draws nothing (RFC 793 instead of RFC 5961 §5).
    InsecureAck(bool),
    /// A segment with SYN and FIN is dropped in LISTEN.
    DropSynFin(bool),
    /// Maximum segment lifetime in nanoseconds.
    Msl(u64),
    /// How long an orphan stays in FIN-WAIT-2, in nanoseconds.
    FinWait2(u64),
    /// Receive buffer of a new connection in bytes.
    ReceiveBuffer(u32),
    /// Send buffer of a new connection in bytes.
    SendBuffer(u32),
    /// The largest buffer, from which the window scale is taken.
    BufferLimit(u32),
    /// Retransmissions of a SYN.
    SynRetries(u32),
    /// Retransmissions of a SYN,ACK.
    SynAckRetries(u32),
    /// Retransmissions of data.
    DataRetries(u32),
    /// Retransmissions of data and FIN once the user has let go.
    OrphanRetries(u32),
    /// Retransmissions after which the user is warned.
    WarnRetries(u32),
    /// First retransmission timeout in nanoseconds.
    InitialRto(u64),
    /// Smallest retransmission timeout in nanoseconds.
    MinRto(u64),
    /// What the retransmission timeout adds to the round trip at least, in nanoseconds.
    RtoSlop(u64),
    /// Idle time before the first keepalive probe in nanoseconds.
    KeepIdle(u64),
    /// Time between keepalive probes in nanoseconds.
    KeepInterval(u64),
    /// Keepalive probes before the connection is given up.
    KeepCount(u32),
    /// How long a connection may take to open, in nanoseconds.
    KeepInit(u64),
    /// Keepalive on every connection.
    KeepAlways(bool),
    /// Acknowledge text at once.
    DelayedAck(bool),
    /// How long an acknowledgment may be delayed, in nanoseconds.
    DelayedAckTime(u64),
    /// SYN cookies: 0 never, 1 when the queue is full, 2 always.
    SynCookies(u8),
    /// Entries of the SYN queue.
    SynBacklog(u32),
    /// RST is ignored in TIME-WAIT (RFC 1337).
    Rfc1337(bool),
    /// Segment size towards a peer that names none, over IPv4.
    DefaultMss(u16),
    /// The same over IPv6.
    DefaultMssIpv6(u16),
    /// Initial window in segments.
    InitialWindow(u32),
    /// The time in which one ACK answers unacceptable segments, in nanoseconds; 0 limits nothing.
    AckRateLimit(u64),
    /// Linear timeouts of a SYN before the exponential ones.
    SynLinearTimeouts(u32),
    /// A RST for the ACK that completes a handshake for which the accept queue has no room.
    AbortOnOverflow(bool),
    /// The most that `listen()` may ask for.
    BacklogLimit(u32),
    /// Timestamps decide whether a connection in TIME-WAIT may be replaced.
    TimeWaitReuse,
}

/// What a name means.
#[derive(Clone, Copy)]
enum Meaning {
    /// It sets something, if the value is possible.
    Sets(fn(i64) -> Option<Knob>),
    /// It sets two things at once.
    SetsBoth(fn(i64) -> Option<(Knob, Knob)>),
    /// It says how the stack works inside, or clears a cache: nothing that a connection shows.
    NoEffect,
    /// It is honoured only at these values; another would need what the stack does not have.
    Only(&'static [i64]),
    /// The same for a value of several numbers.
    OnlyAll(&'static [i64]),
    /// The second and, for some, the third of `min default max`.
    Triple(fn(u32) -> Knob, Option<fn(u32) -> Knob>),
}

use Knob as K;
use Meaning::{NoEffect, Only, OnlyAll, Sets, SetsBoth, Triple};

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
/// The limit for the whole host that Linux takes for none, its default.
const NO_CHALLENGE_ACK_LIMIT: i64 = i32::MAX as i64;

fn scaled(value: i64, unit: u64) -> Option<u64> {
    u64::try_from(value).ok()?.checked_mul(unit)
}

fn on(value: i64) -> bool {
    value != 0
}

fn small<T: TryFrom<i64>>(value: i64) -> Option<T> {
    T::try_from(value).ok()
}

fn upto(value: i64, most: u8) -> Option<u8> {
    small(value).filter(|&value| value <= most)
}

fn backlog_limit(value: i64) -> Option<Knob> {
    small(value)
        .filter(|&most: &u32| i32::try_from(most).is_ok())
        .map(K::BacklogLimit)
}

/// 0 neither, 1 both, 2 scaling only, 3 timestamps only.
fn rfc1323(value: i64) -> Option<(Knob, Knob)> {
    let chosen = upto(value, 3)?;
    Some((
        K::WindowScaling(chosen == 1 || chosen == 2),
        K::Timestamps(chosen == 1 || chosen == 3),
    ))
}

#[rustfmt::skip] // One row, one line.
/// The table. FreeBSD: tcp(4), syncache(4), and the tree's own descriptions. Linux:
/// `Documentation/networking/ip-sysctl`.
const TABLE: &[(&str, Meaning)] = &[
    ("net.inet.tcp.rfc1323", SetsBoth(rfc1323)),
    ("net.inet.tcp.sack.enable", Sets(|v| Some(K::Sack(on(v))))),
    ("net.inet.tcp.insecure_rst", Sets(|v| Some(K::InsecureRst(on(v))))),
    ("net.inet.tcp.insecure_syn", Sets(|v| Some(K::InsecureSyn(on(v))))),
    ("net.inet.tcp.insecure_ack", Sets(|v| Some(K::InsecureAck(on(v))))),
    ("net.inet.tcp.drop_synfin", Sets(|v| Some(K::DropSynFin(on(v))))),
    ("net.inet.tcp.blackhole", Only(&[0])),
    ("net.inet.tcp.msl", Sets(|v| scaled(v, MILLISECOND).map(K::Msl))),
    ("net.inet.tcp.finwait2_timeout", Sets(|v| scaled(v, MILLISECOND).map(K::FinWait2))),
    ("net.inet.tcp.recvspace", Sets(|v| small(v).map(K::ReceiveBuffer))),
    ("net.inet.tcp.sendspace", Sets(|v| small(v).map(K::SendBuffer))),
    ("kern.ipc.maxsockbuf", Sets(|v| small(v).map(K::BufferLimit))),
    ("net.inet.tcp.rexmit_initial", Sets(|v| scaled(v, MILLISECOND).map(K::InitialRto))),
    ("net.inet.tcp.rexmit_min", Sets(|v| scaled(v, MILLISECOND).map(K::MinRto))),
    ("net.inet.tcp.rexmit_slop", Sets(|v| scaled(v, MILLISECOND).map(K::RtoSlop))),
    ("net.inet.tcp.syncache.rexmtlimit", Sets(|v| small(v).map(K::SynAckRetries))),
    ("net.inet.tcp.keepidle", Sets(|v| scaled(v, MILLISECOND).map(K::KeepIdle))),
    ("net.inet.tcp.keepintvl", Sets(|v| scaled(v, MILLISECOND).map(K::KeepInterval))),
    ("net.inet.tcp.keepcnt", Sets(|v| small(v).map(K::KeepCount))),
    ("net.inet.tcp.keepinit", Sets(|v| scaled(v, MILLISECOND).map(K::KeepInit))),
    ("net.inet.tcp.always_keepalive", Sets(|v| Some(K::KeepAlways(on(v))))),
    ("net.inet.tcp.delayed_ack", Sets(|v| Some(K::DelayedAck(on(v))))),
    ("net.inet.tcp.delacktime", Sets(|v| scaled(v, MILLISECOND).map(K::DelayedAckTime))),
    ("net.inet.tcp.syncookies", Sets(|v| upto(v, 1).map(K::SynCookies))),
    ("net.inet.tcp.syncookies_only", Sets(|v| upto(v, 1).map(|only| K::SynCookies(1 + only)))),
    ("net.inet.tcp.mssdflt", Sets(|v| small(v).map(K::DefaultMss))),
    // The stack assumes no less over IPv6 (RFC 9293 MUST-15).
    ("net.inet.tcp.v6mssdflt", Sets(|v| small(v).filter(|&v| v >= 1220).map(K::DefaultMssIpv6))),
    ("net.inet.tcp.initcwnd_segments", Sets(|v| small(v).map(K::InitialWindow))),
    ("net.inet.tcp.ack_war_cnt", Only(&[5])),
    ("net.inet.tcp.ack_war_timewindow", Only(&[1000])),
    // 2 answers a request for ECN and never asks for it; see the note on ECN in the crate's
    // documentation.
    ("net.inet.tcp.ecn.enable", Only(&[0, 2])),
    ("net.inet.tcp.ecn.maxretries", NoEffect),
    ("net.inet.tcp.ecn.generalized", Only(&[0])),
    ("net.inet.tcp.rexmit_drop_options", Only(&[0])),
    ("net.inet.tcp.minmss", NoEffect),
    ("net.inet.tcp.tolerate_missing_ts", NoEffect),
    ("net.inet.tcp.path_mtu_discovery", NoEffect),
    ("net.inet.tcp.pmtud_blackhole_detection", Only(&[0])),
    // The peers of scripts are remote.
    ("net.inet.tcp.nolocaltimewait", NoEffect),
    ("net.inet.tcp.fast_finwait2_recycle", Only(&[0])),
    ("net.inet.tcp.tso", NoEffect),
    ("net.inet.tcp.log_in_vain", NoEffect),
    ("net.inet.tcp.log_debug", NoEffect),
    ("net.inet.tcp.do_tcpdrain", NoEffect),
    ("net.inet.tcp.per_cpu_timers", NoEffect),
    ("net.inet.tcp.hostcache.purgenow", NoEffect),
    ("net.inet.tcp.hostcache.enable", NoEffect),
    ("net.inet.tcp.hostcache.purge", NoEffect),
    ("net.inet.tcp.syncache.see_other", NoEffect),
    ("net.inet.tcp.syncache.rst_on_sock_fail", Sets(|v| Some(K::AbortOnOverflow(on(v))))),
    ("net.inet.tcp.recvbuf_auto", NoEffect),
    ("net.inet.tcp.recvbuf_inc", NoEffect),
    ("net.inet.tcp.recvbuf_max", NoEffect),
    ("net.inet.tcp.sendbuf_auto", NoEffect),
    ("net.inet.tcp.sendbuf_inc", NoEffect),
    ("net.inet.tcp.sendbuf_max", NoEffect),
    ("net.inet.tcp.sendbuf_auto_lowat", NoEffect),
    ("net.inet.tcp.cc.algorithm", NoEffect),
    ("net.inet.tcp.cc.abe", NoEffect),
    ("net.inet.tcp.cc.newreno.beta", NoEffect),
    ("net.inet.tcp.functions_default", NoEffect),
    ("net.inet.tcp.rfc3042", NoEffect),
    // It decides only while initcwnd_segments is 0, which is no choice here.
    ("net.inet.tcp.rfc3390", NoEffect),
    ("net.inet.tcp.rfc3465", NoEffect),
    ("net.inet.tcp.abc_l_var", NoEffect),
    ("net.inet.tcp.rfc6675_pipe", NoEffect),
    ("net.inet.tcp.do_prr", NoEffect),
    ("net.inet.tcp.do_lrd", NoEffect),
    ("net.inet.tcp.newcwv", NoEffect),
    ("net.inet.tcp.sack.revised", NoEffect),
    ("net.inet.tcp.sack.lrd", NoEffect),
    ("net.inet.tcp.sack.tso", NoEffect),
    ("net.inet.tcp.sack.maxholes", NoEffect),
    ("net.inet.tcp.sack.globalmaxholes", NoEffect),
    ("net.inet.tcp.soreceive_stream", NoEffect),
    ("net.inet.tcp.icmp_may_rst", NoEffect),
    ("net.inet.tcp.isn_reseed_interval", NoEffect),
    ("net.inet.tcp.ts_offset_per_conn", NoEffect),
    ("net.inet.tcp.udp_tunneling_port", Only(&[0])),
    ("net.inet.tcp.fastopen.server_enable", Only(&[0])),
    ("net.inet.tcp.fastopen.client_enable", Only(&[0, 1])),
    ("net.inet.icmp.icmplim", NoEffect),
    ("net.inet.icmp.icmplim_output", NoEffect),
    ("net.inet.icmp.icmplim_jitter", NoEffect),
    ("net.inet.ip.portrange.randomized", NoEffect),
    ("kern.timecounter.alloweddeviation", NoEffect),
    ("kern.ipc.soacceptqueue", Sets(backlog_limit)),
    ("kern.ipc.somaxconn", Sets(backlog_limit)),
    // Linux.
    ("net.ipv4.tcp_timestamps", Sets(|v| (0..=2).contains(&v).then(|| K::Timestamps(on(v))))),
    ("net.ipv4.tcp_window_scaling", Sets(|v| Some(K::WindowScaling(on(v))))),
    ("net.ipv4.tcp_sack", Sets(|v| Some(K::Sack(on(v))))),
    ("net.ipv4.tcp_syn_retries", Sets(|v| small(v).map(K::SynRetries))),
    ("net.ipv4.tcp_synack_retries", Sets(|v| small(v).map(K::SynAckRetries))),
    ("net.ipv4.tcp_syn_linear_timeouts", Sets(|v| small(v).map(K::SynLinearTimeouts))),
    ("net.ipv4.tcp_retries2", Sets(|v| small(v).map(K::DataRetries))),
    ("net.ipv4.tcp_retries1", Sets(|v| small(v).map(K::WarnRetries))),
    // 0 means 8.
    ("net.ipv4.tcp_orphan_retries", Sets(|v| small(if v == 0 { 8 } else { v }).map(K::OrphanRetries))),
    ("net.ipv4.tcp_fin_timeout", Sets(|v| scaled(v, SECOND).map(K::FinWait2))),
    ("net.ipv4.tcp_keepalive_time", Sets(|v| scaled(v, SECOND).map(K::KeepIdle))),
    ("net.ipv4.tcp_keepalive_intvl", Sets(|v| scaled(v, SECOND).map(K::KeepInterval))),
    ("net.ipv4.tcp_keepalive_probes", Sets(|v| small(v).map(K::KeepCount))),
    ("net.ipv4.tcp_syncookies", Sets(|v| upto(v, 2).map(K::SynCookies))),
    ("net.ipv4.tcp_max_syn_backlog", Sets(|v| small(v).map(K::SynBacklog))),
    ("net.ipv4.tcp_rfc1337", Sets(|v| Some(K::Rfc1337(on(v))))),
    ("net.ipv4.tcp_abort_on_overflow", Sets(|v| Some(K::AbortOnOverflow(on(v))))),
    ("net.ipv4.tcp_challenge_ack_limit", Only(&[NO_CHALLENGE_ACK_LIMIT])),
    ("net.ipv4.tcp_rto_min_us", Sets(|v| scaled(v, 1_000).map(K::MinRto))),
    ("net.ipv4.tcp_rmem", Triple(K::ReceiveBuffer, Some(K::BufferLimit))),
    ("net.ipv4.tcp_wmem", Triple(K::SendBuffer, None)),
    // Not asking for ECN is what the stack does; 2 only answers.
    ("net.ipv4.tcp_ecn", Only(&[0, 2])),
    ("net.ipv4.tcp_ecn_fallback", NoEffect),
    ("net.ipv4.tcp_fastopen", Only(&[0, 1])),
    ("net.ipv4.tcp_fastopen_key", NoEffect),
    ("net.ipv4.tcp_mtu_probing", Only(&[0])),
    // 0 forbids and 2 allows on this host alone what the stack then allows with any peer; it has no
    // choice for active opens only.
    ("net.ipv4.tcp_tw_reuse", Sets(|v| (v == 1).then_some(K::TimeWaitReuse))),
    ("net.ipv4.tcp_invalid_ratelimit", Sets(|v| scaled(v, MILLISECOND).map(K::AckRateLimit))),
    ("net.ipv4.tcp_no_metrics_save", NoEffect),
    ("net.ipv4.tcp_congestion_control", NoEffect),
    ("net.ipv4.tcp_available_congestion_control", NoEffect),
    ("net.ipv4.tcp_allowed_congestion_control", NoEffect),
    ("net.ipv4.tcp_dsack", NoEffect),
    ("net.ipv4.tcp_fack", NoEffect),
    ("net.ipv4.tcp_frto", NoEffect),
    ("net.ipv4.tcp_early_retrans", NoEffect),
    ("net.ipv4.tcp_recovery", NoEffect),
    ("net.ipv4.tcp_reordering", NoEffect),
    ("net.ipv4.tcp_slow_start_after_idle", NoEffect),
    ("net.ipv4.tcp_autocorking", NoEffect),
    ("net.ipv4.tcp_moderate_rcvbuf", NoEffect),
    ("net.ipv4.tcp_adv_win_scale", NoEffect),
    ("net.ipv4.tcp_app_win", NoEffect),
    ("net.ipv4.tcp_base_mss", NoEffect),
    ("net.ipv4.tcp_min_snd_mss", NoEffect),
    ("net.ipv4.tcp_min_tso_segs", NoEffect),
    ("net.ipv4.tcp_tso_win_divisor", NoEffect),
    ("net.ipv4.tcp_limit_output_bytes", NoEffect),
    ("net.ipv4.tcp_notsent_lowat", NoEffect),
    ("net.ipv4.tcp_pacing_ss_ratio", NoEffect),
    ("net.ipv4.tcp_pacing_ca_ratio", NoEffect),
    ("net.ipv4.tcp_stdurg", NoEffect),
    ("net.ipv4.tcp_thin_linear_timeouts", NoEffect),
    ("net.ipv4.tcp_workaround_signed_windows", NoEffect),
    ("net.ipv4.tcp_comp_sack_delay_ns", NoEffect),
    ("net.ipv4.tcp_comp_sack_nr", NoEffect),
    ("net.ipv4.tcp_backlog_ack_defer", NoEffect),
    ("net.ipv4.tcp_migrate_req", NoEffect),
    ("net.ipv4.tcp_max_orphans", NoEffect),
    ("net.ipv4.tcp_max_tw_buckets", NoEffect),
    ("net.ipv4.tcp_mem", NoEffect),
    // The ports of the stack are chosen before a script begins.
    ("net.ipv4.ip_local_port_range", OnlyAll(&[32768, 60999])),
    ("net.core.somaxconn", Sets(backlog_limit)),
    ("net.core.rmem_max", NoEffect),
    ("net.core.wmem_max", NoEffect),
    ("net.core.default_qdisc", NoEffect),
    ("net.core.netdev_max_backlog", NoEffect),
];

/// What setting `name` to `value` means.
///
/// # Errors
///
/// The reason to skip a script that asks for it.
pub(crate) fn knobs(name: &str, value: &str) -> Result<Vec<Knob>, String> {
    // Linux also writes the path of the file.
    let dotted = name.replace('/', ".");
    let Some(&(_, meaning)) = TABLE.iter().find(|entry| entry.0 == dotted) else {
        return Err(format!("sysctl {name}"));
    };
    let impossible = || format!("sysctl {name}={value}");
    let number = |word: &str| word.parse::<i64>().map_err(|_| impossible());
    match meaning {
        NoEffect => Ok(Vec::new()),
        Sets(knob) => knob(number(value)?)
            .map(|knob| vec![knob])
            .ok_or_else(impossible),
        SetsBoth(knobs) => knobs(number(value)?)
            .map(|(first, second)| vec![first, second])
            .ok_or_else(impossible),
        Only(values) if values.contains(&number(value)?) => Ok(Vec::new()),
        Only(_) => Err(impossible()),
        OnlyAll(values) => {
            let words: Result<Vec<i64>, String> = value.split_whitespace().map(number).collect();
            if words? == values {
                Ok(Vec::new())
            } else {
                Err(impossible())
            }
        }
        Triple(default, most) => {
            let words: Vec<&str> = value.split_whitespace().collect();
            let [_, second, third] = words.as_slice() else {
                return Err(impossible());
            };
            let second = small(number(second)?).ok_or_else(impossible)?;
            let third = small(number(third)?).ok_or_else(impossible)?;
            let most = most.map(|knob| knob(third));
            Ok([Some(default(second)), most]
                .into_iter()
                .flatten()
                .collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_systems_set_the_same_knobs() {
        assert_eq!(
            knobs("net.inet.tcp.rfc1323", "2"),
            Ok(vec![K::WindowScaling(true), K::Timestamps(false)])
        );
        assert_eq!(
            knobs("net.ipv4.tcp_timestamps", "0"),
            Ok(vec![K::Timestamps(false)])
        );
        assert_eq!(
            knobs("net/ipv4/tcp_fin_timeout", "60"),
            Ok(vec![K::FinWait2(60 * SECOND)])
        );
        assert_eq!(
            knobs("net.inet.tcp.msl", "30000"),
            Ok(vec![K::Msl(30 * SECOND)])
        );
        assert_eq!(
            knobs("net.ipv4.tcp_rmem", "4096 131072 6291456"),
            Ok(vec![K::ReceiveBuffer(131_072), K::BufferLimit(6_291_456)])
        );
    }

    #[test]
    fn what_the_stack_cannot_do_is_named() {
        assert_eq!(
            knobs("net.inet.tcp.ecn.enable", "1"),
            Err("sysctl net.inet.tcp.ecn.enable=1".to_owned())
        );
        assert_eq!(
            knobs("net.inet.tcp.rfc1323", "x"),
            Err("sysctl net.inet.tcp.rfc1323=x".to_owned())
        );
        assert_eq!(
            knobs("vm.overcommit", "1"),
            Err("sysctl vm.overcommit".to_owned())
        );
        assert_eq!(
            knobs("net.inet.tcp.msl", "-1"),
            Err("sysctl net.inet.tcp.msl=-1".to_owned())
        );
        for (name, value) in [
            ("net.inet.tcp.blackhole", "1"),
            ("net.inet.tcp.ack_war_cnt", "6"),
            ("net.inet.tcp.v6mssdflt", "1219"),
            ("net.ipv4.tcp_challenge_ack_limit", "1000"),
            ("net.ipv4.tcp_tw_reuse", "0"),
            ("net.ipv4.ip_local_port_range", "1024 65535"),
            ("net.ipv4.ip_local_port_range", "32768"),
            ("net.core.somaxconn", "4294967295"),
        ] {
            let reason = format!("sysctl {name}={value}");
            assert_eq!(knobs(name, value), Err(reason));
        }
    }

    #[test]
    fn what_the_stack_does_anyway_may_be_asked_for() {
        for (name, value) in [
            ("net.inet.tcp.blackhole", "0"),
            ("net.inet.tcp.ack_war_cnt", "5"),
            ("net.ipv4.tcp_challenge_ack_limit", "2147483647"),
            ("net.ipv4.ip_local_port_range", "32768\t60999"),
        ] {
            assert_eq!(knobs(name, value), Ok(Vec::new()), "{name}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..index].iter().all(|earlier| earlier.0 != entry.0),
                "{}",
                entry.0
            );
        }
    }
}
