//! Which of the objects that a remote ever showed under a name stands there: the first, unless it never was an entry.
//!
//! Whether it was is asked of what the remote showed, never of this clone's own refs: a rival that came into the clone must
//! not make junk of what it hides. What gives way is kept aside and asked again at every fetch, so that the order in which
//! things were moved, deleted and made again, or what else was junk at that moment, takes nothing away for good.

use std::collections::{BTreeMap, BTreeSet};

use ledger::judge::Judge;
use ledger::{CommitContents, Ledger, Marks, ObjectId, RefName, SignedTag};
use repo::{AsShown, Fetched, Moved, Remote, Repo};
use source::{Digest, Files, Object, Objects, RepoPath, Unreadable};

use crate::desk::Desk;
use crate::error::Result;

/// How often what gave way changes what else counts; a policy that comes back brings its entries with it.
const ROUNDS: usize = 3;

impl Desk {
    /// What a remote showed first counts where it was an entry. Junk that the remote has moved or deleted since gives way:
    /// else one forged tag, long gone, would keep every clone that once saw it from the entry that took its place.
    pub(crate) fn give_way(&self, mut fetched: Fetched) -> Result<Fetched> {
        let Some(remote) = self.remote.clone() else { return Ok(fetched) };
        self.drop_strays(&remote, &mut fetched)?;
        for _ in 0..ROUNDS {
            let aside = self.repo.set_aside(&remote)?;
            if fetched.moved.is_empty() && fetched.deleted.is_empty() && aside.is_empty() {
                break;
            }
            let gave = self.put_aside(&remote, &mut fetched)?;
            if !(self.take_back(&remote, &mut fetched)? || gave) {
                break;
            }
        }
        Ok(fetched)
    }

    /// Nothing ever rests on a tag that is named like no entry: it is what the remote shows now, or gone.
    fn drop_strays(&self, remote: &Remote, fetched: &mut Fetched) -> Result<()> {
        let is_stray = |name: &str| name.parse::<RefName>().is_err();
        let moved = fetched.moved.iter().filter(|m| is_stray(&m.name)).map(|m| (m.name.clone(), Some(m.now)));
        let deleted = fetched.deleted.iter().filter(|name| is_stray(name)).map(|name| (name.clone(), None));
        let gone: Vec<_> = moved.chain(deleted).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.repo.replace_shown(remote, &gone, |_, _| false)?;
        fetched.moved.retain(|m| !is_stray(&m.name));
        fetched.deleted.retain(|name| !is_stray(name));
        Ok(())
    }

    /// Sets aside what was shown first, is moved or deleted now, and counts for nothing. Whether there was any.
    fn put_aside(&self, remote: &Remote, fetched: &mut Fetched) -> Result<bool> {
        let names: BTreeSet<String> =
            fetched.moved.iter().map(|moved| &moved.name).chain(&fetched.deleted).cloned().collect();
        let junk = self.junk(remote, &names, BTreeMap::new())?;
        if junk.is_empty() {
            return Ok(false);
        }
        let moved = fetched.moved.iter().filter(|m| junk.contains(&m.name)).map(|m| (m.name.clone(), Some(m.now)));
        let deleted = fetched.deleted.iter().filter(|name| junk.contains(*name)).map(|name| (name.clone(), None));
        let gone: Vec<_> = moved.chain(deleted).collect();
        let root = self.trusted_root()?;
        self.repo
            .replace_shown(remote, &gone, |name, object| may_ever_count(&self.repo, name, object, root.as_ref()))?;
        fetched.new.extend(gone.into_iter().filter_map(|(name, now)| now.map(|_| name)));
        fetched.new.sort();
        fetched.moved.retain(|moved| !junk.contains(&moved.name));
        fetched.deleted.retain(|name| !junk.contains(name));
        Ok(true)
    }

    /// Puts back what was set aside and counts now, where what stands in its place does not. Whether there was any.
    fn take_back(&self, remote: &Remote, fetched: &mut Fetched) -> Result<bool> {
        let mut aside: BTreeMap<String, Vec<ObjectId>> = BTreeMap::new();
        for (name, object) in self.repo.set_aside(remote)? {
            if self.is_fetched(&name) {
                aside.entry(name).or_default().push(object);
            }
        }
        let shown = self.repo.as_shown(remote);
        let mut taken = BTreeSet::new();
        for name in aside.keys() {
            if shown.object_of(name)?.is_some() {
                taken.insert(name.clone());
            }
        }
        let junk = self.junk(remote, &taken, BTreeMap::new())?;
        aside.retain(|name, _| !taken.contains(name) || junk.contains(name));
        let mut back: BTreeMap<String, ObjectId> = BTreeMap::new();
        for nth in 0..aside.values().map(Vec::len).max().unwrap_or_default() {
            let instead: BTreeMap<String, ObjectId> = aside
                .iter()
                .filter(|(name, _)| !back.contains_key(*name))
                .filter_map(|(name, objects)| Some((name.clone(), *objects.get(nth)?)))
                .collect();
            let junk = self.junk(remote, &instead.keys().cloned().collect(), instead.clone())?;
            back.extend(instead.into_iter().filter(|(name, _)| !junk.contains(name)));
        }
        let mut tags = Vec::new();
        for (name, first) in back {
            let now = shown.object_of(&name)?;
            if now == Some(first) {
                continue;
            }
            tell(fetched, &name, first, now);
            tags.push((name, Some(first)));
        }
        if tags.is_empty() {
            return Ok(false);
        }
        self.repo.replace_shown(remote, &tags, |_, _| true)?;
        Ok(true)
    }

    /// Whether tags of this name were fetched just now.
    fn is_fetched(&self, name: &str) -> bool {
        self.fetched.borrow().as_ref().is_none_or(|prefixes| prefixes.iter().any(|prefix| name.starts_with(prefix)))
    }

    /// The names of which what the remote showed first, or what is `instead` of it, is no entry, however one looks at it: by
    /// what this remote alone showed, by that and what else is here, and by what this machine remembers. Where the ledger
    /// cannot be read, everything may be one.
    pub(crate) fn junk(
        &self,
        remote: &Remote,
        names: &BTreeSet<String>,
        instead: BTreeMap<String, ObjectId>,
    ) -> Result<BTreeSet<String>> {
        let mut junk: BTreeSet<String> = names.clone();
        if junk.is_empty() {
            return Ok(junk);
        }
        let root = self.trusted_root()?;
        let instead: BTreeMap<_, _> = instead.into_iter().map(|(name, id)| (format!("refs/tags/{name}"), id)).collect();
        let contents = CommitContents(&self.repo);
        let mut read = false;
        for alone in [true, false] {
            let view = View { repo: &self.repo, shown: self.repo.as_shown(remote), alone, instead: &instead };
            let judge = Judge { tags: &view, contents: &contents, external: &self.repo, now: self.now };
            let Ok(ledger) = Ledger::open(judge, root.as_ref(), Marks::default()) else { continue };
            read = true;
            junk.retain(|name| name.parse().is_ok_and(|name| !ledger.counts(&name)));
        }
        if !read {
            return Ok(BTreeSet::new());
        }
        if let Some(root) = root.filter(|_| !junk.is_empty()) {
            let marks = self.seen(&root)?;
            let view = View { repo: &self.repo, shown: self.repo.as_shown(remote), alone: true, instead: &instead };
            let digest = |name: &String| {
                let full = format!("refs/tags/{name}");
                let (_, id) = view.list(&full).ok()?.into_iter().find(|(found, _)| *found == full)?;
                entry(&self.repo, id).map(|entry| entry.digest())
            };
            junk.retain(|name| !digest(name).is_some_and(|d| marks.iter().any(|mark| mark.remembers(&d))));
        }
        Ok(junk)
    }
}

/// Says of a tag that `first` stands under its name again, while the remote shows something else.
fn tell(fetched: &mut Fetched, name: &str, first: ObjectId, shown: Option<ObjectId>) {
    let was_deleted = fetched.deleted.iter().any(|deleted| deleted == name);
    fetched.new.retain(|new| new != name);
    if let Some(at) = fetched.moved.iter().position(|moved| moved.name == name) {
        fetched.moved[at].first = first;
        if fetched.moved[at].now == first {
            fetched.moved.remove(at);
        }
        return;
    }
    match shown.filter(|_| !was_deleted) {
        Some(now) => fetched.moved.push(Moved { name: name.to_owned(), first, now }),
        None if was_deleted => {}
        None => fetched.deleted.push(name.to_owned()),
    }
    fetched.moved.sort();
    fetched.deleted.sort();
}

/// Whether an object might be the entry of this name under other circumstances: it reads as one, of this ledger.
pub(crate) fn may_ever_count(repo: &Repo, name: &str, object: ObjectId, root: Option<&Digest>) -> bool {
    entry(repo, object).is_some_and(|entry| {
        let ledger = entry.record().repository.unwrap_or_else(|| entry.digest());
        entry.name().to_string() == name && root.is_none_or(|root| ledger == *root)
    })
}

fn entry(repo: &Repo, object: ObjectId) -> Option<SignedTag> {
    SignedTag::parse(&Repo::object(repo, object).ok()?.bytes).ok()
}

/// The ledger with what one remote showed first, whatever this clone says of it.
struct View<'a> {
    repo: &'a Repo,
    shown: AsShown<'a>,
    /// Without what the remote never showed.
    alone: bool,
    /// What to take for what it showed, by full name.
    instead: &'a BTreeMap<String, ObjectId>,
}

impl Objects for View<'_> {
    fn list(&self, prefix: &str) -> std::result::Result<Vec<(String, ObjectId)>, Unreadable> {
        let mut found: BTreeMap<String, ObjectId> = BTreeMap::new();
        if !self.alone {
            found.extend(Objects::list(self.repo, prefix)?);
        }
        found.extend(self.shown.list(prefix)?);
        let instead = self.instead.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        found.extend(instead.map(|(name, id)| (name.clone(), *id)));
        Ok(found.into_iter().collect())
    }

    fn object(&self, id: &ObjectId, limit: usize) -> std::result::Result<Option<Object>, Unreadable> {
        Objects::object(self.repo, id, limit)
    }

    fn is_complete(&self, tag: &str) -> bool {
        self.repo.is_complete(tag)
    }

    fn files(
        &self,
        commit: &ObjectId,
        root: Option<&RepoPath>,
    ) -> std::result::Result<Option<Box<dyn Files + '_>>, Unreadable> {
        self.repo.files(commit, root)
    }
}
