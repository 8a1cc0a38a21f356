//! Where a baseline lies: the commit that `merge-base`, `v:1.2.0`, `env:prod` or `rev:main` means for a prompt.

use eval::suite::Compare;
use release::{Absence, Located, Which};
use repo::{Head, Oid, Repo};
use source::{Files, Objects as _, PromptId};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::reference::Reference;

/// How a baseline is written.
const FORMS: &str = "merge-base, v:2.1.0, env:prod or rev:HEAD~3";

/// A baseline that was found, or not.
pub(crate) enum Place<'r> {
    /// In these files of this commit.
    At(Oid, Box<dyn Files + 'r>),
    /// There is nothing yet; why.
    Absent(String),
}

/// What to compare with: what the command line says, before what the suite says.
pub(crate) fn wanted(suite: &eval::suite::Suite, against: Option<&str>) -> Option<Compare> {
    let own = suite.gate.compare.clone();
    match against {
        None => own,
        Some(name) => Some(Compare { baseline: name.to_owned(), ..own.unwrap_or_else(|| Compare::new(name)) }),
    }
}

/// Finds the baseline `name` of `id`; `base` stands for the branch that a merge base is taken with, `head` for what is
/// under test.
pub(crate) fn find<'r>(
    name: &str,
    id: &PromptId,
    base: Option<&str>,
    head: Option<&str>,
    repo: &'r Repo,
    app: &App,
) -> Result<Place<'r>, Failure> {
    let at = |commit: Oid| Ok(Place::At(commit, Box::new(repo.files_at(commit)?) as Box<dyn Files + 'r>));
    if name == "merge-base" {
        let head = match (head, repo.head()?) {
            (Some(rev), _) => repo.rev_parse(rev)?,
            (None, Head::Unborn(_)) => return Ok(Place::Absent("nothing is committed yet".to_owned())),
            (None, head) => head.commit()?,
        };
        return at(repo.merge_base(branch(base, repo)?, head)?);
    }
    match Reference::read_as(name, FORMS, repo)? {
        Reference::Worktree => {
            let what = "compare the worktree with itself";
            Err(Failure::new(Exit::Usage, what).help(format!("write {FORMS}")))
        }
        Reference::Revision(spec) => at(repo.rev_parse(&spec)?),
        Reference::Environment(env) => released(id, Which::Live(&env), repo, app),
        Reference::Version(version) => released(id, Which::Version(&version), repo, app),
    }
}

/// The branch that pull requests go to, as this clone knows it.
fn branch(base: Option<&str>, repo: &Repo) -> Result<Oid, Failure> {
    if let Some(base) = base {
        return Ok(repo.rev_parse(base)?);
    }
    let mut candidates = Vec::new();
    if let Some(remote) = repo.default_remote()? {
        candidates.extend(["HEAD", "main", "master"].map(|b| format!("refs/remotes/{}/{b}", remote.name)));
    }
    candidates.extend(["refs/heads/main", "refs/heads/master"].map(str::to_owned));
    let found = candidates.iter().find_map(|spec| repo.rev_parse(spec).ok());
    found.ok_or_else(|| {
        let what = "find the branch to take a merge base with: neither the remote's default branch nor main is here";
        Failure::new(Exit::Usage, what).help("name it: --base origin/main")
    })
}

fn released<'r>(id: &PromptId, which: Which<'_>, repo: &'r Repo, app: &App) -> Result<Place<'r>, Failure> {
    let mut desk = app.desk()?;
    // Looking trusts nothing: a root that was never seen is not pinned by an eval.
    desk.dry_run = true;
    let located = match release::located(&desk, id, which) {
        Ok(located) => located,
        Err(error) => {
            let absence = desk.absence(&error).map_err(|error| Failure::of_release(error, app))?;
            if absence == Some(Absence::NoneBegun) && matches!(which, Which::Live(_)) {
                return Ok(Place::Absent("no policy was published yet, so nothing is live".to_owned()));
            }
            return Err(Failure::of_release(error, app));
        }
    };
    match located {
        Located::NothingLive(why) => Ok(Place::Absent(why)),
        Located::At(commit, root) => {
            let missing = || {
                let what = format!("read commit {} of {id}: it is not here", commit.short());
                Failure::new(Exit::Unverifiable, what).help("fetch it: git fetch --unshallow, or git fetch --all")
            };
            let files = repo.files(&commit, root.as_ref());
            let files = files.map_err(|e| Failure::of(Exit::Usage, &e))?.ok_or_else(missing)?;
            Ok(Place::At(commit, files))
        }
    }
}
