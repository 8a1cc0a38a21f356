//! The evals that a release needs: every suite of its prompt, replayed from recordings with what it compares with, judged by
//! the policy in effect.

use eval::gate::{Conclusion, Standing};
use eval::provider::{Environment, Providers};
use eval::session::{Place, Replayed, SessionError};
use ledger::Ledger;
use policy::Policy;
use prompt::Catalog;
use source::{PromptId, RepoPath, Report, Snapshot, Version};

use crate::baseline;
use crate::desk::Desk;
use crate::error::{Class, Error, Result};
use crate::found::located_in;

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
    /// What the comparisons with its baseline came to, where it names one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<String>,
    /// Which exit a failure leads to; absent where it passed.
    #[serde(skip)]
    pub class: Option<Class>,
}

/// Replays every suite of `id` from the recordings that `snapshot` holds.
pub(crate) fn replay(
    desk: &Desk,
    ledger: &Ledger<'_>,
    policy: &Policy,
    snapshot: &Snapshot,
    id: &PromptId,
) -> Result<Vec<Outcome>> {
    let catalog = Catalog::load(snapshot);
    let providers = Providers::new([policy.providers().clone()], Environment::empty());
    let today = desk.now.to_string().split('T').next().map(str::to_owned);
    // What is released was merged: the pull request compared it with its base.
    let merged = || Place::Nowhere(Standing::Same, "a release is cut from the branch itself".to_owned());
    let place = |name: &str| baseline::place(desk, name, merged, |which| located_in(desk, ledger, id, which));
    let replayed = eval::session::replay(snapshot, id, catalog.routes(), Some(policy), &providers, today, &place);
    replayed.map_err(|e| unusable(id, &e))?.into_iter().map(|suite| outcome(id, suite)).collect()
}

fn outcome(id: &PromptId, replayed: Replayed) -> Result<Outcome> {
    let Some((_, verdict)) = replayed.done else {
        let what = format!("release {id}: run {}", replayed.path);
        return Err(Error::Findings { what, report: Report::new(replayed.findings) });
    };
    let failed = verdict.checks.iter().filter(|check| check.conclusion != Conclusion::Pass);
    let reasons: Vec<&str> = failed.map(|check| check.text.as_str()).collect();
    let conclusion = verdict.conclusion;
    let compared = verdict.checks.iter().filter(|check| check.name.starts_with("compare"));
    Ok(Outcome {
        compared: compared.map(|check| check.text.clone()).collect(),
        suite: replayed.path,
        passed: verdict.models.iter().map(|s| s.passed).sum(),
        cases: verdict.models.iter().map(|s| s.passed + s.failed + s.errors + s.missing + s.skipped).sum(),
        verdict: if reasons.is_empty() { conclusion.as_str().to_owned() } else { reasons.join("; ") },
        class: class(conclusion),
    })
}

/// Which exit a conclusion leads to. Where policy lets an inconclusive comparison pass, the verdict already says so.
const fn class(conclusion: Conclusion) -> Option<Class> {
    match conclusion {
        Conclusion::Pass | Conclusion::Inconclusive => None,
        Conclusion::Fail | Conclusion::BudgetSpent => Some(Class::Unmet),
        Conclusion::RecordingMissing => Some(Class::Recording),
        Conclusion::Error => Some(Class::Infrastructure),
        Conclusion::Interrupted => Some(Class::Interrupted),
    }
}

fn unusable(id: &PromptId, error: &SessionError) -> Error {
    Error::usage(format!("release {id}: {error}"), format!("see what is wrong: promptuary eval {id}"))
}

impl Outcome {
    /// Whether it keeps the prompt from being released. Answers that are not on file do so only where policy asks for a
    /// suite: nothing is known against the prompt then. A suite that fails always does.
    pub(crate) fn blocks(&self, required: bool) -> bool {
        self.class.is_some_and(|class| required || class != Class::Recording)
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
