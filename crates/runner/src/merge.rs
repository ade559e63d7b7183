//! `runner merge DIR`: the parts of an experiment give what a single run of it gives.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::campaign::{Ledger, Row, RunId, Shard};
use crate::cli::{MergeArguments, exit};
use crate::console::{Console, Stop};
use crate::experiment::Experiment;
use crate::journal::{Header, PART, Rows};
use crate::part::is_whole;
use crate::plan::Plan;
use crate::results::Places;
use crate::session::{Session, Target};

/// Runs it; returns the exit code.
pub fn run<'a>(arguments: &'a MergeArguments, console: Console<'a>) -> u8 {
    let mut session = Session::new(&arguments.manner, console);
    let folder = &arguments.folder;
    let (parts, experiment) = match gather(folder) {
        Ok(gathered) => gathered,
        Err((code, why)) => {
            session.tell(&format!("error: {}: {why}\n", folder.display()));
            return code;
        }
    };
    let chosen = match session.choose(&experiment) {
        Ok(chosen) => chosen,
        Err(code) => return code,
    };
    let places = Places {
        results: folder.clone(),
        scratch: folder.join("out"),
    };
    let out = arguments.manner.out.as_ref().unwrap_or(folder).clone();
    let target = Target {
        places,
        out: Some(out),
    };
    if let Err(code) = session.check_places(&experiment, &target) {
        return code;
    }
    let conducted = match session.conduct(&experiment, &parts) {
        Ok(conducted) => conducted.merged().showing(chosen),
        Err(error) => return session.complain(&experiment, &error),
    };
    let (code, _) = session.tell_all(&experiment, &conducted, &target, false);
    code.unwrap_or_else(|Stop(code)| code)
}

/// All parts of an experiment, each at its index.
struct Parts(Vec<Rows>);

impl Ledger for Parts {
    fn find(&self, plan: &Plan, run: RunId) -> Option<Row> {
        let count = u32::try_from(self.0.len()).ok()?;
        let index = run.replication.checked_rem(count)?;
        self.0.get(index as usize)?.find(plan, run)
    }

    fn keep(&self, _run: RunId, _row: &Row) {}
}

/// A part that was found.
struct Found {
    path: PathBuf,
    shard: Shard,
    header: Header,
    rows: Rows,
}

/// Why parts cannot be merged, with the exit code for it.
type Refusal = (u8, String);

fn incomplete(why: String) -> Refusal {
    (exit::INCOMPLETE, why)
}

/// Reads all parts of a folder, and the experiment that they are of.
fn gather(folder: &Path) -> Result<(Parts, Experiment), Refusal> {
    let unreadable = |error: io::Error| (exit::USAGE, format!("cannot read it: {error}"));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == PART) {
            paths.push(path);
        }
    }
    paths.sort();
    let found: Vec<Found> = paths.into_iter().map(open).collect::<Result<_, _>>()?;
    let Some(first) = found.first() else {
        let help = "`runner run FILE --shard I/N --out DIR` makes them";
        return Err(incomplete(format!("there are no parts; {help}")));
    };
    check_together(&found)?;
    let experiment = first
        .header
        .experiment()
        .map_err(|error| incomplete(format!("{}: {error}", first.path.display())))?;
    for part in &found {
        if !is_whole(&part.rows, part.shard, &experiment.points) {
            let path = part.path.display();
            let again = again(part.shard);
            return Err(incomplete(format!("{path} lacks runs; {again}")));
        }
    }
    let mut found = found;
    found.sort_by_key(|part| part.shard);
    let rows = found.into_iter().map(|part| part.rows);
    Ok((Parts(rows.collect()), experiment))
}

fn open(path: PathBuf) -> Result<Found, Refusal> {
    let name = path.display().to_string();
    let opened = Rows::open(&path).map_err(|error| (exit::FAILED, format!("{name}: {error}")))?;
    let no_part = || incomplete(format!("{name} is no part of an experiment"));
    let (header, rows) = opened.ok_or_else(no_part)?;
    let shard = header.shard.ok_or_else(no_part)?;
    if rows.is_torn() {
        return Err(incomplete(format!(
            "{name} is damaged after {} runs; {}",
            rows.len(),
            again(shard)
        )));
    }
    Ok(Found {
        path,
        shard,
        header,
        rows,
    })
}

/// What to do about a part that is no good.
fn again(shard: Shard) -> String {
    let Shard { index, count } = shard;
    format!("`runner run` with --shard {index}/{count} makes it again")
}

/// Whether all parts are of one experiment, and each is there once.
fn check_together(found: &[Found]) -> Result<(), Refusal> {
    let Some(first) = found.first() else {
        return Ok(());
    };
    let count = first.shard.count;
    for part in found {
        let (one, other) = (first.path.display(), part.path.display());
        if !part.header.is_of_same(&first.header) {
            return Err(incomplete(format!(
                "{other} is not of the experiment that {one} is of, or by another build of this \
                 program"
            )));
        }
        if part.shard.count != count {
            let why = format!(
                "{one} is one of {count} parts, {other} of {}",
                part.shard.count
            );
            return Err(incomplete(why));
        }
    }
    let of = |index: u32| found.iter().filter(move |part| part.shard.index == index);
    let missing: Vec<String> = (0..count)
        .filter(|index| of(*index).next().is_none())
        .map(|index| format!("{index}/{count}"))
        .collect();
    if !missing.is_empty() {
        return Err(incomplete(format!("missing: {}", in_short(&missing))));
    }
    match (0..count).find_map(|index| of(index).nth(1).zip(of(index).next())) {
        None => Ok(()),
        Some((second, first)) => Err(incomplete(format!(
            "{} and {} are the same part",
            first.path.display(),
            second.path.display()
        ))),
    }
}

/// The first few of a list.
fn in_short(all: &[String]) -> String {
    const MOST: usize = 10;
    let more = all.len().saturating_sub(MOST);
    let shown = all[..all.len() - more].join(", ");
    if more > 0 {
        format!("{shown} and {more} more")
    } else {
        shown
    }
}
