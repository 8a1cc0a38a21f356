//! Snapshots: the files of a prompt root as one worktree, index or revision holds them, as values.

use std::collections::BTreeMap;

use crate::{Bytes, RepoPath};

/// What kind of thing git holds at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// 100644.
    Regular,
    /// 100755.
    Executable,
    /// 120000: the content is the link's target, never followed.
    Symlink,
    /// 160000: a commit of another repository.
    Submodule,
}

/// One file, its bytes exactly as read.
#[derive(Debug, Clone)]
pub struct File {
    /// What it is.
    pub mode: Mode,
    /// Its bytes: raw, no filter applied.
    pub bytes: Bytes,
}

/// Why a file could not be read. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
#[error("read {path}: {why}")]
pub struct ReadError {
    /// Which file.
    pub path: String,
    /// What went wrong.
    pub why: String,
    /// Whether the object is just not here (a shallow or partial clone), so that fetching helps.
    pub missing: bool,
}

/// Reads files of one snapshot by path: everything at hand ([`Snapshot`]), or from a commit as it is asked for.
pub trait Files {
    /// The file at `path`, or `None` where there is none.
    fn file(&self, path: &RepoPath) -> Result<Option<File>, ReadError>;

    /// Every path below `folder`, sorted.
    fn paths_below(&self, folder: &str) -> Result<Vec<RepoPath>, ReadError>;
}

/// The files of a prompt root, sorted by path, with the name under which people know the snapshot.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// `the worktree`, `the index`, or a revision as the user spelled it.
    pub name: String,
    /// The files, by path below the prompt root.
    pub files: BTreeMap<RepoPath, File>,
}

impl Snapshot {
    /// A snapshot of regular files with these texts, for tests and samples.
    pub fn of_texts<'a>(name: &str, texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let file = |text: &str| File { mode: Mode::Regular, bytes: text.as_bytes().into() };
        let path = |p: &str| RepoPath::new(p).expect("test paths are sound");
        Self { name: name.to_owned(), files: texts.into_iter().map(|(p, t)| (path(p), file(t))).collect() }
    }

    /// The files below `folder`, sorted.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a RepoPath, &'a File)> {
        let first = format!("{folder}/");
        self.files
            .range::<str, _>((std::ops::Bound::Included(first.as_str()), std::ops::Bound::Unbounded))
            .take_while(move |(path, _)| path.below(folder).is_some())
    }

    /// Whether `folder`, or what stands in its place, is the same in both, byte for byte.
    pub fn is_same_below(&self, folder: &str, other: &Self) -> bool {
        let same = |a: Option<&File>, b: Option<&File>| match (a, b) {
            (Some(a), Some(b)) => a.mode == b.mode && a.bytes == b.bytes,
            (a, b) => a.is_none() && b.is_none(),
        };
        let (mut ours, mut theirs) = (self.below(folder), other.below(folder));
        let replaced = !same(self.files.get(folder), other.files.get(folder));
        !replaced
            && loop {
                match (ours.next(), theirs.next()) {
                    (None, None) => break true,
                    (Some((a, ours)), Some((b, theirs))) if a == b && same(Some(ours), Some(theirs)) => {}
                    _ => break false,
                }
            }
    }
}

impl Files for Snapshot {
    fn file(&self, path: &RepoPath) -> Result<Option<File>, ReadError> {
        Ok(self.files.get(path).cloned())
    }

    fn paths_below(&self, folder: &str) -> Result<Vec<RepoPath>, ReadError> {
        Ok(self.below(folder).map(|(path, _)| path.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_stops_at_the_folder() {
        let s = Snapshot::of_texts("t", [("a.md", ""), ("a/x.md", ""), ("a/y/z.md", ""), ("ab/x.md", "")]);
        let found: Vec<_> = s.below("a").map(|(p, _)| p.as_str()).collect();
        assert_eq!(found, ["a/x.md", "a/y/z.md"]);
    }
}
