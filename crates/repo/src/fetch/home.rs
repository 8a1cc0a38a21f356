//! Objects that only a cache holds, taken over by the clone before one of its own refs leads to them.

use crate::backend::Backend;
use crate::fetch::FETCH;
use crate::git::Reach;
use crate::object::{cap, target};
use crate::{Error, ObjectKind, Oid, Repo, Result, fetch};

impl Repo {
    /// Sees to it that everything behind these objects is the clone's own, so that plain git never meets a hole.
    pub(crate) fn bring_home(&self, refs: &[(String, Oid)]) -> Result<()> {
        let caches = fetch::all(self.common_dir());
        if caches.is_empty() {
            return Ok(());
        }
        let missing = self.behind_cache(refs)?;
        for cache in &caches {
            if missing.is_empty() {
                return Ok(());
            }
            let mut args = vec!["-c".to_owned(), "protocol.version=2".to_owned()];
            args.extend(FETCH.iter().map(|a| (*a).to_owned()));
            args.extend(["--".to_owned(), cache.display().to_string()]);
            args.extend(missing.iter().map(Oid::to_string));
            let ended = self.git.alone().run(Reach::Local, &args, None)?;
            if ended.success() {
                return Ok(());
            }
        }
        match missing.first() {
            Some(oid) => Err(Error::MissingObject(*oid)),
            None => Ok(()),
        }
    }

    /// What these tags lead to where the clone alone cannot follow them to the end.
    fn behind_cache(&self, refs: &[(String, Oid)]) -> Result<Vec<Oid>> {
        let alone = self.backend.alone()?;
        let mut behind = Vec::new();
        for (_, oid) in refs {
            let object = self.object(*oid)?;
            if object.kind == ObjectKind::Tag
                && let Some(first) = target(&object)
                && !leads_to_the_end(alone.as_ref(), *oid)
            {
                behind.push(first);
            }
        }
        behind.sort();
        behind.dedup();
        Ok(behind)
    }
}

/// Whether everything from the tag `oid` to what is no tag lies there.
fn leads_to_the_end(alone: &dyn Backend, oid: Oid) -> bool {
    let Ok(object) = alone.object(oid, &cap) else { return false };
    match object.kind {
        ObjectKind::Tag => target(&object).is_some_and(|next| leads_to_the_end(alone, next)),
        _ => true,
    }
}
