//! Attested eval runs: every attempt on a content, in order, and whether one meets what policy demands.

mod counted;
mod nearest;
mod pinned;
mod wanted;

use policy::Action;
use source::{Digest, ModelName, Timestamp};

use crate::judge::{Fault, Found, Judge, Signer, not_before, unreadable};
use crate::policies::Policies;
use crate::record::{Body, Cases, EvidenceBody, Link, Position};
use crate::refname::Hex16;
use crate::statement::{STATEMENT_LIMIT, Statement, Terms};
use crate::walk::{Junk, Walk, next_position, numbered};
use crate::{Code, ObjectId, ObjectKind, RefName, Refusal, SignedTag};

pub(crate) use wanted::Wanted;

/// One attested run.
#[derive(Debug)]
pub struct Evidence {
    found: Found,
    /// Who attested it.
    pub signer: Signer,
    /// The counts by model, from the statement.
    pub by_model: Vec<(ModelName, Cases)>,
    /// What its verdict rests on besides the suite, from the statement.
    pub terms: Terms,
}

/// The attested runs of contents that share their first 16 hex digits, oldest first.
#[derive(Debug)]
pub struct Runs {
    walk: Walk<Evidence>,
}

impl Evidence {
    /// The entry's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// The entry's fields.
    pub fn body(&self) -> &EvidenceBody {
        body(self.tag()).expect("evidence holds an evidence record")
    }

    /// When its answers were asked for: what is signed later is no newer for it.
    pub fn asked_at(&self) -> Timestamp {
        let signed = self.tag().time();
        self.terms.asked_at.map_or(signed, |asked| asked.min(signed))
    }

    /// Its number and digest.
    pub fn link(&self) -> Link {
        Link { sequence: self.body().position.sequence, digest: self.tag().digest() }
    }
}

fn body(tag: &SignedTag) -> Option<&EvidenceBody> {
    if let Body::Evidence(body) = &tag.record().body { Some(body) } else { None }
}

impl Runs {
    /// Reads and judges every run of contents that start like `content`.
    pub(crate) fn read(judge: &Judge<'_>, policies: &Policies, content: &Digest) -> Result<Self, Refusal> {
        let refs = numbered(judge.list(&RefName::evidence(content))?, |name| match name {
            RefName::Evidence(_, n) => Some(*n),
            _ => None,
        });
        let mut runs = Self { walk: Walk::new(refs).beside(policies.began_beside_another()) };
        while let Some((n, id)) = runs.walk.candidate() {
            let name = RefName::Evidence(Hex16::of(content), n);
            let verdict = runs.judge_next(judge, policies, &name, &id).map_err(|fault| fault.about(&name));
            runs.walk.take(verdict);
        }
        Ok(runs)
    }

    /// The valid runs, oldest first.
    pub fn entries(&self) -> &[Evidence] {
        &self.walk.entries
    }

    /// Why nothing further could be judged.
    pub(crate) fn stopped(&self) -> Option<&Refusal> {
        self.walk.stopped.as_ref()
    }

    /// What is no valid run.
    pub fn junk(&self) -> &[Junk] {
        &self.walk.junk
    }

    /// Where the next run goes.
    ///
    /// Refuses after a stop, and, unless `over_conflicts`, where somebody who may attest signed what is passed over.
    pub fn next(&self, over_conflicts: bool) -> Result<Position, Refusal> {
        if let Some(stopped) = &self.walk.stopped {
            return Err(stopped.clone());
        }
        let tip = self.entries().last().map(Evidence::link);
        let from = tip.map_or(0, |tip| self.walk.junk.partition_point(|j| j.sequence < tip.sequence));
        next_position(tip, self.walk.last_number(), &self.walk.junk[from..], over_conflicts)
    }

    /// Where a run goes that follows `before`, which is about to be written.
    pub(crate) fn after(&self, before: Link) -> Result<Position, Refusal> {
        let exhausted = || Refusal::new(Code::NumbersExhausted, "99999999 is taken");
        let mut n = before.sequence.next().ok_or_else(exhausted)?;
        while self.walk.has(n) {
            n = n.next().ok_or_else(exhausted)?;
        }
        Position::after(Some(before), n).ok_or_else(exhausted)
    }

    fn judge_next(
        &self,
        judge: &Judge<'_>,
        policies: &Policies,
        name: &RefName,
        id: &ObjectId,
    ) -> Result<Evidence, Fault> {
        let is_next = self.walk.is_at_next(self.entries().last().map(Evidence::link));
        let found = policies.read_candidate(judge, name, id, is_next)?;
        let tag = &found.tag;
        judge.check_repository(tag, &policies.root())?;
        let judging = policies.judging(judge, tag)?;
        let signer = judge.authorise(tag, judging.policy(judge)?, Action::Attest, None, None)?;
        let body = body(tag).ok_or_else(|| Refusal::new(Code::NameMismatch, "it is no evidence"))?;
        let tip = self.walk.entries.last();
        self.walk.check_link(&body.position, tip.map(Evidence::link), |_| false)?;
        if let Some(tip) = tip {
            not_before(tag.time(), tip.tag().time(), "the run before")?;
        }
        judge.check_clock(tag)?;
        let statement = statement(judge, tag, body)?;
        let by_model = statement.tally_by_model().into_iter().collect();
        Ok(Evidence { found, signer, by_model, terms: statement.terms })
    }

    /// The run of exactly `content` with this payload digest; refused where it cannot be told.
    pub(crate) fn cited(&self, content: &Digest, digest: &Digest) -> Result<Option<&Evidence>, Refusal> {
        let found = self.entries().iter().find(|e| e.tag().digest() == *digest && e.body().content == *content);
        match (found, &self.walk.stopped) {
            (None, Some(stopped)) => Err(stopped.clone()),
            (found, _) => Ok(found),
        }
    }
}

fn statement(judge: &Judge<'_>, tag: &SignedTag, body: &EvidenceBody) -> Result<Statement, Refusal> {
    let missing = || Refusal::new(Code::ObjectMissing, format!("the statement {} is not here", tag.target()));
    let object = judge.tags.object(tag.target(), STATEMENT_LIMIT).map_err(unreadable)?.ok_or_else(missing)?;
    if object.kind != ObjectKind::Blob {
        return Err(Refusal::new(Code::TargetKind, format!("it points at a {}, not at a statement", object.kind)));
    }
    let statement = Statement::parse(&object.bytes)?;
    statement.check_against(body, &object.bytes)?;
    Ok(statement)
}
