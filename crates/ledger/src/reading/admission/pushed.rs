//! A server's repository as it would be once a push was accepted.

use std::collections::BTreeMap;

use source::{Files, Object, ObjectId, Objects, RepoPath, Unreadable};

/// What is there, and the refs that a push would create.
pub(super) struct Pushed<'a> {
    pub(super) before: &'a dyn Objects,
    /// By full name.
    pub(super) new: BTreeMap<String, ObjectId>,
}

impl Objects for Pushed<'_> {
    fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Unreadable> {
        let mut refs: BTreeMap<String, ObjectId> = self.before.list(prefix)?.into_iter().collect();
        let new = self.new.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        refs.extend(new.map(|(name, id)| (name.clone(), *id)));
        Ok(refs.into_iter().collect())
    }

    fn object(&self, id: &ObjectId, limit: usize) -> Result<Option<Object>, Unreadable> {
        self.before.object(id, limit)
    }

    /// A server has what there is: an entry that cites more is refused, not waited for.
    fn is_complete(&self, _: &str) -> bool {
        true
    }

    fn files(&self, commit: &ObjectId, root: Option<&RepoPath>) -> Result<Option<Box<dyn Files + '_>>, Unreadable> {
        self.before.files(commit, root)
    }
}
