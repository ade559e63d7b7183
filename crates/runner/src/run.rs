//! `runner run`: each file is read, run, reported and recorded.

use std::io::{self, IsTerminal as _, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::campaign::{Campaign, CampaignError};
use crate::cli::{Format, RunArguments, exit};
use crate::diagnostic::render_notes;
use crate::effort::Meter;
use crate::experiment::Experiment;
use crate::overrides::Override;
use crate::report;
use crate::results::{self, Places, Recorded};
use crate::trial::TrialError;

/// Runs every file, even if another is bad. Results go to `out`, all else to `err`. The exit code
/// is that of the worst file.
pub fn run(arguments: &RunArguments, out: &mut impl Write, err: &mut impl Write) -> u8 {
    let changes = arguments.changes.overrides();
    let mut session = Session {
        arguments,
        out,
        err,
        out_color: arguments.color.color.is_on(&io::stdout()),
        err_color: arguments.color.color.is_on(&io::stderr()),
    };
    let mut worst = exit::GOOD;
    for (index, file) in arguments.files.iter().enumerate() {
        match session.run_file(file, &changes, index > 0) {
            Ok(code) => worst = worst.max(code),
            // Whoever closed the pipe does not want to read on.
            Err(_) => break,
        }
    }
    worst
}

/// One call of `runner run`.
struct Session<'a, O, E> {
    arguments: &'a RunArguments,
    out: &'a mut O,
    err: &'a mut E,
    out_color: bool,
    err_color: bool,
}

impl<O: Write, E: Write> Session<'_, O, E> {
    /// An error means that nobody listens any more.
    fn run_file(&mut self, file: &Path, changes: &[Override], is_further: bool) -> io::Result<u8> {
        let experiment = match Experiment::read(file, changes) {
            Ok(experiment) => experiment,
            Err(rejection) => {
                write!(self.err, "{}", rejection.render(self.err_color))?;
                return Ok(exit::USAGE);
            }
        };
        let notes = render_notes(&experiment.sources, &experiment.notes, self.err_color);
        write!(self.err, "{notes}")?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the wall time goes to the timing file only"
        )]
        let started = Instant::now();
        let meter = Meter::start();
        let progress = self.progress(&experiment);
        let campaign = Campaign::run(&experiment.plan, self.arguments.jobs, &|| progress.inc(1));
        progress.finish_and_clear();
        let campaign = match campaign {
            Ok(campaign) => campaign,
            Err(error) => return self.complain(&experiment, &error),
        };
        let wall = started.elapsed();
        let jobs = self.arguments.jobs.map_or(0, NonZeroUsize::get);
        let usage = meter.stop(campaign.effort);
        self.report(&experiment, &campaign, is_further)?;
        self.tell(&usage.to_string())?;
        let recorded = self.record(file, &experiment, &campaign, &usage.timing(wall, jobs))?;
        let expected = if campaign.is_as_expected() {
            exit::GOOD
        } else {
            exit::FAILED
        };
        Ok(expected.max(recorded))
    }

    /// A bar on a terminal, for several runs; otherwise nothing.
    fn progress(&self, experiment: &Experiment) -> ProgressBar {
        let plan = &experiment.plan;
        let runs = u64::from(plan.run.replications) * plan.run.policies.len() as u64;
        let is_wanted = !self.arguments.no_progress
            && !self.arguments.quiet
            && plan.run.replications > 1
            && io::stderr().is_terminal();
        if !is_wanted {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
        let style = "{msg} {wide_bar} {pos}/{len} runs, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.with_message(plan.name.clone())
    }

    fn complain(&mut self, experiment: &Experiment, error: &CampaignError) -> io::Result<u8> {
        writeln!(self.err, "error: {}: {error}", experiment.sources.name())?;
        Ok(match error {
            // An exchange without end is the experiment's doing.
            CampaignError::Trial(error) if matches!(**error, TrialError::Stuck(_)) => exit::FAILED,
            CampaignError::Trial(_) | CampaignError::Threads(_) => {
                writeln!(
                    self.err,
                    "this is a bug in the program; please report it with the file"
                )?;
                exit::BUG
            }
        })
    }

    fn report(
        &mut self,
        experiment: &Experiment,
        campaign: &Campaign,
        is_further: bool,
    ) -> io::Result<()> {
        let failures = || report::failures(experiment, campaign, self.err_color);
        match (self.arguments.format, self.arguments.quiet) {
            (Format::Json, _) => {
                write!(self.out, "{}", report::line(experiment, campaign))?;
                write!(self.err, "{}", failures())
            }
            (Format::Human, true) => write!(self.err, "{}", failures()),
            (Format::Human, false) => {
                if is_further {
                    writeln!(self.out)?;
                }
                let text = report::human(experiment, campaign, self.out_color);
                write!(self.out, "{text}")
            }
        }
    }

    /// Records the results of an experiment as its file has it. Those of a changed one go to the
    /// scratch folder, and so do new ones that are not as expected.
    fn record(
        &mut self,
        file: &Path,
        experiment: &Experiment,
        campaign: &Campaign,
        timing: &str,
    ) -> io::Result<u8> {
        let places = Places::beside(file)?;
        let name = &experiment.plan.name;
        let files = results::files(experiment, campaign);
        let given = self.arguments.out.as_ref();
        let is_unworthy = !campaign.is_as_expected()
            && !self.arguments.bless
            && !places.results.join(name).exists();
        let is_unrecorded = experiment.is_overridden || !experiment.plan.run.record || is_unworthy;
        let is_scratch = given.is_none() && is_unrecorded;
        let folder = match given {
            Some(out) => out.join(name),
            None if is_scratch => places.scratch.join(name),
            None => places.results.join(name),
        };
        let outcome = results::record(&folder, &files, is_scratch || self.arguments.bless);
        match outcome {
            Ok(recorded) => {
                results::note_timing(&folder, timing);
                match recorded {
                    Recorded::Unchanged => self.say("unchanged", &folder),
                    Recorded::Written => self.say("written to", &folder),
                    Recorded::Differs(lines) => {
                        self.tell_difference(&folder, &places.scratch.join(name), &files, &lines)
                    }
                }
            }
            Err(error) => {
                writeln!(self.err, "error: {name}: {error}")?;
                writeln!(
                    self.err,
                    "  --out DIR records the results in another folder"
                )?;
                Ok(exit::FAILED)
            }
        }
    }

    fn say(&mut self, what: &str, folder: &Path) -> io::Result<u8> {
        self.tell(&format!("results {what} {}", shown(folder).display()))?;
        Ok(exit::GOOD)
    }

    fn tell(&mut self, line: &str) -> io::Result<()> {
        if self.arguments.quiet {
            return Ok(());
        }
        writeln!(self.err, "{line}")
    }

    fn tell_difference(
        &mut self,
        folder: &Path,
        scratch: &Path,
        files: &results::Files,
        lines: &[String],
    ) -> io::Result<u8> {
        let folder = shown(folder);
        writeln!(
            self.err,
            "error: the results differ from those recorded in {}, which stay",
            folder.display()
        )?;
        for line in lines {
            writeln!(self.err, "  {line}")?;
        }
        match results::record(scratch, files, true) {
            Ok(_) => writeln!(
                self.err,
                "  the new ones are in {}; --bless puts them in place of the recorded ones",
                shown(scratch).display()
            )?,
            Err(error) => writeln!(self.err, "  {error}; --bless replaces the recorded ones")?,
        }
        Ok(exit::FAILED)
    }
}

/// A path as the user would write it: relative to the current folder if it is below.
fn shown(path: &Path) -> PathBuf {
    let current = std::env::current_dir().ok();
    let relative = current.and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    relative.unwrap_or_else(|| path.to_owned())
}
