//! The two ends of one incarnation, and the units that they make up.

use tcp_core::{Phase, Profile};

use crate::plan::{Class, End, Footprint};

use super::{Change, class};

/// See the module's documentation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Incarnation {
    pub(super) client: Option<Phase>,
    pub(super) server: Option<Phase>,
    /// Number of the newest server entry; 0 before the first.
    pub(super) newest: u32,
    /// The entry whose SYN,ACK the client accepted; 0 before that.
    accepted: u32,
    /// Whether the newest entry was ever past SYN-RECEIVED.
    newest_was_past: bool,
    /// The same of the accepted entry.
    accepted_was_past: bool,
    /// Whether the newest entry was made by a SYN whose client was gone.
    pub(super) newest_was_stale: bool,
    /// The profiles of the client's host and of the server's, once they have had an end.
    profiles: [Option<Profile>; 2],
    /// When the units of the client and of a server entry of its own entered their classes.
    pub(super) since: [u64; 2],
    /// When the newest entry was made, while it is embryonic.
    pub(super) embryonic_since: u64,
}

/// A unit as the census counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unit {
    /// `None` if there is no such unit.
    pub(super) class: Option<Class>,
    /// The memory that it takes: of the server's entry, or of the client's if it has no other.
    pub(super) bytes: u32,
}

impl Unit {
    /// Whether there is such a unit.
    pub(super) fn exists(self) -> bool {
        self.class.is_some()
    }

    /// Whether it, the unit of a server's entry without partner, is state for nobody.
    pub(super) fn is_wasted(self) -> bool {
        matches!(
            self.class,
            Some(Class::EmbryonicStale | Class::OrphanEstablished | Class::OrphanClosing)
        )
    }
}

impl Incarnation {
    /// Whether both ends are in one unit.
    pub(super) fn is_paired(&self) -> bool {
        let same_unit = self.accepted == 0 || self.accepted == self.newest;
        self.client.is_some() && self.server.is_some() && same_unit
    }

    /// The memory of its server's entry, if that is embryonic.
    pub(super) fn embryo(&self) -> Option<u32> {
        let is_embryonic = self.server == Some(Phase::SynReceived);
        is_embryonic.then(|| self.bytes_of(End::Server))
    }

    /// Whether the server has an entry that lasts longer than TIME-WAIT does.
    pub(super) fn occupies_server(&self) -> bool {
        self.server.is_some_and(|phase| phase != Phase::TimeWait)
    }

    /// Whether its client is there, and not bound to another entry than this.
    pub(super) fn wants(&self, entry: u32) -> bool {
        self.client.is_some() && (self.accepted == 0 || self.accepted == entry)
    }

    /// What an end keeps in memory.
    fn bytes_of(&self, end: End) -> u32 {
        let phase = match end {
            End::Client => self.client,
            End::Server => self.server,
        };
        match (phase, self.profiles[end as usize]) {
            (Some(phase), Some(profile)) => Footprint::of(profile).bytes(end, phase),
            _ => 0,
        }
    }

    /// Its units: the client's, and that of a server entry that is not the client's.
    pub(super) fn units(&self) -> [Unit; 2] {
        let client_was_past = if self.accepted == 0 {
            self.newest_was_past
        } else {
            self.accepted_was_past
        };
        if self.is_paired() {
            let both = Unit {
                class: class(self.client, self.server, client_was_past),
                bytes: self.bytes_of(End::Server),
            };
            return [both, Unit::default()];
        }
        let client = Unit {
            class: class(self.client, None, client_was_past),
            bytes: self.bytes_of(End::Client),
        };
        let server = Unit {
            class: class(None, self.server, self.newest_was_past),
            bytes: self.bytes_of(End::Server),
        };
        [client, server]
    }

    /// The classes that these units of it are in, the whole of `embryonic` included, each with the
    /// moment of entering it.
    pub(super) fn stays(&self, units: [Unit; 2]) -> impl Iterator<Item = (Class, u64)> {
        let whole = (Class::Embryonic, self.embryonic_since);
        units
            .into_iter()
            .zip(self.since)
            .filter_map(|(unit, since)| Some((unit.class?, since)))
            .chain(self.embryo().map(|_| whole))
    }

    /// An end changes its state.
    pub(super) fn change(&mut self, change: &Change) {
        self.profiles[change.end as usize] = Some(change.profile);
        match change.end {
            End::Client => {
                self.client = change.to;
                let synchronised = !matches!(
                    change.to,
                    None | Some(Phase::Closed | Phase::Listen | Phase::SynSent)
                );
                if self.accepted == 0 && synchronised && change.entry > 0 {
                    self.accepted = change.entry;
                    self.accepted_was_past = self.newest_was_past && self.newest == change.entry;
                }
            }
            End::Server => {
                if change.entry > self.newest {
                    self.newest_was_stale = !self.wants(change.entry);
                    self.newest = change.entry;
                    self.newest_was_past = false;
                }
                self.server = change.to;
                self.newest_was_past |= change.to.is_some_and(|phase| phase != Phase::SynReceived);
                if self.accepted == self.newest {
                    self.accepted_was_past = self.newest_was_past;
                }
            }
        }
    }
}
