//! What speaks against using a chain's tip now, though it is valid: things that it does not cite and that may come later.
//!
//! Validity rests only on an entry and what it cites, so nothing that anybody adds later can unmake history. These
//! questions are asked of the tip alone, and the next entry settles them.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy::Policy;

use super::Ledger;
use crate::ballot;
use crate::chain::{Chain, Pointer};
use crate::evidence::{Evidence, Wanted};
use crate::judge::is_revoked;
use crate::pointer::{Candidate, upstream_moved};
use crate::record::{By, PointerAction};
use crate::release::Release;
use crate::{Code, RefName, Refusal};

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
        list.extend(self.rejected(tip, current)?);
        if tip.body().action == PointerAction::Promote {
            list.extend(upstream_moved(self, tip.body(), tip.time()).map(|r| r.about(tip.tag().name())));
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
        self.release_evidence(release, current)
    }

    /// What the policy that a release cites demands of it, and what of that is not met.
    fn release_evidence(&self, release: &Release, current: &Policy) -> Result<Option<Refusal>, Refusal> {
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
        let wanted =
            Wanted { policy, prompt: &body.prompt, content: body.content, risk, releaser, time: release.tag().time() };
        let unmet = demands.iter().find_map(|demand| wanted.demand(demand, &runs).refusal);
        Ok(unmet.map(|refusal| refusal.about(release.tag().name())))
    }

    /// A rejection that stood when the tip was signed, cited or not, of somebody who may still reject.
    fn rejected(&self, tip: &Pointer, current: &Policy) -> Result<Option<Refusal>, Refusal> {
        let body = tip.body();
        if !matches!(body.action, PointerAction::Promote | PointerAction::Rollback) {
            return Ok(None);
        }
        let ballots = self.ballots(body)?;
        let signer = crate::judge::Signer { principal: String::new(), automation: false };
        let candidate = Candidate { body, target: tip.tag().target(), time: tip.time(), signer: &signer };
        let may = |b: &ballot::Ballot| {
            let principal = &b.signer.principal;
            let approves = current.may(principal, policy::Action::Approve, Some(&body.environment), Some(&body.prompt));
            approves && ballot::still_counts(current, b)
        };
        let found = ballot::objection(&ballots, &candidate.subject(), tip.time(), may);
        Ok(found.map(|refusal| refusal.about(tip.tag().name())))
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
