//! Handshake policies under the names that files and tables use.

use std::fmt;

use tcp_core::Handshake;

/// How a server answers a SYN. One experiment compares several under the same weather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// `two-way`: the server is ESTABLISHED as soon as it has answered the SYN.
    TwoWay,
    /// `three-way`: the server waits in SYN-RECEIVED for the third segment (RFC 9293).
    ThreeWay,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Policy; 2] = [Policy::TwoWay, Policy::ThreeWay];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Policy::TwoWay => "two-way",
            Policy::ThreeWay => "three-way",
        }
    }

    /// The policy with this name.
    pub fn from_name(name: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// What the endpoint is told.
    pub const fn handshake(self) -> Handshake {
        match self {
            Policy::TwoWay => Handshake::TwoWay,
            Policy::ThreeWay => Handshake::ThreeWay,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
