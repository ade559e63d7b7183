//! The choices of the stack: what sysctls set for all of it, and what socket options set for one
//! connection.

use super::{Connection, Stack};
use crate::errno::Errno;
use crate::sockets::SocketOptions;
use crate::sysctl::Knob;
use core::time::Duration;
use tcp_core::{Config, ConfigId, GiveUp, Handshake, KeepAlive, Profile};

impl Stack {
    /// The choices of a socket.
    pub(super) fn configure(&mut self, options: &SocketOptions) -> Result<ConfigId, Errno> {
        let config = self.merged(options);
        self.endpoint.configure(config).map_err(|_| Errno::EINVAL)
    }

    fn merged(&self, options: &SocketOptions) -> Config {
        let mut config = self.config.clone();
        config.receive_buffer = options.receive_buffer.unwrap_or(config.receive_buffer);
        config.send_buffer = options.send_buffer.unwrap_or(config.send_buffer);
        config.nagle &= !options.no_delay;
        config.options &= !options.no_options;
        config.mss = options
            .max_segment
            .map_or(config.mss, |most| config.mss.min(most));
        if let Some(count) = options.syn_count {
            config.give_up_syn = GiveUp::Retries(u8::try_from(count).unwrap_or(u8::MAX));
        }
        if let Some(millis) = options.user_timeout {
            config.user_timeout = (millis > 0).then(|| Duration::from_millis(u64::from(millis)));
        }
        if options.keepalive {
            let seconds = |value: Option<u32>, default: Duration| {
                value.map_or(default, |value| Duration::from_secs(u64::from(value)))
            };
            config.keepalive = Some(KeepAlive {
                idle: seconds(options.keep_idle, self.keepalive.idle),
                interval: seconds(options.keep_interval, self.keepalive.interval),
                probes: options.keep_count.map_or(self.keepalive.probes, |count| {
                    u8::try_from(count).unwrap_or(u8::MAX)
                }),
            });
        }
        config
    }

    /// Applies the changed options of a socket to its connection.
    pub(crate) fn reconfigure(
        &mut self,
        connection: Connection,
        options: &SocketOptions,
    ) -> Result<(), Errno> {
        let config = self.configure(options)?;
        self.options.insert(connection, options.clone());
        self.endpoint.set_config(self.now, connection, config);
        Ok(())
    }

    /// Sets a choice for everything that comes, and for the connections that there are.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    pub(crate) fn apply(&mut self, knob: Knob) -> Result<(), &'static str> {
        let before = (self.config.clone(), self.listen_config);
        self.turn(knob);
        if (&self.config, self.listen_config) == (&before.0, before.1) {
            return Ok(());
        }
        self.config.validate().map_err(|_| "")?;
        if !self.listeners.is_empty() {
            return Err(" while a socket listens");
        }
        let live: Vec<(Connection, SocketOptions)> = self
            .options
            .iter()
            .map(|(&id, options)| (id, options.clone()))
            .collect();
        for (id, options) in live {
            self.reconfigure(id, &options).map_err(|_| "")?;
        }
        Ok(())
    }

    fn turn(&mut self, knob: Knob) {
        let config = &mut self.config;
        let count = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        match knob {
            Knob::WindowScaling(on) => config.window_scale = self.shift.filter(|_| on),
            Knob::Timestamps(on) => config.timestamps = on,
            Knob::Sack(on) => config.sack_permitted = on,
            Knob::InsecureRst(on) => config.blind_attack.rst = !on,
            Knob::InsecureSyn(on) => config.blind_attack.syn = !on,
            Knob::InsecureAck(on) => config.blind_attack.ack = !on,
            Knob::DropSynFin(on) => config.drop_syn_fin = on,
            Knob::SynCookies(when) => {
                self.listen_config.policy = match when {
                    0 => Handshake::ThreeWay,
                    1 => Handshake::CookiesOnOverflow,
                    _ => Handshake::Cookies,
                };
            }
            Knob::Msl(nanos) => {
                config.msl = Duration::from_nanos(nanos);
                config.time_wait = 2 * config.msl;
            }
            Knob::FinWait2(nanos) => config.fin_timeout = Some(Duration::from_nanos(nanos)),
            Knob::ReceiveBuffer(octets) => config.receive_buffer = octets,
            Knob::SendBuffer(octets) => config.send_buffer = octets,
            Knob::BufferLimit(octets) => self.limit_buffers(octets),
            Knob::SynRetries(retries) => config.give_up_syn = GiveUp::Retries(count(retries)),
            Knob::SynAckRetries(retries) => config.give_up_synack = GiveUp::Retries(count(retries)),
            Knob::DataRetries(retries) => config.give_up_data = GiveUp::Retries(count(retries)),
            Knob::OrphanRetries(retries) => config.give_up_orphan = GiveUp::Retries(count(retries)),
            Knob::WarnRetries(retries) => config.r1 = count(retries),
            Knob::InitialRto(nanos) => config.rto_initial = Duration::from_nanos(nanos),
            Knob::MinRto(nanos) => config.rto_min = Duration::from_nanos(nanos),
            Knob::RtoSlop(nanos) => config.rto_slack = Duration::from_nanos(nanos),
            Knob::KeepIdle(nanos) => self.keepalive.idle = Duration::from_nanos(nanos),
            Knob::KeepInterval(nanos) => self.keepalive.interval = Duration::from_nanos(nanos),
            Knob::KeepCount(probes) => self.keepalive.probes = count(probes),
            Knob::KeepAlways(on) => config.keepalive = on.then_some(self.keepalive),
            Knob::KeepInit(nanos) => {
                config.give_up_syn = GiveUp::After(Duration::from_nanos(nanos));
            }
            Knob::DelayedAck(on) => {
                config.delayed_ack = if on { self.delayed_ack } else { Duration::ZERO }
            }
            Knob::DelayedAckTime(nanos) => {
                self.delayed_ack = Duration::from_nanos(nanos);
                config.delayed_ack = self.delayed_ack;
            }
            Knob::SynBacklog(entries) => self.listen_config.max_syn_backlog = Some(entries),
            Knob::Rfc1337(on) => config.rfc1337 = on,
            Knob::DefaultMss(octets) if self.local.is_ipv4() => config.mss_default = octets,
            Knob::DefaultMssIpv6(octets) if self.local.is_ipv6() => config.mss_default = octets,
            // A script has connections of one family only.
            Knob::DefaultMss(_) | Knob::DefaultMssIpv6(_) => {}
            Knob::InitialWindow(segments) => {
                config.initial_window = u16::try_from(segments).unwrap_or(u16::MAX);
            }
            Knob::SynLinearTimeouts(timeouts) => config.syn_linear_timeouts = count(timeouts),
            Knob::AckRateLimit(nanos) => {
                config.ack_rate_limit = (nanos > 0).then(|| Duration::from_nanos(nanos));
            }
            Knob::TimeWaitReuse => config.time_wait_reuse_by_timestamp = true,
            Knob::BacklogLimit(most) => self.backlog_limit = most,
            Knob::AbortOnOverflow(on) => self.listen_config.abort_on_overflow = on,
        }
    }

    /// Offers the smallest shift with which 65535 reaches the largest buffer (`tcp_newtcpcb`).
    fn limit_buffers(&mut self, octets: u32) {
        self.shift = (0..14)
            .find(|shift| 65_535_u64 << shift >= u64::from(octets))
            .or(Some(14));
        self.config.window_scale = self.config.window_scale.and(self.shift);
    }
}

/// The most that `listen()` may ask for by default, where a system has such a limit.
pub(super) fn backlog_limit(profile: Profile) -> u32 {
    match profile {
        Profile::Linux6 => 4096, // net.core.somaxconn
        Profile::FreeBsd => 128, // kern.ipc.soacceptqueue
        Profile::Rfc9293 | Profile::Lwip => i32::MAX as u32,
    }
}

impl Stack {
    /// What a listener gets that asks for `backlog`: at most the limit of the system, and just that
    /// for a negative number.
    pub(super) fn granted(&self, backlog: i64) -> u32 {
        let asked = u32::try_from(backlog).unwrap_or(self.backlog_limit);
        let queued = asked.min(self.backlog_limit);
        if self.listen_config.backlog_plus_one {
            queued
        } else {
            // BSD lets half as many again wait, and one more (listen(2)).
            queued.saturating_add(queued / 2).saturating_add(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sysctl::knobs;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    fn stack(profile: Profile, ip: impl Into<IpAddr>) -> Stack {
        Stack::new(profile, SocketAddr::new(ip.into(), 0), None).expect("a valid profile")
    }

    /// What becomes of a stack of this profile.
    fn after(profile: Profile, ip: impl Into<IpAddr>, sysctls: &[(&str, &str)]) -> Stack {
        let mut stack = stack(profile, ip);
        for (name, value) in sysctls {
            for knob in knobs(name, value).expect("a possible value") {
                assert_eq!(stack.apply(knob), Ok(()), "{name}={value}");
            }
        }
        stack
    }

    const V4: Ipv4Addr = Ipv4Addr::LOCALHOST;
    const V6: Ipv6Addr = Ipv6Addr::LOCALHOST;

    #[test]
    fn retries_and_limits_of_linux_reach_the_stack() {
        let set = |name, value| after(Profile::Linux6, V4, &[(name, value)]).config;
        let orphan = |value| set("net.ipv4.tcp_orphan_retries", value).give_up_orphan;
        assert_eq!(orphan("2"), GiveUp::Retries(2));
        assert_eq!(orphan("0"), GiveUp::Retries(8));
        assert_eq!(set("net.ipv4.tcp_retries1", "5").r1, 5);
        let limit = |value| set("net.ipv4.tcp_invalid_ratelimit", value).ack_rate_limit;
        assert_eq!(limit("20"), Some(Duration::from_millis(20)));
        assert_eq!(limit("0"), None);
        let reuse = [("net.ipv4.tcp_tw_reuse", "1")];
        let reused = after(Profile::Rfc9293, V4, &reuse).config;
        assert!(reused.time_wait_reuse_by_timestamp);
    }

    #[test]
    fn writing_the_default_of_a_system_changes_nothing() {
        for (profile, name, value) in [
            (Profile::Linux6, "net.ipv4.tcp_orphan_retries", "0"),
            (Profile::Linux6, "net.ipv4.tcp_retries1", "3"),
            (Profile::Linux6, "net.ipv4.tcp_invalid_ratelimit", "500"),
            (Profile::Linux6, "net.core.somaxconn", "4096"),
            (Profile::FreeBsd, "kern.ipc.soacceptqueue", "128"),
            (Profile::FreeBsd, "net.inet.tcp.mssdflt", "536"),
            (Profile::FreeBsd, "net.inet.tcp.v6mssdflt", "1220"),
        ] {
            let (before, after) = (stack(profile, V4), after(profile, V4, &[(name, value)]));
            assert_eq!(before.config, after.config, "{name}");
            assert_eq!(before.backlog_limit, after.backlog_limit, "{name}");
        }
    }

    #[test]
    fn each_family_has_its_own_default_segment_size() {
        let both = [
            ("net.inet.tcp.mssdflt", "600"),
            ("net.inet.tcp.v6mssdflt", "1300"),
        ];
        let assumed = |ip: IpAddr| after(Profile::FreeBsd, ip, &both).config.mss_default;
        assert_eq!(assumed(V4.into()), 600);
        assert_eq!(assumed(V6.into()), 1300);
    }

    #[test]
    fn a_listener_gets_no_more_than_the_system_grants() {
        let linux = after(Profile::Linux6, V4, &[("net.core.somaxconn", "10")]);
        assert_eq!(
            [5, 10, 99, -1].map(|asked| linux.granted(asked)),
            [5, 10, 10, 10]
        );
        let freebsd = after(Profile::FreeBsd, V4, &[("kern.ipc.somaxconn", "10")]);
        assert_eq!(
            [0, 5, 99, -1].map(|asked| freebsd.granted(asked)),
            [1, 8, 16, 16]
        );
        assert_eq!(stack(Profile::Rfc9293, V4).granted(1_000), 1_501);
    }

    #[test]
    fn a_full_accept_queue_of_freebsd_may_answer_with_a_reset() {
        let name = "net.inet.tcp.syncache.rst_on_sock_fail";
        let answers = |value| after(Profile::FreeBsd, V4, &[(name, value)]).listen_config;
        assert!(answers("1").abort_on_overflow);
        assert!(!answers("0").abort_on_overflow);
    }
}
