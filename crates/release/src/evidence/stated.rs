//! What a run says: a statement of digests and verdicts, one line a case.

use std::collections::BTreeMap;

use eval::Item;
use eval::gate::{Baseline, Conclusion, effective};
use eval::run::{GradedBy, Outcome, Status};
use eval::suite::{Flaky, Suite};
use ledger::record::{Mode, Models, SuiteRef};
use ledger::statement::{Against, Case, CaseVerdict, Helper, Statement, Terms};
use source::{ModelName, RepoPath, Timestamp};

use super::Ran;
use super::fitness::{Setting, asks_own_model, attestable, unfit};
use crate::error::Result;

/// Seconds between asking and signing that nobody is told of.
const TRIFLE: i64 = 5;

/// What a run says, signed `now`. Cases in quarantine count like all others: a suite cannot lower what policy asks.
pub(super) fn statement(ran: &Ran<'_>, now: Timestamp) -> Result<Statement> {
    let Ran { suite, results, verdict, .. } = *ran;
    let path = suite.text.path().clone();
    let whole = suite.cases.len();
    refuse_partial(ran, &path, whole)?;
    let models = Models::new(results.models.clone()).ok_or_else(|| unfit(&path, "no model answered", "run it"))?;
    let mut cases = Vec::new();
    let flaky = suite.cases.iter().filter_map(|c| Some((c.id.clone(), c.flaky?))).collect();
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
        terms: terms(ran, now),
        cases,
    })
}

/// What the verdict rests on besides the prompt, the suite and its cases.
fn terms(ran: &Ran<'_>, now: Timestamp) -> Terms {
    let helper = |by: &GradedBy| Helper { model: by.model.clone(), route: by.route.clone(), repeat: by.repeat };
    let against = |baseline: &Baseline| Against {
        name: baseline.compare.baseline.clone(),
        commit: baseline.commit.clone(),
        content: baseline.content,
    };
    let units = units(ran.suite);
    Terms {
        judge: ran.results.judge.as_ref().map(helper),
        embeddings: ran.results.embeddings.as_ref().map(helper),
        own_providers: ran.results.own_providers.clone(),
        baseline: ran.baseline.map(against),
        asked_at: ran.results.asked_at.filter(|at| ran.results.is_live() && at.0.saturating_add(TRIFLE) < now.0),
        units: (units < ran.suite.cases.len()).then_some(units as u64),
    }
}

/// As how many independent units the cases weigh. Cases that ask one question are not attested at all.
fn units(suite: &Suite) -> usize {
    let (mut clusters, mut alone): (BTreeMap<String, usize>, usize) = (BTreeMap::new(), 0);
    for case in suite.cases.iter() {
        match &case.cluster {
            Some(cluster) => *clusters.entry(cluster.clone()).or_default() += 1,
            None => alone += 1,
        }
    }
    effective(clusters.into_values().chain(std::iter::repeat_n(1, alone)))
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
    if !ran.results.outcomes.iter().any(|o| matches!(o.status, Status::Passed | Status::Failed) || o.origin.is_some()) {
        return Err(unfit(path, "no question was answered", &format!("see why, mend it, then {again}")));
    }
    attestable(ran.suite, &Setting::of(ran))?;
    if ran.results.is_live() && ran.results.asked_at.is_none() {
        let why = "its results do not say when answers were asked for, so nobody knows how old they are";
        return Err(unfit(path, why, "ask anew with this program, without --resume"));
    }
    asks_own_model(ran.suite, ran.model, &ran.results.models)
}

/// One case: an error where any repeat was not graded, else passed where as many repeats passed as the suite asks.
fn case(flaky: &BTreeMap<String, Flaky>, id: &str, model: &ModelName, mut repeats: Vec<Item<'_, Outcome>>) -> Case {
    let count = |status: Status| repeats.iter().filter(|o| o.status == status).count();
    let (passed, failed) = (count(Status::Passed), count(Status::Failed));
    let all = u32::try_from(repeats.len()).unwrap_or(u32::MAX);
    let least = flaky.get(id).map_or(repeats.len(), |flaky| flaky.needed(all) as usize);
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
