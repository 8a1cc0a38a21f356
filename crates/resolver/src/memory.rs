//! What this machine trusts of a ledger and has seen of the chains that one answer rests on.

use ledger::chain::Chain;
use ledger::mark::{Mark, Marks};
use ledger::record::PointerAction;
use ledger::{Clear, Ledger, Lock};
use repo::Trust;
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::error::Error;

/// What is remembered.
pub(crate) struct Memory {
    trust: Trust,
    /// The root to trust, where it is known.
    pub(crate) pin: Option<Digest>,
    /// When the ledger was last fetched.
    pub(crate) synced: Option<Timestamp>,
    pub(crate) marks: Marks,
    /// How the chain was last found in order.
    pub(crate) clear: Option<Clear>,
    /// The lock file.
    pub(crate) lock: Option<Lock>,
}

impl Memory {
    pub(crate) fn recall(
        trust: Trust,
        pin: Option<Digest>,
        synced: Option<Timestamp>,
        env: &EnvName,
        id: &PromptId,
    ) -> Result<Self, Error> {
        let mut memory = Self { trust, pin, synced, marks: Marks::default(), clear: None, lock: None };
        let Some(root) = &pin else { return Ok(memory) };
        memory.marks.policy = memory.mark(root, "policy")?;
        for (env, chain) in memory.trust.chains_of(root, id) {
            if let Some(mark) = memory.mark(root, &chain)?
                && let Ok(env) = env.parse()
            {
                memory.marks.pointers.insert((env, id.clone()), mark);
            }
        }
        // What cannot be read only costs the longer way.
        let line = memory.trust.clear(root, &name(env, id)).unwrap_or_default();
        memory.clear = line.as_deref().and_then(Clear::from_line);
        Ok(memory)
    }

    /// Keeps what was seen of a chain that is in order, and of those upstream; the disk is left alone where nothing is
    /// new.
    pub(crate) fn keep(&self, ledger: &Ledger<'_>, chain: &Chain) -> Result<(), Error> {
        let root = ledger.policies().root();
        if self.pin.is_none() {
            self.trust.pin(&root)?;
        }
        let current = ledger.policies().current().link();
        let Some(tip) = chain.tip() else { return Ok(()) };
        self.raise(&root, "policy", self.marks.policy.as_ref(), ledger.policies().mark())?;
        self.raise_chain(&root, chain, current.sequence)?;
        let clear = Clear { policy: current, tip: tip.link() };
        if self.clear == Some(clear) {
            return Ok(());
        }
        if tip.body().action == PointerAction::Promote {
            for after in &tip.body().after {
                self.raise_chain(&root, &ledger.chain(&after.environment, &chain.prompt)?, current.sequence)?;
            }
        }
        // It says more than the marks do, which any look at a chain raises: that nothing spoke against this tip.
        if chain.mark(current.sequence).is_some() && ledger.policies().mark().is_some() {
            self.trust.set_clear(&root, &name(&chain.environment, &chain.prompt), &clear.to_line())?;
        }
        Ok(())
    }

    fn raise_chain(&self, root: &Digest, chain: &Chain, policy: ledger::Sequence) -> Result<(), Error> {
        let key = (chain.environment.clone(), chain.prompt.clone());
        self.raise(root, &name(&key.0, &key.1), self.marks.pointers.get(&key), chain.mark(policy))
    }

    /// Raises a mark; one that has seen further stays.
    fn raise(&self, root: &Digest, chain: &str, known: Option<&Mark>, seen: Option<Mark>) -> Result<(), Error> {
        let Some(seen) = seen.filter(|seen| known != Some(seen)) else { return Ok(()) };
        let further = |mark: &Mark| (mark.tip().sequence, mark.policy());
        self.trust.update_mark(root, chain, |now| {
            let now = now.and_then(Mark::from_line);
            now.is_none_or(|now| further(&now) < further(&seen)).then(|| seen.to_line())
        })?;
        Ok(())
    }

    fn mark(&self, root: &Digest, chain: &str) -> Result<Option<Mark>, Error> {
        let Some(line) = self.trust.mark(root, chain)? else { return Ok(None) };
        Mark::from_line(&line).map(Some).ok_or_else(|| Error::Mark(chain.to_owned()))
    }
}

fn name(env: &EnvName, id: &PromptId) -> String {
    format!("env/{env}/{id}")
}
