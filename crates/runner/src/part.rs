//! `runner run FILE --shard I/N --out DIR`: one part of an experiment, on a machine of its own say.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::campaign::{CampaignError, Conduct, Shard, run_shard};
use crate::cli::exit;
use crate::experiment::Experiment;
use crate::interrupt;
use crate::journal::{Header, Journal, JournalError, PART, Rows};
use crate::plan::GridPoint;
use crate::session::Session;
use crate::whole_file;

/// The file of a part.
fn path(folder: &Path, experiment: &Experiment, shard: Shard) -> PathBuf {
    let Shard { index, count } = shard;
    let name = &experiment.plan.name;
    folder.join(format!("{name}.{index}-of-{count}.{PART}"))
}

/// Whether a file has every run of a part.
pub(crate) fn is_whole(rows: &Rows, shard: Shard, points: &[GridPoint]) -> bool {
    !rows.is_torn() && shard.runs(points).all(|run| rows.has(run))
}

/// What is where a part belongs.
enum Condition {
    Missing,
    Whole,
    /// It is this part, and not all of it is there or readable.
    Damaged,
    /// It is something else, which is not ours to replace.
    Foreign,
}

/// Looks at the file of a part.
///
/// # Errors
/// If it cannot be read.
fn look(path: &Path, header: &Header, is_whole: impl Fn(&Rows) -> bool) -> io::Result<Condition> {
    match Rows::open(path) {
        Ok(Some((found, rows))) if found == *header => Ok(if is_whole(&rows) {
            Condition::Whole
        } else {
            Condition::Damaged
        }),
        // What ends within its first line is known by what there is of it.
        Ok(None) if header.begins_with(&fs::read(path)?) => Ok(Condition::Damaged),
        Ok(_) => Ok(Condition::Foreign),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(Condition::Missing),
            _ => Err(error),
        },
    }
}

/// Makes the part, unless it is there; returns the exit code. What was done before an interruption
/// is not done again.
pub(crate) fn run(
    session: &mut Session<'_>,
    experiment: &Experiment,
    shard: Shard,
    folder: &Path,
) -> u8 {
    let header = Header::of(experiment, Some(shard));
    let part = path(folder, experiment, shard);
    let fail = |session: &mut Session<'_>, code: u8, why: &str| {
        session.tell(&format!("error: {}: {why}\n", part.display()));
        code
    };
    if let Err(error) = header.check_is_complete() {
        return fail(session, exit::USAGE, &error.to_string());
    }
    match look(&part, &header, |rows| {
        is_whole(rows, shard, &experiment.points)
    }) {
        Ok(Condition::Whole) => {
            session.remark(&format!("{} is there", part.display()));
            return exit::GOOD;
        }
        Ok(Condition::Damaged) => {
            session.remark(&format!("{} is damaged: made again", part.display()));
        }
        Ok(Condition::Foreign) => {
            let why = "it is there, and is of another experiment, or by another build of this \
                       program; remove it, or name another folder";
            return fail(session, exit::INCOMPLETE, why);
        }
        Ok(Condition::Missing) => {}
        Err(error) => return fail(session, exit::FAILED, &error.to_string()),
    }
    if let Err(error) = whole_file::check_place(folder) {
        let why = format!("cannot write it: {error}; --out names another folder");
        return fail(session, exit::FAILED, &why);
    }
    let journal = match Journal::open(part.with_extension("journal"), &header) {
        Ok(journal) => journal,
        Err(error @ JournalError::Busy(_)) => {
            return fail(session, exit::AGAIN, &error.to_string());
        }
        Err(error) => return fail(session, exit::FAILED, &error.to_string()),
    };
    if let Err(error) = conduct(session, experiment, shard, &journal) {
        let code = session.complain(experiment, &error);
        if let Err(error) = journal.flush() {
            session.tell(&format!("what was done could not be kept: {error}\n"));
        }
        return code;
    }
    match journal.into_part(&part, shard, &experiment.points) {
        Ok(()) => {
            session.remark(&format!("part {shard} written to {}", part.display()));
            exit::GOOD
        }
        Err(error) => fail(session, exit::FAILED, &format!("cannot write it: {error}")),
    }
}

fn conduct(
    session: &Session<'_>,
    experiment: &Experiment,
    shard: Shard,
    journal: &Journal,
) -> Result<(), CampaignError> {
    let runs = shard.runs(&experiment.points).count() as u64;
    let progress = session.progress(experiment, runs);
    let conduct = Conduct {
        jobs: session.jobs(),
        watch: &progress,
        ledger: journal,
        interrupted: Some(interrupt::flag()),
    };
    run_shard(&experiment.points, shard, &conduct)
}
