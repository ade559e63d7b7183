//! `runner packetdrill`: conformance scripts against the simulator's own TCP.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use packetdrill::{Options, Suite, run_paths};

use crate::cli::{PacketdrillArguments, exit};
use crate::console::{Console, Stop};

/// Runs the scripts, prints a line for each, and returns the exit code: 0 if none failed, 1 if one
/// did, 2 if a script or an argument is wrong.
pub fn run(arguments: &PacketdrillArguments, mut console: Console<'_>) -> u8 {
    let suite = options(arguments).and_then(|options| {
        run_paths(&arguments.paths, &options).map_err(|error| error.to_string())
    });
    let finished = suite.and_then(|suite| write_junit(arguments, &suite).map(|()| suite));
    match finished {
        Ok(suite) => match console.print(&suite.render(arguments.verbose)) {
            Ok(()) => suite.exit_code(),
            Err(Stop(code)) => suite.exit_code().max(code),
        },
        Err(message) => {
            console.tell(&format!("error: {message}\n"));
            exit::USAGE
        }
    }
}

fn options(arguments: &PacketdrillArguments) -> Result<Options, String> {
    let mut options = Options {
        profile: arguments.profile,
        ..Options::default()
    };
    for set in &arguments.sets {
        let (name, value) = set.split_once('=').ok_or_else(|| {
            format!("--set {set}: expected NAME=VALUE, for example net.ipv4.tcp_rfc1337=1")
        })?;
        options
            .set(name.trim(), value.trim())
            .map_err(|why| format!("--set {set}: {why}"))?;
    }
    Ok(options)
}

fn write_junit(arguments: &PacketdrillArguments, suite: &Suite) -> Result<(), String> {
    let Some(path) = &arguments.junit else {
        return Ok(());
    };
    write_whole(path, &suite.junit())
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Writes a file beside its final place and renames it, so that a reader never sees half. It is a
/// plain file in a temporary folder: a temporary file could be read by its owner only.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let temporary = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempdir_in(parent.unwrap_or(Path::new(".")))?;
    let fresh = temporary.path().join("new");
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_replaces_the_one_before_and_leaves_nothing_else() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("junit.xml");
        for text in ["a long report", "short"] {
            write_whole(&path, text).expect("a folder that can be written");
            assert_eq!(fs::read_to_string(&path).expect("the report"), text);
        }
        assert_eq!(fs::read_dir(home.path()).expect("the folder").count(), 1);
        assert!(write_whole(&home.path().join("none/junit.xml"), "text").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_report_can_be_read_by_whoever_may_read_a_new_file() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().expect("a temporary folder");
        let (plain, report) = (home.path().join("plain"), home.path().join("junit.xml"));
        fs::write(&plain, "text").expect("a folder that can be written");
        write_whole(&report, "text").expect("a folder that can be written");
        let mode = |path: &Path| fs::metadata(path).expect("the file").permissions().mode();
        assert_eq!(mode(&report), mode(&plain));
    }
}
