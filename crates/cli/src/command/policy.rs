//! `promptuary policy`.

mod approve;
mod diff;
mod explain;
mod publish;

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
    Publish(publish::Args),
    Approve(approve::Args),
    Diff(diff::Args),
    Explain(explain::Args),
}

/// Does it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::Publish(args) => publish::run(args, app),
        Command::Approve(args) => approve::run(args, app),
        Command::Diff(args) => diff::run(args, app),
        Command::Explain(args) => explain::run(args, app),
    }
}
