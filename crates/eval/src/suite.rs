//! Suites: what a prompt must do, as cases with assertions and a gate over them.
//!
//! A suite is `evals/<id>.yaml`, further ones `evals/<id>.<name>.yaml`. It is a strict subset of promptfoo's test format
//! with keys of our own. It never says where answers come from: no address, no key, no program.

mod assemble;
mod at;
mod cases;
pub mod diff;
mod document;
mod expand;
mod fit;
mod gate_check;
mod judged;
mod limit;
mod named;
mod questions;
mod sample;
mod vars;

use std::sync::Arc;

use serde_json::{Map, Value};
use source::{Digest, Files, Finding, Mode, Place, PromptId, ReadError, RepoPath, Severity, Span, Text};

pub(crate) use assemble::{dataset_digest, digest_of};
pub use at::{At, RowFile};
pub use cases::{Cases, Common, Own};
pub use document::{
    Bound, Budget, Compare, Flaky, Gate, Judge, Quarantine, Retired, Sample, schema, test_schema, tests_schema,
};
pub use fit::{Fit, fit_vars};
pub use judged::{Tested, findings};
pub use limit::Limit;
pub use named::Known;
pub use questions::Questions;
pub use vars::Vars;

use crate::assertion::Item;
use crate::sealed::{self, Keys};

/// A suite, read and ready to run.
#[derive(Debug, Clone)]
pub struct Suite {
    /// `support/triage`, or `support/triage.smoke`: its path below `evals/` without `.yaml`.
    pub name: String,
    /// The prompt it tests.
    pub prompt: PromptId,
    /// The file.
    pub text: Text,
    /// What it is for.
    pub description: Option<String>,
    /// Routes or `provider/model` to run with, as written, and where; empty means the prompt's own.
    pub models: Vec<(String, Span)>,
    /// The cases, in the order of the files.
    pub cases: Cases,
    /// How many of them to run, and which.
    pub sample: Option<Sample>,
    /// What the results must reach.
    pub gate: Gate,
    /// What a run may spend.
    pub budget: Budget,
    /// Who answers for model-graded assertions.
    pub judge: Option<Judge>,
    /// SHA-256 of the suite's file.
    pub digest: Digest,
    /// SHA-256 over the canonical JSON of every case's id, variables, assertions and stored answer.
    pub dataset: Digest,
    /// What several of its cases ask, once it was held against its prompt.
    pub questions: Questions,
}

/// One case: variables for the prompt, and what the answer must be.
#[derive(Debug, Clone)]
pub struct Case {
    /// Explicit, or 16 hex digits of a digest over the variables.
    pub id: String,
    /// What it is about.
    pub description: Option<String>,
    /// The variables, defaults filled in.
    pub vars: Vars,
    /// What the answer must be; at least one.
    pub asserts: Arc<[Item]>,
    /// Those of them that a row alone has, where that can be read again.
    pub own: Option<Own>,
    /// The score from which it passes, whatever its assertions say.
    pub threshold: Option<f64>,
    /// Cases that share a source, for the statistics.
    pub cluster: Option<String>,
    /// How often it is asked.
    pub repeat: u32,
    /// Of its repeats, how many must pass; all where nothing is said.
    pub flaky: Option<Flaky>,
    /// Data of the user's own; strata are taken from it or from the variables.
    pub metadata: Map<String, Value>,
    /// An answer that already exists: graded without asking anybody.
    pub stored: Option<Arc<crate::Answer>>,
    /// SHA-256 over the canonical JSON of its variables.
    pub inputs: Digest,
    /// SHA-256 over the canonical JSON of its assertions and threshold: two runs compare only where graders are equal.
    pub grader: Digest,
    /// Whether its file is encrypted: nothing of it is quoted, and no answer to it is recorded.
    pub sealed: bool,
    /// The file that it stands in, and where.
    pub at: At,
}

/// A suite as far as it could be read, with everything that is wrong in it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The suite; none where a finding is an error.
    pub suite: Option<Suite>,
    /// Errors and warnings, unsorted.
    pub findings: Vec<Finding>,
}

impl Loaded {
    /// Whether anything in it is an error.
    pub fn fails(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }
}

/// Every suite file of a snapshot, sorted: `evals/**.yaml` outside folders named `data` and `recordings`.
pub fn paths(files: &dyn Files) -> Result<Vec<RepoPath>, ReadError> {
    let mut paths = files.paths_below("evals")?;
    paths.retain(|path| path.as_str().ends_with(".yaml") && !is_beside(path.as_str()));
    Ok(paths)
}

/// Files that somebody believes to be suites, and that by their names are none.
pub fn misnamed(files: &dyn Files) -> Result<Vec<Finding>, ReadError> {
    let mut paths = files.paths_below("evals")?;
    paths.retain(|path| is_misnamed(path.as_str()));
    let found = paths.iter().map(|path| {
        let stem = path.as_str().rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
        Finding::new(
            crate::rules::SUITE_MISPLACED,
            Place::file(path),
            "the name of a suite ends in `.yaml`: this one is never run",
        )
        .help(format!("git mv {path} {stem}.yaml"))
    });
    let mut found: Vec<Finding> = found.collect();
    found.extend(links(files)?);
    Ok(found)
}

/// What hides suites behind a name that is no folder: whatever it leads to is not of this snapshot.
fn links(files: &dyn Files) -> Result<Vec<Finding>, ReadError> {
    let mut found = Vec::new();
    for path in files.paths_below("evals")?.iter().filter(|path| !is_beside(path.as_str())) {
        // A suite that is a link itself is told as one.
        if path.as_str().ends_with(".yaml") {
            continue;
        }
        let what = match files.file(path)?.map(|file| file.mode) {
            Some(Mode::Symlink) => "a symlink",
            Some(Mode::Submodule) => "a submodule",
            _ => continue,
        };
        let message = format!("{what} stands where suites may lie, so nothing behind it is run");
        let help = "put the folder itself there: what is judged and signed is never read through anything else";
        found.push(Finding::new("file-not-regular", Place::file(path), message).help(help));
    }
    Ok(found)
}

/// Whether a path lies in a folder of data or recordings.
fn is_beside(path: &str) -> bool {
    path.split('/').any(|s| s == "data" || s == "recordings")
}

fn is_misnamed(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_yaml = ["yaml", "yml"].iter().any(|yaml| ending.eq_ignore_ascii_case(yaml));
    is_yaml && ending != "yaml" && !is_beside(path)
}

/// The suites of one prompt, sorted.
pub fn paths_of(files: &dyn Files, prompt: &PromptId) -> Result<Vec<RepoPath>, ReadError> {
    let mut paths = paths(files)?;
    paths.retain(|path| name_of(path).is_some_and(|(_, id)| id == prompt.as_str()));
    Ok(paths)
}

/// The prompt whose suite is at `path`; none where the path names no prompt.
pub fn prompt_of(path: &RepoPath) -> Option<PromptId> {
    PromptId::of_suite(path)
}

/// A suite's name and its prompt's id, from its path.
pub(crate) fn name_of(path: &RepoPath) -> Option<(&str, &str)> {
    let name = path.below("evals")?.strip_suffix(".yaml")?;
    let (folder, file) = name.rsplit_once('/').map_or((0, name), |(folder, file)| (folder.len() + 1, file));
    let stem = file.split('.').next().unwrap_or(file);
    Some((name, &name[..folder + stem.len()]))
}

/// Reads the suite at `path` with the data files it names.
pub fn load(files: &dyn Files, path: &RepoPath) -> Loaded {
    load_with(files, &Keys::default(), path)
}

/// The same, with what opens encrypted data files.
pub fn load_with(files: &dyn Files, keys: &Keys, path: &RepoPath) -> Loaded {
    let mut loaded = assemble::load(files, keys, path);
    sealed::hush(&mut loaded.findings);
    loaded
}

impl Suite {
    /// The routes and models that it names: to run with, to judge and to embed.
    pub fn asks(&self) -> impl Iterator<Item = &str> {
        let judge = self.judge.iter().flat_map(|judge| [&judge.model, &judge.embeddings]).flatten();
        self.models.iter().map(|(name, _)| name).chain(judge).map(String::as_str)
    }

    /// How often the judge is asked about each answer.
    pub(crate) fn votes(&self) -> u32 {
        self.judge.as_ref().and_then(|j| j.repeat).unwrap_or(1).max(1)
    }

    /// What is wrong between the suite and its prompt: inputs that a case lacks or gives in a form that does not fit,
    /// variables that nobody uses, questions that are asked twice. `renderer` is the prompt's.
    pub fn fit(&self, compiled: &prompt::Compiled, renderer: &prompt::Renderer) -> Fit {
        let mut fit = fit::fit(self, compiled, renderer);
        sealed::hush(&mut fit.findings);
        fit
    }

    /// The cases that `sample` keeps, by position, in order, with those that must pass; all of them without one. The same
    /// suite and seed keep the same cases, whatever was run before.
    pub fn sampled(&self, sample: Option<&Sample>) -> Vec<usize> {
        let Some(mut kept) = sample::positions(&self.cases, sample) else { return (0..self.cases.len()).collect() };
        let must = self.cases.iter().enumerate();
        kept.extend(must.filter(|(_, case)| self.gate.must_pass.contains(&case.id)).map(|(i, _)| i));
        kept.sort_unstable();
        kept.dedup();
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::is_misnamed;

    #[test]
    fn what_looks_like_a_suite_and_is_none_is_known_by_its_name() {
        for path in ["evals/ask.yml", "evals/a/ask.YAML", "evals/ask.Yml"] {
            assert!(is_misnamed(path), "{path}");
        }
        for path in ["evals/ask.yaml", "evals/data/rows.yml", "evals/recordings/x.yml", "evals/README.md", "evals/yml"]
        {
            assert!(!is_misnamed(path), "{path}");
        }
    }
}
