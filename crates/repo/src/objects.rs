//! The repository as floors above read it, without knowing git.

use source::{Files, Object, ObjectId, ObjectKind, Objects, RepoPath, Unreadable};

use crate::revision::CommitFiles;
use crate::{Error, Repo};

impl Objects for Repo {
    fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Unreadable> {
        let prefix = prefix.strip_prefix("refs/tags/").ok_or_else(|| Unreadable(format!("{prefix} is no tag")))?;
        let tags = self.tags(prefix).map_err(unreadable)?;
        // Where the clone says otherwise than the remote, the clone's is judged: it is what plain git shows, and a tag that
        // was changed by hand must not pass because an untouched copy lies beside it.
        Ok(tags.into_iter().map(|tag| (format!("refs/tags/{}", tag.name), tag.rival.unwrap_or(tag.oid))).collect())
    }

    fn object(&self, id: &ObjectId, limit: usize) -> Result<Option<Object>, Unreadable> {
        match Repo::object(self, *id) {
            Ok(mut object) => {
                object.bytes.truncate(limit.saturating_add(1));
                Ok(Some(object))
            }
            Err(Error::MissingObject(_)) => Ok(None),
            // Its bytes stay unread; that there are too many is all that matters.
            Err(Error::TooLarge { .. }) => {
                let kind = self.kind(*id).map_err(unreadable)?;
                Ok(Some(Object { kind, bytes: vec![0; limit.saturating_add(1)] }))
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    fn is_complete(&self, tag: &str) -> bool {
        self.is_ledger_fetched() || self.remotes().is_ok_and(|remotes| remotes.is_empty()) || self.came_whole(tag)
    }

    fn files(&self, commit: &ObjectId, root: Option<&RepoPath>) -> Result<Option<Box<dyn Files + '_>>, Unreadable> {
        if self.kind(*commit).is_ok_and(|kind| kind != ObjectKind::Commit) {
            return Err(Unreadable(format!("{commit} is no commit")));
        }
        match CommitFiles::at(self, *commit, root.map_or("", RepoPath::as_str)) {
            Ok(files) => Ok(Some(Box::new(files))),
            Err(Error::MissingObject(_)) => Ok(None),
            Err(error) => Err(unreadable(error)),
        }
    }
}

fn unreadable(error: Error) -> Unreadable {
    Unreadable(error.to_string())
}
