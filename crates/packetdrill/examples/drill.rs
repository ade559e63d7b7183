//! Runs scripts: `cargo run --example drill -- [--verbose] [--profile NAME] FILE|DIR...`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use packetdrill::{Options, run_paths};
use std::path::PathBuf;
use std::process::ExitCode;
use tcp_core::Profile;

fn main() -> ExitCode {
    let (mut options, mut paths, mut verbose) = (Options::default(), Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--verbose" => verbose = true,
            "--profile" => {
                options.profile = arguments.next().as_deref().and_then(Profile::from_name);
            }
            path => paths.push(PathBuf::from(path)),
        }
    }
    match run_paths(&paths, &options) {
        Ok(suite) => {
            print!("{}", suite.render(verbose));
            ExitCode::from(suite.exit_code())
        }
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}
