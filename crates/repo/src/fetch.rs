//! Fetching the ledger from a remote without touching the clone.
//!
//! What a remote showed lies in a bare repository of our own inside the git folder (`promptuary/<remote>.git`): its refs
//! are what was shown first, and are only ever added to, so a tag that is moved or deleted there later is noticed. The
//! clone's refs, its shallow file and its configuration stay as they are.

mod as_shown;
mod cache;
mod damage;
mod heard;
mod home;
mod lately;
mod listed;
mod shown;

use crate::files::{self, Lock};
use crate::git::Reach;
use crate::near::Way;
use crate::refs::Refs;
use crate::{Error, Oid, Remote, Repo, Result};

use shown::Shown;

pub use as_shown::AsShown;
pub use heard::Lacking;

pub(crate) use cache::{Cache, all};

/// How every fetch is asked for: only what is named, nothing on the side.
pub(crate) const FETCH: &[&str] = &[
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
    "--refmap=",
];

/// The tags that ledgers consist of, by the start of their name.
pub(crate) const LEDGERS: [&str; 5] = ["approval/", "env/", "evidence/", "policy@", "prompt/"];

/// Which tags to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Every tag of every ledger.
    Ledgers,
    /// The same, with every object that they lead to, whatever is here: objects may be missing or damaged.
    Anew,
    /// Those whose name (without `refs/tags/`) starts with one of these: the remote sends no others, however many it has.
    Prefixes(Vec<String>),
}

/// What a fetch found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// Tags that were not known before, sorted. A name is without `refs/tags/`.
    pub new: Vec<String>,
    /// Tags that the remote showed before with another object, sorted. What it showed first is kept.
    pub moved: Vec<Moved>,
    /// Tags that the remote showed before and shows no longer, sorted. They are kept.
    pub deleted: Vec<String>,
    /// How many tags the remote shows now.
    pub shown: usize,
}

/// A tag that names another object than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// Its name without `refs/tags/`.
    pub name: String,
    /// What the remote showed first; kept.
    pub first: Oid,
    /// What it shows now.
    pub now: Oid,
}

impl Repo {
    /// Whether nothing was fetched by itself since the whole ledger of `remote` was.
    pub fn is_fetched_whole(&self, remote: &Remote) -> bool {
        Cache::of(self, &remote.name).is_whole()
    }

    /// Fetches ledger tags and what they lead to from `remote`; [`Repo::tags`] and [`Repo::object`] show them from then on.
    ///
    /// In a shallow clone each release's commit comes alone, without its history.
    pub fn fetch_ledger(&self, remote: &Remote, wanted: &Wanted) -> Result<Fetched> {
        let cache = Cache::of(self, &remote.name);
        let _held = Lock::wait_unless(&cache.lock_file(), || self.environment.is_interrupted())?;
        cache.prepare(self)?;
        let prefixes: Vec<String> = match wanted {
            Wanted::Ledgers | Wanted::Anew => LEDGERS.map(str::to_owned).to_vec(),
            Wanted::Prefixes(prefixes) => prefixes.clone(),
        };
        if prefixes.iter().any(|p| p.is_empty() || p.contains(['*', '?', '[', ':', '^', ' ', '\\'])) {
            return Err(Error::Config("a tag's prefix holds what git would read as a pattern".to_owned()));
        }
        let shows = self.fetch_into(&cache, remote, &prefixes, wanted)?;
        let (fetched, new) = shows.summary();
        let all = matches!(wanted, Wanted::Ledgers | Wanted::Anew);
        if !all && !new.is_empty() {
            cache.note_parts()?;
        }
        cache.keep(self, &new)?;
        match all {
            true => cache.note_fetched()?,
            false => cache.note_lately(&prefixes),
        }
        self.backend.add_objects(&cache.objects())?;
        let all = all || prefixes.iter().any(|p| p == "policy@");
        self.ledger_fetched.set(self.ledger_fetched.get() || all);
        Ok(fetched)
    }

    /// Notes that `remote` holds these refs (full names), as it does from the moment it accepted them: one that it moves
    /// or deletes before anybody has fetched it is noticed too, and it is the remote that is blamed.
    ///
    /// The clone holds the objects, and lends them.
    pub(crate) fn note_shown(&self, remote: &Remote, refs: &[(String, Oid)]) -> Result<()> {
        let cache = Cache::of(self, &remote.name);
        let _held = Lock::wait(&cache.lock_file())?;
        cache.prepare(self)?;
        let known = Refs::at(cache.folder());
        let mut new = std::collections::BTreeMap::new();
        for (name, oid) in refs {
            if known.find(name)?.is_none() {
                new.insert(name.clone(), *oid);
            }
        }
        cache.keep(self, &new)
    }

    /// Lets other objects stand for what `remote` showed first under these names: what it shows now, or nothing. What stood
    /// there is kept aside ([`Repo::set_aside`]) where `keep` says so. Names are without `refs/tags/`.
    pub fn replace_shown(
        &self,
        remote: &Remote,
        tags: &[(String, Option<Oid>)],
        keep: impl Fn(&str, Oid) -> bool,
    ) -> Result<()> {
        let cache = Cache::of(self, &remote.name);
        let _held = Lock::wait(&cache.lock_file())?;
        let known = Refs::at(cache.folder());
        let mut aside = Vec::new();
        for (name, _) in tags {
            let shown = known.find(&format!("refs/tags/{name}"))?;
            aside.extend(shown.filter(|oid| keep(name, *oid)).map(|oid| (name.clone(), oid)));
        }
        cache.replace(self, tags, &aside)?;
        self.cached_refs.borrow_mut().clear();
        Ok(())
    }

    /// What `remote` showed and what something else stands for now, by name (without `refs/tags/`).
    pub fn set_aside(&self, remote: &Remote) -> Result<Vec<(String, Oid)>> {
        let aside = Refs::at(Cache::of(self, &remote.name).folder()).list(cache::ASIDE)?;
        let name = |full: String| Some(full.strip_prefix(cache::ASIDE)?.rsplit_once('/')?.0.to_owned());
        Ok(aside.into_iter().filter_map(|(full, oid)| Some((name(full)?, oid))).collect())
    }

    /// Where what `remote` showed is kept: a bare repository, named from the git folder.
    pub fn copy_of(&self, remote: &Remote) -> String {
        let folder = Cache::of(self, &remote.name);
        let name = folder.folder().file_name().map(|name| name.to_string_lossy().into_owned());
        format!("promptuary/{}", name.unwrap_or_default())
    }

    /// Whether a remote showed the tag of this full name, as it is here, and was asked for every ledger tag then or later.
    pub(crate) fn came_whole(&self, tag: &str) -> bool {
        let is_shown = |cache: &Cache| Refs::at(cache.folder()).find(tag).is_ok_and(|found| found.is_some());
        let short = tag.strip_prefix("refs/tags/").unwrap_or(tag);
        let whole = all(self.common_dir()).into_iter().map(Cache::at).filter(Cache::is_whole);
        whole.into_iter().any(|cache| is_shown(&cache))
            && self.tag(short).is_ok_and(|found| found.is_some_and(|tag| tag.rival.is_none()))
    }

    /// Whether this process has fetched every ledger tag.
    pub(crate) fn is_ledger_fetched(&self) -> bool {
        self.ledger_fetched.get()
    }

    /// When the whole ledger of `remote` was last fetched, as the system's clock had it; `None` where it never was.
    pub fn last_fetched(&self, remote: &Remote) -> Option<std::time::SystemTime> {
        Cache::of(self, &remote.name).last_fetched()
    }

    /// When what starts with each of `prefixes` (without `refs/tags/`) was last fetched: with everything else, or by itself.
    pub fn last_fetched_of(&self, remote: &Remote, prefixes: &[String]) -> Option<std::time::SystemTime> {
        Cache::of(self, &remote.name).last_fetched_of(prefixes)
    }

    /// Brings the objects and says what the remote shows against what is kept. git writes no ref: it is asked what it
    /// *would* write, which it answers after it has fetched everything.
    ///
    /// git then proves that what it fetched is whole, starting from every ref that it has: of a `few` tags that alone costs
    /// more than the rest, so it is told to start from nothing but the clone's branches.
    fn fetch_into(&self, cache: &Cache, remote: &Remote, prefixes: &[String], wanted: &Wanted) -> Result<Shown> {
        let few = matches!(wanted, Wanted::Prefixes(_));
        let refs = Refs::at(cache.folder());
        // Where nothing is new there is nothing to bring, and nothing to prove but that what came before is still here.
        if few
            && !self.is_shallow()
            && let Some(place) = self.near(remote, Way::Here)
            && let Some(listed) = listed::ask(&self.git, &place, prefixes)
            && let shown = Shown::compare(&refs, prefixes, &listed)?
            && shown.is_as_known()
            && self.holds(&listed)
        {
            return Ok(shown);
        }
        let git = cache.git(self)?;
        let refspecs: Vec<_> = prefixes.iter().map(|p| format!("+refs/tags/{p}*:refs/tags/{p}*")).collect();
        let fetch = |porcelain: bool| {
            let mut args: Vec<&str> = if few { vec!["-c", "fetch.hideRefs=refs/"] } else { Vec::new() };
            args.extend(FETCH.iter().copied().filter(|a| *a != "--quiet"));
            args.extend(["--dry-run", "--prune"]);
            args.extend(porcelain.then_some("--porcelain"));
            args.extend((*wanted == Wanted::Anew).then_some("--refetch"));
            args.extend(self.is_shallow().then_some("--depth=1"));
            args.extend(["--", &remote.name]);
            args.extend(refspecs.iter().map(String::as_str));
            git.run(Reach::Remote, &args, None)
        };
        let mut ended = fetch(true)?;
        if !ended.success() && ended.words().contains("lock") {
            cache.break_locks()?;
            ended = fetch(true)?;
        }
        if ended.success() {
            return Shown::read(&refs, prefixes, &String::from_utf8_lossy(&ended.stdout));
        }
        // git before 2.41 has no such report: the remote is listed first, then everything is fetched.
        if ended.words().contains("unknown option") {
            let listed = self.list_remote_matching(
                remote,
                &prefixes.iter().map(|p| format!("refs/tags/{p}*")).collect::<Vec<_>>(),
            )?;
            ended = fetch(false)?;
            if ended.success() {
                return Shown::compare(&refs, prefixes, &listed);
            }
        }
        let words = ended.words();
        if files::is_refusal(&words)
            && let full @ Error::DiskFull(_) = files::refusal(cache.folder(), &words)
        {
            return Err(full);
        }
        if let Some(damage) = self.damage(&words) {
            return Err(damage);
        }
        Err(Error::Unreachable { remote: remote.name.clone(), why: words })
    }
}
