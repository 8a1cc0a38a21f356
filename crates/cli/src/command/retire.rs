//! `promptuary retire`.

use ledger::record::PointerAction;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::turning::Turning;

/// Take a prompt out of an environment
///
/// Resolving it there fails from then on, clearly, until something is promoted again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    turning: Turning,
}

/// Writes the entry.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    args.turning.run(PointerAction::Retire, app)
}
