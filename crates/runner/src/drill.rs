//! `runner packetdrill`: conformance scripts against the simulator's own TCP.

use packetdrill::{Options, Suite, run_paths};

use crate::cli::{PacketdrillArguments, exit};
use crate::console::{Console, Stop};
use crate::whole_file;

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
    whole_file::write(path, suite.junit().as_bytes())
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}
