//! Whether approvals suffice: policy's demand for them against what was said, with why each other does not count.

use std::collections::BTreeSet;

use policy::{Action, ApprovalDemand, KeyState, Policy};
use source::{Digest, Timestamp};

use super::{Ballot, Ballots, Subject};
use crate::demand::Demand;
use crate::judge::{CLOCK_TOLERANCE, Signer, held};
use crate::record::Decision;
use crate::{Code, Refusal};

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
        0 => "approvals by other maintainers".to_owned(),
        1 => "1 approval by another maintainer".to_owned(),
        n => format!("{n} approvals by other maintainers"),
    };
    let scale = Scale { policy: before, subject, from: &from, lasts: expires.0, time };
    let own = |who: &Signer| (who.principal == publisher).then_some("publishes it");
    scale.outcome(title, needed, cited, ballots, own)
}

/// Who, besides those of `from`, a pointer's approvals must not come from.
pub(crate) struct Excluded<'a> {
    pub(crate) promoter: &'a Signer,
    pub(crate) releaser: &'a Signer,
}

impl Excluded<'_> {
    /// Whether an approval of this principal may count.
    pub(crate) fn allows(&self, principal: &str) -> bool {
        self.why(principal).is_none()
    }

    /// What keeps an approval of this principal from counting.
    fn why(&self, principal: &str) -> Option<&'static str> {
        match principal {
            _ if principal == self.releaser.principal => Some("signed the release"),
            _ if principal == self.promoter.principal => Some("promotes it"),
            _ => None,
        }
    }

    /// The same of whoever signed an approval: another name on the same key is nobody else.
    fn why_signer(&self, signer: &Signer) -> Option<&'static str> {
        let same = |other: &Signer| signer.leaf.is_some() && signer.leaf == other.leaf;
        let key = || {
            (same(self.promoter) || same(self.releaser)).then_some("signed with the key of its promoter or releaser")
        };
        self.why(&signer.principal).or_else(key)
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
    scale.outcome(title, demand.needed, cited, ballots, |who: &Signer| excluded.why_signer(who)).at(&demand.at)
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
        own: impl Fn(&Signer) -> Option<&'static str>,
    ) -> Demand {
        let counted = match ballots.cited(cited) {
            Ok(cited) => cited.into_iter().filter(|b| self.objection(b, &own).is_none()),
            Err(refusal) => return Demand::unmet(title, refusal),
        };
        // One key is one voice, whatever names its certificates carry.
        let mut keys = BTreeSet::new();
        let counted = counted.filter(|b| b.signer.leaf.is_none_or(|leaf| keys.insert(leaf)));
        let counted: BTreeSet<&str> = counted.map(|b| b.signer.principal.as_str()).collect();
        let names = counted.iter().copied().collect::<Vec<_>>().join(", ");
        if counted.len() >= needed as usize {
            return Demand::met(title, if names.is_empty() { "none is needed".to_owned() } else { names });
        }
        let detail = match counted.len() {
            0 => format!("{needed} needed, none counts"),
            n => format!("{needed} needed, {n} count{}: {names}", if n == 1 { "s" } else { "" }),
        };
        // Whoever has only keys that sign nothing any more is no help.
        let signs = |name: &str| self.policy.principal(name).is_some_and(policy::Principal::signs);
        let open = self.from.iter().filter(|name| !counted.contains(**name) && signs(name));
        let who = open.map(|name| (*name).to_owned()).collect();
        let missing = needed - u32::try_from(counted.len()).unwrap_or(needed);
        let mut demand = Demand::unmet(title, Refusal::new(Code::ApprovalsMissing, detail)).who(who);
        demand.missing = Some(missing);
        demand.notes = self.notes(cited, ballots, &own);
        demand
    }

    /// What was said and does not count, each with why, for whoever wonders.
    fn notes(
        &self,
        cited: &[Digest],
        ballots: &Ballots,
        own: &impl Fn(&Signer) -> Option<&'static str>,
    ) -> Vec<String> {
        let yes = ballots.valid.iter().filter(|b| b.decision() == Decision::Approve);
        let of_valid = yes.filter_map(|b| {
            // A writer cites none that may have ended when others read it: their clocks may be ahead by so much.
            let ends = |last: &Timestamp| last.0 < self.time.0.saturating_add(CLOCK_TOLERANCE);
            let soon = || b.expires().filter(|last| ends(last) && !cited.contains(&b.tag().digest()));
            let soon = || soon().map(|last| format!("it ends at {last}, in less than {CLOCK_TOLERANCE} seconds"));
            let why = self.objection(b, own).or_else(soon)?;
            Some(format!("the approval by {} does not count: {why}", b.signer.principal))
        });
        let of_void = ballots.void.iter().map(|v| format!("one does not count: {}", v.refusal));
        of_valid.chain(of_void).collect()
    }

    /// Why an approval does not count.
    fn objection(&self, ballot: &Ballot, own: &impl Fn(&Signer) -> Option<&'static str>) -> Option<String> {
        let said = ballot.tag().time();
        let who = ballot.signer.principal.as_str();
        let lasts = i64::try_from(self.lasts).unwrap_or(i64::MAX);
        let ends = Timestamp(said.0.saturating_add(lasts));
        let ends = ballot.expires().map_or(ends, |last| last.min(ends));
        if ballot.decision() != Decision::Approve {
            return Some("it rejects".to_owned());
        }
        if let Some(why) = ballot.is_of_another_commit(self.subject) {
            return Some(why);
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
        if let Some(why) = own(&ballot.signer) {
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
