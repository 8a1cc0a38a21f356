//! libgit2 behind [`Backend`]: the only module that names git2.

mod guard;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Repository, RepositoryOpenFlags, Status, StatusOptions};

use super::{Backend, Dirtiness, IndexEntry, Locations};
use crate::environment::Mode;
use crate::{Environment, Error, ObjectKind, Oid, RawObject, Result};

pub(super) struct Libgit2 {
    repository: Repository,
    locations: Locations,
    /// Object folders that the repository does not name itself: git's quarantine, and our cache of a remote's ledger.
    alternates: Vec<PathBuf>,
}

impl Libgit2 {
    pub(super) fn open(start: &Path, environment: &Environment) -> Result<Self> {
        // On by default, and what makes alternates and a damaged disk harmless: every object read is hashed again.
        git2::opts::strict_hash_verification(true);
        let named = (environment.mode() == Mode::Hook).then(|| environment.path("GIT_DIR")).flatten();
        let ceilings = environment.get("GIT_CEILING_DIRECTORIES").unwrap_or(OsStr::new(""));
        let opened = match &named {
            Some(git_dir) => {
                Repository::open_ext(start.join(git_dir), RepositoryOpenFlags::NO_SEARCH, [] as [&OsStr; 0])
            }
            None => Repository::open_ext(start, RepositoryOpenFlags::empty(), std::env::split_paths(ceilings)),
        };
        let repository = opened.map_err(|e| refusal(&e, start))?;
        if named.is_none() {
            refuse_hidden(&repository)?;
        }
        refuse_promisors(&repository)?;
        let mut locations = locations(&repository);
        if let (Some(_), Some(worktree)) = (&named, environment.path("GIT_WORK_TREE")) {
            locations.workdir = Some(start.join(worktree));
        }
        let mut alternates = Vec::new();
        if named.is_some() {
            alternates.extend(environment.path("GIT_OBJECT_DIRECTORY").map(|p| start.join(p)));
            let more = environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or(OsStr::new(""));
            alternates.extend(std::env::split_paths(more).filter(|p| p.is_absolute()));
        }
        Self { repository, locations, alternates }.with_alternates()
    }

    fn with_alternates(self) -> Result<Self> {
        let caches = crate::fetch::all(&self.locations.common_dir).into_iter().map(|c| c.join("objects"));
        let extra = self.alternates.iter().cloned().chain(caches.filter(|c| c.is_dir()));
        let odb = self.repository.odb().map_err(|e| self.refused(&e))?;
        for path in extra {
            let Some(text) = path.to_str() else { continue };
            odb.add_disk_alternate(text).map_err(|e| self.refused(&e))?;
        }
        drop(odb);
        Ok(self)
    }

    fn again(&self) -> Result<Self> {
        let path = &self.locations.git_dir;
        let repository = Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, [] as [&OsStr; 0])
            .map_err(|e| refusal(&e, path))?;
        Ok(Self { repository, locations: self.locations.clone(), alternates: self.alternates.clone() })
    }

    fn refused(&self, error: &git2::Error) -> Error {
        Error::Refused { path: self.locations.git_dir.clone(), why: error.message().to_owned() }
    }

    /// git2 unwraps the kind that libgit2 found, and a damaged pack names kinds that there are none of.
    /// <https://github.com/rust-lang/git2-rs/blob/git2-0.21.0/src/odb.rs#L163>
    fn read_header(&self, odb: &git2::Odb<'_>, oid: Oid) -> Result<(usize, ObjectType)> {
        let id = to_git2(oid)?;
        let damaged = || Error::CorruptObject { oid, why: "its header in the pack is damaged".to_owned() };
        let read = guard::caught(|| odb.read_header(id)).ok_or_else(damaged)?;
        read.map_err(|e| self.object_error(oid, &e))
    }

    fn object_error(&self, oid: Oid, error: &git2::Error) -> Error {
        match error.code() {
            ErrorCode::NotFound => Error::MissingObject(oid),
            ErrorCode::HashsumMismatch => Error::CorruptObject { oid, why: "its bytes have another name".to_owned() },
            _ => Error::CorruptObject { oid, why: error.message().to_owned() },
        }
    }
}

impl Backend for Libgit2 {
    fn locations(&self) -> &Locations {
        &self.locations
    }

    fn object(&self, oid: Oid, cap: &dyn Fn(ObjectKind) -> u64) -> Result<RawObject> {
        let odb = self.repository.odb().map_err(|e| self.refused(&e))?;
        let id = to_git2(oid)?;
        let failed = |e: &git2::Error| self.object_error(oid, e);
        // The header is at hand in a pack; a loose object is inflated only as far as its size.
        let (size, of) = self.read_header(&odb, oid)?;
        let cap = cap(kind(oid, of)?);
        if size as u64 > cap {
            return Err(Error::TooLarge { oid, size: size as u64, cap });
        }
        let object = odb.read(id).map_err(|e| failed(&e))?;
        Ok(RawObject { kind: kind(oid, object.kind())?, bytes: object.data().to_vec() })
    }

    fn header(&self, oid: Oid) -> Result<(ObjectKind, u64)> {
        let odb = self.repository.odb().map_err(|e| self.refused(&e))?;
        let (size, of) = self.read_header(&odb, oid)?;
        Ok((kind(oid, of)?, size as u64))
    }

    fn write(&self, kind: ObjectKind, bytes: &[u8]) -> Result<Oid> {
        let objects = self.locations.common_dir.join("objects");
        let failed = |e: &git2::Error| crate::files::refusal(&objects, e.message());
        let odb = self.repository.odb().map_err(|e| failed(&e))?;
        odb.write(object_type(kind), bytes).map(from_git2).map_err(|e| failed(&e))
    }

    fn add_objects(&self, folder: &Path) -> Result<()> {
        let odb = self.repository.odb().map_err(|e| self.refused(&e))?;
        // Adding a folder twice only makes misses slower.
        match folder.to_str() {
            Some(text) => odb.add_disk_alternate(text).map_err(|e| self.refused(&e)),
            None => Ok(()),
        }
    }

    fn index(&self, file: &Path) -> Option<Vec<IndexEntry>> {
        if !file.exists() {
            return Some(Vec::new());
        }
        let index = git2::Index::open(file).ok()?;
        let entry = |e: git2::IndexEntry| IndexEntry {
            mode: e.mode,
            oid: from_git2(e.id),
            stage: u8::try_from((e.flags >> 12) & 3).unwrap_or(0),
            // GIT_INDEX_ENTRY_INTENT_TO_ADD
            intended: e.flags_extended & (1 << 13) != 0,
            // GIT_INDEX_ENTRY_SKIP_WORKTREE
            skipped: e.flags_extended & (1 << 14) != 0,
            path: e.path,
        };
        Some(index.iter().map(entry).collect())
    }

    fn has_file_modes(&self) -> bool {
        self.repository.config().and_then(|c| c.get_bool("core.fileMode")).unwrap_or(true)
    }

    fn is_ignored(&self, path: &Path) -> bool {
        self.repository.is_path_ignored(path).unwrap_or(false)
    }

    fn dirty(&self, prefix: &str) -> Result<Vec<(Vec<u8>, Dirtiness)>> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false).update_index(false);
        options.exclude_submodules(true).disable_pathspec_match(true);
        if !prefix.is_empty() {
            options.pathspec(prefix);
        }
        let statuses = self.repository.statuses(Some(&mut options)).map_err(|e| self.refused(&e))?;
        let mut found: Vec<_> =
            statuses.iter().filter_map(|s| dirtiness(s.status()).map(|d| (s.path_bytes().to_vec(), d))).collect();
        found.sort();
        Ok(found)
    }

    fn alone(&self) -> Result<Box<dyn Backend>> {
        Ok(Box::new(self.again()?))
    }

    fn another(&self) -> Result<Box<dyn Backend>> {
        Ok(Box::new(self.again()?.with_alternates()?))
    }
}

pub(super) fn name_of(kind: ObjectKind, bytes: &[u8]) -> Oid {
    from_git2(git2::Oid::hash_object(object_type(kind), bytes).expect("hashing bytes in memory cannot fail"))
}

fn dirtiness(status: Status) -> Option<Dirtiness> {
    let index = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_DELETED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE;
    if status.contains(Status::WT_DELETED) {
        Some(Dirtiness::Deleted)
    } else if status.intersects(Status::WT_MODIFIED | Status::WT_TYPECHANGE | Status::WT_RENAMED | Status::CONFLICTED) {
        Some(Dirtiness::Modified)
    } else if status.intersects(index) {
        Some(Dirtiness::Staged)
    } else if status.contains(Status::WT_NEW) {
        Some(Dirtiness::Untracked)
    } else {
        None
    }
}

fn locations(repository: &Repository) -> Locations {
    let plain = |p: &Path| p.components().collect::<PathBuf>();
    Locations {
        git_dir: plain(repository.path()),
        common_dir: plain(repository.commondir()),
        workdir: repository.workdir().map(plain),
    }
}

/// A git folder among the files of somebody's worktree came with them: its configuration is not the user's, yet transport
/// would obey it, and its refs are whatever a contributor wrote. git tracks nothing that is called `.git`, so what lies
/// there, or is named by a file of that name, is the user's own; anything else is refused, bare or not
/// (git's `safe.bareRepository=explicit` asks the same, but believes `core.bare`).
fn refuse_hidden(repository: &Repository) -> Result<()> {
    let path: PathBuf = repository.path().components().collect();
    if path.iter().any(|part| part == ".git") || is_named_by_file(repository, &path) {
        return Ok(());
    }
    match path.ancestors().skip(1).find(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        Some(top) => {
            let why = format!(
                "it is a git folder among the files of the worktree {}: remove its `HEAD`, or work in a clone of it elsewhere",
                top.display()
            );
            Err(Error::Refused { path, why })
        }
        None => Ok(()),
    }
}

/// Whether the worktree's `.git` is a file that names this git folder, as `git init --separate-git-dir` leaves it.
fn is_named_by_file(repository: &Repository, git_dir: &Path) -> bool {
    let Some(workdir) = repository.workdir() else { return false };
    let Ok(text) = std::fs::read_to_string(workdir.join(".git")) else { return false };
    let named = text.strip_prefix("gitdir:").map(|rest| workdir.join(rest.trim()));
    named.and_then(|n| n.canonicalize().ok()).is_some_and(|n| git_dir.canonicalize().is_ok_and(|own| own == n))
}

/// libgit2 knows nothing of promisors where git marks them in the remote's section alone.
fn refuse_promisors(repository: &Repository) -> Result<()> {
    let Ok(config) = repository.config() else { return Ok(()) };
    let Ok(mut entries) = config.entries(Some("^remote\\..*\\.promisor$")) else { return Ok(()) };
    while let Some(Ok(entry)) = entries.next() {
        if entry.value().is_ok_and(|v| !matches!(v, "false" | "no" | "off" | "0")) {
            return Err(Error::PartialClone(repository.path().to_owned()));
        }
    }
    Ok(())
}

/// The typed form of libgit2's refusal to open; its words are the only thing that tells extensions apart.
fn refusal(error: &git2::Error, start: &Path) -> Error {
    let path = Repository::discover_path(start, [] as [&OsStr; 0]).unwrap_or_else(|_| start.to_owned());
    let path: PathBuf = path.components().collect();
    let message = error.message();
    match error.code() {
        ErrorCode::NotFound => return Error::NotARepository(start.to_owned()),
        ErrorCode::Owner => {
            // "repository path '/x/y/' is not owned by current user"
            let quoted = message.split('\'').nth(1).map(|p| Path::new(p).components().collect());
            return Error::ForeignOwner(quoted.unwrap_or(path));
        }
        _ => {}
    }
    if message.contains("object format") {
        return Error::Sha256(path);
    }
    let Some(name) = message.strip_prefix("unsupported extension name extensions.") else {
        return Error::Refused { path, why: message.to_owned() };
    };
    match name {
        "refstorage" => Error::Reftable(path),
        "partialclone" => Error::PartialClone(path),
        "compatobjectformat" => Error::CompatObjectFormat(path),
        name => Error::Extension { path, name: name.to_owned() },
    }
}

fn object_type(kind: ObjectKind) -> ObjectType {
    match kind {
        ObjectKind::Blob => ObjectType::Blob,
        ObjectKind::Tree => ObjectType::Tree,
        ObjectKind::Commit => ObjectType::Commit,
        ObjectKind::Tag => ObjectType::Tag,
    }
}

fn kind(oid: Oid, of: ObjectType) -> Result<ObjectKind> {
    match of {
        ObjectType::Blob => Ok(ObjectKind::Blob),
        ObjectType::Tree => Ok(ObjectKind::Tree),
        ObjectType::Commit => Ok(ObjectKind::Commit),
        ObjectType::Tag => Ok(ObjectKind::Tag),
        ObjectType::Any => Err(Error::CorruptObject { oid, why: "its kind is unknown".to_owned() }),
    }
}

fn to_git2(oid: Oid) -> Result<git2::Oid> {
    git2::Oid::from_bytes(oid.as_bytes()).map_err(|e| Error::CorruptObject { oid, why: e.message().to_owned() })
}

fn from_git2(oid: git2::Oid) -> Oid {
    Oid::from_bytes(oid.as_bytes()).expect("this build of libgit2 knows SHA-1 only")
}
