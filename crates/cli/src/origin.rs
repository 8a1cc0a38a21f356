//! Where a command reads a prompt from: the worktree, a revision, a release, or what is live in an environment.

use prompt::{CompileError, Compiled};
use source::{EnvName, PromptId, Report, Version};

use crate::app::App;
use crate::exit::{Exit, Failure};

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
    /// The prompt `id` from here, compiled. `None` where its files have faults, which are shown.
    pub(crate) fn compile(&self, id: &PromptId, app: &App) -> Result<Option<Compiled>, Failure> {
        let repo = app.repo()?;
        let compiled = match &self.rev {
            Some(rev) => prompt::compile_from(&repo.files_at(repo.rev_parse(rev)?)?, id),
            None => prompt::compile_from(&repo.worktree()?, id),
        };
        match compiled {
            Ok((_, compiled)) => Ok(Some(compiled)),
            Err(CompileError::Findings(findings)) => {
                app.terminal.answer(source::render::human(&Report::new(findings), app.terminal.colour));
                Ok(None)
            }
            Err(error @ CompileError::Read(_)) => Err(Failure::of(Exit::Usage, &error)),
        }
    }
}
