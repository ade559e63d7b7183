//! The look-up from a four-tuple to whatever stands for it, and where that is stored.

use core::hash::{BuildHasher, Hasher};
use core::net::{IpAddr, SocketAddr};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::address::AddressBook;
use crate::arena::Arena;
use crate::connection::Connection;
use crate::embryo::Embryo;
use crate::isn::Secret;
use crate::listener::ListenerId;
use crate::numbered::Numbered;
use crate::segment::Flow;
use crate::time_wait::TimeWaitEntry;

/// What a four-tuple leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    /// A connection.
    Connection(u32),
    /// A SYN queue entry.
    Embryo(u32),
    /// A TIME-WAIT entry.
    TimeWait(u32),
}

/// A [`Handle`] in four octets: the kind in the upper two bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u32);

const SLOT: u32 = (1 << 30) - 1;

impl From<Handle> for Packed {
    fn from(handle: Handle) -> Packed {
        let (kind, slot) = match handle {
            Handle::Connection(slot) => (0, slot),
            Handle::Embryo(slot) => (1, slot),
            Handle::TimeWait(slot) => (2, slot),
        };
        debug_assert!(slot <= SLOT, "a table holds at most 2^30 entries");
        Packed(kind << 30 | slot)
    }
}

impl From<Packed> for Handle {
    fn from(packed: Packed) -> Handle {
        let slot = packed.0 & SLOT;
        match packed.0 >> 30 {
            0 => Handle::Connection(slot),
            1 => Handle::Embryo(slot),
            _ => Handle::TimeWait(slot),
        }
    }
}

/// A listener and a local address that it was reached at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Door {
    local: SocketAddr,
    listener: ListenerId,
}

/// The entries of an endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Stores {
    pub(super) connections: Arena<Option<Connection>>,
    pub(super) embryos: Arena<Embryo>,
    pub(super) time_waits: Arena<TimeWaitEntry>,
    pub(super) book: AddressBook,
    doors: Numbered<Door>,
}

/// Four-tuple to handle.
#[derive(Clone, Debug)]
pub(super) struct Index {
    table: HashTable<Packed>,
    hasher: FixedState,
}

impl Index {
    /// An empty index, whose hashes depend on the secret: a peer that chooses its ports cannot
    /// make them collide.
    pub(super) fn new(secret: Secret) -> Index {
        let mut seed = [0; 8];
        seed.copy_from_slice(&secret.0[..8]);
        let hasher = FixedState::with_seed(u64::from_le_bytes(seed));
        Index {
            table: HashTable::new(),
            hasher,
        }
    }

    /// Makes room for so many more entries: growing means to look at each entry again.
    pub(super) fn reserve(&mut self, stores: &Stores, more: usize) {
        let Index { table, hasher } = self;
        table.reserve(more, |&packed| hash(hasher, stores.flow(packed.into())));
    }

    /// What stands for a four-tuple.
    pub(super) fn find(&self, stores: &Stores, flow: Flow) -> Option<Handle> {
        let same = |&packed: &Packed| stores.flow(packed.into()) == flow;
        self.table
            .find(hash(&self.hasher, flow), same)
            .map(|&packed| packed.into())
    }

    /// What probably stands for a four-tuple: found without a look at any entry. Seldom another's.
    pub(super) fn guess(&self, flow: Flow) -> Option<Handle> {
        let found = self.table.find(hash(&self.hasher, flow), |_| true);
        found.map(|&packed| packed.into())
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Every handle, in no order: sort before anything is seen of it.
    pub(super) fn handles(&self) -> impl Iterator<Item = Handle> {
        self.table.iter().map(|&packed| packed.into())
    }

    /// Makes a four-tuple that stood for nothing lead to `handle`.
    pub(super) fn insert(&mut self, stores: &Stores, flow: Flow, handle: Handle) {
        let Index { table, hasher } = self;
        let rehash = |&packed: &Packed| hash(hasher, stores.flow(packed.into()));
        table.insert_unique(hash(hasher, flow), handle.into(), rehash);
    }

    /// Makes a four-tuple that leads to `old` lead to `new`.
    pub(super) fn replace(&mut self, flow: Flow, old: Handle, new: Handle) {
        let same = |&packed: &Packed| packed == Packed::from(old);
        let found = self.table.find_mut(hash(&self.hasher, flow), same);
        *found.expect("every stored entry is in the index") = new.into();
    }

    /// Makes a four-tuple that leads to `handle` stand for nothing again.
    pub(super) fn remove(&mut self, flow: Flow, handle: Handle) {
        let same = |&packed: &Packed| packed == Packed::from(handle);
        if let Ok(entry) = self.table.find_entry(hash(&self.hasher, flow), same) {
            entry.remove();
        }
    }
}

impl Stores {
    /// The four-tuple of an entry.
    pub(super) fn flow(&self, handle: Handle) -> Flow {
        match handle {
            Handle::Connection(slot) => {
                let connection = self.connections[slot].as_ref();
                self.book
                    .flow(connection.expect("the index leads to live entries").pair)
            }
            Handle::Embryo(slot) => {
                let embryo = &self.embryos[slot];
                Flow {
                    local: self.doors.thing(embryo.door).local,
                    remote: self.book.unpack(embryo.remote, embryo.is_six()),
                }
            }
            Handle::TimeWait(slot) => {
                let entry = &self.time_waits[slot];
                Flow {
                    local: SocketAddr::new(self.book.local_ip(entry.local_ip), entry.local_port),
                    remote: self.book.unpack(entry.remote, entry.is_six()),
                }
            }
        }
    }

    /// Reads a little of an entry, so that it is in the cache.
    pub(super) fn touch(&self, handle: Handle) {
        let read = match handle {
            Handle::Connection(slot) => {
                let found = self.connections.get(slot).and_then(Option::as_ref);
                found.map_or(0, |connection| connection.serial)
            }
            Handle::Embryo(slot) => self.embryos.get(slot).map_or(0, |embryo| embryo.irs.0),
            Handle::TimeWait(slot) => self.time_waits.get(slot).map_or(0, |entry| entry.tag.0),
        };
        core::hint::black_box(read);
    }

    /// The number of a door, found or made. There are as many as services, not as many as
    /// connections; `None` beyond 65536.
    pub(super) fn door(&mut self, local: SocketAddr, listener: ListenerId) -> Option<u16> {
        self.doors.number(Door { local, listener })
    }

    /// The listener in whose queue an entry is.
    pub(super) fn listener_of(&self, embryo: &Embryo) -> ListenerId {
        self.doors.thing(embryo.door).listener
    }
}

fn hash(hasher: &FixedState, flow: Flow) -> u64 {
    let mut hasher = hasher.build_hasher();
    for end in [flow.local, flow.remote] {
        match end.ip() {
            IpAddr::V4(ip) => {
                hasher.write_u64(u64::from(ip.to_bits()) << 16 | u64::from(end.port()));
            }
            IpAddr::V6(ip) => {
                hasher.write_u128(ip.to_bits());
                hasher.write_u16(end.port());
            }
        }
    }
    hasher.finish()
}
