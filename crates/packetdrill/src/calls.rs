//! System calls of a script: from their arguments to the sockets, and what came of it against what
//! the script expects.

mod arguments;
mod options;
mod poll;

use crate::errno::Errno;
use crate::script::{Call, ExpressionKind};
use crate::sockets::{Sockets, Wait};
use crate::source::Span;
use crate::stack::Connection;
use crate::symbols::{self, Dialect};
use std::net::{IpAddr, SocketAddr};

use arguments::Arguments;
pub(crate) use poll::PollEntry;

/// What `...` stands for in addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    /// Of the stack under test.
    pub(crate) local: IpAddr,
    /// Of the script's side.
    pub(crate) remote: IpAddr,
    /// Where servers bind.
    pub(crate) bind_port: u16,
    /// Where clients connect to.
    pub(crate) connect_port: u16,
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Its value or its error.
    pub(crate) value: Result<i64, Errno>,
    /// Values that it wrote into the caller's memory and that are not as expected.
    pub(crate) mismatches: Vec<String>,
}

impl Reply {
    fn of(value: Result<i64, Errno>) -> Reply {
        Reply {
            value,
            mismatches: Vec::new(),
        }
    }
}

/// A call that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It has returned.
    Done(Reply),
    /// It blocks.
    Blocked(Waiting),
}

/// A call that blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// `accept()` on a descriptor, with the flags and the number of the new one.
    Accept {
        fd: i64,
        nonblocking: bool,
        wanted: Option<i64>,
    },
    /// `connect()`
    Connect { fd: i64 },
    /// `read()` and its kin.
    Read { fd: i64, len: u64, peek: bool },
    /// `write()` and its kin: bytes that still have no room, and bytes taken.
    Write { fd: i64, left: u64, taken: i64 },
    /// `close()` that lingers, until a moment.
    Linger {
        connection: Connection,
        deadline: u64,
    },
    /// `poll()`, until a moment if it has a timeout.
    Poll {
        entries: Vec<PollEntry>,
        deadline: Option<u64>,
    },
}

/// Why a call cannot be carried out at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is out of scope; the reason to skip the script.
    Unsupported(String),
    /// The script is wrong.
    Invalid(Span, String),
}

type Decoded<T> = Result<T, Problem>;

/// Begins a call at `now` nanoseconds.
pub(crate) fn begin(
    sockets: &mut Sockets,
    call: &Call,
    addresses: &Addresses,
    now: u64,
) -> Decoded<Step> {
    let arguments = Arguments {
        call,
        dialect: sockets.dialect(),
    };
    match call.name.as_str() {
        "socket" => begin_socket(sockets, &arguments),
        "bind" => {
            let fd = arguments.fd()?;
            let address =
                arguments.address(1, SocketAddr::new(addresses.local, addresses.bind_port))?;
            Ok(done(sockets.bind(fd, address).map(|()| 0)))
        }
        "listen" => {
            let (fd, backlog) = (arguments.fd()?, arguments.integer(1)?);
            let default = SocketAddr::new(addresses.local, addresses.bind_port);
            Ok(done(sockets.listen(fd, backlog, default).map(|()| 0)))
        }
        "accept" | "accept4" => {
            let flags = if call.name == "accept4" {
                arguments.integer(3)?
            } else {
                0
            };
            let nonblocking = flags & arguments.symbol("SOCK_NONBLOCK") != 0;
            let waiting = Waiting::Accept {
                fd: arguments.fd()?,
                nonblocking,
                wanted: arguments.wanted(),
            };
            Ok(begin_wait(sockets, waiting, now))
        }
        "connect" => {
            let fd = arguments.fd()?;
            let target =
                arguments.address(1, SocketAddr::new(addresses.remote, addresses.connect_port))?;
            match sockets.connect(fd, target) {
                Ok(Wait::Blocked) => Ok(Step::Blocked(Waiting::Connect { fd })),
                Ok(Wait::Ready(())) => Ok(done(Ok(0))),
                Err(error) => Ok(done(Err(error))),
            }
        }
        "read" | "recv" | "recvfrom" | "readv" | "recvmsg" => begin_read(sockets, &arguments, now),
        "write" | "send" | "sendto" | "writev" | "sendmsg" => begin_write(sockets, &arguments, now),
        "close" => begin_close(sockets, &arguments, now),
        "shutdown" => {
            let (fd, how) = (arguments.fd()?, arguments.integer(1)?);
            Ok(done(match how {
                0..=2 => sockets.shutdown(fd, how != 1, how != 0).map(|()| 0),
                _ => Err(Errno::EINVAL),
            }))
        }
        "getsockopt" => options::get(sockets, &arguments).map(Step::Done),
        "setsockopt" => options::set(sockets, &arguments).map(Step::Done),
        "fcntl" => Ok(done(control(sockets, &arguments)?)),
        "ioctl" => options::ioctl(sockets, &arguments).map(Step::Done),
        "poll" => poll::begin(sockets, &arguments, now),
        name => Err(Problem::Unsupported(format!("{name}()"))),
    }
}

/// Tries a blocked call again.
pub(crate) fn resume(sockets: &mut Sockets, waiting: &mut Waiting, now: u64) -> Option<Reply> {
    let attempt = match waiting {
        Waiting::Accept {
            fd,
            nonblocking,
            wanted,
        } => sockets.accept(*fd, *nonblocking, *wanted),
        Waiting::Connect { fd } => sockets.connected(*fd).map(|wait| match wait {
            Wait::Ready(()) => Wait::Ready(0),
            Wait::Blocked => Wait::Blocked,
        }),
        Waiting::Read { fd, len, peek } => sockets.read(*fd, *len, *peek, false),
        Waiting::Write { fd, left, taken } => {
            return resume_write(sockets, *fd, left, taken).map(Reply::of);
        }
        Waiting::Linger {
            connection,
            deadline,
        } => return resume_linger(sockets, *connection, *deadline, now).map(Reply::of),
        Waiting::Poll { entries, deadline } => {
            return poll::resume(sockets, entries, *deadline, now);
        }
    };
    match attempt {
        Ok(Wait::Ready(value)) => Some(Reply::of(Ok(value))),
        Ok(Wait::Blocked) => None,
        Err(error) => Some(Reply::of(Err(error))),
    }
}

/// A lingering close ends when the FIN is acknowledged, or with an error on BSD after its time.
fn resume_linger(
    sockets: &Sockets,
    connection: Connection,
    deadline: u64,
    now: u64,
) -> Option<Result<i64, Errno>> {
    if !sockets.stack.is_closing(connection) {
        return Some(Ok(0));
    }
    let late = match sockets.dialect() {
        Dialect::Bsd => Err(Errno::EAGAIN),
        Dialect::Linux => Ok(0),
    };
    (now >= deadline).then_some(late)
}

/// A blocking write ends when everything is taken, or with what was taken before an error.
fn resume_write(
    sockets: &mut Sockets,
    fd: i64,
    left: &mut u64,
    taken: &mut i64,
) -> Option<Result<i64, Errno>> {
    loop {
        match sockets.write(fd, *left, false) {
            Ok(Wait::Ready(some)) => {
                *taken += some;
                *left = left.saturating_sub(some.unsigned_abs());
                let nonblocking = sockets.get(fd).is_ok_and(|socket| socket.nonblocking);
                if *left == 0 || nonblocking {
                    return Some(Ok(*taken));
                }
            }
            Ok(Wait::Blocked) => return None,
            Err(_) if *taken > 0 => return Some(Ok(*taken)),
            Err(error) => return Some(Err(error)),
        }
    }
}

impl Waiting {
    /// When the call returns even if nothing happens.
    pub(crate) fn deadline(&self) -> Option<u64> {
        match self {
            Waiting::Poll { deadline, .. } => *deadline,
            Waiting::Linger { deadline, .. } => Some(*deadline),
            Waiting::Accept { .. }
            | Waiting::Connect { .. }
            | Waiting::Read { .. }
            | Waiting::Write { .. } => None,
        }
    }
}

fn done(value: Result<i64, Errno>) -> Step {
    Step::Done(Reply::of(value))
}

fn begin_wait(sockets: &mut Sockets, mut waiting: Waiting, now: u64) -> Step {
    match resume(sockets, &mut waiting, now) {
        Some(reply) => Step::Done(reply),
        None => Step::Blocked(waiting),
    }
}

fn begin_socket(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Step> {
    let (kind, protocol) = (arguments.integer(1)?, arguments.integer(2)?);
    let flags = arguments.symbol("SOCK_NONBLOCK") | arguments.symbol("SOCK_CLOEXEC");
    let is_stream = kind & !flags == arguments.symbol("SOCK_STREAM");
    let is_tcp = protocol == 0 || protocol == arguments.symbol("IPPROTO_TCP");
    if !is_stream || !is_tcp {
        return Err(Problem::Unsupported("sockets that are not TCP".to_owned()));
    }
    let nonblocking = kind & arguments.symbol("SOCK_NONBLOCK") != 0;
    Ok(done(Ok(sockets.socket(nonblocking, arguments.wanted()))))
}

fn begin_read(sockets: &mut Sockets, arguments: &Arguments<'_>, now: u64) -> Decoded<Step> {
    let fd = arguments.fd()?;
    let (len, flags) = match arguments.call.name.as_str() {
        "readv" | "recvmsg" => (
            arguments.vector_len(1)?,
            if arguments.call.name == "recvmsg" {
                arguments.integer(2)?
            } else {
                0
            },
        ),
        "read" => (arguments.len(2)?, 0),
        _ => (arguments.len(2)?, arguments.integer(3)?),
    };
    let peek = flags & arguments.symbol("MSG_PEEK") != 0;
    let dont_wait = flags & arguments.symbol("MSG_DONTWAIT") != 0;
    let known = ["MSG_PEEK", "MSG_DONTWAIT", "MSG_NOSIGNAL"]
        .iter()
        .fold(0, |bits, name| bits | arguments.symbol(name));
    if flags & !known != 0 {
        return Err(Problem::Unsupported(format!(
            "flags of {}()",
            arguments.call.name
        )));
    }
    if dont_wait {
        return Ok(match sockets.read(fd, len, peek, true) {
            Ok(Wait::Ready(value)) => done(Ok(value)),
            Ok(Wait::Blocked) => done(Err(Errno::EAGAIN)),
            Err(error) => done(Err(error)),
        });
    }
    Ok(begin_wait(sockets, Waiting::Read { fd, len, peek }, now))
}

fn begin_write(sockets: &mut Sockets, arguments: &Arguments<'_>, now: u64) -> Decoded<Step> {
    let fd = arguments.fd()?;
    let (left, flags) = match arguments.call.name.as_str() {
        "writev" | "sendmsg" => (
            arguments.vector_len(1)?,
            if arguments.call.name == "sendmsg" {
                arguments.integer(2)?
            } else {
                0
            },
        ),
        "write" => (arguments.len(2)?, 0),
        _ => (arguments.len(2)?, arguments.integer(3)?),
    };
    let known = ["MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_EOR"]
        .iter()
        .fold(0, |bits, name| bits | arguments.symbol(name));
    if flags & !known != 0 {
        let fast_open = flags & arguments.symbol("MSG_FASTOPEN") != 0;
        let what = if fast_open {
            "TCP Fast Open".to_owned()
        } else {
            format!("flags of {}()", arguments.call.name)
        };
        return Err(Problem::Unsupported(what));
    }
    if flags & arguments.symbol("MSG_DONTWAIT") != 0 {
        return Ok(match sockets.write(fd, left, true) {
            Ok(Wait::Ready(value)) => done(Ok(value)),
            Ok(Wait::Blocked) => done(Err(Errno::EAGAIN)),
            Err(error) => done(Err(error)),
        });
    }
    Ok(begin_wait(
        sockets,
        Waiting::Write { fd, left, taken: 0 },
        now,
    ))
}

/// `close()`, which waits for its FIN to be acknowledged if the socket blocks and `SO_LINGER` says
/// so.
fn begin_close(sockets: &mut Sockets, arguments: &Arguments<'_>, now: u64) -> Decoded<Step> {
    let fd = arguments.fd()?;
    let lingers = sockets
        .get(fd)
        .ok()
        .filter(|socket| !socket.nonblocking)
        .and_then(|socket| {
            let seconds = socket.options.linger.filter(|&seconds| seconds > 0)?;
            Some((socket.connection()?, seconds))
        });
    if let Err(error) = sockets.close(fd) {
        return Ok(done(Err(error)));
    }
    let Some((connection, seconds)) = lingers else {
        return Ok(done(Ok(0)));
    };
    let deadline = now.saturating_add(u64::from(seconds).saturating_mul(1_000_000_000));
    let waiting = Waiting::Linger {
        connection,
        deadline,
    };
    Ok(begin_wait(sockets, waiting, now))
}

/// `fcntl()`: the descriptor is open for reading and writing, and blocks or not.
fn control(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Result<i64, Errno>> {
    let (fd, command) = (arguments.fd()?, arguments.integer(1)?);
    let nonblocking = arguments.symbol("O_NONBLOCK");
    let result = match command {
        command if command == arguments.symbol("F_GETFL") => sockets.get(fd).map(|socket| {
            arguments.symbol("O_RDWR") | if socket.nonblocking { nonblocking } else { 0 }
        }),
        command if command == arguments.symbol("F_SETFL") => {
            let flags = arguments.integer(2)?;
            sockets.get_mut(fd).map(|socket| {
                socket.nonblocking = flags & nonblocking != 0;
                0
            })
        }
        command
            if command == arguments.symbol("F_GETFD") || command == arguments.symbol("F_SETFD") =>
        {
            sockets.get(fd).map(|_| 0)
        }
        _ => return Err(Problem::Unsupported("this command of fcntl()".to_owned())),
    };
    Ok(result)
}

/// What a call should have returned against what it did; `None` if they agree.
pub(crate) fn disagreement(call: &Call, reply: &Reply, dialect: Dialect) -> Option<String> {
    if matches!(call.result.kind, ExpressionKind::Ellipsis) {
        return None;
    }
    let describe = |value: Result<i64, Errno>| match value {
        Ok(value) => value.to_string(),
        Err(error) => format!("-1 {} ({})", error.name(), error.text()),
    };
    let expected_value = symbols::value(&call.result, dialect);
    let expected_error = call.errno.as_deref().and_then(Errno::by_name);
    let expected = match (expected_error, expected_value) {
        (Some(error), _) => Err(error),
        // Without an error's name any error will do.
        (None, Some(-1)) if reply.value.is_err() => return None,
        (None, Some(value)) => Ok(value),
        (None, None) => return Some(format!("{}(): its expected result is no number", call.name)),
    };
    if expected != reply.value {
        return Some(format!(
            "{}() should return {}, returned {}",
            call.name,
            describe(expected),
            describe(reply.value)
        ));
    }
    let first = reply.mismatches.first()?;
    Some(format!("{}(): {first}", call.name))
}
