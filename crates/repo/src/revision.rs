//! Revisions: names that people type, commits, and the files that they hold.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use source::{Bytes, File, Files, Mode, ReadError, RepoPath, Snapshot};

use crate::bounds::{self, Bounds};
use crate::git::Reach;
use crate::tree::{self, Entry, EntryKind};
use crate::worktree::{FEW, FOLDERS, repo_path};
use crate::{Error, ObjectKind, Oid, Repo, Result};

impl Repo {
    /// The commit that `spec` names, in any way git knows (`HEAD~3`, a branch, a tag, `origin/main`, part of a name).
    pub fn rev_parse(&self, spec: &str) -> Result<Oid> {
        if spec == "HEAD" {
            return self.head()?.commit();
        }
        let wrong = |why: &str| Error::Revision { spec: spec.to_owned(), why: why.to_owned(), near: None };
        if spec.is_empty() || spec.contains(['\0', '\n']) {
            return Err(wrong("it is no name"));
        }
        let peeled = format!("{spec}^{{commit}}");
        // Whoever may push tags could name one like a branch: git says so and takes the tag.
        let args = ["-c", "core.warnAmbiguousRefs=true", "rev-parse", "--verify", "--end-of-options", &peeled];
        let ended = self.git.run(Reach::Local, args, None)?;
        let is_exact = spec.starts_with("refs/") || spec.parse::<Oid>().is_ok();
        if ended.success() && !is_exact && ended.words().contains("is ambiguous") {
            return Err(self.ambiguous(spec));
        }
        if ended.success() {
            let text = String::from_utf8_lossy(&ended.stdout);
            return text.trim().parse().map_err(|_| wrong("git named no commit"));
        }
        let words = ended.words();
        let why = if words.contains("ambiguous") {
            "it fits more than one object"
        } else if spec.contains("@{u") || spec.contains("@{p") {
            "the branch has no upstream here"
        } else if words.contains("expected commit type") || words.contains("cannot be peeled") {
            "it is no commit"
        } else if self.is_shallow() {
            return Err(Error::Beyond { spec: spec.to_owned() });
        } else {
            let (why, near) = ("there is no such commit here".to_owned(), self.branch_like(spec));
            return Err(Error::Revision { spec: spec.to_owned(), why, near });
        };
        Err(wrong(why))
    }

    /// The branch that `spec` may mean: the remote's where only that is here, as in a fresh clone, or one that is spelled alike.
    fn branch_like(&self, spec: &str) -> Option<String> {
        let name = spec.split(['^', '~', '@', ':']).next().unwrap_or(spec);
        let (local, remote) = (self.branches().ok()?, self.remote_branches().ok()?);
        // What is there is no misspelling: it has no such ancestor, say.
        if name == "HEAD" || local.contains_key(name) || remote.contains_key(name) {
            return None;
        }
        let is_meant = |known: &&String| known.split_once('/').is_some_and(|(_, branch)| branch == name);
        let near = || source::nearest::nearest(name, local.keys().chain(remote.keys()).map(String::as_str));
        let found = remote.keys().find(is_meant).map(String::as_str).or_else(near)?;
        Some(format!("{found}{}", &spec[name.len()..]))
    }

    /// Says what `spec` may name.
    fn ambiguous(&self, spec: &str) -> Error {
        let name = spec.split(['^', '~', '@', ':']).next().unwrap_or(spec);
        let folders = ["refs", "refs/tags", "refs/heads", "refs/remotes"];
        let names = folders.map(|folder| format!("{folder}/{name}"));
        let is_here = |name: &&String| self.rev_parse(name).is_ok();
        Error::Ambiguous { spec: spec.to_owned(), names: names.iter().filter(is_here).cloned().collect() }
    }

    /// The files of the prompt root in the commit that `spec` names, all read.
    pub fn revision(&self, spec: &str) -> Result<Snapshot> {
        let commit = self.rev_parse(spec)?;
        self.commit_snapshot(commit, spec)
    }

    /// The files of the prompt root in `commit`, all read; `name` is what people call it.
    pub fn commit_snapshot(&self, commit: Oid, name: &str) -> Result<Snapshot> {
        let files = self.files_at(commit)?;
        let mut entries = BTreeMap::new();
        for folder in FOLDERS {
            files.collect(folder, &mut entries)?;
        }
        Ok(Snapshot { name: name.to_owned(), files: self.read_blobs(&entries)? })
    }

    /// The files of the prompt root in `commit`, each read when it is asked for.
    pub fn files_at(&self, commit: Oid) -> Result<CommitFiles<'_>> {
        CommitFiles::at(self, commit, &self.root)
    }

    fn tree_of(&self, commit: Oid) -> Result<Oid> {
        let bytes = self.object_of(commit, ObjectKind::Commit)?;
        let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
        let hex = line.strip_prefix(b"tree ").and_then(|h| std::str::from_utf8(h).ok());
        let broken = || Error::CorruptObject { oid: commit, why: "its first line names no tree".to_owned() };
        hex.and_then(|h| h.parse().ok()).ok_or_else(broken)
    }

    /// Reads blobs on two threads.
    pub(crate) fn read_blobs(&self, entries: &BTreeMap<RepoPath, (Mode, Oid)>) -> Result<BTreeMap<RepoPath, File>> {
        let bounds = Bounds::default();
        let read = |backend: &dyn crate::backend::Backend, part: &[(&RepoPath, &(Mode, Oid))]| {
            // A tree may name one blob any number of times.
            let mut known: HashMap<Oid, Bytes> = HashMap::new();
            let mut one = |(path, (mode, oid)): &(&RepoPath, &(Mode, Oid))| {
                let file = match known.get(oid).filter(|_| *mode != Mode::Submodule) {
                    Some(bytes) => File { mode: *mode, bytes: bytes.clone() },
                    None => read_blob(backend, *mode, *oid, path)?,
                };
                bounds.bytes(path.as_str(), file.bytes.len())?;
                known.insert(*oid, file.bytes.clone());
                Ok(((*path).clone(), file))
            };
            part.iter().map(&mut one).collect::<Result<Vec<_>>>()
        };
        let all: Vec<_> = entries.iter().collect();
        if all.len() < FEW {
            return Ok(read(&*self.backend, &all)?.into_iter().collect());
        }
        let (left, right) = all.split_at(all.len() / 2);
        let other = self.backend.another()?;
        let (left, right) = std::thread::scope(|scope| {
            let right = scope.spawn(move || read(&*other, right));
            (read(&*self.backend, left), right.join().expect("reading blobs does not panic"))
        });
        let mut files: BTreeMap<_, _> = left?.into_iter().collect();
        files.extend(right?);
        Ok(files)
    }
}

/// The blob of `path` as a file that is only looked at: one that is too long is as long as it may be and one byte more, of
/// zeros, so that it is refused for its size without being read.
pub(crate) fn read_blob(backend: &dyn crate::backend::Backend, mode: Mode, oid: Oid, path: &RepoPath) -> Result<File> {
    let cap = bounds::cap(path.as_str());
    match blob(backend, mode, oid, cap as u64 - 1) {
        Err(Error::TooLarge { .. }) => Ok(File { mode, bytes: vec![0; cap].into() }),
        read => read,
    }
}

/// A blob as a file, exactly; a submodule has no bytes here.
fn blob(backend: &dyn crate::backend::Backend, mode: Mode, oid: Oid, most: u64) -> Result<File> {
    if mode == Mode::Submodule {
        return Ok(File { mode, bytes: [].into() });
    }
    let cap = |kind| if kind == ObjectKind::Blob { most } else { crate::object::cap(kind) };
    let object = backend.object(oid, &cap)?;
    if object.kind != ObjectKind::Blob {
        return Err(Error::WrongKind { oid, wanted: "blob", found: object.kind.as_str() });
    }
    Ok(File { mode, bytes: object.bytes.into() })
}

/// The files of a commit's prompt root, read as they are asked for: raw blobs by object id, no filter, no attribute.
pub struct CommitFiles<'r> {
    repo: &'r Repo,
    /// The prompt root's tree, where the commit has one.
    top: Option<Oid>,
    trees: RefCell<HashMap<Oid, Rc<[Entry]>>>,
}

impl<'r> CommitFiles<'r> {
    /// The files of `commit` below the folder `root`, which is empty for the top.
    pub(crate) fn at(repo: &'r Repo, commit: Oid, root: &str) -> Result<Self> {
        let mut tree = repo.tree_of(commit)?;
        for segment in root.split('/').filter(|s| !s.is_empty()) {
            let entries = tree::parse(tree, &repo.object_of(tree, ObjectKind::Tree)?)?;
            let found = entries.iter().find(|e| e.name == segment && e.kind == EntryKind::Folder);
            let Some(found) = found else { return Ok(Self { repo, top: None, trees: RefCell::default() }) };
            tree = found.oid;
        }
        Ok(Self { repo, top: Some(tree), trees: RefCell::default() })
    }

    /// The mode and blob at `path`.
    pub fn entry(&self, path: &RepoPath) -> Result<Option<(Mode, Oid)>> {
        let Some((folder, name)) = self.folder_of(path.as_str())? else { return Ok(None) };
        let entries = self.tree(folder)?;
        Ok(entries.iter().find(|e| e.name == name).and_then(|e| match e.kind {
            EntryKind::File(mode) => Some((mode, e.oid)),
            EntryKind::Folder => None,
        }))
    }

    /// The tree that `path`'s last segment lies in, and that segment.
    fn folder_of<'p>(&self, path: &'p str) -> Result<Option<(Oid, &'p str)>> {
        let Some(mut tree) = self.top else { return Ok(None) };
        let mut rest = path;
        while let Some((segment, below)) = rest.split_once('/') {
            let entries = self.tree(tree)?;
            let Some(next) = entries.iter().find(|e| e.name == segment && e.kind == EntryKind::Folder) else {
                return Ok(None);
            };
            (tree, rest) = (next.oid, below);
        }
        Ok(Some((tree, rest)))
    }

    fn tree(&self, oid: Oid) -> Result<Rc<[Entry]>> {
        if let Some(known) = self.trees.borrow().get(&oid) {
            return Ok(Rc::clone(known));
        }
        let entries: Rc<[Entry]> = tree::parse(oid, &self.repo.object_of(oid, ObjectKind::Tree)?)?.into();
        self.trees.borrow_mut().insert(oid, Rc::clone(&entries));
        Ok(entries)
    }

    /// Adds every file below `folder`, or the thing itself where a file stands in the folder's place.
    fn collect(&self, folder: &str, found: &mut BTreeMap<RepoPath, (Mode, Oid)>) -> Result<()> {
        let Some((parent, name)) = self.folder_of(folder)? else { return Ok(()) };
        let entries = self.tree(parent)?;
        let Some(entry) = entries.iter().find(|e| e.name == name) else { return Ok(()) };
        let bounds = Bounds::default();
        let mut left = match entry.kind {
            EntryKind::File(mode) => {
                found.insert(repo_path(folder), (mode, entry.oid));
                return Ok(());
            }
            EntryKind::Folder => vec![(entry.oid, folder.to_owned())],
        };
        while let Some((tree, folder)) = left.pop() {
            for below in self.tree(tree)?.iter() {
                let path = format!("{folder}/{}", below.name);
                bounds.entry(&path)?;
                match below.kind {
                    EntryKind::File(mode) => drop(found.insert(repo_path(&path), (mode, below.oid))),
                    EntryKind::Folder => left.push((below.oid, path)),
                }
            }
        }
        Ok(())
    }
}

impl Files for CommitFiles<'_> {
    fn file(&self, path: &RepoPath) -> std::result::Result<Option<File>, ReadError> {
        let failed = |e: Error| e.of_file(path.as_str());
        let Some((mode, oid)) = self.entry(path).map_err(failed)? else { return Ok(None) };
        blob(&*self.repo.backend, mode, oid, crate::object::OBJECT_CAP).map(Some).map_err(failed)
    }

    fn paths_below(&self, folder: &str) -> std::result::Result<Vec<RepoPath>, ReadError> {
        let mut found = BTreeMap::new();
        self.collect(folder, &mut found).map_err(|e| e.of_file(folder))?;
        Ok(found.into_keys().filter(|p| p.below(folder).is_some()).collect())
    }
}
