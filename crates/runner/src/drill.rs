//! `runner packetdrill`: conformance scripts against the simulator's own TCP.

use std::fs;
use std::io::Write;

use packetdrill::{Options, Suite, run_paths};

use crate::cli::{PacketdrillArguments, exit};

/// Runs the scripts, prints a line for each, and returns the exit code: 0 if none failed, 1 if one
/// did, 2 if a script or an argument is wrong.
pub fn run(
    arguments: &PacketdrillArguments,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> u8 {
    let suite = match options(arguments).and_then(|options| {
        run_paths(&arguments.paths, &options).map_err(|error| error.to_string())
    }) {
        Ok(suite) => suite,
        Err(message) => {
            drop(writeln!(messages, "error: {message}"));
            return exit::USAGE;
        }
    };
    // Whoever closed the pipe does not want to read on.
    drop(write!(out, "{}", suite.render(arguments.verbose)));
    match write_junit(arguments, &suite) {
        Ok(()) => suite.exit_code(),
        Err(message) => {
            drop(writeln!(messages, "error: {message}"));
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

/// Writes the report next to its final place and renames it, so that a reader never sees half.
fn write_junit(arguments: &PacketdrillArguments, suite: &Suite) -> Result<(), String> {
    let Some(path) = &arguments.junit else {
        return Ok(());
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let place = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| ".".as_ref())).map_err(place)?;
    file.write_all(suite.junit().as_bytes()).map_err(place)?;
    file.persist(path).map_err(|error| place(error.error))?;
    debug_assert!(fs::exists(path).unwrap_or(true), "persist has renamed it");
    Ok(())
}
