//! One reading of a ledger: policies, chains, releases and runs, each judged once and kept.
//!
//! A reading is of one moment: whoever has written or fetched reads anew.

pub mod admission;
mod advance;
mod counts;
mod floor;
mod objections;
mod past;
mod writing;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use source::{Digest, EnvName, PromptId, Version};

use crate::ahead;
use crate::ballot::{self, Ballots};
use crate::chain::{Beyond, Chain, Pointer};
use crate::evidence::Runs;
use crate::judge::{Fault, Found, Judge, not_before};
use crate::mark::Marks;
use crate::policies::Policies;
use crate::record::{Body, PointerBody, Upstream};
use crate::release::Release;
use crate::{Code, ObjectId, RefName, Refusal, Sequence, SignedTag};

use advance::Progress;
pub use objections::Depth;
pub use past::Past;
pub use writing::{LostTarget, Plan, PointerIntent, PolicyPlan, Proposed, Prospect, Under};

type Key = (EnvName, PromptId);
type Refs = Vec<(RefName, ObjectId)>;

/// A reading of one ledger.
pub struct Ledger<'a> {
    judge: Judge<'a>,
    policies: Policies,
    marks: Marks,
    floors: Vec<floor::Floor>,
    over_conflicts: bool,
    chains: RefCell<BTreeMap<Key, Progress>>,
    releases: RefCell<BTreeMap<ObjectId, Result<Arc<Release>, Fault>>>,
    runs: RefCell<BTreeMap<Digest, Result<Arc<Runs>, Refusal>>>,
    approvals: RefCell<BTreeMap<Key, BTreeMap<Sequence, Refs>>>,
    /// Approvals that were read ahead, each until it is asked for.
    ahead: RefCell<BTreeMap<ObjectId, Found>>,
    /// Whether a policy was rejected, once somebody has asked.
    rejected: std::cell::OnceCell<Result<Option<Refusal>, Refusal>>,
    /// Chains of a reading before this one, each until it is asked for.
    past: RefCell<BTreeMap<Key, Progress>>,
}

impl<'a> Ledger<'a> {
    /// Reads the policy ledger; everything else is read when it is asked for.
    ///
    /// `pin` is the root to trust. `marks` is what this machine has seen: what lies below is not judged again, and what
    /// falls behind it is refused.
    pub fn open(judge: Judge<'a>, pin: Option<&Digest>, marks: Marks) -> Result<Self, Refusal> {
        let policies = Policies::read(&judge, pin, marks.policy.as_ref())?;
        Ok(Self::over(judge, policies, marks))
    }

    fn over(judge: Judge<'a>, policies: Policies, marks: Marks) -> Self {
        Self {
            judge,
            policies,
            marks,
            floors: Vec::new(),
            over_conflicts: false,
            chains: RefCell::default(),
            releases: RefCell::default(),
            runs: RefCell::default(),
            approvals: RefCell::default(),
            ahead: RefCell::default(),
            rejected: std::cell::OnceCell::new(),
            past: RefCell::default(),
        }
    }

    /// The same for a writer who has looked at conflicts and passes over them: forked entries count for nothing from then on.
    #[must_use]
    pub fn over_conflicts(mut self, over: bool) -> Self {
        self.over_conflicts = over;
        self
    }

    /// What judges here.
    pub const fn judge(&self) -> &Judge<'a> {
        &self.judge
    }

    /// The policy ledger.
    pub const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The documents of the policy in effect.
    pub fn policy(&self) -> Result<&policy::Policy, Refusal> {
        self.policies.current().policy(&self.judge)
    }

    /// What this machine had seen before.
    pub const fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Everything that there is to say of one chain, every entry judged once by the policy it cites.
    ///
    /// An error means that nothing could be read; what is wrong with the chain stands in the answer.
    pub fn chain(&self, env: &EnvName, id: &PromptId) -> Result<Chain, Refusal> {
        self.advance(env, id, Sequence::LAST)?;
        Ok(self.seen(env, id))
    }

    /// The chain, refused where its end cannot be trusted or its tip is objected to: what may be used now.
    pub fn verified(&self, env: &EnvName, id: &PromptId, beyond: Beyond, depth: Depth) -> Result<Chain, Refusal> {
        self.policies.check_end(self.marks.policy.as_ref(), beyond)?;
        if let Some(refusal) = self.policy_rejected()? {
            return Err(refusal);
        }
        let chain = self.chain(env, id)?;
        self.check_end(&chain, beyond)?;
        match self.objections(&chain, depth)?.into_iter().next() {
            None => Ok(chain),
            Some(refusal) => Err(refusal),
        }
    }

    /// Whether a refusal only says that a tag is of the ledger that was here before this one began beside it.
    pub fn is_inherited(&self, refusal: &Refusal) -> bool {
        refusal.code == Code::RepositoryMismatch && self.policies.began_beside_another()
    }

    /// Whether all there is of a chain is of the ledger that was here before this one began beside it.
    pub fn is_inherited_chain(&self, chain: &Chain) -> bool {
        chain.entries.is_empty() && !chain.junk.is_empty() && chain.junk.iter().all(|j| j.inherited)
    }

    /// The release whose tag object is `tag`, judged by the policy it cites.
    pub fn release_at(&self, tag: &ObjectId) -> Result<Arc<Release>, Refusal> {
        self.release_or_fault(tag).map_err(Fault::into_refusal)
    }

    /// The release of `id` at `version`, where there is a ref for it.
    pub fn release(&self, id: &PromptId, version: &Version) -> Result<Option<Arc<Release>>, Refusal> {
        let name = RefName::Release(id.clone(), version.clone());
        let refs = self.judge.list(&name.full())?;
        let Some((_, tag)) = refs.into_iter().find(|(found, _)| *found == name) else { return Ok(None) };
        self.judge.read_at(&name, &tag)?;
        self.release_at(&tag).map(Some)
    }

    /// Every release of `id`, by version, each judged.
    pub fn releases(&self, id: &PromptId) -> Result<BTreeMap<Version, Result<Arc<Release>, Refusal>>, Refusal> {
        let refs = self.judge.list(&RefName::releases(id))?;
        let judged = refs.into_iter().filter_map(|(name, tag)| {
            let RefName::Release(_, version) = &name else { return None };
            let release = self.judge.read_at(&name, &tag).and_then(|_| self.release_at(&tag));
            Some((version.clone(), release.map_err(|r| r.about(&name))))
        });
        Ok(judged.collect())
    }

    /// Every attested run of contents that start like `content`.
    pub fn runs(&self, content: &Digest) -> Result<Arc<Runs>, Refusal> {
        if let Some(runs) = self.runs.borrow().get(content) {
            return runs.clone();
        }
        let runs = Runs::read(&self.judge, &self.policies, content).map(Arc::new);
        self.runs.borrow_mut().entry(*content).or_insert(runs).clone()
    }

    /// Everything that was said about the pointer `n`.
    pub fn ballots_of(&self, env: &EnvName, id: &PromptId, n: Sequence) -> Result<Ballots, Refusal> {
        let refs = self.approval_refs(env, id, n)?;
        let read = |name: &RefName, tag: &ObjectId| match self.ahead.borrow_mut().remove(tag) {
            Some(found) if found.tag.name() == name => Ok(found),
            _ => self.judge.read_at(name, tag),
        };
        let timely = |tag: &SignedTag| self.after_its_subject(tag);
        let ballots = ballot::of_pointer(&self.judge, &self.policies, env, id, refs, read, &timely);
        let pointer = RefName::Pointer(env.clone(), id.clone(), n);
        Ok(Ballots { complete: self.judge.tags.is_complete(&pointer.full()), ..ballots })
    }

    /// Refuses a decision that is older than the release or the entry that it speaks of, or that rests on an older policy
    /// than that entry: a key that was retired meanwhile could still be made to say so.
    fn after_its_subject(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let Body::Approval(body) = &tag.record().body else { return Ok(()) };
        if let Ok(release) = self.release_at(tag.target()) {
            not_before(tag.time(), release.tag().time(), "the release")?;
        }
        let Some(link) = body.previous else { return Ok(()) };
        self.advance(&body.environment, &body.prompt, link.sequence)?;
        let chains = self.chains.borrow();
        let progress = chains.get(&(body.environment.clone(), body.prompt.clone()));
        let Some(before) = progress.and_then(|p| p.entry(link.sequence)).filter(|e| e.link() == link) else {
            return Ok(());
        };
        not_before(tag.time(), before.time(), "the entry before")?;
        let number = |tag: &SignedTag| tag.record().policy.map(|policy| policy.sequence);
        if number(tag) < number(before.tag()) {
            let detail = "it cites an older policy than the entry that it speaks of";
            return Err(Refusal::new(Code::PolicyOutdated, detail));
        }
        Ok(())
    }

    /// Refuses a pointer that cites an approval by a key that `policy` holds as retired: such a key signs nothing new,
    /// whatever date it writes.
    pub(crate) fn retired_voices(&self, body: &PointerBody, policy: &policy::Policy) -> Result<(), Refusal> {
        if body.approvals.is_empty() {
            return Ok(());
        }
        let ballots = self.ballots(body)?;
        let cited = ballots.valid.iter().filter(|b| body.approvals.contains(&b.tag().digest()));
        match cited.into_iter().find(|b| !ballot::is_active(policy, b) && ballot::still_counts(policy, b)) {
            None => Ok(()),
            Some(retired) => {
                let detail =
                    format!("it cites an approval by `{}` with a key that is retired", retired.signer.principal);
                Err(Refusal::new(Code::ApprovalsMissing, detail).about(retired.tag().name()))
            }
        }
    }

    pub(crate) fn ballots(&self, body: &PointerBody) -> Result<Ballots, Refusal> {
        self.ballots_of(&body.environment, &body.prompt, body.position.sequence)
    }

    /// The valid entry `after` of another environment that the pointer `body` cites.
    pub(crate) fn upstream(&self, body: &PointerBody, after: &Upstream) -> Result<Arc<Pointer>, Refusal> {
        let (env, id, link) = (&after.environment, &body.prompt, after.link);
        self.advance(env, id, link.sequence)?;
        let chains = self.chains.borrow();
        let progress = chains.get(&(env.clone(), id.clone()));
        let entry = progress.and_then(|p| p.entry(link.sequence));
        if let Some(entry) = entry.filter(|e| e.link() == link) {
            return Ok(Arc::clone(entry));
        }
        let name = RefName::Pointer(env.clone(), id.clone(), link.sequence);
        if let Some(stopped) = progress.and_then(Progress::stopped) {
            return Err(stopped.clone());
        }
        // Where everything was fetched, what is not here is nowhere: nobody waits for what an insider made up.
        if progress.is_none_or(|p| !p.has(link.sequence)) && self.judge.tags.is_complete(&body.name().full()) {
            return Err(
                Refusal::new(Code::OrderUnmet, format!("there is no entry {} of {env}", link.sequence)).about(name)
            );
        }
        if progress.is_none_or(|p| !p.has(link.sequence)) {
            return Err(Refusal::new(Code::ObjectMissing, "the entry upstream is not here").about(name));
        }
        Err(Refusal::new(Code::OrderUnmet, format!("entry {} of {env} is no valid entry", link.sequence)).about(name))
    }

    /// The refs of what was said about the pointer `n`. One listing serves the whole chain.
    fn approval_refs(&self, env: &EnvName, id: &PromptId, n: Sequence) -> Result<Refs, Refusal> {
        let key = (env.clone(), id.clone());
        if !self.approvals.borrow().contains_key(&key) {
            let mut by_number: BTreeMap<Sequence, Refs> = BTreeMap::new();
            for (name, tag) in self.judge.list(&format!("{}approval/{env}/{id}@", crate::refname::TAGS))? {
                if let RefName::Approval(_, _, n, ..) = name {
                    by_number.entry(n).or_default().push((name, tag));
                }
            }
            self.approvals.borrow_mut().insert(key.clone(), by_number);
        }
        let approvals = self.approvals.borrow();
        Ok(approvals.get(&key).and_then(|by_number| by_number.get(&n)).cloned().unwrap_or_default())
    }

    /// Reads what was said about these pointers of one chain, on all processors. What fails here is told by whoever asks
    /// for it.
    fn ballots_ahead(&self, key: &Key, pointers: &[(RefName, ObjectId)]) {
        let number = |(name, _): &(RefName, ObjectId)| match name {
            RefName::Pointer(_, _, n) => Some(*n),
            _ => None,
        };
        let numbers: Vec<Sequence> = pointers.iter().filter_map(number).collect();
        let Some(first) = numbers.first() else { return };
        if self.approval_refs(&key.0, &key.1, *first).is_err() {
            return;
        }
        let approvals = self.approvals.borrow();
        let Some(by_number) = approvals.get(key) else { return };
        let refs: Vec<_> = numbers.iter().filter_map(|n| by_number.get(n)).flatten().cloned().collect();
        let found = ahead::read(&self.judge, &refs);
        self.ahead.borrow_mut().extend(found.into_iter().map(|found| (found.id, found)));
    }

    fn release_or_fault(&self, tag: &ObjectId) -> Result<Arc<Release>, Fault> {
        if let Some(release) = self.releases.borrow().get(tag) {
            return release.clone();
        }
        let release = Release::read(&self.judge, &self.policies, tag).map(Arc::new);
        self.releases.borrow_mut().entry(*tag).or_insert(release).clone()
    }
}
