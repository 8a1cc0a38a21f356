//! Where a command reads a prompt from: the worktree, or what one of three options names.

use source::{EnvName, PromptId, Version};

use crate::app::App;
use crate::exit::Failure;
use crate::reference::{Found, Reference};

/// One place to read from; the worktree where none is named.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(crate) struct Origin {
    /// What is live in this environment, verified
    #[arg(long, value_name = "ENV")]
    env: Option<EnvName>,
    /// A revision, as git spells it
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// A release by its version, verified
    #[arg(long, value_name = "VERSION")]
    release: Option<Version>,
}

impl Origin {
    /// The prompt `id` from here. `None` where its files have faults, which are shown.
    pub(crate) fn find(&self, id: &PromptId, app: &App) -> Result<Option<Found>, Failure> {
        match self.reference().find(id, &app.repo()?, app) {
            Ok(found) => Ok(Some(found)),
            Err(missing) => missing.ends(app).map(|_| None),
        }
    }

    fn reference(&self) -> Reference {
        match (&self.env, &self.rev, &self.release) {
            (Some(env), _, _) => Reference::Environment(env.clone()),
            (_, Some(rev), _) => Reference::Revision(rev.clone()),
            (_, _, Some(version)) => Reference::Version(version.clone()),
            _ => Reference::Worktree,
        }
    }
}
