//! What the worktree holds that HEAD does not: a release refuses it.

use source::RepoPath;

pub use crate::backend::Dirtiness;
use crate::worktree::{FOLDERS, repo_path};
use crate::{Repo, Result};

/// A path below the prompt root that differs from HEAD.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dirty {
    /// Below the prompt root.
    pub path: RepoPath,
    /// How it differs.
    pub how: Dirtiness,
}

impl Repo {
    /// What differs from HEAD below `prompts/`, `policies/` and `evals/`, sorted; ignored files do not count.
    pub fn dirty(&self) -> Result<Vec<Dirty>> {
        self.workdir()?;
        let mut found = Vec::new();
        for folder in FOLDERS {
            for (path, how) in self.backend.dirty(&self.from_top(folder))? {
                let path = String::from_utf8_lossy(&path);
                found.extend(self.below_root(&path).map(|p| Dirty { path: repo_path(p), how }));
            }
        }
        found.sort();
        Ok(found)
    }
}
