//! The other side of a comparison: the baseline's prompt, its suite and its recordings, made ready to run beside this one.
//!
//! What is run is the baseline's own cases, as far as this suite has them with the same variables, graded by the
//! assertions of this suite: an edited assertion then judges both sides alike. Cases that the baseline alone has are run
//! with its own assertions, so that taking away a failing one is seen. Of cases that differ nothing is asked. What a case
//! counts with is what the baseline says: a change does not put its own cases into one cluster.

use std::collections::{BTreeSet, HashMap, HashSet};

use policy::Policy;
use prompt::{Compiled, Routes};
use source::{Files, Finding, ModelName, PromptId, ReadError, RepoPath, Severity};

use super::{Opened, SessionError, model, open_with};
use crate::gate::{Baseline, RefusedModel, Removed, Renamed, Standing};
use crate::hashed::hashed;
use crate::recording::Recordings;
use crate::rules;
use crate::run::{Keep, Plan, Results, Spent, Status, Target, parameters_of};
use crate::suite::diff::renamed;
use crate::suite::{Budget, Case, Cases, Compare, Limit, Suite, dataset_digest};
use crate::{Item, Keys};

/// The other side, ready to run.
#[derive(Debug)]
pub struct Other {
    baseline: Baseline,
    /// What there is to run.
    ready: Option<Ready>,
}

#[derive(Debug)]
struct Ready {
    suite: Suite,
    compiled: Compiled,
    recordings: Recordings,
    /// The models that can be compared.
    models: Vec<ModelName>,
}

/// Reads what `plan`, a plan of `opened`, is compared with from `files`, which are those of `commit`,
/// with what opens encrypted ones. `was` is the id that the prompt had there, where it was another.
pub fn against(
    opened: &Opened,
    plan: &Plan<'_>,
    (files, keys): (&dyn Files, &Keys),
    compare: Compare,
    commit: Option<String>,
    policy: Option<&Policy>,
    was: Option<&PromptId>,
) -> Result<Other, ReadError> {
    let id = was.unwrap_or(&plan.suite.prompt);
    let there = open_with(files, keys, &path_there(&opened.path, &plan.suite.prompt, id))?;
    let was = was.map(ToString::to_string);
    let mut baseline = Baseline { why: None, commit, was, ..Baseline::without(compare, Standing::Ran, "") };
    let stop = |mut baseline: Baseline, standing, why: String| {
        (baseline.standing, baseline.why) = (standing, Some(why));
        Ok(Other { baseline, ready: None })
    };
    let compiled = match (&there.compiled, files.file(&id.path())?) {
        (Some(compiled), _) => compiled.clone(),
        (None, None) => return stop(baseline, Standing::Absent, format!("{id} does not exist there")),
        (None, Some(_)) => match prompt::compile_from(files, id) {
            Ok((_, compiled)) => compiled,
            Err(prompt::CompileError::Read(error)) => return Err(error),
            Err(prompt::CompileError::Findings(_)) => {
                return stop(baseline, Standing::Refused, format!("{id} has errors there"));
            }
        },
    };
    baseline.content = Some(compiled.digest());
    // A suite that is new, or that this program no longer reads, leaves the old prompt to the cases of today.
    // One that holds a case twice can be read; whoever mends that is compared all the same.
    let unreadable = |f: &Finding| f.severity == Severity::Error && f.rule != rules::CASE_REPEATED;
    let old = there.suite.as_ref().filter(|_| !there.findings.iter().any(unreadable));
    baseline.new_suite = old.is_none();
    let mut cases = chosen(&mut baseline, plan, old.unwrap_or(plan.suite));
    let mut models = comparable(&mut baseline, plan, (id, &compiled), files, old, policy)?;
    if Some(plan.content) == baseline.content {
        // The same words get the same answers; only what went away is worth a look.
        let same_suite = old.is_some_and(|s| (s.digest, s.dataset) == (plan.suite.digest, plan.suite.dataset));
        (baseline.standing, baseline.why) = match baseline.compare.baseline.starts_with("rev:") && same_suite {
            // `rev:HEAD` in a suite would be met by whatever is there.
            true => (Standing::Absent, Some("prompt and suite there are the very ones under test".to_owned())),
            false => (Standing::Same, Some("the prompt is the same there".to_owned())),
        };
        baseline.refused.clear();
        let removed: BTreeSet<&str> = baseline.removed.iter().map(|r| r.id.as_str()).collect();
        cases = cases.iter().filter(|c| removed.contains(c.id.as_str())).map(|c| (*c).clone()).collect();
        if cases.is_empty() {
            return Ok(Other { baseline, ready: None });
        }
        models = plan.targets.iter().map(|t| t.compiled.model.clone()).collect();
    }
    if models.is_empty() {
        let why = baseline.refused.first().map_or_else(String::new, |r| format!("{}: {}", r.model, r.why));
        return stop(baseline, Standing::Refused, why);
    }
    if baseline.standing == Standing::Ran && cases.len() == baseline.removed.len() {
        let mut why = "no case is in both with the same variables".to_owned();
        // Where the prompt takes other inputs cases have to change; else they could have stayed as they were.
        baseline.standing = Standing::Unpaired;
        if plan.targets.first().is_some_and(|t| t.compiled.inputs != compiled.inputs) {
            (baseline.standing, why) = (Standing::Refused, why + ", and the prompt takes other inputs than there");
        }
        baseline.why = Some(why);
        if cases.is_empty() {
            return Ok(Other { baseline, ready: None });
        }
    }
    let suite = Suite {
        digest: old.map_or(plan.suite.digest, |s| s.digest),
        dataset: dataset_digest(&cases),
        cases,
        sample: None,
        ..plan.suite.clone()
    };
    // What is on file there stands: whoever proposes a change does not get to say what was answered before it. What was
    // never on file there may have been recorded beside the change.
    let mut recordings = plan.recordings.clone();
    recordings.add(&there.recordings);
    Ok(Other { baseline, ready: Some(Ready { suite, compiled, recordings, models }) })
}

/// Where the suite at `path`, of the prompt `now`, is where that prompt is `then`.
pub fn path_there(path: &RepoPath, now: &PromptId, then: &PromptId) -> RepoPath {
    let rest = path.as_str().strip_prefix("evals/").and_then(|name| name.strip_prefix(now.as_str()));
    let there = rest.and_then(|rest| RepoPath::new(&format!("evals/{then}{rest}")).ok());
    there.unwrap_or_else(|| path.clone())
}

/// The cases to run: those of `old` that `plan` runs too, with today's assertions, then those that `old` alone has.
fn chosen(baseline: &mut Baseline, plan: &Plan<'_>, old: &Suite) -> Cases {
    let place = |(at, case): (usize, Item<'_, Case>)| (hashed(&case.id), at);
    let before: HashMap<u64, usize> = old.cases.iter().enumerate().map(place).collect();
    let renamed = renamed(plan.suite, old, &before);
    let mut cases = Cases::default();
    for position in plan.sampled() {
        let case = plan.suite.cases.at(position);
        let there = before.get(&hashed(&case.id)).or_else(|| renamed.get(&position)).map(|at| old.cases.at(*at));
        match there {
            None => baseline.added.push(case.id.clone()),
            // An answer that is given is what was put in, as variables are.
            Some(other) if other.inputs != case.inputs || other.stored != case.stored => {
                baseline.changed.push(case.id.clone());
            }
            Some(other) => {
                if other.id != case.id {
                    baseline.renamed.push(Renamed { id: case.id.clone(), was: other.id.clone() });
                }
                if other.grader != case.grader {
                    baseline.regraded.push(case.id.clone());
                }
                if other.cluster != case.cluster {
                    baseline.reclustered.push(case.id.clone());
                }
                cases.push(Case { cluster: other.cluster.clone(), ..(*case).clone() });
            }
        }
    }
    drop(before);
    let mut all: HashSet<u64> = plan.suite.cases.iter().map(|case| hashed(&case.id)).collect();
    all.extend(renamed.into_values().map(|at| hashed(&old.cases.at(at).id)));
    let mut gone: Vec<Case> =
        old.cases.iter().filter(|c| !all.contains(&hashed(&c.id))).map(|c| (*c).clone()).collect();
    gone.sort_by(|a, b| a.id.cmp(&b.id));
    let asked = |case: &Case| hashed(&(case.inputs, case.grader));
    let still: HashSet<u64> =
        if gone.is_empty() { HashSet::new() } else { plan.suite.cases.iter().map(|case| asked(&case)).collect() };
    for case in gone {
        let must_pass = old.gate.must_pass.contains(&case.id);
        // Of several cases that were one and the same, one stays: nothing is removed.
        if !must_pass && still.contains(&asked(&case)) {
            continue;
        }
        let min_pass = case.flaky.map(|flaky| flaky.min_pass);
        baseline.removed.push(Removed { id: case.id.clone(), must_pass, min_pass });
        cases.push(case);
    }
    for list in [&mut baseline.added, &mut baseline.changed, &mut baseline.regraded, &mut baseline.reclustered] {
        list.sort();
    }
    baseline.renamed.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

/// The models of `plan` that the baseline asks too, with the same parameters; the others are refused.
fn comparable(
    baseline: &mut Baseline,
    plan: &Plan<'_>,
    (id, compiled): (&PromptId, &Compiled),
    files: &dyn Files,
    old: Option<&Suite>,
    policy: Option<&Policy>,
) -> Result<Vec<ModelName>, ReadError> {
    let catalog = prompt::Catalog::load_only(files, [id])?;
    let there = models_there(plan, compiled, catalog.routes(), old, policy);
    let mut models = Vec::new();
    for target in &plan.targets {
        let name = &target.compiled.model;
        let refusal = if !there.contains(name) {
            let before = there.first().map_or_else(|| "nobody".to_owned(), ToString::to_string);
            Some(crate::gate::Refusal::Model { before, now: name.to_string() })
        } else if parameters_of(compiled) != target.parameters() {
            Some(crate::gate::Refusal::Parameters)
        } else {
            None
        };
        match refusal {
            Some(why) => baseline.refused.push(RefusedModel { model: name.to_string(), why: why.to_string() }),
            None => models.push(name.clone()),
        }
    }
    Ok(models)
}

/// The models that the baseline asks: those named on the command line, else its suite's by its own routes, else its
/// prompt's.
fn models_there(
    plan: &Plan<'_>,
    compiled: &Compiled,
    routes: &Routes,
    old: Option<&Suite>,
    policy: Option<&Policy>,
) -> Vec<ModelName> {
    if plan.models_named {
        return plan.targets.iter().map(|t| t.compiled.model.clone()).collect();
    }
    let own = old.map(|suite| suite.models.as_slice()).unwrap_or_default();
    if own.is_empty() {
        return vec![compiled.model.clone()];
    }
    // A model that policy no longer lists cannot be among those of today.
    own.iter().filter_map(|(name, _)| model(name, routes, policy).ok()).map(|helper| helper.model).collect()
}

impl Other {
    /// The plan of its run, like `plan` and within what its run left of the budget; none where there is nothing to run.
    ///
    /// `now` is what `like` came to, where it was run already.
    pub fn plan(&self, like: &Plan<'_>, now: Option<&Results>) -> Result<Option<Plan<'_>>, SessionError> {
        let Some(ready) = &self.ready else { return Ok(None) };
        let mut plan = Plan::new(&ready.suite, &ready.compiled, &ready.recordings, like.mode)?;
        plan.targets = Vec::new();
        for model in &ready.models {
            let price = like.targets.iter().find(|t| t.compiled.model == *model).and_then(|t| t.price);
            plan.targets.push(Target::new(&ready.compiled, model, price)?);
        }
        plan.judge = like.judge.clone();
        plan.embeddings = like.embeddings.clone();
        let spent = now.map_or_else(Spent::default, |r| r.spent);
        plan.budget = Budget::least(&like.suite.budget, &like.budget).less(&spent);
        let limits = [Limit::MaxUsd, Limit::MaxRequests, Limit::MaxTokens];
        plan.holders = limits.into_iter().filter_map(|limit| like.holder(limit)).collect();
        plan.spent_before = like.spent_before;
        (plan.shard, plan.repeat, plan.concurrency) = (like.shard, like.repeat, like.concurrency);
        // What fails now is shown beside what was said before.
        let outcomes = now.into_iter().flat_map(|r| &r.outcomes);
        let failing = outcomes.filter(|o| o.status == Status::Failed).map(|o| o.case.clone()).collect();
        plan.traces = like.traces;
        plan.keep = match &like.keep {
            Keep::NotPassed | Keep::Also(_) => Keep::Also(failing),
            other => other.clone(),
        };
        Ok(Some(plan))
    }

    /// What the gate compares with, once it was run.
    pub fn ran(self, results: Option<Results>) -> Baseline {
        Baseline { results, ..self.baseline }
    }
}
