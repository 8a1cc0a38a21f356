//! `promptuary recordings`.

mod explain;
mod prune;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Look after the answers on file
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Prune(prune::Args),
    Explain(explain::Args),
}

/// Does it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::Prune(args) => prune::run(args, app),
        Command::Explain(args) => explain::run(args, app),
    }
}
