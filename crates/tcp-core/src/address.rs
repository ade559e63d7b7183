//! Addresses in few octets: local ones by number, remote IPv6 ones in a table of their own.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::arena::Arena;
use crate::numbered::Numbered;
use crate::segment::Flow;

/// A four-tuple as a connection keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    remote_ip: IpAddr,
    remote_port: u16,
    local_ip: u16,
    local_port: u16,
}

impl Pair {
    /// The number of the local address, and the local port.
    pub(crate) fn local(self) -> (u16, u16) {
        (self.local_ip, self.local_port)
    }
}

/// A remote address as a compact entry keeps it: six octets. Whether `ip` is an IPv4 address or
/// the number of an IPv6 address is a bit that the entry keeps elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    ip: [u16; 2],
    port: u16,
}

/// The addresses that compact entries refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressBook {
    locals: Numbered<IpAddr>,
    six: Arena<[u8; 16]>,
}

impl AddressBook {
    /// The number of a local address. A host has at most 65536.
    fn local(&mut self, ip: IpAddr) -> u16 {
        self.locals
            .number(ip)
            .expect("a host has at most 65536 addresses")
    }

    /// The local address with this number.
    pub(crate) fn local_ip(&self, number: u16) -> IpAddr {
        self.locals.thing(number)
    }

    /// Packs a four-tuple.
    pub(crate) fn pair(&mut self, flow: Flow) -> Pair {
        Pair {
            remote_ip: flow.remote.ip(),
            remote_port: flow.remote.port(),
            local_ip: self.local(flow.local.ip()),
            local_port: flow.local.port(),
        }
    }

    /// Unpacks a four-tuple.
    pub(crate) fn flow(&self, pair: Pair) -> Flow {
        Flow {
            local: SocketAddr::new(self.local_ip(pair.local_ip), pair.local_port),
            remote: SocketAddr::new(pair.remote_ip, pair.remote_port),
        }
    }

    /// Packs a remote address; says whether it is IPv6. Release it when the entry goes.
    pub(crate) fn pack(&mut self, remote: SocketAddr) -> (Remote, bool) {
        let (number, six) = match remote.ip() {
            IpAddr::V4(ip) => (ip.to_bits(), false),
            IpAddr::V6(ip) => (self.six.insert(ip.octets()), true),
        };
        let ip = [(number >> 16) as u16, number as u16];
        (
            Remote {
                ip,
                port: remote.port(),
            },
            six,
        )
    }

    /// Unpacks a remote address.
    pub(crate) fn unpack(&self, remote: Remote, six: bool) -> SocketAddr {
        let number = remote.number();
        let ip = if six {
            IpAddr::V6(Ipv6Addr::from(self.six[number]))
        } else {
            IpAddr::V4(Ipv4Addr::from_bits(number))
        };
        SocketAddr::new(ip, remote.port)
    }

    /// Frees what [`AddressBook::pack`] took.
    pub(crate) fn release(&mut self, remote: Remote, six: bool) {
        if six {
            self.six.free(remote.number());
        }
    }
}

impl Remote {
    fn number(self) -> u32 {
        u32::from(self.ip[0]) << 16 | u32::from(self.ip[1])
    }
}

#[cfg(test)]
mod tests {
    use super::AddressBook;
    use core::net::SocketAddr;

    #[test]
    fn both_families_come_back_and_slots_are_reused() {
        let mut book = AddressBook::default();
        for text in ["10.1.2.3:65535", "[2001:db8::1]:80"] {
            let address: SocketAddr = text.parse().unwrap();
            let (remote, six) = book.pack(address);
            assert_eq!(book.unpack(remote, six), address);
            book.release(remote, six);
            assert_eq!(book.pack(address).0, remote);
        }
        assert_eq!(size_of::<super::Remote>(), 6);
    }
}
