//! What one reading leaves to the next over the same repository, for programs that stay open.
//!
//! Refs are compared name by name and id by id; what has the same id has the same bytes, so a verdict on it stands as it
//! stands for whoever remembers a high-water mark: what was judged once is not judged again. Only what was in perfect order
//! is kept. Whatever looks at the present (rejections, revoked keys, the content of the release) is asked anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use source::Digest;

use super::advance::Progress;
use super::{Key, Ledger};
use crate::judge::Judge;
use crate::mark::Marks;
use crate::policies::Policies;
use crate::release::Release;
use crate::{ObjectId, Refusal};

/// A reading without its repository.
pub struct Past {
    policies: Policies,
    chains: BTreeMap<Key, Progress>,
    releases: BTreeMap<ObjectId, Arc<Release>>,
}

impl<'a> Ledger<'a> {
    /// What the next reading may go on from.
    pub fn into_past(self) -> Past {
        let releases = self.releases.into_inner().into_iter().filter_map(|(id, release)| Some((id, release.ok()?)));
        let chains = self.chains.into_inner().into_iter().filter(|(_, progress)| progress.is_in_order());
        Past { policies: self.policies, chains: chains.collect(), releases: releases.collect() }
    }

    /// Reads on from `past`, which is dropped where the policy ledger has moved.
    pub fn resume(judge: Judge<'a>, pin: Option<&Digest>, marks: Marks, past: Option<Past>) -> Result<Self, Refusal> {
        let Some(past) = past else { return Self::open(judge, pin, marks) };
        let ours = pin.is_some_and(|pin| *pin == past.policies.root());
        if !ours || !past.policies.is_unmoved(&judge)? {
            return Self::open(judge, pin, marks);
        }
        past.policies.check_mark(marks.policy.as_ref())?;
        let releases = past.releases.into_iter().map(|(id, release)| (id, Ok(release)));
        let mut ledger = Self::over(judge, past.policies, marks);
        ledger.past = past.chains.into();
        ledger.releases = std::cell::RefCell::new(releases.collect());
        Ok(ledger)
    }
}
