//! Approvals and rejections: which of them are valid, which count, and whether they suffice.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Action, ApprovalDemand, KeyState, Policy};
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::demand::Demand;
use crate::judge::{Found, Judge, Signer, held, not_before};
use crate::policies::{Policies, PolicyEntry};
use crate::record::{Body, By, Decision, Link};
use crate::refname::Attempt;
use crate::{Code, ObjectId, RefName, Refusal, Sequence, SignedTag};

/// A valid approval or rejection: signed by somebody who may, judged by the policy it cites.
#[derive(Debug, Clone)]
pub struct Ballot {
    /// Its tag.
    pub found: Found,
    /// Who signed it.
    pub signer: Signer,
}

/// All that was said about one entry-to-be.
#[derive(Debug, Clone, Default)]
pub struct Ballots {
    /// The valid ones, by ref name.
    pub valid: Vec<Ballot>,
    /// The others, each with why it counts for nothing.
    pub void: Vec<Void>,
    /// Why some could not be read at all.
    pub(crate) undecided: Option<Refusal>,
}

/// An approval or rejection that counts for nothing.
#[derive(Debug, Clone)]
pub struct Void {
    /// Its payload digest, where it could be read at all.
    pub digest: Option<Digest>,
    /// Why it counts for nothing.
    pub refusal: Refusal,
}

/// A principal's last word, for whoever asks how things stand.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Word {
    /// Whose.
    pub by: String,
    /// Yes or no.
    pub decision: Decision,
    /// When it was said.
    pub at: Timestamp,
    /// Until when it may be used, as its signer wished; policy may end it earlier.
    pub expires: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// The tag.
    pub tag: String,
}

impl Word {
    pub(crate) fn of(ballot: &Ballot) -> Self {
        Self {
            by: ballot.signer.principal.clone(),
            decision: ballot.decision(),
            at: ballot.tag().time(),
            expires: ballot.expires(),
            reason: ballot.tag().record().reason.as_ref().map(ToString::to_string),
            tag: ballot.tag().name().to_string(),
        }
    }
}

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    Pointer { previous: Option<Link>, release: Digest, content: Digest, target: &'a ObjectId },
    Policy { previous: Link, documents: Digest, target: &'a ObjectId },
}

impl Ballot {
    /// The approval's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// Who signed it, with which key.
    pub const fn by(&self) -> &By {
        &self.tag().record().by
    }

    /// Yes or no.
    pub fn decision(&self) -> Decision {
        match &self.tag().record().body {
            Body::Approval(b) => b.decision,
            Body::PolicyApproval(b) => b.decision,
            _ => Decision::Reject,
        }
    }

    /// The last moment at which it may be used, as its signer wished.
    pub fn expires(&self) -> Option<Timestamp> {
        match &self.tag().record().body {
            Body::Approval(b) => b.expires,
            Body::PolicyApproval(b) => b.expires,
            _ => None,
        }
    }

    /// Whether it is about `subject` and nothing else.
    pub(crate) fn is_about(&self, subject: &Subject<'_>) -> bool {
        match (&self.tag().record().body, subject) {
            (Body::Approval(b), Subject::Pointer { previous, release, content, target }) => {
                (b.previous, b.release, b.content) == (*previous, *release, *content) && self.tag().target() == *target
            }
            (Body::PolicyApproval(b), Subject::Policy { previous, documents, target }) => {
                (b.previous, b.documents) == (*previous, *documents) && self.tag().target() == *target
            }
            _ => false,
        }
    }

    /// Whether it approves a pointer of this release, whatever else it names.
    pub(crate) fn is_for(&self, release: &Digest) -> bool {
        matches!(&self.tag().record().body, Body::Approval(b) if b.release == *release && b.decision == Decision::Approve)
    }

    /// Which of its key's decisions about the same entry it is.
    pub(crate) fn attempt(&self) -> Attempt {
        match self.tag().name() {
            RefName::Approval(.., k) | RefName::PolicyApproval(.., k) => *k,
            _ => Attempt::FIRST,
        }
    }
}

impl Ballots {
    /// Each principal's last word on `subject` up to `until`: of one key's decisions the highest counts, of several keys
    /// the latest, and of equals the rejection.
    pub(crate) fn last_words(&self, subject: &Subject<'_>, until: Timestamp) -> Vec<&Ballot> {
        let mut by_key: BTreeMap<(&str, String), &Ballot> = BTreeMap::new();
        for ballot in self.valid.iter().filter(|b| b.is_about(subject) && b.tag().time() <= until) {
            let slot = by_key.entry((ballot.signer.principal.as_str(), ballot.by().key.to_string())).or_insert(ballot);
            if ballot.attempt() > slot.attempt() {
                *slot = ballot;
            }
        }
        let mut by_principal: BTreeMap<&str, &Ballot> = BTreeMap::new();
        let weight = |b: &Ballot| (b.tag().time(), b.decision() == Decision::Reject);
        for ((principal, _), ballot) in by_key {
            let slot = by_principal.entry(principal).or_insert(ballot);
            if weight(ballot) > weight(slot) {
                *slot = ballot;
            }
        }
        by_principal.into_values().collect()
    }

    /// The last words that say yes and have not expired, for a writer to cite.
    pub(crate) fn citable(&self, subject: &Subject<'_>, until: Timestamp) -> Vec<&Ballot> {
        let words = self.last_words(subject, until).into_iter();
        words.filter(|b| b.decision() == Decision::Approve && b.expires().is_none_or(|last| last >= until)).collect()
    }

    /// The ballots with these digests; refused where one is not here.
    fn cited(&self, digests: &[Digest]) -> Result<Vec<&Ballot>, Refusal> {
        let find = |digest: &Digest| {
            if let Some(ballot) = self.valid.iter().find(|b| b.tag().digest() == *digest) {
                return Ok(Some(ballot));
            }
            // One that is here and void simply does not count.
            if self.void.iter().any(|v| v.digest == Some(*digest)) {
                return Ok(None);
            }
            let missing = || Refusal::new(Code::ObjectMissing, format!("the approval {} is not here", digest.tagged()));
            Err(self.undecided.clone().unwrap_or_else(missing))
        };
        Ok(digests.iter().map(find).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn read(
        judge: &Judge<'_>,
        refs: Vec<(RefName, ObjectId)>,
        root: &Digest,
        mut read: impl FnMut(&RefName, &ObjectId) -> Result<Found, Refusal>,
        mut authorise: impl FnMut(&SignedTag) -> Result<Signer, Refusal>,
    ) -> Self {
        let mut ballots = Self::default();
        for (name, id) in refs {
            let found = match read(&name, &id) {
                Ok(found) => found,
                Err(refusal) => {
                    if refusal.class() == crate::Class::CannotVerify {
                        ballots.undecided.get_or_insert(refusal.clone());
                    }
                    ballots.void.push(Void { digest: None, refusal: refusal.about(&name) });
                    continue;
                }
            };
            let digest = found.tag.digest();
            let signer = judge
                .check_repository(&found.tag, root)
                .and_then(|()| authorise(&found.tag))
                .and_then(|signer| judge.check_clock(&found.tag).map(|()| signer));
            match signer {
                Ok(signer) => ballots.valid.push(Ballot { found, signer }),
                Err(refusal) => ballots.void.push(Void { digest: Some(digest), refusal: refusal.about(&name) }),
            }
        }
        ballots
    }
}

/// What was said about the policy entry `n` that would follow `tip`.
pub(crate) fn of_policy(judge: &Judge<'_>, root: &Digest, tip: &PolicyEntry, n: Sequence) -> Result<Ballots, Refusal> {
    let refs = judge.list(&RefName::policy_approvals(n))?;
    let policy = tip.policy(judge)?;
    let read = |name: &RefName, id: &ObjectId| judge.read_at(name, id);
    Ok(Ballots::read(judge, refs, root, read, |tag| {
        if tag.record().policy != Some(tip.link()) {
            return Err(Refusal::new(Code::PolicyOutdated, "it cites another policy than the one it would follow"));
        }
        not_before(tag.time(), tip.time(), "the policy")?;
        judge.authorise(tag, policy, Action::ApprovePolicy, None, None)
    }))
}

/// What was said about the pointer `n`, whose refs are `refs`; `read` gives the tag that one holds, `timely` refuses one that
/// is older than its subject.
pub(crate) fn of_pointer(
    judge: &Judge<'_>,
    policies: &Policies,
    env: &EnvName,
    id: &PromptId,
    refs: Vec<(RefName, ObjectId)>,
    read: impl FnMut(&RefName, &ObjectId) -> Result<Found, Refusal>,
    timely: &dyn Fn(&SignedTag) -> Result<(), Refusal>,
) -> Ballots {
    Ballots::read(judge, refs, &policies.root(), read, |tag| {
        let judging = policies.judging(judge, tag).map_err(crate::judge::Fault::into_refusal)?;
        let signer = judge.authorise(tag, judging.policy(judge)?, Action::Approve, Some(env), Some(id))?;
        timely(tag).map(|()| signer)
    })
}

/// How policy's demand for approvals of a policy entry stands: `needed` maintainers other than the publisher.
pub(crate) fn policy_demand(
    before: &Policy,
    subject: &Subject<'_>,
    cited: &[Digest],
    ballots: &Ballots,
    publisher: &str,
    time: Timestamp,
) -> Demand {
    let (needed, expires) = before.policy_changes();
    let may = before.who_may(Action::ApprovePolicy, None, None);
    let from: BTreeSet<&str> = may.iter().map(|p| p.name.as_str()).filter(|name| *name != publisher).collect();
    let title = match needed {
        1 => "1 approval by another maintainer".to_owned(),
        n => format!("{n} approvals by other maintainers"),
    };
    let scale = Scale { policy: before, subject, from: &from, lasts: expires.0, time };
    let own = |who: &str| (who == publisher).then_some("publishes it");
    scale.outcome(title, needed, cited, ballots, own)
}

/// Who, besides those of `from`, a pointer's approvals must not come from.
pub(crate) struct Excluded<'a> {
    pub(crate) promoter: &'a str,
    pub(crate) releaser: &'a str,
}

impl Excluded<'_> {
    /// Whether an approval of this principal may count.
    pub(crate) fn allows(&self, principal: &str) -> bool {
        self.why(principal).is_none()
    }

    /// What keeps an approval of this principal from counting.
    fn why(&self, principal: &str) -> Option<&'static str> {
        match principal {
            _ if principal == self.releaser => Some("signed the release"),
            _ if principal == self.promoter => Some("promotes it"),
            _ => None,
        }
    }
}

/// How one demand of policy for approvals of a pointer stands.
pub(crate) fn pointer_demand(
    policy: &Policy,
    demand: &ApprovalDemand,
    subject: &Subject<'_>,
    cited: &[Digest],
    ballots: &Ballots,
    excluded: &Excluded<'_>,
    time: Timestamp,
) -> Demand {
    let from: BTreeSet<&str> = demand.from.iter().map(String::as_str).filter(|n| excluded.allows(n)).collect();
    let title = match demand.needed {
        1 => "1 approval".to_owned(),
        n => format!("{n} approvals"),
    };
    let scale = Scale { policy, subject, from: &from, lasts: demand.expires.0, time };
    scale.outcome(title, demand.needed, cited, ballots, |who| excluded.why(who)).at(&demand.at)
}

/// What approvals are held against.
struct Scale<'a> {
    policy: &'a Policy,
    subject: &'a Subject<'a>,
    /// Those whose approval may count.
    from: &'a BTreeSet<&'a str>,
    /// Seconds for which an approval lasts.
    lasts: u64,
    time: Timestamp,
}

impl Scale<'_> {
    fn outcome(
        &self,
        title: String,
        needed: u32,
        cited: &[Digest],
        ballots: &Ballots,
        own: impl Fn(&str) -> Option<&'static str>,
    ) -> Demand {
        let counted = match ballots.cited(cited) {
            Ok(cited) => cited.into_iter().filter(|b| self.objection(b, &own).is_none()),
            Err(refusal) => return Demand::unmet(title, refusal),
        };
        let counted: BTreeSet<&str> = counted.map(|b| b.signer.principal.as_str()).collect();
        let names = counted.iter().copied().collect::<Vec<_>>().join(", ");
        if counted.len() >= needed as usize {
            return Demand::met(title, if names.is_empty() { "none is needed".to_owned() } else { names });
        }
        let detail = match counted.len() {
            0 => format!("{needed} needed, none counts"),
            n => format!("{needed} needed, {n} count{}: {names}", if n == 1 { "s" } else { "" }),
        };
        let who = self.from.iter().filter(|name| !counted.contains(**name)).map(|name| (*name).to_owned()).collect();
        let missing = needed - u32::try_from(counted.len()).unwrap_or(needed);
        let mut demand = Demand::unmet(title, Refusal::new(Code::ApprovalsMissing, detail)).who(who);
        demand.missing = Some(missing);
        demand.notes = self.notes(ballots, &own);
        demand
    }

    /// What was said and does not count, each with why, for whoever wonders.
    fn notes(&self, ballots: &Ballots, own: &impl Fn(&str) -> Option<&'static str>) -> Vec<String> {
        let yes = ballots.valid.iter().filter(|b| b.decision() == Decision::Approve);
        let of_valid = yes.filter_map(|b| {
            let why = self.objection(b, own)?;
            Some(format!("the approval by {} does not count: {why}", b.signer.principal))
        });
        let of_void = ballots.void.iter().map(|v| format!("one does not count: {}", v.refusal));
        of_valid.chain(of_void).collect()
    }

    /// Why an approval does not count.
    fn objection(&self, ballot: &Ballot, own: &impl Fn(&str) -> Option<&'static str>) -> Option<String> {
        let said = ballot.tag().time();
        let who = ballot.signer.principal.as_str();
        let lasts = i64::try_from(self.lasts).unwrap_or(i64::MAX);
        let ends = Timestamp(said.0.saturating_add(lasts));
        let ends = ballot.expires().map_or(ends, |last| last.min(ends));
        if ballot.decision() != Decision::Approve {
            return Some("it rejects".to_owned());
        }
        if !ballot.is_about(self.subject) {
            return Some("it is about something else than this entry".to_owned());
        }
        if said > self.time {
            return Some(format!("it was given after this entry, at {said}"));
        }
        if self.time > ends {
            return Some(format!("it ended at {ends}"));
        }
        if ballot.signer.automation {
            return Some(format!("{who} is a machine"));
        }
        if let Some(why) = own(who) {
            return Some(format!("{who} {why}"));
        }
        if !self.from.contains(who) {
            return Some(format!("{who} is not among those who may give this one"));
        }
        (!still_counts(self.policy, ballot)).then(|| format!("the key is not {who}'s any more, or is revoked"))
    }
}

/// Whether `policy` still knows the key as this principal's and has not revoked it.
pub(crate) fn still_counts(policy: &Policy, ballot: &Ballot) -> bool {
    held(policy, ballot.by())
        .is_some_and(|(p, key)| p.name == ballot.signer.principal && !p.automation && key.state != KeyState::Revoked)
}

/// Whether `policy` holds the key active and this principal's: a retired one that once spoke lives on, but objects no more.
pub(crate) fn is_active(policy: &Policy, ballot: &Ballot) -> bool {
    let key = held(policy, ballot.by());
    key.is_some_and(|(p, key)| p.name == ballot.signer.principal && !p.automation && key.state == KeyState::Active)
}

/// The rejection that stands against `subject` at `time`, of somebody in `policy` who may still say so.
pub(crate) fn objection(
    ballots: &Ballots,
    subject: &Subject<'_>,
    time: Timestamp,
    may: impl Fn(&Ballot) -> bool,
) -> Option<Refusal> {
    let reject = rejects(ballots, subject, time, may).into_iter().next()?;
    let reason = reject.tag().record().reason.as_ref().map_or("", |r| r.as_str());
    let detail = format!("`{}` rejected it: {reason}", reject.signer.principal);
    Some(Refusal::new(Code::ApprovalRejected, detail).about(reject.tag().name()))
}

/// Everybody whose rejection stands against `subject` at `time`: who could lift it.
pub(crate) fn rejecters(
    ballots: &Ballots,
    subject: &Subject<'_>,
    time: Timestamp,
    may: impl Fn(&Ballot) -> bool,
) -> Vec<String> {
    rejects(ballots, subject, time, may).into_iter().map(|b| b.signer.principal.clone()).collect()
}

fn rejects<'b>(
    ballots: &'b Ballots,
    subject: &Subject<'_>,
    time: Timestamp,
    may: impl Fn(&Ballot) -> bool,
) -> Vec<&'b Ballot> {
    let words = ballots.last_words(subject, time);
    words.into_iter().filter(|b| b.decision() == Decision::Reject && may(b)).collect()
}
