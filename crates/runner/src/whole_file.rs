//! Files that appear whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What the names of files begin with that are not complete.
const UNFINISHED: &str = ".unfinished-";

/// Whether a file is one that was never completed, because the program was killed.
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// A file that is complete, but not in its place yet; without [`Staged::place`] it disappears.
pub(crate) struct Staged {
    file: NamedTempFile<File>,
    path: PathBuf,
}

impl Staged {
    /// Puts it in place of the one that has its name, at one stroke.
    ///
    /// # Errors
    /// If it cannot be; the old one stays then.
    pub(crate) fn place(self) -> io::Result<()> {
        self.file.persist(self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Writes a file beside its place. Folders on the way are created.
///
/// # Errors
/// If it cannot be written, or what `fill` says.
pub(crate) fn stage(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<Staged> {
    let above = path
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(above)?;
    // A temporary file is its owner's alone unless it is created like any other.
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .make_in(above, |path| File::create_new(path))?;
    fill(file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(Staged {
        file,
        path: path.to_owned(),
    })
}

/// Makes sure that files can be written to a folder, which need not exist. Nothing is left there.
///
/// # Errors
/// Why they cannot be.
pub(crate) fn check_place(folder: &Path) -> io::Result<()> {
    let nearest = folder.ancestors().find(|above| above.exists());
    let nearest = nearest.unwrap_or(Path::new("."));
    if !nearest.is_dir() {
        let why = format!("{} is no folder", nearest.display());
        return Err(io::Error::new(io::ErrorKind::NotADirectory, why));
    }
    drop(stage(&nearest.join("place"), |_| Ok(()))?);
    Ok(())
}

/// Writes a file in place of the one that has its name, at one stroke: whoever reads it, or finds
/// it after a power cut, sees the old one or the new one. Folders on the way are created.
///
/// # Errors
/// If it cannot be written; the old one stays then.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    stage(path, |file| file.write_all(bytes))?.place()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_the_one_before_and_leaves_nothing_else() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("below/junit.xml");
        for text in ["a long report", "short"] {
            write(&path, text.as_bytes()).expect("a folder that can be written");
            assert_eq!(fs::read_to_string(&path).expect("the report"), text);
        }
        let left = fs::read_dir(home.path().join("below")).expect("the folder");
        assert_eq!(left.count(), 1);
        fs::create_dir(home.path().join("folder")).expect("writable");
        assert!(write(&home.path().join("folder"), b"text").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn it_can_be_read_by_whoever_may_read_a_new_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let home = tempfile::tempdir().expect("a temporary folder");
        let (plain, whole) = (home.path().join("plain"), home.path().join("whole"));
        fs::write(&plain, "text").expect("a folder that can be written");
        write(&whole, b"text").expect("a folder that can be written");
        let mode = |path: &Path| fs::metadata(path).expect("the file").permissions().mode();
        assert_eq!(mode(&whole), mode(&plain));
    }
}
