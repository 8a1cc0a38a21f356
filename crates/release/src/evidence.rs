//! Attesting eval runs: from a judged run to a statement of digests and verdicts, and its signed entry.

mod fitness;
mod stated;

use std::collections::BTreeMap;

use eval::gate::{Baseline, Verdict};
use eval::run::Results;
use eval::suite::Suite;
use ledger::demand::Demand;
use ledger::evidence::Evidence;
use ledger::record::{Body, By, Cases, EvidenceBody, Link, Mode, Models, Reason};
use ledger::statement::{Against, Helper, Statement, Terms};
use ledger::{Ledger, ObjectKind, Plan, Sequence, SignedTag};
use policy::{Action, Policy};
use repo::Repo;
use source::{Digest, ModelName, PromptId, RepoPath, Timestamp};

use crate::desk::{Desk, Hand, Written};
use crate::error::{Error, Result};
use crate::reading::Scope;

pub use fitness::{Setting, asks_own_model, attestable};
use stated::statement;

/// Seconds within which the same replay by the same key is the same command given again.
const AGAIN: i64 = 3600;

/// A suite that was run to its end, and judged.
#[derive(Debug, Clone, Copy)]
pub struct Ran<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The model that the prompt itself names: evidence without it says nothing about the prompt.
    pub model: &'a ModelName,
    /// What came of the run; of shards, what they were merged to.
    pub results: &'a Results,
    /// What it was compared with.
    pub baseline: Option<&'a Baseline>,
    /// What the gate said.
    pub verdict: &'a Verdict,
    /// Whether anybody was asked for it: then it is an attempt of its own, whatever came of it.
    pub asked: bool,
}

/// A run that was attested, or would be.
#[derive(Debug, serde::Serialize)]
pub struct Attested {
    /// The prompt.
    pub prompt: PromptId,
    /// The content that was evaluated.
    pub content: Digest,
    /// The run's number among those of the content.
    pub sequence: Sequence,
    /// The suite's file.
    pub suite: RepoPath,
    /// Its digest: what a policy pins.
    pub suite_digest: Digest,
    /// The digest of its cases: likewise.
    pub dataset: Digest,
    /// Whether models were called.
    pub mode: Mode,
    /// The models that answered.
    pub models: Models,
    /// Who judged, where assertions are model-graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Helper>,
    /// Who embedded, where assertions compare meanings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<Helper>,
    /// The providers that were asked and that policy does not define so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_providers: Vec<String>,
    /// What it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Against>,
    /// When its oldest answer was asked for, where that is not when it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// How many independent units the cases make, where some share a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// How many cases ended how.
    pub cases: Cases,
    /// What the gate said.
    pub verdict: ledger::record::Verdict,
    /// Every demand; all met unless this was a dry run.
    pub demands: Vec<Demand>,
    /// The entry; absent after a dry run, and where it was attested before.
    pub written: Option<Written>,
    /// Whether this very run was attested before, so that nothing was written: a replay by the same key a moment ago, a live
    /// run by anybody since it was asked for.
    pub was_attested: bool,
}

/// Signs an entry for each run, all together or none. A run that failed its gate is attested like any other: every
/// attempt is kept. A run that did not reach its end is refused.
pub fn attest(desk: &Desk, runs: &[Ran<'_>], reason: Option<&Reason>) -> Result<Vec<Attested>> {
    let told = |ran: &Ran<'_>| {
        let statement = statement(ran, desk.now)?;
        Ok(Told { statement, asked: ran.asked, asked_at: ran.results.asked_at })
    };
    let statements = runs.iter().map(told).collect::<Result<Vec<_>>>()?;
    let hand = desk.hand()?;
    desk.read(Scope::Policy, |ledger| write(desk, ledger, &hand, &statements, reason))
}

/// What is to be signed.
struct Told {
    statement: Statement,
    /// Whether anybody was asked for it just now.
    asked: bool,
    /// When its oldest answer was asked for.
    asked_at: Option<Timestamp>,
}

/// Refuses where whoever works at `desk` may not attest, so that nobody pays for a run in vain; gives the policy in
/// effect, whose thresholds an attested run is judged by.
pub fn may_attest(desk: &Desk) -> Result<Policy> {
    let hand = desk.hand()?;
    desk.read(Scope::Policy, |ledger| {
        let policy = ledger.policy()?;
        let by = desk.by(&hand, policy, "attest")?;
        if policy.may(by.principal.as_str(), Action::Attest, None, None) {
            return Ok(policy.clone());
        }
        let others: Vec<&str> = policy.who_may(Action::Attest, None, None).iter().map(|p| p.name.as_str()).collect();
        let remedy = match others.as_slice() {
            [] => "give somebody the role `attest` in policies/principals.yaml, and publish".to_owned(),
            some => format!("have it attested by {}", some.join(" or ")),
        };
        Err(Error::demand(format!("attest: the policy in effect does not let {} do so", by.principal), remedy))
    })
}

fn write(
    desk: &Desk,
    ledger: &Ledger<'_>,
    hand: &Hand,
    statements: &[Told],
    reason: Option<&Reason>,
) -> Result<Vec<Attested>> {
    let by = desk.by(hand, ledger.policy()?, "attest")?;
    let mut tips: BTreeMap<Digest, (Link, Timestamp)> = BTreeMap::new();
    let (mut answers, mut entries): (Vec<Attested>, Vec<SignedTag>) = (Vec::new(), Vec::new());
    let mut fresh = Vec::new();
    for told in statements {
        let statement = &told.statement;
        if let Some(done) = repeated(desk, ledger, told, &by)? {
            answers.push(done);
            continue;
        }
        let bytes = statement.to_bytes()?;
        let blob = match desk.dry_run {
            true => Repo::name_of(ObjectKind::Blob, &bytes),
            false => desk.repo.write_blob(&bytes)?,
        };
        let before = tips.get(&statement.content).copied();
        let plan = ledger.plan_evidence(statement, blob, by.clone(), reason.cloned(), before)?;
        if !plan.is_ready() && !desk.dry_run {
            let what = format!("attest {}", statement.suite.path);
            return Err(Error::Unmet { what, demands: plan.demands });
        }
        let sequence = plan.record.position().map_or(Sequence::FIRST, |p| p.sequence);
        // A dry run signs nothing, so what would follow it has a digest of nothing to name; only its number is shown.
        let digest = match desk.dry_run {
            true => Digest::of(&bytes),
            false => {
                entries.push(desk.sign(hand, &plan)?);
                fresh.push(answers.len());
                entries[entries.len() - 1].digest()
            }
        };
        tips.insert(statement.content, (Link { sequence, digest }, plan.time));
        answers.push(answer(statement, &plan)?);
    }
    if !entries.is_empty() {
        for (at, written) in fresh.into_iter().zip(desk.publish(&entries)?) {
            answers[at].written = Some(written);
        }
    }
    Ok(answers)
}

/// The run that was attested before, where nobody was asked anew. Of replays it is the newest of its suite, where this is the
/// same command given again; an older one says nothing of what came between. Of live answers it is any that was signed
/// since they were asked for: signing them again makes them no newer.
fn repeated(desk: &Desk, ledger: &Ledger<'_>, told: &Told, by: &By) -> Result<Option<Attested>> {
    let Told { statement, asked, asked_at } = told;
    if *asked {
        return Ok(None);
    }
    let runs = ledger.runs(&statement.content)?;
    let of_suite =
        |run: &&Evidence| (&run.body().content, &run.body().suite.path) == (&statement.content, &statement.suite.path);
    // What policy takes no longer is said anew, and so is what it would not take much longer.
    let least = ledger.policy()?.replay_ages().min();
    let lasts = least.and_then(|age| i64::try_from(age.0 / 2).ok()).unwrap_or(AGAIN).min(AGAIN);
    let report = Digest::of(&statement.to_bytes()?);
    let same = |run: &&Evidence| {
        let recent = desk.now.0.saturating_sub(run.tag().time().0) < lasts;
        run.body().report == report && run.tag().record().by == *by && recent
    };
    let mut of_suite = runs.entries().iter().rev().filter(of_suite);
    let found = match statement.mode {
        Mode::Replay => of_suite.next().filter(same),
        Mode::Live => of_suite
            .filter(|run| asked_at.is_some_and(|asked_at| asked_at <= run.tag().time()))
            .find(|run| says(run, statement)),
    };
    Ok(found.map(|run| Attested { was_attested: true, ..of_body(statement, run.body()) }))
}

/// Whether `run` says what `statement` does, but for when it was asked for.
fn says(run: &Evidence, statement: &Statement) -> bool {
    let mut same = statement.clone();
    same.terms.asked_at = run.terms.asked_at;
    same.to_bytes().is_ok_and(|bytes| Digest::of(&bytes) == run.body().report)
}

fn answer(statement: &Statement, plan: &Plan) -> Result<Attested> {
    let Body::Evidence(body) = &plan.record.body else { unreachable!("a plan for evidence holds evidence") };
    Ok(Attested { demands: plan.demands.clone(), ..of_body(statement, body) })
}

fn of_body(statement: &Statement, body: &EvidenceBody) -> Attested {
    let Terms { judge, embeddings, own_providers, baseline, asked_at, units } = statement.terms.clone();
    Attested {
        prompt: statement.prompt.clone(),
        content: body.content,
        sequence: body.position.sequence,
        suite: body.suite.path.clone(),
        suite_digest: body.suite.digest,
        dataset: body.dataset,
        mode: body.mode,
        models: body.models.clone(),
        judge,
        embeddings,
        own_providers,
        baseline,
        asked_at,
        units,
        cases: body.cases,
        verdict: body.verdict,
        demands: Vec::new(),
        written: None,
        was_attested: false,
    }
}
