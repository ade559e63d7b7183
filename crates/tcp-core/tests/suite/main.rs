//! Tests of the public interface, as one binary.

mod duet;
mod figures;
mod policies;
