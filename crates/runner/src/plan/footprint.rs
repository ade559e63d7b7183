//! The memory that entries take in the stacks that the profiles stand for.
//!
//! These are sizes of the modelled stacks, not of this program, which keeps an entry in far less. They
//! are what a policy's state costs on a real machine: the structures alone, without buffers, hash
//! tables and the allocator's own.

use tcp_core::{Phase, Profile};

use super::workload::End;

/// Bytes that a stack keeps for a connection, by what the entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// A passive open that waits for its ACK.
    pub embryonic: u32,
    /// A connection in any other state that is synchronised or opens actively.
    pub connection: u32,
    /// In TIME-WAIT.
    pub time_wait: u32,
}

impl Footprint {
    /// The sizes of a profile's stack.
    pub const fn of(profile: Profile) -> Footprint {
        match profile {
            // No stack, so the least that RFC 4987 section 2 names for a TCB, in every state.
            Profile::Rfc9293 => Footprint {
                embryonic: 280,
                connection: 280,
                time_wait: 280,
            },
            // Linux 6.18 on x86-64: the object sizes of the slabs TCP and tw_sock_TCP. A request
            // socket takes about 304 bytes according to ip-sysctl, tcp_max_syn_backlog.
            Profile::Linux6 => Footprint {
                embryonic: 304,
                connection: 2368,
                time_wait: 256,
            },
            // Lemon, "Resisting SYN flood DoS attacks with a SYN cache", BSDCon 2002: 160 bytes in
            // the cache, 736 for everything that a whole connection has. TIME-WAIT has no entry of
            // its own since FreeBSD 14.
            Profile::FreeBsd => Footprint {
                embryonic: 160,
                connection: 736,
                time_wait: 736,
            },
            // One kind of control block in every state; about this much on 32-bit machines,
            // depending on what is compiled in.
            Profile::Lwip => Footprint {
                embryonic: 164,
                connection: 164,
                time_wait: 164,
            },
        }
    }

    /// What an end keeps in a state.
    pub const fn bytes(self, end: End, phase: Phase) -> u32 {
        match (phase, end) {
            (Phase::Closed | Phase::Listen, _) => 0,
            (Phase::SynReceived, End::Server) => self.embryonic,
            (Phase::TimeWait, _) => self.time_wait,
            _ => self.connection,
        }
    }
}
