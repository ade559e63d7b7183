//! `runner run`: each file is read, run, reported and recorded.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use crate::campaign::{Campaign, CampaignError, runs_of};
use crate::catalogue;
use crate::cli::{Format, RunArguments, exit};
use crate::console::{Console, Stop, is_ascii_terminal};
use crate::diagnostic::{Rejection, render_notes};
use crate::effort::Meter;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::overrides::Override;
use crate::paint::ascii;
use crate::progress::Progress;
use crate::report;
use crate::results::{self, Places, Recorded, shown};

/// Runs every file, even if another is bad; returns the exit code of the worst.
pub fn run<'a>(arguments: &'a RunArguments, console: Console<'a>) -> u8 {
    let changes = arguments.changes.overrides();
    let mut session = Session {
        arguments,
        console,
        out_color: arguments.color.color.is_on(&io::stdout()),
        err_color: arguments.color.color.is_on(&io::stderr()),
    };
    let mut worst = exit::GOOD;
    for (index, file) in arguments.files.iter().enumerate() {
        let done = match catalogue::locate(file) {
            Ok(file) => session.run_file(&file, &changes, index > 0),
            Err(rejection) => Ok(session.refuse(&rejection)),
        };
        match done {
            Ok(code) => worst = worst.max(code),
            Err(Stop(code)) => return worst.max(code),
        }
    }
    worst
}

/// One call of `runner run`.
struct Session<'a> {
    arguments: &'a RunArguments,
    console: Console<'a>,
    out_color: bool,
    err_color: bool,
}

impl Session<'_> {
    fn run_file(
        &mut self,
        file: &Path,
        changes: &[Override],
        is_further: bool,
    ) -> Result<u8, Stop> {
        let experiment = match Experiment::read(file, changes) {
            Ok(experiment) => experiment,
            Err(rejection) => return Ok(self.refuse(&rejection)),
        };
        let notes = render_notes(&experiment.sources, &experiment.notes, self.err_color);
        self.console.tell(&notes);
        let meter = Meter::start();
        let progress = self.progress(&experiment);
        let campaign = Campaign::sweep(&experiment.points, self.arguments.jobs, &progress);
        drop(progress);
        let campaign = match campaign {
            Ok(campaign) => campaign,
            Err(error) => return Ok(self.complain(&experiment, &error)),
        };
        let jobs = self.arguments.jobs.map_or(0, std::num::NonZeroUsize::get);
        let usage = meter.stop(campaign.effort);
        let reported = self.report(&experiment, &campaign, is_further);
        self.remark(&usage.to_string());
        let recorded = self.record(file, &experiment, &campaign, &usage.timing(jobs));
        let expected = if campaign.is_as_expected() {
            exit::GOOD
        } else {
            exit::FAILED
        };
        let code = expected.max(recorded);
        reported.map_err(|Stop(stop)| Stop(stop.max(code)))?;
        Ok(code)
    }

    fn refuse(&mut self, rejection: &Rejection) -> u8 {
        self.console.tell(&rejection.render(self.err_color));
        exit::USAGE
    }

    /// A bar on a terminal, lines elsewhere, for several runs; otherwise nothing.
    fn progress(&self, experiment: &Experiment) -> Progress {
        let plan = &experiment.plan;
        let runs = experiment
            .points
            .iter()
            .map(|point| runs_of(&point.plan))
            .sum::<u64>();
        let is_wanted = !self.arguments.no_progress
            && !self.arguments.quiet
            && runs > plan.run.policies.len() as u64;
        match (is_wanted, io::stderr().is_terminal()) {
            (false, _) => Progress::hidden(),
            (true, true) => Progress::bar(&plan.name, runs),
            (true, false) => Progress::lines(&plan.name, runs),
        }
    }

    fn complain(&mut self, experiment: &Experiment, error: &CampaignError) -> u8 {
        let name = experiment.sources.name();
        self.console.tell(&format!("error: {name}: {error}\n"));
        let code = error.exit_code();
        if code == exit::BUG {
            let advice = "this is a bug in the program; please report it with the file\n";
            self.console.tell(advice);
        }
        code
    }

    fn report(
        &mut self,
        experiment: &Experiment,
        campaign: &Campaign,
        is_further: bool,
    ) -> Result<(), Stop> {
        let is_human = self.arguments.format == Format::Human;
        if self.arguments.quiet || !is_human {
            let failures = report::failures(experiment, campaign, self.err_color);
            self.console.tell(&failures);
        }
        if !is_human {
            return self.console.print(&report::line(experiment, campaign));
        }
        if self.arguments.quiet {
            return Ok(());
        }
        let gap = if is_further { "\n" } else { "" };
        let showing = &self.arguments.showing;
        let is_ascii = showing.ascii || showing.lang.is_none() && is_ascii_terminal();
        let language = match showing.lang {
            _ if is_ascii => Language::En,
            None => experiment.plan.output.language,
            Some(language) => language,
        };
        let text = report::human(experiment, campaign, language, self.out_color);
        let text = if is_ascii { ascii(&text) } else { text };
        self.console.print(&format!("{gap}{text}"))
    }

    /// Records the results of an experiment as its file has it. Those of a changed one go to the
    /// scratch folder, and so do new ones that are not as expected, unless a folder is given.
    fn record(
        &mut self,
        file: &Path,
        experiment: &Experiment,
        campaign: &Campaign,
        timing: &str,
    ) -> u8 {
        let name = &experiment.plan.name;
        let places = match Places::beside(file) {
            Ok(places) => places,
            Err(error) => return self.fail(name, &error),
        };
        let files = match results::files(experiment, campaign) {
            Ok(files) => files,
            Err(error) => {
                self.console.tell(&format!("error: {name}: {error}\n"));
                return exit::FAILED;
            }
        };
        if let Err(Stop(stop)) = self.print_snapshots(experiment, &files) {
            return stop;
        }
        let (baseline, scratch) = (places.results_of(experiment), places.scratch_of(experiment));
        let is_comparable = experiment.is_recorded();
        let is_worthy =
            campaign.is_as_expected() || self.arguments.bless || results::is_recorded(&baseline);
        let folder = match &self.arguments.out {
            Some(out) => out.join(name),
            None if is_comparable && is_worthy => baseline.clone(),
            None => scratch.clone(),
        };
        let is_kept = !is_same(&folder, &scratch) && (is_comparable || is_same(&folder, &baseline));
        let outcome = results::record(&folder, &files, self.arguments.bless || !is_kept);
        if matches!(outcome, Ok(Recorded::Unchanged | Recorded::Written { .. })) {
            results::note_timing(&folder, timing);
        }
        match outcome {
            Ok(Recorded::Unchanged) => self.say("unchanged", &folder),
            Ok(Recorded::Written { others }) => {
                let code = self.say("written to", &folder);
                if !others.is_empty() {
                    let list = others.join(", ");
                    self.remark(&format!("  left alone there, not from a run: {list}"));
                }
                code
            }
            Ok(Recorded::Differs(lines)) => self.tell_difference(&folder, &scratch, &files, &lines),
            Err(error) => self.fail(name, &error),
        }
    }

    /// Prints the snapshots that were asked for, policy by policy.
    fn print_snapshots(
        &mut self,
        experiment: &Experiment,
        files: &results::Files,
    ) -> Result<(), Stop> {
        if self.arguments.quiet || self.arguments.format != Format::Human {
            return Ok(());
        }
        for &policy in &experiment.plan.run.policies {
            if let Some(bytes) = files.get(&results::snapshots_of(policy)) {
                let text = String::from_utf8_lossy(bytes);
                let page = format!("\nsnapshots, {}\n{text}", policy.name());
                self.console.print(&page)?;
            }
        }
        Ok(())
    }

    fn fail(&mut self, name: &str, error: &dyn Display) -> u8 {
        self.console.tell(&format!(
            "error: {name}: {error}\n  --out DIR records the results in another folder\n"
        ));
        exit::FAILED
    }

    fn say(&mut self, what: &str, folder: &Path) -> u8 {
        self.remark(&format!("results {what} {}", shown(folder).display()));
        exit::GOOD
    }

    /// Tells what `--quiet` leaves out.
    fn remark(&mut self, line: &str) {
        if !self.arguments.quiet {
            self.console.tell(&format!("{line}\n"));
        }
    }

    fn tell_difference(
        &mut self,
        folder: &Path,
        scratch: &Path,
        files: &results::Files,
        lines: &[String],
    ) -> u8 {
        let mut text = format!(
            "error: the results differ from those recorded in {}, which stay\n",
            shown(folder).display()
        );
        for line in lines {
            text.extend(["  ", line, "\n"]);
        }
        let way_out = match results::record(scratch, files, true) {
            Ok(_) => format!(
                "  the new ones are in {}; --bless puts them in place of the recorded ones\n",
                shown(scratch).display()
            ),
            Err(error) => format!("  {error}; --bless replaces the recorded ones\n"),
        };
        text.push_str(&way_out);
        self.console.tell(&text);
        exit::FAILED
    }
}

/// Whether two paths lead to one folder that exists.
fn is_same(one: &Path, other: &Path) -> bool {
    let found = (one.canonicalize(), other.canonicalize());
    matches!(found, (Ok(one), Ok(other)) if one == other)
}
