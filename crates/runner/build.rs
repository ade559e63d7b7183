//! A fingerprint of the program's sources, by which it knows what the very same program has written:
//! version numbers do not change from one edit to the next.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new("..");
    let mut files = vec![root.join("../Cargo.lock")];
    for part in ["tcp-core", "netsim", "packetdrill", "runner"] {
        let folder = root.join(part).join("src");
        println!("cargo::rerun-if-changed={}", folder.display());
        collect(&folder, &mut files);
    }
    files.sort();
    let mut hash = Fnv::new();
    for path in &files {
        hash.add(path.to_string_lossy().as_bytes());
        hash.add(&fs::read(path).unwrap_or_default());
    }
    hash.add(&[u8::from(
        std::env::var_os("CARGO_FEATURE_MUTANTS").is_some(),
    )]);
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    println!("cargo::rustc-env=RUNNER_FINGERPRINT={:032x}", hash.0);
}

/// All files below a folder.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// FNV-1a with 128 bits (RFC 9923): the same with every compiler, which the hashers of the standard
/// library do not promise.
struct Fnv(u128);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 ^= u128::from(*byte);
            self.0 = self
                .0
                .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}
