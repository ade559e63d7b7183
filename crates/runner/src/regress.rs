//! `runner regress`: every scenario is run again and compared with its recorded result.
//!
//! Nothing is written unless it is asked to. A scenario passes if its expectations hold and every
//! recorded file comes out again, byte for byte.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::campaign::{Campaign, CampaignError, Conduct, run_together};
use crate::catalogue::{self, Catalogue};
use crate::cli::{RegressArguments, exit};
use crate::console::{Console, Stop};
use crate::experiment::Experiment;
use crate::interrupt;
use crate::paint::{Ink, Page};
use crate::plan::GridPoint;
use crate::report;
use crate::results::{self, Compared, Edited, Places, Recorded};
use crate::whole_file;

mod junit;

/// Runs it; returns the exit code.
pub fn run(arguments: &RegressArguments, mut console: Console<'_>) -> u8 {
    let files = match files(arguments) {
        Ok(files) => files,
        Err(message) => {
            console.tell(&message);
            return exit::USAGE;
        }
    };
    let mut tally = Tally::new(arguments.color.color.is_on(&io::stdout()));
    let subjects = subjects(files, arguments.files.is_empty());
    let examined = examine(&subjects, arguments, &mut console, &mut tally);
    let interrupted = match examined {
        Ok(0) => exit::GOOD,
        Ok(left) => {
            let all = subjects.len();
            console.tell(&format!(
                "interrupted: {left} of {all} scenarios were not run to their end\n"
            ));
            exit::INTERRUPTED
        }
        Err(Stop(code)) => return tally.code().max(code),
    };
    let closing = tally.closing();
    if let Err(Stop(code)) = console.print(&closing) {
        return tally.code().max(interrupted).max(code);
    }
    if let Some(path) = &arguments.junit {
        let written = whole_file::write(path, junit::document(&tally.cases).as_bytes());
        if let Err(error) = written {
            let path = path.display();
            console.tell(&format!("error: cannot write {path}: {error}\n"));
            return tally.code().max(interrupted).max(exit::FAILED);
        }
    }
    tally.code().max(interrupted)
}

/// The files that are meant: those of the command line, or else the whole catalogue.
fn files(arguments: &RegressArguments) -> Result<Vec<PathBuf>, String> {
    if arguments.files.is_empty() {
        let catalogue = Catalogue::find()
            .ok_or("error: there is no folder `scenarios` here or in a folder above\n")?;
        return Ok(catalogue.entries.into_iter().map(|it| it.path).collect());
    }
    let mut files = Vec::new();
    for file in &arguments.files {
        let has_color = arguments.color.color.is_on(&io::stderr());
        let file = catalogue::locate(file).map_err(|rejection| rejection.render(has_color))?;
        if !files.contains(&file) {
            files.push(file);
        }
    }
    Ok(files)
}

/// A scenario before it is run.
struct Subject {
    name: String,
    /// Or why it cannot be run, and the exit code for that.
    experiment: Result<(Experiment, PathBuf), (String, u8)>,
}

/// Reads the files. Of the whole catalogue, those that are not to be recorded are left out.
fn subjects(files: Vec<PathBuf>, is_whole_catalogue: bool) -> Vec<Subject> {
    let mut owners: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut subjects = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap_or_default();
        let mut name = stem.to_string_lossy().into_owned();
        let read = Experiment::read_for_regression(&file, &[]);
        if is_whole_catalogue && read.as_ref().is_ok_and(|it| !it.is_recorded()) {
            continue;
        }
        let experiment = read.map_err(|rejection| (rejection.render(false), exit::USAGE));
        let experiment = experiment.and_then(|experiment| {
            name.clone_from(&experiment.plan.name);
            let folder = folder(&file, &experiment, &mut owners)?;
            Ok((experiment, folder))
        });
        subjects.push(Subject { name, experiment });
    }
    subjects
}

/// Where an experiment's results are recorded.
fn folder(
    file: &Path,
    experiment: &Experiment,
    owners: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<PathBuf, (String, u8)> {
    if !experiment.is_recorded() {
        let why = "its results are not recorded: the file says `record = false`\n";
        return Err((why.to_owned(), exit::USAGE));
    }
    let places = Places::beside(file).map_err(|error| (format!("{error}\n"), exit::FAILED))?;
    let folder = places.results_of(experiment);
    match owners.insert(folder.clone(), file.to_owned()) {
        None => Ok(folder),
        Some(other) => {
            let other = other.display();
            let why = format!("its name is that of {other}, too: their results would mix\n");
            Err((why, exit::USAGE))
        }
    }
}

/// What became of a scenario.
struct Case {
    name: String,
    took: Duration,
    fate: Fate,
}

enum Fate {
    Passed,
    /// Its results were recorded, as asked.
    Blessed,
    /// Why, in lines, and the exit code for that.
    Failed(String, u8),
}

/// Runs all subjects, printing a line for each in their order; says how many were interrupted.
fn examine(
    subjects: &[Subject],
    arguments: &RegressArguments,
    console: &mut Console<'_>,
    tally: &mut Tally,
) -> Result<usize, Stop> {
    let mut good: Vec<(usize, &(Experiment, PathBuf))> = Vec::new();
    for (place, subject) in subjects.iter().enumerate() {
        good.extend(subject.experiment.as_ref().ok().map(|it| (place, it)));
    }
    let points = good.iter().map(|(_, it)| it.0.points.as_slice());
    let points: Vec<&[GridPoint]> = points.collect();
    let judge = |index: usize, result: Result<Campaign, CampaignError>, took| {
        let (experiment, folder) = good[index].1;
        let fate = match result {
            Ok(campaign) => Some(judge(experiment, &campaign, folder, arguments.bless)),
            Err(CampaignError::Interrupted) => None,
            Err(error) => Some(Fate::Failed(format!("{error}\n"), error.exit_code())),
        };
        (fate, took)
    };
    let mut teller = Teller {
        subjects,
        next: 0,
        interrupted: 0,
        console,
        tally,
        stopped: Ok(()),
    };
    let conduct = Conduct {
        jobs: arguments.jobs,
        interrupted: Some(interrupt::flag()),
        ..Conduct::default()
    };
    let done = run_together(&points, &conduct, judge, |index, (fate, took)| {
        let (place, _) = good[index];
        teller.refuse_until(place);
        match fate {
            Some(fate) => teller.tell(fate, took),
            None => teller.pass(),
        }
    });
    teller.refuse_until(subjects.len());
    let (stopped, interrupted) = (teller.stopped, teller.interrupted);
    if let Err(error) = done {
        console.tell(&format!("error: {error}\n"));
        return Err(Stop(error.exit_code()));
    }
    stopped.map(|()| interrupted)
}

/// Tells what became of the subjects, one after the other.
struct Teller<'t, 'c> {
    subjects: &'t [Subject],
    /// The one that is told next.
    next: usize,
    /// How many were not run to their end.
    interrupted: usize,
    console: &'t mut Console<'c>,
    tally: &'t mut Tally,
    /// Whether anybody still reads.
    stopped: Result<(), Stop>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, fate: Fate, took: Duration) {
        let name = self.subjects[self.next].name.clone();
        self.next += 1;
        let text = self.tally.add(Case { name, took, fate });
        if self.stopped.is_ok() {
            self.stopped = self.console.print(&text);
        }
    }

    /// Leaves out one that was not run to its end.
    fn pass(&mut self) {
        self.next += 1;
        self.interrupted += 1;
    }

    /// Tells those that could not be run up to this one.
    fn refuse_until(&mut self, place: usize) {
        while self.next < place {
            let Err((why, code)) = &self.subjects[self.next].experiment else {
                return;
            };
            self.tell(Fate::Failed(why.clone(), *code), Duration::ZERO);
        }
    }
}

fn judge(experiment: &Experiment, campaign: &Campaign, folder: &Path, bless: bool) -> Fate {
    let mut reasons = report::failures(experiment, campaign, false);
    let is_as_expected = campaign.is_as_expected();
    if bless && !is_as_expected {
        reasons.push_str(
            "not recorded, because it is not as expected: mend the experiment, or what is \
                          expected of it",
        );
        // `run` records the whole experiment, not its smaller version.
        reasons.push_str(if experiment.is_regression {
            "\n"
        } else {
            "; `runner run FILE --bless` records it all the same\n"
        });
        return Fate::Failed(reasons, exit::FAILED);
    }
    let compared = compare(experiment, campaign, folder, bless);
    match compared {
        Ok(fate) if is_as_expected => return fate,
        Ok(_) => {}
        Err(why) => reasons.push_str(&why),
    }
    Fate::Failed(reasons, exit::FAILED)
}

/// Compares the files with those that are recorded, or records them.
fn compare(
    experiment: &Experiment,
    campaign: &Campaign,
    folder: &Path,
    bless: bool,
) -> Result<Fate, String> {
    let say = |error: &dyn std::fmt::Display| format!("{error}\n");
    let files = results::files(experiment, campaign).map_err(|error| say(&error))?;
    if bless {
        let recorded = results::record(folder, &files, true).map_err(|error| say(&error))?;
        return Ok(match recorded {
            Recorded::Unchanged => Fate::Passed,
            Recorded::Written { .. } | Recorded::Differs(_) => Fate::Blessed,
        });
    }
    match results::compare(folder, &files).map_err(|error| say(&error))? {
        Compared::Same => Ok(Fate::Passed),
        Compared::NotRecorded => Err("no result is recorded; --bless records it\n".to_owned()),
        Compared::Edited(files) => Err(edited(folder, &files)),
        Compared::Differs(lines) => {
            let text = lines.into_iter().map(|line| line + "\n").collect();
            Err(text)
        }
    }
}

/// What to do about recorded files that are not as a run has written them.
fn edited(folder: &Path, files: &[Edited]) -> String {
    let line = |edited: &Edited| {
        let path = results::shown(&folder.join(&edited.name));
        format!("{}: {edited}\n", path.display())
    };
    let lines: Vec<String> = files.iter().map(line).collect();
    lines.concat()
        + "bring back what was recorded (manifest.json has its SHA-256), or record anew with --bless\n"
}

/// All cases so far.
struct Tally {
    cases: Vec<Case>,
    has_color: bool,
}

impl Tally {
    fn new(has_color: bool) -> Tally {
        Tally {
            cases: Vec::new(),
            has_color,
        }
    }

    /// Adds a case, and says what became of it.
    fn add(&mut self, case: Case) -> String {
        let mut page = Page::new(self.has_color);
        let (ink, word) = match &case.fate {
            Fate::Passed => (Ink::Good, "PASS"),
            Fate::Blessed => (Ink::Odd, "BLESS"),
            Fate::Failed(..) => (Ink::Bad, "FAIL"),
        };
        page.put(ink, &format!("{word:>8}"));
        page.plain(&format!(" [{:>8.3}s] ", case.took.as_secs_f64()));
        page.line(Ink::Strong, &case.name);
        if let Fate::Failed(why, _) = &case.fate {
            for line in why.lines() {
                page.line(Ink::Plain, &format!("         {line}"));
            }
        }
        self.cases.push(case);
        page.into_text()
    }

    fn failed(&self) -> impl Iterator<Item = &Case> {
        let is_failed = |case: &&Case| matches!(case.fate, Fate::Failed(..));
        self.cases.iter().filter(is_failed)
    }

    fn closing(&self) -> String {
        let failed = self.failed().count();
        let passed = self.cases.len() - failed;
        let mut page = Page::new(self.has_color);
        let ink = if failed == 0 { Ink::Good } else { Ink::Bad };
        page.line(ink, &format!("{passed} passed, {failed} failed"));
        page.into_text()
    }

    fn code(&self) -> u8 {
        let codes = self.cases.iter().map(|case| match case.fate {
            Fate::Failed(_, code) => code,
            Fate::Passed | Fate::Blessed => exit::GOOD,
        });
        codes.max().unwrap_or(exit::GOOD)
    }
}
