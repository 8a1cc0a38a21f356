//! What writers ask before they sign: the whole record, its place, what it cites, and every demand, met or not.
//!
//! The demands are judged by the lines that verifiers run. What verifiers object to later (a rejection, an upstream
//! that has moved on) is asked here as well.

mod policy;

use std::sync::Arc;

use ::policy::{KeyState, Policy};
use source::{Digest, EnvName, PromptId, Timestamp};

use super::Ledger;
use crate::ballot::{self, Excluded};
use crate::chain::{Beyond, Chain};
use crate::demand::Demand;
use crate::evidence::Evidence;
use crate::judge::{CLOCK_TOLERANCE, Signer, held};
use crate::pointer::{Bench, Candidate, citable_upstream};
use crate::record::{
    ApprovalBody, Body, By, Decision, EvidenceBody, Link, PointerAction, PointerBody, Reason, Record, ReleaseBody,
};
use crate::refname::{Attempt, Hex16};
use crate::release::{Release, check_content};
use crate::statement::Statement;
use crate::tag::TaggerError;
use crate::{Code, Draft, ObjectId, RefName, Refusal, Tagger};

pub use policy::PolicyPlan;

/// An entry that could be written now, and how its demands stand.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tag's name.
    pub name: RefName,
    /// The object it points at.
    pub target: ObjectId,
    /// What it would state.
    pub record: Record,
    /// The time it would carry: now, or that of the newest thing it cites.
    pub time: Timestamp,
    /// Every demand, met or not.
    pub demands: Vec<Demand>,
}

/// The policy under which an entry is written: the one in effect, or one that takes effect in the same push.
#[derive(Clone, Copy)]
pub struct Under<'p> {
    /// The policy entry's number and digest.
    pub link: Link,
    /// Its time.
    pub time: Timestamp,
    /// Its documents.
    pub policy: &'p Policy,
}

impl Plan {
    /// The demands that are not met.
    pub fn unmet(&self) -> impl Iterator<Item = &Demand> {
        self.demands.iter().filter(|d| !d.is_met())
    }

    /// Whether every demand is met.
    pub fn is_ready(&self) -> bool {
        self.unmet().next().is_none()
    }

    /// The draft to sign, with the name and address that git shows as its author.
    pub fn draft(&self, name: &str, email: &str) -> Result<Draft, TaggerError> {
        let tagger = Tagger::new(name, email, self.time)?;
        Ok(Draft { target: self.target, name: self.name.clone(), tagger, record: self.record.clone() })
    }
}

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
    /// The policy in effect, to write under.
    pub fn in_effect(&self) -> Result<Under<'_>, Refusal> {
        let current = self.policies.current();
        Ok(Under { link: current.link(), time: current.time(), policy: current.policy(&self.judge)? })
    }

    /// The pointer that `intent` wants, written under the policy in effect.
    pub fn plan_pointer(&self, intent: &PointerIntent<'_>) -> Result<Plan, Refusal> {
        self.plan_pointer_under(intent, &self.in_effect()?)
    }

    /// The pointer that `intent` wants, written under `under`: a seal that is pushed together with its policy.
    ///
    /// An error means that nothing could be written at all, whatever is met.
    pub fn plan_pointer_under(&self, intent: &PointerIntent<'_>, under: &Under<'_>) -> Result<Plan, Refusal> {
        let chain = self.chain(&intent.environment, &intent.prompt)?;
        let key = (intent.environment.clone(), intent.prompt.clone());
        chain.check_end(self.marks.pointers.get(&key), Beyond::Pass)?;
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
        demands.extend(self.objections_to(&candidate, &release, under.policy)?);
        let name = RefName::Pointer(body.environment.clone(), body.prompt.clone(), body.position.sequence);
        let record = self.record(Body::Pointer(body), intent.by.clone(), under.link, intent.reason.clone());
        Ok(Plan { name, target: *release.id(), record, time, demands })
    }

    /// The approval or rejection of the next pointer of a release in an environment.
    pub fn plan_approval(
        &self,
        environment: &EnvName,
        release: &Release,
        decision: Decision,
        expires: Option<Timestamp>,
        by: By,
        reason: Option<Reason>,
    ) -> Result<Plan, Refusal> {
        let under = self.in_effect()?;
        let prompt = release.body().prompt.clone();
        let chain = self.chain(environment, &prompt)?;
        chain.check_end(self.marks.pointers.get(&(environment.clone(), prompt.clone())), Beyond::Pass)?;
        let position = chain.next(false)?;
        let body = ApprovalBody {
            environment: environment.clone(),
            prompt,
            sequence: position.sequence,
            previous: position.previous,
            release: release.tag().digest(),
            content: release.body().content,
            decision,
            expires,
        };
        let previous = chain.tip().map(|tip| tip.time());
        let time = self.stamp([Some(under.time), Some(release.tag().time()), previous].into_iter().flatten())?;
        let key = Hex16::of(&by.key_digest());
        let taken = self.approval_refs(environment, &body.prompt, body.sequence)?;
        let k = next_attempt(taken.iter().map(|(name, _)| name), key)?;
        let name = RefName::Approval(environment.clone(), body.prompt.clone(), body.sequence, key, k);
        let mut demands = vec![self.may_approve(&by, under.policy, &body)];
        demands.extend(self.not_own(&by, release, decision));
        let record = self.record(Body::Approval(body), by, under.link, reason);
        Ok(Plan { name, target: *release.id(), record, time, demands })
    }

    /// The release of a prompt as `commit` holds it. The caller knows whether the commit may be released from.
    pub fn plan_release(
        &self,
        commit: ObjectId,
        prompt: &PromptId,
        by: By,
        reason: Option<Reason>,
    ) -> Result<Plan, Refusal> {
        let under = self.in_effect()?;
        let root = &self.policies.current().body().root;
        let facts = self.judge.contents.prompt(&commit, root, prompt).map_err(crate::release::content_refusal)?;
        let (content, version, risk) = (facts.content, facts.version, facts.risk);
        let body = ReleaseBody { prompt: prompt.clone(), version, content, risk };
        check_content(&self.judge, &commit, root, &body)?;
        let name = RefName::Release(prompt.clone(), body.version.clone());
        let mut demands = vec![permission_for_prompt(&by, under.policy, ::policy::Action::Release, prompt)];
        let risk = under.policy.effective_risk(prompt, body.risk, None).risk;
        let wanted = under.policy.release_demands(prompt, risk).evidence;
        let runs = if wanted.is_empty() { None } else { Some(self.runs(&content)?) };
        let runs: Vec<&Evidence> = runs.iter().flat_map(|runs| runs.entries()).collect();
        let mut cited = vec![under.time];
        cited.extend(runs.iter().map(|run| run.tag().time()));
        let time = self.stamp(cited.into_iter())?;
        let releaser = by.principal.as_str();
        let case = crate::evidence::Wanted { policy: under.policy, content, risk, releaser, time };
        demands.extend(wanted.iter().map(|demand| case.demand(demand, &runs)));
        let record = self.record(Body::Release(body), by, under.link, reason);
        Ok(Plan { name, target: commit, record, time, demands })
    }

    /// The entry that attests `statement`, whose bytes are the blob `blob`.
    pub fn plan_evidence(
        &self,
        statement: &Statement,
        blob: ObjectId,
        by: By,
        reason: Option<Reason>,
    ) -> Result<Plan, Refusal> {
        let under = self.in_effect()?;
        let runs = self.runs(&statement.content)?;
        let body = EvidenceBody {
            content: statement.content,
            position: runs.next()?,
            suite: statement.suite.clone(),
            dataset: statement.dataset,
            mode: statement.mode,
            models: statement.models.clone(),
            cases: statement.tally(),
            verdict: statement.verdict,
            report: Digest::of(&statement.to_bytes()?),
        };
        let previous = runs.entries().last().map(|run| run.tag().time());
        let time = self.stamp([Some(under.time), previous].into_iter().flatten())?;
        let demands = vec![permission(&by, under.policy, ::policy::Action::Attest, None)];
        let name = RefName::Evidence(Hex16::of(&body.content), body.position.sequence);
        let record = self.record(Body::Evidence(body), by, under.link, reason);
        Ok(Plan { name, target: blob, record, time, demands })
    }

    fn record(&self, body: Body, by: By, policy: Link, reason: Option<Reason>) -> Record {
        Record { repository: Some(self.policies.root()), by, body, policy: Some(policy), reason }
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

    /// The time that an entry carries: now, or that of the newest thing it cites.
    ///
    /// Refuses to be dragged more than the clocks' tolerance into the future.
    fn stamp(&self, cited: impl Iterator<Item = Timestamp>) -> Result<Timestamp, Refusal> {
        let now = self.judge.now;
        let newest = cited.max().unwrap_or(now);
        if newest.0 > now.0.saturating_add(CLOCK_TOLERANCE) {
            let detail = format!("something it cites was signed at {newest}, the clock here says {now}");
            return Err(Refusal::new(Code::ClockBehind, detail));
        }
        Ok(newest.max(now))
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
                policy.may(&b.signer.principal, ::policy::Action::Approve, env, prompt)
                    && ballot::still_counts(policy, b)
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

    fn may_approve(&self, by: &By, policy: &Policy, body: &ApprovalBody) -> Demand {
        let (env, prompt) = (Some(&body.environment), Some(&body.prompt));
        let title = format!("{} may approve {} in {}", by.principal, body.prompt, body.environment);
        permission_of(by, policy, ::policy::Action::Approve, env, prompt, title)
    }

    /// An approval of one's own release would not count; saying so early saves a round.
    fn not_own(&self, by: &By, release: &Release, decision: Decision) -> Option<Demand> {
        let title = "it is somebody else's release";
        (decision == Decision::Approve).then(|| match release.signer.principal == by.principal.as_str() {
            false => Demand::met(title, format!("signed by {}", release.signer.principal)),
            true => {
                let detail = format!("`{}` signed the release; approve must somebody else", by.principal);
                Demand::unmet(title, Refusal::new(Code::NotAllowed, detail))
            }
        })
    }
}

/// Who signs, as policy knows them; a stranger is known by name only, and the permission says no.
fn signer(by: &By, policy: &Policy) -> Signer {
    let known = policy.principal(by.principal.as_str());
    Signer { principal: by.principal.as_str().to_owned(), automation: known.is_some_and(|p| p.automation) }
}

fn permission(by: &By, policy: &Policy, action: ::policy::Action, body: Option<&PointerBody>) -> Demand {
    let title = match body {
        Some(body) => format!("{} may {action} {} in {}", by.principal, body.prompt, body.environment),
        None => format!("{} may {action}", by.principal),
    };
    permission_of(by, policy, action, body.map(|b| &b.environment), body.map(|b| &b.prompt), title)
}

fn permission_for_prompt(by: &By, policy: &Policy, action: ::policy::Action, prompt: &PromptId) -> Demand {
    permission_of(by, policy, action, None, Some(prompt), format!("{} may {action} {prompt}", by.principal))
}

/// Whether the key is the principal's, active, and allows this.
fn permission_of(
    by: &By,
    policy: &Policy,
    action: ::policy::Action,
    env: Option<&EnvName>,
    prompt: Option<&PromptId>,
    title: String,
) -> Demand {
    let who = policy.who_may(action, env, prompt).iter().map(|p| p.name.clone()).collect();
    let key = by.key.to_string();
    let refusal = match held(policy, by) {
        None => Some(Refusal::new(Code::KeyUnknown, format!("policy knows no key {key}"))),
        Some((p, _)) if p.name != by.principal.as_str() => {
            Some(Refusal::new(Code::PrincipalMismatch, format!("the key {key} is `{}`'s", p.name)))
        }
        Some((_, k)) if k.state == KeyState::Retired => Some(Refusal::new(Code::KeyRetired, format!("it is {key}"))),
        Some((_, k)) if k.state == KeyState::Revoked => Some(Refusal::new(Code::KeyRevoked, format!("it is {key}"))),
        Some((p, _)) if !p.may(action, env, prompt) => {
            Some(Refusal::new(Code::NotAllowed, format!("`{}` may not", p.name)))
        }
        Some(_) => None,
    };
    match refusal {
        Some(refusal) => Demand::unmet(title, refusal).who(who),
        None => Demand::met(title, key),
    }
}

/// The number of a key's next decision.
fn next_attempt<'n>(taken: impl Iterator<Item = &'n RefName>, key: Hex16) -> Result<Attempt, Refusal> {
    let last = taken
        .filter_map(|name| match name {
            RefName::Approval(.., of, k) | RefName::PolicyApproval(_, of, k) if *of == key => Some(*k),
            _ => None,
        })
        .max();
    let next = last.map_or(Some(Attempt::FIRST), Attempt::next);
    next.ok_or_else(|| Refusal::new(Code::NumbersExhausted, "this key has decided 99 times about this entry"))
}
