//! What speaks against using a chain's tip now, though it is valid: things that it does not cite and that may come later.
//!
//! Validity rests only on an entry and what it cites, so nothing that anybody adds later can unmake history. These
//! questions are asked of what is live, and of the entry that answers for it: the last promotion or rollback. A hold or a
//! seal after it settles nothing; a later promotion, which brings what is demanded, or a rollback does.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy::{EvidenceDemand, Policy};

use super::Ledger;
use crate::ballot;
use crate::chain::{Chain, Pointer};
use crate::evidence::{Evidence, Wanted};
use crate::judge::is_revoked;
use crate::pointer::{Candidate, upstream_moved};
use crate::policies::PolicyEntry;
use crate::record::{By, PointerAction};
use crate::release::Release;
use crate::{Code, RefName, Refusal};

/// Which of some demands of evidence are not met by runs: as a verifier asks, or as a server does.
pub(super) type Judged<'a> = &'a dyn Fn(&Wanted<'_>, &[EvidenceDemand], &[&Evidence]) -> Option<Refusal>;

/// How closely the tip is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The records and the released content: what `resolve` needs.
    Tip,
    /// Also the content of every release that any entry of the chain names: `verify --all`.
    All,
}

impl Ledger<'_> {
    /// Everything that speaks against using the chain's tip now, in the order of weight; empty where nothing is live.
    pub fn objections(&self, chain: &Chain, depth: Depth) -> Result<Vec<Refusal>, Refusal> {
        let mut list = Vec::new();
        let Some(tip) = chain.tip() else { return Ok(list) };
        let current = self.policy()?;
        if let Some(live) = chain.live() {
            let release = self.release_at(&live.tag)?;
            list.extend(self.revoked(chain, tip, &release, current)?);
            list.extend(self.of_release(&release, current)?);
        }
        if chain.live().is_some()
            && let Some(moved) = chain.entries.iter().rfind(|e| moves(e.body().action))
        {
            list.extend(self.against(moved, current)?);
        }
        if depth == Depth::All {
            let live = chain.live().map(|l| l.tag);
            let others: BTreeSet<_> = chain.entries.iter().map(|e| *e.tag().target()).collect();
            for tag in others.into_iter().filter(|tag| Some(*tag) != live) {
                list.extend(self.release_at(&tag)?.check_content(&self.judge).err());
            }
        }
        Ok(list)
    }

    /// Keys behind what is live that are revoked now and that no sound entry has vouched for since.
    pub(super) fn revoked(
        &self,
        chain: &Chain,
        tip: &Arc<Pointer>,
        release: &Release,
        current: &Policy,
    ) -> Result<Option<Refusal>, Refusal> {
        let Some(live) = chain.live() else { return Ok(None) };
        let made_live = chain.at(live.since.sequence).unwrap_or(tip);
        let later = chain.entries.iter().filter(|e| e.link().sequence > live.since.sequence);
        let seals: Vec<&Arc<Pointer>> = later
            .filter(|e| matches!(e.body().action, PointerAction::Seal | PointerAction::Promote))
            .filter(|e| !is_revoked(current, &e.tag().record().by))
            .collect();
        let vouched = |by: &By| -> Result<bool, Refusal> {
            for seal in &seals {
                let cited = seal.tag().record().policy.and_then(|link| self.policies.at(link.sequence));
                if let Some(entry) = cited
                    && is_revoked(entry.policy(&self.judge)?, by)
                {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let keys = [
            (Code::TipKeyRevoked, tip.tag(), tip.link() == made_live.link()),
            (Code::TipKeyRevoked, made_live.tag(), true),
            (Code::ReleaseKeyRevoked, release.tag(), true),
        ];
        for (code, tag, may_be_vouched) in keys {
            let by = &tag.record().by;
            if is_revoked(current, by) && !(may_be_vouched && vouched(by)?) {
                let detail = format!("{} was signed by `{}` with {}", tag.name(), by.principal, by.key);
                return Ok(Some(Refusal::new(code, detail).about(tip.tag().name())));
            }
        }
        Ok(None)
    }

    /// What speaks against a release: another one under its name, a commit that holds something else, missing evidence.
    pub(super) fn of_release(&self, release: &Release, current: &Policy) -> Result<Option<Refusal>, Refusal> {
        let name = release.tag().name();
        let here = self.judge.list(&name.full())?.into_iter().find(|(found, _)| found == name);
        match here {
            None => return Ok(Some(Refusal::new(Code::ReleaseMissing, "no ref holds this release").about(name))),
            Some((_, id)) if id != *release.id() => {
                let other = self.judge.read_at(name, &id).map(|found| found.tag.digest());
                if other != Ok(release.tag().digest()) {
                    let detail = "the ref of this version holds another release";
                    return Ok(Some(Refusal::new(Code::ReleaseMismatch, detail).about(name)));
                }
            }
            Some(_) => {}
        }
        if let Err(refusal) = release.check_content(&self.judge) {
            return Ok(Some(refusal));
        }
        self.release_evidence(release, current, &|wanted, demands, runs| {
            demands.iter().find_map(|demand| wanted.demand(demand, runs).refusal)
        })
    }

    /// What the policy that a release cites demands of it, and what of that is not met as `judged` says.
    pub(super) fn release_evidence(
        &self,
        release: &Release,
        current: &Policy,
        judged: Judged<'_>,
    ) -> Result<Option<Refusal>, Refusal> {
        let cited = release.tag().record().policy.and_then(|link| self.policies.at(link.sequence));
        let policy = cited.map_or(Ok(current), |entry| entry.policy(&self.judge))?;
        let body = release.body();
        let risk = policy.effective_risk(&body.prompt, body.risk, None).risk;
        let demands = policy.release_demands(&body.prompt, risk).evidence;
        if demands.is_empty() {
            return Ok(None);
        }
        let runs = self.runs(&body.content)?;
        let runs: Vec<&Evidence> = runs.entries().iter().collect();
        let releaser = &release.signer.principal;
        let (prompt, content, version) = (&body.prompt, body.content, Some(&body.version));
        let wanted = Wanted { policy, prompt, content, version, risk, releaser, time: release.tag().time() };
        let unmet = judged(&wanted, &demands, &runs);
        Ok(unmet.map(|refusal| refusal.about(release.tag().name())))
    }

    /// What speaks against a promotion that it does not cite: a rejection, or an upstream that had moved on.
    pub(super) fn against(&self, entry: &Pointer, current: &Policy) -> Result<Vec<Refusal>, Refusal> {
        if entry.body().action != PointerAction::Promote {
            return Ok(Vec::new());
        }
        let mut list: Vec<Refusal> = self.rejected(entry, current)?.into_iter().collect();
        list.extend(upstream_moved(self, entry.body(), entry.time()).map(|r| r.about(entry.tag().name())));
        Ok(list)
    }

    /// A rejection that stood when the entry was signed, cited or not, of somebody who may still reject.
    fn rejected(&self, tip: &Pointer, current: &Policy) -> Result<Option<Refusal>, Refusal> {
        let body = tip.body();
        let ballots = self.ballots(body)?;
        let signer = crate::judge::Signer { principal: String::new(), automation: false, leaf: None };
        let candidate = Candidate { body, target: tip.tag().target(), time: tip.time(), signer: &signer };
        let may = |b: &ballot::Ballot| {
            let principal = &b.signer.principal;
            let approves = current.may(principal, policy::Action::Approve, Some(&body.environment), Some(&body.prompt));
            approves && ballot::is_active(current, b)
        };
        let found = ballot::objection(&ballots, &candidate.subject(), tip.time(), may);
        Ok(found.map(|refusal| refusal.about(tip.tag().name())))
    }

    /// A rejection that stood when a policy was published, of a maintainer who still is one. It is asked of every policy
    /// that this machine has not seen in order before, and of the newest: publishing another does not settle it, unless
    /// whoever rejected signs or approves that one.
    pub fn policy_rejected(&self) -> Result<Option<Refusal>, Refusal> {
        self.rejected.get_or_init(|| self.find_rejected()).clone()
    }

    fn find_rejected(&self) -> Result<Option<Refusal>, Refusal> {
        let entries = self.policies.entries();
        let seen = self.marks.policy.as_ref().map(|mark| mark.tip().sequence);
        for (at, pair) in entries.windows(2).enumerate() {
            let [before, entry] = pair else { continue };
            if Some(entry.link().sequence) <= seen && at + 2 < entries.len() {
                continue;
            }
            let settled = |who: &str| self.takes_part(&entries[at + 1..], who);
            if let Some(refusal) = self.rejection_of(before, entry, self.policy()?, settled)? {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    /// The rejection of the policy `entry`, which follows `before`, by somebody whom `now` leaves a maintainer: who is
    /// removed by a change does not stop it.
    pub(super) fn rejection_of(
        &self,
        before: &PolicyEntry,
        entry: &PolicyEntry,
        now: &Policy,
        settled: impl Fn(&str) -> bool,
    ) -> Result<Option<Refusal>, Refusal> {
        let ballots = ballot::of_policy(&self.judge, &self.policies.root(), before, entry.link().sequence)?;
        let (documents, target) = (entry.body().documents, entry.tag().target());
        let subject = ballot::Subject::Policy { previous: before.link(), documents, target };
        let old = before.policy(&self.judge)?;
        let may = |b: &ballot::Ballot| {
            let who = &b.signer.principal;
            let maintains = now.may(who, policy::Action::ApprovePolicy, None, None);
            ballot::still_counts(old, b) && maintains && ballot::is_active(now, b) && !settled(who)
        };
        let found = ballot::objection(&ballots, &subject, entry.time(), may);
        Ok(found.map(|refusal| Refusal { code: Code::PolicyRejected, ..refusal }))
    }

    /// Whether `who` signed one of the entries after the first, or is cited there as having approved.
    fn takes_part(&self, entries: &[PolicyEntry], who: &str) -> bool {
        entries.windows(2).any(|pair| {
            let [before, entry] = pair else { return false };
            if entry.tag().record().by.principal.as_str() == who {
                return true;
            }
            let cited = &entry.body().approvals;
            let ballots = ballot::of_policy(&self.judge, &self.policies.root(), before, entry.link().sequence);
            let mut valid = ballots.into_iter().flat_map(|ballots| ballots.valid);
            valid.any(|b| b.signer.principal == who && cited.contains(&b.tag().digest()))
        })
    }

    /// Every pointer chain there is, and every one that was seen before: a chain that is gone as a whole is missed.
    pub fn chains(&self) -> Result<Vec<(source::EnvName, source::PromptId)>, Refusal> {
        let mut found: BTreeSet<_> = self.seen_before().cloned().collect();
        for (name, _) in self.judge.list(&format!("{}env/", crate::refname::TAGS))? {
            if let RefName::Pointer(env, id, _) = name {
                found.insert((env, id));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The chains of one prompt: in the environments that the policy in effect names, and where it was seen before.
    ///
    /// Nothing is listed, however many other tags there are; an environment may hold no entry.
    pub fn chains_of(&self, id: &source::PromptId) -> Result<Vec<(source::EnvName, source::PromptId)>, Refusal> {
        let mut found: BTreeSet<_> = self.seen_before().filter(|(_, prompt)| prompt == id).cloned().collect();
        found.extend(self.policy()?.environments().iter().map(|e| (e.name.clone(), id.clone())));
        Ok(found.into_iter().collect())
    }
}

/// Whether an action changes what is live, and answers for it.
const fn moves(action: PointerAction) -> bool {
    matches!(action, PointerAction::Promote | PointerAction::Rollback)
}
