//! The fuzz targets without a fuzzer: on their recorded corpus, and on random octets.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::fuzzed::{decode, operations};

/// The recorded inputs of a target, in order of their names.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn the_corpus_of_decode_holds() {
    let inputs = corpus("decode");
    let mut found = [false; 2];
    for (path, input) in inputs {
        println!("{}", path.display()); // Shown only if the input fails.
        found[usize::from(decode::run(&input))] = true;
    }
    assert_eq!(found, [true; 2], "segments and others");
}

#[test]
fn the_corpus_of_operations_holds_and_gives_the_same_twice() {
    let inputs = corpus("operations");
    let mut segments = (0, 0);
    for (path, input) in inputs {
        println!("{}", path.display());
        let (received, sent) = operations::run(&input);
        assert_eq!(operations::run(&input), (received, sent));
        segments = (segments.0 + received, segments.1 + sent);
    }
    // A corpus that no longer reaches anything has to be recorded anew.
    assert!(segments.0 > 500 && segments.1 > 500, "{segments:?}");
}

proptest! {
    #[test]
    fn any_octets_are_a_segment_or_not(input in prop::collection::vec(any::<u8>(), 0..100)) {
        decode::run(&input);
    }

    #[test]
    fn any_history_is_survived(input in prop::collection::vec(any::<u8>(), 0..600)) {
        operations::run(&input);
    }
}
