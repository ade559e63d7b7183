//! The calls that users make of an endpoint.

use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

use super::table::Handle;
use super::{ConfigId, Endpoint};
use crate::config::{Config, ConfigError};
use crate::connection::{CloseError, Connection, Marks, Phase, ReceiveError, SendError, Status};
use crate::io::{ConnectionId, Reason, Transition};
use crate::isn::initial_sequence_number;
use crate::listener::{ListenConfig, Listener, ListenerId};
use crate::segment::{Flow, Tag, is_unicast};
use crate::seq::SeqNum;
use crate::time::Instant;

/// Why OPEN (passive) fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenError {
    /// Something listens there already.
    AddressInUse,
    /// The configuration is out of range.
    BadConfig(ConfigError),
    /// There are 65536 listeners.
    TooMany,
}

/// Why OPEN (active) fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// "Connection already exists", TIME-WAIT included.
    AlreadyExists,
    /// No ephemeral port is free.
    NoPorts,
    /// The remote address is no single host's (MUST-46).
    InvalidAddress,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenError::AddressInUse => f.write_str("address already in use"),
            ListenError::BadConfig(error) => error.fmt(f),
            ListenError::TooMany => f.write_str("too many listeners"),
        }
    }
}

impl core::error::Error for ListenError {}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectError::AlreadyExists => "connection already exists",
            ConnectError::NoPorts => "no ephemeral port is free",
            ConnectError::InvalidAddress => "the remote address is no single host's",
        })
    }
}

impl core::error::Error for ConnectError {}

/// What an active OPEN may choose.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// The incarnation that begins.
    pub tag: Tag,
    /// A scripted ISS; drawn as RFC 6528 says if absent.
    pub iss: Option<SeqNum>,
    /// The choices of the connection.
    pub config: ConfigId,
    /// TCP Fast Open (RFC 7413): text that is queued before the first poll leaves with the SYN if
    /// the server has given this host a cookie; else the SYN asks for one.
    pub fast_open: bool,
}

impl Open {
    /// An OPEN with everything by default.
    pub fn tagged(tag: Tag) -> Open {
        Open {
            tag,
            iss: None,
            config: ConfigId::DEFAULT,
            fast_open: false,
        }
    }
}

/// Most entries of a SYN queue for which the index has room from the start: some ten megabytes.
const MOST_RESERVED: u32 = 1 << 20;

impl Endpoint {
    /// Adds a set of choices, for connections and listeners that differ from the default.
    ///
    /// # Errors
    /// If a choice is out of range. At most 256 sets are kept; beyond that the last one is
    /// reported as the field `config`.
    pub fn configure(&mut self, config: Config) -> Result<ConfigId, ConfigError> {
        config.validate()?;
        if let Some(known) = self.configs.iter().position(|known| *known == config) {
            return Ok(ConfigId(known as u8));
        }
        let id = u8::try_from(self.configs.len()).map_err(|_| ConfigError {
            field: "config",
            expected: "one of at most 256 sets",
        })?;
        self.configs.push(config);
        Ok(ConfigId(id))
    }

    /// The choices behind an id of this endpoint.
    pub fn config(&self, id: ConfigId) -> &Config {
        &self.configs[id.0 as usize]
    }

    /// OPEN, passive (RFC 9293 section 3.10.1). An unspecified address listens on all of them, any
    /// other on itself only (MUST-43). No connection is touched, of the same port or not (MUST-41,
    /// MUST-42).
    ///
    /// # Errors
    /// If something listens there already, the configuration is out of range, or there are 65536
    /// listeners.
    pub fn listen(
        &mut self,
        local: SocketAddr,
        config: ListenConfig,
        connections: ConfigId,
    ) -> Result<ListenerId, ListenError> {
        config.validate().map_err(ListenError::BadConfig)?;
        let backlog = config.backlog;
        let listener = Listener::new(local, config, connections.0);
        let key = (local.port(), listener.address());
        if self.ports.contains_key(&key) {
            return Err(ListenError::AddressInUse);
        }
        let room = backlog.min(MOST_RESERVED) as usize;
        self.index.reserve(&self.stores, room);
        let vacant = self.vacant_listeners.pop();
        let place = vacant.or_else(|| u16::try_from(self.listeners.len()).ok());
        let id = ListenerId(place.ok_or(ListenError::TooMany)?);
        if vacant.is_none() {
            self.listeners.push(None);
        }
        self.listeners[id.0 as usize] = Some(listener);
        self.ports.insert(key, id);
        Ok(id)
    }

    /// Closes a listener: its SYN queue goes silently, connections that nobody has accepted are
    /// aborted.
    pub fn close_listener(&mut self, now: Instant, id: ListenerId) {
        let Some(mut listener) = self.listeners.get_mut(id.0 as usize).and_then(Option::take)
        else {
            return;
        };
        self.ports
            .remove(&(listener.local.port(), listener.address()));
        let waiting = core::mem::take(&mut listener.accept_queue);
        // Removing entries counts them down in the listener, so it stays until they are gone.
        self.listeners[id.0 as usize] = Some(listener);
        for slot in self.embryos_of(id) {
            let flow = self.stores.flow(Handle::Embryo(slot));
            self.end_embryo(slot, flow, Reason::Close);
        }
        self.listeners[id.0 as usize] = None;
        self.vacant_listeners.push(id.0);
        for connection in waiting {
            self.abort(now, connection);
        }
    }

    /// Takes the first connection from a listener's accept queue.
    pub fn accept(&mut self, id: ListenerId) -> Option<ConnectionId> {
        let listener = self.listeners.get_mut(id.0 as usize)?.as_mut()?;
        while let Some(connection) = listener.accept_queue.pop_front() {
            let slot = &mut self.stores.connections[connection.slot];
            if let Some(found) = slot
                .as_mut()
                .filter(|found| found.serial == connection.serial)
            {
                found.marks.set(Marks::UNACCEPTED, false);
                return Some(connection);
            }
        }
        None
    }

    /// OPEN, active (RFC 9293 section 3.10.1). Port 0 takes an ephemeral one; the local address is
    /// the caller's choice (MUST-43).
    ///
    /// # Errors
    /// If the four-tuple is in use, no ephemeral port is free, or the remote address is none that a
    /// connection can be made to.
    pub fn connect(
        &mut self,
        now: Instant,
        mut flow: Flow,
        open: Open,
    ) -> Result<ConnectionId, ConnectError> {
        // MUST-46.
        if !is_unicast(flow.remote.ip()) {
            return Err(ConnectError::InvalidAddress);
        }
        if flow.local.port() == 0 {
            flow.local
                .set_port(self.ephemeral_port(flow).ok_or(ConnectError::NoPorts)?);
        }
        if !self.make_way(now, flow, open.config) {
            return Err(ConnectError::AlreadyExists);
        }
        let config = &self.configs[open.config.0 as usize];
        let draw = || initial_sequence_number(self.secret, flow, now, config.isn_bits);
        let iss = open.iss.unwrap_or_else(draw);
        let pair = self.stores.book.pair(flow);
        let mut connection = Connection::active(pair, open.config.0, config, open.tag, iss);
        if config.timestamps {
            connection.stamps.offset = self.timestamp_offset(flow);
        }
        connection.marks.set(Marks::FAST_OPEN, open.fast_open);
        self.io.counters.ActiveOpens += 1;
        let slot = self.adopt(connection, flow);
        let id = self.id_at(slot);
        self.io.transitions.push_back(Transition {
            id: Some(id),
            tag: open.tag,
            flow,
            isns: (Some(iss), None),
            from: Phase::Closed,
            to: Phase::SynSent,
            reason: Reason::Open,
        });
        self.with_connection(now, slot, |connection, _| connection.wants_turn());
        Ok(id)
    }

    /// The next passive open of this four-tuple gets this ISS.
    pub fn script_iss(&mut self, flow: Flow, iss: SeqNum) {
        self.scripted_isns.insert(flow, iss);
    }

    /// Whether a four-tuple is free, or becomes free because its TIME-WAIT entry yields to an
    /// active OPEN (timestamps agreed on, at least a second old).
    fn make_way(&mut self, now: Instant, flow: Flow, config: ConfigId) -> bool {
        let slot = match self.index.find(&self.stores, flow) {
            None => return true,
            Some(Handle::TimeWait(slot)) => slot,
            Some(Handle::Connection(_) | Handle::Embryo(_)) => return false,
        };
        let entry = self.stores.time_waits[slot];
        let config = &self.configs[config.0 as usize];
        let age_limit = self.configs[entry.config as usize].time_wait;
        let entered = entry.entered(age_limit);
        let old = now.since(entered) >= core::time::Duration::from_secs(1);
        if !(config.time_wait_reuse_by_timestamp && entry.has_timestamps() && old) {
            return false;
        }
        self.io.counters.TWRecycled += 1;
        self.remove_time_wait(slot, flow, Some((Phase::Closed, Reason::Evicted)));
        true
    }

    /// A free port, going round from the one after the last.
    fn ephemeral_port(&mut self, mut flow: Flow) -> Option<u16> {
        let range = self.configs[0].ephemeral_ports.clone();
        for _ in range.clone() {
            let port = self.next_ephemeral;
            self.next_ephemeral = if port >= *range.end() {
                *range.start()
            } else {
                port + 1
            };
            flow.local.set_port(port);
            if self.index.find(&self.stores, flow).is_none() {
                return Some(port);
            }
        }
        None
    }

    /// SEND: queues up to `octets` octets of the pattern; says how many found room.
    ///
    /// # Errors
    /// If the connection is gone or closed for sending.
    pub fn send(&mut self, now: Instant, id: ConnectionId, octets: u32) -> Result<u32, SendError> {
        self.call(now, id, |connection, turn| connection.send(octets, turn))
            .unwrap_or(Err(SendError::NoConnection))
    }

    /// RECEIVE: takes up to `most` octets that arrived in order; says how many.
    ///
    /// # Errors
    /// If the connection is gone, or will never have more.
    pub fn receive(
        &mut self,
        now: Instant,
        id: ConnectionId,
        most: u32,
    ) -> Result<u32, ReceiveError> {
        self.call(now, id, |connection, turn| connection.receive(most, turn))
            .unwrap_or(Err(ReceiveError::NoConnection))
    }

    /// CLOSE: this end sends no more. Text can still be received (half-close).
    ///
    /// # Errors
    /// If the connection is gone or closed already.
    pub fn close(&mut self, now: Instant, id: ConnectionId) -> Result<(), CloseError> {
        self.call(now, id, Connection::close)
            .unwrap_or(Err(CloseError::NoConnection))
    }

    /// The user lets go (the `close` of the socket interface): CLOSE, and text that arrives from
    /// now on is lost, which resets the connection. Nothing happens if it is gone.
    pub fn release(&mut self, now: Instant, id: ConnectionId) {
        self.call(now, id, Connection::release);
    }

    /// ABORT: the connection ends at once, and the peer is reset. Nothing happens if it is gone.
    pub fn abort(&mut self, now: Instant, id: ConnectionId) {
        self.call(now, id, Connection::abort);
    }

    /// STATUS; `None` if the connection is gone or is a TIME-WAIT entry.
    pub fn status(&self, id: ConnectionId) -> Option<Status> {
        let connection = self.connection(id.slot, id.serial)?;
        Some(connection.status(&self.configs[connection.config as usize]))
    }

    /// Gives a live connection other choices; those that were negotiated stay. Says whether
    /// there was one.
    pub fn set_config(&mut self, now: Instant, id: ConnectionId, config: ConfigId) -> bool {
        let reset = |connection: &mut Connection| connection.config = config.0;
        let found = self
            .call(now, id, |connection, _| reset(connection))
            .is_some();
        found && self.call(now, id, Connection::reconfigured).is_some()
    }

    /// The four-tuple of a connection.
    pub fn flow(&self, id: ConnectionId) -> Option<Flow> {
        self.connection(id.slot, id.serial)
            .map(|connection| self.stores.book.flow(connection.pair))
    }

    fn call<R>(
        &mut self,
        now: Instant,
        id: ConnectionId,
        act: impl FnOnce(&mut Connection, &mut crate::connection::Turn<'_>) -> R,
    ) -> Option<R> {
        self.connection(id.slot, id.serial)?;
        Some(self.with_connection(now, id.slot, act))
    }

    fn embryos_of(&self, id: ListenerId) -> Vec<u32> {
        let mut slots: Vec<u32> = self
            .index
            .handles()
            .filter_map(|handle| match handle {
                Handle::Embryo(slot) => Some(slot),
                Handle::Connection(_) | Handle::TimeWait(_) => None,
            })
            .filter(|&slot| self.stores.listener_of(&self.stores.embryos[slot]) == id)
            .collect();
        slots.sort_unstable();
        slots
    }

    /// The id of the connection in a slot.
    pub(super) fn id_at(&self, slot: u32) -> ConnectionId {
        let serial = self.stores.connections[slot]
            .as_ref()
            .map_or(0, |found| found.serial);
        ConnectionId { slot, serial }
    }
}
