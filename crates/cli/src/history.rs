//! What prompts are compared with: what was released, or the prompts of a revision.

use check::{Contents, History};
use policy::Policy;
use prompt::Catalog;
use release::{Absence, Absent, Scope, suite_changes};
use repo::{Oid, Repo};
use source::{Finding, PromptId, Snapshot};

use crate::app::App;
use crate::base;
use crate::exit::Failure;

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

    /// The past that `contents` of `snapshot` are judged by; `gone` tells which prompts were removed. Where there is no ledger
    /// here, the history is empty and that stands beside it; one that does not hold is a failure.
    pub(crate) fn read(
        &self,
        repo: &Repo,
        snapshot: &Snapshot,
        contents: &Contents<'_>,
        gone: impl Fn(&PromptId) -> bool,
        app: &App,
    ) -> Result<Read, Failure> {
        let desk = app.desk()?;
        let failed = |error| Failure::of_release(error, app);
        if let Self::Of(base, name) = self {
            let theirs = repo.commit_snapshot(*base, name)?;
            let catalog = Catalog::load(&theirs);
            let mut history = History::of_revision(&Contents::of(&catalog), name);
            let live =
                desk.look_if_here(Scope::All, |ledger| release::complete(&desk, ledger, &mut history, contents, gone));
            match live.map_err(failed)? {
                Err(absent) if absent.absence != Absence::NoneBegun && lost(&theirs, snapshot) => app
                    .terminal
                    .say("note: what is live is not here, so prompts that are gone are not judged: promptuary sync"),
                // A comparison with a branch does without.
                Ok(()) | Err(_) => {}
            }
            release::add_stable(repo, *base, &mut history, contents).map_err(failed)?;
            let keys = eval::Keys::default();
            let side = |snapshot, catalog| suite_changes::Side { snapshot, catalog, keys: &keys };
            let changed = suite_changes::changed(&side(&theirs, &catalog), &side(snapshot, contents.catalog));
            let suites = suite_changes::findings(name, &changed);
            history.unread.retain(|id| contents.get(id).is_some());
            if !history.unread.is_empty() {
                let ids = history.unread.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                app.terminal.say(format!("note: not compared, as nothing of it can be read in {name}: {ids}"));
            }
            let has_policy = theirs.below("policies").next().is_some();
            let policy = (has_policy && !theirs.is_same_below("policies", snapshot)).then(|| Policy::load(&theirs));
            let policy = policy.map(|policy| (name.clone(), policy));
            return Ok(Read { history, policy, suites, without_releases: None });
        }
        let read = desk.look_if_here(Scope::All, |ledger| release::history(&desk, ledger, contents, gone));
        let (history, without_releases) = match read.map_err(failed)? {
            Ok(history) => (history, None),
            Err(absent) => (History::default(), Some(absent)),
        };
        Ok(Read { history, policy: None, suites: Vec::new(), without_releases })
    }
}

/// Says that versions were not judged, where releases may have been made.
pub(crate) fn tell_absent(absent: &Absent, app: &App) {
    if absent.absence != Absence::NoneBegun {
        app.terminal.say("note: released versions are not here, so versions are not judged: promptuary sync");
    }
}

/// Whether prompts of `before` have no file in `now`.
fn lost(before: &Snapshot, now: &Snapshot) -> bool {
    before.below("prompts").any(|(path, _)| PromptId::of_path(path).is_some() && !now.files.contains_key(path))
}

/// The past as far as it could be read.
pub(crate) struct Read {
    /// What was released, or stands in for it, and what is live.
    pub(crate) history: History,
    /// The policy of the base and the base's name, where it is not the one that is judged by anyway.
    pub(crate) policy: Option<(String, policy::Loaded)>,
    /// What suites ask less or otherwise than there.
    pub(crate) suites: Vec<Finding>,
    /// That no releases are here, where there are none.
    pub(crate) without_releases: Option<Absent>,
}
