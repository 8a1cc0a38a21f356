//! The ledger as one remote showed it, without what this clone alone holds.

use source::{Files, Object, ObjectId, Objects, RepoPath, Unreadable};

use super::Cache;
use crate::refs::Refs;
use crate::{Error, Oid, Remote, Repo, Result};

/// The tags of a remote as it showed them first; their objects are read wherever they lie here.
pub struct AsShown<'a> {
    repo: &'a Repo,
    refs: Refs,
}

impl Repo {
    /// The ledger as `remote` showed it first. Fetch before: what was never fetched is not there.
    pub fn as_shown(&self, remote: &Remote) -> AsShown<'_> {
        AsShown { repo: self, refs: Refs::at(Cache::of(self, &remote.name).folder()) }
    }

    /// The remote of which it is known that it holds one of these tags (object and full name) as they are here, and that tag.
    pub fn shown_by(&self, tags: &[(Oid, String)]) -> Result<Option<(String, String)>> {
        for folder in super::all(self.common_dir()) {
            let refs = Refs::at(&folder);
            for (oid, name) in tags {
                if refs.find(name)? == Some(*oid) {
                    let remote = folder.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                    return Ok(Some((remote.unwrap_or_default(), name.clone())));
                }
            }
        }
        Ok(None)
    }

    /// The same, where every remote of this clone is asked of which it is not known.
    pub fn held_by_a_remote(&self, tags: &[(Oid, String)]) -> Result<Option<(String, String)>> {
        if let Some(known) = self.shown_by(tags)? {
            return Ok(Some(known));
        }
        let names: Vec<String> = tags.iter().map(|(_, name)| name.clone()).collect();
        for remote in self.remotes()? {
            let there = self.list_remote(&remote, &names)?;
            if let Some((_, name)) = tags.iter().find(|(oid, name)| there.get(name) == Some(oid)) {
                return Ok(Some((remote.name, name.clone())));
            }
        }
        Ok(None)
    }
}

impl AsShown<'_> {
    /// What the remote showed first under this name (without `refs/tags/`).
    pub fn object_of(&self, name: &str) -> Result<Option<Oid>> {
        self.refs.find(&format!("refs/tags/{name}"))
    }
}

impl Objects for AsShown<'_> {
    fn list(&self, prefix: &str) -> std::result::Result<Vec<(String, ObjectId)>, Unreadable> {
        let listed = self.refs.list(prefix).map_err(|e: Error| Unreadable(e.to_string()))?;
        Ok(listed.into_iter().collect())
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
