//! The named constants of system calls and their numbers.
//!
//! Scripts compare numbers as well as names (`fcntl(3, F_GETFL) = 0x02`), and the systems number
//! some differently.

use crate::script::{Expression, ExpressionKind};

/// Whose numbers a script uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The BSDs.
    #[default]
    Bsd,
    /// Linux.
    Linux,
}

/// Name, number on the BSDs, number on Linux.
const SYMBOLS: &[(&str, i64, i64)] = &[
    ("AF_INET", 2, 2),
    ("AF_INET6", 28, 10),
    ("PF_INET", 2, 2),
    ("PF_INET6", 28, 10),
    ("SOCK_STREAM", 1, 1),
    ("SOCK_DGRAM", 2, 2),
    ("SOCK_RAW", 3, 3),
    ("SOCK_NONBLOCK", 0x2000_0000, 0x800),
    ("SOCK_CLOEXEC", 0x1000_0000, 0x80000),
    ("IPPROTO_IP", 0, 0),
    ("IPPROTO_TCP", 6, 6),
    ("IPPROTO_UDP", 17, 17),
    ("IPPROTO_IPV6", 41, 41),
    ("IPPROTO_SCTP", 132, 132),
    ("SOL_SOCKET", 0xffff, 1),
    ("SOL_TCP", 6, 6),
    ("SOL_IP", 0, 0),
    ("SOL_IPV6", 41, 41),
    ("SO_DEBUG", 1, 1),
    ("SO_REUSEADDR", 4, 2),
    ("SO_REUSEPORT", 0x200, 15),
    ("SO_KEEPALIVE", 8, 9),
    ("SO_DONTROUTE", 0x10, 5),
    ("SO_BROADCAST", 0x20, 6),
    ("SO_LINGER", 0x80, 13),
    ("SO_OOBINLINE", 0x100, 10),
    ("SO_TIMESTAMP", 0x400, 29),
    ("SO_SNDBUF", 0x1001, 7),
    ("SO_RCVBUF", 0x1002, 8),
    ("SO_SNDLOWAT", 0x1003, 19),
    ("SO_RCVLOWAT", 0x1004, 18),
    ("SO_SNDTIMEO", 0x1005, 21),
    ("SO_RCVTIMEO", 0x1006, 20),
    ("SO_ERROR", 0x1007, 4),
    ("SO_TYPE", 0x1008, 3),
    ("SO_ACCEPTCONN", 2, 30),
    ("SO_MAX_PACING_RATE", 0x1018, 47),
    ("SO_PRIORITY", -1001, 12),
    ("SO_MARK", -1002, 36),
    ("SO_ZEROCOPY", -1003, 60),
    ("TCP_NODELAY", 1, 1),
    ("TCP_MAXSEG", 2, 2),
    ("TCP_NOPUSH", 4, 3),
    ("TCP_CORK", 4, 3),
    ("TCP_NOOPT", 8, -1104),
    ("TCP_MD5SIG", 16, 14),
    ("TCP_INFO", 32, 11),
    ("TCP_CONGESTION", 64, 13),
    ("TCP_KEEPINIT", 128, -1105),
    ("TCP_KEEPIDLE", 256, 4),
    ("TCP_KEEPINTVL", 512, 5),
    ("TCP_KEEPCNT", 1024, 6),
    ("TCP_FASTOPEN", 1025, 23),
    ("TCP_SYNCNT", -1106, 7),
    ("TCP_LINGER2", -1107, 8),
    ("TCP_DEFER_ACCEPT", -1108, 9),
    ("TCP_WINDOW_CLAMP", -1109, 10),
    ("TCP_QUICKACK", -1110, 12),
    ("TCP_USER_TIMEOUT", -1111, 18),
    ("TCP_FASTOPEN_CONNECT", -1112, 30),
    ("TCP_NOTSENT_LOWAT", -1113, 25),
    ("TCP_MAXUNACKTIME", 68, -1114),
    ("TCP_FUNCTION_BLK", 8192, -1115),
    ("SHUT_RD", 0, 0),
    ("SHUT_WR", 1, 1),
    ("SHUT_RDWR", 2, 2),
    ("F_GETFD", 1, 1),
    ("F_SETFD", 2, 2),
    ("F_GETFL", 3, 3),
    ("F_SETFL", 4, 4),
    ("O_RDONLY", 0, 0),
    ("O_WRONLY", 1, 1),
    ("O_RDWR", 2, 2),
    ("O_NONBLOCK", 4, 0x800),
    ("O_NDELAY", 4, 0x800),
    ("O_APPEND", 8, 0x400),
    ("O_ASYNC", 0x40, 0x2000),
    ("FIONREAD", 0x4004_667f, 0x541b),
    ("FIONBIO", 0x8004_667e_u32 as i64, 0x5421),
    ("FIONWRITE", 0x4004_6677, -1201),
    ("FIONSPACE", 0x4004_6676, -1202),
    ("SIOCINQ", 0x4004_667f, 0x541b),
    ("SIOCOUTQ", 0x4004_6677, 0x5411),
    ("SIOCATMARK", 0x4004_7307, 0x8905),
    ("MSG_OOB", 1, 1),
    ("MSG_PEEK", 2, 2),
    ("MSG_DONTROUTE", 4, 4),
    ("MSG_EOR", 8, 0x80),
    ("MSG_TRUNC", 0x10, 0x20),
    ("MSG_WAITALL", 0x40, 0x100),
    ("MSG_DONTWAIT", 0x80, 0x40),
    ("MSG_EOF", 0x100, -1301),
    ("MSG_NOSIGNAL", 0x20000, 0x4000),
    ("MSG_MORE", -1302, 0x8000),
    ("MSG_FASTOPEN", -1303, 0x2000_0000),
    ("MSG_ZEROCOPY", -1304, 0x400_0000),
    ("MSG_ERRQUEUE", -1305, 0x2000),
    ("POLLIN", 1, 1),
    ("POLLPRI", 2, 2),
    ("POLLOUT", 4, 4),
    ("POLLERR", 8, 8),
    ("POLLHUP", 0x10, 0x10),
    ("POLLNVAL", 0x20, 0x20),
    ("POLLRDNORM", 0x40, 0x40),
    ("POLLWRNORM", 4, 0x100),
    ("POLLRDBAND", 0x80, 0x80),
    ("POLLRDHUP", 0x4000, 0x2000),
    ("POLLINIGNEOF", 0x2000, -1401),
    ("INADDR_ANY", 0, 0),
];

/// The number behind a name; an error's name stands for its number.
pub(crate) fn number(name: &str, dialect: Dialect) -> Option<i64> {
    let symbol =
        SYMBOLS
            .iter()
            .find(|entry| entry.0 == name)
            .map(|&(_, bsd, linux)| match dialect {
                Dialect::Bsd => bsd,
                Dialect::Linux => linux,
            });
    symbol.or_else(|| crate::errno::Errno::by_name(name).map(|errno| errno.number(dialect)))
}

/// The numeric value of an argument, `None` for one that has none (`...`, a list, an unknown name).
pub(crate) fn value(expression: &Expression, dialect: Dialect) -> Option<i64> {
    match &expression.kind {
        ExpressionKind::Integer(value) => Some(*value),
        ExpressionKind::Word(name) => number(name, dialect),
        ExpressionKind::Flags(terms) => terms
            .iter()
            .try_fold(0, |sum, term| Some(sum | value(term, dialect)?)),
        ExpressionKind::Apply(name, arguments)
            if matches!(name.as_str(), "htons" | "ntohs" | "htonl" | "ntohl") =>
        {
            arguments
                .first()
                .and_then(|argument| value(argument, dialect))
        }
        _ => None,
    }
}
