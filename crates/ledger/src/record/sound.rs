//! What a record's fields must mean together, wherever it comes from. After this nobody asks again.

use source::{Digest, Timestamp};

use super::{Body, Decision, PointerAction, Position, Record};
use crate::{Code, Refusal, Sequence};

/// The last second of the year 9999: every moment up to it has one RFC 3339 spelling.
const LAST_MOMENT: i64 = 253_402_300_799;

impl Record {
    /// Refuses a record whose fields contradict one another.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        self.check_roots()?;
        self.check_reason()?;
        match &self.body {
            Body::Policy(b) => {
                check_position(&b.position)?;
                sorted(&b.approvals, "Approval")?;
                if b.minimum_format > super::FORMAT {
                    let detail = format!("it wants record format {} at least", b.minimum_format);
                    return Err(Refusal::new(Code::FormatNewer, detail));
                }
                if self.policy != b.position.previous {
                    return Err(contradiction("a policy entry is judged by the policy entry before it"));
                }
                Ok(())
            }
            Body::Release(_) => Ok(()),
            Body::Approval(b) => {
                check_expiry(b.expires)?;
                before(b.previous.map(|p| p.sequence), b.sequence)
            }
            Body::PolicyApproval(b) => {
                check_expiry(b.expires)?;
                before(Some(b.previous.sequence), b.sequence)
            }
            Body::Evidence(b) => {
                if b.cases.total() == 0 {
                    return Err(contradiction("evidence of no case is none"));
                }
                check_position(&b.position)
            }
            Body::Pointer(b) => {
                check_position(&b.position)?;
                sorted(&b.approvals, "Approval")?;
                sorted(&b.evidence, "Evidence")?;
                if !b.after.is_sorted_by(|a, b| a.environment < b.environment) {
                    return Err(contradiction("the `After` lines are not sorted by environment, each once"));
                }
                if b.after.iter().any(|a| a.environment == b.environment) {
                    return Err(contradiction("an environment cannot come after itself"));
                }
                let cites = !(b.after.is_empty() && b.approvals.is_empty() && b.evidence.is_empty());
                match b.action {
                    PointerAction::Promote => Ok(()),
                    _ if b.position.previous.is_none() => {
                        Err(contradiction("only a promotion can be the first entry of an environment"))
                    }
                    PointerAction::Rollback if b.after.is_empty() && b.evidence.is_empty() => Ok(()),
                    _ if cites => {
                        Err(contradiction("only a promotion cites order and evidence, and a rollback approvals"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// A policy entry that follows none is a root: it names no repository and no policy. Everything else names both.
    ///
    /// The root is `policy@00000001`, except where a fork's ledger begins behind the one it inherited.
    fn check_roots(&self) -> Result<(), Refusal> {
        let first = matches!(&self.body, Body::Policy(b) if b.position.previous.is_none());
        match (first, self.repository, self.policy) {
            (true, None, None) | (false, Some(_), Some(_)) => Ok(()),
            (true, ..) => Err(contradiction("a policy that follows none has `none` as `Repository` and `Policy`")),
            (false, ..) => Err(contradiction("only a root may have `none` as `Repository` or `Policy`")),
        }
    }

    fn check_reason(&self) -> Result<(), Refusal> {
        let wanted = match &self.body {
            Body::Pointer(b) => b.action.wants_reason(),
            Body::Approval(b) => b.decision == Decision::Reject,
            Body::PolicyApproval(b) => b.decision == Decision::Reject,
            Body::Policy(_) | Body::Release(_) | Body::Evidence(_) => false,
        };
        if wanted && self.reason.is_none() {
            return Err(Refusal::new(Code::ReasonMissing, format!("`{}` says no reason", self.subject())));
        }
        Ok(())
    }
}

/// The numbers skipped are exactly those between an entry and the one before it.
fn check_position(position: &Position) -> Result<(), Refusal> {
    before(position.previous.map(|p| p.sequence), position.sequence)?;
    if Position::after(position.previous, position.sequence).as_ref() != Some(position) {
        let detail = "`Skip` does not cover exactly the numbers between `Previous` and `Sequence`";
        return Err(Refusal::new(Code::SkipMismatch, detail));
    }
    Ok(())
}

fn before(previous: Option<Sequence>, sequence: Sequence) -> Result<(), Refusal> {
    match previous {
        Some(previous) if previous >= sequence => Err(contradiction("`Previous` is not before `Sequence`")),
        _ => Ok(()),
    }
}

fn check_expiry(expires: Option<Timestamp>) -> Result<(), Refusal> {
    match expires {
        Some(Timestamp(t)) if !(0..=LAST_MOMENT).contains(&t) => Err(contradiction("`Expires` is out of range")),
        _ => Ok(()),
    }
}

fn sorted(digests: &[Digest], key: &str) -> Result<(), Refusal> {
    match digests.is_sorted_by(|a, b| a < b) {
        true => Ok(()),
        false => Err(contradiction(&format!("the `{key}` lines are not sorted, each once"))),
    }
}

fn contradiction(detail: &str) -> Refusal {
    Refusal::new(Code::RecordContradicts, detail)
}
