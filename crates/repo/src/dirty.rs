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
        self.dirty_at(&FOLDERS)
    }

    /// The same of `paths`, below the prompt root: files, and folders with all that is in them.
    pub fn dirty_at(&self, paths: &[&str]) -> Result<Vec<Dirty>> {
        self.workdir()?;
        let folders: Vec<String> = paths.iter().map(|path| self.in_repository(path)).collect();
        let readable = self.backend.index(&self.git_dir().join("index")).is_some();
        let listed = if readable { self.dirty_by_backend(&folders)? } else { self.dirty_by_git(&folders)? };
        let place = |(path, how): (Vec<u8>, Dirtiness)| {
            let path = String::from_utf8_lossy(&path);
            self.below_root(&path).map(|p| Dirty { path: repo_path(p), how })
        };
        let mut found: Vec<_> = listed.into_iter().filter_map(place).collect();
        found.sort();
        found.dedup_by(|a, b| a.path == b.path);
        Ok(found)
    }

    fn dirty_by_backend(&self, folders: &[String]) -> Result<Vec<(Vec<u8>, Dirtiness)>> {
        let mut found = Vec::new();
        for folder in folders {
            found.extend(self.backend.dirty(folder)?);
        }
        Ok(found)
    }

    /// For an index that libgit2 cannot read. Only commands that compare what git has noted of files, so that no filter
    /// of the repository's own runs; a file that was touched without a change may be listed.
    fn dirty_by_git(&self, folders: &[String]) -> Result<Vec<(Vec<u8>, Dirtiness)>> {
        let mut found = Vec::new();
        let mut add = |args: &[&str], how: fn(u8) -> Dirtiness| {
            let args = args.iter().copied().chain(["--"]).chain(folders.iter().map(String::as_str));
            let listed = self.git.ask(args)?;
            let mut fields = listed.split(|&b| b == 0).filter(|f| !f.is_empty());
            while let Some(field) = fields.next() {
                // Raw lines start with a colon and end with what happened; the path is a field of its own.
                match field.strip_prefix(b":") {
                    Some(raw) => {
                        let path = fields.next().unwrap_or_default().to_vec();
                        found.push((path, how(raw.last().copied().unwrap_or_default())));
                    }
                    None => found.push((field.to_vec(), how(b'?'))),
                }
            }
            Ok::<_, crate::Error>(())
        };
        add(&["diff-files", "--raw", "--no-renames", "-z", "--ignore-submodules=none"], |letter| match letter {
            b'D' => Dirtiness::Deleted,
            _ => Dirtiness::Modified,
        })?;
        if let Ok(head) = self.head()?.commit() {
            let head = head.to_string();
            let all = "--ignore-submodules=none";
            add(&["diff-index", "--cached", "--raw", "--no-renames", "-z", all, &head], |_| Dirtiness::Staged)?;
        }
        add(&["ls-files", "--others", "--exclude-standard", "-z"], |_| Dirtiness::Untracked)?;
        Ok(found)
    }
}
