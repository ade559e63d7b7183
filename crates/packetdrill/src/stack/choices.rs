//! The choices of the stack: what sysctls set for all of it, and what socket options set for one
//! connection.

use super::{Connection, Stack};
use crate::errno::Errno;
use crate::sockets::SocketOptions;
use crate::sysctl::Knob;
use core::time::Duration;
use tcp_core::{Config, ConfigId, GiveUp, Handshake, KeepAlive};

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
        self.turn(knob)?;
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

    fn turn(&mut self, knob: Knob) -> Result<(), &'static str> {
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
            Knob::Blackhole(0) => {}
            Knob::Blackhole(_) | Knob::ChallengeAckLimit(_) => return Err(""),
            Knob::Msl(nanos) => {
                config.msl = Duration::from_nanos(nanos);
                config.time_wait = 2 * config.msl;
            }
            Knob::FinWait2(nanos) => config.fin_timeout = Some(Duration::from_nanos(nanos)),
            Knob::ReceiveBuffer(octets) => config.receive_buffer = octets,
            Knob::SendBuffer(octets) => config.send_buffer = octets,
            Knob::BufferLimit(octets) => {
                // The smallest shift with which 65535 reaches the largest buffer (tcp_newtcpcb).
                self.shift = (0..14)
                    .find(|shift| 65_535_u64 << shift >= u64::from(octets))
                    .or(Some(14));
                config.window_scale = config.window_scale.and(self.shift);
            }
            Knob::SynRetries(retries) => config.give_up_syn = GiveUp::Retries(count(retries)),
            Knob::SynAckRetries(retries) => config.give_up_synack = GiveUp::Retries(count(retries)),
            Knob::DataRetries(retries) => config.give_up_data = GiveUp::Retries(count(retries)),
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
            Knob::DefaultMss(octets) => config.mss_default = octets,
            Knob::InitialWindow(segments) => {
                config.initial_window = u16::try_from(segments).unwrap_or(u16::MAX);
            }
            Knob::SynLinearTimeouts(timeouts) => config.syn_linear_timeouts = count(timeouts),
            Knob::AbortOnOverflow(on) => self.listen_config.abort_on_overflow = on,
        }
        Ok(())
    }
}
