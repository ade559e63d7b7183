//! The comparison of all models with all runs, and its verdicts.

use tcp_core::Handshake;

use super::sample::{Missing, Sample};
use super::{Quantity, predict};
use crate::campaign::{Point, PointId};
use crate::plan::{GridPoint, Model, Prose};

/// Everything that theory says about a campaign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// One for each quantity of each model, policy and point at which it applies, in this order of
    /// models, policies and quantities, and of the points.
    pub all: Vec<Finding>,
    /// What was not compared.
    pub unchecked: Vec<Unchecked>,
    /// The models that were asked for in vain: no comparison with them shows anything.
    pub idle: Vec<Model>,
    /// With which probability all comparisons hold together if every model is right; 0 if none was
    /// asked for.
    pub confidence: f64,
    /// The confidence level of each interval by itself, by Bonferroni's inequality:
    /// 1 − (1 − confidence) / number of comparisons.
    pub each: f64,
}

/// A model's value beside the simulation's estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The model.
    pub model: Model,
    /// The point of the sweep.
    pub at: PointId,
    /// The policy.
    pub policy: Handshake,
    /// What is compared, in words.
    pub quantity: Quantity,
    /// What the model says.
    pub value: f64,
    /// How far off the model is known to be at most.
    pub margin: f64,
    /// What the runs say.
    pub estimate: f64,
    /// Where the true value lies as far as the runs can tell, with the confidence of
    /// [`Findings::each`].
    pub interval: Option<(f64, f64)>,
    /// The difference in standard errors, beyond the margin; `None` if nothing varies.
    pub z: Option<f64>,
    /// What that shows.
    pub outcome: Outcome,
}

/// What a comparison shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Model and runs agree.
    Held,
    /// They do not.
    Failed,
    /// Whatever the model said would agree with so few runs.
    Uninformative,
}

/// A model that says nothing about a policy at some points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// The model.
    pub model: Model,
    /// The policy.
    pub policy: Handshake,
    /// Where.
    pub points: Vec<PointId>,
    /// Why.
    pub reason: Prose,
}

impl Findings {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.unchecked.is_empty()
    }

    /// Whether everything that was compared agrees, and every model was compared with something.
    pub fn hold(&self) -> bool {
        self.failed() == 0 && self.idle.is_empty()
    }

    /// How many comparisons do not hold.
    pub fn failed(&self) -> usize {
        let all = self.all.iter();
        all.filter(|finding| finding.outcome == Outcome::Failed)
            .count()
    }

    /// A model that no comparison tells anything about was asked for in vain.
    fn find_idle(&mut self, asked: &[Model]) {
        let is_told = |model: Model| {
            let mut all = self.all.iter();
            all.any(|it| it.model == model && it.outcome != Outcome::Uninformative)
        };
        self.idle = asked
            .iter()
            .copied()
            .filter(|model| !is_told(*model))
            .collect();
    }

    fn leave_out(&mut self, model: Model, point: &Point, reason: Prose) {
        let known = self.unchecked.iter_mut().find(|known| {
            (known.model, known.policy) == (model, point.policy) && known.reason == reason
        });
        match known {
            Some(known) => known.points.push(point.at),
            None => self.unchecked.push(Unchecked {
                model,
                policy: point.policy,
                points: vec![point.at],
                reason,
            }),
        }
    }
}

/// Compares what the plans of all points ask for with what was measured there.
pub fn examine(grid: &[GridPoint], points: &[Point]) -> Findings {
    let mut findings = Findings::default();
    let (mut samples, mut asked) = (Vec::new(), Vec::new());
    for point in points {
        let plan = &grid[point.at.0].plan;
        let Some(theory) = &plan.theory else { continue };
        findings.confidence = theory.confidence;
        for &model in &theory.models {
            if !asked.contains(&model) {
                asked.push(model);
            }
            let predictions = match predict(model, plan, point.policy) {
                Ok(predictions) => predictions,
                Err(reason) => {
                    findings.leave_out(model, point, reason);
                    continue;
                }
            };
            let (before, mut is_cut_off) = (samples.len(), false);
            for prediction in predictions {
                match Sample::of(&prediction, &point.replications) {
                    Ok(sample) => samples.push((model, point, prediction.quantity, sample)),
                    Err(missing) => is_cut_off |= missing == Missing::CutOff,
                }
            }
            if samples.len() == before {
                findings.leave_out(model, point, unmeasured(is_cut_off));
            }
        }
    }
    let comparisons = crate::statistics::moments::count_as_float(samples.len().max(1) as u64);
    findings.each = 1.0 - (1.0 - findings.confidence) / comparisons;
    let each = findings.each;
    let judged = samples
        .into_iter()
        .map(|(model, point, quantity, sample)| Finding {
            model,
            at: point.at,
            policy: point.policy,
            quantity,
            value: sample.value,
            margin: sample.margin,
            estimate: sample.estimate,
            interval: sample.interval(each),
            z: sample.z(),
            outcome: sample.outcome(each),
        });
    findings.all = judged.collect();
    // What belongs together is read together; the order within is that of the points.
    findings
        .all
        .sort_by_key(|finding| (finding.model, finding.policy, finding.quantity));
    findings.find_idle(&asked);
    findings
}

/// Why the runs have nothing to compare with what a model says, and what would help.
fn unmeasured(is_cut_off: bool) -> Prose {
    if is_cut_off {
        Prose::new(
            "every stay is cut off too far by the ends of the runs; a longer run.until cuts off less",
            "每段停留都被运行的两端截去太多；延长 run.until 可减少截断",
        )
    } else {
        Prose::new(
            "fewer than two runs measured anything of what it speaks of; a longer run.until or more \
             load gives more of it",
            "测得它所描述的量的运行不足两次；延长 run.until 或加大负载可得到更多",
        )
    }
}
