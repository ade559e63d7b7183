//! The manifest: by which a folder is known as a run's, and which of its files are.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Deserialize;

/// As much of a manifest as tells which files are a run's.
#[derive(Deserialize)]
pub(super) struct Manifest {
    tool: String,
    pub(super) files: Listing,
}

/// The files of a run.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Listing {
    /// With the SHA-256 of each.
    Digests(BTreeMap<String, String>),
    /// Without, as earlier versions wrote it.
    Names(Vec<String>),
}

impl Listing {
    pub(super) fn names(&self) -> Vec<&String> {
        match self {
            Listing::Digests(digests) => digests.keys().collect(),
            Listing::Names(names) => names.iter().collect(),
        }
    }
}

impl Manifest {
    /// Reads the manifest of this program; other programs have files of this name, too.
    pub(super) fn parse(text: &[u8]) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_slice(text).ok()?;
        let is_ours = manifest
            .tool
            .starts_with(concat!(env!("CARGO_PKG_NAME"), " "));
        let mut names = manifest.files.names().into_iter();
        (is_ours && names.all(|name| stays_below(name))).then_some(manifest)
    }
}

/// Whether a name cannot lead out of the folder that it is joined to.
pub(crate) fn stays_below(name: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(_));
    !name.is_empty() && Path::new(name).components().all(is_plain)
}
