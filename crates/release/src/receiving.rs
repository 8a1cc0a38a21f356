//! What a server does with a push: the ledger judges it, by the server's own refs, branches and clock.

use ledger::admission::{Admission, Arrival, Server, admit};
use ledger::judge::Judge;
use ledger::{CommitContents, ObjectId};
use repo::{Head, Repo};
use source::{Digest, Timestamp};

use crate::error::Result;

/// What the owner of a server decides.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The root to trust, where it is named; else the one that is pinned for this repository, else the first that is pushed.
    pub root: Option<Digest>,
    /// How many seconds ago an entry may have been signed.
    pub late: u64,
}

/// Judges a push before it is accepted; `repo` is opened as git shows it to a hook.
pub fn receive(repo: &Repo, rules: &Rules, arrivals: &[Arrival], now: Timestamp) -> Result<Admission> {
    let pin = match rules.root {
        Some(root) => Some(root),
        None => repo.trust()?.root()?,
    };
    let contents = CommitContents(repo);
    let judge = Judge { tags: repo, contents: &contents, external: repo, now };
    let reachable =
        |commit: &ObjectId, branch: Option<&str>| elsewhere(repo, *commit, branch).map_err(|e| e.to_string());
    Ok(admit(&Server { judge, pin: pin.as_ref(), late: rules.late, reachable: &reachable }, arrivals))
}

/// The branch, as the server holds it before the push, that `commit` is not on. What the same push would do to the branch
/// does not count: another hook may refuse that part.
fn elsewhere(repo: &Repo, commit: ObjectId, branch: Option<&str>) -> repo::Result<Option<String>> {
    let (name, tip) = match branch {
        Some(name) => (name.to_owned(), repo.branch(name)?),
        None => default_branch(repo)?,
    };
    let Some(tip) = tip else { return Ok(Some(format!("{name}, which was never pushed"))) };
    Ok(if repo.is_ancestor(commit, tip)? { None } else { Some(name) })
}

/// What HEAD names; where nobody pushed that, the only branch there is.
fn default_branch(repo: &Repo) -> repo::Result<(String, Option<ObjectId>)> {
    let head = match repo.head()? {
        Head::Branch(name, tip) => return Ok((name, Some(tip))),
        Head::Detached(tip) => return Ok(("HEAD".to_owned(), Some(tip))),
        Head::Unborn(name) => name,
    };
    let mut branches = repo.branches()?;
    Ok(match branches.len() {
        1 => branches.pop_first().map_or((head, None), |(name, tip)| (name, Some(tip))),
        _ => (head, None),
    })
}
