//! Planning pointers: which release, what it cites, which time it carries, what speaks against it.

use std::sync::Arc;

use policy::{Action, Policy};
use source::{EnvName, PromptId, Timestamp};

use super::permission::{permission, signer};
use super::{Plan, Under};
use crate::ballot::{self, Excluded};
use crate::chain::{Beyond, Chain};
use crate::demand::Demand;
use crate::evidence::Evidence;
use crate::judge::{CLOCK_TOLERANCE, Signer};
use crate::pointer::{Bench, Candidate, citable_upstream};
use crate::reading::Ledger;
use crate::record::{Body, By, PointerAction, PointerBody, Reason};
use crate::release::Release;
use crate::{Code, RefName, Refusal};

/// What a writer of a pointer wants.
#[derive(Clone)]
pub struct PointerIntent<'r> {
    /// Where.
    pub environment: EnvName,
    /// Which prompt.
    pub prompt: PromptId,
    /// What to do.
    pub action: PointerAction,
    /// The release, for `promote`; for `rollback` where one was named. What is live decides otherwise.
    pub release: Option<&'r Release>,
    /// Who signs, with which key.
    pub by: By,
    /// Why.
    pub reason: Option<Reason>,
}

impl Ledger<'_> {
    /// The pointer that `intent` wants, written under the policy in effect.
    pub fn plan_pointer(&self, intent: &PointerIntent<'_>) -> Result<Plan, Refusal> {
        self.plan_pointer_under(intent, &self.in_effect()?)
    }

    /// The pointer that `intent` wants, written under `under`: a seal that is pushed together with its policy.
    ///
    /// An error means that nothing could be written at all, whatever is met.
    pub fn plan_pointer_under(&self, intent: &PointerIntent<'_>, under: &Under<'_>) -> Result<Plan, Refusal> {
        let chain = self.chain(&intent.environment, &intent.prompt)?;
        self.check_end(&chain, Beyond::Pass)?;
        let position = chain.next(false)?;
        let release = self.intended(intent, &chain)?;
        let fields = release.body();
        let mut body = PointerBody {
            environment: intent.environment.clone(),
            prompt: intent.prompt.clone(),
            position,
            action: intent.action,
            version: fields.version.clone(),
            release: release.tag().digest(),
            content: fields.content,
            risk: fields.risk,
            after: Vec::new(),
            approvals: Vec::new(),
            evidence: Vec::new(),
        };
        let signer = signer(&intent.by, under.policy);
        let live = chain.live();
        let bench = Bench { policy: under.policy, release: &release, live };
        let time = self.cite(&mut body, &bench, &signer, &chain, under)?;
        let step = chain.state.step(&body, signer.automation, intent.reason.is_some());
        let mut demands = vec![permission(&intent.by, under.policy, intent.action.action(), Some(&body))];
        if intent.action == PointerAction::Promote
            && chain.state.held().is_none()
            && live.is_some_and(|live| live.release == body.release)
        {
            let detail = format!("{} {} is live in {}", body.prompt, body.version, body.environment);
            demands.push(Demand::unmet("it is not live already", Refusal::new(Code::AlreadyLive, detail)));
        }
        let candidate = Candidate { body: &body, target: release.id(), time, signer: &signer };
        demands.extend(candidate.validity(self, &bench, &step));
        self.explain_evidence(&mut demands, &candidate, &bench)?;
        demands.extend(self.objections_to(&candidate, &release, under.policy)?);
        let name = RefName::Pointer(body.environment.clone(), body.prompt.clone(), body.position.sequence);
        let record = self.record(Body::Pointer(body), intent.by.clone(), under.link, intent.reason.clone());
        Ok(Plan { name, target: *release.id(), record, time, demands })
    }

    /// The release that an intent is about.
    fn intended(&self, intent: &PointerIntent<'_>, chain: &Chain) -> Result<Arc<Release>, Refusal> {
        if let Some(release) = intent.release {
            return Ok(Arc::new(release.clone()));
        }
        let (_, live) = chain.require_live()?;
        let tag = match intent.action {
            PointerAction::Rollback => match chain.state.rollback_target() {
                Some(target) => target.tag,
                None => {
                    let detail = format!("nothing was live in {} under {}", intent.environment, live.version);
                    return Err(Refusal::new(Code::NotUnderTop, detail));
                }
            },
            _ => live.tag,
        };
        self.release_at(&tag)
    }

    /// Fills in what the entry cites and gives the time it carries.
    fn cite(
        &self,
        body: &mut PointerBody,
        bench: &Bench<'_>,
        signer: &Signer,
        chain: &Chain,
        under: &Under<'_>,
    ) -> Result<Timestamp, Refusal> {
        let previous = chain.tip().map(|tip| tip.time());
        let known = [Some(under.time), Some(bench.release.tag().time()), previous];
        let time = self.stamp(known.into_iter().flatten())?;
        let draft = body.clone();
        let candidate = Candidate { body: &draft, target: bench.release.id(), time, signer };
        let (demands, risk) = candidate.demands(bench);
        let mut times = vec![time];
        if let Some(upstream) = &demands.upstream {
            body.after = citable_upstream(self, body, upstream, time);
            for after in &body.after {
                times.push(self.upstream(&after.environment, &body.prompt, after.link)?.time());
            }
        }
        if !demands.approvals.is_empty() {
            let ballots = self.ballots(body)?;
            let excluded = Excluded { promoter: &signer.principal, releaser: &bench.release.signer.principal };
            let until = Timestamp(self.judge.now.0.saturating_add(CLOCK_TOLERANCE));
            for ballot in ballots.citable(&candidate.subject(), until) {
                if excluded.allows(&ballot.signer.principal)
                    && demands.approvals.iter().any(|d| d.from.contains(&ballot.signer.principal))
                {
                    body.approvals.push(ballot.tag().digest());
                    times.push(ballot.tag().time());
                }
            }
            body.approvals.sort();
        }
        if !demands.evidence.is_empty() {
            let runs = self.runs(&body.content)?;
            let runs: Vec<&Evidence> = runs.entries().iter().collect();
            let latest = runs.iter().map(|run| run.tag().time()).max().unwrap_or(time).max(time);
            let mut wanted = candidate.wanted(bench, risk);
            wanted.time = latest.min(Timestamp(self.judge.now.0.saturating_add(CLOCK_TOLERANCE)));
            let cited = wanted.citable(&demands.evidence, &runs);
            times.extend(runs.iter().filter(|r| cited.contains(&r.tag().digest())).map(|r| r.tag().time()));
            body.evidence = cited;
        }
        self.stamp(times.into_iter())
    }

    /// Says of evidence that is missing why none of the runs that are here will do: an entry cites only what serves.
    fn explain_evidence(
        &self,
        demands: &mut [Demand],
        candidate: &Candidate<'_>,
        bench: &Bench<'_>,
    ) -> Result<(), Refusal> {
        let (wants, risk) = candidate.demands(bench);
        let missing = |d: &Demand| d.refusal.as_ref().is_some_and(|refusal| refusal.code == Code::EvidenceMissing);
        if !demands.iter().any(missing) {
            return Ok(());
        }
        let runs = self.runs(&candidate.body.content)?;
        let runs: Vec<&Evidence> = runs.entries().iter().collect();
        let wanted = candidate.wanted(bench, risk);
        // They were judged last, in this order.
        let first = demands.len().saturating_sub(wants.evidence.len());
        for (slot, want) in demands[first..].iter_mut().zip(&wants.evidence).filter(|(slot, _)| missing(slot)) {
            let told = wanted.demand(want, &runs);
            if !told.is_met() {
                *slot = told;
            }
        }
        Ok(())
    }

    /// What verifiers would hold against the entry though it is valid.
    fn objections_to(
        &self,
        candidate: &Candidate<'_>,
        release: &Release,
        policy: &Policy,
    ) -> Result<Vec<Demand>, Refusal> {
        let body = candidate.body;
        let mut list = Vec::new();
        let moves = matches!(body.action, PointerAction::Promote | PointerAction::Rollback);
        if moves {
            let may = |b: &ballot::Ballot| {
                let (env, prompt) = (Some(&body.environment), Some(&body.prompt));
                policy.may(&b.signer.principal, Action::Approve, env, prompt) && ballot::still_counts(policy, b)
            };
            let until = Timestamp(candidate.time.0.saturating_add(CLOCK_TOLERANCE));
            let rejected = ballot::objection(&self.ballots(body)?, &candidate.subject(), until, may);
            list.push(match rejected {
                Some(refusal) => Demand::unmet("nobody rejects it", refusal),
                None => Demand::met("nobody rejects it", ""),
            });
            list.push(match self.of_release(release, policy)? {
                Some(refusal) => Demand::unmet("its commit holds what was released", refusal),
                None => Demand::met("its commit holds what was released", ""),
            });
        }
        Ok(list)
    }
}
