//! `promptuary recordings`.

mod explain;
mod prune;

use std::path::Path;

use eval::session::Opened;
use policy::Policy;
use prompt::Catalog;

use crate::app::App;
use crate::evaluation::rules::{self, Rules};
use crate::evaluation::{Bench, keys, providers, selection};
use crate::exit::{Exit, Failure};
use crate::named::Tested;

/// Look after the answers on file
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Prune(prune::Args),
    Explain(explain::Args),
}

/// Does it.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    match &args.command {
        Command::Prune(args) => prune::run(args, app),
        Command::Explain(args) => explain::run(args, app),
    }
}

/// Opens the suites of `ids` in the worktree, all where none is named, and gives them to `work`; findings end it.
fn opened(
    ids: &[Tested],
    definitions: Option<&Path>,
    app: &App,
    work: impl FnOnce(&[Opened], &Bench<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let repo = app.repo()?;
    let snapshot = repo.worktree()?;
    let loaded = Policy::load(&snapshot);
    let in_effect = rules::in_effect(app)?;
    let (providers, keys) = (providers(in_effect.as_ref(), definitions, app)?, keys(&[], app)?);
    let catalog = Catalog::load(&snapshot);
    let rules = Rules::only(loaded.policy, in_effect, app);
    let bench =
        Bench { repo: &repo, snapshot: &snapshot, catalog, rules: &rules, providers: &providers, keys: &keys, app };
    match selection::select(ids, None, &bench)? {
        Some(selected) => work(&selected.suites, &bench),
        None => Ok(Exit::Findings),
    }
}
