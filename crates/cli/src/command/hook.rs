//! `promptuary hook`.

mod pre_push;
mod pre_receive;
mod receiving;
mod update;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Judge what git is about to do: called by the scripts in .githooks/, and by a server's hooks
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
    PreReceive(pre_receive::Args),
    Update(update::Args),
}

/// Judges.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::PrePush(args) => pre_push::run(args, app),
        Command::PreReceive(args) => pre_receive::run(args, app),
        Command::Update(args) => update::run(args, app),
    }
}
