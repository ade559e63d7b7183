//! The command `runner`: parse, dispatch, exit code.

use std::io;
use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use runner::cli::{Cli, Command, exit};
use runner::console::Console;
use runner::{check, contrast, drill, explain, list, matrix, merge, regress, retell, run, schema};

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
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let console = Console::new(&mut out, &mut err);
    match command {
        Command::Check(arguments) => check::run(arguments, console),
        Command::Compare(arguments) => contrast::run(arguments, console),
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::List(arguments) => list::run(arguments, console),
        Command::Matrix(arguments) => matrix::run(arguments, console),
        Command::Merge(arguments) => merge::run(arguments, console),
        Command::Packetdrill(arguments) => drill::run(arguments, console),
        Command::Report(arguments) => retell::run(arguments, console),
        Command::Regress(arguments) => regress::run(arguments, console),
        Command::Run(arguments) => run::run(arguments, console),
        Command::Schema => schema::run(console),
    }
}
