//! `promptuary completions`.

use clap_complete::Shell;

use crate::app::App;
use crate::exit::Exit;

/// Print a shell's completion script
///
/// Source it from the shell's start file, for example `source <(promptuary completions bash)` in ~/.bashrc.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args, app: &App) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::args::command(), "promptuary", &mut script);
    app.terminal.answer(String::from_utf8_lossy(&script));
    Exit::Clean
}
