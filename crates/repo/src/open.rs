//! Opening a repository, and what it is at this moment.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::backend::{self, Backend, Locations};
use crate::fetch::Cache;
use crate::git::Git;
use crate::refs::Refs;
use crate::{Config, Environment, Error, Oid, Result};

/// An open repository. It belongs to one thread at a time.
pub struct Repo {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) locations: Locations,
    pub(crate) refs: Refs,
    pub(crate) git: Git,
    pub(crate) environment: Environment,
    /// The prompt root below the top of the worktree: empty, or segments without a slash at either end.
    pub(crate) root: String,
    /// Whether this process has fetched every ledger tag of the remote.
    pub(crate) ledger_fetched: std::cell::Cell<bool>,
    pub(crate) config: OnceCell<Config>,
    /// What the remote in use showed: which remote that is does not change under a running command.
    pub(crate) in_use: OnceCell<Option<Cache>>,
    /// The refs of what was fetched, by folder, so that their lists stay mapped.
    pub(crate) cached_refs: std::cell::RefCell<std::collections::BTreeMap<PathBuf, Refs>>,
}

/// Where HEAD stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// On a branch (its short name) with commits.
    Branch(String, Oid),
    /// On a branch (its short name) without any.
    Unborn(String),
    /// On a commit.
    Detached(Oid),
}

impl Head {
    /// The commit, where there is one.
    pub fn commit(&self) -> Result<Oid> {
        match self {
            Self::Branch(_, oid) | Self::Detached(oid) => Ok(*oid),
            Self::Unborn(name) => Err(Error::Unborn(name.clone())),
        }
    }

    /// The branch, where HEAD is on one.
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Branch(name, _) | Self::Unborn(name) => Some(name),
            Self::Detached(_) => None,
        }
    }
}

impl Repo {
    /// Opens the repository that `start` lies in; in hook mode the one that git names.
    ///
    /// Its prompt root is the nearest folder at or above `start` that holds `policies/policy.yaml` or `prompts/`, else
    /// the top; [`Repo::with_root`] sets another.
    pub fn open(start: &Path, environment: &Environment) -> Result<Self> {
        let start = start.canonicalize().map_err(|e| Error::read(start, &e))?;
        let backend = backend::open(&start, environment)?;
        let mut locations = backend.locations().clone();
        if let Some(workdir) = &mut locations.workdir {
            *workdir = workdir.canonicalize().map_err(|e| Error::read(workdir, &e))?;
        }
        let refs = Refs::new(&locations);
        let git = Git::new(&locations, environment.clone());
        let root = locations.workdir.as_deref().map(|top| nearest_root(top, &start)).unwrap_or_default();
        Ok(Self {
            backend,
            locations,
            refs,
            git,
            environment: environment.clone(),
            root,
            ledger_fetched: false.into(),
            config: OnceCell::new(),
            in_use: OnceCell::new(),
            cached_refs: std::cell::RefCell::default(),
        })
    }

    /// The same repository with its prompt root at `root` (`.` or a relative folder with `/` between its segments).
    pub fn with_root(mut self, root: &str) -> Result<Self> {
        let wrong = |why| Error::Root { root: root.to_owned(), why };
        let trimmed = root.trim_end_matches('/');
        if matches!(trimmed, "." | "") {
            self.root = String::new();
            return Ok(self);
        }
        source::RepoPath::new(trimmed).map_err(|_| wrong("it must be a relative path without `..`"))?;
        self.root = trimmed.to_owned();
        Ok(self)
    }

    /// The prompt root below the top of the repository: empty at the top, else without a slash at either end.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The prompt root on disk.
    pub fn root_dir(&self) -> Result<PathBuf> {
        let top = self.workdir()?;
        Ok(if self.root.is_empty() { top.to_owned() } else { top.join(&self.root) })
    }

    /// The top of the worktree.
    pub fn workdir(&self) -> Result<&Path> {
        self.locations.workdir.as_deref().ok_or(Error::Bare)
    }

    /// The folder that holds this worktree's HEAD and index.
    pub fn git_dir(&self) -> &Path {
        &self.locations.git_dir
    }

    /// The folder that holds objects, refs and configuration.
    pub fn common_dir(&self) -> &Path {
        &self.locations.common_dir
    }

    /// Whether there is no worktree.
    pub fn is_bare(&self) -> bool {
        self.locations.workdir.is_none()
    }

    /// Whether history was cut off, so that ancestors may be missing.
    pub fn is_shallow(&self) -> bool {
        self.common_dir().join("shallow").metadata().is_ok_and(|m| m.len() > 0)
    }

    /// Where HEAD stands.
    pub fn head(&self) -> Result<Head> {
        self.refs.head()
    }

    /// `path` (from the top of the repository) below the prompt root.
    pub(crate) fn below_root<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.root.is_empty() { Some(path) } else { path.strip_prefix(self.root.as_str())?.strip_prefix('/') }
    }

    /// `path` (below the prompt root) from the top of the repository.
    pub(crate) fn in_repository(&self, path: &str) -> String {
        if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) }
    }
}

/// The nearest folder at or above `start`, not above `top`, that looks like a prompt root; empty for the top.
fn nearest_root(top: &Path, start: &Path) -> String {
    let looks_so = |p: &Path| p.join("policies/policy.yaml").is_file() || p.join("prompts").is_dir();
    let below = |p: &Path| p.strip_prefix(top).ok().and_then(Path::to_str).map(|s| s.replace('\\', "/"));
    start.ancestors().take_while(|p| p.starts_with(top)).find(|p| looks_so(p)).and_then(below).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_repository_can_move_to_another_thread() {
        fn moves<T: Send>() {}
        moves::<super::Repo>();
    }
}
