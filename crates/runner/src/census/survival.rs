//! The Kaplan-Meier estimator (Kaplan and Meier, "Nonparametric estimation from incomplete
//! observations", Journal of the American Statistical Association 53, 1958): the distribution of
//! lifetimes when some have not ended yet.
//!
//! Such a stay is known to be at least so long. Leaving it out would make lifetimes look shorter than
//! they are, so it counts as being at risk up to the moment at which it was last seen.

use crate::plan::Exit;

use super::lifetimes::Lifetimes;

/// A moment at which stays have ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The age, in nanoseconds.
    pub age: u64,
    /// Stays that were seen to reach this age.
    pub at_risk: u64,
    /// Of these, the ones that ended at it.
    pub ended: u64,
    /// The estimated share of stays that last longer: 0 to 1.
    pub survival: f64,
    /// The greatest whole percentage that the share of ended stays has reached.
    percent: u32,
}

/// The estimated distribution of lifetimes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survival(Vec<Step>);

impl Survival {
    /// Of everything that was recorded in these.
    pub fn of(parts: &[&Lifetimes]) -> Survival {
        let mut stays: Vec<(u64, bool, u64)> = parts
            .iter()
            .flat_map(|part| part.recorded())
            .map(|(age, exit, count)| (age, exit == Exit::Censored, count))
            .collect();
        // At the same age those that ended come first: the others were still there.
        stays.sort_unstable();
        let mut at_risk: u64 = stays.iter().map(|(_, _, count)| count).sum();
        let mut curve = Curve {
            base: 1.0,
            from: at_risk,
        };
        let mut steps = Vec::new();
        for same in stays.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let (age, is_censored, _) = same[0];
            let count: u64 = same.iter().map(|(_, _, count)| count).sum();
            let left = at_risk - count;
            if is_censored {
                curve.rebase(at_risk, left);
            } else {
                steps.push(Step {
                    age,
                    at_risk,
                    ended: count,
                    survival: curve.at(left),
                    percent: curve.percent(left),
                });
            }
            at_risk = left;
        }
        Survival(steps)
    }

    /// The steps of the curve, in ascending order of age. Before the first the share is 1.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The smallest age, in nanoseconds, that at most 100 - `percent` % of all stays outlast; `None`
    /// if too many had not ended to tell. Exact where no stay was cut short before it.
    pub fn quantile(&self, percent: u32) -> Option<u64> {
        let reached = self.0.iter().find(|step| step.percent >= percent);
        reached.map(|step| step.age)
    }
}

/// The product of the estimator, multiplied out only where a stay was cut short: between two such
/// moments its factors cancel, so that without any the curve is the empirical one without rounding.
#[derive(Clone, Copy)]
struct Curve {
    base: f64,
    /// Stays at risk where `base` was computed.
    from: u64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share from 0 to 1 of at most 2^53 stays"
)]
impl Curve {
    /// The share that is left when so many stays are.
    fn at(self, left: u64) -> f64 {
        self.base * left as f64 / self.from as f64
    }

    /// The whole percentage that is gone by then.
    fn percent(self, left: u64) -> u32 {
        let remaining = self.base * left as f64 * 100.0 / self.from as f64;
        (100.0 - remaining).floor() as u32
    }

    /// Stays are cut short: from now on the others stand for them.
    fn rebase(&mut self, before: u64, left: u64) {
        self.base = self.at(before);
        self.from = left.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survival(stays: &[(u64, Exit)]) -> Survival {
        let mut lifetimes = Lifetimes::default();
        for &(age, exit) in stays {
            lifetimes.record(age, exit);
        }
        Survival::of(&[&lifetimes])
    }

    #[test]
    fn without_censoring_it_is_the_empirical_distribution() {
        let stays: Vec<(u64, Exit)> = (1..=1000).map(|age| (age, Exit::Ack)).collect();
        let found = survival(&stays);
        for percent in 1..=100 {
            assert_eq!(found.quantile(percent), Some(u64::from(percent) * 10));
        }
    }

    /// A worked example: 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16, 17+, 19+, 20+, 22, 23, 25+, 32+,
    /// 32+, 34+, 35+ weeks, the treated patients of Freireich et al., Blood 21 (1963). Textbooks
    /// give S = 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448.
    #[test]
    fn remission_times_of_the_textbooks() {
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let cut = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        let mut stays: Vec<(u64, Exit)> = ended.map(|age| (age, Exit::Timeout)).to_vec();
        stays.extend(cut.map(|age| (age, Exit::Censored)));
        let found = survival(&stays);
        let curve: Vec<(u64, u64, String)> = found
            .steps()
            .iter()
            .map(|step| (step.age, step.at_risk, format!("{:.3}", step.survival)))
            .collect();
        let expected = [
            (6, 21, "0.857"),
            (7, 17, "0.807"),
            (10, 15, "0.753"),
            (13, 12, "0.690"),
            (16, 11, "0.627"),
            (22, 7, "0.538"),
            (23, 6, "0.448"),
        ];
        assert_eq!(
            curve,
            expected.map(|(age, risk, it)| (age, risk, it.to_owned()))
        );
        assert_eq!(found.quantile(50), Some(23));
        assert_eq!(found.quantile(99), None, "too many had not ended");
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!(survival(&[]).quantile(50), None);
        assert_eq!(survival(&[(5, Exit::Censored)]).quantile(50), None);
        let last = survival(&[(5, Exit::Censored), (5, Exit::Rst)]);
        assert_eq!(last.quantile(50), Some(5));
        assert_eq!(last.quantile(51), None);
    }
}
