//! Refs are created all together or not at all, and never moved.

use std::collections::{BTreeMap, BTreeSet};

use super::{Refs, Tag};
use crate::git::{Git, Reach};
use crate::{Error, Oid, Repo, Result, fetch, files};

impl Repo {
    /// The tags whose name (without `refs/tags/`) starts with `prefix`, sorted by name: this clone's and those that
    /// [`Repo::fetch_ledger`] brought. What was fetched counts; what this clone says otherwise is its rival.
    ///
    /// Cost: a binary search of packed-refs and the folders that can hold such a tag, whatever else the repository holds.
    pub fn tags(&self, prefix: &str) -> Result<Vec<Tag>> {
        let full = format!("refs/tags/{prefix}");
        self.everywhere(|refs| refs.list(&full))
    }

    /// The ledger tags of which this clone says otherwise than the remote showed first, sorted by name.
    pub fn rivals(&self) -> Result<Vec<Tag>> {
        self.rivals_below(&fetch::LEDGERS)
    }

    /// The same among the tags whose name (without `refs/tags/`) starts with one of `prefixes`; no others are listed.
    pub fn rivals_below(&self, prefixes: &[impl AsRef<str>]) -> Result<Vec<Tag>> {
        let mut found = Vec::new();
        for prefix in prefixes {
            found.extend(self.tags(prefix.as_ref())?.into_iter().filter(|tag| tag.rival.is_some()));
        }
        Ok(found)
    }

    /// The tag with exactly this name (without `refs/tags/`).
    pub fn tag(&self, name: &str) -> Result<Option<Tag>> {
        let full = format!("refs/tags/{name}");
        let one = |refs: &Refs| Ok(refs.find(&full)?.map(|oid| (full.clone(), oid)).into_iter().collect());
        Ok(self.everywhere(one)?.pop())
    }

    fn everywhere(&self, read: impl Fn(&Refs) -> Result<BTreeMap<String, Oid>>) -> Result<Vec<Tag>> {
        let mut tags = BTreeMap::new();
        for source in self.sources() {
            let refs = self.cached_refs.borrow_mut().entry(source).or_insert_with_key(|c| Refs::at(c)).clone();
            for (name, oid) in read(&refs)? {
                tags.entry(name).or_insert((oid, None));
            }
        }
        for (name, oid) in read(&self.refs)? {
            let (first, rival) = tags.entry(name).or_insert((oid, None));
            *rival = Some(oid).filter(|oid| oid != first);
        }
        let short = |name: String| name.strip_prefix("refs/tags/").map(str::to_owned).unwrap_or(name);
        Ok(tags.into_iter().map(|(name, (oid, rival))| Tag { name: short(name), oid, rival }).collect())
    }

    /// The first part of the name of every tag of this clone: `env` of `env/prod/a@00000001`, `v1.0` of itself.
    pub fn tops_of_tags(&self) -> Result<BTreeSet<String>> {
        self.refs.tops_of_tags()
    }

    /// The branches of this repository by their short names, each with its commit.
    pub fn branches(&self) -> Result<BTreeMap<String, Oid>> {
        let short = |name: String| name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name);
        Ok(self.refs.list("refs/heads/")?.into_iter().map(|(name, oid)| (short(name), oid)).collect())
    }

    /// The branches of remotes as this clone last saw them, such as `origin/main`, each with its commit.
    pub fn remote_branches(&self) -> Result<BTreeMap<String, Oid>> {
        let short = |name: String| name.strip_prefix("refs/remotes/").map(str::to_owned).unwrap_or(name);
        Ok(self.refs.list("refs/remotes/")?.into_iter().map(|(name, oid)| (short(name), oid)).collect())
    }

    /// The commit of the branch with exactly this short name.
    pub fn branch(&self, name: &str) -> Result<Option<Oid>> {
        self.refs.find(&format!("refs/heads/{name}"))
    }

    /// The tags, of this clone or of the remote as last fetched, that are named exactly like a folder that `name`
    /// (without `refs/tags/`) lies in: git can create nothing below them.
    pub fn tags_in_the_way(&self, name: &str) -> Result<Vec<String>> {
        let folders = name.match_indices('/').map(|(i, _)| &name[..i]);
        let taken = folders.filter_map(|f| self.tag(f).transpose());
        taken.map(|t| t.map(|t| t.name)).collect()
    }

    /// Creates refs (full names) all together or not at all. One that already names the same object is no conflict;
    /// one that names another is [`Error::RefExists`].
    pub fn create_refs(&self, refs: &[(String, Oid)]) -> Result<()> {
        create(&self.refs, &self.quiet_git()?, refs)
    }

    /// Takes tags (object and full name) of this clone away, all together or not at all, as far as they are there and name that
    /// object. Their objects stay until git collects them.
    pub fn drop_tags(&self, tags: &[(Oid, String)]) -> Result<()> {
        let mut input = String::new();
        for (oid, name) in tags {
            if self.refs.find(name)? == Some(*oid) {
                input.push_str(&format!("delete {name}\0{oid}\0"));
            }
        }
        if input.is_empty() {
            return Ok(());
        }
        let ended = self.quiet_git()?.run(Reach::Local, ["update-ref", "--stdin", "-z"], Some(input.as_bytes()))?;
        if ended.success() { Ok(()) } else { Err(Error::RefsRefused(ended.words())) }
    }

    /// git with every hook off that configuration defines.
    pub(crate) fn quiet_git(&self) -> Result<Git> {
        Ok(self.git.without_hooks(self.config()?.subsections("hook")))
    }
}

/// Creates refs of the repository that `git` runs in.
pub(crate) fn create(known: &Refs, git: &Git, refs: &[(String, Oid)]) -> Result<()> {
    let mut input = Vec::new();
    for (name, oid) in refs {
        match known.find(name)? {
            Some(found) if found == *oid => {}
            Some(_) => return Err(Error::RefExists { name: name.clone() }),
            None => input.extend_from_slice(format!("create {name}\0{oid}\0").as_bytes()),
        }
    }
    if input.is_empty() {
        return Ok(());
    }
    // libgit2 reads every ref of the repository before it writes one; git does not.
    let ended = git.run(Reach::Local, ["update-ref", "--stdin", "-z"], Some(&input))?;
    if ended.success() {
        return Ok(());
    }
    let mut there = 0;
    for (name, oid) in refs {
        match known.find(name)? {
            Some(found) if found == *oid => there += 1,
            Some(_) => return Err(Error::RefExists { name: name.clone() }),
            None => {}
        }
    }
    if there == refs.len() {
        // Another process created the same refs in between.
        return Ok(());
    }
    let words = ended.words();
    if let Some(lock) = words.split_once("Unable to create '").and_then(|(_, rest)| rest.split_once('\''))
        && std::path::Path::new(lock.0).exists()
    {
        return Err(Error::Locked(lock.0.into()));
    }
    if files::is_refusal(&words)
        && let full @ Error::DiskFull(_) = files::refusal(&known.common_dir, &words)
    {
        return Err(full);
    }
    Err(Error::RefsRefused(words.trim_start_matches("fatal: ").lines().next().unwrap_or_default().to_owned()))
}
