//! Statistics of replications and of series: what is known, and how well.
//!
//! Sums are exact integers, or are formed in the order of the replications, so that no result
//! depends on which thread came first. What is shown is rounded to a fixed number of decimals.

pub mod bootstrap;
pub mod estimate;
pub mod moments;
pub mod paired;
pub mod proportion;
pub mod steady;
pub mod student;
pub mod welch;

pub use estimate::{Estimate, Method};
pub use moments::Moments;
pub use student::Interval;
