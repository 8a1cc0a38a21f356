//! Saying yes or no to the next pointer of a release.

use ledger::demand::Demand;
use ledger::record::{By, Decision, Reason};
use ledger::{Code, Ledger, Refusal, Sequence};
use policy::Action;
use source::{Digest, EnvName, PromptId, Timestamp, Version};

use crate::desk::{Desk, Written};
use crate::error::{Error, Result};
use crate::next::Next;
use crate::pointers::{known_environment, no_release};
use crate::reading::Scope;

/// What an approver says, and about what.
#[derive(Debug, Clone)]
pub struct Ballot<'a> {
    /// The prompt.
    pub prompt: &'a PromptId,
    /// The version.
    pub version: &'a Version,
    /// Where it would become live.
    pub environment: &'a EnvName,
    /// Yes or no.
    pub decision: Decision,
    /// The last moment at which a pointer may use it.
    pub expires: Option<Timestamp>,
    /// Why; a rejection needs it.
    pub reason: Option<&'a Reason>,
    /// The content that was looked at; another one is refused.
    pub content: Option<&'a Digest>,
    /// The number that the entry had when it was looked at; another one is refused.
    pub sequence: Option<Sequence>,
}

/// What was said, or would be, and what is still missing then.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Approved {
    /// What it is about, as it stands after it.
    pub next: Next,
    /// What was decided.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    /// The last moment at which a pointer may use it, as asked for.
    pub expires: Option<Timestamp>,
    /// The last moment at which a pointer may use an approval that is given now, as policy has it too.
    pub ends: Option<Timestamp>,
    /// What the approver's own entry needs; all met unless nothing was written.
    pub demands: Vec<Demand>,
    /// The entry; absent after a dry run, and where it was said before.
    pub written: Option<Written>,
    /// Whether the same person had said the same before, so that nothing was written.
    pub was_said: bool,
}

/// Approves or rejects the next pointer of a release in an environment.
pub fn approve(desk: &Desk, ballot: &Ballot<'_>) -> Result<Approved> {
    let hand = desk.hand()?;
    let Ballot { prompt: id, version, environment, decision, expires, reason, .. } = ballot.clone();
    let what = format!("{} {id} {version} in {environment}", verb(decision));
    let said = desk.read(Scope::Prompt(id), |ledger| {
        known_environment(ledger, environment)?;
        let release = ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?;
        let next = Next::of(ledger, environment, &release)?;
        refuse_other(ballot, &next, &what)?;
        let by = desk.by(&hand, ledger.policy()?, &what)?;
        let ends = next.ends(desk.now, expires).filter(|_| decision == Decision::Approve);
        let mut answer = Approved {
            ends,
            next,
            decision,
            by: by.principal.to_string(),
            expires,
            demands: Vec::new(),
            written: None,
            was_said: false,
        };
        if is_repeated(desk, ledger, ballot, &answer.next, &by)? {
            answer.was_said = true;
            return Ok(answer);
        }
        let plan = ledger.plan_approval(environment, &release, decision, expires, by, reason.cloned())?;
        answer.demands = plan.demands.clone();
        if !plan.is_ready() {
            return if desk.dry_run {
                Ok(answer)
            } else {
                Err(Error::NotApproved { what: what.clone(), approved: Box::new(answer) })
            };
        }
        answer.written = desk.carry_out(&what, &hand, &[plan])?.into_iter().next();
        if desk.dry_run && decision == Decision::Approve {
            counted(&mut answer.next.demands, &answer.by);
        }
        Ok(answer)
    })?;
    // How things stand now is read again rather than guessed.
    match said.written {
        Some(_) => Ok(Approved { next: crate::next::consider(desk, id, version, environment)?, ..said }),
        None => Ok(said),
    }
}

/// Refuses to decide about something else than what was looked at.
fn refuse_other(ballot: &Ballot<'_>, next: &Next, what: &str) -> Result<()> {
    let denied =
        |code, detail: String| Err(Error::Denied { what: what.to_owned(), refusal: Refusal::new(code, detail) });
    if let Some(content) = ballot.content.filter(|content| **content != next.content) {
        let detail = format!("what was looked at is {}, it is {}", content.tagged(), next.content.tagged());
        return denied(Code::ApprovalContent, detail);
    }
    if let Some(seen) = ballot.sequence.filter(|seen| *seen != next.sequence) {
        let live = next.live.as_ref().map_or_else(
            || "nothing is live there now".to_owned(),
            |live| format!("{} is live there since {} by {}", live.version, live.since, live.by),
        );
        let detail = format!("you looked at entry {seen}, the next one is {}; {live}", next.sequence);
        return denied(Code::ApprovalOvertaken, detail);
    }
    Ok(())
}

/// Whether this person said just this before, and it still counts as far as time goes.
fn is_repeated(desk: &Desk, ledger: &Ledger<'_>, ballot: &Ballot<'_>, next: &Next, by: &By) -> Result<bool> {
    let Some(word) = next.words.iter().find(|word| word.by == by.principal.as_str()) else { return Ok(false) };
    let stands = next.ends(word.at, word.expires).is_none_or(|ends| ends >= desk.now);
    let same = word.decision == ballot.decision
        && ballot.expires.is_none_or(|expires| word.expires == Some(expires))
        && ballot.reason.is_none_or(|reason| word.reason.as_deref() == Some(reason.as_str()));
    let may = ledger.policy()?.may(&word.by, Action::Approve, Some(&next.environment), Some(&next.prompt));
    // Two who share a key are one voice: whoever's does not count is still asked for, and may say it with another key.
    let asked_for = |d: &Demand| !d.is_met() && d.missing.is_some() && d.who.contains(&word.by);
    let counts = ballot.decision == Decision::Reject || !next.demands.iter().any(asked_for);
    Ok(same && stands && may && counts)
}

/// What demands would be after an approval by `who`.
fn counted(demands: &mut [Demand], who: &str) {
    for demand in demands.iter_mut().filter(|demand| demand.who.iter().any(|name| name == who)) {
        demand.count(who);
    }
}

/// The word for a decision.
pub(crate) const fn verb(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approve",
        Decision::Reject => "reject",
    }
}
