//! What `run` and `merge` have in common: an experiment is conducted, reported and recorded.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::campaign::{self, Campaign, CampaignError, ChoiceError, Chosen, Conduct, Ledger};
use crate::cli::{Format, MannerArguments, exit};
use crate::console::{Console, Stop, is_ascii_terminal};
use crate::diagnostic::{Rejection, render_notes};
use crate::effort::{Meter, Usage};
use crate::experiment::Experiment;
use crate::interrupt;
use crate::language::Language;
use crate::paint::{WIDTH, ascii, wrapped};
use crate::progress::Progress;
use crate::report;
use crate::results::{self, Places, Recorded, shown};
use crate::snapshot;
use crate::trial::Trial;

/// One call of the program.
pub(crate) struct Session<'a> {
    manner: &'a MannerArguments,
    console: Console<'a>,
    out_color: bool,
    err_color: bool,
}

/// Where the files of an experiment go.
pub(crate) struct Target {
    /// By default.
    pub(crate) places: Places,
    /// Instead.
    pub(crate) out: Option<PathBuf>,
}

/// What came out, and what it took.
pub(crate) struct Conducted {
    campaign: Campaign,
    /// The same as it is to be seen. What is recorded does not depend on it.
    seen: Option<Campaign>,
    usage: Usage,
}

impl Conducted {
    /// As put together from what others have done: what it took tells nothing of their runs.
    pub(crate) fn merged(mut self) -> Conducted {
        self.usage.effort = None;
        self
    }

    /// With this connection shown in place of what is shown by itself.
    pub(crate) fn showing(mut self, chosen: Option<Chosen>) -> Conducted {
        self.seen = chosen.map(|chosen| {
            let mut seen = self.campaign.clone();
            chosen.show_in(&mut seen);
            seen
        });
        self
    }
}

impl<'a> Session<'a> {
    pub(crate) fn new(manner: &'a MannerArguments, console: Console<'a>) -> Session<'a> {
        Session {
            manner,
            console,
            out_color: manner.color.color.is_on(&io::stdout()),
            err_color: manner.color.color.is_on(&io::stderr()),
        }
    }

    /// Threads to use.
    pub(crate) fn jobs(&self) -> Option<NonZeroUsize> {
        self.manner.jobs
    }

    /// Tells a message.
    pub(crate) fn tell(&mut self, text: &str) {
        self.console.tell(text);
    }

    /// Tells the remarks on an experiment.
    pub(crate) fn tell_notes(&mut self, experiment: &Experiment) {
        let notes = render_notes(&experiment.sources, &experiment.notes, self.err_color);
        self.console.tell(&notes);
    }

    pub(crate) fn refuse(&mut self, rejection: &Rejection) -> u8 {
        self.console.tell(&rejection.render(self.err_color));
        exit::USAGE
    }

    /// A bar on a terminal, lines elsewhere, for several runs; otherwise nothing.
    pub(crate) fn progress(&self, experiment: &Experiment, runs: u64) -> Progress {
        let plan = &experiment.plan;
        let is_wanted =
            !self.manner.no_progress && !self.manner.quiet && runs > plan.run.policies.len() as u64;
        match (is_wanted, io::stderr().is_terminal()) {
            (false, _) => Progress::hidden(),
            (true, true) => Progress::bar(&plan.name, runs),
            (true, false) => Progress::lines(&plan.name, runs),
        }
    }

    /// The connection that is to be shown, if one was asked for; otherwise the exit code.
    pub(crate) fn choose(&mut self, experiment: &Experiment) -> Result<Option<Chosen>, u8> {
        let number = self.manner.showing.connection;
        let chosen = number.map(|number| Chosen::find(&experiment.points, number));
        chosen.transpose().map_err(|error| match error {
            ChoiceError::Trial(error) => self.complain(experiment, &CampaignError::Trial(error)),
            error => {
                let name = experiment.sources.name();
                self.console.tell(&format!("error: {name}: {error}\n"));
                exit::USAGE
            }
        })
    }

    /// Runs an experiment.
    pub(crate) fn conduct(
        &mut self,
        experiment: &Experiment,
        ledger: &dyn Ledger,
    ) -> Result<Conducted, CampaignError> {
        let meter = Meter::start();
        let progress = self.progress(experiment, experiment.runs());
        let conduct = Conduct {
            jobs: self.manner.jobs,
            watch: &progress,
            ledger,
            interrupted: Some(interrupt::flag()),
        };
        let campaign = Campaign::conduct(&experiment.points, &conduct)?;
        drop(progress);
        let usage = meter.stop(campaign.effort, campaign.known_runs);
        Ok(Conducted {
            campaign,
            seen: None,
            usage,
        })
    }

    /// Makes sure that results can be written where they are to be, before anything is run. Which of
    /// the places it will be is known afterwards only; otherwise the exit code.
    pub(crate) fn check_places(
        &mut self,
        experiment: &Experiment,
        target: &Target,
    ) -> Result<(), u8> {
        let places = &target.places;
        let (baseline, scratch) = (places.results_of(experiment), places.scratch_of(experiment));
        // What was recorded stays as it is, unless it is to be replaced.
        let is_written =
            experiment.is_recorded() && (self.manner.bless || !results::is_recorded(&baseline));
        let folders = match &target.out {
            Some(out) => vec![out.join(&experiment.plan.name)],
            None if is_written => vec![baseline, scratch],
            None => vec![scratch],
        };
        let mut checked = folders.iter().map(|folder| results::check_place(folder));
        match checked.find_map(Result::err) {
            None => Ok(()),
            Some(error) => Err(self.fail(&experiment.plan.name, &error)),
        }
    }

    /// Reports and records what came out. Says whether it is on the disk, too.
    pub(crate) fn tell_all(
        &mut self,
        experiment: &Experiment,
        conducted: &Conducted,
        target: &Target,
        is_further: bool,
    ) -> (Result<u8, Stop>, bool) {
        let Conducted {
            campaign,
            seen,
            usage,
        } = conducted;
        let seen = seen.as_ref().unwrap_or(campaign);
        let reported = self.report(experiment, seen, is_further);
        for line in wrapped(&usage.line(self.language(experiment)), WIDTH) {
            self.remark(&line);
        }
        let jobs = campaign::threads(self.manner.jobs, experiment.runs());
        let recorded = self.record(target, experiment, campaign, &usage.timing(jobs));
        let expected = if campaign.is_as_expected() {
            exit::GOOD
        } else {
            exit::FAILED
        };
        let (recorded, is_safe) = recorded.map_or_else(|code| (code, false), |code| (code, true));
        let code = expected.max(recorded);
        let told = reported.map_err(|Stop(stop)| Stop(stop.max(code)));
        (told.map(|()| code), is_safe)
    }

    pub(crate) fn complain(&mut self, experiment: &Experiment, error: &CampaignError) -> u8 {
        let name = experiment.sources.name();
        self.console.tell(&format!("error: {name}: {error}\n"));
        let code = error.exit_code();
        if code == exit::BUG {
            let advice = "this is a bug in the program; please report it with the file\n";
            self.console.tell(advice);
        }
        code
    }

    /// Whether nothing but ASCII is to be printed.
    fn is_ascii(&self) -> bool {
        let showing = &self.manner.showing;
        showing.ascii || showing.lang.is_none() && is_ascii_terminal()
    }

    /// The language in which an experiment is told, which is English in ASCII.
    fn language(&self, experiment: &Experiment) -> Language {
        match self.manner.showing.lang {
            _ if self.is_ascii() => Language::En,
            None => experiment.plan.output.language,
            Some(language) => language,
        }
    }

    fn report(
        &mut self,
        experiment: &Experiment,
        campaign: &Campaign,
        is_further: bool,
    ) -> Result<(), Stop> {
        let is_human = self.manner.format == Format::Human;
        if self.manner.quiet || !is_human {
            let failures = report::failures(experiment, campaign, self.err_color);
            self.console.tell(&failures);
        }
        if !is_human {
            return self.console.print(&report::line(experiment, campaign));
        }
        if self.manner.quiet {
            return Ok(());
        }
        let gap = if is_further { "\n" } else { "" };
        let language = self.language(experiment);
        let mut text = report::human(experiment, campaign, language, self.out_color);
        text.push_str(&snapshots(experiment, language));
        let text = if self.is_ascii() { ascii(&text) } else { text };
        self.console.print(&format!("{gap}{text}"))
    }

    /// Records the results of an experiment as its file has it. Those of a changed one go to the
    /// scratch folder, and so do new ones that are not as expected, unless a folder is given.
    fn record(
        &mut self,
        target: &Target,
        experiment: &Experiment,
        campaign: &Campaign,
        timing: &str,
    ) -> Result<u8, u8> {
        let name = &experiment.plan.name;
        let places = &target.places;
        let files = match results::files(experiment, campaign) {
            Ok(files) => files,
            Err(error) => {
                self.tell(&format!("error: {name}: {error}\n"));
                return Err(exit::FAILED);
            }
        };
        let (baseline, scratch) = (places.results_of(experiment), places.scratch_of(experiment));
        let is_comparable = experiment.is_recorded();
        let is_worthy =
            campaign.is_as_expected() || self.manner.bless || results::is_recorded(&baseline);
        let (folder, reason) = match &target.out {
            Some(out) => (out.join(name), ""),
            None if is_comparable && is_worthy => (baseline.clone(), ""),
            None => (scratch.clone(), why_not_recorded(experiment)),
        };
        let is_kept = !is_same(&folder, &scratch) && (is_comparable || is_same(&folder, &baseline));
        let outcome = results::record(&folder, &files, self.manner.bless || !is_kept);
        if matches!(outcome, Ok(Recorded::Unchanged | Recorded::Written { .. })) {
            results::note_timing(&folder, timing);
        }
        match outcome {
            Ok(Recorded::Unchanged) => Ok(self.say("unchanged", &folder, reason)),
            Ok(Recorded::Written { others }) => {
                let code = self.say("written to", &folder, reason);
                if !others.is_empty() {
                    let list = others.join(", ");
                    self.remark(&format!("  left alone there, not from a run: {list}"));
                }
                Ok(code)
            }
            Ok(Recorded::Differs(lines)) => {
                Ok(self.tell_difference(&folder, &scratch, &files, &lines))
            }
            Err(error) => Err(self.fail(name, &error)),
        }
    }

    pub(crate) fn fail(&mut self, name: &str, error: &dyn Display) -> u8 {
        self.console.tell(&format!(
            "error: {name}: {error}\n  --out DIR records the results in another folder\n"
        ));
        exit::FAILED
    }

    fn say(&mut self, what: &str, folder: &Path, reason: &str) -> u8 {
        let folder = shown(folder);
        self.remark(&format!("results {what} {}{reason}", folder.display()));
        exit::GOOD
    }

    /// Tells what `--quiet` leaves out.
    pub(crate) fn remark(&mut self, line: &str) {
        if !self.manner.quiet {
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

/// The snapshots that were asked for, policy by policy, from a run of their own: what is recorded
/// may be in another language. Those of a sweep would be a book, and are only recorded. If a run
/// fails, which it has not done before, nothing is said here but when it is recorded.
fn snapshots(experiment: &Experiment, language: Language) -> String {
    let plan = &experiment.plan;
    let mut text = String::new();
    if experiment.points.len() > 1 || plan.output.snapshots.is_empty() {
        return text;
    }
    for &policy in &plan.run.policies {
        let replication = 0;
        let trial = Trial {
            policy,
            replication,
        };
        let heading = language.choose("snapshots, ", "快照，");
        if let Ok(snapshots) = trial.snapshots(plan) {
            let pages = snapshot::text(plan, &snapshots, language);
            text.extend(["\n", heading, policy.name(), "\n", &pages]);
        }
    }
    text
}

/// Why results go to the scratch folder.
fn why_not_recorded(experiment: &Experiment) -> &'static str {
    if experiment.is_overridden {
        " (not recorded: options have changed the experiment)"
    } else if !experiment.plan.run.record {
        " (not recorded: the file says `record = false`)"
    } else if !experiment.is_recorded() {
        " (not recorded: of this file the version of [regress] is, by `runner regress --bless`)"
    } else {
        " (not recorded: not everything is as expected; --bless records it all the same)"
    }
}

/// Whether two paths lead to one folder that exists.
fn is_same(one: &Path, other: &Path) -> bool {
    let found = (one.canonicalize(), other.canonicalize());
    matches!(found, (Ok(one), Ok(other)) if one == other)
}
