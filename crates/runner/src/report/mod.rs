//! Reports: pure functions from what was measured to text.

mod comparison;
mod estimate;
mod grid;
mod html;
mod human;
mod json;
mod selection;
mod steady;
mod stop;
mod table;
mod theory;
mod tidy;

pub use html::page;
pub use human::{failures, human};
pub(crate) use human::{ladders, pictures};
pub(crate) use json::hexadecimal;
pub use json::{line, manifest, summary};
pub(crate) use selection::percent;
pub use tidy::{
    Column, HAS_PARQUET, Kind, Table, comparison, points, replications, theory as theory_table,
};
#[cfg(feature = "parquet")]
pub use tidy::{ParquetError, parquet};
