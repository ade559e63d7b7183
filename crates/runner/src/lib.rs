//! Experiments on TCP connection management over a faulty network: from a TOML file to ladders,
//! exact counts of embryonic and orphaned connections, and a verdict on each expectation.

pub mod campaign;
pub mod capture;
pub mod catalogue;
pub mod census;
pub mod check;
pub mod cli;
pub mod console;
pub mod describe;
pub mod diagnostic;
pub mod drill;
pub mod effort;
pub mod expect;
pub mod experiment;
pub mod explain;
pub mod faults;
pub mod flood;
pub mod host;
pub mod ladder;
pub mod language;
pub mod lesson;
pub mod list;
pub mod metrics;
pub mod overrides;
pub mod paint;
pub mod passage;
pub mod plan;
pub mod quantity;
pub mod recorder;
pub mod report;
pub mod results;
pub mod run;
mod spec;
pub mod story;
pub mod trace;
pub mod trial;
pub mod workload;
