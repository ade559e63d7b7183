//! Reports: pure functions from what was measured to text.

mod human;
mod json;
mod table;

pub use human::{failures, human};
pub(crate) use human::{ladders, pictures};
pub use json::{line, manifest, summary};
pub use table::replications;
