//! From the files of one snapshot to a run: a suite with its prompt and recordings, models and prices resolved.

mod baseline;
mod renamed;
mod replay;

use policy::{Inconclusive, Policy};
use prompt::{CompileError, Compiled, Routes, compile_from};
use source::{Files, Finding, ModelName, PromptId, ReadError, RepoPath, Risk, Severity};

use crate::Keys;
use crate::gate::{Demands, Rate};
use crate::reading::Reading;
use crate::recording::{Recordings, path_of};
use crate::run::{Helper, Mode, Plan, PlanError, Target};
use crate::suite::{self, Bound, Suite};

pub use baseline::{Other, against, path_there};
pub use renamed::renamed_from;
pub use replay::{Place, Replayed, replay, replay_baseline};

/// A suite with everything that a run of it needs from the snapshot.
#[derive(Debug)]
pub struct Opened {
    /// The suite's file.
    pub path: RepoPath,
    /// The suite; none where it has an error.
    pub suite: Option<Suite>,
    /// Its prompt; none where it cannot be compiled.
    pub compiled: Option<Compiled>,
    /// The risk that the prompt declares.
    pub risk: Risk,
    /// The answers on file.
    pub recordings: Recordings,
    /// What is wrong in the suite, its data, its recordings, and between it and its prompt.
    pub findings: Vec<Finding>,
}

/// Why a suite cannot be run. Displays as a fragment that fits after "could not …".
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The suite or its prompt has errors, which are findings.
    #[error("run {0}: it has errors")]
    Unsound(RepoPath),
    /// A name is neither a route nor a model.
    #[error("run with `{name}`: it is no route of prompts/routes.yaml ({routes}) and no provider/model")]
    Model {
        /// The name.
        name: String,
        /// The routes that there are.
        routes: String,
    },
    /// Policy does not list the model.
    #[error("run with {0}: policies/models.yaml does not list it")]
    NotAllowed(ModelName),
    /// One model is named twice.
    #[error("compare {0} with itself: it is named twice, by itself or by a route")]
    Twice(ModelName),
    /// The prompt cannot be rendered at all.
    #[error(transparent)]
    Render(#[from] prompt::RenderError),
    /// The run cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Reads the suite at `path` with its prompt and recordings.
pub fn open(files: &dyn Files, path: &RepoPath) -> Result<Opened, ReadError> {
    open_with(files, &Keys::default(), path)
}

/// The same, with what opens encrypted data files.
pub fn open_with(files: &dyn Files, keys: &Keys, path: &RepoPath) -> Result<Opened, ReadError> {
    let loaded = suite::load_with(files, keys, path);
    let mut opened = Opened {
        path: path.clone(),
        suite: loaded.suite,
        compiled: None,
        risk: Risk::High,
        recordings: Recordings::default(),
        findings: loaded.findings,
    };
    let Some(suite) = &mut opened.suite else { return Ok(opened) };
    match compile_from(files, &suite.prompt) {
        Ok((prompt, compiled)) => {
            if let Ok(renderer) = compiled.renderer() {
                let fit = suite.fit(&compiled, &renderer);
                opened.findings.extend(fit.findings);
                suite.questions = fit.questions;
            }
            opened.risk = prompt.front_matter.risk;
            opened.compiled = Some(compiled);
        }
        Err(CompileError::Read(error)) => return Err(error),
        Err(CompileError::Findings(findings)) => opened.findings.extend(findings),
    }
    let recording = path_of(&suite.name);
    if files.file(&recording)?.is_some() {
        let mut reading = Reading::new(files, keys, suite.text.clone());
        opened.recordings = reading.recordings(&recording);
        opened.findings.append(&mut reading.findings);
    }
    Ok(opened)
}

impl Opened {
    /// Whether nothing in it is an error.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// A plan for it. `models` stands for the suite's own list where it is not empty; the prompt's model where both are.
    pub fn plan(
        &self,
        routes: &Routes,
        policy: Option<&Policy>,
        mode: Mode,
        models: &[String],
    ) -> Result<Plan<'_>, SessionError> {
        let (Some(suite), Some(compiled)) = (&self.suite, &self.compiled) else {
            return Err(SessionError::Unsound(self.path.clone()));
        };
        if !self.is_sound() {
            return Err(SessionError::Unsound(self.path.clone()));
        }
        let resolve = |name: &str| model(name, routes, policy);
        let own: Vec<&str> = suite.models.iter().map(|(name, _)| name.as_str()).collect();
        let asked: Vec<&str> = if models.is_empty() { own } else { models.iter().map(String::as_str).collect() };
        let mut targets = Vec::new();
        for name in &asked {
            let helper = resolve(name)?;
            let known = targets.iter().any(|t: &Target| t.compiled.model == helper.model);
            match known && !models.is_empty() {
                true => return Err(SessionError::Twice(helper.model)),
                // Routes that a suite names may come to mean the same model: then there is one to run.
                false if known => {}
                false => targets.push(Target::new(compiled, &helper.model, helper.price)?),
            }
        }
        if asked.is_empty() {
            let helper = resolve(compiled.model.as_str())?;
            targets.push(Target::new(compiled, &helper.model, helper.price)?);
        }
        let mut plan = Plan::new(suite, compiled, &self.recordings, mode)?;
        plan.targets = targets;
        plan.models_named = !models.is_empty();
        let judge = suite.judge.as_ref();
        plan.judge = judge.and_then(|j| j.model.as_deref()).map(resolve).transpose()?;
        plan.embeddings = judge.and_then(|j| j.embeddings.as_deref()).map(resolve).transpose()?;
        Ok(plan)
    }
}

/// The model that `name` means, with its price.
fn model(name: &str, routes: &Routes, policy: Option<&Policy>) -> Result<Helper, SessionError> {
    let routed = routes.routes.get(name).cloned();
    let route = routed.is_some().then(|| name.to_owned());
    let model = match routed.or_else(|| name.parse().ok()) {
        Some(model) => model,
        None => {
            let known: Vec<&str> = routes.routes.keys().map(|route| &**route).take(12).collect();
            let routes = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
            return Err(SessionError::Model { name: name.to_owned(), routes });
        }
    };
    if policy.is_some_and(|p| !p.model_allowed(&model)) && model.provider() != "echo" {
        return Err(SessionError::NotAllowed(model));
    }
    let price = policy.and_then(|p| p.price(&model)).map(|p| (p.value.input, p.value.output));
    Ok(Helper { model, route, price })
}

/// What `policy` demands of the suites of `id`, which declares `risk`; `today` as `2026-11-22`. Without a policy its
/// defaults hold: what is unclear fails where the risk is high.
pub fn demands(policy: Option<&Policy>, id: &PromptId, risk: Risk, today: Option<String>) -> Demands {
    let Some(policy) = policy else {
        return Demands { fail_inconclusive: risk == Risk::High, risk: Some(risk), today, ..Demands::default() };
    };
    let risk = policy.effective_risk(id, risk, None).risk;
    let demand = policy.suite_demand(id, risk);
    let wilson = demand.bound.is_some_and(|b| b.value == policy::Bound::Wilson);
    let bound = if wilson { Bound::Wilson } else { Bound::Point };
    let rate = demand.min_pass_rate.map(|r| Rate { least: r.value.get(), bound, whose: "policy".to_owned() });
    Demands {
        rates: rate.into_iter().collect(),
        max_error_rate: demand.max_error_rate.map(|r| r.value.get()),
        min_cases: demand.min_cases.map(|n| n.value),
        fail_inconclusive: policy.on_inconclusive(risk) == Inconclusive::Fail,
        risk: Some(risk),
        today,
    }
}
