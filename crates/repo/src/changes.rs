//! What differs between two commits, or between HEAD and the index, and how commits are related.

use source::{RepoPath, Timestamp};

use crate::git::Reach;
use crate::worktree::repo_path;
use crate::{Error, Head, ObjectKind, Oid, Repo, Result};

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It has other bytes or another mode.
    Modified,
    /// It is gone.
    Deleted,
}

/// A path below the prompt root that changed. A rename is a deletion and an addition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Below the prompt root.
    pub path: RepoPath,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// The tree without files, which stands in for HEAD before the first commit. git knows it without storing it.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

impl Repo {
    /// What the index changes against HEAD, below the prompt root; before the first commit everything is added.
    pub fn staged_paths(&self) -> Result<Vec<Change>> {
        let against = match self.head()? {
            Head::Unborn(_) => EMPTY_TREE.to_owned(),
            head => head.commit()?.to_string(),
        };
        let file = self.index_path()?;
        let git = self.git.with("GIT_INDEX_FILE", file.as_os_str());
        // Neither `.gitmodules` nor a configuration may say that a submodule's changes are none.
        let all = "--ignore-submodules=none";
        let args = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", all, &against, "--"];
        let ended = git.run(Reach::Local, args, None)?;
        if ended.success() { self.changes(&ended.stdout) } else { Err(ended.failure()) }
    }

    /// What `to` changes against `from`, below the prompt root.
    pub fn changed_between(&self, from: Oid, to: Oid) -> Result<Vec<Change>> {
        let (from, to) = (from.to_string(), to.to_string());
        let all = "--ignore-submodules=none";
        let args = ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", all, &from, &to, "--"];
        self.changes(&self.git.ask(args)?)
    }

    /// What HEAD changes against its merge base with `base`, below the prompt root: what a pull request changes.
    pub fn changed_paths(&self, base: &str) -> Result<Vec<Change>> {
        let head = self.head()?.commit()?;
        let base = self.merge_base(self.rev_parse(base)?, head)?;
        self.changed_between(base, head)
    }

    /// The commits that changed `path`, below the prompt root, up to `from`, the newest first; at most `most`. Those of
    /// branches that were merged are among them, also where the merge kept nothing of what they did.
    pub fn commits_of(&self, from: Oid, path: &RepoPath, most: usize) -> Result<Vec<Oid>> {
        let (most, from) = (format!("--max-count={most}"), from.to_string());
        let path = format!(":(top,literal){}", self.in_repository(path.as_str()));
        let listed = self.git.ask(["rev-list", "--full-history", &most, &from, "--", &path])?;
        Ok(String::from_utf8_lossy(&listed).lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// The best common ancestor of two commits.
    pub fn merge_base(&self, a: Oid, b: Oid) -> Result<Oid> {
        let ended = self.git.run(Reach::Local, ["merge-base", &a.to_string(), &b.to_string()], None)?;
        match ended.status.code() {
            Some(0) => {
                let text = String::from_utf8_lossy(&ended.stdout);
                text.trim().parse().map_err(|_| Error::NoMergeBase(a, b))
            }
            Some(1) if self.is_shallow() => Err(Error::Shallow(a, b)),
            Some(1) => Err(Error::NoMergeBase(a, b)),
            _ => Err(ended.failure()),
        }
    }

    /// The commit from which `head` left `base`: what a branch is compared with, whatever happened to `base` since.
    ///
    /// CI systems check out a merge of both and nothing older. Such a commit names `base` among its parents, which is answer
    /// enough where the history is cut off.
    pub fn left_at(&self, base: Oid, head: Oid) -> Result<Oid> {
        match self.merge_base(base, head) {
            Err(Error::Shallow(..)) if base == head || self.parents(head)?.contains(&base) => Ok(base),
            found => found,
        }
    }

    /// The parents that a commit names itself, whether or not they are here.
    fn parents(&self, commit: Oid) -> Result<Vec<Oid>> {
        let bytes = self.object_of(commit, ObjectKind::Commit)?;
        let lines = bytes.split(|&b| b == b'\n').take_while(|line| !line.is_empty());
        let parent = |line: &[u8]| std::str::from_utf8(line.strip_prefix(b"parent ")?).ok()?.parse().ok();
        Ok(lines.filter_map(parent).collect())
    }

    /// When a commit was made, by the clock of whoever made it; `None` where it does not say so as git does.
    pub fn committed_at(&self, commit: Oid) -> Result<Option<Timestamp>> {
        let bytes = self.object_of(commit, ObjectKind::Commit)?;
        let mut lines = bytes.split(|&b| b == b'\n').take_while(|line| !line.is_empty());
        let line = lines.find_map(|line| std::str::from_utf8(line.strip_prefix(b"committer ")?).ok());
        let seconds = line.and_then(|line| line.rsplit_once("> ")?.1.split(' ').next()?.parse().ok());
        Ok(seconds.map(Timestamp))
    }

    /// Whether `ancestor` is `descendant` or among its ancestors. Grafts and replacements do not count; in a shallow clone
    /// only a yes is an answer.
    pub fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool> {
        let args = ["merge-base", "--is-ancestor", &ancestor.to_string(), &descendant.to_string()];
        let ended = self.git.run(Reach::Local, args, None)?;
        match ended.status.code() {
            Some(0) => Ok(true),
            Some(1) if self.is_shallow() => Err(Error::Shallow(ancestor, descendant)),
            Some(1) => Ok(false),
            _ => Err(ended.failure()),
        }
    }

    /// Reads git's raw format: `:<mode> <mode> <oid> <oid> <letter> NUL <path> NUL`.
    fn changes(&self, raw: &[u8]) -> Result<Vec<Change>> {
        let mut fields = raw.split(|&b| b == 0);
        let mut found = Vec::new();
        while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
            let kind = match head.last() {
                Some(b'A') => ChangeKind::Added,
                Some(b'D') => ChangeKind::Deleted,
                Some(b'U') => return Err(Error::Unmerged(String::from_utf8_lossy(path).into_owned())),
                _ => ChangeKind::Modified,
            };
            let path = String::from_utf8_lossy(path);
            found.extend(self.below_root(&path).map(|p| Change { path: repo_path(p), kind }));
        }
        found.sort();
        Ok(found)
    }
}
