//! Errors of system calls, by name and by number.

use crate::symbols::Dialect;

macro_rules! errnos {
    ($($name:ident $bsd:literal $linux:literal $text:literal;)*) => {
        /// An error that a socket call can report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Errno {
            $(#[doc = $text] $name,)*
        }

        impl Errno {
            const ALL: &'static [(Errno, &'static str, i64, i64, &'static str)] =
                &[$((Errno::$name, stringify!($name), $bsd, $linux, $text),)*];
        }
    };
}

errnos! {
    EPERM 1 1 "Operation not permitted";
    EINTR 4 4 "Interrupted system call";
    EIO 5 5 "Input/output error";
    EBADF 9 9 "Bad file descriptor";
    ENOMEM 12 12 "Cannot allocate memory";
    EACCES 13 13 "Permission denied";
    EFAULT 14 14 "Bad address";
    EINVAL 22 22 "Invalid argument";
    EMFILE 24 24 "Too many open files";
    EPIPE 32 32 "Broken pipe";
    EAGAIN 35 11 "Resource temporarily unavailable";
    EWOULDBLOCK 35 11 "Operation would block";
    EINPROGRESS 36 115 "Operation now in progress";
    EALREADY 37 114 "Operation already in progress";
    ENOTSOCK 38 88 "Socket operation on non-socket";
    EDESTADDRREQ 39 89 "Destination address required";
    EMSGSIZE 40 90 "Message too long";
    EPROTOTYPE 41 91 "Protocol wrong type for socket";
    ENOPROTOOPT 42 92 "Protocol not available";
    EPROTONOSUPPORT 43 93 "Protocol not supported";
    EOPNOTSUPP 45 95 "Operation not supported";
    EAFNOSUPPORT 47 97 "Address family not supported";
    EADDRINUSE 48 98 "Address already in use";
    EADDRNOTAVAIL 49 99 "Cannot assign requested address";
    ENETDOWN 50 100 "Network is down";
    ENETUNREACH 51 101 "Network is unreachable";
    ENETRESET 52 102 "Network dropped connection on reset";
    ECONNABORTED 53 103 "Software caused connection abort";
    ECONNRESET 54 104 "Connection reset by peer";
    ENOBUFS 55 105 "No buffer space available";
    EISCONN 56 106 "Socket is already connected";
    ENOTCONN 57 107 "Socket is not connected";
    ESHUTDOWN 58 108 "Cannot send after transport endpoint shutdown";
    ETIMEDOUT 60 110 "Operation timed out";
    ECONNREFUSED 61 111 "Connection refused";
    EHOSTDOWN 64 112 "Host is down";
    EHOSTUNREACH 65 113 "No route to host";
    EPROTO 92 71 "Protocol error";
}

impl Errno {
    /// The error of that name; `EWOULDBLOCK` is `EAGAIN`, as in both systems.
    pub fn by_name(name: &str) -> Option<Errno> {
        let found = Errno::ALL
            .iter()
            .find(|entry| entry.1 == name)
            .map(|entry| entry.0)?;
        Some(if found == Errno::EWOULDBLOCK {
            Errno::EAGAIN
        } else {
            found
        })
    }

    /// All names, for advice.
    pub fn names() -> Vec<&'static str> {
        Errno::ALL.iter().map(|entry| entry.1).collect()
    }

    fn entry(self) -> &'static (Errno, &'static str, i64, i64, &'static str) {
        Errno::ALL
            .iter()
            .find(|entry| entry.0 == self)
            .unwrap_or(&Errno::ALL[0])
    }

    /// The name, such as `ECONNRESET`.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The text of `strerror`.
    pub fn text(self) -> &'static str {
        self.entry().4
    }

    /// The number that the system gives it.
    pub fn number(self, dialect: Dialect) -> i64 {
        match dialect {
            Dialect::Bsd => self.entry().2,
            Dialect::Linux => self.entry().3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_finds_itself() {
        for entry in Errno::ALL {
            assert_eq!(entry.0.name(), entry.1);
            assert!(Errno::by_name(entry.1).is_some());
        }
        assert_eq!(Errno::by_name("EWOULDBLOCK"), Some(Errno::EAGAIN));
        assert_eq!(Errno::ECONNRESET.number(Dialect::Linux), 104);
        assert_eq!(Errno::ECONNRESET.number(Dialect::Bsd), 54);
    }
}
