//! Remotes: which one counts, and which branch it calls its default.

use std::collections::BTreeMap;

use crate::git::Reach;
use crate::{Error, Head, Oid, Repo, Result};

/// A remote that is configured here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remote {
    /// Its name.
    pub name: String,
    /// Where it is, without credentials.
    pub url: String,
}

impl Repo {
    /// The remotes that are configured, sorted by name.
    pub fn remotes(&self) -> Result<Vec<Remote>> {
        let config = self.config()?;
        let names = config.subsections("remote");
        let url = |name: &str| config.data(&format!("remote.{name}.url"));
        Ok(names.into_iter().filter_map(|name| Some(Remote { url: without_password(&url(&name)?), name })).collect())
    }

    /// The remote that counts where none is named: the current branch's push target, as `git push` would choose it,
    /// else `origin`, else the only one. `None` where there is none at all.
    pub fn default_remote(&self) -> Result<Option<Remote>> {
        let config = self.config()?;
        let mut remotes = self.remotes()?;
        let branch = self.head().ok().and_then(|h: Head| h.branch().map(str::to_owned));
        let of_branch = |key: &str| branch.as_ref().and_then(|b| config.data(&format!("branch.{b}.{key}")));
        let named = of_branch("pushRemote")
            .or_else(|| config.data("remote.pushDefault"))
            .or_else(|| of_branch("remote"))
            .filter(|name| name != ".");
        if let Some(name) = named {
            if let Some(at) = remotes.iter().position(|r| r.name == name) {
                return Ok(Some(remotes.swap_remove(at)));
            }
            // A branch may name a URL, as git allows.
            return Ok(Some(Remote { url: without_password(&name), name }));
        }
        if let Some(at) = remotes.iter().position(|r| r.name == "origin") {
            return Ok(Some(remotes.swap_remove(at)));
        }
        match remotes.len() {
            0 => Ok(None),
            1 => Ok(remotes.pop()),
            _ => Err(Error::ManyRemotes(remotes.into_iter().map(|remote| remote.name).collect())),
        }
    }

    /// The remote named `name`.
    pub fn remote(&self, name: &str) -> Result<Remote> {
        let found = self.remotes()?.into_iter().find(|r| r.name == name);
        found.ok_or_else(|| Error::NoRemote(name.to_owned()))
    }

    /// The default branch of `remote` as it is there now, with its commit: asks the remote, then fetches that commit.
    ///
    /// Nothing but objects is written here.
    pub fn remote_default_branch(&self, remote: &Remote) -> Result<(String, Oid)> {
        let ended = self.git.run(Reach::Remote, ["ls-remote", "--symref", "--", &remote.name, "HEAD"], None)?;
        if !ended.success() {
            return Err(Error::Unreachable { remote: remote.name.clone(), why: ended.words() });
        }
        let text = String::from_utf8_lossy(&ended.stdout);
        let missing = || Error::NoDefaultBranch(remote.name.clone());
        let branch = text.lines().find_map(|l| l.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
        let oid = text.lines().find_map(|l| l.strip_suffix("\tHEAD")?.parse().ok());
        if let Some((branch, oid)) = branch.zip(oid) {
            return self.remote_branch(remote, branch, oid);
        }
        // HEAD there names a branch that nobody pushed; a single branch is the default all the same.
        let ended = self.git.run(Reach::Remote, ["ls-remote", "--heads", "--", &remote.name], None)?;
        let text = String::from_utf8_lossy(&ended.stdout).into_owned();
        let heads: Vec<(&str, &str)> = text.lines().filter_map(|l| l.split_once("\trefs/heads/")).collect();
        match heads.as_slice() {
            [(oid, branch)] => self.remote_branch(remote, branch, oid.parse().map_err(|_| missing())?),
            _ => Err(missing()),
        }
    }

    /// The default branch of the remote named `remote` as it was last seen, with its commit: what `HEAD` there named, or
    /// else `main` or `master`, since git notes the former only when it clones.
    pub fn tracked_default_branch(&self, remote: &str) -> Option<(String, Oid)> {
        let folder = format!("refs/remotes/{remote}/");
        let seen = |branch: String| Some(branch.clone()).zip(self.refs.find(&format!("{folder}{branch}")).ok()?);
        let named = self.refs.symbolic(&format!("{folder}HEAD"));
        let named = named.and_then(|name| seen(name.strip_prefix(&folder)?.to_owned()));
        named.or_else(|| ["main", "master"].into_iter().find_map(|branch| seen(branch.to_owned())))
    }

    /// The branch `branch` of `remote` as it is there now.
    pub fn remote_branch_tip(&self, remote: &Remote, branch: &str) -> Result<Oid> {
        let full = format!("refs/heads/{branch}");
        let listed = self.list_remote(remote, std::slice::from_ref(&full))?;
        let wrong = || Error::Revision {
            spec: format!("{}/{branch}", remote.name),
            why: "there is no such branch".to_owned(),
            near: None,
        };
        let oid = *listed.get(&full).ok_or_else(wrong)?;
        self.remote_branch(remote, branch, oid).map(|(_, oid)| oid)
    }

    /// What `remote` says of exactly these refs.
    pub(crate) fn list_remote(&self, remote: &Remote, refs: &[String]) -> Result<BTreeMap<String, Oid>> {
        // git matches the end of names, so a longer one may be among them.
        let listed = self.list_remote_matching(remote, refs)?;
        Ok(listed.into_iter().filter(|(name, _)| refs.contains(name)).collect())
    }

    /// What `remote` says of the refs that match git's patterns. It sends everything whatever is asked for.
    pub(crate) fn list_remote_matching(&self, remote: &Remote, patterns: &[String]) -> Result<BTreeMap<String, Oid>> {
        let args = ["ls-remote", "--refs", "--", &remote.name].into_iter().chain(patterns.iter().map(String::as_str));
        let ended = self.git.run(Reach::Remote, args, None)?;
        if !ended.success() {
            return Err(Error::Unreachable { remote: remote.name.clone(), why: ended.words() });
        }
        let text = String::from_utf8_lossy(&ended.stdout);
        let line = |l: &str| {
            let (oid, name) = l.split_once('\t')?;
            Some((name.to_owned(), oid.parse().ok()?))
        };
        Ok(text.lines().filter_map(line).collect())
    }

    fn remote_branch(&self, remote: &Remote, branch: &str, oid: Oid) -> Result<(String, Oid)> {
        if self.backend.header(oid).is_err() {
            let refspec = format!("refs/heads/{branch}");
            let mut args = crate::fetch::FETCH.to_vec();
            args.extend(["--", &remote.name, &refspec]);
            let ended = self.git.run(Reach::Remote, args, None)?;
            if !ended.success() {
                return Err(Error::Unreachable { remote: remote.name.clone(), why: ended.words() });
            }
        }
        Ok((branch.to_owned(), oid))
    }
}

/// A URL fit to be shown: `https://user:secret@host/` without what stands before the `@`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) if rest[..at].contains(':') || scheme.starts_with("http") => format!("{scheme}://{}", &rest[at + 1..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(without_password("https://ada:token@host/x.git"), "https://host/x.git");
        assert_eq!(without_password("https://token@host/x.git"), "https://host/x.git");
        assert_eq!(without_password("ssh://git@host/x.git"), "ssh://git@host/x.git");
        assert_eq!(without_password("git@host:x.git"), "git@host:x.git");
    }
}
