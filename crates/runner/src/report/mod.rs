//! Reports: pure functions from what was measured to text.

mod comparison;
mod grid;
mod human;
mod json;
mod selection;
mod table;
mod tidy;

pub use human::{failures, human};
pub(crate) use human::{ladders, pictures};
pub use json::{line, manifest, summary};
pub use tidy::{comparison, points, replications};
