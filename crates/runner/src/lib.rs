//! Experiments on TCP connection management over a faulty network: from a TOML file to ladders,
//! exact counts of half-open connections of every kind, and a verdict on each expectation.

pub mod check;
pub mod cli;
pub mod describe;
pub mod diagnostic;
pub mod experiment;
pub mod overrides;
pub mod plan;
pub mod quantity;
mod spec;
