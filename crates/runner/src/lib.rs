//! Experiments on TCP connection management over a faulty network: from a TOML file to ladders,
//! exact counts of embryonic and orphaned connections, and a verdict on each expectation.
//!
//! The program is a thin layer over four steps, which other programs can take as well; the example
//! `library` takes them all:
//!
//! 1. [`Experiment::read`](experiment::Experiment::read) makes of a file, and of changes to it
//!    ([`Override`](overrides::Override)), an experiment, or a
//!    [`Rejection`](diagnostic::Rejection) that says what is wrong and where.
//! 2. Its points each have a [`Plan`](plan::Plan): everything that was meant, with every default.
//! 3. [`Campaign::sweep`](campaign::Campaign::sweep) runs all of it;
//!    [`Campaign::conduct`](campaign::Campaign::conduct) also with rows that are known already, and
//!    until it is interrupted; [`Trial::run`](trial::Trial::run) does a single run.
//! 4. [`Point::summary`](campaign::Point::summary) has the numbers, and
//!    [`results::files`] makes the files that [`results::record`] puts into a folder.
//!
//! Nothing in it knows the time of day, and no result depends on the number of threads.
//!
//! ```
//! use runner::{campaign::Campaign, experiment::Experiment};
//!
//! let text = r#"
//!     schema = 1
//!     name = "one-connection"
//!     run = { seed = 1, until = "10s" }
//!     link.c2s.delay = "50ms"
//!     link.s2c.delay = "50ms"
//!     connection = [{ from = "client:5555" }]
//! "#;
//! let experiment = Experiment::parse("one.toml", text, &[]).map_err(|it| it.render(false))?;
//! let campaign = Campaign::run(&experiment.plan, None, &|| ())?;
//! assert!(campaign.is_as_expected());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod campaign;
pub mod capture;
pub mod catalogue;
pub mod census;
pub mod check;
pub mod cli;
pub mod comparison;
pub mod console;
pub mod contrast;
pub mod describe;
pub mod diagnostic;
pub mod drill;
pub mod effort;
pub mod events;
pub mod expect;
pub mod experiment;
pub mod explain;
pub mod faults;
pub mod flood;
pub mod host;
pub mod interrupt;
pub mod journal;
pub mod ladder;
pub mod language;
pub mod lesson;
pub mod list;
pub mod matrix;
pub mod merge;
pub mod metrics;
pub mod overrides;
pub mod paint;
mod part;
pub mod passage;
pub mod plan;
pub mod progress;
pub mod quantity;
pub mod recorder;
pub mod regress;
pub mod report;
pub mod results;
pub mod retell;
pub mod run;
pub mod schema;
mod session;
pub mod snapshot;
mod spec;
pub mod statistics;
pub mod story;
pub mod theory;
pub mod trace;
pub mod trial;
mod whole_file;
pub mod workload;
