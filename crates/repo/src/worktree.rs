//! The worktree as a snapshot: what the author sees, read without following a link or starting a filter.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use source::{File, Mode, RepoPath, Snapshot};
use walkdir::WalkDir;

use crate::{Error, Repo, Result};

/// The folders of a prompt root that snapshots hold.
pub(crate) const FOLDERS: [&str; 3] = ["evals", "policies", "prompts"];

impl Repo {
    /// The files below `prompts/`, `policies/` and `evals/` as they lie on disk.
    ///
    /// Tracked files are always there; untracked ones unless an ignore rule covers them. Links are [`Mode::Symlink`] with
    /// their target as bytes; a repository inside is [`Mode::Submodule`]; sockets and pipes are passed over.
    pub fn worktree(&self) -> Result<Snapshot> {
        let root = self.root_dir()?;
        self.refuse_linked_root()?;
        let found = find(&root)?;
        let mut found = self.without_ignored(found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let read = |part: &[Found]| part.iter().map(Found::read).collect::<Result<Vec<_>>>();
        let files = if found.len() < 200 {
            read(&found)?
        } else {
            let (left, right) = found.split_at(found.len() / 2);
            let (left, right) = std::thread::scope(|scope| {
                let right = scope.spawn(|| read(right));
                (read(left), right.join().expect("reading files does not panic"))
            });
            let mut all = left?;
            all.extend(right?);
            all
        };
        let files: BTreeMap<_, _> = found.into_iter().map(|f| f.path).zip(files).collect();
        Ok(Snapshot { name: "the worktree".to_owned(), files })
    }

    /// A prompt root that is reached through a link is another folder than the one git knows.
    fn refuse_linked_root(&self) -> Result<()> {
        let mut path = self.workdir()?.to_owned();
        for segment in self.root.split('/').filter(|s| !s.is_empty()) {
            path.push(segment);
            if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
                return Err(Error::Root { root: self.root.clone(), why: "it is reached through a symbolic link" });
            }
        }
        Ok(())
    }

    /// Drops untracked files that ignore rules cover. The index answers for tracked ones at once; rules are read only
    /// for the others.
    fn without_ignored(&self, found: Vec<Found>) -> Result<Vec<Found>> {
        let tracked: Option<HashSet<Vec<u8>>> =
            self.backend.index(&self.git_dir().join("index")).map(|i| i.into_iter().map(|e| e.path).collect());
        let Some(tracked) = tracked else { return self.without_ignored_by_git(found) };
        Ok(found
            .into_iter()
            .filter(|f| {
                let path = self.from_top(&f.below_root);
                tracked.contains(path.as_bytes()) || !self.backend.is_ignored(Path::new(&path))
            })
            .collect())
    }

    /// The same by git, where libgit2 cannot read the index.
    fn without_ignored_by_git(&self, found: Vec<Found>) -> Result<Vec<Found>> {
        let mut args = vec!["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        args.extend(FOLDERS.iter().map(|f| self.from_top(f)));
        let listed = self.git.ask(&args)?;
        let ignored: HashSet<&[u8]> = listed.split(|&b| b == 0).collect();
        Ok(found.into_iter().filter(|f| !ignored.contains(self.from_top(&f.below_root).as_bytes())).collect())
    }
}

/// A thing on disk that a snapshot holds.
struct Found {
    path: RepoPath,
    /// The same as git would spell it.
    below_root: String,
    on_disk: PathBuf,
    mode: Mode,
}

impl Found {
    fn read(&self) -> Result<File> {
        let failed = |e: std::io::Error| Error::read(&self.on_disk, &e);
        let bytes = match self.mode {
            Mode::Submodule => Vec::new(),
            Mode::Symlink => {
                std::fs::read_link(&self.on_disk).map_err(failed)?.to_string_lossy().into_owned().into_bytes()
            }
            Mode::Regular | Mode::Executable => std::fs::read(&self.on_disk).map_err(failed)?,
        };
        Ok(File { mode: self.mode, bytes: bytes.into() })
    }
}

fn find(root: &Path) -> Result<Vec<Found>> {
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
            let kind = entry.file_type();
            let mode = if kind.is_dir() {
                if entry.depth() == 0 || entry.path().join(".git").symlink_metadata().is_err() {
                    continue;
                }
                walk.skip_current_dir();
                Mode::Submodule
            } else if kind.is_symlink() {
                Mode::Symlink
            } else if kind.is_file() {
                if is_executable(&entry) { Mode::Executable } else { Mode::Regular }
            } else {
                continue;
            };
            let below_root = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy();
            let below_root = if cfg!(windows) { below_root.replace('\\', "/") } else { below_root.into_owned() };
            found.push(Found { path: repo_path(&below_root), below_root, on_disk: entry.into_path(), mode });
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
fn is_executable(entry: &walkdir::DirEntry) -> bool {
    use std::os::unix::fs::PermissionsExt;
    entry.metadata().is_ok_and(|m| m.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &walkdir::DirEntry) -> bool {
    false
}
