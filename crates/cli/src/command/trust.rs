//! `promptuary trust`.

mod export;
mod lock;
mod pin;
mod show;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Say which ledger this machine trusts, and whom that ledger trusts
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with trust.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(show::Args),
    Pin(pin::Args),
    Lock(lock::Args),
    Export(export::Args),
}

/// Does it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::Show(args) => show::run(args, app),
        Command::Pin(args) => pin::run(args, app),
        Command::Lock(args) => lock::run(args, app),
        Command::Export(args) => export::run(args, app),
    }
}
