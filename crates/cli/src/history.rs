//! What prompts are compared with: what was released, or the prompts of a revision.

use check::{Contents, History};
use policy::Policy;
use prompt::Catalog;
use release::Scope;
use repo::{Oid, Repo};
use source::{PromptId, Snapshot};

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

    /// The past that `contents` of `snapshot` are judged by; `gone` tells which prompts were removed. Where releases cannot
    /// be read, the history is empty and the reason stands beside it.
    pub(crate) fn read(
        &self,
        repo: &Repo,
        snapshot: &Snapshot,
        contents: &Contents<'_>,
        gone: impl Fn(&PromptId) -> bool,
        app: &App,
    ) -> Result<Read, Failure> {
        let mut desk = app.desk()?;
        // Looking trusts nothing: a root that was never seen is not pinned by a check.
        desk.dry_run = true;
        if let Self::Of(base, name) = self {
            let theirs = repo.commit_snapshot(*base, name)?;
            let catalog = Catalog::load(&theirs);
            let mut history = History::of_revision(&Contents::of(&catalog), name);
            match desk.read(Scope::All, |ledger| release::complete(&desk, ledger, &mut history, contents, gone)) {
                Ok(()) => {}
                Err(error) => match Failure::of_release(error, app) {
                    failure if failure.exit == Exit::Interrupted => return Err(failure),
                    // Nothing was published, or it is not here: a comparison with a branch does without.
                    failure if failure.exit == Exit::Usage || failure.is_missing_root() => {}
                    failure => app.terminal.warn(format!("what is live is not known: {failure}")),
                },
            }
            release::add_stable(repo, *base, &mut history, contents)
                .map_err(|error| Failure::of_release(error, app))?;
            history.unread.retain(|id| contents.get(id).is_some());
            if !history.unread.is_empty() {
                let ids = history.unread.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                app.terminal.say(format!("note: not compared, as nothing of it can be read in {name}: {ids}"));
            }
            let has_policy = theirs.below("policies").next().is_some();
            let policy = (has_policy && !theirs.is_same_below("policies", snapshot)).then(|| Policy::load(&theirs));
            return Ok(Read { history, policy: policy.map(|policy| (name.clone(), policy)), without_releases: None });
        }
        match desk.read(Scope::All, |ledger| release::history(&desk, ledger, contents, gone)) {
            Ok(history) => Ok(Read { history, policy: None, without_releases: None }),
            Err(error) => match Failure::of_release(error, app) {
                failure if failure.exit == Exit::Interrupted => Err(failure),
                failure => Ok(Read { history: History::default(), policy: None, without_releases: Some(failure) }),
            },
        }
    }
}

/// The past as far as it could be read.
pub(crate) struct Read {
    /// What was released, or stands in for it, and what is live.
    pub(crate) history: History,
    /// The policy of the base and the base's name, where it is not the one that is judged by anyway.
    pub(crate) policy: Option<(String, policy::Loaded)>,
    /// Why releases could not be read, where they could not.
    pub(crate) without_releases: Option<Failure>,
}
