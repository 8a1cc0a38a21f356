//! Running a prompt's suites: files, policy and providers joined into plans for the eval crate, its results judged.
//!
//! `eval` and the release gate come through here, so that both read the same cases and hold them to the same demands.

use std::sync::atomic::AtomicBool;

use eval::gate::{Conclusion, Demands, Verdict, judge};
use eval::provider::Providers;
use eval::recording::{Recordings, path_of};
use eval::run::{Event, Finished, Helper, Mode, Plan, Target};
use eval::suite::{self, Suite};
use policy::{Inconclusive, Policy};
use prompt::{Catalog, Compiled};
use source::{Finding, ModelName, PromptId, RepoPath, Report, Snapshot, Text, Timestamp, Version};

use crate::error::{Class, Error, Result};

/// What suites are run on.
pub struct Bench<'a> {
    /// The files.
    pub snapshot: &'a Snapshot,
    /// Its prompts.
    pub catalog: &'a Catalog,
    /// Whose thresholds and prices count.
    pub policy: Option<&'a Policy>,
    /// Who answers.
    pub providers: &'a Providers,
    /// The time now.
    pub now: Timestamp,
    /// Ends a run with what is done.
    pub cancel: &'a AtomicBool,
}

/// How a suite is run.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Where answers come from.
    pub mode: Mode,
    /// Instead of the suite's own: routes or `provider/model`.
    pub models: Vec<String>,
    /// Instead of the suite's own sample size.
    pub sample: Option<u32>,
    /// One part of several.
    pub shard: Option<eval::run::Shard>,
    /// How often each case is asked, instead of what the suite says.
    pub repeat: Option<std::num::NonZeroU32>,
    /// How many requests at once.
    pub concurrency: Option<usize>,
}

impl Manner {
    /// From recordings, as the suite says.
    pub fn replay() -> Self {
        Self { mode: Mode::Replay, models: Vec::new(), sample: None, shard: None, repeat: None, concurrency: None }
    }
}

/// A suite that was run.
#[derive(Debug)]
pub struct Ran {
    /// Its file.
    pub path: RepoPath,
    /// The suite.
    pub suite: Suite,
    /// What came of it.
    pub finished: Finished,
    /// What it comes to.
    pub verdict: Verdict,
    /// Every recording, the new ones among them; to be written where anything was recorded.
    pub recordings: Recordings,
}

impl Bench<'_> {
    /// The suites of `id`, sorted.
    pub fn suites(&self, id: &PromptId) -> Result<Vec<RepoPath>> {
        suite::paths_of(self.snapshot, id).map_err(unreadable)
    }

    /// Runs the suite at `path`. Faults in the files are findings, told before anything is asked.
    pub fn run(&self, path: &RepoPath, manner: &Manner, watch: &mut dyn FnMut(Event<'_>)) -> Result<Ran> {
        let what = || format!("run {path}");
        let findings = |found: Vec<Finding>| Error::Findings { what: what(), report: Report::new(found) };
        let mut loaded = suite::load(self.snapshot, path);
        let Some(suite) = loaded.suite.take() else { return Err(findings(loaded.findings)) };
        let compiled = self.catalog.compile(&suite.prompt).map_err(findings)?;
        let own =
            Target::new(&compiled, &compiled.model, self.price(&compiled.model)).map_err(|e| unusable(&what(), &e))?;
        let mut found = suite.fit(&compiled, &own.renderer);
        let mut recordings = self.recordings(&suite, &mut found)?;
        let targets = self.targets(&suite, &compiled, manner, &mut found)?;
        let (judge_by, embed_by) = (self.helper(&suite, false, &mut found), self.helper(&suite, true, &mut found));
        if found.iter().any(|f| f.severity == source::Severity::Error) {
            return Err(findings(found));
        }
        let mut plan = Plan::new(&suite, &compiled, &recordings, manner.mode).map_err(|e| unusable(&what(), &e))?;
        (plan.targets, plan.judge, plan.embeddings) = (targets, judge_by, embed_by);
        (plan.shard, plan.repeat, plan.concurrency) = (manner.shard, manner.repeat, manner.concurrency);
        if let Some(n) = manner.sample {
            let sample = suite.sample.clone();
            plan.sample = Some(eval::suite::Sample {
                n,
                seed: sample.as_ref().map_or(0, |s| s.seed),
                stratify_by: sample.and_then(|s| s.stratify_by),
            });
        }
        let finished = eval::run::run(&plan, self.providers, watch, self.cancel).map_err(|e| {
            Error::usage(
                e.to_string(),
                "define the provider in policies/models.yaml and publish, or name it with --providers FILE",
            )
        })?;
        for entry in &finished.recorded {
            recordings.insert(entry.clone());
        }
        let verdict = judge(&suite, &finished.results, None, &self.demands(&suite.prompt));
        Ok(Ran { path: path.clone(), suite, finished, verdict, recordings })
    }

    fn recordings(&self, suite: &Suite, found: &mut Vec<Finding>) -> Result<Recordings> {
        let path = path_of(&suite.name);
        let Some(file) = self.snapshot.files.get(&path) else { return Ok(Recordings::default()) };
        let text = std::str::from_utf8(&file.bytes).map_err(|_| {
            Error::usage(format!("read {path}: it is not UTF-8"), "record it anew: promptuary eval --record")
        })?;
        Ok(Recordings::read(&Text::new(path, text)).unwrap_or_else(|faults| {
            found.extend(faults);
            Recordings::default()
        }))
    }

    fn targets(
        &self,
        suite: &Suite,
        compiled: &Compiled,
        manner: &Manner,
        found: &mut Vec<Finding>,
    ) -> Result<Vec<Target>> {
        let mut models = Vec::new();
        for name in &manner.models {
            models.push(self.model(name).ok_or_else(|| {
                Error::usage(
                    format!("find the model `{name}`"),
                    "name a route of prompts/routes.yaml, or provider/model",
                )
            })?);
        }
        if models.is_empty() {
            for (name, span) in &suite.models {
                match self.model(name) {
                    Some(model) => models.push(model),
                    None => found.push(no_model(suite, name, *span)),
                }
            }
        }
        if models.is_empty() {
            models.push(compiled.model.clone());
        }
        let target = |model: &ModelName| {
            Target::new(compiled, model, self.price(model)).map_err(|e| unusable(&format!("run {}", suite.name), &e))
        };
        models.iter().map(target).collect()
    }

    /// The model that grades, or makes vectors, where the suite names one.
    fn helper(&self, suite: &Suite, embeds: bool, found: &mut Vec<Finding>) -> Option<Helper> {
        let judge = suite.judge.as_ref()?;
        let name = if embeds { judge.embeddings.as_ref()? } else { judge.model.as_ref()? };
        match self.model(name) {
            Some(model) => Some(Helper { price: self.price(&model), model }),
            None => {
                found.push(no_model(suite, name, source::Span::default()));
                None
            }
        }
    }

    /// The model that a route or `provider/model` means.
    fn model(&self, name: &str) -> Option<ModelName> {
        if name.contains('/') { name.parse().ok() } else { self.catalog.routes().routes.get(name).cloned() }
    }

    fn price(&self, model: &ModelName) -> Option<(f64, f64)> {
        self.policy?.price(model).map(|price| (price.value.input, price.value.output))
    }

    /// What policy demands of the suites of `id`: the stricter of it and the suite counts.
    fn demands(&self, id: &PromptId) -> Demands {
        let today = self.now.to_string().split('T').next().map(str::to_owned);
        let Some(policy) = self.policy else { return Demands { today, ..Demands::default() } };
        let declared = self.catalog.prompt(id).map_or(source::Risk::Low, |p| p.front_matter.risk);
        let risk = policy.effective_risk(id, declared, None).risk;
        let demand = policy.suite_demand(id, risk);
        Demands {
            min_pass_rate: demand.min_pass_rate.map(|r| r.value.get()),
            wilson: demand.bound.is_some_and(|b| b.value == policy::Bound::Wilson),
            max_error_rate: demand.max_error_rate.map(|r| r.value.get()),
            min_cases: demand.min_cases.map(|c| c.value),
            fail_inconclusive: policy.on_inconclusive(risk) == Inconclusive::Fail,
            today,
        }
    }
}

fn no_model(suite: &Suite, name: &str, span: source::Span) -> Finding {
    let place = source::Place::new(&suite.text, span);
    Finding::new("model-unknown", place, format!("no route is named `{name}`"))
        .help("name a route of prompts/routes.yaml, or provider/model")
}

fn unusable(what: &str, error: &prompt::RenderError) -> Error {
    Error::usage(format!("{what}: {error}"), "see what is wrong with the prompt: promptuary check")
}

fn unreadable(error: source::ReadError) -> Error {
    Error::usage(error.to_string(), "see that the file can be read")
}

/// What one suite came to, in one line.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Outcome {
    /// The suite's file.
    pub suite: RepoPath,
    /// Answers that passed.
    pub passed: usize,
    /// All of them.
    pub cases: usize,
    /// What the gate said.
    pub verdict: String,
    /// Which exit a failure leads to; absent where it passed.
    #[serde(skip)]
    pub class: Option<Class>,
}

impl Outcome {
    /// The outcome of a suite that was run.
    pub fn of(ran: &Ran) -> Self {
        let summaries = &ran.verdict.models;
        let conclusion = ran.verdict.conclusion;
        let reasons: Vec<&str> = ran
            .verdict
            .checks
            .iter()
            .filter(|check| check.conclusion != Conclusion::Pass)
            .map(|check| check.text.as_str())
            .collect();
        let class = match conclusion {
            Conclusion::Pass => None,
            Conclusion::Inconclusive => Some(Class::Inconclusive),
            Conclusion::RecordingMissing => Some(Class::Recording),
            Conclusion::Error => Some(Class::Infrastructure),
            Conclusion::Interrupted => Some(Class::Interrupted),
            Conclusion::Fail | Conclusion::BudgetSpent => Some(Class::Unmet),
        };
        Self {
            suite: ran.path.clone(),
            passed: summaries.iter().map(|s| s.passed).sum(),
            cases: summaries.iter().map(|s| s.passed + s.failed + s.errors + s.missing + s.skipped).sum(),
            verdict: if reasons.is_empty() { conclusion.as_str().to_owned() } else { reasons.join("; ") },
            class,
        }
    }

    pub(crate) fn error(&self, id: &PromptId, version: &Version) -> Error {
        let remedy = match self.class {
            Some(Class::Recording) => format!("record the answers and commit them: promptuary eval {id} --record"),
            _ => format!("see which cases fail: promptuary eval {id}"),
        };
        Error::Eval {
            prompt: id.clone(),
            version: version.clone(),
            why: format!("{}: {}", self.suite, self.verdict),
            class: self.class.unwrap_or(Class::Unmet),
            remedy,
        }
    }
}

/// Replays every suite of `id` from the recordings that `snapshot` holds.
pub(crate) fn replay(
    policy: &Policy,
    snapshot: &Snapshot,
    catalog: &Catalog,
    id: &PromptId,
    now: Timestamp,
) -> Result<Vec<Outcome>> {
    let providers = Providers::new([policy.providers().clone()], eval::provider::Environment::empty());
    let cancel = AtomicBool::new(false);
    let bench = Bench { snapshot, catalog, policy: Some(policy), providers: &providers, now, cancel: &cancel };
    let suites = bench.suites(id)?;
    suites.iter().map(|path| Ok(Outcome::of(&bench.run(path, &Manner::replay(), &mut |_| {})?))).collect()
}
