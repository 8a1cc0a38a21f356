//! The index as a snapshot: what a commit made now would hold, which is what a pre-commit hook must judge.

mod by_git;

use std::collections::BTreeMap;
use std::path::PathBuf;

use source::{File, Files, Mode, ReadError, RepoPath, Snapshot};

use crate::backend::IndexEntry;
use crate::bounds::Bounds;
use crate::revision::read_blob;
use crate::tree::file_mode;
use crate::worktree::{FOLDERS, repo_path};
use crate::{Error, Oid, Repo, Result};

impl Repo {
    /// The files below `prompts/`, `policies/` and `evals/` in the index, all read.
    pub fn index(&self) -> Result<Snapshot> {
        let files = self.index_files()?;
        Ok(Snapshot { name: "the index".to_owned(), files: self.read_blobs(&files.entries)? })
    }

    /// The same, each file read when it is asked for.
    pub fn index_files(&self) -> Result<IndexFiles<'_>> {
        let bounds = Bounds::default();
        let mut entries = BTreeMap::new();
        for entry in self.index_entries()? {
            let path = String::from_utf8_lossy(&entry.path);
            let Some(path) = self.below_root(&path) else { continue };
            if !FOLDERS.contains(&path.split('/').next().unwrap_or_default()) {
                continue;
            }
            bounds.entry(path)?;
            if entry.stage != 0 {
                return Err(Error::Unmerged(self.in_repository(path)));
            }
            let Some(mode) = file_mode(entry.mode) else { continue };
            if !entry.intended {
                entries.insert(repo_path(path), (mode, entry.oid));
            }
        }
        Ok(IndexFiles { repo: self, entries })
    }

    /// The index file: the one that git hands to a hook (`git commit -a`, `git commit PATH`), else the worktree's own.
    pub(crate) fn index_path(&self) -> Result<PathBuf> {
        Ok(match self.environment.path("GIT_INDEX_FILE") {
            // git sets it relative to the top of the worktree, where it starts hooks.
            Some(path) => self.workdir()?.join(path),
            None => self.git_dir().join("index"),
        })
    }

    fn index_entries(&self) -> Result<Vec<IndexEntry>> {
        let path = self.index_path()?;
        match self.backend.index(&path) {
            Some(entries) => Ok(entries),
            None => self.index_by_git(&path),
        }
    }

    /// What a sparse checkout leaves out of the worktree, as the worktree's own index has it.
    pub(crate) fn left_out(&self) -> Result<BTreeMap<RepoPath, File>> {
        let path = self.git_dir().join("index");
        let entries = match self.backend.index(&path) {
            Some(entries) => entries,
            None => self.index_by_git(&path)?,
        };
        let mut left_out = BTreeMap::new();
        for entry in entries.into_iter().filter(|entry| entry.skipped && entry.stage == 0) {
            let path = String::from_utf8_lossy(&entry.path);
            let Some(path) = self.below_root(&path) else { continue };
            if FOLDERS.contains(&path.split('/').next().unwrap_or_default())
                && let Some(mode) = file_mode(entry.mode)
            {
                left_out.insert(repo_path(path), (mode, entry.oid));
            }
        }
        self.read_blobs(&left_out)
    }
}

/// The files of the index's prompt root, read as they are asked for.
pub struct IndexFiles<'r> {
    repo: &'r Repo,
    pub(crate) entries: BTreeMap<RepoPath, (Mode, Oid)>,
}

impl IndexFiles<'_> {
    /// Every path with its mode and blob, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&RepoPath, Mode, Oid)> {
        self.entries.iter().map(|(path, (mode, oid))| (path, *mode, *oid))
    }
}

impl Files for IndexFiles<'_> {
    fn file(&self, path: &RepoPath) -> std::result::Result<Option<File>, ReadError> {
        let Some((mode, oid)) = self.entries.get(path) else { return Ok(None) };
        let failed = |e: Error| e.of_file(path.as_str());
        read_blob(&*self.repo.backend, *mode, *oid, path).map(Some).map_err(failed)
    }

    fn paths_below(&self, folder: &str) -> std::result::Result<Vec<RepoPath>, ReadError> {
        Ok(self.entries.keys().filter(|p| p.below(folder).is_some()).cloned().collect())
    }
}
