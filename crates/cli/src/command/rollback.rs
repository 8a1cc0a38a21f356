//! `promptuary rollback`.

use ledger::record::{PointerAction, Reason};
use source::{EnvName, PromptId, Version};

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::moved;
use crate::named;

/// Go back to what was live before
///
/// The record says who did it and why. After a rollback automation stands still until a person promotes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = named::name::<PromptId>)]
    id: PromptId,
    /// The environment
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: EnvName,
    /// The version to go back to [default: what was live before]
    #[arg(long, value_name = "VERSION", value_parser = named::name::<Version>)]
    to: Option<Version>,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason)]
    reason: Reason,
    #[command(flatten)]
    trial: Trial,
}

/// Plans, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let (desk, _hold) = args.trial.desk(app)?;
    let moved = release::turn(&desk, PointerAction::Rollback, &args.id, &args.env, args.to.as_ref(), &args.reason);
    let moved = moved.map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    moved::show(&[moved], args.trial.shape.is_json(), app)
}
