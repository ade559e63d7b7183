//! The comparison of all models with all runs, and its verdicts.

use tcp_core::Handshake;

use super::sample::Sample;
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
    /// Whether they agree.
    pub held: bool,
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

    /// Whether everything that was compared agrees.
    pub fn hold(&self) -> bool {
        self.all.iter().all(|finding| finding.held)
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
    let mut samples = Vec::new();
    for point in points {
        let plan = &grid[point.at.0].plan;
        let Some(theory) = &plan.theory else { continue };
        findings.confidence = theory.confidence;
        for &model in &theory.models {
            let predictions = match predict(model, plan, point.policy) {
                Ok(predictions) => predictions,
                Err(reason) => {
                    findings.leave_out(model, point, reason);
                    continue;
                }
            };
            let before = samples.len();
            for prediction in predictions {
                if let Some(sample) = Sample::of(&prediction, &point.replications) {
                    samples.push((model, point, prediction.quantity, sample));
                }
            }
            if samples.len() == before {
                let reason = match model {
                    Model::Little => Prose::new(
                        "every stay is cut off too far by the ends of the runs",
                        "每段停留都被运行的两端截去太多",
                    ),
                    _ => Prose::new(
                        "no run measured what it speaks of",
                        "没有一次运行测得它所描述的量",
                    ),
                };
                findings.leave_out(model, point, reason);
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
            held: sample.agrees(each),
        });
    findings.all = judged.collect();
    // What belongs together is read together; the order within is that of the points.
    findings
        .all
        .sort_by_key(|finding| (finding.model, finding.policy, finding.quantity));
    findings
}
