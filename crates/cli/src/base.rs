//! What a branch started from, found from what was typed after `--base`.

use repo::{Error, Oid, Repo};
use source::nearest;

use crate::exit::{Exit, Failure};

/// The commit from which `head` left `base`, which the user knows by this name.
pub(crate) fn left_at(base: &str, head: Oid, repo: &Repo) -> Result<Oid, Failure> {
    let theirs = repo.rev_parse(base).map_err(|error| unknown(base, error, repo))?;
    repo.left_at(theirs, head).map_err(|error| match error {
        Error::Shallow(..) => {
            let what = format!("tell where this branch left {base}: this is a shallow clone");
            Failure::new(Exit::Unverifiable, what).help(format!("fetch the history: {}", fetch(base, repo, true)))
        }
        Error::NoMergeBase(..) => {
            let what = format!("tell where this branch left {base}: they have no commit in common");
            Failure::new(Exit::Usage, what).help("name the branch that this one was started from")
        }
        error => error.into(),
    })
}

/// The branch to compare with where none was named: the remote's default branch as this clone last saw it; without a remote,
/// `main` or `master`, unless that is where we stand.
pub(crate) fn default(command: &str, repo: &Repo) -> Result<String, Failure> {
    let remote = repo.default_remote()?;
    if let Some(remote) = &remote
        && let Some((branch, _)) = repo.tracked_default_branch(&remote.name)
    {
        return Ok(format!("{}/{branch}", remote.name));
    }
    let (own, here) = (repo.branches()?, repo.head()?.branch().map(str::to_owned));
    let other = ["main", "master"].into_iter().find(|name| own.contains_key(*name) && here.as_deref() != Some(*name));
    match (other, remote) {
        (Some(branch), _) => Ok(branch.to_owned()),
        (None, Some(remote)) => {
            let what = format!("tell what to compare with: no default branch of {} is known here", remote.name);
            Err(Failure::new(Exit::Usage, what)
                .help(format!("git fetch {}; or name it: {command} --base main", remote.name)))
        }
        (None, None) => {
            let what = "tell what to compare with: there is no remote and no other branch";
            Err(Failure::new(Exit::Usage, what).help(format!("name a revision: {command} --base HEAD~1")))
        }
    }
}

/// No such revision: one with a similar name, or the command that fetches it.
fn unknown(base: &str, error: Error, repo: &Repo) -> Failure {
    let is_known = matches!(error, Error::Ambiguous { .. });
    // So many steps back from a branch that is here.
    let is_counted = matches!(&error, Error::Beyond { spec } if spec.contains(['~', '^']));
    let failure = Failure::from(error);
    if is_known || is_counted {
        return failure;
    }
    let tracked = repo.remote_branches().unwrap_or_default();
    let is_meant = |name: &&String| name.split_once('/').is_some_and(|(_, branch)| branch == base);
    if let Some(tracked) = tracked.keys().find(is_meant) {
        return failure.help(format!("write {tracked}: the branch is known from the remote only"));
    }
    let own = repo.branches().unwrap_or_default();
    let known = own.keys().chain(tracked.keys()).map(String::as_str);
    if remote_of(base, repo).is_none()
        && let Some(near) = nearest::nearest(base, known)
    {
        return failure.help(format!("did you mean {near}?"));
    }
    match repo.default_remote() {
        Ok(Some(_)) => failure.help(format!("fetch it: {}", fetch(base, repo, repo.is_shallow()))),
        _ => failure.help("see which branches there are: git branch --all"),
    }
}

/// The remote and the branch that `origin/main` names.
fn remote_of<'b>(base: &'b str, repo: &Repo) -> Option<(String, &'b str)> {
    let (name, branch) = base.split_once('/')?;
    let remotes = repo.remotes().ok()?;
    remotes.into_iter().any(|remote| remote.name == name).then(|| (name.to_owned(), branch))
}

/// The command that brings `base` here, with all of its history where the clone is shallow.
fn fetch(base: &str, repo: &Repo, whole: bool) -> String {
    let remote = || repo.default_remote().ok().flatten().map_or_else(|| "origin".to_owned(), |remote| remote.name);
    let whole = if whole { "--unshallow " } else { "" };
    match remote_of(base, repo) {
        Some((remote, branch)) => format!("git fetch {whole}{remote} +{branch}:refs/remotes/{remote}/{branch}"),
        None if base.len() == 40 && base.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("git fetch {whole}{} {base}", remote())
        }
        None => format!("git fetch {whole}{}", remote()),
    }
}
