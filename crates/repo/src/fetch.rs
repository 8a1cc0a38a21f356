//! Fetching the ledger from a remote without touching the clone.
//!
//! What a remote showed lies in a bare repository of our own inside the git folder (`promptuary/<remote>.git`). Below
//! `refs/seen/` it follows the remote; below `refs/tags/` it keeps what was seen first and is only ever added to, so a tag
//! that is moved or deleted there later is noticed. The clone's refs, its shallow file and its configuration stay as they
//! are.

mod cache;
mod home;

use std::collections::BTreeMap;

use crate::files::Lock;
use crate::git::Reach;
use crate::refs::Refs;
use crate::{Error, Oid, Remote, Repo, Result};

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
    /// Fetches ledger tags and what they lead to from `remote`; [`Repo::tags`] and [`Repo::object`] show them from then on.
    ///
    /// In a shallow clone each release's commit comes alone, without its history.
    pub fn fetch_ledger(&self, remote: &Remote, wanted: &Wanted) -> Result<Fetched> {
        let cache = Cache::of(self, &remote.name);
        let _held = Lock::wait(&cache.lock_file())?;
        cache.prepare(self)?;
        let prefixes: Vec<String> = match wanted {
            Wanted::Ledgers => LEDGERS.map(str::to_owned).to_vec(),
            Wanted::Prefixes(prefixes) => prefixes.clone(),
        };
        if prefixes.iter().any(|p| p.is_empty() || p.contains(['*', '?', '[', ':', '^', ' ', '\\'])) {
            return Err(Error::Config("a tag's prefix holds what git would read as a pattern".to_owned()));
        }
        self.fetch_into(&cache, remote, &prefixes)?;
        let refs = Refs::at(cache.folder());
        let (mut known, mut shown) = (BTreeMap::new(), BTreeMap::new());
        for prefix in &prefixes {
            known.extend(refs.list(&format!("refs/tags/{prefix}"))?);
            let seen = refs.list(&format!("refs/seen/{prefix}"))?;
            shown.extend(seen.into_iter().map(|(name, oid)| (name.replacen("refs/seen/", "refs/tags/", 1), oid)));
        }
        let (fetched, new) = compare(&known, &shown);
        cache.keep(self, &new)?;
        self.backend.add_objects(&cache.objects())?;
        self.ledger_fetched.set(self.ledger_fetched.get() || *wanted == Wanted::Ledgers);
        Ok(fetched)
    }

    /// Whether this process has fetched every ledger tag.
    pub(crate) fn is_ledger_fetched(&self) -> bool {
        self.ledger_fetched.get()
    }

    /// When the ledger of `remote` was last fetched, as the system's clock had it; `None` where it never was.
    pub fn last_fetched(&self, remote: &Remote) -> Option<std::time::SystemTime> {
        Cache::of(self, &remote.name).last_fetched()
    }

    fn fetch_into(&self, cache: &Cache, remote: &Remote, prefixes: &[String]) -> Result<()> {
        let git = cache.git(self)?;
        let mut args: Vec<String> = FETCH.iter().map(|a| (*a).to_owned()).collect();
        args.push("--prune".to_owned());
        if self.is_shallow() {
            args.push("--depth=1".to_owned());
        }
        args.extend(["--".to_owned(), remote.name.clone()]);
        args.extend(prefixes.iter().map(|p| format!("+refs/tags/{p}*:refs/seen/{p}*")));
        let mut ended = git.run(Reach::Remote, &args, None)?;
        if !ended.success() && ended.words().contains(".lock") {
            // Only we write here, one at a time: a lock can only be what a process left behind when it died.
            cache.break_locks()?;
            ended = git.run(Reach::Remote, &args, None)?;
        }
        if ended.success() {
            return Ok(());
        }
        let words = ended.words();
        if words.contains("No space left") {
            return Err(Error::DiskFull(cache.folder().to_owned()));
        }
        Err(Error::Unreachable { remote: remote.name.clone(), why: words })
    }
}

fn compare(known: &BTreeMap<String, Oid>, shown: &BTreeMap<String, Oid>) -> (Fetched, BTreeMap<String, Oid>) {
    let short = |name: &String| name.strip_prefix("refs/tags/").unwrap_or(name).to_owned();
    let mut fetched = Fetched { shown: shown.len(), ..Fetched::default() };
    let mut new = BTreeMap::new();
    for (name, oid) in shown {
        match known.get(name) {
            None => {
                fetched.new.push(short(name));
                new.insert(name.clone(), *oid);
            }
            Some(first) if first != oid => {
                fetched.moved.push(Moved { name: short(name), first: *first, now: *oid });
            }
            Some(_) => {}
        }
    }
    fetched.deleted = known.keys().filter(|name| !shown.contains_key(*name)).map(short).collect();
    (fetched, new)
}
