//! Publishing later what was written while there was no remote, and giving a remote back what it lost.

use crate::desk::{Desk, accepted};
use crate::error::Result;
use crate::local_only::{local_only, outrun, refused_there};

impl Desk {
    /// Publishes every entry of this clone that the remote has not shown, and again those that it has `deleted`, all
    /// together or none; gives their tags. Fetch first: what the remote has is judged by what was fetched.
    ///
    /// Refuses where others would not take one of them any more: publishing it would only make them stumble.
    pub fn publish_rest(&self, deleted: &[String]) -> Result<Vec<String>> {
        let Some(remote) = &self.remote else { return Ok(Vec::new()) };
        let local = local_only(self, None)?;
        if let Some(error) = outrun(&format!("publish to `{}`", remote.name), &local) {
            return Err(error);
        }
        let mut rest: Vec<_> = local.iter().map(|one| (one.object, format!("refs/tags/{}", one.tag))).collect();
        for name in deleted {
            rest.extend(self.repo.tag(name)?.map(|tag| (tag.oid, format!("refs/tags/{name}"))));
        }
        // What a fork inherited is not its to publish.
        rest.retain(|(_, name)| ledger::RefName::from_full(name).is_ok());
        if let Some(root) = self.trusted_root()? {
            rest.retain(|(_, name)| !crate::inherited::is_foreign(self, name, &root));
        }
        if !rest.is_empty() && !self.dry_run {
            let outcome = accepted(self.repo.push(remote, &rest)?, Some(remote.name.clone()));
            outcome.map_err(|error| refused_there(self, error, remote, &local))?;
        }
        Ok(rest.into_iter().map(|(_, name)| name.trim_start_matches("refs/tags/").to_owned()).collect())
    }
}

/// The command that gives a remote back what it showed first under these names and has moved since, and the clone with it;
/// sync itself never moves a tag.
pub fn mend_command(desk: &Desk, moved: &[String]) -> Option<String> {
    let remote = desk.remote.as_ref()?;
    let all = |of: &dyn Fn(&String) -> String| moved.iter().map(of).collect::<Vec<_>>().join(" ");
    let here = all(&|name| format!("+refs/tags/{name}:refs/tags/{name}"));
    let there = all(&|name| format!("refs/tags/{name}"));
    let copy = desk.repo.copy_of(remote);
    Some(format!(
        "git fetch \"$(git rev-parse --path-format=absolute --git-common-dir)/{copy}\" {here} && git push --force {} {there}",
        remote.name
    ))
}
