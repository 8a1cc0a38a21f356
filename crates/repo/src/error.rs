//! What can go wrong between this program, git and the disk, each with its remedy.

use std::path::{Path, PathBuf};

use crate::Oid;

/// The result of this crate's work.
pub type Result<T> = std::result::Result<T, Error>;

/// Which line of the table of exit codes a failure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 2: usage, configuration, unsupported or unreadable input, cannot write.
    Setup,
    /// 4: the remote or other infrastructure.
    Infrastructure,
    /// 7: bytes that are not what their name says.
    Refused,
    /// 8: data is missing.
    Incomplete,
    /// 9: somebody else was first.
    Race,
    /// 130.
    Interrupted,
}

/// Why the repository could not do what was asked. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing that git would accept at or above this folder.
    #[error("find a git repository at or above {0}")]
    NotARepository(PathBuf),
    /// `extensions.objectFormat = sha256`.
    #[error("open {0}: its objects have SHA-256 names, which this version cannot read")]
    Sha256(PathBuf),
    /// `extensions.refStorage = reftable`.
    #[error("open {0}: its refs are stored as a reftable, which this version cannot read")]
    Reftable(PathBuf),
    /// `extensions.partialClone` or a promisor remote.
    #[error("open {0}: it is a partial clone, so objects that a proof needs may be missing")]
    PartialClone(PathBuf),
    /// `extensions.compatObjectFormat`.
    #[error("open {0}: it translates between SHA-1 and SHA-256, under which a tag may carry a second signature")]
    CompatObjectFormat(PathBuf),
    /// Another extension.
    #[error("open {path}: git extension `{name}` is unknown to this version")]
    Extension {
        /// The repository.
        path: PathBuf,
        /// The extension.
        name: String,
    },
    /// The repository belongs to another user.
    #[error("open {0}: it belongs to another user")]
    ForeignOwner(PathBuf),
    /// libgit2 refused for a reason of its own.
    #[error("open {path}: {why}")]
    Refused {
        /// The repository.
        path: PathBuf,
        /// libgit2's words.
        why: String,
    },
    /// There is no worktree.
    #[error("read the worktree: this repository is bare")]
    Bare,
    /// HEAD names a branch without commits.
    #[error("find a commit: branch `{0}` has none yet")]
    Unborn(String),
    /// The prompt root is no folder of this repository.
    #[error("use `{root}` as the prompt root: {why}")]
    Root {
        /// As given.
        root: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A name that git cannot resolve.
    #[error("find revision `{spec}`: {why}")]
    Revision {
        /// As the user spelled it.
        spec: String,
        /// What is wrong with it.
        why: String,
        /// The branch that is likely meant.
        near: Option<String>,
    },
    /// A name that leads to nothing in this shallow clone.
    #[error("find revision `{spec}`: this shallow clone does not hold it")]
    Beyond {
        /// As the user spelled it.
        spec: String,
    },
    /// A name that a branch and a tag have.
    #[error("find revision `{spec}`: {}", many(names))]
    Ambiguous {
        /// As the user spelled it.
        spec: String,
        /// What it may name.
        names: Vec<String>,
    },
    /// Two commits share no history.
    #[error("find a common ancestor of {0} and {1}")]
    NoMergeBase(Oid, Oid),
    /// History was cut off, so that an answer may lie beyond.
    #[error("tell how {0} and {1} are related: this is a shallow clone")]
    Shallow(Oid, Oid),
    /// The index holds a path that was not merged.
    #[error("read the index: {0} is not merged")]
    Unmerged(String),
    /// An object is not there.
    #[error("read object {0}: it is missing")]
    MissingObject(Oid),
    /// An object's bytes do not have the name they are stored under.
    #[error("read object {oid}: {why}")]
    CorruptObject {
        /// The name.
        oid: Oid,
        /// What is wrong.
        why: String,
    },
    /// The file of an object is damaged, so that git gives up.
    #[error("read the object in {}: it is damaged", .0.display())]
    Damaged(PathBuf),
    /// An object is of another kind than its place demands.
    #[error("read object {oid} as a {wanted}: it is a {found}")]
    WrongKind {
        /// The object.
        oid: Oid,
        /// What the place demands.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An object is larger than anything this program writes.
    #[error("read object {oid}: it has {size} bytes, more than {cap}")]
    TooLarge {
        /// The object.
        oid: Oid,
        /// Its size.
        size: u64,
        /// What is accepted.
        cap: u64,
    },
    /// A snapshot holds more than is read: files, bytes, or depth.
    #[error("read {place}: {why}")]
    TooMuch {
        /// The folder or file, below the prompt root.
        place: String,
        /// What there is too much of.
        why: String,
    },
    /// A ref file holds something else than an object name.
    #[error("read ref {name}: {why}")]
    BrokenRef {
        /// The ref.
        name: String,
        /// What it holds.
        why: String,
    },
    /// A ref that should be created exists and names another object.
    #[error("create {name}: it exists and names another object")]
    RefExists {
        /// The ref.
        name: String,
    },
    /// The remote accepted, and this clone could not keep what it accepted.
    #[error("keep here what `{remote}` has accepted ({}): {why}", .tags.join(", "))]
    PublishedOnly {
        /// The remote.
        remote: String,
        /// What it holds now, without `refs/tags/`.
        tags: Vec<String>,
        /// Why it is not here.
        why: String,
    },
    /// git refused to create refs.
    #[error("create refs: {0}")]
    RefsRefused(String),
    /// No remote has this name.
    #[error("find remote `{0}`")]
    NoRemote(String),
    /// Several remotes are configured, and nothing says which one counts.
    #[error("tell which remote counts: there are {}", .0.join(", "))]
    ManyRemotes(Vec<String>),
    /// The remote did not answer, or not as git does.
    #[error("reach remote `{remote}`: {why}")]
    Unreachable {
        /// The remote.
        remote: String,
        /// git's words.
        why: String,
    },
    /// The remote does not say which branch is its default.
    #[error("tell the default branch of remote `{0}`")]
    NoDefaultBranch(String),
    /// A program that is needed is not installed.
    #[error("find the program `{0}`")]
    NoProgram(String),
    /// A program failed.
    #[error("run `{program}`: {why}")]
    Program {
        /// Its name and what it was asked for.
        program: String,
        /// Its last words, or its exit status.
        why: String,
    },
    /// No signing key is configured.
    #[error("sign: no signing key is configured")]
    NoSigningKey,
    /// The signing key that is configured cannot be used.
    #[error("sign with {key}: {why}")]
    SigningKey {
        /// The key as configured.
        key: String,
        /// What is wrong with it.
        why: String,
        /// What to do about it.
        remedy: String,
    },
    /// No name or address is configured.
    #[error("tell who you are: `{0}` is not set")]
    NoIdentity(&'static str),
    /// Configuration that cannot be read.
    #[error("read git's configuration: {0}")]
    Config(String),
    /// There is nowhere to keep what this machine has seen.
    #[error("keep what this machine has seen: neither XDG_STATE_HOME nor HOME is set")]
    NoHome,
    /// A file could not be read.
    #[error("read {path}: {why}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A link, a pipe or the like stands where a file or folder belongs.
    #[error("use {0}: it is neither a plain file nor a plain folder")]
    Irregular(PathBuf),
    /// A file could not be written.
    #[error("write {path}: {why}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// No room is left.
    #[error("write {0}: no space is left on the device")]
    DiskFull(PathBuf),
    /// Another process holds a lock.
    #[error("lock {0}: another process holds it")]
    Locked(PathBuf),
    /// The user asked to stop.
    #[error("finish: interrupted")]
    Interrupted,
}

impl Error {
    /// Which exit code it leads to.
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } => Class::Infrastructure,
            Self::CorruptObject { .. } | Self::Damaged(_) | Self::TooLarge { .. } | Self::WrongKind { .. } => {
                Class::Refused
            }
            Self::MissingObject(_) | Self::PartialClone(_) | Self::Shallow(..) => Class::Incomplete,
            Self::RefExists { .. } => Class::Race,
            Self::Interrupted => Class::Interrupted,
            _ => Class::Setup,
        }
    }

    /// The failure to read one file of a snapshot.
    pub(crate) fn of_file(&self, path: &str) -> source::ReadError {
        let missing = self.class() == Class::Incomplete;
        source::ReadError { path: path.to_owned(), why: self.to_string(), missing }
    }

    /// One line that says what to do, where something can be done.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::NotARepository(_) => {
                "run `git init` here, or go to the repository (or name it with -C DIR)".to_owned()
            }
            Self::Sha256(_) => "use a repository made with `git init --object-format=sha1`".to_owned(),
            Self::Reftable(_) => "convert it: git refs migrate --ref-format=files".to_owned(),
            Self::PartialClone(_) => "clone again without --filter".to_owned(),
            Self::CompatObjectFormat(_) => "use a repository without `extensions.compatObjectFormat`".to_owned(),
            Self::ForeignOwner(path) => {
                format!("if you trust its owner: git config --global --add safe.directory {}", path.display())
            }
            Self::Ambiguous { names, .. } => match names.iter().find(|name| !name.starts_with("refs/tags/")) {
                Some(branch) => format!("write which one: {branch}"),
                None => "write the whole name, such as refs/heads/main".to_owned(),
            },
            Self::Revision { near: Some(near), .. } => format!("did you mean {near}?"),
            Self::Revision { .. } => "see what there is: git log --oneline --all; a colleague's commit comes with: git fetch".to_owned(),
            Self::Beyond { spec } => match steps_back(spec) {
                Some(n) => format!("fetch as much of the history: git fetch --deepen={n} (all of it: git fetch --unshallow)"),
                None => "fetch the history: git fetch --unshallow; a branch that was never fetched is named: git fetch origin +NAME:refs/remotes/origin/NAME".to_owned(),
            },
            Self::Bare => "run this in a clone with a worktree, or name a revision with --rev".to_owned(),
            Self::Unborn(_) => "commit first: git add . && git commit".to_owned(),
            Self::Unmerged(path) => format!("resolve the conflict, then: git add {path}"),
            Self::Shallow(..) => "fetch the history: git fetch --unshallow".to_owned(),
            Self::MissingObject(_) => "fetch what is missing: promptuary sync --refetch".to_owned(),
            Self::Damaged(path) if path.extension().is_some_and(|e| e == "pack") => CLONE_AGAIN.to_owned(),
            Self::Damaged(path) => {
                let from = path.display().to_string();
                let to = format!("{from}.damaged");
                let (from, to) = (source::escape::shell(&from), source::escape::shell(&to));
                format!("put it aside and fetch it again: mv {from} {to} && promptuary sync --refetch")
            }
            Self::CorruptObject { .. } => format!(
                "see where it lies (git fsck): a file of its own is put aside, then promptuary sync --refetch; of a pack, {CLONE_AGAIN}"
            ),
            Self::Irregular(_) => "put a plain file or folder in its place: nothing is read or written through links".to_owned(),
            Self::TooMuch { .. } => "take out what belongs elsewhere, or split it over several prompt roots".to_owned(),
            Self::BrokenRef { name, .. } => format!("delete it: git update-ref --no-deref -d {name}"),
            Self::RefExists { .. } => "fetch what others wrote and try again: promptuary sync".to_owned(),
            Self::ManyRemotes(names) => {
                format!("name it: git config remote.pushDefault {}", names.first().map_or("NAME", String::as_str))
            }
            Self::NoRemote(_) => "see `git remote -v`".to_owned(),
            Self::Unreachable { remote, .. } => format!("see whether git can reach it: git ls-remote {remote} HEAD"),
            Self::NoDefaultBranch(_) => "push it, where it is not there yet: git push -u origin main; or name another branch in policies/policy.yaml (release: { from: main }) and publish".to_owned(),
            Self::NoProgram(name) if Path::new(name).is_absolute() => {
                "see which setting names it (git config --show-origin --get-regexp '^gpg\\.'), and mend that".to_owned()
            }
            Self::NoProgram(name) => format!("install `{name}` and see that it is on the PATH"),
            Self::NoSigningKey => "git config --global gpg.format ssh && git config --global user.signingKey \
                 ~/.ssh/id_ed25519.pub (make a key first where you have none: ssh-keygen -t ed25519)"
                .to_owned(),
            Self::SigningKey { remedy, .. } => remedy.clone(),
            Self::NoIdentity(key) => format!("set it: git config --global {key} …"),
            Self::PublishedOnly { .. } => "it is published and counts; do not repeat the command: mend the cause, then promptuary sync".to_owned(),
            Self::Interrupted => "see what became of it: promptuary sync && promptuary log".to_owned(),
            Self::NoHome => "set HOME, or XDG_STATE_HOME to a folder that is kept between runs".to_owned(),
            Self::DiskFull(_) => "make room and run the command again; nothing was half-written".to_owned(),
            Self::Locked(path) => format!("wait for it, or remove {} where no process is left", path.display()),
            _ => return None,
        };
        Some(text)
    }

    /// The failure of writing `path`, with a full disk told apart.
    pub(crate) fn write(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull(path.to_owned()),
            _ => {
                // A temporary file's error names that file, which nobody asked for.
                let said = error.to_string();
                let why = said.split(" at path \"").next().unwrap_or(&said).to_owned();
                Self::Write { path: path.to_owned(), why }
            }
        }
    }

    /// The failure of reading `path`.
    pub(crate) fn read(path: &Path, error: &std::io::Error) -> Self {
        Self::Read { path: path.to_owned(), why: error.to_string() }
    }
}

/// A pack cannot be put aside: other objects lie in it.
const CLONE_AGAIN: &str = "clone again, and take over from the damaged clone what was never pushed";

/// How many commits lie between a branch and `spec`, which counts back from it: 3 for `HEAD~2^`.
fn steps_back(spec: &str) -> Option<u64> {
    let at = spec.find(['~', '^'])?;
    let mut steps = 0_u64;
    // Of `^2`, which is one step back, more is fetched than needed.
    for step in spec[at..].split(['~', '^']).skip(1) {
        steps = steps.saturating_add(if step.is_empty() { 1 } else { step.parse().ok()? });
    }
    Some(steps)
}

fn many(names: &[String]) -> String {
    if names.is_empty() {
        "more than one thing has this name".to_owned()
    } else {
        format!("it may be {}", names.join(" or "))
    }
}
