//! `promptuary hook`.

mod pre_push;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Judge what git is about to do: called by the scripts in .githooks/
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// The hooks of git that have something to judge. (pre-commit needs none of its own: it is `check --staged`.)
#[derive(Debug, clap::Subcommand)]
enum Command {
    PrePush(pre_push::Args),
}

/// Judges.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::PrePush(args) => pre_push::run(args, app),
    }
}
