//! `promptuary hold`.

use ledger::record::PointerAction;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::turning::Turning;

/// Stop automation from promoting a prompt
///
/// Nothing changes for applications. A person's promotion ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    turning: Turning,
}

/// Writes the entry.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    args.turning.run(PointerAction::Hold, app)
}
