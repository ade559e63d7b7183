//! No script makes the interpreter or the stack panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let outcome = packetdrill::run_bytes("fuzz", bytes, &packetdrill::Options::default());
    assert!(!outcome.render(true).is_empty());
});
