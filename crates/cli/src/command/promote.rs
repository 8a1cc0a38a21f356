//! `promptuary promote`.

use release::Needs;
use source::EnvName;

use crate::acting::{self, Acting};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::moved;
use crate::named::{self, Released};

/// Make releases live in an environment
///
/// Several are promoted together or not at all. Whoever is second of two who promote at once is told so (exit 9), and
/// nothing of theirs is written.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The releases
    #[arg(required = true, value_name = "ID@VERSION")]
    releases: Vec<Released>,
    /// The environment
    #[arg(long, value_name = "ENV", value_parser = named::name::<EnvName>)]
    to: EnvName,
    #[command(flatten)]
    acting: Acting,
}

/// Plans, signs, publishes.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let ids: Vec<_> = args.releases.iter().map(|r| r.id.clone()).collect();
    let (desk, _hold) = args.acting.trial.desk_for(Needs::Prompts(&ids), app)?;
    let releases: Vec<_> = args.releases.iter().map(|r| (r.id.clone(), r.version.clone())).collect();
    let moved = release::promote(&desk, &releases, &args.to, args.acting.reason.as_ref());
    acting::tell_pin(&desk, app);
    moved::show(moved, args.acting.trial.shape.is_json(), app)
}
