//! Which metrics matter, and how exactly they are to be known.

use tcp_core::Handshake;

use super::MetricKey;

/// The comparison of policies: `[compare]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The policy that the others are compared with; it runs.
    pub baseline: Handshake,
    /// What is compared, each once, in the order of the file; at least one.
    pub metrics: Vec<MetricKey>,
}

/// When a point has been run often enough: `run.stop`.
#[derive(Clone, Debug, PartialEq)]
pub struct StoppingRule {
    /// Fewest replications; 2 to `run.replications`.
    pub min: u32,
    /// Greatest half-width of an interval as a share of the mean's magnitude; above 0.
    pub relative_half_width: f64,
    /// Confidence level of the intervals; between 0 and 1.
    pub confidence: f64,
    /// What is to be known that well under every policy; at least one.
    pub metrics: Vec<MetricKey>,
}
