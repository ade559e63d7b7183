//! `getsockopt()`, `setsockopt()` and `ioctl()`.

use super::{Arguments, Decoded, Problem, Reply};
use crate::errno::Errno;
use crate::script::{Expression, ExpressionKind};
use crate::sockets::{Socket, SocketOptions, Sockets};
use crate::symbols::Dialect;

/// An option that is on or off.
type Switch = fn(&mut SocketOptions) -> &mut bool;

/// The switches by name.
const SWITCHES: [(&str, Switch); 4] = [
    ("SO_REUSEADDR", |options| &mut options.reuse_address),
    ("SO_KEEPALIVE", |options| &mut options.keepalive),
    ("TCP_NODELAY", |options| &mut options.no_delay),
    ("TCP_NOOPT", |options| &mut options.no_options),
];

/// An option with a number that connections take over.
type Amount = fn(&mut SocketOptions) -> &mut Option<u32>;

const AMOUNTS: [(&str, Amount); 7] = [
    ("SO_RCVBUF", |options| &mut options.receive_buffer),
    ("SO_SNDBUF", |options| &mut options.send_buffer),
    ("TCP_KEEPIDLE", |options| &mut options.keep_idle),
    ("TCP_KEEPINTVL", |options| &mut options.keep_interval),
    ("TCP_KEEPCNT", |options| &mut options.keep_count),
    ("TCP_SYNCNT", |options| &mut options.syn_count),
    ("TCP_USER_TIMEOUT", |options| &mut options.user_timeout),
];

/// Options that change nothing that a connection shows here.
const HARMLESS: [&str; 12] = [
    "SO_REUSEPORT",
    "SO_DEBUG",
    "SO_PRIORITY",
    "SO_MARK",
    "SO_TIMESTAMP",
    "SO_MAX_PACING_RATE",
    "TCP_CONGESTION",
    "TCP_FUNCTION_BLK",
    "TCP_QUICKACK",
    "TCP_NOTSENT_LOWAT",
    "SO_OOBINLINE",
    "SO_DONTROUTE",
];

/// The name of the option, as the script writes it.
fn name(arguments: &Arguments<'_>) -> Decoded<String> {
    match &arguments.get(2)?.kind {
        ExpressionKind::Word(name) => Ok(name.clone()),
        _ => Err(Problem::Unsupported(format!(
            "{}() with an option that has no name",
            arguments.call.name
        ))),
    }
}

/// `getsockopt(fd, level, option, [value], [length])`: the value is compared with what the script
/// has there.
pub(super) fn get(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Reply> {
    let (fd, option) = (arguments.fd()?, name(arguments)?);
    let expected = arguments.get(3)?;
    if let Err(error) = sockets.get(fd) {
        return Ok(Reply::of(Err(error)));
    }
    if option == "SO_LINGER" {
        let linger = sockets
            .get(fd)
            .ok()
            .and_then(|socket| socket.options.linger);
        return linger_reply(arguments, expected, linger);
    }
    if let Some((_, switch)) = SWITCHES.iter().find(|entry| entry.0 == option) {
        let mut options = sockets.get(fd).map_or_else(
            |_| SocketOptions::default(),
            |socket| socket.options.clone(),
        );
        // The BSDs return the option's own bit, Linux 1: only on or off can be compared.
        let is_on = *switch(&mut options);
        return Ok(compare(
            arguments,
            &option,
            expected,
            i64::from(is_on),
            |value| i64::from(value != 0),
        ));
    }
    let actual = match option.as_str() {
        "SO_ERROR" => sockets
            .take_error(fd)
            .map(|error| error.map_or(0, |error| error.number(arguments.dialect))),
        "SO_TYPE" => Ok(arguments.symbol("SOCK_STREAM")),
        "SO_ACCEPTCONN" => sockets
            .get(fd)
            .map(|socket| i64::from(socket.is_listening())),
        "SO_RCVBUF" | "SO_SNDBUF" => Ok(buffer_size(sockets, fd, option == "SO_RCVBUF")),
        "TCP_MAXSEG" => sockets.get(fd).map(Socket::connection).map(|connection| {
            connection
                .and_then(|connection| sockets.stack.status(connection))
                .map_or(536, |status| i64::from(status.mss))
        }),
        "TCP_INFO" if matches!(expected.kind, ExpressionKind::Ellipsis) => {
            return Ok(Reply::of(Ok(0)));
        }
        _ => match AMOUNTS.iter().find(|entry| entry.0 == option) {
            Some((_, amount)) => {
                let mut options = sockets.get(fd).map_or_else(
                    |_| SocketOptions::default(),
                    |socket| socket.options.clone(),
                );
                match *amount(&mut options) {
                    Some(value) => Ok(i64::from(value)),
                    None => return Err(Problem::Unsupported(format!("the default of {option}"))),
                }
            }
            None => return Err(Problem::Unsupported(format!("option {option}"))),
        },
    };
    Ok(match actual {
        Ok(actual) => compare(arguments, &option, expected, actual, |value| value),
        Err(error) => Reply::of(Err(error)),
    })
}

/// The size that a system reports for a buffer.
fn buffer_size(sockets: &Sockets, fd: i64, receive: bool) -> i64 {
    let Ok(socket) = sockets.get(fd) else {
        return 0;
    };
    let size = i64::from(
        sockets
            .stack
            .buffer_size(socket.connection(), &socket.options, receive),
    );
    let was_set = if receive {
        socket.options.receive_buffer
    } else {
        socket.options.send_buffer
    }
    .is_some();
    // Linux doubles what was asked for, to make room for its own bookkeeping (socket(7)).
    if was_set && sockets.dialect() == Dialect::Linux {
        2 * size
    } else {
        size
    }
}

/// A reply that succeeds, with a mismatch if the value is not the expected one. `[..]` and `...`
/// expect anything.
fn compare(
    arguments: &Arguments<'_>,
    option: &str,
    expected: &Expression,
    actual: i64,
    normal: fn(i64) -> i64,
) -> Reply {
    let mut reply = Reply::of(Ok(0));
    let item = match &expected.kind {
        ExpressionKind::List(items) => items.first(),
        _ => None,
    };
    let Some(item) = item.filter(|item| !matches!(item.kind, ExpressionKind::Ellipsis)) else {
        return reply;
    };
    match arguments.value(item) {
        Ok(value) if normal(value) == actual => {}
        Ok(value) => {
            let shown = |number: i64| match error_name(number, option, arguments.dialect) {
                Some(name) => format!("{number} ({name})"),
                None => number.to_string(),
            };
            reply.mismatches.push(format!(
                "{option} should be {}, is {}",
                shown(normal(value)),
                shown(actual)
            ));
        }
        Err(_) => reply
            .mismatches
            .push(format!("{option}: the expected value is no number")),
    }
    reply
}

fn error_name(number: i64, option: &str, dialect: Dialect) -> Option<&'static str> {
    if option != "SO_ERROR" || number == 0 {
        return None;
    }
    Errno::names()
        .into_iter()
        .find(|name| Errno::by_name(name).is_some_and(|errno| errno.number(dialect) == number))
}

fn linger_reply(
    arguments: &Arguments<'_>,
    expected: &Expression,
    linger: Option<u32>,
) -> Decoded<Reply> {
    let mut reply = Reply::of(Ok(0));
    let Some((on, seconds)) = linger_fields(arguments, expected)? else {
        return Ok(reply);
    };
    let wanted = (on != 0).then_some(seconds);
    if wanted != linger {
        reply
            .mismatches
            .push(format!("SO_LINGER should be {wanted:?}, is {linger:?}"));
    }
    Ok(reply)
}

/// `{onoff=1, linger=0}`, possibly in an array.
fn linger_fields(
    arguments: &Arguments<'_>,
    expression: &Expression,
) -> Decoded<Option<(i64, u32)>> {
    let expression = match &expression.kind {
        ExpressionKind::List(items) if items.len() == 1 => &items[0],
        _ => expression,
    };
    let ExpressionKind::Fields(fields) = &expression.kind else {
        return Ok(None);
    };
    let find = |name: &str| {
        fields
            .iter()
            .find(|field| field.0 == name || field.0 == format!("l_{name}"))
    };
    let (Some((_, on)), Some((_, seconds))) = (find("onoff"), find("linger")) else {
        return Err(Problem::Invalid(
            expression.span,
            "write {onoff=1, linger=0}".to_owned(),
        ));
    };
    let seconds = u32::try_from(arguments.value(seconds)?).unwrap_or(0);
    Ok(Some((arguments.value(on)?, seconds)))
}

/// `setsockopt(fd, level, option, [value], length)`
pub(super) fn set(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Reply> {
    let (fd, option) = (arguments.fd()?, name(arguments)?);
    let value = arguments.get(3)?;
    if let Err(error) = sockets.get(fd) {
        return Ok(Reply::of(Err(error)));
    }
    if HARMLESS.contains(&option.as_str()) {
        return Ok(Reply::of(Ok(0)));
    }
    if option == "SO_LINGER" {
        let Some((on, seconds)) = linger_fields(arguments, value)? else {
            return Err(Problem::Invalid(
                value.span,
                "write {onoff=1, linger=0}".to_owned(),
            ));
        };
        return Ok(Reply::of(sockets.get_mut(fd).map(|socket| {
            socket.options.linger = (on != 0).then_some(seconds);
            0
        })));
    }
    let number = match &value.kind {
        ExpressionKind::List(items) if items.len() == 1 => arguments.value(&items[0])?,
        _ => arguments.value(value)?,
    };
    let changed = sockets
        .get_mut(fd)
        .map(|socket| change(&mut socket.options, &option, number));
    match changed {
        Err(error) => Ok(Reply::of(Err(error))),
        Ok(Change::Unknown) => Err(Problem::Unsupported(format!("option {option}"))),
        Ok(Change::Impossible) => Ok(Reply::of(Err(Errno::EINVAL))),
        Ok(Change::Made) => Ok(Reply::of(sockets.reconfigure(fd).map(|()| 0))),
    }
}

enum Change {
    Made,
    Impossible,
    Unknown,
}

fn change(options: &mut SocketOptions, option: &str, number: i64) -> Change {
    if let Some((_, switch)) = SWITCHES.iter().find(|entry| entry.0 == option) {
        *switch(options) = number != 0;
        return Change::Made;
    }
    if option == "TCP_MAXSEG" {
        return match u16::try_from(number) {
            Ok(size) if size > 0 => {
                options.max_segment = Some(size);
                Change::Made
            }
            _ => Change::Impossible,
        };
    }
    let Some((_, amount)) = AMOUNTS.iter().find(|entry| entry.0 == option) else {
        return Change::Unknown;
    };
    match u32::try_from(number) {
        Ok(0) if option != "TCP_USER_TIMEOUT" => Change::Impossible,
        Ok(value) => {
            *amount(options) = Some(value);
            Change::Made
        }
        Err(_) => Change::Impossible,
    }
}

/// `ioctl(fd, FIONREAD, [value])`
pub(super) fn ioctl(sockets: &mut Sockets, arguments: &Arguments<'_>) -> Decoded<Reply> {
    let fd = arguments.fd()?;
    let ExpressionKind::Word(request) = &arguments.get(1)?.kind else {
        return Err(Problem::Unsupported(
            "ioctl() with a request that has no name".to_owned(),
        ));
    };
    let expected = arguments.get(2)?;
    let Ok(socket) = sockets.get(fd) else {
        return Ok(Reply::of(Err(Errno::EBADF)));
    };
    let connection = socket.connection();
    let actual = match request.as_str() {
        "FIONREAD" | "SIOCINQ" => {
            connection.map_or(0, |connection| sockets.stack.readable(connection))
        }
        "FIONWRITE" | "SIOCOUTQ" => connection
            .and_then(|connection| sockets.stack.status(connection))
            .map_or(0, |status| u64::from(status.queued)),
        "FIONSPACE" => connection.map_or(0, |connection| sockets.stack.writable(connection)),
        "FIONBIO" => {
            let on = match &expected.kind {
                ExpressionKind::List(items) if items.len() == 1 => arguments.value(&items[0])?,
                _ => arguments.value(expected)?,
            };
            return Ok(Reply::of(sockets.get_mut(fd).map(|socket| {
                socket.nonblocking = on != 0;
                0
            })));
        }
        _ => return Err(Problem::Unsupported(format!("ioctl() {request}"))),
    };
    Ok(compare(
        arguments,
        request,
        expected,
        i64::try_from(actual).unwrap_or(i64::MAX),
        |value| value,
    ))
}
