//! What prompts are compared with: what was released, or the prompts of a revision.

use check::{Contents, History};
use prompt::Catalog;
use release::Scope;
use repo::{Oid, Repo};
use source::PromptId;

use crate::app::App;
use crate::base;
use crate::exit::{Exit, Failure};

/// What to compare with.
pub(crate) enum Past {
    /// What the ledger says was released.
    Released,
    /// The prompts of this commit, which the user knows by this name, in the place of releases.
    Of(Oid, String),
}

impl Past {
    /// The prompts at the commit where `head` left a revision, where one is named; else the releases.
    pub(crate) fn new(base: Option<&str>, head: &str, repo: &Repo) -> Result<Self, Failure> {
        Ok(match base {
            Some(base) => Self::Of(base::left_at(base, repo.rev_parse(head)?, repo)?, base.to_owned()),
            None => Self::Released,
        })
    }

    /// The history that `contents` are judged by; `gone` tells which prompts were removed. Where releases cannot be
    /// read, the history is empty and the reason stands beside it.
    pub(crate) fn read(
        &self,
        repo: &Repo,
        contents: &Contents<'_>,
        gone: impl Fn(&PromptId) -> bool,
        app: &App,
    ) -> Result<(History, Option<Failure>), Failure> {
        if let Self::Of(base, name) = self {
            let catalog = Catalog::load(&repo.commit_snapshot(*base, name)?);
            return Ok((History::of_revision(&Contents::of(&catalog), name), None));
        }
        let mut desk = app.desk()?;
        // Looking trusts nothing: a root that was never seen is not pinned by a check.
        desk.dry_run = true;
        match desk.read(Scope::All, |ledger| release::history(&desk, ledger, contents, gone)) {
            Ok(history) => Ok((history, None)),
            Err(error) => match Failure::of_release(error, app) {
                failure if failure.exit == Exit::Interrupted => Err(failure),
                failure => Ok((History::default(), Some(failure))),
            },
        }
    }
}
