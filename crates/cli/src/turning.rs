//! What `hold`, `retire` and `seal` have in common: one prompt, one environment, one reason, one entry.

use ledger::record::{PointerAction, Reason};
use release::Needs;
use source::{EnvName, PromptId};

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::moved;
use crate::named;

/// The arguments of commands that turn a pointer without a new release.
#[derive(Debug, clap::Args)]
pub(crate) struct Turning {
    /// The prompt
    #[arg(value_parser = named::prompt)]
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

impl Turning {
    /// Plans, signs, publishes.
    pub(crate) fn run(&self, action: PointerAction, app: &App) -> Result<Exit, Failure> {
        let (desk, _hold) = self.trial.desk_for(Needs::Prompts(std::slice::from_ref(&self.id)), app)?;
        let moved = release::turn(&desk, action, &self.id, &self.env, None, &self.reason);
        acting::tell_pin(&desk, app);
        moved::show(moved.map(|one| vec![one]), self.trial.shape.is_json(), app)
    }
}
