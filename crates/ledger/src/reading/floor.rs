//! What a ledger is held to without being believed: marks that lie where others may write, such as a lock file, or that
//! must spare nothing.
//!
//! A high-water mark of this machine spares judging again what lies below it. A floor only refuses what is behind it or
//! beside it; every entry is judged all the same.

use source::{EnvName, PromptId};

use super::{Key, Ledger};
use crate::chain::{Beyond, Chain};
use crate::mark::{Mark, Marks};
use crate::{Refusal, Sequence};

/// Marks that are held to, and whose they are.
pub(super) struct Floor {
    whose: &'static str,
    marks: Marks,
}

impl Ledger<'_> {
    /// The same, refused where it is behind `marks` or differs from them. `whose` says in a refusal who saw more, such as
    /// `the lock file`; it is empty for this machine.
    pub fn held_to(mut self, whose: &'static str, marks: Marks) -> Result<Self, Refusal> {
        let floor = Floor { whose, marks };
        if let Some(mark) = &floor.marks.policy {
            let checked = mark.check(&self.policies.links(), self.policies.junk());
            checked.map_err(|r| floor.says(r).about("policy"))?;
        }
        self.floors.push(floor);
        Ok(self)
    }

    /// Refuses a chain whose end cannot be trusted, or that falls behind what was seen of it.
    pub fn check_end(&self, chain: &Chain, beyond: Beyond) -> Result<(), Refusal> {
        chain.check_legible()?;
        let key = (chain.environment.clone(), chain.prompt.clone());
        for floor in &self.floors {
            if let Some(mark) = floor.marks.pointers.get(&key) {
                let name = || format!("env/{}/{}", key.0, key.1);
                mark.check(&chain.links(), &chain.junk).map_err(|r| floor.says(r).about(name()))?;
            }
        }
        chain.check_tip(self.marks.pointers.get(&key), beyond)
    }

    /// The chains that were seen before, here or by whoever the ledger is held to.
    pub(super) fn seen_before(&self) -> impl Iterator<Item = &(EnvName, PromptId)> {
        let floors = self.floors.iter().flat_map(|floor| floor.marks.pointers.keys());
        self.marks.pointers.keys().chain(floors)
    }

    /// The newest entry of a chain that was seen before, and the policy that was seen with it.
    pub(super) fn seen_of(&self, key: &Key) -> Option<(Sequence, Sequence)> {
        let floors = self.floors.iter().filter_map(|floor| floor.marks.pointers.get(key));
        let seen = self.marks.pointers.get(key).into_iter().chain(floors);
        seen.map(|mark: &Mark| (mark.tip().sequence, mark.policy())).max()
    }
}

impl Floor {
    fn says(&self, refusal: Refusal) -> Refusal {
        match self.whose {
            "" => refusal,
            whose => Refusal { detail: format!("by {whose}, {}", refusal.detail), ..refusal },
        }
    }
}
