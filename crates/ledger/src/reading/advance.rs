//! Judging chains entry by entry, no further than asked: an entry may cite one of another environment, which may cite one
//! of this. Digests cannot form a circle, so an entry that waits for itself is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use source::{EnvName, PromptId};

use super::{Key, Ledger};
use crate::ahead;
use crate::chain::{Chain, Pointer};
use crate::demand::first_unmet;
use crate::judge::{Fault, Found, not_before, of_revoked};
use crate::live::{State, Step};
use crate::mark::Trusted;
use crate::pointer::{Bench, Candidate};
use crate::record::{By, Link, PointerBody};
use crate::walk::{Walk, numbered};
use crate::{Code, ObjectId, RefName, Refusal, Sequence};

/// How far one chain has been judged.
pub(super) struct Progress {
    walk: Walk<Arc<Pointer>>,
    state: State,
    trusted: Trusted,
    /// Entries that were read on the way down from a mark.
    parsed: BTreeMap<Sequence, Found>,
    /// What was seen of the chain before: entries after it are new here.
    seen: Option<(Sequence, Sequence)>,
}

impl Progress {
    pub(super) fn entry(&self, n: Sequence) -> Option<&Arc<Pointer>> {
        let at = self.walk.entries.binary_search_by_key(&n, |e| e.link().sequence).ok()?;
        self.walk.entries.get(at)
    }

    pub(super) fn has(&self, n: Sequence) -> bool {
        self.walk.has(n)
    }

    /// Whether every tag of the chain is a valid entry.
    pub(super) fn is_in_order(&self) -> bool {
        self.walk.is_in_order()
    }

    pub(super) fn stopped(&self) -> Option<&Refusal> {
        self.walk.stopped.as_ref()
    }

    /// Whether no free number lies between the tip and the candidate.
    fn is_at_next(&self) -> bool {
        self.walk.is_at_next(self.tip())
    }

    fn tip(&self) -> Option<Link> {
        self.walk.entries.last().map(|e| e.link())
    }
}

/// A candidate that may be valid, and what it would do.
struct Verdict {
    entry: Found,
    signer: Option<crate::judge::Signer>,
    step: Step,
}

impl Ledger<'_> {
    /// The chain as far as it has been judged.
    pub(super) fn seen(&self, env: &EnvName, id: &PromptId) -> Chain {
        let chains = self.chains.borrow();
        let progress = chains.get(&(env.clone(), id.clone()));
        Chain {
            environment: env.clone(),
            prompt: id.clone(),
            entries: progress.map(|p| p.walk.entries.clone()).unwrap_or_default(),
            junk: progress.map(|p| p.walk.junk.clone()).unwrap_or_default(),
            stopped: progress.and_then(|p| p.walk.stopped.clone()),
            state: progress.map(|p| p.state.clone()).unwrap_or_default(),
            last_number: progress.and_then(|p| p.walk.last_number()),
        }
    }

    /// Judges the chain up to the number `until`, or as far as it goes.
    pub(super) fn advance(&self, env: &EnvName, id: &PromptId, until: Sequence) -> Result<(), Refusal> {
        let key: Key = (env.clone(), id.clone());
        if !self.chains.borrow().contains_key(&key) {
            let progress = self.start(&key)?;
            self.chains.borrow_mut().insert(key.clone(), progress);
        }
        loop {
            let (n, tag) = {
                let mut chains = self.chains.borrow_mut();
                let Some(progress) = chains.get_mut(&key) else { return Ok(()) };
                let Some((n, tag)) = progress.walk.candidate().filter(|(n, _)| *n <= until) else { return Ok(()) };
                if progress.walk.busy {
                    return Ok(());
                }
                progress.walk.busy = true;
                (n, tag)
            };
            let name = RefName::Pointer(env.clone(), id.clone(), n);
            let verdict = self.judge_pointer(&key, &name, &tag).map_err(|fault| fault.about(&name));
            if let Some(progress) = self.chains.borrow_mut().get_mut(&key) {
                progress.walk.busy = false;
                progress.take(verdict);
            }
        }
    }

    fn start(&self, key: &Key) -> Result<Progress, Refusal> {
        let refs = numbered(self.judge.list(&RefName::pointers(&key.0, &key.1))?, |name| match name {
            RefName::Pointer(_, _, n) => Some(*n),
            _ => None,
        });
        let walk = Walk::new(refs).beside(self.policies.began_beside_another());
        let mark = self.marks.pointers.get(key);
        if let Some(mut past) = self.past.borrow_mut().remove(key)
            && past.walk.continues(&walk)
        {
            past.seen = self.seen_of(key);
            self.read_ahead(key, &mut past);
            return Ok(past);
        }
        let mut parsed = BTreeMap::new();
        let trusted = mark.map_or_else(Trusted::default, |mark| {
            Trusted::follow(mark.tip(), |n| {
                let name = RefName::Pointer(key.0.clone(), key.1.clone(), n);
                let found = self.judge.read_at(&name, &walk.id(n)?).ok()?;
                let link = (found.tag.digest(), found.tag.record().position()?.previous);
                parsed.insert(n, found);
                Some(link)
            })
        });
        if trusted.is_empty() {
            // Something on the way down is another one: nothing is spared.
            parsed.clear();
        }
        let seen = self.seen_of(key);
        let mut progress = Progress { walk, state: State::default(), trusted, parsed, seen };
        self.read_ahead(key, &mut progress);
        Ok(progress)
    }

    /// Reads what will be judged of the chain, and what was said about it, on all processors.
    fn read_ahead(&self, key: &Key, progress: &mut Progress) {
        let new = progress.walk.rest().iter().filter(|(n, _)| !progress.parsed.contains_key(n));
        let name = |n: Sequence| RefName::Pointer(key.0.clone(), key.1.clone(), n);
        let refs: Vec<_> = new.map(|(n, id)| (name(*n), *id)).collect();
        for found in ahead::read(&self.judge, &refs) {
            if let RefName::Pointer(_, _, n) = found.tag.name() {
                progress.parsed.insert(*n, found);
            }
        }
        self.ballots_ahead(key, &refs);
    }

    /// Judges one candidate by what it says and what it cites.
    fn judge_pointer(&self, key: &Key, name: &RefName, id: &ObjectId) -> Result<Verdict, Fault> {
        let found = match self.parsed(key, name) {
            Some(found) => found,
            None => {
                let is_next = self.chains.borrow().get(key).is_some_and(Progress::is_at_next);
                self.policies.read_candidate(&self.judge, name, id, is_next)?
            }
        };
        let tag = &found.tag;
        let body = tag.record().pointer().ok_or_else(|| Refusal::new(Code::NameMismatch, "it is no pointer"))?;
        let says_why = tag.record().reason.is_some();
        self.judge.check_repository(tag, &self.policies.root())?;
        let link = Link { sequence: body.position.sequence, digest: tag.digest() };
        if let Some(step) = self.spared(key, body, link, says_why) {
            return Ok(Verdict { step: step?, signer: None, entry: found });
        }
        let judging = self.policies.judging(&self.judge, tag)?;
        let policy = judging.policy(&self.judge)?;
        let (env, prompt) = (Some(&body.environment), Some(&body.prompt));
        let signer = self.judge.authorise(tag, policy, body.action.action(), env, prompt)?;
        self.check_newly_seen(key, body, judging.link().sequence, tag.time())?;
        let previous = self.check_place(key, body, &tag.record().by)?;
        if let Some(previous) = &previous {
            not_before(tag.time(), previous.time(), "the entry before")?;
        }
        self.judge.check_clock(tag)?;
        let release = self.release_or_fault(tag.target())?;
        let risk = self.chains.borrow().get(key).and_then(|progress| progress.state.risk_before(body.action));
        let bench = Bench { policy, release: &release, risk };
        let candidate = Candidate { body, target: tag.target(), time: tag.time(), signer: &signer };
        let step = self.step(key, body, signer.automation, says_why);
        first_unmet(&candidate.validity(self, &bench, &step))?;
        Ok(Verdict { step: step?, signer: Some(signer), entry: found })
    }

    /// The entry, where it was read on the way down from a mark.
    fn parsed(&self, key: &Key, name: &RefName) -> Option<Found> {
        let RefName::Pointer(_, _, n) = name else { return None };
        self.chains.borrow_mut().get_mut(key)?.parsed.remove(n)
    }

    /// What an entry that was judged before does; `None` for one that was not.
    fn spared(&self, key: &Key, body: &PointerBody, link: Link, says_why: bool) -> Option<Result<Step, Fault>> {
        let chains = self.chains.borrow();
        let progress = chains.get(key)?;
        let follows = progress.tip() == body.position.previous;
        (follows && progress.trusted.contains(link))
            .then(|| progress.state.step(body, false, says_why).map_err(Fault::from))
    }

    /// Refuses a candidate, signed by somebody who may, that does not follow the tip; gives the tip.
    fn check_place(&self, key: &Key, body: &PointerBody, by: &By) -> Result<Option<Arc<Pointer>>, Fault> {
        let chains = self.chains.borrow();
        let Some(progress) = chains.get(key) else { return Ok(None) };
        let is_here = |link: Link| {
            let name = RefName::Pointer(key.0.clone(), key.1.clone(), link.sequence);
            let found = progress.walk.id(link.sequence).and_then(|id| self.judge.read_at(&name, &id).ok());
            found.is_some_and(|found| found.tag.digest() == link.digest)
        };
        if let Err(fault) = progress.walk.check_link(&body.position, progress.tip(), is_here) {
            let is_complete = || self.judge.tags.is_complete(&body.name().full());
            return Err(of_revoked(fault, self.policy()?, by, is_complete));
        }
        Ok(progress.walk.entries.last().cloned())
    }

    /// Refuses an entry that is new here and cites a policy older than one that this machine had seen before it.
    ///
    /// Whoever lost a key, or a right, cannot write into the past of somebody who knows.
    fn check_newly_seen(
        &self,
        key: &Key,
        body: &PointerBody,
        cited: Sequence,
        time: source::Timestamp,
    ) -> Result<(), Refusal> {
        let seen = self.chains.borrow().get(key).and_then(|p| p.seen);
        let Some((_, policy)) = seen.filter(|(tip, _)| body.position.sequence > *tip) else { return Ok(()) };
        let seen = self.policies.at(policy);
        if let Some(seen) = seen {
            self.retired_voices(body, seen.policy(&self.judge)?)?;
        }
        if cited >= policy {
            return Ok(());
        }
        let in_grace = seen.is_some_and(|seen| {
            let before = seen.body().position.previous.map(|p| p.sequence);
            before == Some(cited) && time >= seen.time()
        });
        if in_grace {
            return Ok(());
        }
        let detail = format!("it cites policy {cited}, and policy {policy} had been seen here before it");
        Err(Refusal::new(Code::PolicyOutdated, detail))
    }

    fn step(&self, key: &Key, body: &PointerBody, automation: bool, says_why: bool) -> Result<Step, Refusal> {
        match self.chains.borrow().get(key) {
            Some(progress) => progress.state.step(body, automation, says_why),
            None => State::default().step(body, automation, says_why),
        }
    }
}

impl Progress {
    fn take(&mut self, verdict: Result<Verdict, Fault>) {
        let entry = verdict.map(|verdict| {
            let tag = &verdict.entry.tag;
            if let Some(body) = tag.record().pointer() {
                let since = Link { sequence: body.position.sequence, digest: tag.digest() };
                self.state.take(verdict.step, body, *tag.target(), since, tag.time());
            }
            let live = self.state.live().cloned();
            Arc::new(Pointer { live, held: self.state.held().is_some(), signer: verdict.signer, found: verdict.entry })
        });
        self.walk.take(entry);
    }
}
