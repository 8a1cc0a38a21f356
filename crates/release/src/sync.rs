//! Publishing later what was written while there was no remote.

use crate::desk::{Desk, accepted};
use crate::error::Result;

impl Desk {
    /// Publishes every entry of this clone that the remote has not shown, all together or none; gives their tags.
    /// Fetch first: what the remote has is judged by what was fetched.
    pub fn publish_rest(&self) -> Result<Vec<String>> {
        let Some(remote) = &self.remote else { return Ok(Vec::new()) };
        let rest = self.repo.unpublished(remote, None)?;
        if !rest.is_empty() && !self.dry_run {
            accepted(self.repo.push(remote, &rest)?, Some(remote.name.clone()))?;
        }
        Ok(rest.into_iter().map(|(_, name)| name.trim_start_matches("refs/tags/").to_owned()).collect())
    }
}
