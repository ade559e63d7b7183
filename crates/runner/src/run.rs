//! `runner run`: each file is read, run, reported and recorded.

use std::io;
use std::path::Path;

use crate::campaign::{CampaignError, Ledger};
use crate::catalogue;
use crate::cli::{RunArguments, exit};
use crate::console::{Console, Stop};
use crate::experiment::Experiment;
use crate::journal::{Header, Journal};
use crate::overrides::Override;
use crate::part;
use crate::results::{Places, shown};
use crate::session::{Session, Target};

/// Runs every file, even if another is bad; returns the exit code of the worst.
pub fn run<'a>(arguments: &'a RunArguments, console: Console<'a>) -> u8 {
    let changes = arguments.changes.overrides();
    let mut session = Session::new(&arguments.manner, console);
    if arguments.shard.is_some() && arguments.files.len() > 1 {
        session.tell("error: a part is of one experiment: --shard takes a single file\n");
        return exit::USAGE;
    }
    let mut worst = exit::GOOD;
    for (index, file) in arguments.files.iter().enumerate() {
        let done = match catalogue::locate(file) {
            Ok(file) => run_file(&mut session, arguments, &file, &changes, index > 0),
            Err(rejection) => Ok(session.refuse(&rejection)),
        };
        match done {
            Ok(exit::INTERRUPTED) => return exit::INTERRUPTED,
            Ok(code) => worst = worst.max(code),
            Err(Stop(code)) => return worst.max(code),
        }
    }
    worst
}

fn run_file(
    session: &mut Session<'_>,
    arguments: &RunArguments,
    file: &Path,
    changes: &[Override],
    is_further: bool,
) -> Result<u8, Stop> {
    let experiment = match Experiment::read(file, changes) {
        Ok(experiment) => experiment,
        Err(rejection) => return Ok(session.refuse(&rejection)),
    };
    session.tell_notes(&experiment);
    let out = arguments.manner.out.clone();
    if let Some(shard) = arguments.shard {
        let folder = out.unwrap_or_default();
        return Ok(part::run(session, &experiment, shard, &folder));
    }
    let chosen = match session.choose(&experiment) {
        Ok(chosen) => chosen,
        Err(code) => return Ok(code),
    };
    let places = match Places::beside(file) {
        Ok(places) => places,
        Err(error) => return Ok(session.fail(&experiment.plan.name, &error)),
    };
    let target = Target { places, out };
    if let Err(code) = session.check_places(&experiment, &target) {
        return Ok(code);
    }
    let scratch = target.out.as_ref().unwrap_or(&target.places.scratch);
    let journal = open_journal(session, scratch, &experiment);
    let ledger: &dyn Ledger = match &journal {
        Some(journal) => journal,
        None => &(),
    };
    let conducted = match session.conduct(&experiment, ledger) {
        Ok(conducted) => conducted.showing(chosen),
        Err(error) => {
            let code = session.complain(&experiment, &error);
            if matches!(error, CampaignError::Interrupted) {
                tell_interruption(session, &experiment, journal.as_ref());
            }
            return Ok(code);
        }
    };
    let (code, is_safe) = session.tell_all(&experiment, &conducted, &target, is_further);
    match journal {
        Some(journal) if is_safe => journal.remove(),
        // There was no place for the results; perhaps there is one for the rows.
        Some(journal) => session.tell(&match journal.flush() {
            Ok(()) => format!(
                "the {} runs that were done are kept in {}: the same command goes on from there, \
                 and so does one with --out DIR if the file is moved to DIR\n",
                journal.len(),
                shown(journal.path()).display()
            ),
            Err(error) => format!("what was computed could not be kept, either: {error}\n"),
        }),
        None => {}
    }
    code
}

/// The journal of an experiment, with what an interrupted run has left. Without one a run that is
/// interrupted begins anew, which is no reason not to run.
fn open_journal(
    session: &mut Session<'_>,
    folder: &Path,
    experiment: &Experiment,
) -> Option<Journal> {
    let digest: String = experiment.digest.chars().take(8).collect();
    let path = folder.join(format!("{}-{digest}.journal", experiment.plan.name));
    match Journal::open(path.clone(), &Header::of(experiment, None)) {
        Ok(journal) => {
            if journal.known() > 0 {
                let path = shown(&path);
                session.remark(&format!(
                    "goes on after the {} runs that are in {}",
                    journal.known(),
                    path.display()
                ));
            }
            Some(journal)
        }
        Err(error) => {
            session.remark(&format!("no journal is kept: {error}"));
            None
        }
    }
}

/// Says what is left of runs that were done.
fn tell_interruption(
    session: &mut Session<'_>,
    experiment: &Experiment,
    journal: Option<&Journal>,
) {
    let runs = experiment.runs();
    let kept = journal.map_or(Err(io::Error::other("there is no journal")), |journal| {
        journal.flush().map(|()| journal.len())
    });
    session.tell(&match kept {
        Ok(kept) => {
            format!("{kept} of at most {runs} runs are done; the same command goes on from there\n")
        }
        Err(error) => format!("what was done could not be kept: {error}\n"),
    });
}
