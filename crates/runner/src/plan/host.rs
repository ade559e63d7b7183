//! Hosts: an address or several, a TCP with its settings, and what may befall the machine.

use std::net::IpAddr;
use std::time::Duration;

use tcp_core::{Config, ListenConfig, Profile};

use crate::quantity::ArrivalRate;

use super::fault::Moment;
use super::workload::ConnectionId;

/// Index of a host in [`Plan::hosts`](super::Plan::hosts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub usize);

/// One machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name in the file: letters, digits, hyphens and underscores.
    pub name: String,
    /// The profile that the settings started from.
    pub profile: Profile,
    /// The addresses it answers to; at least one, no two hosts share one.
    ///
    /// A scripted connection uses the first, a load deals its clients out over all of them.
    pub addresses: Vec<IpAddr>,
    /// The settings of its TCP: the profile with the file's changes applied.
    pub config: Config,
    /// The settings of its listeners. The handshake policy in it is the profile's own; each run
    /// replaces it by the policy under comparison.
    pub listen: ListenConfig,
    /// The ports on which it listens from the start (passive OPEN), in ascending order.
    pub passive_open: Vec<u16>,
    /// How fast its applications accept connections; `None`: at once.
    pub accept_rate: Option<ArrivalRate>,
    /// Whether it is a router: sends on what it gets for other hosts.
    pub forward: bool,
    /// When, if ever, it loses power: from then on it sends nothing, hears nothing, and its
    /// connections are gone.
    pub power_off: Option<PowerOff>,
}

/// The moment at which a host loses power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerOff {
    /// When. A condition on a state counts from the start of the run and may be met by any
    /// connection unless [`connection`](Self::connection) names one.
    pub moment: Moment,
    /// The scripted connection whose states count; `None` for any connection.
    pub connection: Option<ConnectionId>,
    /// How it comes back; `None`: never.
    pub restart: Option<Restart>,
}

/// How a host comes back after it has lost power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Time from losing power to running again; more than zero.
    pub after: Duration,
    /// How long its TCP then keeps quiet, before which it neither sends nor hears: what was sent
    /// before the crash shall die in the meantime (RFC 9293 section 3.4.3).
    pub quiet_time: Duration,
    /// Which initial sequence numbers it then chooses.
    pub isn: AfterRestart,
}

impl Restart {
    /// Time from losing power to TCP's being at work.
    pub fn down(&self) -> Duration {
        self.after.saturating_add(self.quiet_time)
    }
}

/// What a restarted TCP chooses its initial sequence numbers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRestart {
    /// A new secret, and a clock that has run on.
    Fresh,
    /// The old secret, and a clock that begins at zero again: the same numbers as after the first
    /// start.
    Reuse,
}
