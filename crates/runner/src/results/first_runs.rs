//! What is recorded of the first replication: ladders, captures, logs and snapshots, of each policy,
//! in a sweep at each point.

use super::{Files, FilesError};
use crate::campaign::{Campaign, Point};
use crate::capture::CaptureError;
use crate::events::EventsError;
use crate::experiment::Experiment;
use crate::report;
use crate::snapshot;
use crate::trial::Trial;

/// Most frames of all captures of an experiment together: they are in memory until all of them are
/// made.
const MOST_FRAMES: u64 = 4_000_000;
/// Most events of all logs together, for the same reason.
const MOST_EVENTS: u64 = 2_000_000;

/// Adds what the experiment asks for.
///
/// # Errors
/// If a capture or a log cannot be made, or all of them are too much.
pub(super) fn add(
    files: &mut Files,
    experiment: &Experiment,
    campaign: &Campaign,
) -> Result<(), FilesError> {
    let (mut frames, mut events) = (0, 0);
    for point in &campaign.points {
        let mut put = |name: &str, bytes: Vec<u8>| {
            let folder = experiment.folder_of(point.at, point.policy);
            files.insert(format!("{folder}/{name}"), bytes);
        };
        add_ladders(experiment, point, &mut put);
        let plan = &experiment.points[point.at.0].plan;
        let trial = Trial {
            policy: point.policy,
            replication: 0,
        };
        if !plan.output.snapshots.is_empty() {
            let snapshots = trial.snapshots(plan).map_err(Box::new)?;
            let text = snapshot::text(plan, &snapshots, plan.output.language);
            put("snapshots.txt", text.into_bytes());
        }
        if plan.output.events {
            let log = trial.events(plan).map_err(Box::new)?;
            events += log.count();
            put("events.jsonl", log.into_text()?);
            if events > MOST_EVENTS {
                return Err(EventsError::TooManyTogether(MOST_EVENTS).into());
            }
        }
        if plan.output.pcapng {
            let capture = trial.capture(plan).map_err(Box::new)?;
            frames += capture.frames();
            put("capture.pcapng", capture.to_pcapng(plan)?);
            if frames > MOST_FRAMES {
                return Err(CaptureError::TooManyTogether(MOST_FRAMES).into());
            }
        }
    }
    Ok(())
}

fn add_ladders(experiment: &Experiment, point: &Point, put: &mut dyn FnMut(&str, Vec<u8>)) {
    let plan = &experiment.points[point.at.0].plan;
    if plan.output.ladder.text {
        let text = report::ladders(plan, point, plan.output.language, false);
        if !text.is_empty() {
            put("ladder.txt", text.into_bytes());
        }
    }
    if plan.output.ladder.svg
        && let Some(picture) = report::pictures(plan, point)
    {
        put("ladder.svg", picture.into_bytes());
    }
}
