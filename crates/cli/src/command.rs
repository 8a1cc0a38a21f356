//! The commands: one file each, an `Args` whose doc comments are the manual, then one function.

mod bump;
mod check;
mod completions;
mod diff;
mod explain;
mod hook;
mod impact;
mod init;
mod man;
mod policy;
mod render;
mod schema;
mod tour;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Every command with its arguments.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Tour(tour::Args),
    Check(check::Args),
    Explain(explain::Args),
    Render(render::Args),
    Diff(diff::Args),
    Impact(impact::Args),
    Bump(bump::Args),
    Schema(schema::Args),
    Policy(policy::Args),
    Hook(hook::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Init(args) => init::run(&args, app),
            Self::Tour(args) => tour::run(&args, app),
            Self::Check(args) => check::run(&args, app),
            Self::Explain(args) => explain::run(&args, app),
            Self::Render(args) => render::run(&args, app),
            Self::Diff(args) => diff::run(&args, app),
            Self::Impact(args) => impact::run(&args, app),
            Self::Bump(args) => bump::run(&args, app),
            Self::Schema(args) => Ok(schema::run(&args, app)),
            Self::Policy(args) => policy::run(&args, app),
            Self::Hook(args) => hook::run(&args, app),
            Self::Completions(args) => Ok(completions::run(&args, app)),
            Self::Man(args) => man::run(&args, app),
        }
    }
}
