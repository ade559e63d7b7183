//! Tests of the public interface, as one binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod duet;
mod figures;
mod fuzzed;
mod policies;
mod replay;
mod values;
mod wire;
mod wire_properties;
