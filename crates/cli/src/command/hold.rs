//! `promptuary hold`.

use ledger::record::PointerAction;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::turning::Turning;

/// Stop automation from promoting a prompt
///
/// Nothing changes for applications. It ends when a person promotes there and says why (--reason): another release, or again
/// the one that is live. Either brings what any promotion there needs; `promptuary status ID@VERSION` lists it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    turning: Turning,
}

/// Writes the entry.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    args.turning.run(PointerAction::Hold, app)
}
