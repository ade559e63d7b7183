//! What the endpoints count themselves, under the names that Linux uses.

use tcp_core::Counters;

/// The part that a host plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It listens on some port.
    Server,
    /// It listens on none.
    Client,
}

impl Role {
    /// Every role, in the order of tables.
    pub const ALL: [Role; 2] = [Role::Server, Role::Client];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Server => "server",
            Role::Client => "client",
        }
    }
}

/// One of the counters of [`Counters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelCounter(u8);

/// The name of a counter, and where it is found.
type Row = (&'static str, fn(&Counters) -> u64);

macro_rules! rows {
    ($($name:ident)+) => {
        [$((stringify!($name), (|counters| counters.$name) as fn(&Counters) -> u64)),+]
    };
}

/// The counters, in the order of tables. `StaleSynsDropped`, `KeepAliveTimeouts` and
/// `TimeWaitAssassinated` are not the kernel's, and `TCPACKSkipped` is the sum of several of its. The
/// octets of other incarnations are counted as
/// `app_duplicate_bytes`.
const ROWS: [Row; 26] = rows! {
    ActiveOpens PassiveOpens AttemptFails EstabResets InSegs OutSegs RetransSegs InErrs InCsumErrors
    OutRsts ListenDrops ListenOverflows TCPReqQFullDrop TCPReqQFullDoCookies SyncookiesSent
    SyncookiesRecv SyncookiesFailed StaleSynsDropped TCPTimeouts TCPAbortOnClose
    KeepAliveTimeouts TCPChallengeACK TCPSYNChallenge TCPACKSkipped TWRecycled TimeWaitAssassinated
};

impl KernelCounter {
    /// The number of counters.
    pub const COUNT: usize = ROWS.len();

    /// Every counter, in the order of tables.
    pub fn all() -> impl Iterator<Item = KernelCounter> {
        (0..Self::COUNT as u8).map(KernelCounter)
    }

    /// Its place in the order of [`KernelCounter::all`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its name, as in `/proc/net/snmp` and `/proc/net/netstat` if the kernel has it.
    pub const fn name(self) -> &'static str {
        ROWS[self.0 as usize].0
    }

    /// What an endpoint has counted.
    pub fn of(self, counters: &Counters) -> u64 {
        ROWS[self.0 as usize].1(counters)
    }
}

/// The counters of the hosts of each role, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelTotals([[u64; ROWS.len()]; Role::ALL.len()]);

impl KernelTotals {
    /// Adds what a host has counted since an earlier moment.
    pub fn add(&mut self, role: Role, earlier: &Counters, now: &Counters) {
        for counter in KernelCounter::all() {
            let since = counter.of(now) - counter.of(earlier);
            self.0[role as usize][counter.index()] += since;
        }
    }

    /// How often an accept queue was found full, at any host.
    pub fn accept_overflows(&self) -> u64 {
        let overflows = |counter: &KernelCounter| counter.name() == "ListenOverflows";
        let counter = KernelCounter::all().find(overflows);
        counter.map_or(0, |counter| self.of(Role::Server, counter))
    }

    /// One counter of one role.
    pub fn of(&self, role: Role, counter: KernelCounter) -> u64 {
        self.0[role as usize][counter.index()]
    }
}
