//! `promptuary policy`.

mod explain;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Look at the rules, and put them into effect
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with policy.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Explain(explain::Args),
}

/// Does it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::Explain(args) => explain::run(args, app),
    }
}
