//! Attesting eval runs: from a judged run to a statement of digests and verdicts, and its signed entry.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use eval::Item;
use eval::gate::{Baseline, Conclusion, Standing, Verdict};
use eval::run::{GradedBy, Outcome, Results, Status};
use eval::suite::{Compare, Suite};
use ledger::demand::Demand;
use ledger::evidence::Evidence;
use ledger::record::{Body, By, Cases, EvidenceBody, Link, Mode, Models, Reason, SuiteRef};
use ledger::statement::{Against, Case, CaseVerdict, Helper, STATEMENT_LIMIT, Statement, Terms};
use ledger::{Ledger, ObjectKind, Plan, Sequence, SignedTag};
use policy::{Action, Policy};
use repo::Repo;
use source::{Digest, ModelName, PromptId, RepoPath, Timestamp};

use crate::desk::{Desk, Hand, Written};
use crate::error::{Error, Result};
use crate::reading::Scope;

/// Seconds within which the same statement by the same key is the same command given again.
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
    /// How many cases ended how.
    pub cases: Cases,
    /// What the gate said.
    pub verdict: ledger::record::Verdict,
    /// Every demand; all met unless this was a dry run.
    pub demands: Vec<Demand>,
    /// The entry; absent after a dry run, and where it was attested before.
    pub written: Option<Written>,
    /// Whether the same key attested this very run a moment ago, so that nothing was written.
    pub was_attested: bool,
}

/// Signs an entry for each run, all together or none. A run that failed its gate is attested like any other: every
/// attempt is kept. A run that did not reach its end is refused.
pub fn attest(desk: &Desk, runs: &[Ran<'_>], reason: Option<&Reason>) -> Result<Vec<Attested>> {
    let statements = runs.iter().map(|ran| Ok((statement(ran)?, ran.asked))).collect::<Result<Vec<_>>>()?;
    let hand = desk.hand()?;
    desk.read(Scope::Policy, |ledger| write(desk, ledger, &hand, &statements, reason))
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

/// How a suite is run, or was, where that is not for the suite alone to say.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// How many models answer.
    pub models: usize,
    /// How often each case is asked, whatever the suite says.
    pub repeat: Option<NonZeroU32>,
    /// What it is compared with.
    pub compare: Option<&'a Compare>,
}

impl<'a> Setting<'a> {
    fn of(ran: &Ran<'a>) -> Self {
        let compared = ran.baseline.filter(|baseline| baseline.standing != Standing::Declined);
        let Results { models, repeat, .. } = ran.results;
        Self { models: models.len(), repeat: *repeat, compare: compared.map(|baseline| &baseline.compare) }
    }
}

/// Refuses a suite whose run, so asked, would be no evidence: one that leaves cases, repeats or its comparison out, that
/// brings its own answers, or that has more cases than a statement holds. Whoever asks before the run pays nothing in vain.
pub fn attestable(suite: &Suite, setting: &Setting<'_>) -> Result<()> {
    let (path, all) = (suite.text.path(), suite.cases.len());
    if let Some(sample) = suite.sample.as_ref().filter(|sample| (sample.n as usize) < all) {
        let why = format!("its own `sample` runs {} of its {all} cases", sample.n);
        return Err(unfit(
            path,
            &why,
            "evidence is of whole suites: take `sample` out; `--sample N` draws one for a trial",
        ));
    }
    asks_once(suite)?;
    if let Some(own) = suite.gate.compare.as_ref().filter(|own| setting.compare != Some(own)) {
        let other = setting.compare.map_or("nothing", |other| &other.baseline);
        let why = format!("its gate compares with {}, and the run with {other}", own.baseline);
        return Err(unfit(path, &why, "run it without --against and --no-compare"));
    }
    let Setting { models, repeat, .. } = *setting;
    let (mut stored, mut bytes) = (0, 0);
    for case in suite.cases.iter() {
        if repeat.is_some_and(|repeat| repeat.get() < case.repeat) {
            let why = format!("the case {} asks for {} repeats, and --repeat for fewer", case.id, case.repeat);
            return Err(unfit(path, &why, "run it without --repeat"));
        }
        stored += usize::from(case.stored.is_some());
        let repeats = repeat.map_or(case.repeat, NonZeroU32::get) as usize;
        bytes += models * (case.id.len() + CASE_BYTES + repeats * ANSWER_BYTES);
    }
    if stored > 0 {
        return Err(brings_answers(path, stored));
    }
    if bytes > STATEMENT_LIMIT {
        let why = format!("its {all} cases take {bytes} bytes in a statement at least, {STATEMENT_LIMIT} are the most");
        return Err(unfit(path, &why, "part it into suites of fewer cases, or attest with fewer models or repeats"));
    }
    Ok(())
}

/// Refuses a suite in which several cases ask one question: a statement counts cases, and whoever reads it takes each for
/// something that was asked.
fn asks_once(suite: &Suite) -> Result<()> {
    let Some([one, other]) = &suite.questions.twins else { return Ok(()) };
    let more = match suite.questions.surplus {
        1 => String::new(),
        many => format!(", and so do others: {} of its {} cases are surplus", many, suite.cases.len()),
    };
    let why = format!("its case {other} asks the model what {one} asks{more}; evidence would count it twice");
    let remedy = "write one case with the assertions of both; `options: { repeat: 3 }` asks it several times";
    Err(unfit(suite.text.path(), &why, remedy))
}

/// What a case takes in a statement, without its id and its answers.
const CASE_BYTES: usize = 60;

/// What the digest of an answer takes there.
const ANSWER_BYTES: usize = 67;

fn brings_answers(path: &RepoPath, stored: usize) -> Error {
    let why = match stored {
        1 => "a case of it brings its own answer".to_owned(),
        many => format!("{many} of its cases bring their own answers"),
    };
    let why = format!("{why} (`providerOutput`), so that nobody asks the model");
    unfit(path, &why, "keep such cases in a suite of their own, which is not attested: evals/ID.logged.yaml")
}

fn write(
    desk: &Desk,
    ledger: &Ledger<'_>,
    hand: &Hand,
    statements: &[(Statement, bool)],
    reason: Option<&Reason>,
) -> Result<Vec<Attested>> {
    let by = desk.by(hand, ledger.policy()?, "attest")?;
    let mut tips: BTreeMap<Digest, (Link, Timestamp)> = BTreeMap::new();
    let (mut answers, mut entries): (Vec<Attested>, Vec<SignedTag>) = (Vec::new(), Vec::new());
    let mut fresh = Vec::new();
    for (statement, asked) in statements {
        if let Some(done) = if *asked { None } else { repeated(desk, ledger, statement, &by)? } {
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

/// The run that was attested a moment ago, where this is the same command given again: the newest of its suite. An older
/// one says nothing of what came between.
fn repeated(desk: &Desk, ledger: &Ledger<'_>, statement: &Statement, by: &By) -> Result<Option<Attested>> {
    let report = Digest::of(&statement.to_bytes()?);
    let runs = ledger.runs(&statement.content)?;
    let of_suite =
        |run: &&Evidence| (&run.body().content, &run.body().suite.path) == (&statement.content, &statement.suite.path);
    let same = |run: &&Evidence| {
        let recent = desk.now.0.saturating_sub(run.tag().time().0) < AGAIN;
        run.body().report == report && run.tag().record().by == *by && recent
    };
    let found = runs.entries().iter().rev().find(of_suite).filter(same);
    Ok(found.map(|run| Attested { was_attested: true, ..of_body(statement, run.body()) }))
}

fn answer(statement: &Statement, plan: &Plan) -> Result<Attested> {
    let Body::Evidence(body) = &plan.record.body else { unreachable!("a plan for evidence holds evidence") };
    Ok(Attested { demands: plan.demands.clone(), ..of_body(statement, body) })
}

fn of_body(statement: &Statement, body: &EvidenceBody) -> Attested {
    let Terms { judge, embeddings, own_providers, baseline } = statement.terms.clone();
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
        cases: body.cases,
        verdict: body.verdict,
        demands: Vec::new(),
        written: None,
        was_attested: false,
    }
}

/// What a run says. Cases in quarantine count like all others: a suite cannot lower what policy asks.
pub fn statement(ran: &Ran<'_>) -> Result<Statement> {
    let Ran { suite, results, verdict, .. } = *ran;
    let path = suite.text.path().clone();
    let whole = suite.cases.len();
    refuse_partial(ran, &path, whole)?;
    let models = Models::new(results.models.clone()).ok_or_else(|| unfit(&path, "no model answered", "run it"))?;
    let mut cases = Vec::new();
    let flaky = suite.cases.iter().filter_map(|c| Some((c.id.clone(), c.flaky?.min_pass as usize))).collect();
    for (at, model) in results.models.iter().enumerate() {
        let mut by_case: BTreeMap<String, Vec<Item<'_, Outcome>>> = BTreeMap::new();
        for outcome in results.outcomes.iter().filter(|o| o.model == at) {
            by_case.entry(outcome.case.clone()).or_default().push(outcome);
        }
        if by_case.len() < whole {
            let why = format!("{} of its {whole} cases were run with {model}", by_case.len());
            return Err(unfit(&path, &why, "run the whole suite: without --sample, and with its shards merged"));
        }
        cases.extend(by_case.into_iter().map(|(id, repeats)| case(&flaky, &id, model, repeats)));
    }
    cases.sort_by(|a: &Case, b| (&a.id, &a.model).cmp(&(&b.id, &b.model)));
    Ok(Statement {
        prompt: suite.prompt.clone(),
        content: results.content,
        suite: SuiteRef { path, digest: results.suite_digest },
        dataset: results.dataset,
        mode: if results.is_live() { Mode::Live } else { Mode::Replay },
        models,
        verdict: match verdict.conclusion {
            Conclusion::Pass => ledger::record::Verdict::Passed,
            Conclusion::Inconclusive => ledger::record::Verdict::Inconclusive,
            _ => ledger::record::Verdict::Failed,
        },
        terms: terms(ran),
        cases,
    })
}

/// What the verdict rests on besides the prompt, the suite and its cases.
fn terms(ran: &Ran<'_>) -> Terms {
    let helper = |by: &GradedBy| Helper { model: by.model.clone(), route: by.route.clone(), repeat: by.repeat };
    let against = |baseline: &Baseline| Against {
        name: baseline.compare.baseline.clone(),
        commit: baseline.commit.clone(),
        content: baseline.content,
    };
    Terms {
        judge: ran.results.judge.as_ref().map(helper),
        embeddings: ran.results.embeddings.as_ref().map(helper),
        own_providers: ran.results.own_providers.clone(),
        baseline: ran.baseline.map(against),
    }
}

/// Refuses what is no complete run of the prompt itself.
fn refuse_partial(ran: &Ran<'_>, path: &RepoPath, whole: usize) -> Result<()> {
    let again = format!("run it to its end: promptuary eval {} --attest", ran.suite.prompt);
    let why = match ran.verdict.conclusion {
        Conclusion::Pass | Conclusion::Inconclusive | Conclusion::Fail | Conclusion::Error => None,
        Conclusion::BudgetSpent => Some("its budget was spent before its end"),
        Conclusion::RecordingMissing => {
            let live = format!(
                "ask the model: promptuary eval {} --live --attest; or record first: --record",
                ran.suite.prompt
            );
            return Err(unfit(path, "answers are not on file", &live));
        }
        Conclusion::Interrupted => Some("it was interrupted"),
    };
    if let Some(why) = why {
        return Err(unfit(path, why, &again));
    }
    if whole == 0 || ran.results.outcomes.is_empty() {
        return Err(unfit(path, "nothing was run", &again));
    }
    attestable(ran.suite, &Setting::of(ran))?;
    if !ran.results.models.contains(ran.model) {
        let why = format!("{}, the model of the prompt, did not answer", ran.model);
        return Err(unfit(path, &why, "run it with the prompt's own model, alone or among others"));
    }
    Ok(())
}

fn unfit(path: &RepoPath, why: &str, remedy: &str) -> Error {
    Error::usage(format!("attest {path}: {why}"), remedy)
}

/// One case: an error where any repeat was not graded, else passed where as many repeats passed as the suite asks.
fn case(flaky: &BTreeMap<String, usize>, id: &str, model: &ModelName, mut repeats: Vec<Item<'_, Outcome>>) -> Case {
    let count = |status: Status| repeats.iter().filter(|o| o.status == status).count();
    let (passed, failed) = (count(Status::Passed), count(Status::Failed));
    let least = flaky.get(id).copied().unwrap_or(repeats.len());
    let verdict = match passed + failed < repeats.len() {
        true => CaseVerdict::Error,
        false if passed >= least => CaseVerdict::Passed,
        false => CaseVerdict::Failed,
    };
    repeats.sort_by_key(|o| o.sample);
    let sum: f64 = repeats.iter().map(|o| o.score).sum();
    Case {
        id: id.to_owned(),
        model: model.clone(),
        verdict,
        score: (verdict != CaseVerdict::Error).then(|| mean(sum, repeats.len())),
        outputs: repeats.iter().filter_map(|o| o.output_digest).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of repeats")]
fn mean(sum: f64, n: usize) -> f64 {
    (sum / n as f64).clamp(0.0, 1.0)
}
