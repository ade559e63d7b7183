//! No bytes make the parser panic, and every error can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = packetdrill::Script::parse("fuzz", bytes) {
        assert!(!error.to_string().is_empty());
    }
});
