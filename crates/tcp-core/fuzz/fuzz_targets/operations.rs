//! Any octets as a history of one endpoint: `cargo +nightly fuzz run operations` in the folder of
//! tcp-core.
#![no_main]

#[path = "../../tests/suite/fuzzed/operations.rs"]
mod operations;
#[path = "../../tests/suite/fuzzed/script.rs"]
mod script;
#[path = "../../tests/suite/fuzzed/watch.rs"]
mod watch;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    operations::run(input);
});
