//! The bare repository that remembers what a remote showed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::files::Lock;
use crate::git::{Git, Reach};
use crate::{Error, Oid, Repo, Result, files, refs};

/// Up to this many new refs become files; more are written as one list, which takes a moment instead of minutes.
const FEW: usize = 200;

/// Where objects are kept that stood under a name once: `<here><name>/<id>`.
pub(super) const ASIDE: &str = "refs/aside/";

/// Up to this many are written without git, which takes longer to start than to write them.
const HANDFUL: usize = 8;

/// What one remote showed.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// The folders of every cache of a repository, sorted.
pub(crate) fn all(common_dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(common_dir.join("promptuary")) else { return Vec::new() };
    let is_cache = |p: &PathBuf| p.extension().is_some_and(|e| e == "git");
    let mut found: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(is_cache).collect();
    found.sort();
    found
}

impl Cache {
    pub(crate) fn of(repo: &Repo, remote: &str) -> Self {
        let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let name: String =
            remote.bytes().map(|b| if safe(b) { char::from(b).to_string() } else { format!("%{b:02x}") }).collect();
        Self { folder: repo.common_dir().join("promptuary").join(format!("{name}.git")) }
    }

    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.folder.with_extension("lock")
    }

    /// Where the list lies of what other remotes showed and counts beside what this one did.
    pub(crate) fn heard(&self) -> PathBuf {
        self.folder.with_extension("heard")
    }

    pub(crate) fn last_fetched(&self) -> Option<std::time::SystemTime> {
        self.folder.join("fetched").metadata().ok()?.modified().ok()
    }

    /// Makes the repository where it is missing, and lends it the clone's objects where those are whole.
    pub(super) fn prepare(&self, repo: &Repo) -> Result<()> {
        let lent = self.folder.join("objects/info/alternates");
        if repo.is_shallow() && lent.exists() {
            // The clone has lost history since: what it lent would look broken here.
            std::fs::remove_dir_all(&self.folder).map_err(|e| Error::write(&self.folder, &e))?;
        }
        let ready = self.folder.join("ready");
        if ready.exists() {
            return Ok(());
        }
        if self.folder.exists() {
            // It was interrupted while it was made.
            std::fs::remove_dir_all(&self.folder).map_err(|e| Error::write(&self.folder, &e))?;
        }
        let git = repo.git.with("GIT_DEFAULT_HASH", "sha1".as_ref()).with("GIT_DEFAULT_REF_FORMAT", "files".as_ref());
        let folder = self.folder.as_os_str().to_owned();
        let args = ["init", "--quiet", "--bare", "--template=", "--initial-branch=none"].map(OsString::from);
        let ended = git.run(Reach::Local, args.into_iter().chain([folder]), None)?;
        if !ended.success() {
            return Err(files::refusal(repo.common_dir(), &ended.words()));
        }
        // What the clone takes over from here it asks for by its name.
        let config = self.folder.join("config");
        let mut text = files::read(&config)?.unwrap_or_default();
        text.extend_from_slice(b"[uploadpack]\n\tallowAnySHA1InWant = true\n");
        // The clone's tags may be many, and say nothing about history that its branches do not say.
        text.extend_from_slice(b"[core]\n\talternateRefsPrefixes = refs/heads/ refs/remotes/\n");
        files::write(&config, &text)?;
        if !repo.is_shallow() {
            files::write(&lent, b"../../../objects\n")?;
        }
        files::write(&ready, b"")
    }

    /// git with the clone's own configuration, its includes and conditions resolved *there*: a condition on the git
    /// folder, by which CI systems hand out credentials, would not hold in ours.
    pub(super) fn git(&self, repo: &Repo) -> Result<Git> {
        let listed = repo.git.run(Reach::Remote, ["config", "--list", "--show-scope", "-z"], None)?;
        if !listed.success() {
            return Err(listed.failure());
        }
        let text = String::from_utf8_lossy(&listed.stdout);
        let mut fields = text.split('\0');
        let mut pairs = Vec::new();
        while let (Some(scope), Some(pair)) = (fields.next(), fields.next()) {
            // The system's and the user's are read again by git itself.
            if matches!(scope, "local" | "worktree" | "command") && counts(pair) {
                pairs.push(pair);
            }
        }
        let git = repo.git.with("GIT_DIR", self.folder.as_os_str());
        let mut git =
            git.with("GIT_CONFIG_PARAMETERS", "".as_ref()).with("GIT_CONFIG_COUNT", pairs.len().to_string().as_ref());
        for (i, pair) in pairs.iter().enumerate() {
            let (key, value) = pair.split_once('\n').unwrap_or((pair, "true"));
            git = git
                .with(format!("GIT_CONFIG_KEY_{i}"), key.as_ref())
                .with(format!("GIT_CONFIG_VALUE_{i}"), value.as_ref());
        }
        Ok(git)
    }

    /// Notes that everything was fetched.
    pub(super) fn note_fetched(&self) -> Result<()> {
        if !self.is_whole() {
            files::write(&self.whole(), b"")?;
        }
        files::write(&self.folder.join("fetched"), b"")
    }

    /// Notes, before it is so, that something was fetched without everything that it may cite.
    pub(super) fn note_parts(&self) -> Result<()> {
        match std::fs::remove_file(self.whole()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::write(&self.whole(), &e)),
            _ => Ok(()),
        }
    }

    /// Whether everything was fetched since the last time that something was fetched by itself.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole().is_file()
    }

    fn whole(&self) -> PathBuf {
        self.folder.join("whole")
    }

    /// Keeps refs that were not known before.
    pub(super) fn keep(&self, repo: &Repo, new: &BTreeMap<String, Oid>) -> Result<()> {
        let store = refs::Refs::at(&self.folder);
        let by_hand = new.len() <= HANDFUL && new.iter().all(|(name, oid)| store.create_alone(name, oid).is_ok());
        if new.len() > FEW {
            self.pack(&store, new)?;
        } else if !by_hand {
            let new: Vec<_> = new.iter().map(|(name, oid)| (name.clone(), *oid)).collect();
            let git = repo.quiet_git()?.with("GIT_DIR", self.folder.as_os_str());
            match refs::create(&store, &git, &new) {
                // Only we write here, one at a time: a lock can only be what a process left behind when it died.
                Err(Error::Locked(_)) => {
                    self.break_locks()?;
                    refs::create(&store, &git, &new)?;
                }
                made => made?,
            }
        }
        Ok(())
    }

    /// Keeps refs that the remote holds from now on, where that takes no git: else says `false`, and nothing is lost.
    pub(crate) fn note(&self, refs: &[(String, Oid)]) -> Result<bool> {
        if refs.len() > HANDFUL || !self.folder.join("ready").exists() {
            return Ok(false);
        }
        let _held = Lock::wait(&self.lock_file())?;
        let store = refs::Refs::at(&self.folder);
        for (name, oid) in refs {
            if store.find(name)?.is_none() && store.create_alone(name, oid).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives refs other objects, or takes them away, and keeps `aside` what stood there. Names are without `refs/tags/`.
    pub(super) fn replace(&self, repo: &Repo, tags: &[(String, Option<Oid>)], aside: &[(String, Oid)]) -> Result<()> {
        let line = |(name, now): &(String, Option<Oid>)| match now {
            Some(now) => format!("update refs/tags/{name} {now}\n"),
            None => format!("delete refs/tags/{name}\n"),
        };
        let kept = aside.iter().map(|(name, oid)| format!("update {ASIDE}{name}/{oid} {oid}\n"));
        let input: String = kept.chain(tags.iter().map(line)).collect();
        let git = repo.quiet_git()?.with("GIT_DIR", self.folder.as_os_str());
        let update = || git.run(Reach::Local, ["update-ref", "--no-deref", "--stdin"], Some(input.as_bytes()));
        let mut ended = update()?;
        if !ended.success() && ended.words().contains("lock") {
            self.break_locks()?;
            ended = update()?;
        }
        if ended.success() { Ok(()) } else { Err(ended.failure()) }
    }

    /// Writes every ref into one list, in git's format: git itself would make a file for each.
    fn pack(&self, store: &refs::Refs, new: &BTreeMap<String, Oid>) -> Result<()> {
        let mut all = store.list("refs/")?;
        all.extend(new.iter().map(|(name, oid)| (name.clone(), *oid)));
        files::write(&self.folder.join("packed-refs"), packed(&all).as_bytes())
    }

    /// Removes the locks that git left here when it was killed. The caller holds ours.
    pub(super) fn break_locks(&self) -> Result<()> {
        let walk =
            walkdir::WalkDir::new(self.folder.join("refs")).into_iter().filter_map(|e| Some(e.ok()?.into_path()));
        let top = ["packed-refs.lock", "shallow.lock", "config.lock"].map(|n| self.folder.join(n));
        for path in walk.filter(|p| p.extension().is_some_and(|e| e == "lock")).chain(top) {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::write(&path, &e)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A list of refs in git's format.
pub(super) fn packed(refs: &BTreeMap<String, Oid>) -> String {
    let mut text = String::from("# pack-refs with: sorted \n");
    for (name, oid) in refs {
        text.push_str(&format!("{oid} {name}\n"));
    }
    text
}

/// Whether a setting of the clone may count in the cache: everything but what makes the clone the clone.
fn counts(pair: &str) -> bool {
    let key = pair.split('\n').next().unwrap_or(pair).to_ascii_lowercase();
    let never =
        ["branch.", "extensions.", "fetch.", "gc.", "include.", "includeif.", "index.", "maintenance.", "submodule."];
    if never.iter().any(|p| key.starts_with(p)) {
        return false;
    }
    if key.starts_with("remote.") {
        let of_the_clone =
            [".fetch", ".mirror", ".partialclonefilter", ".promisor", ".prune", ".prunetags", ".push", ".tagopt"];
        return !of_the_clone.iter().any(|s| key.ends_with(s));
    }
    !matches!(
        key.as_str(),
        "core.bare" | "core.fsmonitor" | "core.hookspath" | "core.repositoryformatversion" | "core.worktree"
    )
}
