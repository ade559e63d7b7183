//! Tests of the public interface, as one binary.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod backlog;
mod duet;
mod figures;
mod fuzzed;
mod letter;
mod matrix;
mod notation;
mod policies;
mod properties;
mod replay;
mod requirements;
mod rules;
mod script;
mod tables;
mod timers;
mod traces;
mod values;
mod wire;
mod wire_properties;
