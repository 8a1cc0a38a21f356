//! The worktree as a snapshot: what the author sees, read without following a link or starting a filter.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::bytes::{Large, ReadAt};
use source::{Bytes, File, Mode, RepoPath, Snapshot};
use walkdir::WalkDir;

use crate::backend::IndexEntry;
use crate::bounds::{self, Bounds};
use crate::tree::file_mode;
use crate::{Error, Repo, Result};

/// The folders of a prompt root that snapshots hold.
pub(crate) const FOLDERS: [&str; 3] = ["evals", "policies", "prompts"];

/// Rows that take more are not held.
const LONG: u64 = 8 << 20;

/// Up to this many files, a second thread costs more than it saves.
pub(crate) const FEW: usize = 200;

impl Repo {
    /// The files below `prompts/`, `policies/` and `evals/` as they lie on disk.
    ///
    /// What cannot be executed on a file system without modes is regular. Tracked files are always there, those that a
    /// sparse checkout leaves out as the index has them; untracked ones unless an ignore rule covers them. Links are
    /// [`Mode::Symlink`] with their target as bytes; a repository inside is [`Mode::Submodule`]; sockets and pipes are
    /// passed over.
    pub fn worktree(&self) -> Result<Snapshot> {
        let root = self.root_dir()?;
        self.refuse_linked_root()?;
        let bounds = Bounds::default();
        let (tracked, found) = std::thread::scope(|scope| {
            let found = scope.spawn(|| find(&root, &bounds));
            (self.tracked(), found.join().expect("walking does not panic"))
        });
        let mut found = found?;
        found.extend(tracked.iter().flatten().filter_map(|entry| self.linked(&root, entry)));
        let tracked = tracked.map(|entries| entries.into_iter().map(|entry| entry.path).collect());
        let found = self.without_ignored(found, tracked)?;
        let has_modes = self.backend.has_file_modes();
        let read = |part: Vec<Found>| part.into_iter().map(|f| f.read(has_modes, &bounds)).collect::<Result<Vec<_>>>();
        let mut left = found;
        let right = left.split_off(if left.len() < FEW { left.len() } else { left.len() / 2 });
        let (left, right) = if right.is_empty() {
            (read(left), Ok(Vec::new()))
        } else {
            std::thread::scope(|scope| {
                let right = scope.spawn(|| read(right));
                (read(left), right.join().expect("reading files does not panic"))
            })
        };
        let mut files: BTreeMap<_, _> = left?.into_iter().chain(right?).collect();
        // Where it was turned off again the patterns stay, and no entry is marked as left out.
        if self.git_dir().join("info/sparse-checkout").is_file() {
            for (path, file) in self.left_out()? {
                files.entry(path).or_insert(file);
            }
        }
        Ok(Snapshot { name: "the worktree".to_owned(), files })
    }

    /// A prompt root that is reached through a link is another folder than the one git knows.
    pub(crate) fn refuse_linked_root(&self) -> Result<()> {
        let mut path = self.workdir()?.to_owned();
        for segment in self.root.split('/').filter(|s| !s.is_empty()) {
            path.push(segment);
            if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
                return Err(Error::Root { root: self.root.clone(), why: "it is reached through a symbolic link" });
            }
        }
        Ok(())
    }

    /// The index; `None` where libgit2 cannot read it.
    fn tracked(&self) -> Option<Vec<IndexEntry>> {
        self.backend.index(&self.git_dir().join("index"))
    }

    /// A submodule of the index whose folder is there: without a repository in it, the walk saw files at most.
    fn linked(&self, root: &Path, entry: &IndexEntry) -> Option<Found> {
        if file_mode(entry.mode) != Some(Mode::Submodule) {
            return None;
        }
        let path = String::from_utf8_lossy(&entry.path);
        let below = self.below_root(&path)?;
        let on_disk = root.join(below);
        let concerns = FOLDERS.contains(&below.split('/').next().unwrap_or_default());
        (concerns && on_disk.is_dir()).then(|| Found { below_root: below.to_owned(), on_disk, mode: Mode::Submodule })
    }

    /// Drops untracked files that ignore rules cover; rules are read only for files that are not tracked.
    fn without_ignored(&self, found: Vec<Found>, tracked: Option<HashSet<Vec<u8>>>) -> Result<Vec<Found>> {
        let Some(tracked) = tracked else { return self.without_ignored_by_git(found) };
        let keeps = |f: &Found| {
            let path = self.in_repository(&f.below_root);
            tracked.contains(path.as_bytes()) || !self.backend.is_ignored(Path::new(&path))
        };
        Ok(found.into_iter().filter(keeps).collect())
    }

    /// The same by git, where libgit2 cannot read the index.
    fn without_ignored_by_git(&self, found: Vec<Found>) -> Result<Vec<Found>> {
        let mut args = vec!["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        args.extend(FOLDERS.iter().map(|f| self.in_repository(f)));
        let listed = self.git.ask(&args)?;
        let ignored: HashSet<&[u8]> = listed.split(|&b| b == 0).collect();
        Ok(found.into_iter().filter(|f| !ignored.contains(self.in_repository(&f.below_root).as_bytes())).collect())
    }
}

/// A thing on disk that a snapshot holds.
struct Found {
    /// As git would spell it.
    below_root: String,
    on_disk: PathBuf,
    /// Without what only opening the file tells: whether it can be executed.
    mode: Mode,
}

impl Found {
    fn read(self, has_modes: bool, bounds: &Bounds) -> Result<(RepoPath, File)> {
        let failed = |e: std::io::Error| Error::read(&self.on_disk, &e);
        let (mode, bytes) = match self.mode {
            Mode::Submodule => (self.mode, Bytes::from([])),
            Mode::Symlink => {
                let target = std::fs::read_link(&self.on_disk).map_err(failed)?;
                (self.mode, target.to_string_lossy().into_owned().into_bytes().into())
            }
            Mode::Regular | Mode::Executable => {
                read_file(&self.on_disk, bounds::cap(&self.below_root), bounds::is_read_by_line(&self.below_root))
                    .map_err(failed)?
            }
        };
        bounds.bytes(&self.below_root, bytes.len().min(bounds::cap(&self.below_root)))?;
        let mode = if mode == Mode::Executable && !has_modes { Mode::Regular } else { mode };
        Ok((repo_path(&self.below_root), File { mode, bytes }))
    }
}

/// The mode and bytes of a file, with as few calls to the system as there can be: there are thousands of files. One that
/// is long and read line by line stays on the disk.
pub(crate) fn read_file(path: &Path, cap: usize, by_line: bool) -> std::io::Result<(Mode, Bytes)> {
    let mut file = std::fs::File::open(path)?;
    let meta = file.metadata()?;
    let mode = if is_executable(&meta) { Mode::Executable } else { Mode::Regular };
    if by_line && meta.len() > LONG {
        return Ok((mode, Bytes::There(Arc::new(Large::new(Box::new(OnDisk(file)), meta.len(), cap)))));
    }
    let size = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    let mut bytes = vec![0; size.min(cap)];
    match file.read_exact(&mut bytes) {
        // It was cut while it was read, by an editor that is saving it.
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            bytes.clear();
            std::fs::File::open(path)?.take(cap as u64).read_to_end(&mut bytes)?;
        }
        read => read?,
    }
    Ok((mode, bytes.into()))
}

/// A file that is read where it lies. Whoever replaces it by another leaves this one as it was.
struct OnDisk(std::fs::File);

impl ReadAt for OnDisk {
    #[cfg(unix)]
    fn read_at(&self, into: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, into, at)
    }

    #[cfg(windows)]
    fn read_at(&self, into: &mut [u8], at: u64) -> std::io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.0, into, at)
    }
}

fn find(root: &Path, bounds: &Bounds) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let top = root.join(folder);
        if top.symlink_metadata().is_err() {
            continue;
        }
        let mut walk = WalkDir::new(&top).follow_links(false).follow_root_links(false).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|e| {
                let path = e.path().unwrap_or(&top).to_owned();
                let why = e.io_error().map_or_else(|| "a folder leads back to itself".to_owned(), ToString::to_string);
                Error::Read { path, why }
            })?;
            let below_root = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy();
            let below_root = if cfg!(windows) { below_root.replace('\\', "/") } else { below_root.into_owned() };
            bounds.entry(&below_root)?;
            let kind = entry.file_type();
            let mode = if kind.is_dir() {
                if entry.path().join(".git").symlink_metadata().is_err() {
                    continue;
                }
                walk.skip_current_dir();
                Mode::Submodule
            } else if kind.is_symlink() {
                Mode::Symlink
            } else if kind.is_file() {
                Mode::Regular
            } else {
                continue;
            };
            found.push(Found { below_root, on_disk: entry.into_path(), mode });
        }
    }
    Ok(found)
}

/// A name that is no sound path keeps its place with U+FFFD for what is wrong, so that rules about names can point at it.
pub(crate) fn repo_path(text: &str) -> RepoPath {
    let sound = |t: &str| RepoPath::new(t).ok();
    sound(text)
        .or_else(|| sound(&text.replace(['\\', '\0'], "\u{fffd}")))
        .or_else(|| {
            let segment = |s: &str| if matches!(s, "" | "." | "..") { "\u{fffd}".to_owned() } else { s.to_owned() };
            let mended: Vec<_> = text.replace(['\\', '\0'], "\u{fffd}").split('/').map(segment).collect();
            sound(&mended.join("/"))
        })
        .expect("every unsound segment was replaced")
}

#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}
