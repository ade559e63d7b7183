//! Small experiments, run, and what they measure.

use runner::campaign::{Campaign, Point};
use runner::experiment::Experiment;
use runner::ladder::{Ladder, draw};
use runner::language::Language;
use runner::metrics::decimal;
use runner::plan::{End, Metric, MetricKey, Period};
use runner::story::Story;
use tcp_core::Phase;

/// Two hosts 50 ms apart, and `rest`.
pub(crate) const HEAD: &str = "schema = 1\nname = \"small\"\n[run]\nseed = 1\nuntil = \"100s\"\n\
                               [link.c2s]\ndelay = \"50ms\"\n[link.s2c]\ndelay = \"50ms\"\n";

/// A connection of round numbers.
pub(crate) const CONNECTION: &str = "[[connection]]\nfrom = \"client:5555\"\n\
                                     iss = { client = 100, server = 300 }\n";

pub(crate) fn experiment(text: &str) -> Experiment {
    match Experiment::parse("small.toml", text, &[]) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

/// The first thing that is wrong with the two hosts and `rest`.
pub(crate) fn mistake(rest: &str) -> String {
    let text = format!("{HEAD}{rest}");
    match Experiment::parse("small.toml", &text, &[]) {
        Ok(_) => panic!("accepted: {rest}"),
        Err(rejection) => rejection.diagnostics[0].title.clone(),
    }
}

/// An experiment and what came out.
pub(crate) struct Lab {
    pub(crate) experiment: Experiment,
    pub(crate) campaign: Campaign,
}

/// Runs the two hosts with `rest`.
pub(crate) fn run(rest: &str) -> Lab {
    run_text(&format!("{HEAD}{rest}"))
}

pub(crate) fn run_text(text: &str) -> Lab {
    let experiment = experiment(text);
    match Campaign::run(&experiment.plan, None, &|| {}) {
        Ok(campaign) => Lab {
            experiment,
            campaign,
        },
        Err(error) => panic!("{error}"),
    }
}

impl Lab {
    pub(crate) fn point(&self) -> &Point {
        &self.campaign.points[0]
    }

    /// The first policy's value of a metric, of one run, in its unit.
    pub(crate) fn value(&self, name: &str) -> String {
        let (period, name) = match name.strip_prefix("after_fault.") {
            Some(name) => (Period::AfterFault, name),
            None => (Period::WholeRun, name),
        };
        let metric = Metric::from_name(name).expect(name);
        let summary = self.point().summary(MetricKey { period, metric });
        summary.map_or_else(|| "-".to_owned(), |found| decimal(found.sum))
    }

    pub(crate) fn assert_values(&self, expected: &[(&str, &str)]) {
        for (name, wanted) in expected {
            assert_eq!(self.value(name), *wanted, "{name}\n{}", self.ladder());
        }
    }

    /// The states of an end of the first four-tuple, with the milliseconds of entering them.
    pub(crate) fn stays(&self, end: End) -> Vec<(Phase, u64)> {
        let list = self.stories()[0].stays(end);
        let millis = |stay: &runner::story::Stay| stay.since.as_nanos() / 1_000_000;
        list.iter().map(|stay| (stay.phase, millis(stay))).collect()
    }

    pub(crate) fn stories(&self) -> Vec<Story<'_>> {
        let point = self.point();
        Story::all(&self.experiment.plan, &point.trace, &point.shown)
    }

    /// The ladder of the first four-tuple.
    pub(crate) fn ladder(&self) -> String {
        let stories = self.stories();
        let Some(story) = stories.first() else {
            return String::new();
        };
        let ladder = Ladder::new(&self.experiment.plan, story);
        draw(&ladder, Language::En, false)
    }
}
