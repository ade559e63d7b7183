//! The command line: what was typed, and nothing more.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tcp_core::Profile;

use crate::campaign::Shard;
use crate::language::Language;
use crate::overrides::Override;

/// What a process tells its caller in the end.
pub mod exit {
    /// Everything is as it should be.
    pub const GOOD: u8 = 0;
    /// An expectation does not hold, a recorded result has changed, two results differ, or results
    /// cannot be written.
    pub const FAILED: u8 = 1;
    /// The command line or an experiment file is wrong.
    pub const USAGE: u8 = 2;
    /// Parts of an experiment are missing, there twice, or of another experiment.
    pub const INCOMPLETE: u8 = 3;
    /// This program has a bug.
    pub const BUG: u8 = 70;
    /// Something else is in the way for now: try again.
    pub const AGAIN: u8 = 75;
    /// It was told to stop.
    pub const INTERRUPTED: u8 = 130;
}

const EXIT_CODES: &str = "Exit codes:
    0  good
    1  an expectation does not hold, a recorded result has changed or two results differ, or results
       cannot be written
    2  the command line or an experiment file is wrong
    3  parts of an experiment are missing, there twice, or of another experiment
   70  a bug in this program
   75  something else is in the way for now: try again
  130  interrupted";

/// Fault injection for TCP connection management: experiments on stale SYNs and on what they leave
/// behind, from a TOML file to ladders, exact counts and verdicts.
#[derive(Debug, Parser)]
#[command(name = "runner", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run experiments: a ladder for each policy, a comparison, and a verdict on each expectation
    Run(RunArguments),
    /// Run scenarios again and compare them with their recorded results, byte for byte
    Regress(RegressArguments),
    /// Put the parts of an experiment together, with the same results as a single run
    Merge(MergeArguments),
    /// Compare the numbers of two folders of results, with how well the differences are known
    Compare(CompareArguments),
    /// Say what was understood of experiment files, or everything that is wrong with them
    Check(CheckArguments),
    /// Show the scenarios at hand, by group, each with its lesson in a line
    List(ListArguments),
    /// Run every policy in every scenario about stale SYNs, and compare them all in one table
    Matrix(MatrixArguments),
    /// Make or renew the report (HTML) of recorded results
    Report(ReportArguments),
    /// Spell out every value of an experiment and where it comes from, or its links as tc commands
    Explain(ExplainArguments),
    /// Print the JSON Schema of experiment files, for editors
    Schema,
    /// Run packetdrill scripts against the simulator's own TCP, in virtual time
    Packetdrill(PacketdrillArguments),
}

/// `runner run`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct RunArguments {
    /// Experiment files, or names of scenarios or their beginnings (`s01`); each is run even if
    /// another is bad
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Changes to the files.
    #[command(flatten)]
    pub changes: Changes,
    /// Make one part of the experiment only, the replications whose number leaves I when divided by
    /// N; `runner merge` puts all parts together. What a part has done before is not done again
    #[arg(long, value_name = "I/N", requires = "out", conflicts_with_all = ["bless", "format"])]
    pub shard: Option<Shard>,
    /// How it is run and told.
    #[command(flatten)]
    pub manner: MannerArguments,
}

/// How experiments are run and told.
#[derive(Debug, Args)]
pub struct MannerArguments {
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Folder for the files that a run writes, in a folder NAME for each experiment [default:
    /// results beside the experiments' folder; for experiments changed by options, out; for parts
    /// that are merged, their folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace recorded results that differ; files that no run has written stay
    #[arg(long)]
    pub bless: bool,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// How it looks on standard output.
    #[command(flatten)]
    pub showing: ShowArguments,
    /// Print only what failed
    #[arg(long, short)]
    pub quiet: bool,
    /// Show no progress
    #[arg(long)]
    pub no_progress: bool,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner merge`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct MergeArguments {
    /// Folder with every part of one experiment, each made by `runner run FILE --shard I/N`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How it is told.
    #[command(flatten)]
    pub manner: MannerArguments,
}

/// `runner compare`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct CompareArguments {
    /// Folder that `runner run` has written, such as results/NAME
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// Another one, of the same experiment or a different one
    #[arg(value_name = "B")]
    pub second: PathBuf,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner regress`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct RegressArguments {
    /// Experiment files, or names of scenarios or their beginnings (`s01`) [default: every scenario
    /// of the folder `scenarios` that is recorded]; of one with a table `[regress]`, that version
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Record the results of these runs in place of those that differ or are missing
    #[arg(long)]
    pub bless: bool,
    /// Write a report in the format of `JUnit` to this file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// How results are shown; what is recorded does not depend on it.
#[derive(Debug, Default, Args)]
pub struct ShowArguments {
    /// The language of titles, ladders and lessons on standard output [default: the file's]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
    /// Show the ladder of this connection only: its place in the file, from 0, or of a population
    /// the number that it has in the first replication
    #[arg(long, value_name = "N", conflicts_with = "quiet")]
    pub connection: Option<u32>,
    /// Print ASCII only; on a terminal that is the default unless its locale is of UTF-8
    #[arg(long, conflicts_with = "lang")]
    pub ascii: bool,
}

/// `runner check`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct CheckArguments {
    /// Experiment files, or names of scenarios or their beginnings (`s01`); each is checked even if
    /// another is bad
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Changes to the files.
    #[command(flatten)]
    pub changes: Changes,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner list`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ListArguments {
    /// Show only scenarios whose names begin like this
    pub name: Option<String>,
    /// The language of the titles
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner matrix`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct MatrixArguments {
    /// Scenarios, by name or its beginning [default: all of group S, whose matrix is recorded]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Folder for the folder `matrix` that is written [default: results beside the scenarios]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace a recorded matrix that differs
    #[arg(long)]
    pub bless: bool,
    /// The language of the table that is printed
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner report`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ReportArguments {
    /// Folders that `runner run` has written, such as results/NAME; report.html goes there
    #[arg(required = true, value_name = "RESULTS_DIR")]
    pub folders: Vec<PathBuf>,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
}

/// `runner explain`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ExplainArguments {
    /// Experiment file, or name of a scenario or its beginning (`s01`)
    #[arg(required = true, value_name = "FILE")]
    pub file: PathBuf,
    /// Print a tc command for each link instead, and as comments what tc cannot express
    #[arg(long)]
    pub as_tc: bool,
    /// Changes to the file.
    #[command(flatten)]
    pub changes: Changes,
    /// Colours.
    #[command(flatten)]
    pub color: ColorArgument,
}

/// `runner packetdrill`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct PacketdrillArguments {
    /// Scripts, or folders whose `.pkt` files are run
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,
    /// The TCP to test [default: the one whose sysctls a script sets, else rfc9293]
    #[arg(long, value_parser = parse_profile)]
    pub profile: Option<Profile>,
    /// Set a sysctl before each script, for example `net.ipv4.tcp_rfc1337=1`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the ladder of every script, not only of those that fail
    #[arg(long, short)]
    pub verbose: bool,
    /// Write a report in the format of `JUnit` to this file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Options that change what the files say.
#[derive(Debug, Default, Args)]
pub struct Changes {
    /// Root of all random draws in place of the file's; decimal, or hexadecimal with 0x
    #[arg(long, value_name = "SEED", value_parser = parse_seed)]
    pub seed: Option<u64>,
    /// How often each policy runs, in place of the file's number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,
    /// Run this policy only; may be repeated
    #[arg(long = "policy", value_name = "POLICY")]
    pub policies: Vec<String>,
    /// Change any key of the files, for example fault.old-syn.match.nth=2; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

impl Changes {
    /// The changes in the order in which they apply: `--set` first, the options with a name of
    /// their own last.
    pub fn overrides(&self) -> Vec<Override> {
        let mut changes: Vec<Override> = self.sets.iter().map(Override::set).collect();
        if let Some(seed) = self.seed {
            changes.push(Override::option("--seed", "run.seed", seed));
        }
        if let Some(count) = self.replications {
            changes.push(Override::option(
                "--replications",
                "run.replications",
                count,
            ));
        }
        if !self.policies.is_empty() {
            // TOML and Rust agree on how a string is quoted as far as names of policies go.
            let list = format!("{:?}", self.policies);
            changes.push(Override::option("--policy", "run.policies", list));
        }
        changes
    }
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    let parsed = text
        .parse()
        .ok()
        .filter(|jobs: &NonZeroUsize| jobs.get() <= 256);
    parsed.ok_or_else(|| "a number of threads is 1 to 256".to_owned())
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    let names = || Profile::ALL.map(|(_, name)| name).join(", ");
    Profile::from_name(text).ok_or_else(|| format!("the profiles are {}", names()))
}

fn parse_seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// What to print on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Ladders, tables and sentences
    #[default]
    Human,
    /// JSON Lines: one object for each file
    Json,
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ColorArgument {
    /// When to use colours; `auto` respects `NO_COLOR` and uses them only on a terminal
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to use colours on this stream.
    pub fn is_on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                stream.is_terminal() && !no_color
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_become_overrides_and_set_comes_first() {
        let line = "runner run a.toml --seed 0xFF --policy two-way --set a.b=1 --replications 3 \
                    --policy three-way";
        let cli = Cli::try_parse_from(line.split_whitespace()).expect("valid");
        let Command::Run(run) = cli.command else {
            panic!("not `run`")
        };
        let assignments = run
            .changes
            .overrides()
            .into_iter()
            .map(|change| change.assignment);
        assert_eq!(
            assignments.collect::<Vec<_>>(),
            [
                "a.b=1",
                "run.seed=255",
                "run.replications=3",
                "run.policies=[\"two-way\", \"three-way\"]"
            ]
        );
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for line in [
            "runner",
            "runner run",
            "runner run a.toml --seed -1",
            "runner run a.toml --seed many",
            "runner run a.toml --replications 0",
            "runner run a.toml --jobs 0",
            "runner run a.toml --format xml",
            "runner check a.toml --color sometimes",
            "runner explain",
            "runner explain --as-tc",
        ] {
            let error = Cli::try_parse_from(line.split_whitespace()).expect_err(line);
            let code = error.exit_code();
            assert!(code == i32::from(exit::USAGE), "{line} exits with {code}");
        }
    }
}
