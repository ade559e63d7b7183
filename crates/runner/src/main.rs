//! The command `runner`: parse, dispatch, exit code.

use std::io::{self, Write as _};
use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use runner::check;
use runner::cli::{CheckArguments, Cli, Command, exit};
use runner::drill;
use runner::explain;
use runner::run;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The panic hook has already told what happened; all that is left is the exit code.
    let code = panic::catch_unwind(|| dispatch(&cli.command)).unwrap_or_else(|_| {
        eprintln!("runner: this is a bug in the program; please report it with the command line");
        exit::BUG
    });
    ExitCode::from(code)
}

fn dispatch(command: &Command) -> u8 {
    match command {
        Command::Check(arguments) => check_files(arguments),
        Command::Explain(arguments) => {
            explain::run(arguments, &mut io::stdout(), &mut io::stderr())
        }
        Command::Packetdrill(arguments) => {
            drill::run(arguments, &mut io::stdout(), &mut io::stderr())
        }
        Command::Run(arguments) => run::run(arguments, &mut io::stdout(), &mut io::stderr()),
    }
}

fn check_files(arguments: &CheckArguments) -> u8 {
    let changes = arguments.changes.overrides();
    let color = arguments.color.color.is_on(&io::stderr());
    let mut code = exit::GOOD;
    for file in &arguments.files {
        let report = check::check(file, &changes, color);
        if !report.is_good {
            code = exit::USAGE;
        }
        let written = write!(io::stderr(), "{}", report.messages)
            .and_then(|()| write!(io::stdout(), "{}", report.summary));
        // Whoever closed the pipe does not want to read on.
        if written.is_err() {
            break;
        }
    }
    code
}
