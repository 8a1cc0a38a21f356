//! Approvals and rejections: which of them are valid, and what each principal's last word is. Whether they suffice is
//! counted apart.

mod count;

use std::collections::BTreeMap;

use policy::Action;
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::judge::{Found, Judge, Signer, not_before};
use crate::policies::{Policies, PolicyEntry};
use crate::record::{Body, By, Decision, Link};
use crate::refname::Attempt;
use crate::{Code, ObjectId, RefName, Refusal, Sequence, SignedTag};

pub(crate) use count::{Excluded, is_active, objection, pointer_demand, policy_demand, rejecters, still_counts};

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
    /// Whether what the entry cites would be here if anybody had it.
    pub(crate) complete: bool,
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

    /// Why it does not count for `subject`, where it is about the same documents in another commit: a tag names one.
    pub(crate) fn is_of_another_commit(&self, subject: &Subject<'_>) -> Option<String> {
        match (&self.tag().record().body, subject) {
            (Body::PolicyApproval(b), Subject::Policy { previous, documents, target })
                if (b.previous, b.documents) == (*previous, *documents) && self.tag().target() != *target =>
            {
                let commit = self.tag().target();
                Some(format!(
                    "it is about commit {}, which holds the same documents (promptuary policy publish --rev {commit})",
                    commit.short()
                ))
            }
            _ => None,
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

    /// Whether the tag called `name` is a valid decision, or could not be read.
    pub(crate) fn may_hold(&self, name: &RefName) -> bool {
        self.undecided.is_some() || self.valid.iter().any(|b| b.tag().name() == name)
    }

    /// The ballots with these digests; refused where one is not here.
    ///
    /// Where everything was fetched, one that is not here is none: nobody waits for what an insider made up.
    fn cited(&self, digests: &[Digest]) -> Result<Vec<&Ballot>, Refusal> {
        let find = |digest: &Digest| {
            if let Some(ballot) = self.valid.iter().find(|b| b.tag().digest() == *digest) {
                return Ok(Some(ballot));
            }
            // One that is here and void simply does not count.
            if self.void.iter().any(|v| v.digest == Some(*digest)) {
                return Ok(None);
            }
            if self.complete && self.undecided.is_none() {
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
            let signer =
                judge.check_repository(&found.tag, root).and_then(|()| authorise(&found.tag)).and_then(|signer| {
                    judge.check_clock(&found.tag).map_err(crate::judge::Fault::into_refusal).map(|()| signer)
                });
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
    let ballots = Ballots::read(judge, refs, root, read, |tag| {
        if tag.record().policy != Some(tip.link()) {
            return Err(Refusal::new(Code::PolicyOutdated, "it cites another policy than the one it would follow"));
        }
        not_before(tag.time(), tip.time(), "the policy")?;
        judge.authorise(tag, policy, Action::ApprovePolicy, None, None)
    });
    Ok(Ballots { complete: judge.tags.is_complete(&RefName::Policy(n).full()), ..ballots })
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
