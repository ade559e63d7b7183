//! Sweeps: the points at which an experiment is run.

use super::Plan;

/// One point of a sweep; an experiment without a sweep has a single one without settings.
#[derive(Clone, Debug)]
pub struct GridPoint {
    /// What is set there, in the order of the file; the same keys at every point.
    pub settings: Vec<Setting>,
    /// What the experiment means there. Name, seed, replications, policies unless `syncookies` is
    /// swept, comparison and stopping rule are the same at every point.
    pub plan: Plan,
}

/// One value of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Its path, as in the file.
    pub key: String,
    /// A string without its quotes, everything else in TOML.
    pub value: String,
}
