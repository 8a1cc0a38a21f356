//! What a server asks of a push before it lets entries in: more than a verifier asks later, because here nothing is old.
//!
//! A verifier judges an entry by the time that its signer wrote. A server has a clock of its own: what arrives now was
//! signed now, under the policy in effect now. So nobody dates an entry back to when a key was still good, a window open
//! or an approval fresh.

mod fitting;
mod newest;
mod pushed;

use std::collections::BTreeMap;

use policy::Policy;
use source::{Digest, EnvName, PromptId};

use super::Ledger;
use crate::chain::{Chain, Pointer};
use crate::judge::{CLOCK_TOLERANCE, Fault, Judge};
use crate::mark::Marks;
use crate::record::{ApprovalBody, Body, PointerAction, PolicyApprovalBody, Position};
use crate::refname::{Standing, TAGS};
use crate::walk::Junk;
use crate::{Code, ObjectId, RefName, Refusal, Sequence, SignedTag, ballot};

pub use fitting::fitting;
use pushed::Pushed;

/// A ref that a push would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Its full name.
    pub name: String,
    /// What it names now; `None` where it is not there.
    pub old: Option<ObjectId>,
    /// What it would name; `None` where it would be deleted.
    pub new: Option<ObjectId>,
}

/// Whether a commit lies on the branch that policy releases from: `None` where it does, else that branch.
pub type Reachable<'a> = &'a dyn Fn(&ObjectId, Option<&str>) -> Result<Option<String>, String>;

/// What a server judges by.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// The server's repository as it is before the push, and its clock.
    pub judge: Judge<'a>,
    /// The root that its owner pinned.
    pub pin: Option<&'a Digest>,
    /// How many seconds ago an entry may have been signed.
    pub late: u64,
    /// Which commits may be released.
    pub reachable: Reachable<'a>,
}

/// What came of judging a push.
#[derive(Debug, Default)]
pub struct Admission {
    /// Why the push is refused; every refusal names a tag. Empty where it may pass.
    pub refusals: Vec<Refusal>,
    /// The ledger that this push begins.
    pub begins: Option<Digest>,
    /// Whether the ledger itself could not be read: then one refusal stands for all.
    pub is_unread: bool,
}

impl Arrival {
    /// Whether the ledger has anything to say of it.
    pub fn concerns(&self) -> bool {
        Standing::of(&self.name) != Standing::Foreign
    }
}

/// Judges everything that one push would do, together: entries may rest on one another. What is not the ledger's passes.
pub fn admit(server: &Server<'_>, arrivals: &[Arrival]) -> Admission {
    let mut answer = Admission::default();
    let mut new = BTreeMap::new();
    for arrival in arrivals {
        let refuse = |code, detail: String| {
            let short = arrival.name.strip_prefix(TAGS).unwrap_or(&arrival.name);
            Refusal::new(code, detail).about(short)
        };
        match (Standing::of(&arrival.name), arrival.old, arrival.new) {
            // A stray may go: that is the remedy.
            (Standing::Foreign, ..) | (Standing::Stray(_), _, None) => {}
            (Standing::Stray(error), _, Some(_)) => answer.refusals.push(refuse(Code::StrayTag, error.why)),
            (Standing::Ours(_), _, None) => {
                answer.refusals.push(refuse(Code::EntryDeleted, "entries stay for good".to_owned()));
            }
            (Standing::Ours(_), Some(old), Some(to)) if old != to => {
                answer.refusals.push(refuse(Code::EntryReplaced, format!("it is {old}")));
            }
            (Standing::Ours(_), Some(_), Some(_)) => {}
            (Standing::Ours(name), None, Some(to)) => drop(new.insert(name.full(), (name, to))),
        }
    }
    if new.is_empty() {
        return answer;
    }
    let pushed =
        Pushed { before: server.judge.tags, new: new.iter().map(|(full, (_, id))| (full.clone(), *id)).collect() };
    let judge = Judge { tags: &pushed, ..server.judge };
    let begun = match server.judge.list(&RefName::Policy(Sequence::FIRST).full()) {
        Ok(refs) => !refs.is_empty(),
        Err(refusal) => {
            answer.refusals.push(refusal);
            answer.is_unread = true;
            return answer;
        }
    };
    let names: Vec<&RefName> = new.values().map(|(name, _)| name).collect();
    let ledger = match Ledger::open(judge, server.pin, Marks::default()) {
        Ok(ledger) => ledger,
        Err(refusal) => {
            // One reason keeps all of them out.
            answer.refusals.extend(names.first().map(|name| refusal.about(name)));
            answer.is_unread = true;
            return answer;
        }
    };
    let gate = Gate { server, ledger: &ledger, new: &new, begun };
    for (name, id) in new.values() {
        answer.refusals.extend(gate.entry(name, id).err().map(|refusal| refusal.about(name)));
    }
    answer.begins = (!begun && answer.refusals.is_empty()).then(|| ledger.policies().root());
    answer
}

/// The ledger as it would be, and what of it is new.
struct Gate<'a, 'l> {
    server: &'a Server<'a>,
    ledger: &'a Ledger<'l>,
    new: &'a BTreeMap<String, (RefName, ObjectId)>,
    /// Whether the server held a ledger before: then all that arrives is new, else it is somebody's history.
    begun: bool,
}

impl Gate<'_, '_> {
    fn entry(&self, name: &RefName, id: &ObjectId) -> Result<(), Refusal> {
        let found = self.ledger.judge().read_at(name, id)?;
        let tag = &found.tag;
        if self.begun {
            self.timely(tag)?;
            self.under_the_policy_in_effect(tag)?;
        }
        match name {
            RefName::Policy(n) => self.policy(*n, tag),
            RefName::Release(..) => self.release(tag, id),
            RefName::Evidence(..) => self.evidence(tag),
            RefName::Approval(..) => self.approval(tag),
            RefName::PolicyApproval(n, ..) => self.policy_approval(*n, tag),
            RefName::Pointer(env, id, n) => self.pointer(env, id, *n, tag),
        }
    }

    fn is_new(&self, name: &RefName) -> bool {
        self.new.contains_key(&name.full())
    }

    /// Signed a moment ago, by the server's clock.
    fn timely(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let now = self.server.judge.now;
        let late = i64::try_from(self.server.late).unwrap_or(i64::MAX);
        if tag.time().0 < now.0.saturating_sub(late) {
            let detail = format!("it was signed at {}, here it is {now}", tag.time());
            return Err(Refusal::new(Code::SignedLate, detail));
        }
        self.ledger.judge().check_clock(tag).map_err(Fault::into_refusal)
    }

    /// Cites the policy in effect, or the one before where it was signed after the change: the grace of the design is for
    /// whoever had not heard, not for whoever lost a key.
    fn under_the_policy_in_effect(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let Some(cited) = tag.record().policy else { return Ok(()) };
        let policies = self.ledger.policies();
        let before = policies.entries().iter().rfind(|e| !self.is_new(&RefName::Policy(e.link().sequence)));
        let Some(in_effect) = before.filter(|in_effect| cited.sequence < in_effect.link().sequence) else {
            return Ok(());
        };
        let follows = in_effect.body().position.previous == Some(cited);
        if follows && tag.time() >= in_effect.time() && !matches!(tag.record().body, Body::Policy(_)) {
            return Ok(());
        }
        let detail =
            format!("it cites policy {}, here policy {} is in effect", cited.sequence, in_effect.link().sequence);
        Err(Refusal::new(Code::PolicyOutdated, detail))
    }

    fn policy(&self, n: Sequence, tag: &SignedTag) -> Result<(), Refusal> {
        let policies = self.ledger.policies();
        match policies.at(n) {
            Some(entry) if entry.tag().digest() == tag.digest() => {}
            _ => return Err(why(policies.junk(), n, None)),
        }
        self.no_free_number(tag, &RefName::policies())?;
        let Some(entry) = policies.at(n) else { return Ok(()) };
        if self.begun {
            self.after_everything(tag)?;
        }
        // Its documents must be usable by whatever comes next.
        let documents = entry.policy(self.ledger.judge())?;
        let before = entry.body().position.previous.and_then(|link| policies.at(link.sequence));
        let Some(before) = before.filter(|_| self.begun) else { return Ok(()) };
        if let Some(rejected) = self.ledger.rejection_of(before, entry, documents, |_| false)? {
            return Err(rejected);
        }
        self.sealed(before.policy(self.ledger.judge())?, documents)
    }

    /// Whoever revokes a key says in the same push what becomes of everything that it made live.
    fn sealed(&self, before: &Policy, policy: &Policy) -> Result<(), Refusal> {
        let unsealed = self.ledger.tips_resting_on(before, policy)?;
        let Some((env, id, why)) = unsealed.first() else { return Ok(()) };
        let more = match unsealed.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        let detail = format!("{id} in {env} rests on a key that it revokes, and has no seal: {}{more}", why.detail);
        Err(Refusal::new(Code::SealMissing, detail))
    }

    /// A policy is no older than any pointer that the server holds: dated before, it would judge them.
    fn after_everything(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let until = self.server.judge.now.0.saturating_add(CLOCK_TOLERANCE);
        match self.ledger.newest_pointer(until)? {
            Some((name, time)) if time > tag.time() && !self.is_new(&name) => {
                let detail =
                    format!("it was signed at {}, {name} at {time}; an older policy would unmake it", tag.time());
                Err(Refusal::new(Code::SignedLate, detail))
            }
            _ => Ok(()),
        }
    }

    fn release(&self, tag: &SignedTag, id: &ObjectId) -> Result<(), Refusal> {
        let release = self.ledger.release_at(id)?;
        if let Some(refusal) = self.ledger.of_release(&release, self.ledger.policy()?)? {
            return Err(refusal);
        }
        if let Some(outlived) = self.newest_run_of(&release)? {
            return Err(outlived);
        }
        let body = release.body();
        let policies = self.ledger.policies();
        let cited = tag.record().policy.and_then(|link| policies.at(link.sequence));
        let policy = cited.unwrap_or(policies.current()).policy(self.ledger.judge())?;
        let from = policy.release_demands(&body.prompt, body.risk).from.map(|from| from.value);
        let reachable = (self.server.reachable)(release.commit(), from.as_deref());
        match reachable.map_err(|why| Refusal::new(Code::Unreadable, why))? {
            None => Ok(()),
            Some(branch) => {
                let detail = format!("commit {} is not on {branch}", release.commit().short());
                Err(Refusal::new(Code::CommitElsewhere, detail))
            }
        }
    }

    fn evidence(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let Body::Evidence(body) = &tag.record().body else { return Err(unfit()) };
        let runs = self.ledger.runs(&body.content)?;
        if !runs.entries().iter().any(|run| run.tag().digest() == tag.digest()) {
            return Err(why(runs.junk(), body.position.sequence, runs.stopped()));
        }
        self.no_free_number(tag, &RefName::evidence(&body.content))
    }

    fn approval(&self, tag: &SignedTag) -> Result<(), Refusal> {
        let Body::Approval(body) = &tag.record().body else { return Err(unfit()) };
        let ballots = self.ledger.ballots_of(&body.environment, &body.prompt, body.sequence)?;
        counted(&ballots, tag)?;
        let release = self.ledger.release_at(tag.target())?;
        if (release.tag().digest(), release.body().content) != (body.release, body.content) {
            return Err(Refusal::new(Code::ReleaseMismatch, "it points at another release than it speaks of"));
        }
        if self.begun { self.next_pointer(body) } else { Ok(()) }
    }

    /// An approval is about the pointer that comes next, or about one of the same push.
    fn next_pointer(&self, body: &ApprovalBody) -> Result<(), Refusal> {
        let chain = self.ledger.chain(&body.environment, &body.prompt)?;
        let place = |n| RefName::Pointer(body.environment.clone(), body.prompt.clone(), n);
        let position = match chain.at(body.sequence) {
            Some(entry) if self.is_new(&place(body.sequence)) => entry.body().position.clone(),
            _ => chain.next(true)?,
        };
        fits(&position, body.sequence, body.previous)
    }

    fn policy_approval(&self, n: Sequence, tag: &SignedTag) -> Result<(), Refusal> {
        let Body::PolicyApproval(body) = &tag.record().body else { return Err(unfit()) };
        let PolicyApprovalBody { previous, .. } = body;
        let policies = self.ledger.policies();
        let before = policies.at(previous.sequence).filter(|entry| entry.link() == *previous);
        let before = before.ok_or_else(|| {
            Refusal::new(Code::PolicyUnknown, format!("policy {} is not the one that it follows", previous.sequence))
        })?;
        let ballots = ballot::of_policy(self.ledger.judge(), &policies.root(), before, n)?;
        counted(&ballots, tag)?;
        if !self.begun {
            return Ok(());
        }
        let position = match policies.at(n) {
            Some(entry) if self.is_new(&RefName::Policy(n)) => entry.body().position.clone(),
            _ => policies.next(true)?,
        };
        fits(&position, n, Some(*previous))
    }

    fn pointer(&self, env: &EnvName, id: &PromptId, n: Sequence, tag: &SignedTag) -> Result<(), Refusal> {
        let chain = self.ledger.chain(env, id)?;
        let entry = match chain.at(n) {
            Some(entry) if entry.tag().digest() == tag.digest() => entry,
            _ => return Err(why(&chain.junk, n, chain.stopped.as_ref())),
        };
        self.no_free_number(tag, &RefName::pointers(env, id))?;
        if self.begun { self.nothing_against(&chain, entry) } else { Ok(()) }
    }

    /// What a writer asks besides validity, of every new entry that moves what is live: one pushed right behind it must
    /// not hide it. What speaks against the end of the chain is asked of its tip.
    fn nothing_against(&self, chain: &Chain, entry: &Pointer) -> Result<(), Refusal> {
        if !matches!(entry.body().action, PointerAction::Promote | PointerAction::Rollback) {
            return Ok(());
        }
        let policy = self.ledger.policy()?;
        self.ledger.retired_voices(entry.body(), policy)?;
        let mut objections = self.ledger.against(entry, policy)?;
        objections.extend(self.newest_run_at(chain, entry, policy)?);
        if chain.tip().is_some_and(|tip| tip.link() == entry.link()) {
            objections.extend(self.ledger.objections(chain, super::Depth::Tip)?);
        }
        objections.into_iter().next().map_or(Ok(()), Err)
    }

    /// An entry takes the first free number: one that leaps would use them up.
    fn no_free_number(&self, tag: &SignedTag, prefix: &str) -> Result<(), Refusal> {
        let Some(position) = tag.record().position().filter(|position| !position.skip.is_empty()) else {
            return Ok(());
        };
        let after = position.previous.map_or(0, |link| link.sequence.get());
        let between = position.sequence.get() - after - 1;
        let refs = self.ledger.judge().list(prefix)?;
        let number = |name: &RefName| match name {
            RefName::Policy(n) | RefName::Evidence(_, n) | RefName::Pointer(_, _, n) => n.get(),
            _ => 0,
        };
        let taken =
            refs.iter().filter(|(name, _)| (after + 1..position.sequence.get()).contains(&number(name))).count();
        if taken < between as usize {
            return Err(Refusal::new(
                Code::SkipFree,
                format!("{} of {between} numbers that it passes over are free", between as usize - taken),
            ));
        }
        Ok(())
    }
}

/// Why the entry `n` is none.
fn why(junk: &[Junk], n: Sequence, stopped: Option<&Refusal>) -> Refusal {
    let found = junk.iter().find(|junk| junk.sequence == n).map(|junk| junk.refusal.clone());
    found.or_else(|| stopped.cloned()).unwrap_or_else(unfit)
}

fn unfit() -> Refusal {
    Refusal::new(Code::RefMismatch, "it is no entry of this place")
}

/// Refuses a decision that counts for nothing.
fn counted(ballots: &ballot::Ballots, tag: &SignedTag) -> Result<(), Refusal> {
    if ballots.valid.iter().any(|ballot| ballot.tag().digest() == tag.digest()) {
        return Ok(());
    }
    let void = ballots.void.iter().find(|void| void.digest == Some(tag.digest()));
    Err(void.map_or_else(unfit, |void| void.refusal.clone()))
}

fn fits(position: &Position, n: Sequence, previous: Option<crate::record::Link>) -> Result<(), Refusal> {
    if (position.sequence, position.previous) == (n, previous) {
        return Ok(());
    }
    let detail = format!("it is about entry {n}, the next one is {}", position.sequence);
    Err(Refusal::new(Code::ApprovalVoid, detail))
}
