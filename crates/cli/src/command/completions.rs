//! `promptuary completions`.

use clap_complete::Shell;

use crate::app::App;
use crate::complete;
use crate::exit::{Exit, Failure};

/// Print a shell's completion script
///
/// Source it from the shell's start file: `source <(promptuary completions bash)` in ~/.bashrc, the same with zsh in
/// ~/.zshrc (after compinit), `promptuary completions fish | source` in config.fish. The script asks the program, so it
/// proposes this repository's prompts, releases and environments, and is never older than the program.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    complete::script(&args.shell.to_string(), &mut script).map_err(|error| Failure::of(Exit::Usage, &error))?;
    app.terminal.answer(String::from_utf8_lossy(&script));
    Ok(Exit::Clean)
}
