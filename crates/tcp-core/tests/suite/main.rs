//! Tests of the public interface, as one binary.

mod duet;
mod figures;
mod fuzzed;
mod replay;
mod wire;
mod wire_properties;
