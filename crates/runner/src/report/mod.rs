//! Reports: pure functions from what was measured to text.

mod human;
mod json;
mod table;

pub(crate) use human::ladders;
pub use human::{failures, human};
pub use json::{line, manifest, summary};
pub use table::replications;
