//! What a Linux 6.18 kernel did, line by line, replayed against the profile `linux-6`.
//!
//! A file in `tests/data/linux-6` is one [`script`](crate::script) with a scripted peer; only what
//! the kernel sent is evidence. Times are nominal: the kernel's timers ran up to four per cent
//! late.

use std::fs;
use std::path::Path;

use crate::script::replay;

#[test]
fn the_profile_does_what_the_kernel_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/linux-6");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 30, "{} traces are left", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for origin in [1000, u32::MAX, u32::MAX - 5] {
            if let Err(difference) = replay(&text, origin) {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(format!("{name}: {difference}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A replay that accepts everything would prove nothing: each kind of difference is noticed.
#[test]
fn differences_are_noticed() {
    let silent = "0 call connect\n0 > SYN 0 w=64240\n1 > SYN 0\n";
    assert_eq!(replay(silent, 1000), Ok(()));
    for wrong in [
        "0 call connect\n0.9 end",
        "0 call connect\n0 > SYN 0 w=64241",
        "0 call connect\n0 > SYN 1",
        "0 call connect\n0 > SYN 0\n0.9 > SYN 0",
        "0 call connect\n0 > SYN 0\n1.5 end",
        "0 call connect\n0 > SYN 0\n0.5 state ESTABLISHED",
        "0 call connect\n0 > SYN 0\n0.5 told refused",
        "0 call connect\n0 > SYN 0 @7",
        "0 shout",
    ] {
        assert!(replay(wrong, 1000).is_err(), "{wrong}");
    }
}
