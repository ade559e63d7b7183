//! Any octets as a segment: `cargo +nightly fuzz run decode` in the folder of tcp-core.
#![no_main]

#[path = "../../tests/suite/fuzzed/decode.rs"]
mod decode;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    decode::run(input);
});
