//! BSD sockets over an endpoint: descriptors, pending errors, what blocks and what does not.
//!
//! Nothing here speaks TCP. A call either completes, or says what it waits for; the interpreter
//! tries it again whenever something has happened.

use crate::errno::Errno;
use crate::stack::{Connection, Listener, Notice, Stack};
use crate::symbols::Dialect;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tcp_core::Phase;

/// What a call came to: its value, or its error.
pub(crate) type Result<T> = core::result::Result<T, Errno>;

/// Options that a socket has before and after it is connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(crate) struct SocketOptions {
    /// `SO_REUSEADDR`
    pub(crate) reuse_address: bool,
    /// `SO_LINGER`: seconds, if on.
    pub(crate) linger: Option<u32>,
    /// `SO_KEEPALIVE`
    pub(crate) keepalive: bool,
    /// `SO_RCVBUF` in bytes, if it was set.
    pub(crate) receive_buffer: Option<u32>,
    /// `SO_SNDBUF` in bytes, if it was set.
    pub(crate) send_buffer: Option<u32>,
    /// `TCP_NODELAY`
    pub(crate) no_delay: bool,
    /// `TCP_NOOPT`
    pub(crate) no_options: bool,
    /// `TCP_MAXSEG`
    pub(crate) max_segment: Option<u16>,
    /// `TCP_KEEPIDLE` in seconds.
    pub(crate) keep_idle: Option<u32>,
    /// `TCP_KEEPINTVL` in seconds.
    pub(crate) keep_interval: Option<u32>,
    /// `TCP_KEEPCNT`
    pub(crate) keep_count: Option<u32>,
    /// `TCP_SYNCNT`
    pub(crate) syn_count: Option<u32>,
    /// `TCP_USER_TIMEOUT` in milliseconds.
    pub(crate) user_timeout: Option<u32>,
}

/// What a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// Neither connected nor listening.
    Fresh,
    /// `listen()` was called.
    Listening(Listener),
    /// `connect()` was called, and the handshake is under way.
    Connecting(Connection),
    /// Connected, also while it closes.
    Connected(Connection),
    /// The connection is over and left no more than a pending error.
    Dead,
}

/// One descriptor.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and every mixture of them occurs"
)]
pub(crate) struct Socket {
    role: Role,
    /// The connection that it has or had.
    pub(crate) last_connection: Option<Connection>,
    /// Where `bind()` put it.
    bound: Option<SocketAddr>,
    /// `O_NONBLOCK`
    pub(crate) nonblocking: bool,
    pub(crate) options: SocketOptions,
    /// `SO_ERROR`: reported once.
    error: Option<Errno>,
    /// The peer's FIN has been seen.
    peer_closed: bool,
    shut_read: bool,
    shut_write: bool,
    /// `shutdown()` came before the connection was open.
    close_when_open: bool,
}

impl Socket {
    fn new(nonblocking: bool) -> Socket {
        Socket {
            role: Role::Fresh,
            last_connection: None,
            bound: None,
            nonblocking,
            options: SocketOptions::default(),
            error: None,
            peer_closed: false,
            shut_read: false,
            shut_write: false,
            close_when_open: false,
        }
    }

    /// The connection behind the socket, if there is one.
    pub(crate) fn connection(&self) -> Option<Connection> {
        match self.role {
            Role::Connecting(connection) | Role::Connected(connection) => Some(connection),
            Role::Fresh | Role::Listening(_) | Role::Dead => None,
        }
    }

    /// True after `listen()`.
    pub(crate) fn is_listening(&self) -> bool {
        matches!(self.role, Role::Listening(_))
    }
}

/// What a call waits for, if it blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wait<T> {
    /// It is complete.
    Ready(T),
    /// It must be tried again when something has happened.
    Blocked,
}

/// All descriptors of the process, and the stack below them.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) stack: Stack,
    table: BTreeMap<i64, Socket>,
    dialect: Dialect,
}

impl Sockets {
    pub(crate) fn new(stack: Stack, dialect: Dialect) -> Sockets {
        Sockets {
            stack,
            table: BTreeMap::new(),
            dialect,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn get(&self, fd: i64) -> Result<&Socket> {
        self.table.get(&fd).ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, fd: i64) -> Result<&mut Socket> {
        self.table.get_mut(&fd).ok_or(Errno::EBADF)
    }

    /// Every descriptor in order.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = (i64, &Socket)> {
        self.table.iter().map(|(&fd, socket)| (fd, socket))
    }

    fn free_descriptor(&self) -> i64 {
        // 0 to 2 are the standard streams.
        let last = self.table.last_key_value().map_or(2, |(&fd, _)| fd.max(2));
        (3..=last)
            .find(|fd| !self.table.contains_key(fd))
            .unwrap_or(last.saturating_add(1))
    }

    /// A new descriptor: the number that the script calls it, or the lowest free one.
    fn install(&mut self, socket: Socket, wanted: Option<i64>) -> i64 {
        let fd = wanted
            .filter(|fd| *fd >= 0 && !self.table.contains_key(fd))
            .unwrap_or_else(|| self.free_descriptor());
        self.table.insert(fd, socket);
        fd
    }

    /// Takes note of what the stack reports.
    pub(crate) fn notice(&mut self) {
        while let Some(notice) = self.stack.poll_notice() {
            let (connection, outcome) = match notice {
                Notice::Connected(connection) => {
                    self.connection_opened(connection);
                    continue;
                }
                Notice::PeerClosed(connection) => {
                    if let Some(socket) = self.socket_of(connection) {
                        socket.peer_closed = true;
                    }
                    continue;
                }
                Notice::Closed(connection, error) => (connection, error),
            };
            let dialect = self.dialect;
            if let Some(socket) = self.socket_of(connection) {
                // Linux reports a reset after the peer's FIN as a broken pipe (tcp_reset).
                let is_pipe = dialect == Dialect::Linux && socket.peer_closed && !socket.shut_write;
                socket.error = match outcome {
                    Some(Errno::ECONNRESET) if is_pipe => Some(Errno::EPIPE),
                    other => other,
                };
                socket.role = Role::Dead;
            }
        }
    }

    fn connection_opened(&mut self, connection: Connection) {
        let Some(socket) = self.socket_of(connection) else {
            return;
        };
        socket.role = Role::Connected(connection);
        if socket.close_when_open {
            socket.close_when_open = false;
            self.stack.half_close(connection);
        }
    }

    fn socket_of(&mut self, connection: Connection) -> Option<&mut Socket> {
        self.table
            .values_mut()
            .find(|socket| socket.connection() == Some(connection))
    }

    /// `socket()`
    pub(crate) fn socket(&mut self, nonblocking: bool, wanted: Option<i64>) -> i64 {
        self.install(Socket::new(nonblocking), wanted)
    }

    /// `bind()`
    pub(crate) fn bind(&mut self, fd: i64, address: SocketAddr) -> Result<()> {
        let socket = self.get(fd)?;
        if socket.bound.is_some() || socket.role != Role::Fresh {
            return Err(Errno::EINVAL);
        }
        let reuse = socket.options.reuse_address;
        let taken = self.table.values().any(|other| {
            other
                .bound
                .is_some_and(|bound| bound.port() == address.port() && address.port() != 0)
                && !(reuse && other.options.reuse_address && !other.is_listening())
        });
        if taken {
            return Err(Errno::EADDRINUSE);
        }
        self.get_mut(fd)?.bound = Some(address);
        Ok(())
    }

    /// `listen()`; a second call only changes the backlog.
    pub(crate) fn listen(&mut self, fd: i64, backlog: i64, default: SocketAddr) -> Result<()> {
        let socket = self.get(fd)?;
        let (role, address, options) = (
            socket.role.clone(),
            socket.bound.unwrap_or(default),
            socket.options.clone(),
        );
        match role {
            // The first backlog counts.
            Role::Listening(_) => Ok(()),
            Role::Fresh => {
                let listener = self.stack.listen(address, backlog, &options)?;
                let socket = self.get_mut(fd)?;
                socket.role = Role::Listening(listener);
                socket.bound = Some(address);
                Ok(())
            }
            Role::Connecting(_) | Role::Connected(_) | Role::Dead => Err(Errno::EINVAL),
        }
    }

    /// `accept()`
    pub(crate) fn accept(
        &mut self,
        fd: i64,
        nonblocking: bool,
        wanted: Option<i64>,
    ) -> Result<Wait<i64>> {
        let socket = self.get(fd)?;
        let Role::Listening(listener) = socket.role else {
            return Err(Errno::EINVAL);
        };
        let (options, inherits) = (
            socket.options.clone(),
            self.dialect == Dialect::Bsd && socket.nonblocking,
        );
        let Some(connection) = self.stack.accept(listener, &options) else {
            return self.block_unless(fd, Errno::EAGAIN);
        };
        let mut accepted = Socket::new(nonblocking || inherits);
        accepted.options = options;
        accepted.role = Role::Connected(connection);
        accepted.last_connection = Some(connection);
        accepted.peer_closed = self.stack.peer_closed(connection);
        Ok(Wait::Ready(self.install(accepted, wanted)))
    }

    /// Starts `connect()`. A socket that blocks then waits with [`Sockets::connected`].
    pub(crate) fn connect(&mut self, fd: i64, target: SocketAddr) -> Result<Wait<()>> {
        let socket = self.get_mut(fd)?;
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        match socket.role {
            Role::Connecting(_) => return Err(Errno::EALREADY),
            Role::Connected(_) => return Err(Errno::EISCONN),
            Role::Listening(_) => return Err(Errno::EOPNOTSUPP),
            Role::Fresh | Role::Dead => {}
        }
        let (bound, options, nonblocking) =
            (socket.bound, socket.options.clone(), socket.nonblocking);
        let connection = self.stack.connect(bound, target, &options)?;
        let socket = self.get_mut(fd)?;
        socket.role = Role::Connecting(connection);
        socket.last_connection = Some(connection);
        if nonblocking {
            Err(Errno::EINPROGRESS)
        } else {
            Ok(Wait::Blocked)
        }
    }

    /// Whether a blocking `connect()` is over.
    pub(crate) fn connected(&mut self, fd: i64) -> Result<Wait<()>> {
        let socket = self.get_mut(fd)?;
        match socket.role {
            Role::Connected(_) => Ok(Wait::Ready(())),
            Role::Connecting(_) => Ok(Wait::Blocked),
            Role::Fresh | Role::Listening(_) | Role::Dead => {
                Err(socket.error.take().unwrap_or(Errno::ECONNABORTED))
            }
        }
    }

    fn block_unless<T>(&self, fd: i64, error: Errno) -> Result<Wait<T>> {
        if self.get(fd)?.nonblocking {
            Err(error)
        } else {
            Ok(Wait::Blocked)
        }
    }

    /// `read()`, `recv()`: bytes taken, zero at the end of the stream.
    pub(crate) fn read(
        &mut self,
        fd: i64,
        len: u64,
        peek: bool,
        dont_wait: bool,
    ) -> Result<Wait<i64>> {
        let socket = self.get(fd)?;
        if socket.shut_read {
            return Ok(Wait::Ready(0));
        }
        if let Some(connection) = socket.connection() {
            let readable = self.stack.readable(connection).min(len);
            if readable > 0 {
                if !peek {
                    self.stack.receive(connection, readable);
                }
                return Ok(Wait::Ready(i64::try_from(readable).unwrap_or(i64::MAX)));
            }
        }
        let socket = self.get_mut(fd)?;
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        match socket.role {
            Role::Dead => Ok(Wait::Ready(0)),
            _ if socket.peer_closed => Ok(Wait::Ready(0)),
            Role::Fresh | Role::Listening(_) => Err(Errno::ENOTCONN),
            Role::Connecting(_) | Role::Connected(_) if len == 0 => Ok(Wait::Ready(0)),
            Role::Connecting(_) | Role::Connected(_) if dont_wait => Err(Errno::EAGAIN),
            Role::Connecting(_) | Role::Connected(_) => self.block_unless(fd, Errno::EAGAIN),
        }
    }

    /// `write()`, `send()`: bytes taken so far by this call. A blocking call goes on until all are
    /// taken.
    pub(crate) fn write(&mut self, fd: i64, len: u64, dont_wait: bool) -> Result<Wait<i64>> {
        let is_linux = self.dialect == Dialect::Linux;
        let socket = self.get_mut(fd)?;
        if let Some(error) = socket.error.take() {
            return Err(error);
        }
        if socket.shut_write {
            return Err(Errno::EPIPE);
        }
        let connection = match socket.role {
            Role::Connected(connection) => connection,
            Role::Connecting(_) if is_linux => {
                return if dont_wait {
                    Err(Errno::EAGAIN)
                } else {
                    self.block_unless(fd, Errno::EAGAIN)
                };
            }
            Role::Connecting(_) | Role::Fresh | Role::Listening(_) => {
                return Err(if is_linux {
                    Errno::EPIPE
                } else {
                    Errno::ENOTCONN
                });
            }
            Role::Dead => return Err(Errno::EPIPE),
        };
        let taken = self.stack.send(connection, len)?;
        match i64::try_from(taken) {
            Ok(taken) if taken > 0 || len == 0 => Ok(Wait::Ready(taken)),
            _ if dont_wait => Err(Errno::EAGAIN),
            _ => self.block_unless(fd, Errno::EAGAIN),
        }
    }

    /// `shutdown()`
    pub(crate) fn shutdown(&mut self, fd: i64, read: bool, write: bool) -> Result<()> {
        let is_bsd = self.dialect == Dialect::Bsd;
        let socket = self.get(fd)?;
        let Some(connection) = socket.connection() else {
            return Err(Errno::ENOTCONN);
        };
        let first = write && !socket.shut_write;
        let phase = self.stack.status(connection).map(|status| status.phase);
        // In SYN-SENT the BSDs remember it for later (tcp_usrclosed); CLOSE would delete the
        // connection.
        let waits = first && is_bsd && phase == Some(Phase::SynSent);
        let socket = self.get_mut(fd)?;
        socket.shut_read |= read;
        socket.shut_write |= write;
        socket.close_when_open |= waits;
        if first && !waits {
            self.stack.half_close(connection);
        }
        Ok(())
    }

    /// `close()`
    pub(crate) fn close(&mut self, fd: i64) -> Result<()> {
        let socket = self.table.remove(&fd).ok_or(Errno::EBADF)?;
        match socket.role {
            Role::Fresh | Role::Dead => {}
            Role::Listening(listener) => self.stack.close_listener(listener),
            Role::Connecting(connection) | Role::Connected(connection)
                if socket.options.linger == Some(0) =>
            {
                self.stack.abort(connection);
            }
            Role::Connecting(connection) | Role::Connected(connection) => {
                self.stack.release(connection);
            }
        }
        Ok(())
    }

    /// `SO_ERROR`: the pending error, which is then gone.
    pub(crate) fn take_error(&mut self, fd: i64) -> Result<Option<Errno>> {
        Ok(self.get_mut(fd)?.error.take())
    }

    /// Applies changed options to a connection that exists already.
    pub(crate) fn reconfigure(&mut self, fd: i64) -> Result<()> {
        let socket = self.get(fd)?;
        if let Some(connection) = socket.connection() {
            let options = socket.options.clone();
            self.stack.reconfigure(connection, &options)?;
        }
        Ok(())
    }

    /// The events of `poll()` that hold now, as bits: 1 readable, 4 writable, 8 error, 16 hung up.
    pub(crate) fn readiness(&self, fd: i64) -> i64 {
        const IN: i64 = 1;
        const OUT: i64 = 4;
        const ERR: i64 = 8;
        const HUP: i64 = 16;
        const INVALID: i64 = 32;
        let Ok(socket) = self.get(fd) else {
            return INVALID;
        };
        let mut bits = if socket.error.is_some() && self.dialect == Dialect::Linux {
            ERR
        } else {
            0
        };
        match socket.role {
            Role::Listening(listener) => {
                if self.stack.has_acceptable(listener) {
                    bits |= IN;
                }
            }
            Role::Connecting(_) => {}
            Role::Connected(connection) => {
                if self.stack.readable(connection) > 0 || socket.peer_closed || socket.shut_read {
                    bits |= IN;
                }
                if self.stack.writable(connection) > 0 || socket.shut_write {
                    bits |= OUT;
                }
                if socket.peer_closed && socket.shut_write {
                    bits |= HUP;
                }
            }
            Role::Dead => bits |= IN | OUT | HUP,
            Role::Fresh => bits |= OUT | HUP,
        }
        bits
    }
}
