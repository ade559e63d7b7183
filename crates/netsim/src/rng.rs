//! Keyed randomness: a draw is a function of (root seed, replication, stream name, entity, ordinal)
//! and never of how many draws came before.
//!
//! Each named purpose ("link c2s / loss") has a [`Stream`]. Its 64-bit key is the first output of
//! `ChaCha8` seeded by root seed and replication, on the generator's stream numbered by the name's
//! FNV-1a hash. A draw is one block of Philox4x32-10 (Salmon and others, "Parallel random numbers:
//! as easy as 1, 2, 3", SC11) under that key, its counter being the entity (for frames,
//! [`Frame::key`]) and an ordinal. So two policies under one seed meet the same weather, and
//! removing a fault moves nothing else.
//!
//! [`Frame::key`]: crate::Frame::key

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::error::ConfigError;

/// Separates this program's key derivation from any other use of the same seed.
const DOMAIN: &[u8; 20] = b"netsim keyed draw v1";

/// Where all randomness of one replication comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed {
    /// The experiment's seed, as the user wrote it.
    pub root: u64,
    /// The replication's number, from 0.
    pub replication: u32,
}

impl Seed {
    /// The stream of this name. Equal names give equal streams: draws for two purposes that must be
    /// independent need two names ([`Streams`] checks that the hashes of the names given to it
    /// differ).
    pub fn stream(self, name: &str) -> Stream {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.root.to_le_bytes());
        key[8..12].copy_from_slice(&self.replication.to_le_bytes());
        key[12..].copy_from_slice(DOMAIN);
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(fnv1a(name));
        Stream {
            key: generator.next_u64(),
        }
    }
}

/// A keyed source of draws for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// A uniform 64-bit draw for the `ordinal`-th question about `entity`.
    #[inline]
    pub fn draw(self, entity: u64, ordinal: u64) -> u64 {
        self.draw_pair(entity, ordinal).0
    }

    /// Two independent uniform draws from one block; the first is that of [`Stream::draw`].
    #[inline]
    pub fn draw_pair(self, entity: u64, ordinal: u64) -> (u64, u64) {
        let counter = [
            entity as u32,
            (entity >> 32) as u32,
            ordinal as u32,
            (ordinal >> 32) as u32,
        ];
        let block = philox4x32_10(counter, [self.key as u32, (self.key >> 32) as u32]);
        (join(block[0], block[1]), join(block[2], block[3]))
    }

    /// A draw that belongs to no entity: the initial state of a chain.
    pub(crate) fn initial(self) -> u64 {
        self.draw(u64::MAX, u64::MAX)
    }
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The names that one owner of streams uses, so that two with one hash are found when it is set up
/// and not by a puzzling correlation in the results.
///
/// A simulator has such a list for its links. Faults, and whoever else takes a stream from the
/// [`Seed`] itself, are not on it: their names begin with other words, and that two of all the
/// names share 64 bits is left to chance.
#[derive(Clone, Debug)]
pub struct Streams {
    seed: Seed,
    names: BTreeMap<u64, String>,
}

impl Streams {
    /// No names yet.
    pub fn new(seed: Seed) -> Streams {
        Streams {
            seed,
            names: BTreeMap::new(),
        }
    }

    /// The seed that the streams derive from.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The stream of this name; asking twice gives the same stream.
    ///
    /// # Errors
    /// If another name with the same hash is in use: rename either.
    pub fn stream(&mut self, name: &str) -> Result<Stream, ConfigError> {
        let known = self
            .names
            .entry(fnv1a(name))
            .or_insert_with(|| name.to_owned());
        if known != name {
            return Err(ConfigError::new(
                "name",
                format!("a name whose random stream differs from that of {known:?}"),
                format!("{name:?}"),
            ));
        }
        Ok(self.seed.stream(name))
    }
}

/// 64-bit FNV-1a (Fowler, Noll, Vo): stable across versions and machines, unlike std's hashers.
pub(crate) fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One block of Philox4x32 with ten rounds (Random123's parameters).
#[inline]
fn philox4x32_10(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let even = u64::from(counter[0]) * 0xD251_1F53;
        let odd = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (odd >> 32) as u32 ^ counter[1] ^ key[0],
            odd as u32,
            (even >> 32) as u32 ^ counter[3] ^ key[1],
            even as u32,
        ];
        key = [
            key[0].wrapping_add(0x9E37_79B9),
            key[1].wrapping_add(0xBB67_AE85),
        ];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three vectors of Random123's `kat_vectors` for philox4x32 10.
    #[test]
    fn philox_known_answers() {
        assert_eq!(
            philox4x32_10([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox4x32_10([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox4x32_10(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn chacha8_known_answer() {
        assert_eq!(
            ChaCha8Rng::seed_from_u64(42).next_u64(),
            0xae90_bfb5_395d_5ba1
        );
    }

    #[test]
    fn fnv1a_known_answers() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    /// Two names known to share their 64-bit FNV-1a hash.
    #[test]
    fn names_that_would_share_a_stream_are_refused() {
        let mut streams = Streams::new(Seed {
            root: 42,
            replication: 0,
        });
        let first = streams
            .stream("8yn0iYCKYHlIj4-BwPqk")
            .expect("the first of its hash");
        assert_eq!(streams.stream("8yn0iYCKYHlIj4-BwPqk"), Ok(first));
        let error = streams
            .stream("GReLUrM4wMqfg9yzV3KQ")
            .expect_err("a collision");
        assert!(error.expected.contains("8yn0iYCKYHlIj4-BwPqk"));
    }

    #[test]
    fn streams_differ_by_name_seed_and_replication_only() {
        let seed = Seed {
            root: 42,
            replication: 0,
        };
        let loss = seed.stream("link c2s / loss");
        assert_eq!(loss, seed.stream("link c2s / loss"));
        assert_ne!(loss, seed.stream("link s2c / loss"));
        assert_ne!(loss, Seed { root: 43, ..seed }.stream("link c2s / loss"));
        assert_ne!(
            loss,
            Seed {
                replication: 1,
                ..seed
            }
            .stream("link c2s / loss")
        );
        assert_ne!(loss.draw(7, 0), loss.draw(7, 1));
        assert_ne!(loss.draw(7, 0), loss.draw(8, 0));
        assert_eq!(loss.draw(7, 0), loss.draw_pair(7, 0).0);
    }
}
