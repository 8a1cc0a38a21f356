//! `promptuary seal`.

use ledger::record::{PointerAction, Reason};
use release::Needs;
use source::{EnvName, PromptId};

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::moved;
use crate::named;

/// Confirm what is live after a key behind it was revoked
///
/// `policy publish` writes the seals that a revocation needs by itself; this is for those that could not be written then,
/// and to pass over junk that stands after the newest entry. What is live stays live.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::name::<PromptId>)]
    id: PromptId,
    /// The environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: EnvName,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason)]
    reason: Reason,
    #[command(flatten)]
    trial: Trial,
}

/// Plans, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (desk, _hold) = args.trial.desk_for(Needs::Prompts(std::slice::from_ref(&args.id)), app)?;
    let moved = release::turn(&desk, PointerAction::Seal, &args.id, &args.env, None, &args.reason);
    acting::tell_pin(&desk, app);
    moved::show(moved.map(|one| vec![one]), args.trial.shape.is_json(), app)
}
