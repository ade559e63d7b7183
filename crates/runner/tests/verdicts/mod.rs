//! Which scenarios of the catalogue notice a change of the TCPs that they run.

use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use runner::catalogue::Catalogue;
use runner::experiment::Experiment;
use tempfile::TempDir;

/// The scenarios with a script of their own: those that need no population of connections, and so
/// take milliseconds.
pub(crate) struct Scripted {
    files: Vec<(String, PathBuf)>,
    scratch: TempDir,
}

impl Scripted {
    /// All of the catalogue that `wanted` wants, by name.
    pub(crate) fn read(wanted: impl Fn(&str) -> bool) -> Scripted {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let entries = Catalogue::read(&root.join("scenarios")).entries;
        let wanted = entries.into_iter().filter(|entry| wanted(&entry.name));
        let scripted = wanted.filter(|entry| {
            let experiment = Experiment::read(&entry.path, &[]);
            experiment.is_ok_and(|found| found.plan.loads.is_empty())
        });
        let files: Vec<_> = scripted.map(|entry| (entry.name, entry.path)).collect();
        assert!(!files.is_empty(), "no scenario is left");
        let scratch = tempfile::tempdir().expect("a temporary folder");
        Scripted { files, scratch }
    }

    /// The names of the scenarios with an expectation that does not hold once these keys are set.
    pub(crate) fn failing(&self, sets: &[String]) -> Vec<&str> {
        let fails = |(_, path): &&(String, PathBuf)| self.fails(path, sets);
        let found: Vec<_> = self.files.par_iter().filter(fails).collect();
        found.into_iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Whether an expectation of the scenario in this file does not hold once these keys are set.
    fn fails(&self, path: &Path, sets: &[String]) -> bool {
        let mut program = Command::new(env!("CARGO_BIN_EXE_runner"));
        program.args(["run", "--quiet", "--no-progress", "--jobs", "1", "--out"]);
        program.arg(self.scratch.path()).arg(path);
        for set in sets {
            program.args(["--set", set]);
        }
        let output = program.output().expect("the program starts");
        match output.status.code() {
            Some(0) => false,
            Some(1) => true,
            code => {
                let message = String::from_utf8_lossy(&output.stderr);
                panic!("{} with {sets:?}: {code:?}\n{message}", path.display())
            }
        }
    }
}
