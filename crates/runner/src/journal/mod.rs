//! Rows of runs in a file: what an interrupted campaign has done so far, or one part of it.
//!
//! The file has lines. Each begins with a digest of the rest, so that one which a kill has torn is
//! known for what it is; it ends the file. The first line says which experiment it is of, and has
//! its text; every other has one run. A journal grows while the campaign is run, in the order in
//! which runs end; a part is complete and in the order of [`Shard::runs`].

mod header;
mod rows;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::campaign::{Ledger, Row, RunId, Shard};
use crate::plan::{GridPoint, Plan};
use crate::whole_file;

pub use header::{Header, HeaderError};
pub use rows::Rows;

/// How the files of parts end.
pub const PART: &str = "part";

/// What is lost at most if the program is killed: the runs that ended in this time. A campaign that
/// is over sooner leaves no trace on the disk.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process writes it.
    #[error("another process is at the same runs: it writes {}", .0.display())]
    Busy(PathBuf),
    /// The operating system refused.
    #[error("cannot open {}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
}

/// A file of rows that grows.
pub struct Journal {
    path: PathBuf,
    /// The first line of the file.
    head: Vec<u8>,
    /// Those of an earlier run of the program.
    before: Rows,
    writer: Mutex<Writer>,
}

struct Writer {
    /// `None` as long as nothing was written.
    file: Option<File>,
    /// Lines that are not written yet.
    pending: Vec<u8>,
    written: Instant,
    /// Runs that were done now.
    kept: usize,
    /// Why nothing is written any more.
    error: Option<io::Error>,
    /// Whether the folder was not there before.
    has_made_folder: bool,
}

impl Journal {
    /// Opens the journal of an experiment, with what an interrupted run has left in it. What is of
    /// another experiment, or was written by another program, is not used.
    ///
    /// # Errors
    /// If another process is at it, or it is there and cannot be read and written.
    pub fn open(path: PathBuf, header: &Header) -> Result<Journal, JournalError> {
        let failed = |source| JournalError::Failed {
            path: path.clone(),
            source,
        };
        let head = header.line();
        let (file, before) = match OpenOptions::new().read(true).append(true).open(&path) {
            Ok(file) => {
                lock(&file, &path)?;
                match Rows::open(&path).map_err(failed)? {
                    Some((found, rows)) if found == *header => {
                        // What a kill has torn would make the next line unreadable, too.
                        file.set_len(rows.end()).map_err(failed)?;
                        (Some(file), rows)
                    }
                    _ => {
                        file.set_len(0).map_err(failed)?;
                        (None, Rows::default())
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Rows::default()),
            Err(error) => return Err(failed(error)),
        };
        Ok(Journal {
            path,
            head,
            before,
            writer: Mutex::new(Writer {
                file,
                pending: Vec::new(),
                written: now(),
                kept: 0,
                error: None,
                has_made_folder: false,
            }),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many runs were done before.
    pub fn known(&self) -> usize {
        self.before.len()
    }

    /// How many runs are done, now and before.
    pub fn len(&self) -> usize {
        self.before.len() + self.writer().kept
    }

    /// Whether no run is done.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes what is not written yet. Says whether everything is on the disk.
    ///
    /// # Errors
    /// What went wrong, now or before; the journal is incomplete then.
    pub fn flush(&self) -> Result<(), io::Error> {
        let mut writer = self.writer();
        self.write(&mut writer);
        match &writer.error {
            None => Ok(()),
            Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    /// Removes the file: what was in it is no longer needed.
    pub fn remove(self) {
        let writer = self.writer.into_inner();
        let writer = writer.unwrap_or_else(PoisonError::into_inner);
        drop(writer.file);
        // A file that stays is found by the next run, which needs it as little.
        drop(fs::remove_file(&self.path));
        if let Some(folder) = self.path.parent().filter(|_| writer.has_made_folder) {
            drop(fs::remove_dir(folder));
        }
    }

    /// Makes a part of it, which appears whole, and removes the journal.
    ///
    /// # Errors
    /// If the journal or the part cannot be written; the journal stays then.
    pub fn into_part(self, part: &Path, shard: Shard, points: &[GridPoint]) -> io::Result<()> {
        self.flush()?;
        let rows = Rows::open(&self.path)?.map(|(_, rows)| rows);
        let rows = rows.unwrap_or_default();
        let staged = whole_file::stage(part, |file| {
            let mut file = io::BufWriter::new(file);
            file.write_all(&self.head)?;
            for run in shard.runs(points) {
                let line = rows.line(run)?;
                file.write_all(&line.ok_or(io::ErrorKind::UnexpectedEof)?)?;
            }
            file.flush()
        })?;
        staged.place()?;
        self.remove();
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, writer: &mut Writer) {
        writer.written = now();
        if writer.error.is_some() {
            return;
        }
        if let Err(error) = self.try_write(writer) {
            writer.error = Some(error);
            writer.pending = Vec::new();
        }
    }

    fn try_write(&self, writer: &mut Writer) -> io::Result<()> {
        if writer.file.is_none() {
            if let Some(folder) = self.path.parent() {
                writer.has_made_folder = !folder.exists();
                fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            let mut file = options.create(true).append(true).open(&self.path)?;
            lock(&file, &self.path).map_err(io::Error::other)?;
            file.set_len(0)?;
            file.write_all(&self.head)?;
            writer.file = Some(file);
        }
        if let Some(file) = &mut writer.file {
            file.write_all(&writer.pending)?;
        }
        writer.pending.clear();
        Ok(())
    }
}

impl Ledger for Journal {
    fn find(&self, plan: &Plan, run: RunId) -> Option<Row> {
        self.before.find(plan, run)
    }

    fn keep(&self, run: RunId, row: &Row) {
        let line = rows::line(run, row);
        let mut writer = self.writer();
        if writer.error.is_some() {
            return;
        }
        writer.pending.extend_from_slice(&line);
        writer.kept += 1;
        if writer.written.elapsed() >= BETWEEN_WRITES {
            self.write(&mut writer);
        }
    }
}

/// Takes a journal for this process, until the file is closed.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(JournalError::Busy(path.to_owned())),
        // Where the system cannot lock files, two processes may do the same runs twice, no more:
        // torn lines are known by their digests.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it decides when rows go to the disk, and is in no result"
)]
fn now() -> Instant {
    Instant::now()
}
