//! Reading an experiment: from a file and the command line's changes to a [`Plan`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tcp_core::Handshake;

use crate::campaign::{PointId, runs_of};
use crate::diagnostic::{Diagnostic, Rejection, Sources};
use crate::overrides::Override;
use crate::plan::{self, GridPoint, Mute, Plan, Resolved, Setting};
use crate::spec::{Document, Extent, PointSpec, TextFiles, Written};

/// An experiment that has been read and understood.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What it means: at the first point, if it is a sweep.
    pub plan: Plan,
    /// All points of its sweep, in order: the product of its lists, the last varying fastest. A
    /// single one if there is no sweep.
    pub points: Vec<GridPoint>,
    /// All points of the smaller version that `[regress]` makes of it; none without one.
    pub regression: Vec<GridPoint>,
    /// What is written.
    pub(crate) written: Written,
    /// Remarks for its author that do not stop it.
    pub notes: Vec<Diagnostic>,
    /// Where it was read from; [`notes`](Self::notes) point there.
    pub sources: Sources,
    /// SHA-256 of the file, the overrides and the files that it names, in hexadecimal.
    pub digest: String,
    /// Whether anything was overridden, so that the result is not the file's own.
    pub is_overridden: bool,
    /// The files that it names or extends: names relative to its folder, and texts.
    pub named: Vec<(String, String)>,
    /// The changes that the command line made, in order.
    pub changes: Vec<Override>,
    /// Whether its file has a smaller version of it, the results of which are recorded.
    pub has_regression: bool,
    /// Whether this is that smaller version.
    pub is_regression: bool,
}

impl Experiment {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, or that it cannot be read.
    pub fn read(path: &Path, changes: &[Override]) -> Result<Experiment, Rejection> {
        let read = |extent| Document::read(path, changes, extent);
        Experiment::with_regression(&read, changes)
    }

    /// Reads the smaller version of an experiment that its `[regress]` describes, for regression
    /// tests; all of it if there is none.
    ///
    /// # Errors
    /// Everything that is wrong with it, or that it cannot be read.
    pub fn read_for_regression(path: &Path, changes: &[Override]) -> Result<Experiment, Rejection> {
        let document = Document::read(path, changes, Extent::Regression)?;
        Experiment::understand(document, changes)
    }

    /// Reads a text as if it stood in the file `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        path: impl AsRef<Path>,
        text: &str,
        changes: &[Override],
    ) -> Result<Experiment, Rejection> {
        let read = |extent| Document::parse(path.as_ref(), text, changes, extent);
        Experiment::with_regression(&read, changes)
    }

    /// Reads the whole of an experiment. Its smaller version must be good, too.
    fn with_regression(
        read: &dyn Fn(Extent) -> Result<Document, Rejection>,
        changes: &[Override],
    ) -> Result<Experiment, Rejection> {
        let document = read(Extent::Full)?;
        let has_regression = document.has_regression;
        let mut experiment = Experiment::understand(document, changes)?;
        if has_regression {
            let smaller = Experiment::understand(read(Extent::Regression)?, changes)?;
            experiment.regression = smaller.points;
        }
        Ok(experiment)
    }

    /// How many runs it has at most.
    pub fn runs(&self) -> u64 {
        let points = self.points.iter();
        points.map(|point| runs_of(&point.plan)).sum()
    }

    /// The number of a point of its sweep as the names of folders have it: from 1, with as many
    /// digits as the greatest needs, but at least three.
    pub fn number_of(&self, point: PointId) -> String {
        let digits = self.points.len().to_string().len().max(3);
        format!("{:0digits$}", point.0 + 1)
    }

    /// The folder, within that of its results, for what is recorded of a policy: `POLICY`, or
    /// `point-001/POLICY` at the first point of a sweep.
    pub fn folder_of(&self, point: PointId, policy: Handshake) -> String {
        let policy = policy.name();
        if self.points.len() > 1 {
            format!("point-{}/{policy}", self.number_of(point))
        } else {
            policy.to_owned()
        }
    }

    /// Whether its results are kept under version control. Of an experiment that has a smaller
    /// version, those of the smaller one are.
    pub fn is_recorded(&self) -> bool {
        let is_whole = self.has_regression && !self.is_regression;
        self.plan.run.record && !self.is_overridden && !is_whole
    }

    fn understand(document: Document, changes: &[Override]) -> Result<Experiment, Rejection> {
        let Document {
            points,
            axes,
            written,
            sources,
            files,
            has_regression,
            extent,
        } = document;
        let understood = understand_points(points, &sources, &files, !changes.is_empty());
        let understood = understood.and_then(|understood| {
            let twins = twins(&understood.points, &axes);
            if twins.is_empty() {
                Ok(understood)
            } else {
                Err(twins)
            }
        });
        match understood {
            Ok(Understood {
                points,
                notes,
                digest,
                named,
            }) => Ok(Experiment {
                plan: points[0].plan.clone(),
                points,
                regression: Vec::new(),
                written,
                notes,
                sources,
                digest,
                named,
                is_overridden: !changes.is_empty(),
                changes: changes.to_vec(),
                has_regression,
                is_regression: has_regression && extent == Extent::Regression,
            }),
            Err(diagnostics) => Err(Rejection {
                sources,
                diagnostics,
            }),
        }
    }
}

/// All points of a sweep, the remarks about them, and the digest of all files.
struct Understood {
    points: Vec<GridPoint>,
    notes: Vec<Diagnostic>,
    digest: String,
    /// The files that any point names.
    named: Vec<(String, String)>,
}

fn understand_points(
    specs: Vec<PointSpec>,
    sources: &Sources,
    files: &TextFiles,
    is_overridden: bool,
) -> Result<Understood, Vec<Diagnostic>> {
    let count = specs.len();
    let mut points = Vec::new();
    let (mut problems, mut notes) = (Remarks::default(), Remarks::default());
    let (mut digests, mut named, mut mute) = (Vec::new(), Vec::new(), Vec::new());
    for PointSpec { settings, mut spec } in specs {
        if count > 1 {
            // Ladders of every point of a sweep are many files: they are made if they are asked for.
            let output = spec.output.get_or_insert_default();
            output.ladder.get_or_insert_default();
        }
        match plan::resolve(spec, sources, files.clone()) {
            Ok(Resolved {
                plan,
                notes: own,
                mute: own_mute,
                digest,
                named: own_files,
            }) => {
                named.extend(own_files);
                notes.add(own, &settings);
                mute.push(own_mute);
                if !digests.contains(&digest) {
                    digests.push(digest);
                }
                points.push(GridPoint { settings, plan });
            }
            Err(own) => problems.add(own, &settings),
        }
    }
    if points.len() < count {
        return Err(problems.of_points(count));
    }
    let silent = silent_everywhere(mute);
    // What the command line changes may well leave a model nothing to say.
    if !(is_overridden || silent.is_empty()) {
        return Err(silent);
    }
    // Points that read different files have different digests.
    let digest = match digests.as_slice() {
        [only] => only.clone(),
        several => {
            let mut all = files.clone();
            for digest in several {
                all.include(digest);
            }
            all.digest()
        }
    };
    Ok(Understood {
        points,
        notes: [notes.of_points(count), silent].concat(),
        digest,
        named,
    })
}

/// Values of one axis of a sweep that mean the same, however they are written. Its points are in the
/// order of the axes, the last of them varying fastest.
fn twins(points: &[GridPoint], axes: &[Vec<Range<usize>>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut stride = points.len();
    for places in axes {
        stride /= places.len();
        // All else being equal, points are the same if what they mean is written out the same.
        let mut known: BTreeMap<[u8; 32], usize> = BTreeMap::new();
        for (index, place) in places.iter().enumerate() {
            let point = &points[index * stride];
            let meaning = Sha256::digest(format!("{:?}", point.plan));
            let first = *known.entry(meaning.into()).or_insert(index);
            if first < index {
                found.push(twin(place, &points[first * stride], point));
            }
        }
    }
    found
}

fn twin(place: &Range<usize>, first: &GridPoint, second: &GridPoint) -> Diagnostic {
    let settings = first.settings.iter().zip(&second.settings);
    let others = settings.filter(|(first, second)| first.value != second.value);
    let pairs: Vec<String> = others
        .map(|(first, second)| format!("`{}` means the same as `{}`", second.value, first.value))
        .collect();
    Diagnostic::at(place.clone(), "this value is in the list twice")
        .label(pairs.join(", "))
        .help("`run.replications` repeats every point")
}

/// What is wrong with the models that say nothing at any point.
fn silent_everywhere(mute: Vec<Vec<Mute>>) -> Vec<Diagnostic> {
    let mut points = mute.into_iter();
    let mut silent = points.next().unwrap_or_default();
    for others in points {
        silent.retain(|one| others.iter().any(|other| other.model == one.model));
    }
    silent.into_iter().map(|one| one.problem).collect()
}

/// What is to be said about the points of a sweep, each thing once.
#[derive(Default)]
struct Remarks(Vec<Remark>);

struct Remark {
    diagnostic: Diagnostic,
    /// At how many points.
    points: usize,
    /// What the first of them sets.
    first: Vec<Setting>,
}

impl Remarks {
    fn add(&mut self, diagnostics: Vec<Diagnostic>, settings: &[Setting]) {
        for diagnostic in diagnostics {
            match self
                .0
                .iter_mut()
                .find(|known| known.diagnostic == diagnostic)
            {
                Some(known) => known.points += 1,
                None => self.0.push(Remark {
                    diagnostic,
                    points: 1,
                    first: settings.to_vec(),
                }),
            }
        }
    }

    /// Everything that was said; what holds at some of the `count` points only says where.
    fn of_points(self, count: usize) -> Vec<Diagnostic> {
        let each = self.0.into_iter().map(|remark| {
            let mut diagnostic = remark.diagnostic;
            if remark.points < count {
                let pairs = remark
                    .first
                    .iter()
                    .map(|it| format!("{} = {}", it.key, it.value));
                let place = format!("at {}", pairs.collect::<Vec<_>>().join(", "));
                diagnostic.help = match diagnostic.help.as_str() {
                    "" => place,
                    help => format!("{help} ({place})"),
                };
            }
            diagnostic
        });
        each.collect()
    }
}
