//! Whether a tag counts for anything: who remembers what a remote showed first asks, before holding on to junk.

use super::Ledger;
use crate::{RefName, ballot};

impl Ledger<'_> {
    /// Whether the tag called `name` is a valid entry here, or may be one: where that cannot be told, it counts. A fork
    /// counts as well, and what is dated far ahead of this clock: somebody who may write signed it.
    pub fn counts(&self, name: &RefName) -> bool {
        let unsure = |refusal: crate::Refusal| refusal.class() == crate::Class::CannotVerify;
        match name {
            RefName::Policy(n) => {
                let fork = |j: &crate::Junk| j.sequence == *n && j.wants_a_look();
                self.policies.at(*n).is_some() || self.policies.junk().iter().any(fork)
            }
            RefName::Pointer(env, id, n) => self.chain(env, id).map_or_else(unsure, |chain| {
                let fork = |j: &crate::Junk| j.sequence == *n && j.wants_a_look();
                chain.at(*n).is_some() || chain.stopped.is_some() || chain.junk.iter().any(fork)
            }),
            RefName::Release(id, version) => self.release(id, version).map_or_else(unsure, |found| found.is_some()),
            RefName::Approval(env, id, n, ..) => {
                self.ballots_of(env, id, *n).map_or_else(unsure, |ballots| ballots.may_hold(name))
            }
            RefName::PolicyApproval(n, ..) => {
                let entries = self.policies.entries();
                let at = entries.partition_point(|entry| entry.link().sequence < *n);
                let Some(before) = at.checked_sub(1).and_then(|at| entries.get(at)) else { return true };
                ballot::of_policy(&self.judge, &self.policies.root(), before, *n)
                    .map_or_else(unsure, |ballots| ballots.may_hold(name))
            }
            // Runs share a chain by a prefix of their content's digest, which the name alone does not give whole.
            RefName::Evidence(..) => true,
        }
    }
}
