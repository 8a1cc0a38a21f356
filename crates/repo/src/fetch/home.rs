//! Objects that only a cache holds, taken over by the clone before one of its own refs leads to them.

use crate::fetch::FETCH;
use crate::git::Reach;
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
        let input: String = refs.iter().map(|(_, oid)| format!("{oid}^{{}}\n")).collect();
        let ended = self.git.alone().run(Reach::Local, ["cat-file", "--batch-check"], Some(input.as_bytes()))?;
        if !ended.success() {
            return Err(ended.failure());
        }
        let answers = String::from_utf8_lossy(&ended.stdout);
        let unfollowed =
            answers.lines().zip(refs).filter(|(line, _)| line.ends_with(" missing")).map(|(_, (_, oid))| *oid);
        let mut behind = Vec::new();
        for oid in unfollowed {
            let object = self.object(oid)?;
            let line = object.bytes.split(|&b| b == b'\n').next().unwrap_or_default();
            let hex = line.strip_prefix(b"object ").and_then(|h| std::str::from_utf8(h).ok());
            if object.kind == ObjectKind::Tag
                && let Some(target) = hex.and_then(|h| h.parse().ok())
            {
                behind.push(target);
            }
        }
        behind.sort();
        behind.dedup();
        Ok(behind)
    }
}
