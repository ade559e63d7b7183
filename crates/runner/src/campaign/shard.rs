//! Parts of an experiment that are run apart, on different machines say.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ledger::RunId;
use crate::plan::GridPoint;

/// One of several parts: `0/4` is the first of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 0.
    pub index: u32,
    /// How many there are; more than `index`.
    pub count: u32,
}

impl Shard {
    /// Whether a replication belongs to it.
    pub fn has(self, replication: u32) -> bool {
        replication.checked_rem(self.count) == Some(self.index)
    }

    /// All its runs, in order.
    pub fn runs(self, points: &[GridPoint]) -> impl Iterator<Item = RunId> {
        let each = points.iter().enumerate();
        each.flat_map(move |(point, it)| {
            let run = &it.plan.run;
            (0..run.policies.len()).flat_map(move |policy| {
                let own = (0..run.replications).filter(move |it| self.has(*it));
                own.map(move |replication| RunId {
                    point,
                    policy,
                    replication,
                })
            })
        })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Most parts of an experiment.
const MOST: u32 = 100_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let shard = Shard {
                index: index.parse().ok()?,
                count: count.parse().ok()?,
            };
            (shard.index < shard.count && shard.count <= MOST).then_some(shard)
        };
        parse().ok_or_else(|| {
            format!("a shard is written I/N with I from 0 to N - 1, and N at most {MOST}: 0/4")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_written_as_a_fraction() {
        assert_eq!("3/4".parse(), Ok(Shard { index: 3, count: 4 }));
        for text in ["4/4", "1", "", "-1/4", "0/0", "1/4/2", "0/100001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_replication_is_in_one_shard() {
        for count in 1..9 {
            for replication in 0..50 {
                let shards = (0..count).map(|index| Shard { index, count });
                assert_eq!(shards.filter(|it| it.has(replication)).count(), 1);
            }
        }
    }
}
