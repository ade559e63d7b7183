//! Which files a run writes beside its numbers.

use std::time::Duration;

use crate::language::Language;

/// The pictures, captures and reports that an experiment asks for. All of them are of the first
/// replication under each policy; in a sweep of that at each point, in a folder for each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of `[output]` that is on or off"
)]
pub struct Output {
    /// Ladders.
    pub ladder: LadderForms,
    /// All frames: `POLICY/capture.pcapng`.
    pub pcapng: bool,
    /// Everything that happens: `POLICY/events.jsonl`.
    pub events: bool,
    /// Virtual times at which all connections are listed, in ascending order and at most the end
    /// of the run: `POLICY/snapshots.txt`.
    pub snapshots: Vec<Duration>,
    /// Every table of comma-separated values in the format of Apache Parquet, too:
    /// `replications.parquet` beside `replications.csv`. Only if the program is
    /// [built with it](crate::report::HAS_PARQUET).
    pub parquet: bool,
    /// One document about everything: `report.html`.
    pub report: bool,
    /// The language of the ladders, and the one in which the report opens.
    pub language: Language,
}

/// The forms in which ladders are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LadderForms {
    /// As text: `POLICY/ladder.txt`.
    pub text: bool,
    /// As pictures: `POLICY/ladder.svg`.
    pub svg: bool,
}

impl LadderForms {
    /// Whether there are ladders at all.
    pub fn is_any(self) -> bool {
        self.text || self.svg
    }
}

/// Ladders as text, in English, and nothing else.
impl Default for Output {
    fn default() -> Output {
        Output {
            ladder: LadderForms {
                text: true,
                svg: false,
            },
            pcapng: false,
            events: false,
            snapshots: Vec::new(),
            parquet: false,
            report: false,
            language: Language::En,
        }
    }
}
