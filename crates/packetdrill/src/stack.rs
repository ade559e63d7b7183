//! The stack under test: an endpoint with its choices, driven in the interpreter's time.

mod choices;

use crate::errno::Errno;
use crate::sockets::SocketOptions;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use tcp_core::{
    Config, ConnectError, Endpoint, Event, Flow, Instant, KeepAlive, ListenConfig, ListenError,
    Open, Outcome, Packet, Phase, Profile, Reason, Secret, Segment, SendError, SeqNum, Status, Tag,
    WindowEdge,
};

/// A connection of the stack.
pub(crate) type Connection = tcp_core::ConnectionId;
/// A listener of the stack.
pub(crate) type Listener = tcp_core::ListenerId;

/// What the stack tells a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// An active open has completed.
    Connected(Connection),
    /// The peer's FIN has arrived.
    PeerClosed(Connection),
    /// The connection is over, with the error that the socket reports.
    Closed(Connection, Option<Errno>),
}

/// Where initial sequence numbers come from. Scripts count from them, so any value serves, and the
/// same one makes runs repeatable.
const SECRET: Secret = Secret(*b"packetdrill runs");

/// How much longer a header of IPv6 is, in octets.
const IPV6_EXCESS: u16 = 20;
/// The segment size for a peer that names none, over IPv6 (RFC 9293 MUST-15).
const IPV6_DEFAULT_MSS: u16 = 1220;

/// The endpoint and what belongs to it.
#[derive(Debug)]
pub(crate) struct Stack {
    endpoint: Endpoint,
    now: Instant,
    local: SocketAddr,
    config: Config,
    listen_config: ListenConfig,
    /// The most that `listen()` may ask for.
    backlog_limit: u32,
    keepalive: KeepAlive,
    /// Shift that the profile offers, for scaling that is switched off and on again.
    shift: Option<u8>,
    delayed_ack: Duration,
    flows: BTreeMap<Connection, Flow>,
    ids: BTreeMap<Flow, Connection>,
    /// Options of the sockets of live connections.
    options: BTreeMap<Connection, SocketOptions>,
    peer_closed: BTreeSet<Connection>,
    /// Connections that a RST ended in CLOSING or LAST-ACK.
    reset_late: BTreeSet<Connection>,
    listeners: BTreeMap<Listener, (SocketAddr, u32)>,
    notices: VecDeque<Notice>,
    opened: u32,
    isn: Option<SeqNum>,
}

impl Stack {
    /// A stack with the choices of a profile, whose own address is `local`.
    ///
    /// # Errors
    ///
    /// The choice that is out of range.
    pub(crate) fn new(
        profile: Profile,
        local: SocketAddr,
        isn: Option<u32>,
    ) -> Result<Stack, String> {
        let mut config = profile.config();
        if local.is_ipv6() {
            // The longer header of IPv6 leaves less room in a frame (RFC 9293 section 3.7.1).
            config.mss = config.mss.saturating_sub(IPV6_EXCESS);
            config.mss_default = IPV6_DEFAULT_MSS;
        }
        let endpoint = Endpoint::new(config.clone(), SECRET).map_err(|error| error.to_string())?;
        Ok(Stack {
            endpoint,
            now: Instant::ZERO,
            local,
            listen_config: profile.listen_config(),
            backlog_limit: choices::backlog_limit(profile),
            keepalive: config.keepalive.unwrap_or(KeepAlive::DEFAULT),
            shift: config.window_scale,
            delayed_ack: config.delayed_ack,
            config,
            flows: BTreeMap::new(),
            ids: BTreeMap::new(),
            options: BTreeMap::new(),
            peer_closed: BTreeSet::new(),
            reset_late: BTreeSet::new(),
            listeners: BTreeMap::new(),
            notices: VecDeque::new(),
            opened: 0,
            isn: isn.map(SeqNum),
        })
    }

    /// Sets the clock, in nanoseconds.
    pub(crate) fn set_time(&mut self, now: u64) {
        self.now = Instant::from_nanos(now);
    }

    /// A segment arrives from the other end of `flow`.
    pub(crate) fn on_packet(&mut self, flow: Flow, segment: Segment) {
        let packet = Packet {
            source: flow.remote,
            target: flow.local,
            tag: Tag(0),
            segment,
        };
        if let Some(isn) = self.isn.filter(|_| segment.flags.syn()) {
            self.endpoint.script_iss(flow, isn);
        }
        self.endpoint.on_packet(self.now, &packet);
    }

    /// Lets the timers that are due run out.
    pub(crate) fn on_deadline(&mut self) {
        self.endpoint.on_deadline(self.now);
    }

    /// When the next timer may run out, in nanoseconds.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.endpoint.next_deadline().map(Instant::as_nanos)
    }

    /// The next packet that leaves.
    pub(crate) fn poll_packet(&mut self) -> Option<Packet> {
        self.endpoint
            .poll_packet(self.now)
            .map(|transmit| transmit.packet)
    }

    /// The next thing that a socket must know.
    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        while let Some(transition) = self.endpoint.poll_transition() {
            if let Some(id) = transition.id {
                self.flows.insert(id, transition.flow);
                self.ids.insert(transition.flow, id);
                let was_closing = matches!(transition.from, Phase::Closing | Phase::LastAck);
                if transition.reason == Reason::Rst && was_closing {
                    self.reset_late.insert(id);
                }
            }
        }
        while let Some(event) = self.endpoint.poll_event() {
            let notice = match event {
                Event::Connected(id) => Notice::Connected(id),
                Event::PeerClosed(id) => {
                    self.peer_closed.insert(id);
                    Notice::PeerClosed(id)
                }
                // RFC 9293 lets such a connection end without a word; the systems tell its socket.
                Event::Closed(id, _) if self.reset_late.remove(&id) => {
                    Notice::Closed(id, Some(Errno::ECONNRESET))
                }
                Event::Closed(id, outcome) => Notice::Closed(id, error_of(outcome)),
                Event::Acceptable(listener) => {
                    if let Some((_, waiting)) = self.listeners.get_mut(&listener) {
                        *waiting += 1;
                    }
                    continue;
                }
                Event::Readable(_) | Event::Writable(_) | Event::Struggling(_) => continue,
            };
            self.notices.push_back(notice);
        }
        self.notices.pop_front()
    }

    /// Passive open.
    pub(crate) fn listen(
        &mut self,
        local: SocketAddr,
        backlog: i64,
        options: &SocketOptions,
    ) -> Result<Listener, Errno> {
        let config = self.configure(options)?;
        let choices = ListenConfig {
            backlog: self.granted(backlog),
            ..self.listen_config
        };
        let listener =
            self.endpoint
                .listen(local, choices, config)
                .map_err(|error| match error {
                    ListenError::AddressInUse | ListenError::TooMany => Errno::EADDRINUSE,
                    ListenError::BadConfig(_) => Errno::EINVAL,
                })?;
        self.listeners.insert(listener, (local, 0));
        Ok(listener)
    }

    /// Ends a listener; what waits in its queues goes with it.
    pub(crate) fn close_listener(&mut self, listener: Listener) {
        self.listeners.remove(&listener);
        self.endpoint.close_listener(self.now, listener);
    }

    /// The first connection that waits to be accepted.
    pub(crate) fn accept(
        &mut self,
        listener: Listener,
        options: &SocketOptions,
    ) -> Option<Connection> {
        let accepted = self.endpoint.accept(listener);
        if let Some((_, waiting)) = self.listeners.get_mut(&listener) {
            *waiting = if accepted.is_some() {
                waiting.saturating_sub(1)
            } else {
                0
            };
        }
        if let Some(connection) = accepted {
            self.options.insert(connection, options.clone());
        }
        accepted
    }

    /// Whether `accept()` would find something.
    pub(crate) fn has_acceptable(&self, listener: Listener) -> bool {
        self.listeners
            .get(&listener)
            .is_some_and(|&(_, waiting)| waiting > 0)
    }

    /// Active open, from an address that the user may have bound.
    pub(crate) fn connect(
        &mut self,
        bound: Option<SocketAddr>,
        remote: SocketAddr,
        options: &SocketOptions,
    ) -> Result<Connection, Errno> {
        let config = self.configure(options)?;
        let local = bound.unwrap_or(SocketAddr::new(self.local.ip(), 0));
        self.opened += 1;
        let open = Open {
            config,
            iss: self.isn,
            ..Open::tagged(Tag(self.opened))
        };
        let id = self
            .endpoint
            .connect(self.now, Flow { local, remote }, open)
            .map_err(|error| match error {
                ConnectError::AlreadyExists => Errno::EADDRINUSE,
                ConnectError::NoPorts => Errno::EADDRNOTAVAIL,
                ConnectError::InvalidAddress => Errno::ENETUNREACH,
            })?;
        if let Some(flow) = self.endpoint.flow(id) {
            self.flows.insert(id, flow);
            self.ids.insert(flow, id);
        }
        self.options.insert(id, options.clone());
        Ok(id)
    }

    /// Takes up to `octets` for sending.
    pub(crate) fn send(&mut self, connection: Connection, octets: u64) -> Result<u64, Errno> {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        self.endpoint
            .send(self.now, connection, octets)
            .map(u64::from)
            .map_err(|error| match error {
                SendError::NoConnection | SendError::Closing => Errno::EPIPE,
            })
    }

    /// Takes octets that have arrived; the caller has asked how many there are.
    pub(crate) fn receive(&mut self, connection: Connection, octets: u64) {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        // It cannot fail for octets that are there.
        let _taken = self.endpoint.receive(self.now, connection, octets);
    }

    /// Octets that have arrived and were not taken.
    pub(crate) fn readable(&self, connection: Connection) -> u64 {
        self.status(connection)
            .map_or(0, |status| u64::from(status.unread))
    }

    /// Room in the send buffer, in octets.
    pub(crate) fn writable(&self, connection: Connection) -> u64 {
        let size = self
            .options
            .get(&connection)
            .and_then(|options| options.send_buffer)
            .unwrap_or(self.config.send_buffer);
        self.status(connection)
            .map_or(0, |status| u64::from(size.saturating_sub(status.queued)))
    }

    /// Whether the peer has said that it will send no more.
    pub(crate) fn peer_closed(&self, connection: Connection) -> bool {
        self.peer_closed.contains(&connection)
    }

    /// CLOSE of one direction.
    pub(crate) fn half_close(&mut self, connection: Connection) {
        // A connection that is gone or closed already needs no closing.
        let _closed = self.endpoint.close(self.now, connection);
    }

    /// The user lets go.
    pub(crate) fn release(&mut self, connection: Connection) {
        self.endpoint.release(self.now, connection);
        self.options.remove(&connection);
    }

    /// Whether text or the FIN of a connection is still on its way to the peer.
    pub(crate) fn is_closing(&self, connection: Connection) -> bool {
        self.status(connection)
            .is_some_and(|status| match status.phase {
                Phase::FinWait1 | Phase::Closing | Phase::LastAck => true,
                Phase::Closed
                | Phase::Listen
                | Phase::SynSent
                | Phase::SynReceived
                | Phase::Established
                | Phase::FinWait2
                | Phase::CloseWait
                | Phase::TimeWait => false,
            })
    }

    /// ABORT.
    pub(crate) fn abort(&mut self, connection: Connection) {
        self.endpoint.abort(self.now, connection);
        self.options.remove(&connection);
    }

    /// An administrator drops a connection; TIME-WAIT is left alone.
    pub(crate) fn drop_connection(&mut self, flow: Flow) {
        if let Some(&id) = self.ids.get(&flow) {
            self.endpoint.abort(self.now, id);
        }
    }

    /// STATUS.
    pub(crate) fn status(&self, connection: Connection) -> Option<Status> {
        self.endpoint.status(connection)
    }

    /// The four-tuple of a connection, also after its end.
    pub(crate) fn flow(&self, connection: Connection) -> Option<Flow> {
        self.flows.get(&connection).copied()
    }

    /// The newest connection of a four-tuple.
    pub(crate) fn connection(&self, flow: Flow) -> Option<Connection> {
        self.ids.get(&flow).copied()
    }

    /// Listeners and connections with their states, as tools list them.
    pub(crate) fn list(&self) -> Vec<(Phase, SocketAddr, Option<SocketAddr>)> {
        let listeners = self
            .listeners
            .values()
            .map(|&(local, _)| (Phase::Listen, local, None));
        let entries = self
            .endpoint
            .observe()
            .into_iter()
            .map(|seen| (seen.phase, seen.flow.local, Some(seen.flow.remote)));
        listeners.chain(entries).collect()
    }

    /// The size of a buffer, in octets.
    pub(crate) fn buffer_size(
        &self,
        connection: Option<Connection>,
        options: &SocketOptions,
        receive: bool,
    ) -> u32 {
        let status = connection.and_then(|connection| self.status(connection));
        if receive {
            let asked = options.receive_buffer.unwrap_or(self.config.receive_buffer);
            return status.map_or(asked, |status| status.receive_buffer);
        }
        let size = options.send_buffer.unwrap_or(self.config.send_buffer);
        match status.map(|status| u32::from(status.mss)) {
            // FreeBSD rounds both buffers to whole segments (tcp_mss).
            Some(mss)
                if self.config.window_edge == WindowEdge::RoundedToMss && mss > 0 && size > mss =>
            {
                size.next_multiple_of(mss)
            }
            _ => size,
        }
    }
}

/// What a socket reports for the end of a connection.
fn error_of(outcome: Outcome) -> Option<Errno> {
    match outcome {
        Outcome::Finished => None,
        Outcome::Refused => Some(Errno::ECONNREFUSED),
        Outcome::Reset => Some(Errno::ECONNRESET),
        Outcome::TimedOut => Some(Errno::ETIMEDOUT),
        Outcome::Aborted => Some(Errno::ECONNABORTED),
    }
}
