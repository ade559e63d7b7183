//! Named sets of choices, each number with its source beside it.

use core::time::Duration;

use crate::config::{
    AbortReset, BlindAttackRules, Config, CrossedSynAck, GiveUp, NewSyn, OldSegments, OptionLayout,
    RepeatedSyn, TimeWaitRestart, Unexpected, WindowEdge,
};
use crate::handshake::Handshake;
use crate::listener::ListenConfig;

/// A TCP whose choices are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Profile {
    /// The letter of RFC 9293, with the robustness rules of RFC 5961.
    Rfc9293,
    /// Linux 6, as measured on a 6.18 kernel with default settings.
    Linux6,
    /// FreeBSD 14, from its source and manual pages.
    FreeBsd,
    /// lwIP 2.2, from its `opt.h`: a stack for small devices.
    Lwip,
}

impl Profile {
    /// Every profile with its name in configuration files.
    pub const ALL: [(Profile, &'static str); 4] = [
        (Profile::Rfc9293, "rfc9293"),
        (Profile::Linux6, "linux-6"),
        (Profile::FreeBsd, "freebsd"),
        (Profile::Lwip, "lwip"),
    ];

    /// The profile of this name.
    pub fn from_name(name: &str) -> Option<Profile> {
        Profile::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(profile, _)| profile)
    }

    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Rfc9293 => "rfc9293",
            Profile::Linux6 => "linux-6",
            Profile::FreeBsd => "freebsd",
            Profile::Lwip => "lwip",
        }
    }

    /// The choices of its connections.
    pub fn config(self) -> Config {
        match self {
            Profile::Rfc9293 => rfc9293(),
            Profile::Linux6 => linux_6(),
            Profile::FreeBsd => freebsd(),
            Profile::Lwip => lwip(),
        }
    }

    /// The choices of its listeners, with the three-way handshake.
    pub fn listen_config(self) -> ListenConfig {
        let exact = ListenConfig {
            policy: Handshake::ThreeWay,
            backlog: 128,
            backlog_plus_one: false,
            max_syn_backlog: None,
            syn_queue_prune: false,
            fast_open_limit: 16,
            abort_on_overflow: false,
        };
        match self {
            Profile::Rfc9293 | Profile::Lwip => exact,
            Profile::Linux6 => ListenConfig {
                backlog_plus_one: true,     // inet_csk_reqsk_queue_is_full compares with >
                max_syn_backlog: Some(128), // ip-sysctl: at least 128
                syn_queue_prune: true,      // reqsk_timer_handler
                ..exact
            },
            Profile::FreeBsd => ListenConfig {
                backlog: 128, // kern.ipc.soacceptqueue
                ..exact
            },
        }
    }
}

/// RFC 9293 with its SHOULDs where they matter to connection management. Two of them are off so
/// that each ladder shows one thing at a time: delayed ACKs (SHLD-18) and Nagle (SHLD-7) can be
/// switched on.
fn rfc9293() -> Config {
    Config {
        options: true,
        option_layout: OptionLayout::Packed,
        mss: 1460,             // RFC 9293 section 3.7.1: Ethernet's 1500 less 40
        mss_default: 536,      // MUST-15
        receive_buffer: 65535, // the largest unscaled window
        window_edge: WindowEdge::Buffer,
        send_buffer: 65536,
        window_scale: None,
        timestamps: false,
        sack_permitted: false,
        nagle: false,
        delayed_ack: Duration::ZERO,
        initial_window: 3, // RFC 5681 section 3.1 for 1095 < SMSS <= 2190
        rto_initial: Duration::from_secs(1), // RFC 6298 rule 2.1
        rto_min: Duration::from_secs(1), // RFC 6298 rule 2.4
        rto_slack: Duration::ZERO, // virtual clocks are exact
        rto_max: None,     // RFC 6298 rule 2.5: MAY
        syn_linear_timeouts: 0,
        give_up_syn: GiveUp::After(Duration::from_mins(3)), // MUST-23: at least 3 minutes
        give_up_synack: GiveUp::After(Duration::from_mins(3)),
        give_up_data: GiveUp::After(Duration::from_secs(100)), // SHLD-11: at least 100 s
        give_up_orphan: GiveUp::After(Duration::from_secs(100)),
        r1: 3, // SHLD-10: at least 3
        user_timeout: None,
        msl: Duration::from_mins(2),       // section 3.4.1
        time_wait: Duration::from_mins(4), // MUST-13: 2 MSL
        fin_timeout: None,
        keepalive: None, // MUST-25
        blind_attack: BlindAttackRules::RFC5961,
        ack_rate_limit: Some(Duration::from_millis(500)), // RFC 5961 section 7
        ack_burst: 1,
        rfc1337: false,
        time_wait_restart: TimeWaitRestart::Fin,
        time_wait_reuse: true, // MAY-2
        time_wait_reuse_by_timestamp: false,
        tw_recycle: false,
        repeated_syn: RepeatedSyn::Ack,
        new_syn: NewSyn::Listen,
        crossed_syn_ack: CrossedSynAck::Trim,
        syn_after_reset: None,
        drop_syn_fin: false,
        client_on_unexpected: Unexpected::Reset,
        reset_on_unread: true, // SHLD-3
        abort: AbortReset::Bare,
        reset_on_keepalive: false,
        reset_on_timeout: false,
        old_segments: OldSegments::Discard,
        acks_repeat_control: false,
        delete_in_syn_received: false,
        listen_drops_syn_ack: false,
        ephemeral_ports: 49152..=65535, // RFC 6335
        isn_bits: 32,
        #[cfg(feature = "mutants")]
        mutant: None,
    }
}

/// Linux: measured where a trace exists, else `Documentation/networking/ip-sysctl.rst`.
fn linux_6() -> Config {
    Config {
        mss_default: 536,
        receive_buffer: 64240,  // first window seen: 44 segments of 1460
        window_scale: Some(10), // seen with tcp_rmem's largest buffer
        timestamps: true,       // tcp_timestamps
        sack_permitted: true,   // tcp_sack
        nagle: true,
        initial_window: 10,                               // RFC 6928
        rto_min: Duration::from_millis(200),              // TCP_RTO_MIN
        rto_slack: Duration::from_millis(200),            // TCP_RTO_MIN bounds the variation too
        option_layout: OptionLayout::Words,               // tcp_options_write
        rto_max: Some(Duration::from_mins(2)),            // TCP_RTO_MAX
        syn_linear_timeouts: 4,                           // tcp_syn_linear_timeouts
        give_up_syn: GiveUp::Retries(6),                  // tcp_syn_retries
        give_up_synack: GiveUp::Retries(5),               // tcp_synack_retries
        give_up_data: GiveUp::Retries(15),                // tcp_retries2
        give_up_orphan: GiveUp::Retries(8),               // tcp_orphan_retries 0 means 8
        msl: Duration::from_secs(30),                     // half of TCP_TIMEWAIT_LEN
        time_wait: Duration::from_mins(1),                // TCP_TIMEWAIT_LEN
        fin_timeout: Some(Duration::from_mins(1)),        // tcp_fin_timeout
        ack_rate_limit: Some(Duration::from_millis(500)), // tcp_invalid_ratelimit
        time_wait_restart: TimeWaitRestart::AnyAck,
        time_wait_reuse_by_timestamp: true, // tcp_tw_reuse, and PAWS for passive opens
        repeated_syn: RepeatedSyn::SynAck,
        new_syn: NewSyn::Reset,
        crossed_syn_ack: CrossedSynAck::TrimAndAck,
        syn_after_reset: Some(Duration::from_millis(8)), // TCP_TIMEOUT_MIN: 2 jiffies at HZ=250
        abort: AbortReset::WithAck,
        reset_on_keepalive: true,
        ephemeral_ports: 32768..=60999, // ip_local_port_range: 28232 ports
        drop_syn_fin: true,             // tcp_rcv_state_process: SYN with FIN is discarded
        ..rfc9293()
    }
}

/// FreeBSD 14: tcp(4), `tcp_timer.h`, `tcp_syncache.c`.
fn freebsd() -> Config {
    Config {
        mss_default: 536,      // net.inet.tcp.mssdflt
        receive_buffer: 65536, // net.inet.tcp.recvspace
        window_edge: WindowEdge::RoundedToMss,
        send_buffer: 32768,    // net.inet.tcp.sendspace
        window_scale: Some(6), // kern.ipc.maxsockbuf 2 MiB
        timestamps: true,      // net.inet.tcp.rfc1323
        sack_permitted: true,  // net.inet.tcp.sack.enable
        nagle: true,
        delayed_ack: Duration::from_millis(40), // net.inet.tcp.delacktime
        initial_window: 10,                     // net.inet.tcp.initcwnd_segments
        rto_min: Duration::from_millis(30),     // net.inet.tcp.rexmit_min
        rto_slack: Duration::from_millis(200),  // net.inet.tcp.rexmit_slop
        rto_max: Some(Duration::from_secs(64)), // TCPTV_REXMTMAX
        syn_linear_timeouts: 4,                 // tcp_syn_backoff: 1, 1, 1, 1, 1, 2, 4, ...
        give_up_syn: GiveUp::After(Duration::from_secs(75)), // net.inet.tcp.keepinit
        give_up_synack: GiveUp::Retries(3),     // net.inet.tcp.syncache.rexmtlimit
        give_up_data: GiveUp::Retries(12),      // TCP_MAXRXTSHIFT
        give_up_orphan: GiveUp::Retries(12),
        msl: Duration::from_secs(30),                 // net.inet.tcp.msl
        time_wait: Duration::from_mins(1),            // 2 MSL
        fin_timeout: Some(Duration::from_mins(1)),    // net.inet.tcp.finwait2_timeout
        repeated_syn: RepeatedSyn::SynAck,            // syncache_add
        new_syn: NewSyn::SynAck,                      // syncache_add does not look at the number
        abort: AbortReset::WithAckInEveryState,       // tcp_drop
        reset_on_keepalive: true,                     // tcp_drop
        reset_on_timeout: true,                       // tcp_drop
        rfc1337: true,                                // tcp_twcheck drops every RST
        old_segments: OldSegments::Trim,              // tcp_do_segment: todrop
        acks_repeat_control: true,                    // tcp_output's tcp_outflags
        delete_in_syn_received: true,                 // tcp_disconnect
        listen_drops_syn_ack: true,                   // tcp_input: a SYN,ACK for a listener
        reset_on_unread: false, // soisdisconnecting: the FIN goes out all the same
        ack_rate_limit: Some(Duration::from_secs(1)), // net.inet.tcp.ack_war_timewindow
        ack_burst: 5, // net.inet.tcp.ack_war_cnt, for challenge ACKs; ordinary ones have no limit
        ..rfc9293()
    }
}

/// lwIP 2.2: the defaults of `opt.h` and `tcp_priv.h`.
fn lwip() -> Config {
    Config {
        mss: 536,             // TCP_MSS
        receive_buffer: 2144, // TCP_WND: 4 * TCP_MSS
        send_buffer: 1072,    // TCP_SND_BUF: 2 * TCP_MSS
        nagle: true,
        delayed_ack: Duration::from_millis(250), // TCP_FAST_INTERVAL
        rto_initial: Duration::from_secs(3),     // LWIP_TCP_RTO_TIME
        rto_min: Duration::from_millis(500),     // TCP_SLOW_INTERVAL
        syn_linear_timeouts: 6,                  // tcp_slowtmr does not double the timeout of a SYN
        give_up_syn: GiveUp::Retries(0),         // TCP_SYNMAXRTX is 6, all of them linear
        give_up_synack: GiveUp::After(Duration::from_secs(20)), // TCP_SYN_RCVD_TIMEOUT
        give_up_data: GiveUp::Retries(12),       // TCP_MAXRTX
        give_up_orphan: GiveUp::Retries(12),
        msl: Duration::from_mins(1),                  // TCP_MSL
        time_wait: Duration::from_mins(2),            // 2 * TCP_MSL
        fin_timeout: Some(Duration::from_secs(20)),   // TCP_FIN_WAIT_TIMEOUT
        ack_rate_limit: Some(Duration::from_secs(1)), // lwIP has none, and here every ACK loop ends
        ack_burst: 15,
        time_wait_reuse: false,
        repeated_syn: RepeatedSyn::SynAck, // tcp_process: tcp_rexmit
        ..rfc9293()
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn every_profile_is_valid_and_found_by_its_name() {
        for (profile, name) in Profile::ALL {
            assert_eq!(profile.config().validate(), Ok(()), "{name}");
            assert_eq!(Profile::from_name(name), Some(profile));
            assert_eq!(profile.name(), name);
        }
        assert_eq!(Profile::from_name("linux"), None);
    }
}
