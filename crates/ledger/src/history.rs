//! What a timeline is made of besides valid entries: tags as they lie there, and what was said about a policy.

use crate::reading::Ledger;
use crate::{Ballots, RefName, Refusal, Sequence, SignedTag, ballot};

impl Ledger<'_> {
    /// The tag that a ref holds, where it can be read as one; unjudged.
    pub fn peek(&self, name: &RefName) -> Result<Option<SignedTag>, Refusal> {
        let refs = self.judge().list(&name.full())?;
        let id = refs.into_iter().find(|(found, _)| found == name).map(|(_, id)| id);
        Ok(id.and_then(|id| self.judge().read(&id).ok()))
    }

    /// The names of all tags, whatever they hold, that start with `start` (without `refs/tags/`).
    pub fn names(&self, start: &str) -> Result<Vec<RefName>, Refusal> {
        let refs = self.judge().list(&format!("{}{start}", crate::refname::TAGS))?;
        Ok(refs.into_iter().map(|(name, _)| name).collect())
    }

    /// Everything that was said about the policy `n`, judged by the policy before it.
    pub fn ballots_of_policy(&self, n: Sequence) -> Result<Ballots, Refusal> {
        let entries = self.policies().entries();
        let before = entries.iter().rfind(|entry| entry.link().sequence < n).unwrap_or(&entries[0]);
        ballot::of_policy(self.judge(), &self.policies().root(), before, n)
    }
}
