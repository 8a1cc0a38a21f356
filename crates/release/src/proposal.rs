//! A change of policy before it is in effect: what it means, what it needs, and the maintainers' words about it.

use ledger::ballot::Word;
use ledger::demand::Demand;
use ledger::record::{Decision, Reason};
use ledger::{Code, LostTarget, ObjectId, Refusal, Sequence};
use policy::diff::Change;
use source::{Digest, EnvName, PromptId, Timestamp};

use crate::approvals::verb;
use crate::desk::{Desk, Written};
use crate::error::{Error, Result};
use crate::policies::{committed, documents, revokes};
use crate::reading::Scope;

/// A change of policy that nobody has published yet.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The number that it would get.
    pub sequence: Sequence,
    /// The commit that holds it.
    pub commit: ObjectId,
    /// The digest of its documents: what an approver looks at.
    pub documents: Digest,
    /// What differs from the policy in effect.
    pub changes: Vec<Change>,
    /// Every demand but the publisher's right, met or not.
    pub demands: Vec<Demand>,
    /// The tips that would need a seal, which publishing writes.
    pub seals: Vec<(EnvName, PromptId, Refusal)>,
    /// What rollbacks could no longer go to.
    pub lost: Vec<LostTarget>,
    /// Who may publish it, as things stand.
    pub maintainers: Vec<String>,
    /// What was said about it, the last word of each.
    pub words: Vec<Word>,
    /// Why some of what differs may be no change but something that the commit does not know of.
    pub behind: Option<String>,
}

/// What a maintainer says of a change of policy.
#[derive(Debug, Clone)]
pub struct PolicyBallot<'a> {
    /// The commit; HEAD where absent.
    pub rev: Option<&'a str>,
    /// Yes or no.
    pub decision: Decision,
    /// The last moment at which it may be used.
    pub expires: Option<Timestamp>,
    /// Why; a rejection needs it.
    pub reason: Option<&'a Reason>,
    /// The documents that were looked at; others are refused.
    pub documents: Option<&'a Digest>,
}

/// What was said, or would be, and what is still missing then.
#[derive(Debug, Clone)]
pub struct PolicyApproved {
    /// The change, as it stands after it.
    pub proposal: Proposal,
    /// What was decided.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    /// What the maintainer's own entry needs; all met unless this was a dry run.
    pub demands: Vec<Demand>,
    /// The entry; absent after a dry run, and where it was said before.
    pub written: Option<Written>,
    /// Whether the same person had said the same before, so that nothing was written.
    pub was_said: bool,
}

/// What putting the documents of `rev` (HEAD where absent) in effect would mean and need.
pub fn propose(desk: &Desk, rev: Option<&str>) -> Result<Proposal> {
    let (commit, root) = committed(desk, rev)?;
    let scope = if revokes(desk, rev).unwrap_or(true) { Scope::All } else { Scope::Policy };
    desk.read(scope, |ledger| {
        documents(desk, commit, &root)?;
        let proposed = ledger.policy_prospect(commit, &root)?;
        Ok(Proposal {
            sequence: proposed.position.sequence,
            commit,
            documents: proposed.documents,
            changes: policy::diff::diff(ledger.policy()?, &proposed.policy),
            demands: proposed.demands,
            seals: proposed.seals,
            lost: ledger.targets_lost(&proposed.policy)?,
            maintainers: proposed.maintainers,
            words: proposed.words,
            behind: {
                let standing = crate::behind::standing(desk, ledger, commit, Some(proposed.documents));
                crate::behind::note(ledger, commit, standing)
            },
        })
    })
}

/// Approves or rejects the documents of a commit as the next policy.
pub fn approve(desk: &Desk, ballot: &PolicyBallot<'_>) -> Result<PolicyApproved> {
    let (commit, root) = committed(desk, ballot.rev)?;
    let hand = desk.hand()?;
    let proposal = propose(desk, ballot.rev)?;
    let what = format!("{} policy {}", verb(ballot.decision), proposal.sequence);
    if let Some(seen) = ballot.documents.filter(|seen| **seen != proposal.documents) {
        let detail = format!("what was looked at is {}, it is {}", seen.tagged(), proposal.documents.tagged());
        return Err(Error::Denied { what, refusal: Refusal::new(Code::ApprovalContent, detail) });
    }
    let mut answer = desk.read(Scope::Policy, |ledger| {
        let by = desk.by(&hand, ledger.policy()?, &what)?;
        let mut answer = PolicyApproved {
            proposal,
            decision: ballot.decision,
            by: by.principal.to_string(),
            demands: Vec::new(),
            written: None,
            was_said: false,
        };
        let same = |word: &&Word| {
            word.by == answer.by
                && word.decision == ballot.decision
                && word.expires.is_none_or(|last| last >= desk.now)
                && ballot.expires.is_none_or(|expires| word.expires == Some(expires))
                && ballot.reason.is_none_or(|reason| word.reason.as_deref() == Some(reason.as_str()))
        };
        if answer.proposal.words.iter().any(|word| same(&word)) {
            answer.was_said = true;
            return Ok(answer);
        }
        let reason = ballot.reason.cloned();
        let plan = ledger.plan_policy_approval(commit, &root, ballot.decision, ballot.expires, by, reason)?;
        answer.demands = plan.demands.clone();
        if !plan.is_ready() && !desk.dry_run {
            return Err(Error::Unmet { what: what.clone(), demands: plan.demands });
        }
        if plan.is_ready() {
            answer.written = desk.carry_out(&what, &hand, &[plan])?.into_iter().next();
        }
        Ok(answer)
    })?;
    if answer.written.is_some() {
        answer.proposal = propose(desk, ballot.rev)?;
    } else if desk.dry_run && ballot.decision == Decision::Approve {
        answer.proposal.demands.iter_mut().filter(|d| d.who.contains(&answer.by)).for_each(|d| d.count(&answer.by));
    }
    Ok(answer)
}
