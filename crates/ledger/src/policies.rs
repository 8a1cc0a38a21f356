//! The policy ledger: which policies were in effect when, each put there by the one before.

mod documents;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use policy::{Action, Policy};
use source::{Digest, Timestamp};

use crate::ahead;
use crate::ballot::{self, Subject};
use crate::chain::{Beyond, check_beyond, check_stop, pressing};
use crate::demand::first_unmet;
use crate::judge::{Fault, Found, Judge, not_before, of_revoked};
use crate::mark::{Mark, Trusted};
use crate::record::{Link, PolicyBody, Position};
use crate::walk::{Junk, Walk, next_position, numbered};
use crate::{Code, ObjectId, RefName, Refusal, Sequence, SignedTag};

pub(crate) use documents::{content_refusal, documents};

/// Seconds for which the policy before the newest may still be cited.
pub const GRACE: i64 = 600;

/// The policy entries that are in effect or were, oldest first; never empty.
#[derive(Debug)]
pub struct Policies {
    root: Digest,
    walk: Walk<PolicyEntry>,
}

/// One policy entry.
#[derive(Debug)]
pub struct PolicyEntry {
    found: Found,
    policy: OnceCell<Policy>,
}

impl PolicyEntry {
    /// The entry's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// Where the tag object lies.
    pub const fn id(&self) -> &ObjectId {
        &self.found.id
    }

    /// The entry's fields.
    pub fn body(&self) -> &PolicyBody {
        self.tag().record().policy_body().expect("a policy entry holds a policy record")
    }

    /// Its number and digest, as others cite it.
    pub fn link(&self) -> Link {
        Link { sequence: self.body().position.sequence, digest: self.tag().digest() }
    }

    /// When it took effect.
    pub const fn time(&self) -> Timestamp {
        self.tag().time()
    }

    /// The documents that it binds, read from its commit.
    pub fn policy(&self, judge: &Judge<'_>) -> Result<&Policy, Refusal> {
        if let Some(policy) = self.policy.get() {
            return Ok(policy);
        }
        let read = documents(judge, self.tag()).map_err(|r| r.about(self.tag().name()))?;
        Ok(self.policy.get_or_init(|| read))
    }
}

impl Policies {
    /// Reads and judges the policy ledger from its root.
    ///
    /// `pin` is the root that is trusted; without one the first entry is taken at its word, and the caller says so.
    /// What `mark` has seen is not judged again.
    pub fn read(judge: &Judge<'_>, pin: Option<&Digest>, mark: Option<&Mark>) -> Result<Self, Refusal> {
        let mut walk = Walk::new(refs(judge)?);
        let found = find_root(judge, &mut walk, pin)?;
        let name = found.tag.name().clone();
        let root = found.tag.digest();
        let mut parsed = BTreeMap::new();
        let trusted = mark.map_or_else(Trusted::default, |mark| trusted(judge, &walk, mark, &mut parsed));
        if trusted.is_empty() {
            parsed = ahead(judge, &walk);
        }
        let mut policies = Self { root, walk };
        let entry = PolicyEntry { found, policy: OnceCell::new() };
        let mut known = BTreeMap::new();
        if !trusted.contains(entry.link()) {
            policies.judge_root(judge, &entry).map_err(|r| r.about(&name))?;
            known = documents::ahead(judge, &entry, &parsed);
        }
        policies.walk.take(Ok(entry));
        while let Some((n, id)) = policies.walk.candidate() {
            let name = RefName::Policy(n);
            let is_next = policies.walk.is_at_next(policies.entries().last().map(PolicyEntry::link));
            let read = || policies.read_candidate(judge, &name, &id, is_next);
            let found = parsed.remove(&n).map_or_else(read, Ok);
            let verdict = found.and_then(|found| policies.judge_next(judge, found, known.remove(&n), &trusted));
            let verdict = verdict.map_err(|fault| fault.about(&name));
            policies.walk.take(verdict);
        }
        if let Some(stopped) = policies.walk.stopped.as_ref().filter(|stopped| stopped.code != Code::FormatNewer) {
            return Err(stopped.clone());
        }
        policies.check_mark(mark)?;
        Ok(policies)
    }

    /// Whether the repository still holds these very entries, all of them valid, and no other.
    pub(crate) fn is_unmoved(&self, judge: &Judge<'_>) -> Result<bool, Refusal> {
        let now: Walk<PolicyEntry> = Walk::new(refs(judge)?);
        Ok(self.walk.is_in_order() && self.walk.holds_the_refs_of(&now))
    }

    /// Refuses a ledger that is behind what was seen, or differs from it.
    pub(crate) fn check_mark(&self, mark: Option<&Mark>) -> Result<(), Refusal> {
        mark.map_or(Ok(()), |mark| mark.check(&self.links(), self.junk()).map_err(|r| r.about("policy")))
    }

    /// The payload digest of the first entry, `policy@00000001`: what the ledger is known by.
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// Whether another ledger was here before this one began: then the first entry is not `policy@00000001`.
    pub fn began_beside_another(&self) -> bool {
        self.entries().first().is_some_and(|first| first.link().sequence != Sequence::FIRST)
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[PolicyEntry] {
        &self.walk.entries
    }

    /// The newest entry: the policy in effect.
    pub fn current(&self) -> &PolicyEntry {
        self.walk.entries.last().expect("a policy ledger has a first entry")
    }

    /// The entry with this number.
    pub fn at(&self, n: Sequence) -> Option<&PolicyEntry> {
        let at = self.walk.entries.binary_search_by_key(&n, |e| e.body().position.sequence).ok()?;
        self.walk.entries.get(at)
    }

    /// Every entry's number and digest, oldest first.
    pub fn links(&self) -> Vec<Link> {
        self.entries().iter().map(PolicyEntry::link).collect()
    }

    /// What stands among the policy tags and is no valid entry.
    pub fn junk(&self) -> &[Junk] {
        &self.walk.junk
    }

    /// The junk that no valid entry has passed over yet.
    pub fn junk_beyond_tip(&self) -> &[Junk] {
        let tip = self.current().link().sequence;
        &self.walk.junk[self.walk.junk.partition_point(|j| j.sequence < tip)..]
    }

    /// Where the next policy entry goes.
    pub fn next(&self, over_conflicts: bool) -> Result<Position, Refusal> {
        if let Some(stopped) = &self.walk.stopped {
            return Err(stopped.clone());
        }
        let tip = Some(self.current().link());
        next_position(tip, self.walk.last_number(), self.junk_beyond_tip(), over_conflicts)
    }

    /// Refuses what stands after the newest entry: junk that `mark` does not excuse, or a fork.
    pub fn check_end(&self, mark: Option<&Mark>, beyond: Beyond) -> Result<(), Refusal> {
        check_stop(self.walk.stopped.as_ref(), Some(self.current().link()), mark, beyond)?;
        check_beyond(self.junk_beyond_tip(), Some(self.current().link()), mark, beyond)
    }

    /// What this machine has now seen of the policy ledger; `None` where something stands after its newest entry.
    pub fn mark(&self) -> Option<Mark> {
        if self.walk.stopped.is_some() || pressing(self.junk_beyond_tip(), Some(self.current().link())).is_some() {
            return None;
        }
        Mark::of(self.links().into_iter(), self.current().link().sequence)
    }

    /// The newest policy whose time is not after `time`.
    pub fn newest_at(&self, time: Timestamp) -> Option<&PolicyEntry> {
        // Times never fall along the chain.
        let after = self.entries().partition_point(|e| e.time() <= time);
        self.entries().get(after.checked_sub(1)?)
    }

    /// The policy that judges an entry: the one it cites, which must have been in effect at the entry's time.
    pub(crate) fn judging(&self, judge: &Judge<'_>, tag: &SignedTag) -> Result<&PolicyEntry, Fault> {
        let cited = tag.record().policy.ok_or_else(|| junk(Code::PolicyUnknown, "it cites no policy".to_owned()))?;
        let entry = match self.at(cited.sequence) {
            Some(entry) if entry.link() == cited => entry,
            Some(_) => return Err(junk(Code::PolicyUnknown, format!("policy {} is another one here", cited.sequence))),
            None if cited.sequence > self.current().link().sequence => return Err(self.beyond(judge, tag, cited)),
            None => return Err(junk(Code::PolicyUnknown, format!("there is no policy {}", cited.sequence))),
        };
        not_before(tag.time(), entry.time(), "the policy")?;
        let newest = self.newest_at(tag.time()).expect("the cited policy is not after the entry");
        let at = |e: &PolicyEntry| self.entries().iter().position(|x| x.link() == e.link()).unwrap_or(0);
        let behind = at(newest) - at(entry);
        if behind == 0 || (behind == 1 && tag.time().0 <= newest.time().0.saturating_add(GRACE)) {
            return Ok(entry);
        }
        let detail = format!(
            "it cites policy {}, and policy {} was in effect since {}",
            cited.sequence,
            newest.link().sequence,
            newest.time()
        );
        Err(junk(Code::PolicyOutdated, detail))
    }

    /// A policy that is not here: fetched refs make that a forgery, anything else makes it a gap.
    fn beyond(&self, judge: &Judge<'_>, tag: &SignedTag, cited: Link) -> Fault {
        let detail =
            format!("it cites policy {}, the newest here is {}", cited.sequence, self.current().link().sequence);
        if judge.tags.is_complete(&tag.name().full()) || !self.is_by_known_key(judge, tag) {
            return junk(Code::PolicyUnknown, detail);
        }
        Fault::Stop(Refusal::new(Code::PolicyMissing, detail))
    }

    /// Reads the tag of a chain that the ref `name` holds.
    ///
    /// A newer format stops the walk only where an active key of somebody who may write there signed it, and only where an
    /// honest writer would have put it (`is_next`): anybody can write `Format: 2`, and so can whoever stole a key once.
    pub(crate) fn read_candidate(
        &self,
        judge: &Judge<'_>,
        name: &RefName,
        id: &ObjectId,
        is_next: bool,
    ) -> Result<Found, Fault> {
        match judge.read_at(name, id) {
            Err(r) if r.code == Code::FormatNewer => {
                let policy = self.current().policy(judge)?;
                let stops = is_next && judge.is_newer(name, id, &self.root, policy);
                Err(if stops { Fault::Stop(r) } else { Fault::Junk(r) })
            }
            other => Ok(other?),
        }
    }

    /// Whether a key of any policy here made the signature: a stranger's tag must not make anybody wait.
    pub(crate) fn is_by_known_key(&self, judge: &Judge<'_>, tag: &SignedTag) -> bool {
        self.all(judge).iter().any(|policy| judge.authenticate(tag, policy).is_ok())
    }

    /// Every policy whose documents can be read, oldest first.
    pub(crate) fn all(&self, judge: &Judge<'_>) -> Vec<Policy> {
        self.entries().iter().filter_map(|e| e.policy(judge).ok().cloned()).collect()
    }

    /// The root vouches for itself: signed by a maintainer of its own documents.
    fn judge_root(&self, judge: &Judge<'_>, entry: &PolicyEntry) -> Result<(), Refusal> {
        let policy = entry.policy(judge)?;
        judge.authorise(entry.tag(), policy, Action::PublishPolicy, None, None)?;
        judge.check_clock(entry.tag()).map_err(Fault::into_refusal)
    }

    /// `known` are the entry's documents, where they were read before.
    fn judge_next(
        &self,
        judge: &Judge<'_>,
        found: Found,
        known: Option<Policy>,
        trusted: &Trusted,
    ) -> Result<PolicyEntry, Fault> {
        let entry = PolicyEntry { found, policy: known.map_or_else(OnceCell::new, OnceCell::from) };
        judge.check_repository(entry.tag(), &self.root)?;
        let tip = self.walk.entries.last().expect("the root is judged first");
        let position = &entry.body().position;
        if position.previous == Some(tip.link()) && trusted.contains(entry.link()) {
            return Ok(entry);
        }
        // An entry that does not follow the tip matters only if somebody who may publish signed it.
        let judging = position.previous.and_then(|p| self.at(p.sequence)).unwrap_or(tip);
        let before = judging.policy(judge)?;
        let signer = judge.authorise(entry.tag(), before, Action::PublishPolicy, None, None)?;
        let is_here = |link: Link| {
            let found =
                self.walk.id(link.sequence).and_then(|id| judge.read_at(&RefName::Policy(link.sequence), &id).ok());
            found.is_some_and(|found| found.tag.digest() == link.digest)
        };
        if let Err(fault) = self.walk.check_link(position, Some(tip.link()), is_here) {
            let tag = entry.tag();
            let is_complete = || judge.tags.is_complete(&tag.name().full());
            return Err(of_revoked(fault, tip.policy(judge)?, &tag.record().by, is_complete));
        }
        not_before(entry.time(), tip.time(), "the policy before")?;
        entry.policy(judge)?;
        let ballots = ballot::of_policy(judge, &self.root, tip, position.sequence)?;
        let body = entry.body();
        let subject = Subject::Policy { previous: tip.link(), documents: body.documents, target: entry.tag().target() };
        let demand =
            ballot::policy_demand(before, &subject, &body.approvals, &ballots, &signer.principal, entry.time());
        first_unmet(&[demand])?;
        // Last: one maintainer alone must not make everybody wait for a date.
        judge.check_clock(entry.tag())?;
        Ok(entry)
    }
}

fn refs(judge: &Judge<'_>) -> Result<Vec<(Sequence, ObjectId)>, Refusal> {
    Ok(numbered(judge.list(&RefName::policies())?, |name| match name {
        RefName::Policy(n) => Some(*n),
        _ => None,
    }))
}

fn junk(code: Code, detail: String) -> Fault {
    Fault::Junk(Refusal::new(code, detail))
}

/// The entry that begins the ledger: `policy@00000001`, or the pinned one where it began behind another ledger's.
///
/// Without a pin only the first number counts: whoever can create tags could begin a ledger at any other.
fn find_root(judge: &Judge<'_>, walk: &mut Walk<PolicyEntry>, pin: Option<&Digest>) -> Result<Found, Refusal> {
    let missing = || Refusal::new(Code::RootMissing, "`policy@00000001` is not here");
    let (n, id) = walk.candidate().filter(|(n, _)| pin.is_some() || *n == Sequence::FIRST).ok_or_else(missing)?;
    let name = RefName::Policy(n);
    let first = judge.read_at(&name, &id);
    let Some(pin) = pin else { return first };
    let refusal = match first {
        Ok(found) if found.tag.digest() == *pin => return Ok(found),
        Ok(found) if n == Sequence::FIRST => {
            let detail = format!("it is {}, the one to trust is {}", found.tag.digest().tagged(), pin.tagged());
            Refusal::new(Code::RootMismatch, detail).about(&name)
        }
        Ok(_) => missing(),
        Err(refusal) if n == Sequence::FIRST => refusal,
        Err(_) => missing(),
    };
    while let Some((n, id)) = walk.candidate() {
        let name = RefName::Policy(n);
        match judge.read_at(&name, &id) {
            Ok(found) if found.tag.digest() == *pin && found.tag.record().repository.is_none() => return Ok(found),
            Ok(found) => walk.take(Err(Fault::Junk(judge.foreign(&found.tag).about(&name)))),
            Err(why) => walk.take(Err(Fault::Junk(why))),
        }
    }
    Err(refusal)
}

/// The links from what `mark` has seen down to the root: each binds the one before it by digest.
///
/// What was read on the way is left in `parsed`.
fn trusted(
    judge: &Judge<'_>,
    walk: &Walk<PolicyEntry>,
    mark: &Mark,
    parsed: &mut BTreeMap<Sequence, Found>,
) -> Trusted {
    Trusted::follow(mark.tip(), |n| {
        let found = judge.read_at(&RefName::Policy(n), &walk.id(n)?).ok()?;
        let link = (found.tag.digest(), found.tag.record().position()?.previous);
        parsed.insert(n, found);
        Some(link)
    })
}

/// Every entry that is still to be judged, read on all processors.
fn ahead(judge: &Judge<'_>, walk: &Walk<PolicyEntry>) -> BTreeMap<Sequence, Found> {
    let refs: Vec<_> = walk.rest().iter().map(|(n, id)| (RefName::Policy(*n), *id)).collect();
    let number = |found: Found| match found.tag.name() {
        RefName::Policy(n) => Some((*n, found)),
        _ => None,
    };
    ahead::read(judge, &refs).into_iter().filter_map(number).collect()
}
