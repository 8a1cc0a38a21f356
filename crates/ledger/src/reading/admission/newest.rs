//! The newest run decides of what arrives now, as it does for whoever writes it: nobody comes round it by signing an entry
//! with a program of their own that cites an older run. What was let in stays what it was.

use policy::{EvidenceDemand, Policy};

use super::Gate;
use crate::Refusal;
use crate::chain::{Chain, Pointer};
use crate::evidence::{Evidence, Wanted};
use crate::record::PointerAction;
use crate::release::Release;

impl Gate<'_, '_> {
    /// Why the runs before a new release do not let it in.
    pub(super) fn newest_run_of(&self, release: &Release) -> Result<Option<Refusal>, Refusal> {
        match self.begun {
            true => self.ledger.release_evidence(release, self.ledger.policy()?, &unmet),
            false => Ok(None),
        }
    }

    /// Why the runs before a new entry of `chain` do not let it in.
    pub(super) fn newest_run_at(
        &self,
        chain: &Chain,
        entry: &Pointer,
        policy: &Policy,
    ) -> Result<Option<Refusal>, Refusal> {
        let body = entry.body();
        if body.action != PointerAction::Promote {
            return Ok(None);
        }
        let before = chain.entries.iter().rev().find(|e| e.link().sequence < body.position.sequence);
        let live = before.and_then(|entry| entry.live.as_ref()).map(|live| live.risk);
        let risk = policy.effective_risk(&body.prompt, body.risk, live).risk;
        let demands = policy.demands(&body.environment, &body.prompt, risk, body.action.action()).evidence;
        if demands.is_empty() {
            return Ok(None);
        }
        let (runs, release) = (self.ledger.runs(&body.content)?, self.ledger.release_at(entry.tag().target())?);
        let runs: Vec<&Evidence> = runs.entries().iter().collect();
        let (prompt, content, version) = (&body.prompt, body.content, Some(&body.version));
        let (releaser, time) = (&release.signer.principal, entry.time());
        let wanted = Wanted { policy, prompt, content, version, risk, releaser, time };
        Ok(unmet(&wanted, &demands, &runs).map(|refusal| refusal.about(entry.tag().name())))
    }
}

/// Which demand the runs before an entry did not meet. Of those of its own second nobody can say whether they came before:
/// it may have stood after any of them.
fn unmet(wanted: &Wanted<'_>, demands: &[EvidenceDemand], runs: &[&Evidence]) -> Option<Refusal> {
    let since = runs.partition_point(|run| run.tag().time() < wanted.time);
    let until = runs.partition_point(|run| run.tag().time() <= wanted.time);
    let after = |n: usize| demands.iter().find_map(|demand| wanted.decided(demand, &runs[..n]).refusal);
    let refusal = after(until)?;
    (since..until).all(|n| after(n).is_some()).then_some(refusal)
}
