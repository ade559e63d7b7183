//! What replications say about a predicted quantity: an estimate and how well it is known.

use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use super::examine::Outcome;
use super::{Estimator, Prediction, Term};
use crate::campaign::Replications;
use crate::metrics::Billionths;
use crate::plan::{Class, Exit, Metric, MetricKey, Period, Statistic};
use crate::statistics::moments::{count_as_float, float};
use crate::statistics::student;

/// Billionths in one.
const NANO: f64 = 1e9;

/// The share of L that the ends of a run may cut off before Little's law shows nothing.
const MOST_CUT: f64 = 0.05;

/// An estimate of a quantity, beside what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// What the model says.
    pub(super) value: f64,
    /// How far off the model may be.
    pub(super) margin: f64,
    /// What the replications say.
    pub(super) estimate: f64,
    /// Of their difference.
    standard_error: f64,
    /// How many replications there are.
    count: u64,
    /// How the estimate is distributed.
    law: Law,
    /// Whether it lies between 0 and 1.
    is_probability: bool,
}

/// Why there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Fewer than two replications measured it, or it was nothing in all of them.
    Unmeasured,
    /// The ends of the runs cut off too much of it.
    CutOff,
}

/// How an estimate is distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Law {
    /// As a mean.
    Student,
    /// As the sum of so many squares.
    ChiSquared,
    /// As a mean of so many independent trials, all of which failed.
    NoEvent { trials: f64 },
}

impl Sample {
    /// What the replications say about a prediction.
    ///
    /// # Errors
    /// Why they say nothing.
    pub(super) fn of(
        prediction: &Prediction,
        replications: &Replications,
    ) -> Result<Sample, Missing> {
        let values = match &prediction.estimator {
            Estimator::Mean(metric) => column(replications, *metric),
            Estimator::Rate { metric, seconds } => {
                let counts = column(replications, *metric);
                counts.iter().map(|count| count / seconds).collect()
            }
            Estimator::Ratio { of, per } => ratios(replications, of, per),
            Estimator::Spread { metric, mean } => {
                let numbers = column(replications, *metric);
                let spread = |number: &f64| (number - mean) * (number - mean) / mean;
                numbers.iter().map(spread).collect()
            }
            Estimator::Little { class, window } => {
                return little(replications, *class, *window);
            }
        };
        let (estimate, own_error) = mean(&values).ok_or(Missing::Unmeasured)?;
        let own_error = varying(own_error, estimate);
        let model_error = prediction.standard_error;
        let count = values.len() as u64;
        let mut sample = Sample {
            value: prediction.value,
            margin: prediction.margin,
            estimate,
            standard_error: (own_error * own_error + model_error * model_error).sqrt(),
            count,
            law: Law::Student,
            is_probability: prediction.trials.is_some(),
        };
        if let Estimator::Spread { .. } = prediction.estimator {
            sample.law = Law::ChiSquared;
            sample.standard_error = prediction.value * (2.0 / count_as_float(count)).sqrt();
        }
        if let Some(trials) = prediction.trials {
            let trials = trials * count_as_float(count);
            // Seldom events may fail to show how much they vary: at least as independent trials do.
            let least = (prediction.value * (1.0 - prediction.value) / trials).max(0.0);
            sample.standard_error = sample.standard_error.max(least.sqrt());
            if estimate == 0.0 {
                // What hangs together counts as one trial.
                let independent = trials / prediction.cluster.max(1.0);
                sample.law = Law::NoEvent {
                    trials: independent,
                };
            }
        }
        Ok(sample)
    }

    /// The difference in standard errors, beyond the margin of the model; `None` if nothing varies.
    pub(super) fn z(&self) -> Option<f64> {
        let beyond = self.beyond();
        (self.standard_error > 0.0).then(|| beyond / self.standard_error)
    }

    /// The difference beyond the margin of the model.
    fn beyond(&self) -> f64 {
        let difference = self.estimate - self.value;
        (difference.abs() - self.margin)
            .max(0.0)
            .copysign(difference)
    }

    /// Where the true value lies with this confidence.
    pub(super) fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        let tail = (1.0 - confidence) / 2.0;
        match self.law {
            Law::Student => {
                let quantile = student::quantile(self.count - 1, 1.0 - tail)?;
                let half = quantile * self.standard_error;
                let (low, high) = (self.estimate - half, self.estimate + half);
                Some(if self.is_probability {
                    (low.max(0.0), high.min(1.0))
                } else {
                    (low, high)
                })
            }
            Law::ChiSquared => {
                let count = count_as_float(self.count);
                let law = ChiSquared::new(count).ok()?;
                let sum = self.estimate * count;
                let high = sum / law.inverse_cdf(tail);
                Some((sum / law.inverse_cdf(1.0 - tail), high))
            }
            // With all of one in the upper tail and confidence 95 %: the rule of three.
            Law::NoEvent { trials } => {
                let high = -libm::log(1.0 - confidence) / trials;
                Some((0.0, high.min(1.0)))
            }
        }
    }

    /// What comparing them with this confidence shows.
    pub(super) fn outcome(&self, confidence: f64) -> Outcome {
        if !self.agrees(confidence) {
            Outcome::Failed
        } else if self.excludes_nothing(confidence) {
            Outcome::Uninformative
        } else {
            Outcome::Held
        }
    }

    /// Whether every value that might have been predicted would have agreed: all probabilities, or
    /// of what has no upper end everything from nothing to twice the prediction.
    fn excludes_nothing(&self, confidence: f64) -> bool {
        let Some((low, high)) = self.interval(confidence) else {
            return false;
        };
        let most = if self.is_probability {
            1.0
        } else {
            2.0 * self.value
        };
        low < high && low - self.margin <= 0.0 && high + self.margin >= most
    }

    /// Whether the model and the replications agree with this confidence.
    fn agrees(&self, confidence: f64) -> bool {
        // What does not vary is compared as it is, but for rounding to billionths.
        let rounding = 1e-8 * self.value.abs().max(1.0);
        if self.beyond().abs() <= rounding {
            return true;
        }
        let Some((low, high)) = self.interval(confidence) else {
            return false;
        };
        self.value + self.margin >= low && self.value - self.margin <= high
    }
}

/// Mean of some numbers in their order, and its standard error; `None` of fewer than two.
fn mean(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let count = count_as_float(values.len() as u64);
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    Some((mean, (squares / (count - 1.0) / count).sqrt()))
}

/// A standard error, or 0 where it is nothing but rounding.
fn varying(standard_error: f64, size: f64) -> f64 {
    if standard_error > 1e-8 * size.abs().max(1.0) {
        standard_error
    } else {
        0.0
    }
}

fn whole_run(metric: Metric) -> MetricKey {
    MetricKey {
        period: Period::WholeRun,
        metric,
    }
}

fn number(value: Billionths) -> f64 {
    float(value) / NANO
}

/// A metric of each replication that measured it.
fn column(replications: &Replications, metric: Metric) -> Vec<f64> {
    let values = replications.values(whole_run(metric));
    values.flatten().map(number).collect()
}

/// The quotient of two sums in each replication that measured all of them; the second must not be 0.
fn ratios(replications: &Replications, of: &[Term], per: &[Term]) -> Vec<f64> {
    let (of, per) = (sums(replications, of), sums(replications, per));
    let pairs = of.into_iter().zip(per);
    pairs
        .filter_map(|(of, per)| Some((of?, per.filter(|per| *per != 0.0)?)))
        .map(|(of, per)| of / per)
        .collect()
}

fn sums(replications: &Replications, terms: &[Term]) -> Vec<Option<f64>> {
    let mut sums = vec![Some(0.0); replications.len() as usize];
    for (times, metric) in terms {
        let values = replications.values(whole_run(*metric));
        for (sum, value) in sums.iter_mut().zip(values) {
            let term = value.map(|value| f64::from(*times) * number(value));
            *sum = sum.zip(term).map(|(sum, term)| sum + term);
        }
    }
    sums
}

/// L beside λW of one class. `warmup` and `seconds` are the time before measuring and the time of
/// measuring.
fn little(
    replications: &Replications,
    class: Class,
    (warmup, seconds): (f64, f64),
) -> Result<Sample, Missing> {
    let of = |statistic| replications.values(whole_run(Metric::Class(class, statistic)));
    let cut = replications.values(whole_run(Metric::Reaped(class, Exit::Censored)));
    let (mut sums, mut differences, mut margins) = ((0.0, 0.0), Vec::new(), 0.0);
    let rows = of(Statistic::Mean)
        .zip(of(Statistic::Entered))
        .zip(of(Statistic::LifetimeMean).zip(of(Statistic::LifetimeQ99)))
        .zip(cut);
    for (((mean, entered), (stay, longest)), cut) in rows {
        let (Some(mean), Some(entered), Some(cut)) = (mean, entered, cut) else {
            continue;
        };
        if entered == 0 && mean == 0 {
            continue;
        }
        let stay = stay.ok_or(Missing::CutOff)?;
        let product = number(entered) / seconds * number(stay);
        // The stays that the end cuts are in L, not in W. If the class has had time to settle, what
        // measuring missed of those that were there when it began makes up for that on average.
        if cut > 0 {
            let longest = number(longest.ok_or(Missing::CutOff)?);
            if longest > warmup {
                margins += number(cut) * longest / seconds;
            }
        }
        sums = (sums.0 + number(mean), sums.1 + product);
        differences.push(number(mean) - product);
    }
    let (_, standard_error) = mean(&differences).ok_or(Missing::Unmeasured)?;
    let count = count_as_float(differences.len() as u64);
    // Of a class that is left at the instant of entering it, L = λW says 0 = 0.
    if sums == (0.0, 0.0) {
        return Err(Missing::Unmeasured);
    }
    if margins > MOST_CUT * sums.0 {
        return Err(Missing::CutOff);
    }
    Ok(Sample {
        value: sums.1 / count,
        margin: margins / count,
        estimate: sums.0 / count,
        standard_error: varying(standard_error, sums.0 / count),
        count: differences.len() as u64,
        law: Law::Student,
        is_probability: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: f64, estimate: f64, standard_error: f64, count: u64) -> Sample {
        Sample {
            value,
            margin: 0.0,
            estimate,
            standard_error,
            count,
            law: Law::Student,
            is_probability: false,
        }
    }

    #[test]
    fn an_estimate_agrees_within_its_interval_only() {
        // t(9) = 2.262 at 95 %, 3.250 at 99 %.
        assert!(sample(1.0, 1.22, 0.1, 10).agrees(0.95));
        assert!(!sample(1.0, 1.23, 0.1, 10).agrees(0.95));
        assert!(sample(1.0, 1.23, 0.1, 10).agrees(0.99));
        let off = Sample {
            margin: 0.05,
            ..sample(1.0, 0.73, 0.1, 10)
        };
        assert!(off.agrees(0.95));
        assert!((off.z().expect("it varies") + 2.2).abs() < 1e-9);
        assert!(
            !Sample {
                margin: 0.04,
                ..off
            }
            .agrees(0.95)
        );
    }

    #[test]
    fn what_does_not_vary_must_be_equal() {
        assert!(sample(2.0, 2.0 + 1e-9, 0.0, 5).agrees(0.99));
        assert!(!sample(2.0, 2.001, 0.0, 5).agrees(0.99));
        assert_eq!(sample(2.0, 2.001, 0.0, 5).z(), None);
    }

    #[test]
    fn no_event_in_many_trials_is_the_rule_of_three() {
        let none = Sample {
            law: Law::NoEvent { trials: 1000.0 },
            ..sample(0.0029, 0.0, 0.0, 5)
        };
        let (low, high) = none.interval(0.95).expect("an interval");
        assert!(low == 0.0 && (high - 0.003).abs() < 1e-5, "{high}");
        assert!(none.agrees(0.95));
        assert!(
            !Sample {
                value: 0.0031,
                ..none
            }
            .agrees(0.95)
        );
    }

    /// An interval that no value lies outside of is no check.
    #[test]
    fn what_excludes_nothing_is_uninformative() {
        let share = Sample {
            is_probability: true,
            ..sample(0.45, 0.46, 0.1, 3)
        };
        // t(2) = 4.303 at 95 %, 22.33 at 99.8 %.
        assert_eq!(share.interval(0.998), Some((0.0, 1.0)));
        assert_eq!(share.outcome(0.998), Outcome::Uninformative);
        assert_eq!(share.outcome(0.95), Outcome::Held);
        let number = sample(9.0, 9.1, 4.0, 3);
        assert_eq!(number.outcome(0.95), Outcome::Uninformative);
        assert_eq!(sample(9.0, 9.1, 1.0, 3).outcome(0.95), Outcome::Held);
        assert_eq!(sample(9.0, 19.1, 1.0, 3).outcome(0.95), Outcome::Failed);
        // Nothing, which was predicted exactly, is something.
        assert_eq!(sample(0.0, 0.0, 0.0, 3).outcome(0.95), Outcome::Held);
        let none = Sample {
            law: Law::NoEvent { trials: 2.0 },
            ..share
        };
        assert_eq!(none.interval(0.95), Some((0.0, 1.0)));
        assert_eq!(none.outcome(0.95), Outcome::Uninformative);
    }

    #[test]
    fn a_spread_has_the_interval_of_chi_squared() {
        // R: 25 / qchisq(c(0.975, 0.025), 25).
        let spread = Sample {
            law: Law::ChiSquared,
            ..sample(1.0, 1.0, 0.1, 25)
        };
        let (low, high) = spread.interval(0.95).expect("an interval");
        assert!((low - 0.615_05).abs() < 1e-4, "{low}");
        assert!((high - 1.905_53).abs() < 1e-4, "{high}");
    }

    #[test]
    fn means_are_those_of_the_textbook() {
        let (mean, error) = mean(&[1.0, 2.0, 3.0, 4.0]).expect("four");
        assert!((mean - 2.5).abs() < 1e-12 && (error - 0.645_497_2).abs() < 1e-6);
        assert_eq!(super::mean(&[1.0]), None);
    }
}
