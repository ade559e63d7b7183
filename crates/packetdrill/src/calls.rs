//! System calls of a script: from their arguments to the sockets, and what came of it against what the script expects.

mod options;
mod poll;

use crate::errno::Errno;
use crate::script::{Call, Expression, ExpressionKind};
use crate::sockets::{Sockets, Wait};
use crate::source::Span;
use crate::symbols::{self, Dialect};
use std::net::{IpAddr, SocketAddr};

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
        "close" => Ok(done(close(sockets, &arguments)?)),
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
        "usleep" => Err(Problem::Unsupported("usleep()".to_owned())),
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

fn close(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Result<i64, Errno>> {
    let fd = arguments.fd()?;
    let lingers = sockets.get(fd).is_ok_and(|socket| {
        !socket.nonblocking
            && socket.connection().is_some()
            && socket.options.linger.is_some_and(|seconds| seconds > 0)
    });
    if lingers {
        return Err(Problem::Unsupported("close() that lingers".to_owned()));
    }
    Ok(sockets.close(fd).map(|()| 0))
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

/// The arguments of a call, by position.
pub(crate) struct Arguments<'a> {
    pub(crate) call: &'a Call,
    pub(crate) dialect: Dialect,
}

impl<'a> Arguments<'a> {
    fn get(&self, index: usize) -> Decoded<&'a Expression> {
        self.call.arguments.get(index).ok_or_else(|| {
            let message = format!(
                "{}() needs at least {} arguments",
                self.call.name,
                index + 1
            );
            Problem::Invalid(self.call.name_span, message)
        })
    }

    fn symbol(&self, name: &str) -> i64 {
        // A flag that a system lacks has no bit.
        symbols::number(name, self.dialect)
            .filter(|&number| number >= 0)
            .unwrap_or(0)
    }

    fn integer(&self, index: usize) -> Decoded<i64> {
        let expression = self.get(index)?;
        self.value(expression)
    }

    fn value(&self, expression: &Expression) -> Decoded<i64> {
        symbols::value(expression, self.dialect).ok_or_else(|| match &expression.kind {
            ExpressionKind::Word(name) => {
                Problem::Unsupported(format!("{name} in {}()", self.call.name))
            }
            _ => Problem::Invalid(
                expression.span,
                format!("{}() needs a number here", self.call.name),
            ),
        })
    }

    fn fd(&self) -> Decoded<i64> {
        self.integer(0)
    }

    fn len(&self, index: usize) -> Decoded<u64> {
        let len = self.integer(index)?;
        u64::try_from(len).map_err(|_| {
            Problem::Invalid(
                self.call.name_span,
                "a length cannot be negative".to_owned(),
            )
        })
    }

    /// The descriptor that the script expects back.
    fn wanted(&self) -> Option<i64> {
        symbols::value(&self.call.result, self.dialect).filter(|&fd| fd >= 0)
    }

    /// `...` or a socket address in braces.
    fn address(&self, index: usize, default: SocketAddr) -> Decoded<SocketAddr> {
        let ExpressionKind::Fields(fields) = &self.get(index)?.kind else {
            return Ok(default);
        };
        let mut address = default;
        for (name, value) in fields {
            match (name.as_str(), &value.kind) {
                ("sin_port" | "sin6_port", _) => {
                    let port = self.value(value)?;
                    address.set_port(
                        u16::try_from(port)
                            .map_err(|_| Problem::Invalid(value.span, "no port".to_owned()))?,
                    );
                }
                ("sin_addr" | "sin6_addr", ExpressionKind::Apply(_, arguments)) => {
                    let text = match arguments.first().map(|argument| &argument.kind) {
                        Some(ExpressionKind::Text(text)) => text.as_str(),
                        _ => "",
                    };
                    let ip = text.parse().map_err(|_| {
                        Problem::Invalid(value.span, format!("`{text}` is no IP address"))
                    })?;
                    address.set_ip(ip);
                }
                _ => {}
            }
        }
        Ok(address)
    }

    /// Bytes in an array of buffers: `[{..., 1000}, {..., 500}]`, or a message header that holds one.
    fn vector_len(&self, index: usize) -> Decoded<u64> {
        let expression = self.get(index)?;
        let list = match &expression.kind {
            ExpressionKind::Fields(fields) => fields
                .iter()
                .find(|field| field.0.starts_with("msg_iov"))
                .map(|field| &field.1.kind),
            kind => Some(kind),
        };
        let Some(ExpressionKind::List(buffers)) = list else {
            return Err(Problem::Unsupported(format!(
                "this buffer of {}()",
                self.call.name
            )));
        };
        buffers
            .iter()
            .try_fold(0, |sum: u64, buffer| match &buffer.kind {
                ExpressionKind::Fields(fields) => match fields.last() {
                    Some((_, len)) => Ok(sum.saturating_add(self.value(len)?.unsigned_abs())),
                    None => Ok(sum),
                },
                _ => Err(Problem::Invalid(
                    buffer.span,
                    "a buffer is written as {..., 1000}".to_owned(),
                )),
            })
    }
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
