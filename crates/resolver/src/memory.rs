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

    /// What was seen of a chain that is in order, and of those upstream, where it is new.
    pub(crate) fn news(&self, ledger: &Ledger<'_>, chain: &Chain) -> Result<News, Error> {
        let root = ledger.policies().root();
        let mut news =
            News { trust: self.trust.clone(), root, is_pinned: self.pin.is_some(), marks: Vec::new(), clear: None };
        let current = ledger.policies().current().link();
        let Some(tip) = chain.tip() else { return Ok(news) };
        news.add("policy".to_owned(), self.marks.policy.as_ref(), ledger.policies().mark());
        self.add_chain(&mut news, chain, current.sequence);
        let clear = Clear { policy: current, tip: tip.link() };
        if self.clear == Some(clear) {
            return Ok(news);
        }
        if tip.body().action == PointerAction::Promote {
            for after in &tip.body().after {
                self.add_chain(&mut news, &ledger.chain(&after.environment, &chain.prompt)?, current.sequence);
            }
        }
        // It says more than the marks do, which any look at a chain raises: that nothing spoke against this tip.
        if chain.mark(current.sequence).is_some() && ledger.policies().mark().is_some() {
            news.clear = Some((name(&chain.environment, &chain.prompt), clear));
        }
        Ok(news)
    }

    fn add_chain(&self, news: &mut News, chain: &Chain, policy: ledger::Sequence) {
        let key = (chain.environment.clone(), chain.prompt.clone());
        news.add(name(&key.0, &key.1), self.marks.pointers.get(&key), chain.mark(policy));
    }

    fn mark(&self, root: &Digest, chain: &str) -> Result<Option<Mark>, Error> {
        let Some(line) = self.trust.mark(root, chain)? else { return Ok(None) };
        Mark::from_line(&line).map(Some).ok_or_else(|| Error::Mark(chain.to_owned()))
    }
}

/// What a verdict adds to the memory.
pub(crate) struct News {
    trust: Trust,
    root: Digest,
    is_pinned: bool,
    marks: Vec<(String, Mark)>,
    clear: Option<(String, Clear)>,
}

/// One file of it.
enum Note<'a> {
    Pin,
    Mark(&'a str, &'a Mark),
    Clear(&'a str, &'a Clear),
}

impl News {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_pinned && self.marks.is_empty() && self.clear.is_none()
    }

    /// Keeps them; a mark that has seen further stays.
    ///
    /// Each is a file by itself, flushed twice; together they wait for the disk about as long as one alone. In which order
    /// they arrive does not matter: what was clear counts only beside the marks that it was seen with.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let pin = (!self.is_pinned).then_some(Note::Pin);
        let marks = self.marks.iter().map(|(chain, seen)| Note::Mark(chain, seen));
        let clear = self.clear.iter().map(|(chain, clear)| Note::Clear(chain, clear));
        let notes: Vec<Note<'_>> = pin.into_iter().chain(marks).chain(clear).collect();
        if let [note] = &notes[..] {
            return self.write(note);
        }
        std::thread::scope(|scope| {
            let begun: Vec<_> = notes.iter().map(|note| scope.spawn(|| self.write(note))).collect();
            let ended = begun.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            ended.collect::<Vec<_>>().into_iter().collect()
        })
    }

    fn write(&self, note: &Note<'_>) -> Result<(), Error> {
        let further = |mark: &Mark| (mark.tip().sequence, mark.policy());
        match note {
            Note::Pin => self.trust.pin(&self.root)?,
            Note::Mark(chain, seen) => self.trust.update_mark(&self.root, chain, |now| {
                let now = now.and_then(Mark::from_line);
                now.is_none_or(|now| further(&now) < further(seen)).then(|| seen.to_line())
            })?,
            Note::Clear(chain, clear) => self.trust.set_clear(&self.root, chain, &clear.to_line())?,
        }
        Ok(())
    }

    fn add(&mut self, chain: String, known: Option<&Mark>, seen: Option<Mark>) {
        self.marks.extend(seen.filter(|seen| known != Some(seen)).map(|seen| (chain, seen)));
    }
}

fn name(env: &EnvName, id: &PromptId) -> String {
    format!("env/{env}/{id}")
}
