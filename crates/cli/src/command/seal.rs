//! `promptuary seal`.

use ledger::record::PointerAction;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::turning::Turning;

/// Confirm what is live after a key behind it was revoked
///
/// `policy publish` writes the seals that a revocation needs by itself; this is for those that could not be written then,
/// and to pass over junk that stands after the newest entry. What is live stays live.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    turning: Turning,
}

/// Writes the entry.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    args.turning.run(PointerAction::Seal, app)
}
