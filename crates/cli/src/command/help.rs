//! `promptuary help`.

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::manual;

/// Print the help of a command, as its `--help` does
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command, such as `promote` or `policy publish`; the overview where it is left out
    command: Vec<String>,
}

/// Prints it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let help = manual::help(&args.command).ok_or_else(|| manual::unknown(&args.command))?;
    app.terminal.answer(if app.terminal.colour { help.ansi().to_string() } else { help.to_string() });
    Ok(Exit::Clean)
}
