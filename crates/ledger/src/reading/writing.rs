//! What writers ask before they sign: the whole record, its place, what it cites, and every demand, met or not.
//!
//! The demands are judged by the lines that verifiers run. What verifiers object to later (a rejection, an upstream
//! that has moved on) is asked here as well.

mod permission;
mod pointer;
mod policy;

use ::policy::Policy;
use source::{Digest, EnvName, PromptId, Timestamp};

use super::Ledger;
use crate::chain::Beyond;
use crate::demand::Demand;
use crate::evidence::Evidence;
use crate::judge::CLOCK_TOLERANCE;
use crate::record::{ApprovalBody, Body, By, Decision, EvidenceBody, Link, Reason, Record, ReleaseBody};
use crate::refname::Hex16;
use crate::release::{Release, check_content};
use crate::statement::Statement;
use crate::tag::TaggerError;
use crate::{Code, Draft, ObjectId, RefName, Refusal, Tagger};

use permission::{next_attempt, permission, permission_for_prompt, permission_of};
pub use pointer::{PointerIntent, Prospect};
pub use policy::{LostTarget, PolicyPlan, Proposed};

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

impl Ledger<'_> {
    /// The policy in effect, to write under.
    pub fn in_effect(&self) -> Result<Under<'_>, Refusal> {
        let current = self.policies.current();
        Ok(Under { link: current.link(), time: current.time(), policy: current.policy(&self.judge)? })
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
        self.check_end(&chain, Beyond::Pass)?;
        let position = chain.next(self.over_conflicts)?;
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
        let ballots = self.ballots_of(environment, &body.prompt, body.sequence)?;
        let k = next_attempt(taken.iter().map(|(name, _)| name), &ballots, key)?;
        let name = RefName::Approval(environment.clone(), body.prompt.clone(), body.sequence, key, k);
        let mut demands = vec![self.may_approve(&by, under.policy, &body, release)];
        demands.extend(self.not_own(&by, release, decision));
        if chain.state.held().is_none() && chain.live().is_some_and(|live| live.release == body.release) {
            let detail = format!("{} {} is live in {environment}", body.prompt, release.body().version);
            demands.push(Demand::unmet("it is not live already", Refusal::new(Code::AlreadyLive, detail)));
        }
        demands.extend(ends_later(expires, time));
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
        let policy = under.policy;
        let case = crate::evidence::Wanted { policy, prompt, content, version: None, risk, releaser, time };
        demands.extend(wanted.iter().map(|demand| case.decided(demand, &runs)));
        let record = self.record(Body::Release(body), by, under.link, reason);
        Ok(Plan { name, target: commit, record, time, demands })
    }

    /// The entry that attests `statement`, whose bytes are the blob `blob`. `before` is the run of the same content that
    /// is published in the same push, and its time.
    pub fn plan_evidence(
        &self,
        statement: &Statement,
        blob: ObjectId,
        by: By,
        reason: Option<Reason>,
        before: Option<(Link, Timestamp)>,
    ) -> Result<Plan, Refusal> {
        let under = self.in_effect()?;
        let runs = self.runs(&statement.content)?;
        let body = EvidenceBody {
            content: statement.content,
            position: before.map_or_else(|| runs.next(self.over_conflicts), |(link, _)| runs.after(link))?,
            suite: statement.suite.clone(),
            dataset: statement.dataset,
            mode: statement.mode,
            models: statement.models.clone(),
            cases: statement.tally(),
            verdict: statement.verdict,
            report: Digest::of(&statement.to_bytes()?),
        };
        let previous = before.map(|(_, time)| time).or_else(|| runs.entries().last().map(|run| run.tag().time()));
        let time = self.stamp([Some(under.time), previous].into_iter().flatten())?;
        let demands = vec![permission(&by, under.policy, ::policy::Action::Attest, None)];
        let name = RefName::Evidence(Hex16::of(&body.content), body.position.sequence);
        let record = self.record(Body::Evidence(body), by, under.link, reason);
        Ok(Plan { name, target: blob, record, time, demands })
    }

    fn record(&self, body: Body, by: By, policy: Link, reason: Option<Reason>) -> Record {
        Record { repository: Some(self.policies.root()), by, body, policy: Some(policy), reason }
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

    fn may_approve(&self, by: &By, policy: &Policy, body: &ApprovalBody, release: &Release) -> Demand {
        let (env, prompt) = (Some(&body.environment), Some(&body.prompt));
        let title = format!("{} may approve {} in {}", by.principal, body.prompt, body.environment);
        let machine = policy.principal(by.principal.as_str()).is_some_and(|p| p.automation);
        let mut demand = permission_of(by, policy, ::policy::Action::Approve, env, prompt, title);
        if body.decision == Decision::Approve {
            // Nobody is sent to somebody whose approval would not count.
            let is_machine = |name: &str| policy.principal(name).is_some_and(|p| p.automation);
            demand.who.retain(|name| *name != release.signer.principal && !is_machine(name));
        }
        if let Some(refusal) = demand.refusal.as_mut().filter(|r| machine && r.code == Code::NotAllowed) {
            *refusal = Refusal::new(Code::ApprovalByAutomation, format!("`{}` is a machine", by.principal));
        }
        demand
    }

    /// An approval of one's own release would not count; saying so early saves a round.
    fn not_own(&self, by: &By, release: &Release, decision: Decision) -> Option<Demand> {
        let title = "it is somebody else's release";
        (decision == Decision::Approve).then(|| match release.signer.principal == by.principal.as_str() {
            false => Demand::met(title, format!("signed by {}", release.signer.principal)),
            true => {
                let detail = format!("`{}` signed the release itself", by.principal);
                Demand::unmet(title, Refusal::new(Code::ApprovalOwn, detail))
            }
        })
    }
}

/// An approval that has ended before anybody can use it is a slip: a writer cites none that ends within what clocks may
/// differ by.
fn ends_later(expires: Option<Timestamp>, time: Timestamp) -> Option<Demand> {
    let ends = expires?;
    let refusal = || {
        let detail = format!("it would end at {ends}, it is {time} now, and clocks may differ by {CLOCK_TOLERANCE} s");
        Refusal::new(Code::ApprovalExpired, detail)
    };
    let outcome =
        if ends.0 >= time.0.saturating_add(CLOCK_TOLERANCE) { Ok(format!("at {ends}")) } else { Err(refusal()) };
    Some(Demand::of("there is time to use it", outcome))
}
