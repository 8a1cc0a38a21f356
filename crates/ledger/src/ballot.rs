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

    fn attempt(&self) -> Attempt {
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
        mut authorise: impl FnMut(&SignedTag) -> Result<Signer, Refusal>,
    ) -> Self {
        let mut ballots = Self::default();
        for (name, id) in refs {
            let found = match judge.read_at(&name, &id) {
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
    Ok(Ballots::read(judge, refs, root, |tag| {
        if tag.record().policy != Some(tip.link()) {
            return Err(Refusal::new(Code::PolicyOutdated, "it cites another policy than the one it would follow"));
        }
        not_before(tag.time(), tip.time(), "the policy")?;
        judge.authorise(tag, policy, Action::ApprovePolicy, None, None)
    }))
}

/// What was said about the pointer `n`, whose refs are `refs`.
pub(crate) fn of_pointer(
    judge: &Judge<'_>,
    policies: &Policies,
    env: &EnvName,
    id: &PromptId,
    refs: Vec<(RefName, ObjectId)>,
) -> Ballots {
    Ballots::read(judge, refs, &policies.root(), |tag| {
        let judging = policies.judging(judge, tag).map_err(crate::judge::Fault::into_refusal)?;
        judge.authorise(tag, judging.policy(judge)?, Action::Approve, Some(env), Some(id))
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
    let title = format!("{needed} approvals of other maintainers");
    let counted = count(before, subject, cited, ballots, &from, expires.0, time);
    outcome(title, needed, counted, &from)
}

/// Who, besides those of `from`, a pointer's approvals must not come from.
pub(crate) struct Excluded<'a> {
    pub(crate) promoter: &'a str,
    pub(crate) releaser: &'a str,
}

impl Excluded<'_> {
    /// Whether an approval of this principal may count.
    pub(crate) fn allows(&self, principal: &str) -> bool {
        principal != self.promoter && principal != self.releaser
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
    let counted = count(policy, subject, cited, ballots, &from, demand.expires.0, time);
    outcome(title, demand.needed, counted, &from).at(&demand.at)
}

fn outcome(title: String, needed: u32, counted: Result<BTreeSet<String>, Refusal>, from: &BTreeSet<&str>) -> Demand {
    let counted = match counted {
        Ok(counted) => counted,
        Err(refusal) => return Demand::unmet(title, refusal),
    };
    let names = counted.iter().cloned().collect::<Vec<_>>().join(", ");
    if counted.len() >= needed as usize {
        return Demand::met(title, if names.is_empty() { "none is needed".to_owned() } else { names });
    }
    let detail = match counted.len() {
        0 => format!("{needed} needed, none counts"),
        n => format!("{needed} needed, {n} count{}: {names}", if n == 1 { "s" } else { "" }),
    };
    let who = from.iter().filter(|name| !counted.contains(**name)).map(|name| (*name).to_owned()).collect();
    Demand::unmet(title, Refusal::new(Code::ApprovalsMissing, detail)).who(who)
}

/// The distinct principals of `from` whose cited approvals count at `time`.
fn count(
    policy: &Policy,
    subject: &Subject<'_>,
    cited: &[Digest],
    ballots: &Ballots,
    from: &BTreeSet<&str>,
    lasts: u64,
    time: Timestamp,
) -> Result<BTreeSet<String>, Refusal> {
    let lasts = i64::try_from(lasts).unwrap_or(i64::MAX);
    let counts = |b: &&Ballot| {
        b.decision() == Decision::Approve
            && b.is_about(subject)
            && b.tag().time() <= time
            && b.expires().is_none_or(|last| time <= last)
            && time.0 <= b.tag().time().0.saturating_add(lasts)
            && !b.signer.automation
            && from.contains(b.signer.principal.as_str())
            && still_counts(policy, b)
    };
    Ok(ballots.cited(cited)?.into_iter().filter(counts).map(|b| b.signer.principal.clone()).collect())
}

/// Whether `policy` still knows the key as this principal's and has not revoked it.
pub(crate) fn still_counts(policy: &Policy, ballot: &Ballot) -> bool {
    held(policy, ballot.by())
        .is_some_and(|(p, key)| p.name == ballot.signer.principal && !p.automation && key.state != KeyState::Revoked)
}

/// The rejection that stands against `subject` at `time`, of somebody in `policy` who may still say so.
pub(crate) fn objection(
    ballots: &Ballots,
    subject: &Subject<'_>,
    time: Timestamp,
    may: impl Fn(&Ballot) -> bool,
) -> Option<Refusal> {
    let words = ballots.last_words(subject, time);
    let reject = words.into_iter().find(|b| b.decision() == Decision::Reject && may(b))?;
    let reason = reject.tag().record().reason.as_ref().map_or("", |r| r.as_str());
    let detail = format!("`{}` rejected it: {reason}", reject.signer.principal);
    Some(Refusal::new(Code::ApprovalRejected, detail).about(reject.tag().name()))
}
