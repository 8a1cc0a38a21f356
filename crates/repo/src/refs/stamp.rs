//! Whether refs may have moved, without reading them: what a long-running resolver asks thousands of times a second.

use std::path::Path;
use std::time::SystemTime;

use crate::Repo;

/// The state of some refs' files and of packed-refs at one moment. Two equal stamps mean that none of them moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefStamp {
    loose: Vec<Option<File>>,
    packed: Vec<Option<File>>,
}

/// What changes when git replaces a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    id: u64,
    size: u64,
    modified: Option<SystemTime>,
    changed: i128,
}

impl Repo {
    /// The stamp of the tags named `names` (without `refs/tags/`). Name the first *free* number too: its file is what
    /// appears when somebody writes the next entry.
    ///
    /// Loose files are looked at before packed-refs: in the other order a concurrent `git pack-refs` could hide a new
    /// tag from both looks.
    pub fn stamp(&self, names: &[&str]) -> RefStamp {
        let mut folders = self.sources();
        folders.push(self.common_dir().to_owned());
        let loose = folders.iter().flat_map(|f| names.iter().map(|n| file(&f.join("refs/tags").join(n)))).collect();
        let packed = folders.iter().map(|f| file(&f.join("packed-refs"))).collect();
        RefStamp { loose, packed }
    }
}

/// What is there now; `None` where nothing is.
pub(super) fn file(path: &Path) -> Option<File> {
    let meta = path.metadata().ok()?;
    let (id, changed) = identity(&meta);
    Some(File { id, size: meta.len(), modified: meta.modified().ok(), changed })
}

#[cfg(unix)]
fn identity(meta: &std::fs::Metadata) -> (u64, i128) {
    use std::os::unix::fs::MetadataExt;
    (meta.ino(), i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> (u64, i128) {
    (0, 0)
}
