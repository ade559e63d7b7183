//! A file of rows, read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::header::Header;
use crate::campaign::{Ledger, Row, RunId};
use crate::plan::Plan;
use crate::report::hexadecimal;

/// Octets of the digest at the beginning of a line, which has two characters for each.
const SEAL: usize = 8;

/// Where the rows of a file stand in it. They are read when they are needed: those of a long
/// campaign do not fit into memory.
#[derive(Debug, Default)]
pub struct Rows {
    file: Option<Mutex<File>>,
    places: BTreeMap<RunId, Place>,
    /// Octets up to the first line that is torn.
    end: u64,
    /// Whether there is such a line.
    is_torn: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    at: u64,
    length: usize,
}

impl Rows {
    /// Looks a file through; `None` if its first line is no header.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &Path) -> io::Result<Option<(Header, Rows)>> {
        let file = File::open(path)?;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        let mut rows = Rows::default();
        let mut header = None;
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            let Some(body) = unsealed(&line) else {
                rows.is_torn = true;
                break;
            };
            if header.is_none() {
                header = serde_json::from_str::<Header>(body).ok();
                if header.is_none() {
                    return Ok(None);
                }
            } else if let Some((run, _)) = run_and_row(body) {
                let at = rows.end;
                rows.places.insert(run, Place { at, length });
            } else {
                rows.is_torn = true;
                break;
            }
            rows.end += length as u64;
        }
        rows.file = Some(Mutex::new(file));
        Ok(header.map(|header| (header, rows)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether the end of the file is damaged.
    pub fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// Whether the row of a run is there.
    pub fn has(&self, run: RunId) -> bool {
        self.places.contains_key(&run)
    }

    /// Octets of the file that are good.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The line of a run.
    pub(super) fn line(&self, run: RunId) -> io::Result<Option<Vec<u8>>> {
        let (Some(place), Some(file)) = (self.places.get(&run), &self.file) else {
            return Ok(None);
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.at))?;
        let mut line = vec![0; place.length];
        file.read_exact(&mut line)?;
        Ok(Some(line))
    }
}

impl Ledger for Rows {
    fn find(&self, plan: &Plan, run: RunId) -> Option<Row> {
        let line = self.line(run).ok()??;
        let (found, row) = run_and_row(unsealed(&line)?)?;
        let row = Row::from_line(plan, row)?;
        (found == run).then_some(row)
    }

    fn keep(&self, _run: RunId, _row: &Row) {}
}

/// The line of a run that is over: `DIGEST POINT.POLICY.REPLICATION ROW`.
pub(super) fn line(run: RunId, row: &Row) -> Vec<u8> {
    let RunId {
        point,
        policy,
        replication,
    } = run;
    let row = row.to_line();
    sealed(&format!("{point}.{policy}.{replication} {row}"))
}

fn run_and_row(body: &str) -> Option<(RunId, &str)> {
    let (run, row) = body.split_once(' ')?;
    let mut numbers = run.split('.');
    let run = RunId {
        point: numbers.next()?.parse().ok()?,
        policy: numbers.next()?.parse().ok()?,
        replication: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some((run, row))
}

/// A line with its digest.
pub(super) fn sealed(body: &str) -> Vec<u8> {
    let mut line = seal(body).into_bytes();
    line.push(b' ');
    line.extend_from_slice(body.as_bytes());
    line.push(b'\n');
    line
}

/// What a line says, if it is whole.
fn unsealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (digest, body) = line.split_once(' ')?;
    (seal(body) == digest).then_some(body)
}

fn seal(body: &str) -> String {
    hexadecimal(&Sha256::digest(body)[..SEAL])
}
