//! Time along the height of a picture: to scale where something happens, folded where nothing does.

use std::collections::BTreeMap;

use netsim::Instant;

use crate::plan::End;

/// Height of a usual time under way.
pub(super) const TRANSIT: i64 = 42;
/// Height of a gap that is folded.
const FOLD: i64 = 46;
/// Gaps of more usual times under way than this are folded.
const LONGEST: u64 = 3;
/// Least distance of segments that leave or reach one end.
const LEAST: i64 = 17;

/// Something that needs a place on the time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick {
    pub(super) at: Instant,
    /// The end at which a segment leaves (`false`) or arrives (`true`), if one does.
    pub(super) touch: Option<(End, bool)>,
}

/// A gap that is not drawn to scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fold {
    /// Where it begins and ends.
    pub(super) top: i64,
    pub(super) bottom: i64,
    /// How long it is.
    pub(super) nanos: u64,
}

/// From moments to heights.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    heights: BTreeMap<Instant, i64>,
    pub(super) folds: Vec<Fold>,
}

impl Scale {
    /// A scale for these ticks that begins at this height. A usual time under way, in nanoseconds,
    /// is [`TRANSIT`] high.
    pub(super) fn new(mut ticks: Vec<Tick>, top: i64, transit: u64) -> Scale {
        ticks.sort_unstable();
        let transit = transit.max(1);
        let mut scale = Scale {
            heights: BTreeMap::new(),
            folds: Vec::new(),
        };
        let (mut last, mut height) = (Instant::ZERO, top);
        // The lowest place so far at which a segment left or reached each end.
        let mut lowest = [[i64::MIN / 2; 2]; 2];
        for tick in ticks {
            let gap = tick.at.as_nanos() - last.as_nanos();
            if gap > transit.saturating_mul(LONGEST) {
                scale.folds.push(Fold {
                    top: height,
                    bottom: height + FOLD,
                    nanos: gap,
                });
                height += FOLD;
            } else {
                let part = u128::from(gap) * TRANSIT as u128 / u128::from(transit);
                height += i64::try_from(part).unwrap_or(FOLD);
            }
            if let Some((end, arrives)) = tick.touch {
                let lowest = &mut lowest[end as usize][usize::from(arrives)];
                // What happens at one instant has one height, unless segments would hide each other.
                height = height.max(*lowest + LEAST);
                *lowest = height;
            }
            last = tick.at;
            scale.heights.entry(tick.at).or_insert(height);
        }
        scale
    }

    /// The height of a moment.
    pub(super) fn height(&self, at: Instant) -> i64 {
        let before = self.heights.range(..=at).next_back();
        let after = self.heights.range(at..).next();
        match (before, after) {
            (Some((from, top)), Some((to, bottom))) if from < to => {
                let whole = to.as_nanos() - from.as_nanos();
                let part = at.as_nanos() - from.as_nanos();
                let part = i128::from(bottom - top) * i128::from(part) / i128::from(whole);
                top + part as i64
            }
            (Some((_, height)), _) | (None, Some((_, height))) => *height,
            (None, None) => 0,
        }
    }

    /// The lowest height.
    pub(super) fn bottom(&self) -> i64 {
        self.heights.values().copied().max().unwrap_or(0)
    }

    /// Every moment that has a place of its own, with its height, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = (Instant, i64)> {
        self.heights.iter().map(|(at, height)| (*at, *height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(millis: u64, touch: Option<(End, bool)>) -> Tick {
        let at = Instant::ZERO.saturating_add_nanos(millis * 1_000_000);
        Tick { at, touch }
    }

    #[test]
    fn time_is_to_scale_but_for_long_gaps() {
        let ticks = [0, 50, 100, 5000].map(|at| tick(at, None));
        let scale = Scale::new(ticks.to_vec(), 10, 50_000_000);
        let heights: Vec<i64> = scale.steps().map(|(_, height)| height).collect();
        assert_eq!(heights, [10, 52, 94, 94 + FOLD]);
        assert_eq!(scale.folds.len(), 1);
        assert_eq!(scale.folds[0].nanos, 4_900_000_000);
        assert_eq!(scale.height(tick(25, None).at), 31);
        assert_eq!(scale.height(tick(9000, None).at), scale.bottom());
    }

    #[test]
    fn segments_do_not_hide_each_other() {
        let leaves = Some((End::Client, false));
        let ticks = vec![
            tick(0, leaves),
            tick(1, leaves),
            tick(1, Some((End::Server, true))),
        ];
        let scale = Scale::new(ticks, 0, 50_000_000);
        assert_eq!(scale.height(tick(1, None).at), LEAST);
    }
}
