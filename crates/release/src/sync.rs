//! Publishing later what was written while there was no remote.

use crate::desk::{Desk, accepted};
use crate::error::Result;

impl Desk {
    /// Publishes every entry of this clone that the remote has not shown, all together or none; gives their tags.
    /// Fetch first: what the remote has is judged by what was fetched.
    pub fn publish_rest(&self) -> Result<Vec<String>> {
        let Some(remote) = &self.remote else { return Ok(Vec::new()) };
        let mut rest = self.repo.unpublished(remote, None)?;
        // What a fork inherited is not its to publish.
        rest.retain(|(_, name)| ledger::RefName::from_full(name).is_ok());
        if let Some(root) = self.trusted_root()? {
            rest.retain(|(_, name)| !crate::inherited::is_foreign(self, name, &root));
        }
        if !rest.is_empty() && !self.dry_run {
            accepted(self.repo.push(remote, &rest)?, Some(remote.name.clone()))?;
        }
        Ok(rest.into_iter().map(|(_, name)| name.trim_start_matches("refs/tags/").to_owned()).collect())
    }
}
