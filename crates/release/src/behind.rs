//! Whether documents that are to take effect know of the policy that is in effect: a clone that is behind would undo it.

use ledger::{Ledger, ObjectId};
use source::Digest;

use crate::desk::Desk;

/// How a commit with policy documents stands to the policy in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It builds on the commit of the policy in effect, or nothing can be told.
    After,
    /// It is what was in effect before.
    Before,
    /// Neither builds on the other.
    Beside,
}

/// How `commit`, which holds the documents `documents` where that is known, stands to the policy in effect.
pub(crate) fn standing(desk: &Desk, ledger: &Ledger<'_>, commit: ObjectId, documents: Option<Digest>) -> Standing {
    let (current, earlier) = ledger.policies().entries().split_last().expect("a policy ledger has a first entry");
    let target = *current.tag().target();
    if commit == target || documents == Some(current.body().documents) {
        return Standing::After;
    }
    match desk.repo.is_ancestor(target, commit) {
        Ok(false) => {}
        Ok(true) | Err(_) => return Standing::After,
    }
    let was = documents.is_some_and(|documents| earlier.iter().any(|entry| entry.body().documents == documents));
    if was || desk.repo.is_ancestor(commit, target).unwrap_or(false) { Standing::Before } else { Standing::Beside }
}

/// That as a sentence for whoever looks at what differs; `None` where there is nothing to say.
pub(crate) fn note(ledger: &Ledger<'_>, commit: ObjectId, standing: Standing) -> Option<String> {
    let current = ledger.policies().current();
    let (n, target) = (current.link().sequence, current.tag().target().short());
    let here = commit.short();
    match standing {
        Standing::After => None,
        Standing::Before => Some(format!(
            "commit {here} is older than {target}, from which policy {n} was published: what differs is what this one would \
             undo (git pull)"
        )),
        Standing::Beside => Some(format!(
            "commit {here} does not build on {target}, from which policy {n} was published: some of what differs may only be \
             missing here (git pull)"
        )),
    }
}

/// What differs in the worktree, for whoever compares it with the policy in effect: HEAD speaks for it.
pub fn behind(desk: &Desk, ledger: &Ledger<'_>) -> Option<String> {
    let head = desk.repo.head().ok()?.commit().ok()?;
    note(ledger, head, standing(desk, ledger, head, None))
}

/// The remote, where no branch of it, as last seen here, holds `commit`: what rests on it is out of everybody's sight.
pub(crate) fn unpushed(desk: &Desk, commit: ObjectId) -> Option<String> {
    let remote = desk.remote.as_ref()?;
    let prefix = format!("{}/", remote.name);
    let branches = desk.repo.remote_branches().unwrap_or_default();
    let tips: Vec<ObjectId> =
        branches.into_iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(_, tip)| tip).collect();
    let holds = |tip: &ObjectId| *tip == commit || desk.repo.is_ancestor(commit, *tip).unwrap_or(false);
    // A clone that tracks nothing cannot tell.
    (!tips.is_empty() && !tips.contains(&commit) && !tips.iter().any(holds)).then(|| remote.name.clone())
}
