//! Writing policy entries: the first of a ledger, the next, and approvals of the next.

use policy::{Action, KeyState, Policy};
use source::{Digest, EnvName, PromptId, Timestamp, Version};

use super::Plan;
use super::permission::{next_attempt, permission_of};
use crate::ballot::{self, Subject};
use crate::demand::Demand;
use crate::judge::{Judge, is_revoked};
use crate::reading::Ledger;
use crate::record::{Body, By, Decision, FORMAT, PolicyApprovalBody, PolicyBody, Position, Reason, Record, Root};
use crate::refname::Hex16;
use crate::{Code, ObjectId, RefName, Refusal, Sequence};

/// A policy entry that could be written now, and what it would do to what is live.
#[derive(Debug, Clone)]
pub struct PolicyPlan {
    /// The entry.
    pub plan: Plan,
    /// The documents it would put in effect.
    pub policy: Policy,
    /// The tips that would need a seal, each with why.
    pub seals: Vec<(EnvName, PromptId, Refusal)>,
}

/// A change of policy that nobody has published yet.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// The documents.
    pub policy: Policy,
    /// Their digest: what an approver looks at.
    pub documents: Digest,
    /// Where the entry would stand.
    pub position: Position,
    /// The approvals that it would cite.
    pub approvals: Vec<Digest>,
    /// The time that it would carry.
    pub time: Timestamp,
    /// Every demand but the publisher's right, met or not.
    pub demands: Vec<Demand>,
    /// The tips that would need a seal, each with why.
    pub seals: Vec<(EnvName, PromptId, Refusal)>,
    /// Who may publish or approve it.
    pub maintainers: Vec<String>,
    /// What was said about it, the last word of each.
    pub words: Vec<ballot::Word>,
}

/// A release that a rollback would have gone to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LostTarget {
    /// Where.
    pub environment: EnvName,
    /// The prompt.
    pub prompt: PromptId,
    /// What is live.
    pub live: Version,
    /// What a rollback would have gone to.
    pub target: Version,
    /// What it could still go to, where anything that was live before is left.
    pub instead: Option<Version>,
}

impl PolicyPlan {
    /// The first policy entry of a ledger: its signer must be a maintainer of its own documents.
    ///
    /// It takes the first number, or, beside the tags of a ledger that was inherited, the first one behind theirs.
    pub fn first(
        judge: &Judge<'_>,
        commit: ObjectId,
        root: &Root,
        by: By,
        reason: Option<Reason>,
    ) -> Result<Self, Refusal> {
        let (policy, documents) = read(judge, &commit, root)?;
        let taken = judge.list(&RefName::policies())?;
        let last =
            taken.iter().filter_map(|(name, _)| if let RefName::Policy(n) = name { Some(*n) } else { None }).max();
        let next = last.map_or(Some(Sequence::FIRST), Sequence::next);
        let exhausted = || Refusal::new(Code::NumbersExhausted, "99999999 is taken");
        let position = next.and_then(|n| Position::after(None, n)).ok_or_else(exhausted)?;
        let sequence = position.sequence;
        let demands = vec![maintains(&by, &policy)];
        let body = body(position, root, documents, &policy, Vec::new());
        let record = Record { repository: None, by, body: Body::Policy(body), policy: None, reason };
        let name = RefName::Policy(sequence);
        let plan = Plan { name, target: commit, record, time: judge.now, demands };
        Ok(Self { plan, policy, seals: Vec::new() })
    }
}

impl Ledger<'_> {
    /// The policy entry that would put the documents of `commit` below `root` in effect.
    pub fn plan_policy(
        &self,
        commit: ObjectId,
        root: &Root,
        by: By,
        reason: Option<Reason>,
    ) -> Result<PolicyPlan, Refusal> {
        let tip = self.policies.current();
        let maintains = maintains(&by, tip.policy(&self.judge)?);
        let mut weighed = self.weigh_policy(commit, root, by.principal.as_str())?;
        weighed.demands.insert(0, maintains);
        let Proposed { policy, documents, position, approvals, time, demands, seals, .. } = weighed;
        let name = RefName::Policy(position.sequence);
        let body = body(position, root, documents, &policy, approvals);
        let record = self.record(Body::Policy(body), by, tip.link(), reason);
        Ok(PolicyPlan { plan: Plan { name, target: commit, record, time, demands }, policy, seals })
    }

    /// What putting the documents of `commit` below `root` in effect would need now, whoever publishes them.
    pub fn policy_prospect(&self, commit: ObjectId, root: &Root) -> Result<Proposed, Refusal> {
        self.weigh_policy(commit, root, "")
    }

    fn weigh_policy(&self, commit: ObjectId, root: &Root, publisher: &str) -> Result<Proposed, Refusal> {
        let tip = self.policies.current();
        let before = tip.policy(&self.judge)?;
        let (policy, documents) = read(&self.judge, &commit, root)?;
        let position = self.policies.next(self.over_conflicts)?;
        let ballots = ballot::of_policy(&self.judge, &self.policies.root(), tip, position.sequence)?;
        let subject = Subject::Policy { previous: tip.link(), documents, target: &commit };
        let until = Timestamp(self.judge.now.0.saturating_add(crate::judge::CLOCK_TOLERANCE));
        let cited = ballots.citable(&subject, until);
        // Nothing that was accepted under the policy before may come to lie after this one: then this one would judge it.
        let newest = if publisher.is_empty() { None } else { self.newest_pointer(until.0)?.map(|(_, time)| time) };
        let times = cited.iter().map(|b| b.tag().time()).chain([tip.time()]).chain(newest);
        let time = self.stamp(times)?;
        let mut approvals: Vec<Digest> =
            cited.iter().filter(|b| b.signer.principal != publisher).map(|b| b.tag().digest()).collect();
        approvals.sort();
        let sign = || Some(format!("promptuary policy approve --rev {commit}"));
        let mut demands =
            vec![ballot::policy_demand(before, &subject, &approvals, &ballots, publisher, time).help(sign)];
        // Who is removed by a change does not stop it.
        let may = |b: &ballot::Ballot| {
            let maintains = policy.may(&b.signer.principal, Action::ApprovePolicy, None, None);
            ballot::still_counts(before, b) && maintains && ballot::is_active(&policy, b)
        };
        demands.push(match ballot::objection(&ballots, &subject, until, may) {
            Some(r) => Demand::unmet("no maintainer rejects it", Refusal { code: Code::PolicyRejected, ..r })
                .who(ballot::rejecters(&ballots, &subject, until, may))
                .help(sign),
            None => Demand::met("no maintainer rejects it", ""),
        });
        if tip.body().documents == documents {
            let detail = format!("policy {} binds the same documents", tip.link().sequence);
            demands.push(Demand::unmet("it changes something", Refusal::new(Code::AlreadyLive, detail)));
        }
        let who =
            |action| before.who_may(action, None, None).iter().filter(|p| p.signs()).map(|p| p.name.clone()).collect();
        let seals = self.tips_to_seal(&policy)?;
        let words = ballots.last_words(&subject, until).into_iter().map(ballot::Word::of).collect();
        let maintainers: Vec<String> = who(Action::PublishPolicy);
        // Whoever publishes approves nothing: an approval of theirs that is needed keeps them from it.
        let open = demands.first().is_none_or(|demand| !demand.is_met());
        let able = |name: &String| {
            let others = cited.iter().filter(|b| b.signer.principal != *name).map(|b| b.tag().digest());
            let mut others: Vec<Digest> = others.collect();
            others.sort();
            let demand = ballot::policy_demand(before, &subject, &others, &ballots, name, time);
            demand.missing.is_none_or(|missing| open && demand.who.len() as u64 >= u64::from(missing))
        };
        let maintainers = maintainers.into_iter().filter(able).collect();
        Ok(Proposed { policy, documents, position, approvals, time, demands, seals, maintainers, words })
    }

    /// The approval or rejection of the next policy entry, with the documents of `commit` below `root`.
    pub fn plan_policy_approval(
        &self,
        commit: ObjectId,
        root: &Root,
        decision: Decision,
        expires: Option<Timestamp>,
        by: By,
        reason: Option<Reason>,
    ) -> Result<Plan, Refusal> {
        let tip = self.policies.current();
        let before = tip.policy(&self.judge)?;
        let (_, documents) = read(&self.judge, &commit, root)?;
        let sequence = self.policies.next(self.over_conflicts)?.sequence;
        let key = Hex16::of(&by.key_digest());
        let taken = self.judge.list(&RefName::policy_approvals(sequence))?;
        let ballots = ballot::of_policy(&self.judge, &self.policies.root(), tip, sequence)?;
        let k = next_attempt(taken.iter().map(|(name, _)| name), &ballots, key)?;
        let title = format!("{} may approve policy", by.principal);
        let mut demands = vec![permission_of(&by, before, Action::ApprovePolicy, None, None, title)];
        let body = PolicyApprovalBody { sequence, previous: tip.link(), documents, decision, expires };
        let time = self.stamp([tip.time()].into_iter())?;
        if tip.body().documents == documents {
            let detail = format!("policy {} binds the same documents", tip.link().sequence);
            demands.push(Demand::unmet("it changes something", Refusal::new(Code::AlreadyLive, detail)));
        }
        demands.extend(super::ends_later(expires, time));
        let record = self.record(Body::PolicyApproval(body), by, tip.link(), reason);
        Ok(Plan { name: RefName::PolicyApproval(sequence, key, k), target: commit, record, time, demands })
    }

    /// Whether `policy` revokes a key that the policy in effect does not.
    pub fn newly_revokes(&self, policy: &Policy) -> Result<bool, Refusal> {
        Ok(newly_revokes(self.policy()?, policy))
    }

    /// The newest pointer by its date, of those that end a chain and are not dated after `until`. They are not judged: the
    /// worst that a forged one can do is to set a policy's date to the end of what clocks may differ.
    pub(crate) fn newest_pointer(&self, until: i64) -> Result<Option<(RefName, Timestamp)>, Refusal> {
        let mut last: std::collections::BTreeMap<(EnvName, PromptId), (RefName, ObjectId)> = Default::default();
        for (name, id) in self.judge.list(&format!("{}env/", crate::refname::TAGS))? {
            if let RefName::Pointer(env, prompt, _) = &name {
                // Sorted by name, so the highest number of a chain comes last.
                last.insert((env.clone(), prompt.clone()), (name, id));
            }
        }
        let dated =
            last.into_values().filter_map(|(name, id)| Some((self.judge.read_at(&name, &id).ok()?.tag.time(), name)));
        Ok(dated.filter(|(time, _)| time.0 <= until).max_by_key(|(time, _)| *time).map(|(time, name)| (name, time)))
    }

    /// What rollbacks could no longer go to, because `policy` revokes the key that released it. A seal confirms only what
    /// is live.
    pub fn targets_lost(&self, policy: &Policy) -> Result<Vec<LostTarget>, Refusal> {
        let now = self.policy()?;
        if !newly_revokes(now, policy) {
            return Ok(Vec::new());
        }
        let mut lost = Vec::new();
        for (environment, prompt) in self.chains()? {
            let chain = self.chain(&environment, &prompt)?;
            let (Some(live), Some(target)) = (chain.live(), chain.state.rollback_target()) else { continue };
            let by = |tag: &ObjectId| self.release_at(tag).map(|release| release.tag().record().by.clone());
            let Ok(signer) = by(&target.tag) else { continue };
            if !is_revoked(policy, &signer) || is_revoked(now, &signer) {
                continue;
            }
            let below = chain.state.stack().iter().rev().filter(|below| below.release != live.release);
            let sound = |below: &&std::sync::Arc<crate::Live>| by(&below.tag).is_ok_and(|by| !is_revoked(policy, &by));
            let instead = below.into_iter().find(sound).map(|below| below.version.clone());
            let (live, target) = (live.version.clone(), target.version.clone());
            lost.push(LostTarget { environment, prompt, live, target, instead });
        }
        Ok(lost)
    }

    /// The live tips that rest on a key that `policy` revokes: each needs a seal in the same push.
    pub fn tips_to_seal(&self, policy: &Policy) -> Result<Vec<(EnvName, PromptId, Refusal)>, Refusal> {
        self.tips_resting_on(self.policy()?, policy)
    }

    /// The live tips that rest on a key that `policy` revokes and `before` did not, and that nobody has sealed.
    pub(in crate::reading) fn tips_resting_on(
        &self,
        before: &Policy,
        policy: &Policy,
    ) -> Result<Vec<(EnvName, PromptId, Refusal)>, Refusal> {
        if !newly_revokes(before, policy) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (env, id) in self.chains()? {
            let chain = self.chain(&env, &id)?;
            if let (Some(tip), Some(live)) = (chain.tip(), chain.live()) {
                let release = self.release_at(&live.tag)?;
                if let Some(refusal) = self.revoked(&chain, tip, &release, policy)? {
                    found.push((env, id, refusal));
                }
            }
        }
        Ok(found)
    }
}

fn newly_revokes(before: &Policy, policy: &Policy) -> bool {
    let revoked = |policy: &Policy, name: &str, key: &policy::KeyFingerprint| {
        policy.key_of(name, key).is_some_and(|(_, key)| key.state == KeyState::Revoked)
    };
    let newly = |p: &policy::Principal| {
        let mut keys = p.keys.iter().map(|k| &k.fingerprint);
        keys.any(|key| revoked(policy, &p.name, key) && !revoked(before, &p.name, key))
    };
    policy.principals().iter().any(newly)
}

fn maintains(by: &By, policy: &Policy) -> Demand {
    let title = format!("{} may publish policy", by.principal);
    permission_of(by, policy, Action::PublishPolicy, None, None, title)
}

fn read(judge: &Judge<'_>, commit: &ObjectId, root: &Root) -> Result<(Policy, Digest), Refusal> {
    let facts = judge.contents.policy(commit, root).map_err(crate::policies::content_refusal)?;
    if facts.policy.root() != root.to_string() {
        let detail = format!("the documents name the prompt root `{}`, they lie below `{root}`", facts.policy.root());
        return Err(Refusal::new(Code::PolicyDocuments, detail));
    }
    if facts.policy.min_format() > FORMAT {
        let detail =
            format!("the documents ask for record format {}, this program writes {FORMAT}", facts.policy.min_format());
        return Err(Refusal::new(Code::FormatNewer, detail));
    }
    Ok((facts.policy, facts.documents))
}

fn body(position: Position, root: &Root, documents: Digest, policy: &Policy, approvals: Vec<Digest>) -> PolicyBody {
    PolicyBody { position, root: root.clone(), documents, minimum_format: policy.min_format(), approvals }
}
