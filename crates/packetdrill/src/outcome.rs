//! What became of a script.

use crate::source::{Position, ScriptError, printable};
use std::fmt;

/// The result of running one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the script.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Virtual time at the end, in nanoseconds.
    pub elapsed: u64,
    /// Everything that happened, one line for each segment and call.
    pub ladder: Vec<String>,
}

/// How a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything happened as the script says, and nothing else.
    Pass,
    /// Something happened otherwise.
    Fail(Failure),
    /// The script needs something that is out of scope; the reason.
    Skip(String),
    /// The script cannot be understood.
    Broken(ScriptError),
}

/// The first difference between a script and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Place of the script's line.
    pub position: Position,
    /// That line.
    pub line_text: String,
    /// Expected and actual, in a sentence.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: {}\n    {}",
            self.position.line,
            printable(&self.message),
            printable(self.line_text.trim())
        )
    }
}

impl Outcome {
    /// A result without a run.
    #[must_use]
    pub fn broken(error: ScriptError) -> Outcome {
        Outcome {
            name: error.file.clone(),
            verdict: Verdict::Broken(error),
            elapsed: 0,
            ladder: Vec::new(),
        }
    }

    /// The word that stands before the name: `PASS`, `FAIL`, `SKIP` or `ERROR`.
    pub fn label(&self) -> &'static str {
        match self.verdict {
            Verdict::Pass => "PASS",
            Verdict::Fail(_) => "FAIL",
            Verdict::Skip(_) => "SKIP",
            Verdict::Broken(_) => "ERROR",
        }
    }

    /// Virtual time in seconds with three decimals.
    pub fn seconds(&self) -> String {
        let millis = self.elapsed / 1_000_000;
        format!("{}.{:03}", millis / 1_000, millis % 1_000)
    }

    /// One line, and for a failure what was expected and the ladder up to it. The time is virtual,
    /// so the text is the same on every run.
    pub fn render(&self, verbose: bool) -> String {
        let mut text = format!(
            "{:<5} [{:>9}s] {}\n",
            self.label(),
            self.seconds(),
            printable(&self.name)
        );
        match &self.verdict {
            Verdict::Pass => {}
            Verdict::Fail(failure) => indent(&mut text, &failure.to_string()),
            Verdict::Skip(reason) => indent(&mut text, &format!("needs {}", printable(reason))),
            Verdict::Broken(error) => indent(&mut text, &error.to_string()),
        }
        if verbose || matches!(self.verdict, Verdict::Fail(_)) {
            for line in &self.ladder {
                indent(&mut text, &printable(line));
            }
        }
        text
    }
}

fn indent(text: &mut String, lines: &str) {
    for line in lines.lines() {
        text.extend(["      ", line, "\n"]);
    }
}
