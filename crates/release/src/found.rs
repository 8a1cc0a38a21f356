//! A released prompt as its commit holds it, verified before it is read.

use std::sync::Arc;

use ledger::chain::Beyond;
use ledger::release::Release;
use ledger::{Code, Depth, Ledger, ObjectId, Refusal};
use prompt::{Compiled, Prompt};
use source::{EnvName, Files, Objects as _, PromptId, RepoPath, Version};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::pointers::{known_environment, no_release};
use crate::reading::Scope;

/// Which release of a prompt is meant.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// The one of this version.
    Version(&'a Version),
    /// The one that is live in this environment.
    Live(&'a EnvName),
}

/// The prompt and what it compiles to, as the meant release of `id` has it.
pub fn found(desk: &Desk, id: &PromptId, which: Which<'_>) -> Result<(Prompt, Compiled)> {
    in_release(desk, id, which, |files| {
        Ok(prompt::compile_from(files, id).map_err(|e| Refusal::new(Code::ContentUnusable, e.to_string()))?)
    })
}

/// What `work` makes of the files of the commit that the meant release of `id` names, verified before it looks.
pub(crate) fn in_release<T>(
    desk: &Desk,
    id: &PromptId,
    which: Which<'_>,
    work: impl FnOnce(&dyn Files) -> Result<T>,
) -> Result<T> {
    desk.read(Scope::Prompt(id), |ledger| {
        let release = meant(desk, ledger, id, which)?;
        release.check_content(ledger.judge())?;
        let unreadable = |e: source::Unreadable| Refusal::new(Code::Unreadable, e.to_string());
        let missing = || Refusal::new(Code::ObjectMissing, format!("commit {} is not here", release.commit()));
        let files =
            desk.repo.files(release.commit(), release.root.folder()).map_err(unreadable)?.ok_or_else(missing)?;
        work(&*files)
    })
}

/// Where a released prompt lies.
#[derive(Debug, Clone)]
pub enum Located {
    /// In this commit, below this folder.
    At(ObjectId, Option<RepoPath>),
    /// Nothing of it is live there, and never was or no longer is; why.
    NothingLive(String),
}

/// Where the meant release of `id` lies, verified.
pub fn located(desk: &Desk, id: &PromptId, which: Which<'_>) -> Result<Located> {
    desk.read(Scope::Prompt(id), |ledger| located_in(desk, ledger, id, which))
}

/// The same in a ledger that is open.
pub(crate) fn located_in(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId, which: Which<'_>) -> Result<Located> {
    match meant(desk, ledger, id, which) {
        Err(Error::Refused(refusal)) if refusal.code == Code::NothingLive => Ok(Located::NothingLive(refusal.detail)),
        Err(error) => Err(error),
        Ok(release) => {
            release.check_content(ledger.judge())?;
            Ok(Located::At(*release.commit(), release.root.folder().cloned()))
        }
    }
}

fn meant(desk: &Desk, ledger: &Ledger<'_>, id: &PromptId, which: Which<'_>) -> Result<Arc<Release>> {
    match which {
        Which::Version(version) => ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version)),
        Which::Live(env) => {
            known_environment(ledger, env)?;
            let chain = ledger.verified(env, id, Beyond::PassWithMark, Depth::Tip)?;
            let (_, live) = chain.require_live()?;
            Ok(ledger.release_at(&live.tag)?)
        }
    }
}
