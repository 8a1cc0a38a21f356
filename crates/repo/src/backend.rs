//! What this crate needs from a git implementation; a second one can stand beside libgit2 behind this trait.
//!
//! Refs, config, revisions and transport are not here: they go through gix-ref, gix-config and git itself.

mod libgit2;

use std::path::{Path, PathBuf};

use crate::{Environment, ObjectKind, Oid, RawObject, Result};

/// Where a repository's parts lie.
#[derive(Debug, Clone)]
pub(crate) struct Locations {
    /// What belongs to this worktree alone: HEAD, the index.
    pub(crate) git_dir: PathBuf,
    /// What all worktrees share: objects, refs, config.
    pub(crate) common_dir: PathBuf,
    /// The top of the worktree, without links in its path.
    pub(crate) workdir: Option<PathBuf>,
}

/// An entry of the index as it would be committed.
#[derive(Debug, Clone)]
pub(crate) struct IndexEntry {
    /// From the top of the worktree, as git stores it.
    pub(crate) path: Vec<u8>,
    /// git's file mode, such as 0o100644.
    pub(crate) mode: u32,
    /// The blob.
    pub(crate) oid: Oid,
    /// 0 where it is merged.
    pub(crate) stage: u8,
    /// Only announced by `git add --intent-to-add`: no commit would hold it.
    pub(crate) intended: bool,
    /// Left out of the worktree by a sparse checkout.
    pub(crate) skipped: bool,
}

/// How a file differs from what HEAD holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirtiness {
    /// In the worktree, not in HEAD nor the index, not ignored.
    Untracked,
    /// Changed in the worktree.
    Modified,
    /// Changed in the index.
    Staged,
    /// Gone from the worktree.
    Deleted,
}

/// The git implementation of one thread.
pub(crate) trait Backend: Send {
    fn locations(&self) -> &Locations;

    /// The object `oid`, its name recomputed from its bytes; refuses more bytes than `cap` says of its kind before reading
    /// them.
    fn object(&self, oid: Oid, cap: &dyn Fn(ObjectKind) -> u64) -> Result<RawObject>;

    /// The kind and size of `oid`, without its bytes.
    fn header(&self, oid: Oid) -> Result<(ObjectKind, u64)>;

    /// Stores an object and returns its name. No ref leads to it.
    fn write(&self, kind: ObjectKind, bytes: &[u8]) -> Result<Oid>;

    /// Reads objects from another folder too.
    fn add_objects(&self, folder: &Path) -> Result<()>;

    /// The entries of an index file sorted by path; `None` where this implementation cannot read it.
    fn index(&self, file: &Path) -> Option<Vec<IndexEntry>>;

    /// Whether the file system keeps the bit that makes a file executable (`core.fileMode`).
    fn has_file_modes(&self) -> bool;

    /// Whether ignore rules cover an untracked `path` (from the top of the worktree).
    fn is_ignored(&self, path: &Path) -> bool;

    /// What differs from HEAD below `prefix` (from the top of the worktree; empty for everything), sorted by path.
    fn dirty(&self, prefix: &str) -> Result<Vec<(Vec<u8>, Dirtiness)>>;

    /// The same repository without what was fetched beside it.
    fn alone(&self) -> Result<Box<dyn Backend>>;

    /// The same repository for another thread.
    fn another(&self) -> Result<Box<dyn Backend>>;
}

/// Opens the repository that `start` lies in, or the one that git names to a hook.
pub(crate) fn open(start: &Path, environment: &Environment) -> Result<Box<dyn Backend>> {
    libgit2::Libgit2::open(start, environment).map(|b| Box::new(b) as Box<dyn Backend>)
}

/// The name under which git would store these bytes.
pub(crate) fn name_of(kind: ObjectKind, bytes: &[u8]) -> Oid {
    libgit2::name_of(kind, bytes)
}
